"""Causes about what a constructor is given: padding words, numbers an axis, zeros, floats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.argument import constants, with_argument, with_constant
from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix, edited, parameter, replaced
from kaiyan.explain.diagnosis.traceback import lines_above
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec.axis import Axis
from kaiyan.trace.rebuild import per_axis, rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts


def _same_stride(facts: Facts, _: re.Match[str]) -> Finding:
    stride = (facts.settings or {}).get("stride", getattr(facts.layer, "stride", None))
    said = (
        sentence("K008", "PyTorch has no padding='same' at stride {stride}; libraries differ in what it would mean",
                 stride=stride)
        if stride is not None
        else sentence("K008", "PyTorch supports padding='same' at stride 1 only; at larger strides libraries "
                              "disagree on its meaning")
    )  # fmt: skip
    if facts.settings is None and facts.layer is None:
        line = "padding=kernel_size // 2"
        offer = sentence("K008", "{line} for an odd kernel: half of it on each side; for "
                                 "TensorFlow's rule: kaiyan.nn.Conv2d(padding='same'), at "
                                 "any stride", line=line)  # fmt: skip
        return Finding(said, (_line_fix(facts, offer, r"padding\s*=\s*(['\"])same\1", line),))
    pad = _usual(facts.settings)
    offer = sentence("K008", "padding={padding}: half the kernel on both sides; "
                     "TensorFlow's rule: kaiyan.nn.Conv2d(padding='same'), any stride", padding=pad)  # fmt: skip
    return Finding(said, (_line_fix(facts, offer, r"padding\s*=\s*(['\"])same\1", f"padding={pad}"),))


def _version(facts: Facts, found: re.Match[str]) -> Finding:
    """A word of padding for a PyTorch that takes numbers only."""
    said = sentence("K032", "this PyTorch accepts only numbers as padding: 'same' and 'valid' came with 1.9")
    kernel = (facts.settings or {}).get("kernel_size", getattr(facts.layer, "kernel_size", None))
    written = re.search(r"kernel_size\s*=\s*(\d+)", facts.line.text if facts.line else found.string)
    size = written[1] if written else kernel
    padding = _usual({"kernel_size": int(size) if written else size}) if size is not None else None
    number = (
        sentence("K032", "padding={padding} is 'same' for this kernel at stride 1; padding=0 is 'valid'",
                 padding=padding)
        if padding is not None
        else sentence("K032", "the number for 'same' at stride 1: padding=kernel_size // 2 for an odd kernel; "
                      "0 is 'valid'")
    )  # fmt: skip
    after = f"padding={padding}" if padding is not None else "padding=kernel_size // 2"
    upgrade = sentence("K032", "upgrade PyTorch: {line}", line="pip install --upgrade torch")
    ours = sentence("K032", "kaiyan.nn.Conv2d(padding='same') does its own padding, at any stride")
    return Finding(said, (
        Fix(upgrade, None, "pip install --upgrade torch"),
        _line_fix(facts, number, r"padding\s*=\s*(['\"])same\1", after),
        Fix(ours, "nn.Conv2d(", "kaiyan.nn.Conv2d("),
    ))  # fmt: skip


def _usual(settings: dict[str, Any] | None, *, full: bool = False) -> Any:
    kernel = per_axis((settings or {}).get("kernel_size", 3), 1)
    dilation = per_axis((settings or {}).get("dilation", 1), 1)[0]
    axes = [Axis(k, dilation=dilation) for k in kernel]
    pads = tuple(axis.reach - 1 if full else axis.size_keeping for axis in axes)
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
    line = facts.line.text if facts.line else ""
    stride = re.search(r"stride\s*=\s*(?!1\b)", line) or per_axis((facts.settings or {}).get("stride", 1), 1) != (1,)
    numeric, named = f"padding={_usual(facts.settings, full=word.lower() == 'full')}", f"padding='{near}'"
    first = numeric if word.lower() in ("full", "half") or (near == "same" and stride) else named
    offer = sentence("K009", "{after}; TensorFlow's SAME depends on the stride: kaiyan.nn has it", after=first)
    fixes = [*_at_home(facts, word, near)] if first == named else []
    fixes.append(_padding_fix(facts, offer, word, first))
    if first == named:
        other = sentence("K009", "use a number: {after}, half the kernel on each side", after=numeric)
        fixes.append(_padding_fix(facts, other, word, numeric))
    return Finding(said, tuple(fixes))


def _at_home(facts: Facts, word: str, near: str) -> Iterator[Fix]:
    """The word where it was written, above the line that hands it on; none where it stands in that line."""
    if facts.frame is None or facts.line is None or constants(facts.line.text, word):
        return
    home = next((line for line in lines_above(*facts.frame) if constants(line.text, word) == 1), None)
    if home is None:
        return
    text = with_constant(home.text, word, repr(near))
    yield Fix(sentence("K009", "write the word in lower case: {line}", line=text), home.text, text,
              line=home)  # fmt: skip


def _padding_fix(facts: Facts, said: Sentence, word: str, after: str) -> Fix:
    """The padding of the user's call as ``after``, however the word came there."""
    line = facts.step.line if facts.step and facts.step.line else facts.line
    value = after.partition("=")[2]
    text = with_argument(line.text, ("padding",), word, value) if line else None
    if line is None or text is None:
        return Fix(said, None, after)
    if facts.model is not None and facts.step is not None:
        return edited(said, line, facts.step.path, line.text, text)
    return Fix(said, line.text, text, line=line)


