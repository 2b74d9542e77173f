"""Causes about rank, dtype, padding words, numbers an axis, and what is no tensor."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.causes.finding import Cause, Finding, numbers
from kaiyan.explain.fixes import Fix, edited, fed, parameter, preceded, replaced
from kaiyan.explain.layers import Cast, is_convolution, per_axis, rebuilt
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kaiyan.explain.facts import Facts


def _rank(facts: Facts, found: re.Match[str]) -> Finding:
    shape = facts.given or numbers(found["shape"] or found["old_shape"] or "")
    wanted = int(found["batched"] or found["norm"] or found["pool"] or found["weight"] or 4)
    layer = facts.path or (found["layer"] or "layer")
    said = sentence("K005", "{layer} takes {wanted} axes, batch and channels included, but was given {rank}: {shape}",
                    layer=layer, wanted=wanted, rank=len(shape) or found["got"], shape=shape)  # fmt: skip
    return Finding(
        said,
        (
            *_latent(facts, found, shape, wanted),
            *_reshaped(shape, wanted, certain=facts.model is None),
            *_repeated(facts, shape, wanted),
            *other_rank(facts, shape),
        ),
    )


def _latent(facts: Facts, found: re.Match[str], shape: tuple[int, ...], wanted: int) -> Iterator[Fix]:
    """Rows (N, C) for a layer of maps (N, C, 1, 1): their second axis is the channels' already."""
    C = getattr(facts.layer, "in_channels", None) or getattr(facts.layer, "num_features", None)
    if len(shape) != 2 or wanted <= 2 or (shape[1] != C if C else "transpose" not in (found["layer"] or "")):
        return
    line = f"x = x[:, :{', None' * (wanted - 2)}]"
    moved = (*shape, *(1,) * (wanted - 2))
    said = sentence("K005", "axis 1 has the {C} channels already: {line} gives {moved}", C=shape[1], line=line,
                    moved=moved)  # fmt: skip
    yield fed(said, line, lambda x: x.reshape(moved))


def _reshaped(shape: tuple[int, ...], wanted: int, *, certain: bool) -> Iterator[Fix]:
    """Axes merged or added; ``certain`` keeps to the rank that is asked for, where nothing can be tried."""
    if len(shape) > wanted:
        line = f"x = x.flatten(0, {len(shape) - wanted})"
        moved = (torch.Size(shape[: len(shape) - wanted + 1]).numel(), *shape[len(shape) - wanted + 1 :])
        said = sentence("K005", "frames as a batch: {line} gives {moved}", line=line, moved=moved)
        yield fed(said, line, lambda x: x.flatten(0, len(shape) - wanted))
        return
    for axes in ((0,), (0, 0), (1,), (0, 0, 0)):
        if certain and len(shape) + len(axes) != wanted:
            continue
        line = "x = x" + "".join(f".unsqueeze({axis})" for axis in axes)
        grown = list(shape)
        for axis in axes:
            grown.insert(axis, 1)
        said = sentence("K005", "a batch or a channel of one: {line} gives {moved}", line=line, moved=tuple(grown))
        yield fed(said, line, partial(_unsqueezed, axes=axes))


def _repeated(facts: Facts, shape: tuple[int, ...], wanted: int) -> Iterator[Fix]:
    """A picture without channels for a layer that takes several."""
    C = getattr(facts.layer, "in_channels", 1)
    if len(shape) != wanted - 2 or C == 1 or shape[-1] == C:
        return
    grown = (1, C, *shape)
    line = f"x = x.expand({', '.join(map(str, grown))})"
    said = sentence("K005", "{layer} takes {C} channels, this has none: repeat it {C} times, {line}",
                    layer=facts.path or type(facts.layer).__name__, C=C, line=line)  # fmt: skip
    yield fed(said, line, lambda x: x.expand(grown))


