"""Other frameworks' words for the commonest errors: the same causes, with that framework's spelling of the way out.

ONNX Runtime, Keras, TensorFlow, JAX, Flax, OpenCV, CUDA, cuDNN, MPS.

The wordings are from public issues: OleehyO/TexTeller#91, stephansturges/WALDO#9, onnx/keras-onnx#323,
microsoft/onnxruntime#7340, zzh8829/yolov3-tf2#360 and #259, keras-team/keras#12951 and #10903, unifyai/ivy#11991,
asingh33/CNNGestureRecognizer#56, jax-ml/jax#3289, danijar/dreamerv3#32, octo-models/octo#97, opencv/opencv#13599,
pytorch/ignite#2977, pytorch/pytorch#88978, #122602 and #11065, milesial/Pytorch-UNet#375.
"""

from __future__ import annotations

import re

import pytest

import kaiyan
from kaiyan.show.i18n import say

ONNX = "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : "
CUDA = "RuntimeError: CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported"
ROWS = {
    "onnx size": (ONNX + "Got invalid dimensions for input: images for the following indices\n index: 2 Got: 960 "
                  "Expected: 736\n index: 3 Got: 960 Expected: 1088\n Please fix either the inputs or the model.",
                  "K070", "axis 2: 960 for 736, axis 3: 960 for 1088", "cv2.resize(x, (1088, 736))"),
    "onnx size on one line": (ONNX + "Got invalid dimensions for input: image for the following indices index: 2 "
                                     "Got: 1600 "
                              "Expected: 640 index: 3 Got: 1600 Expected: 640 Please fix either the inputs/outputs "
                              "or the "
                              "model.", "K070", "axis 3: 1600 for 640", "(640, 640)"),
    "onnx batch": (ONNX + "Got invalid dimensions for input: float_input for the following indices\n index: 0 Got: 38 "
                   "Expected: 1", "K070", "axis 0: 38 for 1", "dynamic_axes={'float_input': {0: 'batch'}}"),
    "onnx channels": (ONNX + "Got invalid dimensions for input: x for the following indices\n index: 1 Got: 4 "
                             "Expected: 3",
                      "K001", "takes 3 channels but was given 4", "x = x[:, :3]"),
    "onnx channels last": (ONNX + "Got invalid dimensions for input: x for the following indices\n index: 1 Got: 224 "
                           "Expected: 3\n index: 3 Got: 3 Expected: "
                           "224", "K030", "are last", "transpose(0, 3, 1, 2)"),
    "onnx rank": (ONNX + "Invalid rank for input: images Got: 3 Expected: 4 Please fix either the inputs or the model.",
                  "K005", "takes 4 axes, batch and channels included, but was given 3", "x = x[None]"),
    "onnx type": (ONNX + "Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))", "K006",
                  "takes float32 but was given float64", "astype(np.float32)"),
    "onnx old type": (ONNX + "Unexpected input data type.Actual: (class onnxruntime::PrimitiveDataType<double>) , "
                             "expected: "
                      "(class onnxruntime::PrimitiveDataType<float>)", "K006", "float64", "astype(np.float32)"),
    "keras rank": ("ValueError: Input 0 of layer conv2d is incompatible with the layer: : expected min_ndim=4, found "
                   "ndim=3. Full shape received: [416, 416, 3]", "K005", "takes 4 axes, batch and channels included, "
                                                                         "but was "
                   "given 3: (416, 416, 3)", "x = x[None]"),
    "keras grey": ('Input 0 of layer "conv2d" is incompatible with the layer: expected min_ndim=4, found ndim=3. '
                   'Full shape '
                   "received: (None, 28, 28)", "K005", "given 3", "x = x[..., None]"),
    "keras old rank": ("Input 0 is incompatible with layer conv2d_1: expected ndim=4, found ndim=5", "K005",
                       "conv2d_1 takes 4 axes", "reshape"),
    "keras channels": ('Input 0 of layer "conv2d" is incompatible with the layer: expected axis -1 of input shape to '
                       'have '
                       "value 3, but received input with shape (None, 28, 28, 1)", "K001", "takes 3 channels",
                       "grayscale_to_rgb"),
    "keras channels first": ("Input 0 of layer conv2d is incompatible with the layer: expected axis -1 of input "
                             "shape to "
                             "have value 3 but received input with shape [None, 3, 32, 40]", "K030", "are first",
                             "tf.transpose(x, [0, 2, 3, 1])"),
    "keras dense": ('Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to '
                    'have value '
                    "1568, but received input with shape (None, 288)", "K012", "1568 features", "size"),
    "tf window": ("Negative dimension size caused by subtracting 3 from 1 for 'conv2d_8/convolution' (op: 'Conv2D') "
                  "with "
                  "input shapes: [?,1,1,64], "
                  "[3,3,64,128]", "K003", "reaches 3, but there are only 1", "padding='same'"),
    "tf pooling": ("Negative dimension size caused by subtracting 2 from 1 for 'pool1/MaxPool' (op: 'MaxPool') with "
                   "input "
                   "shapes: [?,1,1,128].", "K004", "a pooling of size 2 was given 1", "larger pictures"),
    "tf channels first": ("Negative dimension size caused by subtracting 3 from 1 for 'conv2d_1/convolution' (op: "
                          "'Conv2D') "
                          "with input shapes: [?,1,200,200], [3,3,200,32].", "K030", "are first", "tf.transpose"),
    "tf output": ("Computed output size would be negative: -1 [input_size: 3, effective_filter_size: 5, stride: "
                  "1]", "K003",
                  "reaches 5, but there are only 3", "padding='same'"),
    "tf label": ("Received a label value of 10 which is outside the valid range of [0, 10).", "K052",
                 "10 outputs are the classes 0 to 9", "labels - 1"),
    "tf first axis": ("logits and labels must have the same first dimension, got logits shape [1900,38510] and "
                      "labels shape "
                      "[2000]", "K050", "1900 rows and 2000 targets", "keep the batch"),
    "tf one-hot": ("logits and labels must have the same first dimension, got logits shape [32,10] and labels shape "
                   "[320]",
                   "K054", "320 = 32·10", "categorical_crossentropy"),
    "keras losses": ("ValueError: Shapes (None, 1) and (None, 10) are incompatible", "K051",
                     "the output is (None, 10), the target (None, 1)", "sparse_categorical_crossentropy"),
    "keras logits": ("ValueError: `logits` and `labels` must have the same shape, received ((None, 10) vs (None, 1)).",
                     "K051", "the output is (None, 10), the target (None, 1)", "sparse_categorical_crossentropy"),
    "tf matrix": ("Matrix size-incompatible: In[0]: [32,288], In[1]: [1568,10]", "K012", "each sample has 288 features",
                  "size"),
    "jax": ("ValueError: conv_general_dilated lhs feature dimension size divided by feature_group_count must equal "
            "the rhs "
            "input feature dimension size, but 1 // 1 != "
            "3.", "K001", "takes 3 channels but was given 1", "jnp.transpose"),
    "jax product": ("TypeError: dot_general requires contracting dimensions to have the same shape, got (1041,) and "
                    "(1029,).", "K012", "each sample has 1041 features, but the weights are for 1029", "size"),
    "flax": ('Initializer expected to generate shape (444, 256) but got shape (472, 256) instead for parameter '
             '"kernel" in '
             '"/diffusion_model/Dense_0".', "K025", "(444, 256)", "model.init"),
    "opencv alpha": ("cv2.error: OpenCV(4.5.5) convolution_layer.cpp:404: error: (-2:Unspecified error) Number of "
                     "input "
                     "channels should be multiple of 3 but got 4 in function 'getMemoryShapes'", "K001",
                     "takes 3 channels but was given 4", "COLOR_BGRA2BGR"),
    "opencv grey": ("Number of input channels should be multiple of 3 but got 1 in function 'getMemoryShapes'", "K001",
                    "given 1", "COLOR_GRAY2BGR"),
    "opencv axes": ("Number of input channels should be multiple of 3 but got 50 in function 'getMemoryShapes'", "K001",
                    "given 50", "blobFromImage"),
    "cuda classes": ("../aten/src/ATen/native/cuda/NLLLoss2d.cu:103: nll_loss2d_forward_kernel: block: [5,0,0], "
                     "thread: "
                     "[996,0,0] Assertion `t >= 0 && t < n_classes` failed.\n" + CUDA, "K052", "n − 1", "target.max()"),
    "cuda lookup": ("Indexing.cu:1292: indexSelectLargeIndex: block: [38,0,0] Assertion `srcIndex < srcSelectDimSize` "
                    "failed.\n" + CUDA, "K068", "out of range on the GPU", "x.max()"),
    "cuda assert": (CUDA, "K068", "a target is not a class", "target.min()"),
    "cuda bce": ("Loss.cu:92: operator(): Assertion `input_val >= zero && input_val <= one` failed.\n" + CUDA, "K055",
                 "probabilities", "binary_cross_entropy_with_logits"),
    "cudnn": ("RuntimeError: CuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if you passed in a "
              "non-contiguous input.", "K069", "CUDNN_STATUS_NOT_SUPPORTED", "contiguous()"),
    "cudnn execution": ("RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", "K069", "EXECUTION_FAILED", "CPU"),
    "cuda memory": ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "K069", "full", "batch"),
    "mps device": ("RuntimeError: Input type (MPSFloatType) and weight type (torch.FloatTensor) should be the "
                   "same", "K007",
                   "mps and cpu", ".device"),
    "mps type": ("RuntimeError: Input type (MPSByteType) and weight type (MPSFloatType) should be the same", "K006",
                 "the input is uint8 and the weights are float32", ".float()"),
    "mps double": ("TypeError: Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support "
                   "float64.",
                   "K006", "no float64", ".float()"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "code", "cause", "fix"), ROWS.values(), ids=ROWS)