def _mode(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K028", "there is no padding_mode {word!r}", word=found["word"])
    offer = sentence("K028", "padding_mode='zeros'; there are also 'reflect', 'replicate' and 'circular'")
    return Finding(said, (_line_fix(facts, offer, r"padding_mode\s*=\s*(['\"])\w+\1", "padding_mode='zeros'"),))


def _count(facts: Facts, found: re.Match[str]) -> Finding:
    layer: Any = facts.layer
    if found["name"] == "stride":
        said = sentence("K010", "the kernel or weight has {rank} axes but the layer has another number; the "
                        "stride is fine", rank=found["rank"])  # fmt: skip
        made = rebuilt(layer, kernel_size=layer.kernel_size[0]) if layer is not None else None
        offer = sentence("K010", "give the kernel one number, or one per axis")
        step = facts.step
        if layer is None and facts.model is not None and step and len(step.input_shapes) > 1:
            old = step.input_shapes[1]
            module = facts.model.get_submodule(step.path)
            fix = parameter(offer, module, step.path, old, (*old, old[-1])[: len(step.input_shapes[0])])
            return Finding(said, (fix or Fix(offer),))
    else:
        said = sentence("K010", "{name}={given} has {count} numbers; PyTorch takes one, or one per axis: {rank}",
                        name=found["name"], given=found["given"], count=len(numbers(found["given"])),
                        rank=found["rank"])  # fmt: skip
        sides = numbers(found["given"])
        made = rebuilt(layer, padding=sides[: int(found["rank"])]) if layer is not None else None
        offer = sentence(
            "K010",
            "give one number per axis; if the sides differ, F.pad(x, (left, right, top, "
            "bottom)) first, or kaiyan.nn.Conv2d(padding=((top, bottom), (left, right)))",
        )
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
    if value is None and "descriptor" in words:
        said = sentence("K011", "the usual reason is a kernel, stride or dilation of 0, or an empty input")
        return Finding(said, (Fix(sentence("K011", "print the shape of the weight and of the input")),))
    if value is None and "by zero" in words:
        return None  # Python's own division, unless a layer is known to have failed
    said = (
        sentence("K011", "{name} is {value}; it must be at least {least}", name=attribute, value=value, least=least)
        if value is not None
        else sentence("K011", "{name} must be at least {least}", name=attribute, least=least)
    )
    offer = sentence("K011", "{name}={least}", name=attribute, least=least)
    made = rebuilt(layer, **{attribute: least}) if layer is not None else None
    if made:
        return Finding(said, (replaced(offer, layer, facts.path or "", made),))
    return Finding(said, (_line_fix(facts, offer, rf"{attribute}\s*=\s*-?\d+", f"{attribute}={least}"),))


def _transposed_same(facts: Facts, found: re.Match[str]) -> Finding:
    layer: Any = facts.layer
    if "zeros" in found[0]:
        mode = sentence("K016", "a transposed convolution supports padding_mode='zeros' only")
        return Finding(mode, (Fix(sentence("K016", "padding_mode='zeros'"), None, "padding_mode='zeros'"),))
    said = sentence("K016", "a transposed convolution has no padding='same' in PyTorch")
    if layer is None:
        offer = sentence(
            "K016",
            "padding=p, output_padding=o with p = (k − s + 1) // 2 and o = s − k + 2·p, for k ≥ s: n becomes n·s",
        )
        return Finding(said, (Fix(offer),))
    stride, reach = layer.stride[0], Axis(layer.kernel_size[0], dilation=layer.dilation[0]).reach
    padding = -(-max(reach - stride, 0) // 2)
    extra = stride - reach + 2 * padding
    n = facts.given[-1] if facts.given else 0
    offer = sentence("K016", "padding={padding}, output_padding={extra}: {n} becomes n·stride = {m}", padding=padding,
                     extra=extra, n=n, m=n * stride)  # fmt: skip
    made = rebuilt(layer, padding=padding, output_padding=extra)
    return Finding(said, (replaced(offer, layer, facts.path or "", made),) if made else ())


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
    said = (
        sentence("K015", "output_padding={given} chooses one of the sizes that stride {stride} skips: it must be "
                 "smaller than stride or dilation", given=given, stride=stride)
        if given and stride
        else sentence("K015", "output_padding chooses one of the sizes that the stride skips: it must be smaller than "
                      "stride or dilation")
    )  # fmt: skip
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


ROWS = (
    Cause("K008",
        r"padding='same' is not supported for strided", "padding='same' is not supported for strided convolutions",
        _same_stride),
    Cause("K009",
        r"Invalid padding string:? '(?P<word>[^']*)'", "Invalid padding string 'SAME', should be one of", _word),
    Cause("K028", r"padding_mode must be one of .* got padding_mode='(?P<word>[^']*)'",
        "padding_mode must be one of {'reflect', 'zeros'}, but got padding_mode='zero'", _mode),
    Cause("K010",
        r"expected (?P<name>\w+) to be a single integer value or a list of (?P<rank>\d+) values.*got \w+=(?P<given>.*)",
        "expected padding to be a single integer value or a list of 2 values, but got padding=[1, 1, 1, 1]", _count),
    Cause("K011", r"non-positive stride|(dilation|kernel size) should be greater than zero|negative padding|"
        r"groups must be a positive|non-positive groups|could not create a (primitive|memory) descriptor|by zero",
        "non-positive stride is not supported", _zero),
    Cause("K032",
        r"(?<!transpose1d\(\): )(?<!transpose2d\(\): )(?<!transpose3d\(\): )argument (?:'padding' \(position \d\)|"
        r"\d \(padding\)) must be tuple of ints,? (?:but found element of type str|not str)",
        "argument 1 (padding) must be tuple of ints but found element of type str", _version),
    Cause("K016", r"conv_transpose\dd\(\): argument '(?:output_)?padding' .* must be tuple of ints|"
        r'Only "zeros" padding mode is supported for ConvTranspose',
        "conv_transpose2d(): argument 'padding' (position 5) must be tuple of ints, but found element of type str",
        _transposed_same),
    Cause("K014",
        r"tuple of ints, ?but got float|tuple of \(?float|got float", "type must be tuple of ints,but got float",
        _float),
    Cause("K015", r"output padding must be smaller than either stride or dilation, but got (?P<words>.*)",
        "output padding must be smaller than either stride or dilation, but got output_padding_height: 2",
        _output_padding),
)  # fmt: skip
