"""Causes about branches that meet: sums, products, concatenations of tensors of different sizes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from torch import nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.causes.model.linear import padded
from kaiyan.explain.diagnosis.failing_line import failing_line
from kaiyan.explain.diagnosis.fixes import Fix, edited, followed, replaced, through
from kaiyan.explain.diagnosis.statement import Statement, statement
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.explain.diagnosis.ways.meeting import meeting, resized
from kaiyan.explain.diagnosis.ways.patches import for_each_sample, one_place_more
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import is_convolution, rebuilt, size_keeping, written

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape
    from kaiyan.trace.record import Call


def _sum(facts: Facts, found: re.Match[str]) -> Finding:
    a, b, axis = int(found["a"]), int(found["b"]), int(found["axis"])
    shapes = facts.step.input_shapes[:2] if facts.step else ()
    sign = _sign(facts)
    if sign == "+" and _has_positions(facts, shapes):
        places = sentence("K021", "the model's own {own} is added to {came}: it fits one input size only",
                          own=shapes[1] if _is_kept(facts, shapes[1]) else shapes[0],
                          came=shapes[0] if _is_kept(facts, shapes[1]) else shapes[1])  # fmt: skip
        return Finding(places, tuple(one_place_more(facts, shapes)))
    what = f" {sign or ','} ".join(str(s) for s in shapes) if len(shapes) == 2 else f"a {sign} b"
    if sign == "+":
        said = sentence("K021", "the two tensors of the sum differ on axis {axis}: {a} and {b} in {what}", axis=axis,
                        a=a, b=b, what=what)  # fmt: skip
    elif sign or shapes:
        said = sentence("K021", "the operands of an element-wise "
                                "operation differ on axis {axis}: {a} "
                                "and {b} in {what}", axis=axis, a=a, b=b, what=what)  # fmt: skip
    else:
        said = sentence("K021", "the operands of an element-wise operation differ on axis {axis}: {a} and {b}",
                        axis=axis, a=a, b=b)  # fmt: skip
    return Finding(said, (*_spread(facts, shapes), *meeting(facts, shapes), *_projected(facts, shapes),
                          *resized(facts, shapes), *_joined(facts, shapes)))  # fmt: skip


def _has_positions(facts: Facts, shapes: tuple[Shape, ...]) -> bool:
    """Whether a sum of tokens has a parameter or buffer of the model at one end: positions, not a branch."""
    if len(shapes) != 2 or len(shapes[0]) < 3:
        return False
    return _is_kept(facts, shapes[0]) != _is_kept(facts, shapes[1]) and all(s[-1] == shapes[0][-1] for s in shapes)


def _is_kept(facts: Facts, shape: Shape) -> bool:
    kept = (*facts.model.parameters(), *facts.model.buffers()) if facts.model else ()
    return len(shape) > 2 and any(tuple(tensor.shape)[-len(shape) :] == shape for tensor in kept)


_ATOMS = (ast.Name, ast.Call, ast.Attribute, ast.Subscript)
"""What takes a subscript without brackets around it."""
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "Add": "+", "Sub": "-", "Mult": "*", "Div": "/"}


def _sign(facts: Facts) -> str | None:
    """The operator, from the function that failed or from the user's line; None where neither tells."""
    kind = facts.step.kind.strip("_") if facts.step else ""
    kind = kind[1:] if kind in ("iadd", "isub", "imul", "idiv") else kind
    ends = _operands(facts)
    return _SIGNS.get(kind) or (ends.sign if ends else None)