def _unsqueezed(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        x = x.unsqueeze(axis)
    return x


def other_rank(facts: Facts, shape: tuple[int, ...]) -> Iterator[Fix]:
    """The layer of the rank that the input has."""
    layer: Any = facts.layer
    if layer is None or not 3 <= len(shape) <= 5:
        return
    name = re.sub(r"\dd$", f"{len(shape) - 2}d", type(layer).__name__)
    kind = getattr(nn, name, None)
    made = _of_rank(layer, kind) if kind and name != type(layer).__name__ else None
    if made:
        said = sentence("K005", "{name}, which takes {shape}", name=name, shape=shape)
        yield replaced(said, layer, facts.path or "", made)


def _of_rank(layer: Any, kind: Any) -> nn.Module | None:
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "num_features")
    settings = {n: getattr(layer, n) for n in names if hasattr(layer, n)}
    settings = {n: v[0] if isinstance(v, tuple) else v for n, v in settings.items()}
    if is_convolution(layer):
        settings["bias"] = layer.bias is not None
    try:
        made: nn.Module = kind(**settings)
    except (TypeError, ValueError):
        return None
    return made.train(layer.training)


_NAMES = {"unsigned char": "uint8", "Byte": "uint8", "double": "float64", "Double": "float64", "float": "float32",
          "Float": "float32", "c10::Half": "float16", "Half": "float16", "long int": "int64", "Long": "int64",
          "c10::BFloat16": "bfloat16", "BFloat16": "bfloat16", "int": "int32", "Int": "int32", "Char": "int8",
          "bool": "bool"}  # fmt: skip


def _dtype(facts: Facts, found: re.Match[str]) -> Finding:
    weighted = facts.layer is not None and next(facts.layer.parameters(), None) is not None
    if not weighted and (found["target"] or found["wanted"] or found["type"]):
        return _target(found)
    words = [w.removeprefix("torch.").removesuffix("Tensor") for w in found.groups() if w]
    weight = next((p.dtype for p in facts.layer.parameters()), None) if facts.layer else None
    given = facts.step.dtypes[0] if facts.step and facts.step.dtypes else None
    x = given or (_NAMES.get(words[0], words[0]) if words else "?")
    w = str(weight).removeprefix("torch.") if weight else _NAMES.get(words[-1], words[-1]) if words else "float32"
    said = sentence("K006", "the input is {x} and the weights are {w}; the device is not the matter", x=x, w=w)
    dtype = getattr(torch, w, torch.float32)
    return Finding(said, tuple(_casts(facts, x, dtype)))


def _target(found: re.Match[str]) -> Finding:
    """A type that is asked for by name, where no layer is known: the target of a loss more often than an input."""
    wanted, got = (_NAMES.get(w, w) for w in (found["target"] or found["wanted"] or found["type"],
                                              found["given"] or found["found"] or found["kind"]))  # fmt: skip
    said = sentence("K006", "{wanted} is expected and {got} came: the target of a loss, or the input of a layer",
                    wanted=wanted, got=got)  # fmt: skip
    line = f"y = y{_METHODS.get(wanted, f'.to(torch.{wanted})')}"
    back = f"x = x{_METHODS.get(got, f'.to(torch.{got})')}"
    dtype = getattr(torch, wanted, torch.float32)
    target = sentence("K006", "if it is the target (cross_entropy takes int64, the others floats): {line}", line=line)
    layer = sentence("K006", "if it is a layer's input, as its weights are: {line}", line=back)
    cast = Fix(target, None, line, change=lambda model, inputs: (model, (*inputs[:-1], inputs[-1].to(dtype))))
    return Finding(said, (cast, Fix(layer, None, back)))


_METHODS = {"int64": ".long()", "float32": ".float()", "float64": ".double()", "float16": ".half()"}


def picture(shape: tuple[int, ...], C: int) -> Iterator[Fix]:
    """A picture as files give it, (H, W, C) or a batch of them, bytes from 0 to 255, made what a convolution takes."""
    if len(shape) not in (3, 4) or shape[-1] != C:
        return
    order = (2, 0, 1) if len(shape) == 3 else (0, 3, 1, 2)
    line = f"x = x.permute{order}{'.unsqueeze(0)' if len(shape) == 3 else ''}.float() / 255"
    said = sentence("K030", "channels first, numbers from 0 to 1: {line}", line=line)
    yield fed(said, line, partial(_opened, order=order))


def _opened(x: Tensor, order: tuple[int, ...]) -> Tensor:
    x = x.permute(order).float() / 255
    return x.unsqueeze(0) if len(order) == 3 else x