def test_other_words_lead_to_the_same_cause(words: str, code: str, cause: str, fix: str) -> None:
    found = kaiyan.diagnose(words)
    assert found.code == code
    assert cause in say(found.cause, "en")
    first = found.fixes[0]
    assert fix in f"{say(first.sentence, 'en')}\n{first.after}"


@pytest.mark.parametrize("row", ROWS)
def test_the_same_in_chinese(row: str) -> None:
    words, code, *_ = ROWS[row]
    first = kaiyan.diagnose(words).text("zh").splitlines()[0]
    assert first.startswith(f"{code}: ")
    assert re.search(r"[\u4e00-\u9fff]", first)
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", first)


PADDING = (
    "RuntimeError: argument 1 (padding) must be tuple of ints but found element of type str",
    "TypeError: conv2d(): argument 'padding' (position 5) must be tuple of ints, not str",
    "TypeError: conv1d(): argument 'padding' (position 5) must be tuple of ints, not str",
    "conv3d(): argument 'padding' (position 5) must be tuple of ints, not str",
    "TypeError: conv2d(): argument 'padding' (position 5) must be tuple of ints, but found element of type str at "
    "pos 0",
)


@pytest.mark.parametrize("words", PADDING)
def test_a_word_of_padding_needs_a_newer_pytorch(words: str) -> None:
    found = kaiyan.diagnose(words)
    assert found.code == "K032"
    assert "1.9" in str(found.cause)
    assert [fix.after for fix in found.fixes] == [
        "pip install --upgrade torch",
        "padding=kernel_size // 2",
        "kaiyan.nn.Conv2d(",
    ]


def test_the_number_of_the_word_is_that_of_the_kernel_in_the_line() -> None:
    line = "self.conv = nn.Conv2d(3, 8, kernel_size=7, padding='same')"
    found = kaiyan.diagnose(f'  File "net.py", line 8, in __init__\n    {line}\n{PADDING[0]}\n')
    assert found.fixes[1].after == line.replace("'same'", "3")


def test_a_transposed_convolutions_word_is_another_matter() -> None:
    found = kaiyan.diagnose(
        "conv_transpose2d(): argument 'padding' (position 5) must be tuple of ints, but found element of type str"
    )
    assert found.code == "K016"


def test_a_stride_that_is_not_in_the_message_is_not_in_the_sentence() -> None:
    found = kaiyan.diagnose("padding='same' is not supported for strided convolutions")
    assert "?" not in say(found.cause, "en")
    assert "步幅为 1" in found.text("zh")