def _spread(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """Weights (N, C) for maps (N, C, H, W): given axes of one, as squeeze-and-excitation does it."""
    step = facts.step
    ends = _operands(facts)
    if step is None or step.line is None or ends is None or len(shapes) != 2:
        return
    fewer = 0 if len(shapes[0]) < len(shapes[1]) else 1
    small, large = shapes[fewer], shapes[1 - fewer]
    if len(small) != 2 or len(large) <= 2 or small != large[:2]:
        return
    end = ends.code.source(ends.ends[fewer])
    name = end if isinstance(ends.ends[fewer], _ATOMS) else f"({end})"
    after = f"{name}[:, :{', None' * (len(large) - 2)}]"
    said = sentence("K021", "{after}: one number per channel, the same at every position", after=after)
    text = ends.put(fewer, after)
    if text is not None:
        yield edited(said, step.line, step.path, step.line.text, text)


def _projected(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """The larger end of a sum through a 1x1 convolution with a stride, as residual networks do it."""
    step = facts.step
    if step is None or step.line is None or len(shapes) < 2 or len(shapes[0]) != len(shapes[1]):
        return
    operands = _operands(facts)
    if operands is None or operands.sign != "+":
        return
    larger = 0 if prod(shapes[0][2:]) >= prod(shapes[1][2:]) and not operands.in_place else 1
    (_, C, *sizes), (_, K, *wanted) = shapes[larger], shapes[1 - larger]
    strides = {-(-n // m) for n, m in zip(sizes, wanted, strict=True) if m}
    operand = operands.code.source(operands.ends[larger])
    if len(strides) != 1 or len(sizes) not in _POINTWISE:
        return
    stride = strides.pop()
    if [-(-n // stride) for n in sizes] != wanted:
        return
    layer = _POINTWISE[len(sizes)](C, K, 1, stride=stride)
    said = sentence("K021", "pass {operand} through {layer}, as residual networks do", operand=operand,
                    layer=written(layer))  # fmt: skip
    taken = facts.model is not None and hasattr(facts.model.get_submodule(step.path), "shortcut")
    name = "projection" if taken else "shortcut"
    text = operands.put(larger, f"self.{name}({operand})")
    if text is not None:
        yield through(said, step.line, step.path, text, name, layer)


@dataclass(frozen=True)
class _Operands:
    """Both ends of an operator in a line of code."""

    code: Statement
    sign: str
    ends: tuple[ast.expr, ast.expr]
    in_place: bool

    def put(self, end: int, after: str) -> str | None:
        """The line with one end written anew; None where that end is what is assigned to."""
        return None if self.in_place and end == 0 else self.code.put(self.ends[end], after)


def _operands(facts: Facts) -> _Operands | None:
    """Both ends of the +, -, * or / that failed; of the first in the line, where only the line is known."""
    place = failing_line(facts)
    line = facts.line
    code = place.code if place else statement(line.text if line else "")
    for node in (place.part,) if place else code.parts(ast.BinOp, ast.AugAssign):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op).__name__ in _SIGNS:
            ends = (node.target, node.value) if isinstance(node, ast.AugAssign) else (node.left, node.right)
            return _Operands(code, _SIGNS[type(node.op).__name__], ends, isinstance(node, ast.AugAssign))
    return None


def _concat(facts: Facts, found: re.Match[str]) -> Finding:
    a, b = int(found["a"] or found["first"]), int(found["b"] or found["second"])
    number = int(found["number"] or 1)
    shapes = facts.step.input_shapes if facts.step else ()
    said = (
        sentence("K022", "tensor {number} of the concatenation has {b}, the first has {a}: {what}", number=number,
                 a=a, b=b, what=", ".join(str(s) for s in shapes))
        if shapes
        else sentence("K022", "tensor {number} of the concatenation has {b}, the first has {a}", number=number,
                      a=a, b=b)
    )  # fmt: skip
    fixes = (*for_each_sample(facts, shapes), *meeting(facts, shapes), *resized(facts, shapes), *_joined(facts, shapes))
    return Finding(said, fixes or tuple(_words_of_concat(a, b) if not shapes else ()))


def _words_of_concat(a: int, b: int) -> Iterator[Fix]:
    """From the message alone: what a U-Net's skip does at an odd size."""
    line = "up = F.interpolate(up, size=skip.shape[2:])"
    if abs(a - b) <= max(1, min(a, b) // 8):
        said = sentence("K022", "resize one to the other, if they are feature maps: {line}", line=line)
        yield Fix(said, None, line)
        yield Fix(sentence("K022", "use pictures whose sides can be halved as often as the network halves them"))
    else:
        yield Fix(sentence("K022", "print their shapes: all axes but the joined one must be equal"))


def _joined(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """What makes the branches alike: padding, stride, channels of the layers that made them; then a layer after one."""
    if facts.model is None or len(shapes) < 2:
        return
    made = [s for s in reversed(facts.done) if s.is_module and s.output_shape in shapes][:6]
    made.sort(key=lambda step: shapes.count(step.output_shape or ()))  # the odd one out first, of three or more
    for step in made:
        yield from _reached(facts.model.get_submodule(step.path), step, shapes)
    later: list[Fix] = []
    for step in made:
        old: Any = facts.model.get_submodule(step.path)
        other = _other(step.output_shape or (), shapes)
        for fix in _fitted(old, step, other):
            if "Upsample" in (fix.after or ""):
                later.append(fix)
            else:
                yield fix
    yield from padded(facts)
    yield from later


def _other(mine: Shape, shapes: tuple[Shape, ...]) -> Shape:
    """The shape that most of the others have."""
    others = [shape for shape in shapes if shape != mine]
    return max(others, key=others.count) if others else mine


def _reached(old: Any, step: Call, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """A transposed convolution that falls short of the branch it meets, made to give the size its stride skips."""
    mine = step.output_shape or ()
    other = shapes[1] if mine == shapes[0] else shapes[0]
    extra = getattr(old, "output_padding", None)
    if not is_convolution(old) or not getattr(old, "transposed", False) or len(other) != len(mine) or extra is None:
        return
    short = [n - m for n, m in zip(other[2:], mine[2:], strict=True)]
    if any(short) and min(short) >= 0:
        wanted = tuple(e + s for e, s in zip(extra, short, strict=True))
        made = rebuilt(old, output_padding=wanted[0] if len(set(wanted)) == 1 else wanted)
        if made and all(e < s for e, s in zip(wanted, old.stride, strict=True)):
            said = sentence("K021", "output_padding={wanted} in {path}: of the sizes that its stride skips, {size}",
                            wanted=made.output_padding, path=path_title(step.path), size=other[2:])  # fmt: skip
            yield replaced(said, old, step.path, made)


_POINTWISE: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def _fitted(old: Any, step: Call, other: Shape) -> Iterator[Fix]:
    mine = step.output_shape or ()
    if is_convolution(old):
        sizes: list[dict[str, Any]] = [
            {"padding": size_keeping(old)},
            {"stride": 1},
            {"stride": 2},
            {"stride": 1, "padding": size_keeping(old)},
        ]
        channels: dict[str, Any] = {"out_channels": other[1]} if other[1] != mine[1] else {}
        for changes in ([channels] if channels else []) + [size | channels for size in sizes]:
            made = rebuilt(old, **changes)
            if made:
                settings = ", ".join(f"{k}={v}" for k, v in changes.items())
                said = sentence("K021", "{written} in {path}", written=settings, path=path_title(step.path))
                yield replaced(said, old, step.path, made)
    rank = len(mine) - 2
    if rank not in _POINTWISE or len(other) != len(mine):
        return
    if mine[2:] == other[2:]:
        said = sentence(
            "K021", "add a 1x1 convolution after {path}, to {n} channels", path=path_title(step.path), n=other[1]
        )
        yield followed(said, old, step.path, _POINTWISE[rank](mine[1], other[1], 1))
    else:
        said = sentence("K021", "resize what {path} gives to {size}", path=path_title(step.path), size=other[2:])
        resize: list[nn.Module] = [nn.Upsample(size=other[2:])]
        if mine[1] != other[1]:
            resize.append(_POINTWISE[rank](mine[1], other[1], 1))
        yield followed(said, old, step.path, *resize)


ROWS = (
    Cause(
        "K021",
        r"size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) at non-singleton dimension "
        r"(?P<axis>\d+)",
        "The size of tensor a (8) must match the size of tensor b (16) at non-singleton dimension 1", _sum,
    ),
    Cause(
        "K022",
        r"Sizes of tensors must match except in dimension \d+. Expected (?:size )?(?P<a>\d+)\D+?(?:in dimension \d+ )?"
        r"(?:but )?got (?:size )?(?P<b>\d+) for tensor number (?P<number>\d+)|"
        r"Sizes of tensors must match except in dimension \d+. Got (?P<first>\d+) and (?P<second>\d+) in dimension",
        "Sizes of tensors must match except in dimension 1. Expected size 4 but got size 5 for tensor number 1",
        _concat,
    ),
)  # fmt: skip
