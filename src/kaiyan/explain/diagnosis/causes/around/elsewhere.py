"""The commonest causes in the words of ONNX Runtime, Keras and TensorFlow, JAX and Flax, OpenCV's dnn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.conv import Shape


def _fix(said: Sentence, code: str) -> Fix:
    return Fix(said, None, code)


def _onnx_sizes(_: Facts, found: re.Match[str]) -> Finding:
    """Axes of an input that differ from those the model was exported with."""
    axes = [tuple(map(int, row)) for row in re.findall(r"index: (\d+) Got: (\d+) Expected: (\d+)", found["axes"])]
    got, wanted = {a: g for a, g, _ in axes}, {a: w for a, _, w in axes}
    if set(wanted) >= {1, 3} and got[3] == wanted[1]:
        line = "x = x.transpose(0, 3, 1, 2)"
        said = sentence("K030", "the channels are last: {name} takes {C} on axis 1, but they are on axis 3",
                        name=found["name"], C=wanted[1])  # fmt: skip
        return Finding(said, (_fix(sentence("K030", "channels first: {line}", line=line), line),), code="K030")
    if 1 in wanted and not {2, 3} & set(wanted):
        said = sentence("K001", "{name} takes {expected} channels but was given {got} on axis 1", name=found["name"],
                        expected=wanted[1], got=got[1])  # fmt: skip
        return Finding(said, _colours(wanted[1], got[1], "x"), code="K001")
    differ = ", ".join(f"axis {a}: {g} for {w}" for a, g, w in axes)
    said = sentence("K070", "{name} was exported with other sizes: {differ}", name=found["name"], differ=differ)
    return Finding(said, _exported(found["name"], wanted), code="K070")


def _exported(name: str, wanted: dict[int, int]) -> tuple[Fix, ...]:
    sizes = tuple(wanted[axis] for axis in (2, 3) if axis in wanted)
    line = (
        f"torch.onnx.export(..., dynamic_axes={{{name!r}: {{{', '.join(f'{a}: {w!r}' for a, w in _named(wanted))}}}}})"
    )
    free = _fix(sentence("K070", "export it again with these axes dynamic: {line}", line=line), line)
    if len(sizes) < 2:  # the other size is not in the message, and cv2.resize takes both
        return (*(Fix(sentence("K070", "make that axis {n}", n=n)) for n in sizes), free)
    resize = f"x = cv2.resize(x, ({', '.join(str(n) for n in reversed(sizes))}))"
    return (
        _fix(sentence("K070", "resize it before the batch axis is added: {line}", line=resize), resize),
        free,
    )


def _named(wanted: dict[int, int]) -> list[tuple[int, str]]:
    names = {0: "batch", 1: "channels", 2: "height", 3: "width"}
    return [(axis, names.get(axis, f"axis{axis}")) for axis in wanted]


def _colours(expected: int, got: int, name: str) -> tuple[Fix, ...]:
    """Pictures of another kind, in the words of arrays."""
    if (expected, got) == (3, 4):
        line = f"{name} = {name}[:, :3]"
        return (_fix(sentence("K001", "drop the alpha channel: {line}", line=line), line),)
    if (expected, got) == (3, 1):
        line = f"{name} = {name}.repeat(3, axis=1)"
        return (_fix(sentence("K001", "repeat the grey channel three times: {line}", line=line), line),)
    if (expected, got) == (1, 3):
        line = f"{name} = {name}.mean(1, keepdims=True)"
        return (_fix(sentence("K001", "average the colour channels: {line}", line=line), line),)
    return (Fix(sentence("K001", "print its shape: the channels may be on another axis")),)


def _onnx_rank(_: Facts, found: re.Match[str]) -> Finding:
    got, wanted = int(found["got"]), int(found["wanted"])
    said = sentence("K005", "{layer} takes {wanted} axes, batch and channels included, but was given {rank}",
                    layer=found["name"], wanted=wanted, rank=got)  # fmt: skip
    line = "x = x[None]" if got < wanted else "x = x[0]"
    offer = (
        sentence("K005", "a batch of one: {line}", line=line)
        if got < wanted
        else sentence("K005", "keep only one batch axis: {line}", line=line)
    )
    return Finding(said, (_fix(offer, line),))


_TYPES = {"double": "float64", "float": "float32", "int64": "int64", "int32": "int32", "float16": "float16"}


def _onnx_type(_: Facts, found: re.Match[str]) -> Finding:
    got, wanted = (_TYPES.get(found[name], found[name]) for name in ("got", "wanted"))
    said = sentence("K006", "the model takes {wanted} but was given {got}", wanted=wanted, got=got)
    line = f"x = x.astype(np.{wanted})"
    return Finding(said, (_fix(sentence("K006", "convert it to that type: {line}", line=line), line),))


def _keras_rank(_: Facts, found: re.Match[str]) -> Finding:
    layer = found["layer"] or found["old"]
    wanted, got, shape = int(found["wanted"]), int(found["got"]), _sizes(found["shape"])
    said = (
        sentence("K005", "{layer} takes {wanted} axes, batch and channels included, but was given {rank}: {shape}",
                 layer=layer, wanted=wanted, rank=got, shape=f"({found['shape']})")
        if shape
        else sentence("K005", "{layer} takes {wanted} axes, batch and channels included, but was given {rank}",
                      layer=layer, wanted=wanted, rank=got)
    )  # fmt: skip
    batch = _fix(sentence("K005", "a batch of one: {line}", line="x = x[None]"), "x = x[None]")
    channel = _fix(
        sentence("K005", "add a channel axis at the end: {line}", line="x = x[..., None]"), "x = x[..., None]"
    )
    if got != wanted - 1:
        line = f"x = tf.reshape(x, ({', '.join(['-1'] + ['n'] * (wanted - 1))}))"
        return Finding(said, (Fix(sentence("K005", "reshape it: {line}", line=line)),))
    grey = shape and shape[-1] not in (1, 3, 4)
    return Finding(said, (channel, batch) if grey else (batch, channel))


def _sizes(text: str | None) -> Shape:
    return numbers(text) if text else ()


def _keras_axis(_: Facts, found: re.Match[str]) -> Finding:
    expected, shape = int(found["expected"]), numbers(found["shape"])
    got, layer = (shape or (0,))[-1], found["layer"]
    if len(shape) >= 3 and shape[-3] == expected and got != expected:
        said = sentence("K030", "the channels are first in ({shape}), but {layer} takes {C} on the last axis",
                        shape=found["shape"], layer=layer, C=expected)  # fmt: skip
        line = "x = tf.transpose(x, [0, 2, 3, 1])"
        return Finding(said, (_fix(sentence("K030", "channels last: {line}", line=line), line),), code="K030")
    if "conv" not in layer.lower():
        said = sentence("K012", "{layer} was built for {expected} features per sample but was given ({shape})",
                        layer=layer, expected=expected, shape=found["shape"])  # fmt: skip
        line = "layers.GlobalAveragePooling2D()"
        return Finding(said, (
            Fix(sentence("K012", "use pictures of the size that the model was built for")),
            _fix(sentence("K012", "for any size: {line} instead of Flatten", line=line), line),
        ), code="K012")  # fmt: skip
    said = sentence("K001", "{layer} takes {expected} channels on the last axis, but the input is ({shape})",
                            layer=layer,
                    expected=expected, shape=found["shape"])  # fmt: skip
    line = {(3, 1): "x = tf.image.grayscale_to_rgb(x)", (1, 3): "x = tf.image.rgb_to_grayscale(x)",
            (3, 4): "x = x[..., :3]"}.get((expected, got), f"Input(shape=(height, width, {got}))")  # fmt: skip
    return Finding(
        said,
        (_fix(sentence("K001", "change the input to the number of channels that it takes: {line}", line=line), line),),
    )


def _negative(_: Facts, found: re.Match[str]) -> Finding:
    kernel, n = int(found["kernel"] or found["filter"]), int(found["n"] or found["size"])
    shape = numbers((found["shape"] or "").replace("?", "-1"))
    if len(shape) == 4 and shape[1] in (1, 3) and shape[1] == n and min(shape[2:]) > shape[1]:
        said = sentence("K030", "the channels are first in [{shape}], and were read as a height of {n}", n=n,
                        shape=found["shape"])  # fmt: skip
        line = "x = tf.transpose(x, [0, 2, 3, 1])"
        return Finding(said, (
            _fix(sentence("K030", "channels last: {line}", line=line), line),
            Fix(sentence("K030", "or data_format='channels_first' in every layer")),
        ), code="K030")  # fmt: skip
    if "Pool" in (found["op"] or ""):
        said = sentence(
            "K004", "a pooling of size {kernel} was given {n}: the feature map is too small", kernel=kernel, n=n
        )
        larger = Fix(sentence("K004", "use larger pictures, or fewer poolings before it"))
        return Finding(said, (larger, _fix(sentence("K004", "padding='same'"), "padding='same'")), code="K004")
    said = sentence("K003", "the kernel reaches {kernel}, but there are only {room}, padding included", kernel=kernel,
                    room=n)  # fmt: skip
    return Finding(said, (
        _fix(sentence("K003", "padding='same' in this layer"), "padding='same'"),
        Fix(sentence("K003", "a larger input, or fewer poolings and strides before this layer")),
    ))  # fmt: skip


def _shrunk(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K003", "the window of a convolution or pooling is larger than its input")
    return Finding(said, (
        _fix(sentence("K003", "padding='same' in this layer"), "padding='same'"),
        Fix(sentence("K003", "a larger input, or fewer poolings and strides before this layer")),
    ))  # fmt: skip


def _label(_: Facts, found: re.Match[str]) -> Finding:
    got, C = int(found["got"]), int(found["C"])
    said = sentence("K052", "the label {got} is not a class of the model: {C} outputs are the classes 0 to {last}",
                            got=got,
                    C=C, last=C - 1)  # fmt: skip
    shifted = _fix(
        sentence("K052", "number the classes from 0, not from 1: {code}", code="labels - 1"), "labels = labels - 1"
    )
    more = _fix(sentence("K052", "give the last layer an output for each class: {code}", code=f"Dense({got + 1})"),
                f"Dense({got + 1})")  # fmt: skip
    fixes = (shifted, more) if got == C else (more,) if got > C else ()
    ignored = Fix(sentence("K052", "if they mark positions to ignore: mask them before the loss"))
    return Finding(said, (*fixes, ignored), is_outside=True)


def _labels(_: Facts, found: re.Match[str]) -> Finding:
    a, b = numbers(found["scores"]), numbers(found["labels"])
    if len(a) == 2 and len(b) == 1 and b[0] == a[0] * a[1]:
        said = sentence("K054", "the labels are one-hot: {n} = {N}·{C}", n=b[0], N=a[0], C=a[1])
        line = "loss='categorical_crossentropy'"
        return Finding(said, (_fix(sentence("K054", "use the loss for one-hot labels: {line}", line=line), line),),
                       code="K054", is_outside=True)  # fmt: skip
    said = sentence("K050", "the loss was given {got} rows and {wanted} targets: each row needs one target",
                    got=(a or (0,))[0], wanted=(b or (0,))[0])  # fmt: skip
    line = "tf.reshape(x, (tf.shape(x)[0], -1))"
    return Finding(said, (_fix(sentence("K050", "keep the batch: {after}", after=line), line),), is_outside=True)


def _vs(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K051", "the loss is element-wise: the output is {a}, the target {b}",
                    a=f"({found['a'] or found['scores']})", b=f"({found['b'] or found['labels']})")  # fmt: skip
    sparse, one = "loss='sparse_categorical_crossentropy'", "Dense(1, activation='sigmoid')"
    return Finding(said, (
        _fix(sentence("K051", "if the labels are class numbers: {line}", line=sparse), sparse),
        _fix(sentence("K051", "for two classes: {line} as the last layer", line=one), one),
    ), is_outside=True)  # fmt: skip


def _product(_: Facts, found: re.Match[str]) -> Finding:
    got, expected = int(found["got"] or found["left"]), int(found["expected"] or found["right"])
    said = sentence("K012", "each sample has {got} features, but the weights are for {expected}", got=got,
                    expected=expected)  # fmt: skip
    return Finding(said, (
        Fix(sentence("K012", "use pictures of the size that the model was built for")),
        Fix(sentence("K012", "or rebuild the model with weights for {got}", got=got)),
    ))  # fmt: skip


def _jax(_: Facts, found: re.Match[str]) -> Finding:
    got, groups, expected = int(found["got"]), int(found["groups"]), int(found["expected"])
    said = sentence("K001", "the convolution takes {expected} channels but was given {got}", expected=expected * groups,
                    got=got)  # fmt: skip
    last, first = "x = jnp.transpose(x, (0, 2, 3, 1))", "x = jnp.transpose(x, (0, 3, 1, 2))"
    return Finding(said, (
        _fix(sentence("K001", "if the channels are on another axis, move them last for Flax: {line}", line=last), last),
        _fix(sentence("K001", "channels first, for lax and Haiku's NCHW: {line}", line=first), first),
    ))  # fmt: skip


def _flax(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K025", "the {name} of {layer} is ({a}) on one side and ({b}) on the other: the weights do not "
                            "fit the input",
                    name=found["name"] or found["old"], layer=found["layer"] or found["place"],
                    a=found["a"] or found["c"], b=found["b"] or found["d"])  # fmt: skip
    return Finding(said, (
        Fix(sentence("K025", "give an input with the features that the weights were made for, or run model.init "
                             "again")),
    ))  # fmt: skip


def _opencv(_: Facts, found: re.Match[str]) -> Finding:
    expected, got = int(found["expected"]), int(found["got"])
    said = sentence("K001", "the convolution takes {expected} channels but was given {got}", expected=expected, got=got)
    line = {(3, 4): "img = cv2.cvtColor(img, "
                    "cv2.COLOR_BGRA2BGR)", (3, 1): "img = cv2.cvtColor(img, cv2.COLOR_GRAY2BGR)",
            (1, 3): "img = cv2.cvtColor(img, cv2.COLOR_BGR2GRAY)"}.get((expected, got))  # fmt: skip
    if line:
        return Finding(
            said,
            (
                _fix(
                    sentence("K001", "change the input to the number of channels that it takes: {line}", line=line),
                    line,
                ),
            ),
        )
    blob = "net.setInput(cv2.dnn.blobFromImage(img, 1 / 255, (width, height)))"
    return Finding(said, (
        _fix(sentence("K001", "channels first, as blobFromImage gives them: {line}", line=blob), blob),
        Fix(sentence("K001", "print its shape: the channels may be on another axis")),
    ))  # fmt: skip


ROWS = (
    Cause(
        "K070",
        r"Got invalid dimensions for input: (?P<name>\S+) for the following indices\s*(?P<axes>(?:index: \d+ Got: \d+ "
        r"Expected: \d+\s*)+)",
        "Got invalid dimensions for input: images for the following indices index: 2 Got: 960 Expected: 736",
        _onnx_sizes,
    ),
    Cause(
        "K005", r"Invalid rank for input: (?P<name>\S+) Got: (?P<got>\d+) Expected: (?P<wanted>\d+)",
        "Invalid rank for input: images Got: 3 Expected: 4 Please fix either the inputs or the model.", _onnx_rank,
    ),
    Cause(
        "K006", r"Unexpected input data type. ?Actual: \((?:tensor\(|class "
        r"onnxruntime::PrimitiveDataType<)(?P<got>\w+)[)>]\) ?, "
        r"?expected: \((?:tensor\(|class onnxruntime::PrimitiveDataType<)(?P<wanted>\w+)[)>]\)",
        "Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))", _onnx_type,
    ),
    Cause(
        "K005",
        r"Input \d+ (?:of layer \"?(?P<layer>[\w/]+)\"? is incompatible with the layer|is incompatible with layer "
        r"(?P<old>[\w/]+)):[ :]*expected (?:min_|max_)?ndim=(?P<wanted>\d+), found ndim=(?P<got>\d+)"
        r"(?:\. Full shape received: [\[(【](?P<shape>[^\])】]*)[\])】])?",
        'Input 0 of layer "conv2d" is incompatible with the layer: expected min_ndim=4, found ndim=3.', _keras_rank,
    ),
    Cause(
        "K001",
        r"Input \d+ of layer \"?(?P<layer>[\w/]+)\"? is incompatible with the layer:[ :]*expected axis -1 of input "
        r"shape to "
        r"have value (?P<expected>\d+),? but received input with shape [\[(](?P<shape>[^\])]*)[\])]",
        'Input 0 of layer "conv2d" is incompatible with the layer: expected axis -1 of input shape to have value 3, '
        'but '
        "received input with shape (None, 28, 28, 1)", _keras_axis,
    ),
    Cause(
        "K003", r"Negative dimension size caused by subtracting (?P<kernel>\d+) from (?P<n>\d+)(?: for '[^']*' \(op: "
        r"'(?P<op>\w+)'\)"
        r" with input shapes: \[(?P<shape>[^\]]*)\])?|output size would be negative: -?\d+ \[input_size: "
        r"(?P<size>\d+), "
        r"effective_filter_size: (?P<filter>\d+)",
        "Negative dimension size caused by subtracting 3 from 1 for 'conv2d_8/convolution' (op: 'Conv2D') with input "
        "shapes: [?,1,1,64], [3,3,64,128]", _negative,
    ),
    Cause(
        "K003", r"Computed output size would be negative\.|dimensions in the output is <= 0 due to downsampling",
        "Computed output size would be negative.", _shrunk,
    ),
    Cause(
        "K052", r"Received a label value of (?P<got>-?\d+) which is outside the valid range of \[0, (?P<C>\d+)\)",
        "Received a label value of 10 which is outside the valid range of [0, 10).", _label,
    ),
    Cause(
        "K050",
        r"logits and labels must have the same first dimension, got logits shape \[(?P<scores>[^\]]*)\] and labels "
        r"shape "
        r"\[(?P<labels>[^\]]*)\]",
        "logits and labels must have the same first dimension, got logits shape [1900,38510] and labels shape [2000]",
        _labels,
    ),
    Cause(
        "K051", r"(?:logits`? and `?labels`? must have the same shape,? (?:received )?\(\(?(?P<a>[^)]*)\)? vs "
        r"\(?(?P<b>[^)]*)\)|"
        r"Shapes \((?P<labels>[^)]*)\) and \((?P<scores>[^)]*)\) are incompatible)",
        "`logits` and `labels` must have the same shape, received ((None, 10) vs (None, 1)).", _vs,
    ),
    Cause(
        "K012",
        r"Matrix size-incompatible: In\[0\]: \[\d+,(?P<got>\d+)\], In\[1\]: \[(?P<expected>\d+),\d+\]|dot_general "
        r"requires "
        r"contracting dimensions to have the same shape, got [(\[](?P<left>\d+),?[)\]] and [(\[](?P<right>\d+),?[)\]]",
        "dot_general requires contracting dimensions to have the same shape, got (1041,) and (1029,).", _product,
    ),
    Cause(
        "K001",
        r"conv_general_dilated lhs feature dimension size divided by feature_group_count must equal the rhs input "
        r"feature "
        r"dimension size, but (?P<got>\d+) // (?P<groups>\d+) != (?P<expected>\d+)",
        "conv_general_dilated lhs feature dimension size divided by feature_group_count must equal the rhs input "
        "feature "
        "dimension size, but 1 // 1 != 3.", _jax,
    ),
    Cause(
        "K025",
        r"Initializer expected to generate shape \((?P<a>[^)]*)\) but got shape \((?P<b>[^)]*)\) instead for parameter "
        r"\"(?P<name>\w+)\" in \"(?P<layer>[^\"]*)\"|Inconsistent shapes between value and initializer for parameter "
        r"\"(?P<old>\w+)\" in \"(?P<place>[^\"]*)\": \((?P<c>[^)]*)\), \((?P<d>[^)]*)\)",
        'Initializer expected to generate shape (512, 4) but got shape (512, 6) instead for parameter "kernel" in '
        '"/Dense_1".', _flax,
    ),
    Cause(
        "K001", r"Number of input channels should be multiple of (?P<expected>\d+) but got (?P<got>\d+)",
        "Number of input channels should be multiple of 3 but got 4 in function 'getMemoryShapes'", _opencv,
    ),
)  # fmt: skip