def _casts(facts: Facts, x: str, dtype: torch.dtype) -> Iterator[Fix]:
    method = {torch.float32: ".float()", torch.float64: ".double()", torch.float16: ".half()"}.get(
        dtype, f".to({dtype})"
    )
    C = getattr(facts.layer, "in_channels", 0)
    if x == "uint8" and facts.given and C:
        yield from picture(facts.given, C)
    if x == "uint8":
        line = f"x = x{method} / 255"
        yield fed(sentence("K006", "numbers from 0 to 1: {line}", line=line), line, lambda i: i.to(dtype) / 255)
    line = f"x = x{method}"
    yield fed(sentence("K006", "the input as the weights are: {line}", line=line), line, lambda i: i.to(dtype))
    if facts.layer is not None:
        said = sentence("K006", "cast before {path}", path=facts.path or type(facts.layer).__name__)
        yield preceded(said, facts.layer, facts.path or "", Cast(dtype))


def _device(facts: Facts, found: re.Match[str]) -> Finding:
    named = list(dict.fromkeys(re.findall(r"\b(?:cuda|mps|xpu)(?::\d+)?|\bcpu\b", facts.text[found.start() :])))
    if len(named) == 1:  # PyTorch names a tensor of the processor "torch.FloatTensor"
        named.append("cpu")
    said = (
        sentence("K007", "input and weights lie on different devices: {one} and {two}", one=named[0], two=named[1])
        if named
        else sentence("K007", "input and weights lie on different devices")
    )
    line = "x = x.to(next(model.parameters()).device)"
    return Finding(said, (Fix(sentence("K007", "move the input: {line}", line=line), None, line),))


def _same_stride(facts: Facts, _: re.Match[str]) -> Finding:
    stride = (facts.settings or {}).get("stride", getattr(facts.layer, "stride", "?"))
    said = sentence("K008", "PyTorch has no padding='same' at stride {stride}; libraries differ in what it would mean",
                    stride=stride)  # fmt: skip
    pad = _usual(facts.settings)
    offer = sentence("K008", "padding={padding}: half the kernel on both sides; "
                     "TensorFlow's rule: kaiyan.nn.Conv2d(padding='same'), any stride", padding=pad)  # fmt: skip
    return Finding(said, (_line_fix(facts, offer, r"padding\s*=\s*(['\"])same\1", f"padding={pad}"),))


