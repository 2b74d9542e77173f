"""Causes about what the numbers are: dtype, device, and what is no tensor."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import CASTS, Fix, fed, preceded, recast
from kaiyan.explain.diagnosis.ways.turned import passed_on
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import Cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts


def _written_into(_: Facts, found: re.Match[str]) -> Finding:
    """A float result for a place of integers: a sum in place, or the target of BCE with logits."""
    result, place = (_NAMES.get(found[name], found[name]) for name in ("result", "place"))
    said = sentence("K006", "a {result} result cannot be written into a {place} tensor", result=result, place=place)
    target = sentence("K006", "if it is the target of a loss: {line}", line="target = target.float()")
    anew = sentence("K006", "if it is written in place: {line}", line="x = x + y, not x += y")
    return Finding(said, (Fix(target, None, "target = target.float()"), Fix(anew, "x += y", "x = x + y")))


def _device(facts: Facts, found: re.Match[str]) -> Finding:
    words = re.findall(r"(?i)(?<![a-z])(?:cuda|mps|xpu)(?::\d+)?|\bcpu\b", facts.text[found.start() :])
    named = list(dict.fromkeys(word.lower() for word in words))
    if len(named) == 1 and named != ["cpu"]:  # PyTorch names a tensor of the processor "torch.FloatTensor"
        named.append("cpu")
    said = (
        sentence("K007", "input and weights are on different devices: {one} and {two}", one=named[0], two=named[1])
        if len(named) > 1
        else sentence("K007", "input and weights are on different devices")
    )
    line = "x = x.to(next(model.parameters()).device)"
    return Finding(said, (Fix(sentence("K007", "move the input: {line}", line=line), None, line),))


def _dtype(facts: Facts, found: re.Match[str]) -> Finding:
    weighted = facts.layer is not None and next(facts.layer.parameters(), None) is not None
    if not weighted and found["wanted"]:
        return _target(found)
    words = [_named(w) for w in found.groups() if w]
    weight = next((p.dtype for p in facts.layer.parameters()), None) if facts.layer else None
    x = facts.step.inputs[0].dtype if facts.step and facts.step.inputs else words[0] if words else None
    w = str(weight).removeprefix("torch.") if weight else words[1] if len(words) > 1 else None
    if x is None or w is None or x == w:
        return _one_type(facts, x)
    said = sentence("K006", "the input is {x} and the weights are {w}; the device is not the problem", x=x, w=w)
    dtype = getattr(torch, w, torch.float32)
    return Finding(said, tuple(_casts(facts, x, dtype)))


def _one_type(facts: Facts, x: str | None) -> Finding:
    """One type is known, which no routine takes; or none is."""
    if x is None:
        said = sentence("K006", "the input and the weights are of different types; the device is not the problem")
        line = "x = x.to(next(model.parameters()).dtype)"
        return Finding(
            said, (Fix(sentence("K006", "convert the input to the weights' type: {line}", line=line), None, line),)
        )
    said = sentence("K006", "{x} is not implemented here", x=x)
    if x in ("float16", "bfloat16"):
        line = "model = model.float(); x = x.float()"
        return Finding(said, (Fix(sentence("K006", "use float32 on a CPU: {line}", line=line), None, line),))
    return Finding(said, tuple(_casts(facts, x, torch.float32)))


def _named(word: str) -> str:
    """A type as PyTorch's messages write it, in its own name: "torch.cuda.HalfTensor", "MPSFloatType", "long int"."""
    short = word.rpartition(".")[2] if word.startswith("torch.") else word
    short = short.removesuffix("Tensor").removeprefix("MPS").removesuffix("Type")
    return _NAMES.get(short, short)


_NAMES = {"unsigned char": "uint8", "Byte": "uint8", "double": "float64", "Double": "float64", "float": "float32",
          "Float": "float32", "c10::Half": "float16", "Half": "float16", "long int": "int64", "Long": "int64",
          "c10::BFloat16": "bfloat16", "BFloat16": "bfloat16", "int": "int32", "Int": "int32", "Char": "int8",
          "bool": "bool", "Bool": "bool"}  # fmt: skip


