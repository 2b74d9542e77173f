"""Ways for two tensors to meet that leave the layers alone: another size of picture, another variable, a resize."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor, nn

from kaiyan.explain.diagnosis.failing_line import failing_line
from kaiyan.explain.diagnosis.fixes import Fix, edited_lines, fed
from kaiyan.explain.diagnosis.source import is_library
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.failing_line import FailingLine
    from kaiyan.spec.conv import Shape

NAMES = 6
"""Local variables that are tried in the place of one."""


def meeting(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """Sizes that halve evenly where a size spoiled the join; then the variable that was meant."""
    if len(shapes) < 2 or facts.model is None:
        return
    if _is_near(shapes):
        yield from _whole(facts, shapes)
    place = failing_line(facts)
    if place is not None:
        yield from _renamed(place, shapes) if not is_library(place.line.file) else ()


def resized(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """One of the ends resized to the other in the user's line."""
    place = failing_line(facts) if len(shapes) > 1 and facts.model is not None else None
    if place is not None and not (isinstance(place.part, ast.BinOp) and len({s[1:2] for s in shapes}) > 1):
        yield from _interpolated(place, shapes)


def _is_near(shapes: tuple[Shape, ...]) -> bool:
    """Whether the sizes differ by what halving an odd size loses, and not by a whole halving."""
    a, b = shapes[0][2:], next((shape[2:] for shape in shapes if shape[2:] != shapes[0][2:]), ())
    return len(a) == len(b) > 0 and all(
        m == n or 2 * min(m, n) > max(m, n) + 1 or max(m, n) < 4 for m, n in zip(a, b, strict=True)
    )


def _whole(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """Pictures of the sizes nearest by that can be halved as often as the network halves."""
    x = next((x for x in facts.inputs if isinstance(x, Tensor) and x.ndim > 2), None)
    sizes = tuple(x.shape[2:]) if x is not None else ()
    if not sizes or len(sizes) != len(shapes[0]) - 2:
        return
    alike = (s.output_shape for s in facts.done if s.output_shape and len(s.output_shape) == len(shapes[0]))
    least = min((shape[-1] for shape in alike), default=1)
    halvings = max(1, (sizes[-1] // max(least, 1)).bit_length() - 1)
    steps = [2**k for k in range(1, halvings + 2)]
    near = {tuple(n // step * step for n in sizes) for step in steps} | {
        tuple(-(-n // step) * step for n in sizes) for step in steps
    }
    for size in sorted(near - {sizes}, key=lambda size: (abs(size[0] - sizes[0]), size)):
        if min(size) > 0:
            line = f"x = F.interpolate(x, size={size})"
            said = sentence(
                "K022", "pictures of {size}, which halve evenly: {line}", size="x".join(map(str, size)), line=line
            )
            yield fed(said, line, partial(nn.functional.interpolate, size=size))


def _renamed(place: FailingLine, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """A local variable that fits in the place of one that does not."""
    node = place.part
    if not isinstance(node, ast.expr):
        return
    used = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(place.names.get(n.id), Tensor)]
    known = {n.id for n in used}
    for name in used:
        own = place.names[name.id].shape
        others = [shape for shape in shapes if shape != tuple(own)]
        fitting = [
            other for other, tensor in place.tensors().items() if other not in known and _fits(tensor.shape, others)
        ]
        for other in fitting[:NAMES]:
            text = place.code.put(name, other)
            said = sentence("K022", "use {other} instead of {name}: {line}", other=other, name=name.id, line=text)
            yield edited_lines(said, place.path, {place.line: text})


def _fits(shape: Shape, others: list[Shape]) -> bool:
    return any(len(shape) == len(other) and tuple(shape[2:]) == other[2:] for other in others)


def _interpolated(place: FailingLine, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """The larger of two maps, or the one that was scaled up, resized to the other in the user's line."""
    parts = ends(place.part)
    if len(parts) != len(shapes) or len({len(s) for s in shapes}) > 1:
        return
    room = "F" if "F" in place.names or "F" in place.space else "torch.nn.functional"
    for end, shape in zip(parts, shapes, strict=True):
        other = next(
            (
                o
                for o, s in zip(parts, shapes, strict=True)
                if s[2:] != shape[2:] and isinstance(o, (ast.Name, ast.Attribute, ast.Subscript))
            ),
            None,
        )
        if other is None or len(shape) < 3:
            continue
        own, size = (place.code.source(part) for part in (end, other))
        text = place.code.put(end, f"{room}.interpolate({own}, size={size}.shape[2:])")
        said = sentence("K022", "resize one to the other: {line}", line=text)
        yield edited_lines(said, place.path, {place.line: text})


def ends(node: ast.AST | None) -> list[ast.expr]:
    """What is joined: both sides of an operator, or the entries of the list that a concatenation is given."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], (ast.List, ast.Tuple)):
        return list(node.args[0].elts)
    return []