def _usual(settings: dict[str, Any] | None) -> Any:
    kernel = per_axis((settings or {}).get("kernel_size", 3), 1)
    dilation = per_axis((settings or {}).get("dilation", 1), 1)[0]
    pads = tuple(dilation * (k - 1) // 2 for k in kernel)
    return pads[0] if len(set(pads)) == 1 else pads


def _line_fix(facts: Facts, said: Sentence, pattern: str, after: str) -> Fix:
    """A change of the user's own line, or only the words where there is none."""
    step = facts.step
    line = step.line if step and step.line else facts.line
    found = re.search(pattern, line.text) if line else None
    if line is None or found is None:
        return Fix(said, None, after)
    if facts.model is not None and step is not None:
        return edited(said, line, step.path, found[0], after)
    return Fix(said, line.text, line.text.replace(found[0], after, 1))


def _word(facts: Facts, found: re.Match[str]) -> Finding:
    word = found["word"]
    said = sentence("K009", "PyTorch has the padding words 'valid' and 'same', in lower case, not {word!r}", word=word)
    near = "valid" if word.lower() == "valid" else "same"
    strided = per_axis((facts.settings or {}).get("stride", 1), 1) != (1,) and near == "same"
    after = f"padding={_usual(facts.settings)}" if strided else f"padding='{near}'"
    offer = sentence("K009", "{after}; TensorFlow's SAME pads by the stride, kaiyan.nn has it", after=after)
    return Finding(said, (_line_fix(facts, offer, r"padding\s*=\s*(['\"])\w+\1", after),))


def _mode(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K028", "there is no padding_mode {word!r}", word=found["word"])
    offer = sentence("K028", "padding_mode='zeros'; there are also 'reflect', 'replicate' and 'circular'")
    return Finding(said, (_line_fix(facts, offer, r"padding_mode\s*=\s*(['\"])\w+\1", "padding_mode='zeros'"),))


def _count(facts: Facts, found: re.Match[str]) -> Finding:
    layer: Any = facts.layer
    if found["name"] == "stride":
        said = sentence("K010", "the kernel or the weight has {rank} axes and the layer another number: "
                        "not the stride is wrong", rank=found["rank"])  # fmt: skip
        made = rebuilt(layer, kernel_size=layer.kernel_size[0]) if layer is not None else None
        offer = sentence("K010", "a kernel of one number, or one an axis")
        step = facts.step
        if layer is None and facts.model is not None and step and len(step.inputs) > 1:
            old = step.inputs[1]
            module = facts.model.get_submodule(step.path)
            fix = parameter(offer, module, step.path, old, (*old, old[-1])[: len(step.inputs[0])])
            return Finding(said, (fix or Fix(offer),))
    else:
        said = sentence("K010", "{name}={given} has {count} numbers; PyTorch takes one, or one an axis: {rank}",
                        name=found["name"], given=found["given"], count=len(numbers(found["given"])),
                        rank=found["rank"])  # fmt: skip
        sides = numbers(found["given"])
        made = rebuilt(layer, padding=sides[: int(found["rank"])]) if layer is not None else None
        offer = sentence("K010", "one number an axis; for each side F.pad(x, (left, right, top, bottom)) first, "
                         "or kaiyan.nn.Conv2d(padding=((top, bottom), (left, right)))")  # fmt: skip
        if layer is None:
            after = f"padding={sides[: int(found['rank'])]}"
            return Finding(said, (_line_fix(facts, offer, r"padding\s*=\s*[\[(][^\])]*[\])]", after),))
    return Finding(said, (replaced(offer, layer, facts.path or "", made) if made else Fix(offer),))


def _zero(facts: Facts, found: re.Match[str]) -> Finding | None:
    layer: Any = facts.layer
    words = found[0].lower()
    name = "groups" if "groups" in words else next(
        (n for n in ("stride", "dilation", "kernel", "padding") if n in words), "kernel")  # fmt: skip
    attribute = "kernel_size" if name == "kernel" else name
    value = (facts.settings or {}).get(attribute, getattr(layer, attribute, None))
    least = 0 if name == "padding" else 1
    said = sentence("K011", "{name} is {value}; the least is {least}", name=attribute, value=value, least=least)
    offer = sentence("K011", "{name}={least}", name=attribute, least=least)
    made = rebuilt(layer, **{attribute: least}) if layer is not None else None
    if made:
        return Finding(said, (replaced(offer, layer, facts.path or "", made),))
    return Finding(said, (_line_fix(facts, offer, rf"{attribute}\s*=\s*-?\d+", f"{attribute}={least}"),))


def _float(facts: Facts, _: re.Match[str]) -> Finding:
    floats = {k: v for k, v in (facts.settings or {}).items() if isinstance(v, float) and k != "eps"}
    named = ", ".join(f"{k}={v}" for k, v in floats.items()) or "size"
    said = sentence("K014", "{named} is a float: / gives floats, // whole numbers", named=named)
    offer = sentence("K014", "// instead of /")
    return Finding(said, (_line_fix(facts, offer, r"(?<!/)/(?!/)", "//"),))


def _output_padding(facts: Facts, found: re.Match[str]) -> Finding:
    layer: Any = facts.layer
    named = {k: int(v) for k, v in re.findall(r"(\w+): (\d+)", found["words"])}
    given = tuple(v for k, v in named.items() if k.startswith("output_padding"))
    stride = tuple(v for k, v in named.items() if k.startswith("stride"))
    said = sentence("K015", "output_padding={given} chooses one of the sizes that stride {stride} skips: it must be "
                    "smaller than stride or dilation", given=given, stride=stride or "?")  # fmt: skip
    if layer is None:
        return Finding(said, (Fix(sentence("K015", "output_padding=0"), None, "output_padding=0"),))
    most = max(layer.stride[0], layer.dilation[0]) - 1
    n = facts.given[-1] if facts.given else 0
    least = (n - 1) * layer.stride[-1] - 2 * layer.padding[-1] + layer.dilation[-1] * (layer.kernel_size[-1] - 1) + 1
    sizes = range(least, least + most + 1)
    offer = sentence("K015", "output_padding={most}; reachable from {n}: {sizes}", most=most, n=n,
                     sizes=", ".join(map(str, sizes)))  # fmt: skip
    made = rebuilt(layer, output_padding=most)
    return Finding(said, (replaced(offer, layer, facts.path or "", made),) if made else ())


def _transposed_same(facts: Facts, _: re.Match[str]) -> Finding:
    layer: Any = facts.layer
    said = sentence("K016", "a transposed convolution has no padding='same' in PyTorch")
    if layer is None:
        return Finding(said)
    stride, reach = layer.stride[0], layer.dilation[0] * (layer.kernel_size[0] - 1) + 1
    padding = -(-max(reach - stride, 0) // 2)
    extra = stride - reach + 2 * padding
    n = facts.given[-1] if facts.given else 0
    offer = sentence("K016", "padding={padding}, output_padding={extra}: {n} becomes n·stride = {m}", padding=padding,
                     extra=extra, n=n, m=n * stride)  # fmt: skip
    made = rebuilt(layer, padding=padding, output_padding=extra)
    return Finding(said, (replaced(offer, layer, facts.path or "", made),) if made else ())


def _one_value(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K020", "in training BatchNorm needs more than 1 value a channel, and {shape} has one",
                    shape=found["shape"])  # fmt: skip
    evaluated = Fix(sentence("K020", "model.eval() to predict; to train, a batch of 2 or more"), None, "model.eval()",
                    change=lambda model, inputs: (model.eval(), inputs))  # fmt: skip
    batch = fed(sentence("K020", "a batch of two"), "x = torch.cat([x, x])", lambda x: torch.cat([x, x]))
    return Finding(said, (evaluated, batch) if facts.model else (evaluated,))


def _no_tensor(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K024", "the layer was given a {kind}, not a tensor", kind=found["kind"] or found["other"])
    line = "x = torch.as_tensor(x)"
    return Finding(said, (fed(sentence("K024", "{line} (torch.from_numpy shares its memory)", line=line), line,
                              torch.as_tensor),))  # fmt: skip


def _state(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K025", "the weights of {name} are {saved} in the file and {own} in the model",
                    name=found["name"], saved=numbers(found["saved"]), own=numbers(found["own"]))  # fmt: skip
    offer = sentence("K025", "build the layer with the file's sizes, or leave {name} out of the file's weights",
                     name=found["name"])  # fmt: skip
    return Finding(said, (Fix(offer),))


def _keys(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K025", "the names differ: {missing} not in the file", missing=found["missing"].strip())
    return Finding(said, (Fix(sentence("K025", "often a prefix such as module.: rename the keys of the file")),))


def _contiguous(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K029", "view needs numbers that lie in order; after permute or transpose they do not")
    return Finding(said, (Fix(sentence("K029", "reshape instead of view"), ".view(", ".reshape("),))


def row(
    code: str, title: Sentence, words: str, example: str, find: Callable[[Facts, re.Match[str]], Finding | None]
) -> Cause:
    """A row of the table."""
    return Cause(code, title, words, example, find)


WORDS = (
    row("K005", sentence("title", "an input of another rank"),
        r"Expected \dD \(unbatched\) or (?P<batched>\d)D \(batched\) input to (?P<layer>\w+), but got input of size: "
        r"\[(?P<shape>[^\]]*)\]|expected (?:2D or )?(?P<norm>\d)D input \(got (?P<got>\d)D|"
        r"(?:non-empty|[Ee]xpected) \dD or (?P<pool>\d)D|[Dd]imension specified as -\d but tensor|"
        r"Got 3D input, but bilinear mode|"
        r"Expected \d-dimensional input for (?P<weight>\d)-dimensional weight .*?but got \d-dimensional "
        r"input of size \[(?P<old_shape>[^\]]*)\]",
        "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [2, 4, 3, 32, 32]", _rank),
    row("K007", sentence("title", "two devices"),
        r"Input type \(torch\.cuda\.\w+\) and weight type \(torch\.\w+Tensor\)|on the same device, but found|"
        r"Input type \(torch\.\w+Tensor\) and weight type \(torch\.cuda",
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!", _device),
    row("K006", sentence("title", "two dtypes"),
        r"Input type \(([^)]*)\) and (?:bias|weight) type \(([^)]*)\) should be the same|"
        r"must have the same dtype, but got (\w+) and (\w+)|"
        r"expected scalar type (?P<wanted>\w+) but found (?P<found>\w+)|"
        r"expected target dtype to be (?P<target>\w+)[\w ]*, but got (?P<given>\w+)|"
        r"Found dtype (?P<kind>\w+) but expected (?P<type>\w+)|"
        r"to have the same dtype, but got: (\w+) != ([\w:]+)|mixed dtype \(CPU\)|not implemented for '(\w+)'|"
        r"could not infer output dtype",
        "Input type (unsigned char) and bias type (float) should be the same", _dtype),
    row("K008", sentence("title", "padding='same' with a stride"),
        r"padding='same' is not supported for strided", "padding='same' is not supported for strided convolutions",
        _same_stride),
    row("K009", sentence("title", "a word of padding"),
        r"Invalid padding string:? '(?P<word>[^']*)'", "Invalid padding string 'SAME', should be one of", _word),
    row("K028", sentence("title", "a word of padding_mode"),
        r"padding_mode must be one of .* got padding_mode='(?P<word>[^']*)'",
        "padding_mode must be one of {'reflect', 'zeros'}, but got padding_mode='zero'", _mode),
    row("K010", sentence("title", "more numbers than axes"),
        r"expected (?P<name>\w+) to be a single integer value or a list of (?P<rank>\d+) values.*got \w+=(?P<given>.*)",
        "expected padding to be a single integer value or a list of 2 values, but got padding=[1, 1, 1, 1]", _count),
    row("K011", sentence("title", "a setting below its least"),
        r"non-positive stride|(dilation|kernel size) should be greater than zero|negative padding|"
        r"groups must be a positive|non-positive groups|could not create a (primitive|memory) descriptor|by zero",
        "non-positive stride is not supported", _zero),
    row("K016", sentence("title", "a transposed convolution's 'same'"),
        r"conv_transpose\dd\(\): argument '(?:output_)?padding' .* must be tuple of ints|"
        r'Only "zeros" padding mode is supported for ConvTranspose',
        "conv_transpose2d(): argument 'padding' (position 5) must be tuple of ints, but found element of type str",
        _transposed_same),
    row("K024", sentence("title", "an input that is no tensor"),
        r"must be Tensor, not (?P<kind>[\w.]+)|got \((?P<other>numpy\.ndarray|list)",
        "linear(): argument 'input' (position 1) must be Tensor, not numpy.ndarray", _no_tensor),
    row("K014", sentence("title", "a size that is a float"),
        r"tuple of ints, ?but got float|tuple of \(?float|got float", "type must be tuple of ints,but got float",
        _float),
    row("K015", sentence("title", "output_padding too large"),
        r"output padding must be smaller than either stride or dilation, but got (?P<words>.*)",
        "output padding must be smaller than either stride or dilation, but got output_padding_height: 2",
        _output_padding),
    row("K020", sentence("title", "BatchNorm of one value"),
        r"Expected more than 1 value per channel when training, got input size (?P<shape>.*)",
        "Expected more than 1 value per channel when training, got input size torch.Size([1, 8])", _one_value),
    row("K025", sentence("title", "weights of another model"),
        r"size mismatch for (?P<name>[\w.]+): copying a param with shape torch.Size\((?P<saved>[^)]*)\) from "
        r"checkpoint, the shape in current model is torch.Size\((?P<own>[^)]*)\)",
        "size mismatch for weight: copying a param with shape torch.Size([8, 4]) from checkpoint, "
        "the shape in current model is torch.Size([8, 3]).", _state),
    row("K025", sentence("title", "weights of another model"),
        r"Missing key\(s\) in state_dict: (?P<missing>[^\n]*)", 'Missing key(s) in state_dict: "0.weight"', _keys),
    row("K029", sentence("title", "a view of numbers out of order"),
        r"view size is not compatible", "view size is not compatible with input tensor's size and stride", _contiguous),
)  # fmt: skip