def _target(found: re.Match[str]) -> Finding:
    """A type that is asked for by name, where no layer is known: the target of a loss more often than an input."""
    wanted, got = _named(found["wanted"]), _named(found["found"])
    said = sentence("K006", "{wanted} was expected, not {got}: as the target of a loss, or the input of a layer",
                    wanted=wanted, got=got)  # fmt: skip
    line = f"y = y{_METHODS.get(wanted, f'.to(torch.{wanted})')}"
    input_type = "float32" if {wanted, got} == {"float32", "float64"} else got  # the weights' as they are made
    back = f"x = x{_METHODS.get(input_type, f'.to(torch.{input_type})')}"
    dtype = getattr(torch, wanted, torch.float32)
    target = sentence("K006", "if it is the target (cross_entropy takes int64, the others floats): {line}", line=line)
    layer = sentence("K006", "if it is a layer's input, convert it to the weights' type: {line}", line=back)
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
    if x.startswith("complex"):  # a cast would leave the imaginary part out without a word
        size = sentence("K006", "take the magnitude of the complex numbers: {line}", line="x = x.abs()")
        yield fed(size, "x = x.abs()", lambda i: i.abs().to(dtype))
        return
    C = getattr(facts.layer, "in_channels", 0)
    if x == "uint8" and facts.given and C:
        yield from picture(facts.given, C)
    if x == "uint8":
        line = f"x = x{method} / 255"
        yield fed(
            sentence("K006", "scale the numbers to the range 0 to 1: {line}", line=line),
            line,
            lambda i: i.to(dtype) / 255,
        )
    line = f"x = x{method}"
    yield fed(
        sentence("K006", "convert the input to the weights' type: {line}", line=line), line, lambda i: i.to(dtype)
    )
    if facts.layer is not None:
        said = sentence("K006", "cast before {path}", path=facts.named(type(facts.layer).__name__))
        yield preceded(said, facts.layer, facts.path or "", Cast(dtype))
    elif (given := getattr(torch, x, None)) in CASTS and facts.model is not None:
        yield recast(given)


def _no_tensor(facts: Facts, found: re.Match[str]) -> Finding | None:
    kind = found["kind"] or found["other"]
    if isinstance(vars(nn).get(kind), type):
        return None  # a layer, which was made and not called
    if kind == "Image":
        line = "x = transforms.ToTensor()(x).unsqueeze(0)"
        opened = sentence("K024", "the layer was given a Pillow image, not a tensor")
        return Finding(opened, (Fix(sentence("K024", "make a batch of one: {line}", line=line), None, line),))
    if kind.startswith("torch.return_types."):
        return _named_parts(facts, kind.rpartition(".")[2])
    said = sentence("K024", "the layer was given a {kind}, not a tensor", kind=kind)
    if kind == "NoneType":
        line = "return x"
        nothing = sentence("K024", "the layer was given None, not a tensor")
        return Finding(nothing, (Fix(sentence("K024", "forward has no return, so it returns None: end it with {line}",
                                                   line=line),
                                  None, line),))  # fmt: skip
    line = "x = torch.as_tensor(x)"
    return Finding(said, (fed(sentence("K024", "{line} (torch.from_numpy shares its memory)", line=line), line,
                              torch.as_tensor),))  # fmt: skip


def _named_parts(facts: Facts, name: str) -> Finding:
    """What max, min, sort, topk and others of an axis give: two tensors, the wanted one first."""
    said = sentence("K024", "{name} along an axis returns two tensors, the values and their indices", name=name)
    fixes = tuple(passed_on(facts, "[0]", lambda code: sentence("K024", "take only the values: {line}", line=code)))
    line = f"x = x.{name}(dim=1)[0]"
    return Finding(said, fixes or (Fix(sentence("K024", "take only the values: {line}", line=line), None, line),))


ROWS = (
    Cause("K007",
        r"Input type \(torch\.cuda\.\w+\) and weight type \(torch\.\w+Tensor\)|on the same device, but found|"
        r"Input type \(torch\.\w+Tensor\) and weight type \((?:torch\.cuda|MPS)|"
        r"Input type \(MPS\w+\) and weight type \(torch\.",
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!", _device),
    Cause("K006", r"Input type \(([^)]*)\) and (?:bias|weight) type \(([^)]*)\) should be the same|"
        r"must have the same dtype, but got (\w+) and (\w+)|"
        r"expected scalar type (?P<wanted>\w+) but found (?P<found>\w+)|"
        r"to have the same dtype, but got: (\w+) != ([\w:]+)|mixed dtype \(CPU\)|not implemented for '(\w+)'|"
        r"could not infer output dtype",
        "Input type (unsigned char) and bias type (float) should be the same", _dtype),
    Cause("K006", r"result type (?P<result>\w+) can't be cast to the desired output type (?P<place>\w+)",
        "result type Float can't be cast to the desired output type Long", _written_into),
    Cause("K024", r"must be Tensor, not (?P<kind>[\w.]+)|got \((?P<other>numpy\.ndarray|list|NoneType|Image)\b",
        "linear(): argument 'input' (position 1) must be Tensor, not numpy.ndarray", _no_tensor),
)  # fmt: skip
