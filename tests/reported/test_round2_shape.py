"""Round two, e1, e2, e5 (kind F15): sizes of whole chains as PyTorch, its functions and Keras write them.

Right sizes and parameters are those of torch's own modules, Keras's those of its documentation's formulas by hand;
receptive fields are published ones (VGG16 212, AlexNet 195) or worked by hand.
"""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F  # noqa: N812

from kaiyan import Conv, ConvError
from kaiyan.cli import written
from kaiyan.cli.run import run
from kaiyan.show.i18n import say
from kaiyan.spec.chain import derive
from kaiyan.spec.step import ALL, UNKNOWN

INPUT = (1, 3, 10, 10)


def _last(*texts: str, shape: tuple[int, ...] = INPUT) -> tuple[int, ...]:
    return derive(texts, shape)[-1].output_shape


def _facts(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run(["derive", *arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(("pool", "size"), [("MaxPool2d(3, 2)", 4), ("MaxPool2d(3, 2, ceil_mode=True)", 5)])
def test_e1_size_and_field_after_convolution_and_pooling(
    pool: str, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = _facts(capsys, "Conv2d(3,64,3,padding=1)", pool, "1x3x10x10")
    assert facts["output_shape"] == [1, 64, size, size]
    last = facts["layers"][-1]  # type: ignore[index]
    assert [field["size"] for field in last["receptive_field"]] == [5, 5]


@pytest.mark.parametrize(("pool", "same"), [
    ("MaxPool2d(3, 2)", "Conv(kernel_size=3, stride=2)"), ("MaxPool2d(2)", "Conv(kernel_size=2, stride=2)"),
    ("AvgPool2d(3, 2, padding=1)", "Conv(kernel_size=3, stride=2, padding=1)"),
    ("MaxPool1d(5)", "Conv(kernel_size=5, stride=5)"),
    ("nn.MaxPool2d(kernel_size=(2, 3), stride=1)", "Conv(kernel_size=(2, 3), stride=1)"),
])  # fmt: skip
def test_e1_the_hint_has_the_users_own_settings_and_is_right(pool: str, same: str) -> None:
    with pytest.raises(ConvError) as refused:
        Conv.parse(pool)
    assert f"has the sizes of {same}" in str(refused.value)
    rank = 1 if "1d" in pool else 2
    shape = (1, 4, *(17, 19)[:rank])
    assert Conv.parse(same).at_rank(rank).output_shape(shape) == _last(pool, shape=shape)


@pytest.mark.parametrize("pool", ["MaxPool2d(3, 2, ceil_mode=True)", "AdaptiveAvgPool2d(1)", "LPPool2d(2, 3)"])
def test_e1_no_convolution_is_named_where_none_has_the_sizes(pool: str) -> None:
    with pytest.raises(ConvError) as refused:
        Conv.parse(pool)
    assert "has the sizes of" not in str(refused.value)
    assert f'kaiyan derive "{pool}"' in str(refused.value)


KINDS = {"Max": nn.MaxPool2d, "Avg": nn.AvgPool2d, "LP": nn.LPPool2d}


@given(
    st.sampled_from(["Max", "Avg", "LP"]), st.integers(1, 3), st.integers(1, 6),
    st.one_of(st.none(), st.integers(1, 5)), st.integers(0, 3), st.integers(1, 3), st.booleans(),
    st.lists(st.integers(1, 20), min_size=3, max_size=3),
)  # fmt: skip
def test_pooling_of_any_kind_has_torchs_sizes_and_refusals(
    kind: str, rank: int, kernel: int, stride: int | None, padding: int, dilation: int, ceil: bool, sizes: list[int]
) -> None:
    settings = {"kernel_size": kernel, "stride": stride, "ceil_mode": ceil}
    if kind != "LP":
        settings["padding"] = padding
    if kind == "Max":
        settings["dilation"] = dilation
    first = "2, " if kind == "LP" else ""
    text = f"{kind}Pool{rank}d({first}{', '.join(f'{k}={v}' for k, v in settings.items())})"
    layer = getattr(nn, f"{kind}Pool{rank}d")(*([2] if kind == "LP" else []), **settings)
    shape = (2, 3, *sizes[:rank])
    try:
        right = tuple(layer(torch.zeros(shape)).shape)
    except RuntimeError:
        right = ()
    try:
        ours = _last(text, shape=shape)
    except ConvError:
        ours = ()
    assert ours == right


LAYERS = {
    "AdaptiveAvgPool2d(1)": nn.AdaptiveAvgPool2d(1), "AdaptiveMaxPool2d((5, None))": nn.AdaptiveMaxPool2d((5, None)),
    "Upsample(scale_factor=2)": nn.Upsample(scale_factor=2), "Upsample(size=(7, 9))": nn.Upsample(size=(7, 9)),
    "Upsample(scale_factor=1.5, mode='bilinear')": nn.Upsample(scale_factor=1.5, mode="bilinear"),
    "UpsamplingNearest2d(scale_factor=3)": nn.UpsamplingNearest2d(scale_factor=3),
    "UpsamplingBilinear2d(size=20)": nn.UpsamplingBilinear2d(size=20),
    "PixelUnshuffle(2)": nn.PixelUnshuffle(2), "Flatten()": nn.Flatten(), "Flatten(2)": nn.Flatten(2),
    "Flatten(start_dim=1, end_dim=2)": nn.Flatten(1, 2), "Unflatten(1, (1, 3))": nn.Unflatten(1, (1, 3)),
    "Linear(10, 7)": nn.Linear(10, 7), "Linear(10, 7, bias=False)": nn.Linear(10, 7, bias=False),
    "ZeroPad2d(2)": nn.ZeroPad2d(2), "ZeroPad2d((1, 2, 3, -4))": nn.ZeroPad2d((1, 2, 3, -4)),
    "ReflectionPad2d((1, 0, 2, 3))": nn.ReflectionPad2d((1, 0, 2, 3)), "ReplicationPad2d(4)": nn.ReplicationPad2d(4),
    "ConstantPad2d(1, 0.5)": nn.ConstantPad2d(1, 0.5), "CircularPad2d((1, 2, 3, 4))": nn.CircularPad2d((1, 2, 3, 4)),
    "BatchNorm2d(3)": nn.BatchNorm2d(3), "BatchNorm2d(3, affine=False)": nn.BatchNorm2d(3, affine=False),
    "InstanceNorm2d(3)": nn.InstanceNorm2d(3), "InstanceNorm2d(3, affine=True)": nn.InstanceNorm2d(3, affine=True),
    "GroupNorm(3, 3)": nn.GroupNorm(3, 3), "LayerNorm((3, 10, 10))": nn.LayerNorm((3, 10, 10)),
    "LayerNorm(10)": nn.LayerNorm(10), "PReLU()": nn.PReLU(), "PReLU(3)": nn.PReLU(3), "ReLU(inplace=True)": nn.ReLU(),
    "Dropout(0.5)": nn.Dropout(0.5), "LeakyReLU(0.1)": nn.LeakyReLU(0.1), "Softmax(dim=1)": nn.Softmax(dim=1),
    "GELU(approximate='tanh')": nn.GELU(approximate="tanh"), "Identity()": nn.Identity(),
    "ConvTranspose2d(3, 8, 4, 2, 1)": nn.ConvTranspose2d(3, 8, 4, 2, 1),
    "nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(True))":
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(True)),
}  # fmt: skip


@pytest.mark.parametrize("text", LAYERS)
def test_layers_have_torchs_shapes_and_parameters(text: str) -> None:
    steps = derive([text], INPUT)
    layer = LAYERS[text]
    assert steps[-1].output_shape == tuple(layer(torch.zeros(INPUT)).shape)
    assert sum(step.params.value or 0 for step in steps) == sum(p.numel() for p in layer.parameters())


@pytest.mark.parametrize("text", LAYERS)
def test_layers_as_torch_prints_them_are_read(text: str) -> None:
    if text.startswith("nn.Sequential"):
        return
    printed = str(LAYERS[text])
    assert derive([f"(0): {printed}"], INPUT)[-1].output_shape == derive([text], INPUT)[-1].output_shape


def test_pixel_shuffle_and_its_inverse() -> None:
    assert _last("PixelShuffle(3)", shape=(1, 18, 4, 5)) == (1, 2, 12, 15)
    assert _last("PixelShuffle(3)", "PixelUnshuffle(3)", shape=(1, 18, 4, 5)) == (1, 18, 4, 5)
    for text, shape in (("PixelShuffle(2)", (1, 3, 4, 4)), ("PixelUnshuffle(2)", (1, 3, 4, 5))):
        with pytest.raises(ConvError):
            _last(text, shape=shape)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_chains_of_every_rank(rank: int) -> None:
    shape = (2, 3, *(20, 24, 28)[:rank])
    texts = (f"Conv{rank}d(3, 8, 3, stride=2, padding=1)", f"BatchNorm{rank}d(8)", "ReLU()",
             f"MaxPool{rank}d(3, 2, 1)", f"AvgPool{rank}d(2, ceil_mode=True)", f"AdaptiveAvgPool{rank}d(1)",
             "Flatten()", "Linear(8, 5)")  # fmt: skip
    model = nn.Sequential(*(eval(f"nn.{text}", {"nn": nn}) for text in texts))
    steps = derive(texts, shape)
    x = torch.zeros(shape)
    for step, layer in zip(steps, model, strict=True):
        x = layer(x)
        assert step.output_shape == tuple(x.shape)
    assert [f.size for f in steps[3].sees] == [7] * rank  # type: ignore[union-attr]  # 3, then 3 of them 2 apart
    assert steps[-1].sees == ALL


def test_a_picture_without_a_batch_is_taken_where_torch_takes_it() -> None:
    assert _last("Conv2d(3, 8, 3)", "MaxPool2d(2)", "ReLU()", shape=(3, 10, 10)) == (8, 4, 4)


def test_fields_through_pooling_padding_and_upsampling() -> None:
    vgg = []
    C = 3
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        vgg += [f"Conv2d({C}, {width}, 3, padding=1)", "ReLU()"] if width else ["MaxPool2d(2)"]
        C = width or C
    assert derive(vgg, (1, 3, 224, 224))[-1].sees[0].size == 212  # type: ignore[union-attr]
    alex = ("Conv2d(3,64,11,4,2)", "MaxPool2d(3,2)", "Conv2d(64,192,5,padding=2)", "MaxPool2d(3,2)",
            "Conv2d(192,384,3,padding=1)", "Conv2d(384,256,3,padding=1)", "Conv2d(256,256,3,padding=1)",
            "MaxPool2d(3,2)")  # fmt: skip
    assert derive(alex, (1, 3, 224, 224))[-1].sees[0].size == 195  # type: ignore[union-attr]
    padded = derive(["ZeroPad2d(1)", "Conv2d(3, 8, 3)"], INPUT)[-1].sees
    assert padded == derive(["Conv2d(3, 8, 3, padding=1)"], INPUT)[-1].sees
    up = derive(["Upsample(scale_factor=2)", "Conv2d(3, 8, 3, padding=1)"], INPUT)[-1].sees
    assert [(f.size, f.jump) for f in up] == [(2, 0.5)] * 2  # type: ignore[union-attr]
    assert derive(["AdaptiveAvgPool2d(5)"], INPUT)[0].sees == derive(["AvgPool2d(2)"], INPUT)[0].sees
    for text, seen in (("AdaptiveAvgPool2d(1)", ALL), ("InstanceNorm2d(3)", ALL), ("AdaptiveAvgPool2d(3)", UNKNOWN),
                       ("Upsample(scale_factor=2, mode='bilinear')", UNKNOWN)):  # fmt: skip
        assert derive([text], INPUT)[0].sees == seen


FUNCTIONS = {
    "F.max_pool2d(x, 3, 2, 1, 1, True)": F.max_pool2d(torch.zeros(INPUT), 3, 2, 1, 1, True),
    "torch.nn.functional.avg_pool2d(x, 3, ceil_mode=True)": F.avg_pool2d(torch.zeros(INPUT), 3, ceil_mode=True),
    "F.relu(x)": torch.zeros(INPUT), "torch.flatten(x, 1)": torch.zeros(1, 300), "x.flatten(1)": torch.zeros(1, 300),
    "F.interpolate(x, scale_factor=2, mode='bilinear')": torch.zeros(1, 3, 20, 20),
    "F.adaptive_avg_pool2d(x, (2, 3))": torch.zeros(1, 3, 2, 3), "F.pad(x, (1, 2, 3, 4))": torch.zeros(1, 3, 17, 13),
    "x = F.dropout(x, 0.5, training=self.training)": torch.zeros(INPUT), "F.softmax(x, dim=1)": torch.zeros(INPUT),
    "F.pixel_unshuffle(x, 2)": torch.zeros(1, 12, 5, 5), "torch.sigmoid(x)": torch.zeros(INPUT),
}  # fmt: skip


@pytest.mark.parametrize("text", FUNCTIONS)
def test_e5_functions_are_read(text: str) -> None:
    assert _last(text) == tuple(FUNCTIONS[text].shape)


@pytest.mark.parametrize(("text", "line"), [
    ("F.conv2d(x, w)", "Conv2d(in_channels, out_channels, kernel_size)"),
    ("F.conv2d(x, w, stride=2)", "Conv2d(in_channels, out_channels, kernel_size, stride=2)"),
    ("F.conv1d(x, self.weight, None, 2, 1)", "Conv1d(in_channels, out_channels, kernel_size, stride=2, padding=1)"),
    ("F.conv_transpose2d(x, w, b, 2, 1, 1)",
     "ConvTranspose2d(in_channels, out_channels, kernel_size, stride=2, padding=1, output_padding=1)"),
])  # fmt: skip
def test_e5_a_function_of_tensors_says_what_to_write(text: str, line: str) -> None:
    for act in (lambda: Conv.parse(text), lambda: derive([text], INPUT)):
        with pytest.raises(ConvError) as refused:
            act()
        assert [str(h) for h in refused.value.help] == [line]
        assert "is a function" in say(refused.value, "en")
        assert "是函数" in say(refused.value, "zh")


KERAS = {  # shape after, trainable and other parameters as model.summary() counts them
    "Conv2D(32, 3)": ((1, 26, 26, 32), 320),
    "layers.Conv2D(32, (3, 3), strides=2, padding='same', activation='relu')": ((1, 14, 14, 32), 320),
    "keras.layers.DepthwiseConv2D(kernel_size=(3,3), strides=(2,2))": ((1, 13, 13, 1), 10),
    "tf.keras.layers.DepthwiseConv2D(5, padding='SAME', depth_multiplier=4)": ((1, 28, 28, 4), 104),
    "SeparableConv2D(8, 3, use_bias=False)": ((1, 26, 26, 8), 17),
    "Conv2DTranspose(4, 3, strides=2)": ((1, 57, 57, 4), 40),
    "Conv2DTranspose(4, 2, strides=3)": ((1, 84, 84, 4), 20),
    "Conv2DTranspose(4, 3, strides=2, padding='same')": ((1, 56, 56, 4), 40),
    "MaxPooling2D()": ((1, 14, 14, 1), 0),
    "MaxPool2D(pool_size=(3, 3), strides=2, padding='same')": ((1, 14, 14, 1), 0),
    "AveragePooling2D(3, padding='same')": ((1, 10, 10, 1), 0),
    "GlobalAveragePooling2D()": ((1, 1), 0),
    "GlobalMaxPooling2D(keepdims=True)": ((1, 1, 1, 1), 0),
    "UpSampling2D((2, 3))": ((1, 56, 84, 1), 0),
    "ZeroPadding2D(((1, 2), (3, 4)))": ((1, 31, 35, 1), 0),
    "Cropping2D((2, 3))": ((1, 24, 22, 1), 0),
    "keras.layers.Flatten()": ((1, 784), 0),
    "BatchNormalization()": ((1, 28, 28, 1), 4),
    "Dense(10)": ((1, 28, 28, 10), 20),
    "model.add(layers.Conv2D(8, 5, input_shape=(28, 28, 1), kernel_initializer='he_normal'))": ((1, 24, 24, 8), 208),
    "x = layers.Conv2D(8, 5)(x)": ((1, 24, 24, 8), 208),
    "Conv2D（8，5、padding＝'same'）": ((1, 28, 28, 8), 208),
}


@pytest.mark.parametrize("text", KERAS)
def test_e5_keras_is_read_with_its_channels_last(text: str) -> None:
    steps = derive([text], (1, 28, 28, 1))
    assert (steps[-1].output_shape, sum(step.params.value or 0 for step in steps)) == KERAS[text]


def test_e5_a_network_of_keras_from_its_lesson() -> None:
    texts = ("layers.Conv2D(32, (3, 3), activation='relu')", "layers.MaxPooling2D((2, 2))", "layers.Conv2D(64, (3, 3))",
             "layers.MaxPooling2D((2, 2))", "layers.Conv2D(64, (3, 3))", "layers.Flatten()", "layers.Dense(64)",
             "Dense(10)")  # fmt: skip
    steps = derive(texts, (1, 32, 32, 3))
    assert steps[-1].output_shape == (1, 10)
    assert sum(step.params.value or 0 for step in steps) == 122_570  # tensorflow.org/tutorials/images/cnn
    assert steps[4].sees[0].size == 18  # type: ignore[union-attr]


@pytest.mark.parametrize(("texts", "shape", "code"), [
    (("layers.Conv2D(8, 3)",), (1, 3, 224, 224), "keras-order"),
    (("Conv2D(8, 3)", "MaxPool2d(2)"), (1, 28, 28, 1), "two-libraries"),
    (("nn.Conv2D(3, 8, 3)",), (1, 3, 8, 8), "nn-ambiguous"),
    (("tf.nn.conv2d(x, w, 1, 'SAME')",), (1, 8, 8, 3), "tf-function"),
    (("Conv2D(8)",), (1, 8, 8, 3), "keras-argument"),
    (("LSTM(3, 4)",), INPUT, "not-a-layer-here"),
    (("LazyConv2d(8, 3)",), INPUT, "lazy-code"),
    (("MaxPool2d(3, padding=2)",), INPUT, "pool-padding"),
    (("MaxPool2d(2)",), (10, 10), "layer-rank"),
    (("MaxPool2d(11)",), INPUT, "window-too-large"),
    (("BatchNorm2d(4)",), INPUT, "wrong-channels"),
    (("Linear(300, 10)",), INPUT, "wrong-features"),
    (("ReflectionPad2d(10)",), INPUT, "pad-too-large"),
    (("Upsample()",), INPUT, "upsample"),
    (("MaxPool2d(3, foo=1)",), INPUT, "unknown-argument"),
    (("MaxPool2d(k)",), INPUT, "not-a-literal"),
    (("Flatten(7)",), INPUT, "no-such-axis"),
    (("Unflatten(1, (2, 2))",), INPUT, "unflatten-sizes"),
    (("LayerNorm(3)",), INPUT, "norm-shape"),
    (("Sequential(ReLU(), 3)",), INPUT, "not-a-call"),
])  # fmt: skip
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_cannot_be_derived_is_one_sentence(
    texts: tuple[str, ...], shape: tuple[int, ...], code: str, lang: str
) -> None:
    with pytest.raises(ConvError) as refused:
        derive(texts, shape)
    assert refused.value.code == code
    assert say(refused.value, lang)


def test_the_layer_that_does_not_fit_is_named_by_its_number() -> None:
    with pytest.raises(ConvError, match=r"^2\. MaxPool2d\(9\): on axis H the kernel reaches over 9"):
        derive(["Conv2d(3, 8, 3)", "MaxPool2d(9)"], INPUT)


SHAPES = (
    "1x3x10x10", "1×3×10×10", "1*3*10*10", "1X3X10X10", "（1，3，10，10）", "[1、3、10、10]", "1 x 3 x 10 x 10",
    "１×３×１０×１０", "1, 3, 10, 10",
)  # fmt: skip


@pytest.mark.parametrize("text", SHAPES)
def test_shapes_are_written_in_many_ways(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert written.shape(text) == INPUT
    assert _facts(capsys, "Conv2d（3，8、3，padding＝1）", *text.split(" "))["output_shape"] == [1, 8, 10, 10]


@given(st.text("Conv2dMaxPool(),=123 'xF.{}[]", max_size=30))
def test_no_text_ends_in_a_traceback(text: str) -> None:
    assume("**" not in text)
    try:
        derive([text], INPUT)
    except ConvError:
        return


@pytest.mark.parametrize("name", [*LAYERS, *KERAS])
@pytest.mark.parametrize(
    "arguments",
    ["()", "(3)", "('a')", "(None)", "((1, 2, 3, 4, 5))", "(-1)", "(0)", "(1.5)", "([])", "(3, 3, 3, 3, 3, 3)"],
)
def test_wrong_arguments_are_refused_in_our_words(name: str, arguments: str) -> None:
    bare = name.rpartition("(")[0].rpartition(".")[2].partition("(")[0].partition("（")[0]
    for shape in (INPUT, (1, 8, 8, 3)):
        try:
            derive([f"{bare}{arguments}"], shape)
        except ConvError:
            continue


BARE = {
    ("ReLU", "Flatten", "Linear(300, 4)"): (1, 4), ("nn.MaxPool2d(2)", "nn.BatchNorm2d", "GAP", "Flatten()"): (1, 3),
    ("GlobalAvgPool2d", "Sigmoid"): (1, 3, 1, 1), ("nn.Sequential(nn.ReLU, nn.MaxPool2d(2))",): (1, 3, 5, 5),
    ("Conv2d（3，4，3）", "Dropout", "Identity"): (1, 4, 8, 8),
}  # fmt: skip


@pytest.mark.parametrize("texts", BARE)
def test_names_without_brackets_are_layers_without_arguments(texts: tuple[str, ...]) -> None:
    assert _last(*texts) == BARE[texts]


def test_bare_names_of_keras_take_its_defaults() -> None:
    assert _last("Conv2D(8, 3)", "ReLU", "MaxPooling2D", "GAP", "Dense(5)", shape=(1, 10, 10, 3)) == (1, 5)
    assert derive(["GlobalAveragePooling2D"], (1, 10, 10, 3))[0].sees == ALL


def test_one_input_that_is_not_read_is_said_in_the_singular() -> None:
    lines = [str(line) for line in derive(["MaxPool2d(2)"], (1, 3, 9, 9))[0].lines]
    assert "H, W: the size is rounded down, so input 8 of 9 is not read" in lines
    lines = [str(line) for line in derive(["MaxPool2d(3)"], (1, 3, 8, 8))[0].lines]
    assert "H, W: the size is rounded down, so inputs 6 to 7 of 8 are not read" in lines


def test_e2_fields_of_dilated_layers() -> None:
    texts = [f"Conv2d(3, 3, 3, dilation={d}, padding={d})" for d in (1, 2, 5)]
    sees = derive(texts, (1, 3, 32, 32))[-1].sees
    assert [(field.size, field.holes) for field in sees] == [(17, 0)] * 2  # type: ignore[union-attr]


@pytest.mark.parametrize("text", [None, 3, b"x", (), object()])
def test_what_is_no_text_is_refused_in_our_words(text: object) -> None:
    with pytest.raises(ConvError):
        derive([text], INPUT)  # type: ignore[list-item]
