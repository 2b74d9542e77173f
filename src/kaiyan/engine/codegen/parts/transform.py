"""A small matrix of known numbers times vectors, in the fewest operations that its symmetry allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.toom import Matrix


def apply(code: Code, matrix: Matrix, vectors: Sequence[Value]) -> list[Value]:
    """Matrix @ vectors. Rows that differ in signs alone, as those of two opposite points, share their halves."""
    products: dict[int, Value] = {}
    for i, row in enumerate(matrix):
        if i in products:
            continue
        other = next((j for j in range(i + 1, len(matrix)) if j not in products and _opposite(row, matrix[j])), None)
        if other is None:
            products[i] = _combined(code, row, vectors)
            continue
        same = [a if a == b else a * 0 for a, b in zip(row, matrix[other], strict=True)]
        differing = [a if a != b else a * 0 for a, b in zip(row, matrix[other], strict=True)]
        even, odd = _combined(code, same, vectors), _combined(code, differing, vectors)
        products[i], products[other] = code.b.fadd(even, odd), code.b.fsub(even, odd)
    return [products[i] for i in range(len(matrix))]


def _opposite(a: Sequence[object], b: Sequence[object]) -> bool:
    """Whether two rows are the same but for the signs of some entries, of one at least and not of all."""
    same = [x == y for x, y in zip(a, b, strict=True) if x or y]
    mirrored = all(x in (y, -y) for x, y in zip(a, b, strict=True))  # type: ignore[operator]
    return mirrored and any(same) and not all(same)


def _combined(code: Code, row: Sequence[object], vectors: Sequence[Value]) -> Value:
    total = None
    for factor, vector in zip(row, vectors, strict=True):
        number = float(factor)  # type: ignore[arg-type]
        if number == 0:
            continue
        if total is None:
            total = vector if number == 1 else code.b.fmul(vector, code.constant(number))
        elif number in (1, -1):
            total = code.b.fadd(total, vector) if number == 1 else code.b.fsub(total, vector)
        else:
            total = code.fma(vector, code.constant(number), total)
    return code.constant(0) if total is None else total
