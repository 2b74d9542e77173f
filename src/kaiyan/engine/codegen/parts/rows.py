"""Rows that lie a step apart, named by few registers: an address adds 0, 1, 2, 4 or 8 times the step to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I64
from kaiyan.engine.codegen.language.target import AVX2

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value


def named(rows: int) -> list[tuple[int, int]]:
    """For every row another row and a factor of 0, 1, 2, 4 or 8 by which it is behind it, with few of the former.

    >>> named(6)
    [(0, 0), (0, 1), (0, 2), (3, 0), (0, 4), (3, 2)]
    """
    names: dict[int, tuple[int, int]] = {}
    for base in range(rows):
        if base not in names:
            names = {base + factor: (base, factor) for factor in (0, 1, 2, 4, 8)} | names
    return [names[row] for row in range(rows)]


def broadcast(code: Code, pointer: Value, step: Value, factor: int, lanes: int | None = None) -> Value:
    """The element so many rows behind a pointer in every lane, read here and nowhere else; see ``Code.broadcast``."""
    if code.target.bits < AVX2.bits:
        return code.splat(code.load(pointer, code.mul(step, factor)), lanes)
    if factor == 0:
        return code.broadcast(pointer, 0, lanes)
    kind = ir.FunctionType(code.vector_type(lanes), [pointer.type, I64])
    in_bytes = code.mul(step, code.itemsize)
    return code.b.asm(
        kind, f"{code.broadcasting(lanes)} ($1,$2,{factor}), $0", "=v,r,r", [pointer, in_bytes], side_effect=True
    )


def stepped(code: Code, first: Value, step: Value, count: int) -> list[Value]:
    """The pointers to so many rows, each by one addition from the row before: a known step is part of the address."""
    if isinstance(step, int):
        return [code.at(first, step * i) for i in range(count)]
    rows = [first]
    while len(rows) < count:
        rows.append(code.forgotten(code.at(rows[-1], step)))
    return rows
