"""Fixes of what a model is given: a line behind the one that makes the input, or another size of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from kaiyan.explain.pasted.edit import Edit, Way, indent_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.fixes import Fix
    from kaiyan.explain.pasted.read import Reading


def fed_ways(fix: Fix, reading: Reading) -> Iterator[Way]:
    """How an input is turned: in the text where it is made there, else as another shape."""
    shapes = _shapes(fix, reading)
    if shapes is None:
        return
    if not reading.run.inputs:
        yield Way(shapes=shapes)
        return
    if "interpolate" in (fix.after or "") or "randn" in (fix.after or ""):
        yield from _sized(reading, shapes)
    yield from _turned(fix, reading)


def _shapes(fix: Fix, reading: Reading) -> tuple[tuple[int, ...], ...] | None:
    """The shapes of the inputs with the fix in."""
    if fix.change is None or reading.model is None or not all(isinstance(x, Tensor) for x in reading.inputs):
        return None
    try:
        with torch.no_grad():
            _, inputs = fix.change(reading.model, reading.inputs)
    except Exception:  # noqa: BLE001 (what a turn refuses is not offered)
        return None
    return tuple(tuple(x.shape) for x in inputs if isinstance(x, Tensor))


def _sized(reading: Reading, shapes: tuple[tuple[int, ...], ...]) -> Iterator[Way]:
    """The sizes in the call that makes an input, written anew."""
    edits = []
    for (call, (_, tensor)), shape in zip(reading.run.inputs.items(), shapes, strict=False):
        sizes = call.args[0].elts if call.args and isinstance(call.args[0], (ast.Tuple, ast.List)) else call.args
        if len(sizes) != len(shape) or len(shape) != tensor.ndim or any(isinstance(one, ast.Starred) for one in sizes):
            return
        pairs = zip(sizes, tensor.shape, shape, strict=True)
        edits += [Edit(*reading.paste.span(node), str(new)) for node, old, new in pairs if old != new]
    if edits:
        yield Way(tuple(edits))


def _turned(fix: Fix, reading: Reading) -> Iterator[Way]:
    """``x = x.permute(...)`` behind the line ``x = torch.randn(...)``, or around the call where it has no name."""
    parsed = _assignment(fix.after or "")
    if parsed is None:
        return
    name, turned = parsed
    call = next(iter(reading.run.inputs))
    for node in ast.walk(reading.paste.tree):
        if isinstance(node, ast.Assign) and node.value is call and isinstance(node.targets[0], ast.Name):
            own = node.targets[0].id
            start, end = reading.paste.span(node)
            line = f"{own} = {_renamed(turned, name, own)}"
            yield Way((Edit(end, end, f"\n{indent_at(reading, start)}{line}"),))
            return
    yield Way((Edit(*reading.paste.span(call), _renamed(turned, name, reading.paste.source(call))),))


def _assignment(after: str) -> tuple[str, ast.expr] | None:
    try:
        tree = ast.parse(after.strip().partition("\n")[0])
    except SyntaxError:
        return None
    match tree.body:
        case [ast.Assign([ast.Name(name)], turned)]:
            return name, turned
        case [ast.Expr(ast.Call() as turned)]:
            return "x", turned
    return None


def _renamed(node: ast.expr, name: str, text: str) -> str:
    """An expression with another name in the place of one."""
    code = ast.unparse(node)
    places = sorted(
        (p.col_offset for p in ast.walk(ast.parse(code, mode="eval")) if isinstance(p, ast.Name) and p.id == name),
        reverse=True,
    )
    for place in places:
        code = code[:place] + text + code[place + len(name) :]
    return code
