"""Products of matrices, batched, of any strides."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.parts.blocks import even, tiled
from kaiyan.engine.codegen.parts.lanes import UNIT, way
from kaiyan.engine.codegen.routines.multiplying import Dotting, Multiplying
from kaiyan.engine.codegen.routines.panels import BATCH, PanelPacking
from kaiyan.program.place import KernelCall, dense_strides
from kaiyan.program.steps.nesting import NESTED_TYPES, TASK_CYCLES, Side, merged
from kaiyan.program.steps.step import NativeStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Node
    from kaiyan.program.place import Place, Pointer
    from kaiyan.program.room import PlanningRoom
    from kaiyan.spec.conv import Shape

_FEW = 4
"""Rows for which the second matrix is read where it lies."""
_MOST_ROWS = 14
_PANELS = 512 * 1024
"""Bytes of panels that stay in the second cache beside a tile's rows."""


class _Matrices(NamedTuple):
    """Sizes of one product, the strides (row or column, term) of each matrix, and the batch's sides (a, b, y)."""

    rows: int
    terms: int
    columns: int
    a: tuple[int, int]
    b: tuple[int, int]
    y: tuple[int, int]
    batch: list[Side]


def _matrices(a: Place, b: Place, y: Place) -> _Matrices:
    """A batch whose second matrix is the same for all, and whose rows follow one another, is more rows."""
    lead = len(y.shape) - 2
    strides = zip(*(_lead(place, lead) for place in (a, b, y)), strict=True)
    batch = merged([Side(size, steps) for size, steps in zip(y.shape[:-2], strides, strict=True)])
    rows, columns = y.shape[-2:]
    left, output = (a.strides[-2], a.strides[-1]), (y.strides[-2], y.strides[-1])
    if rows == 1 and batch and batch[-1].strides[1] == 0:
        left, output = (batch[-1].strides[0], left[1]), (batch[-1].strides[2], output[1])
        rows = batch.pop().size
    while batch and batch[-1].strides == (rows * left[0], 0, rows * output[0]):
        rows *= batch.pop().size
    return _Matrices(rows, a.shape[-1], columns, left, (b.strides[-1], b.strides[-2]), output, batch)


def _lead(place: Place, lead: int) -> Shape:
    """The strides of the batch's axes; 0 where one matrix stands for all."""
    missing = lead - (len(place.shape) - 2)
    sizes = zip(place.shape[:-2], place.strides[:-2], strict=True)
    return (0,) * missing + tuple(0 if size == 1 else stride for size, stride in sizes)


def _refuses(node: Node, inputs: Sequence[Place], output: Place) -> bool:
    del node
    places = (*inputs, output)
    if len({place.dtype for place in places}) > 1 or output.dtype not in NESTED_TYPES:
        return True
    return any(len(place.shape) < 2 for place in places) or len(_matrices(inputs[0], inputs[1], output).batch) > BATCH


def _calls(node: Node, inputs: Sequence[Place], output: Place, room: PlanningRoom) -> list[KernelCall]:
    del node
    if 0 in output.shape:
        return []
    a, b = inputs
    one = _matrices(a, b, output)
    L = host().lanes(a.itemsize)
    pointers = a.pointer, b.pointer, output.pointer
    if one.rows <= _FEW and one.b[1] == 1 and one.a[1] == 1 and one.terms > L // 2:
        return [_dots(one, pointers, a.dtype)]
    if one.rows <= _FEW and (one.b[0] == 1 or one.columns == 1):
        steps = [side.strides[1] for side in one.batch]
        return [_product(one, pointers, steps, (one.b[1], None), a.dtype)]
    return _packed(one, pointers, room, a)


def _dots(one: _Matrices, pointers: tuple[Pointer, Pointer, Pointer], dtype: str) -> KernelCall:
    L = host().lanes(8 if dtype == "float64" else 4)
    groups = tiled(one.columns, L)
    cycles = one.rows * (tiled(one.terms, L) * L * 1.5 + 6 * L)
    share = min(groups, max(int(TASK_CYCLES // cycles), 1))
    arguments = _arguments(one, pointers, [side.strides[1] for side in one.batch], (1, share), (1, one.b[0]))
    count = prod(side.size for side in one.batch)
    writes = UNIT if one.columns == 1 else way(one.y[1])
    return KernelCall(Dotting(writes, dtype), arguments, count * tiled(groups, share), count * groups * cycles)


def _arguments(
    one: _Matrices, pointers: tuple[Pointer, Pointer, Pointer], steps: Sequence[int], shares: tuple[int, int],
    right: tuple[int, int],
) -> tuple[int | Pointer, ...]:  # fmt: skip
    """Those of a product: tiles and panels of a task; a term's and a panel's step in the second matrix."""
    lefts, outputs = ([side.strides[array] for side in one.batch] for array in (0, 2))
    arguments: list[int | Pointer] = [*pointers, one.rows, one.terms, one.columns, *shares, *one.a, *right, *one.y]
    arguments += [*_batch([side.size for side in one.batch], 1), *_batch(lefts, 0), *_batch(steps, 0)]
    return (*arguments, *_batch(outputs, 0))


def _packed(
    one: _Matrices, pointers: tuple[Pointer, Pointer, Pointer], room: PlanningRoom, a: Place
) -> list[KernelCall]:
    """The panels of every second matrix that there is, then the products."""
    L = host().lanes(a.itemsize)
    _, vectors = _tile(one, L)
    wide = vectors * L
    panels = tiled(one.columns, wide)
    size = wide * tiled(one.terms, L) * L
    held = [side.size if side.strides[1] else 1 for side in one.batch]
    steps = [step if n > 1 else 0 for n, step in zip(held, dense_strides((*held, panels * size)), strict=False)]
    between = room.scratch(prod(held) * panels * size * a.itemsize)
    along = one.b[1] == 1 and one.terms > 1
    routine = PanelPacking(vectors, along, one.b[0] == 1, a.dtype)
    arguments: list[int | Pointer] = [pointers[1], between, one.terms, one.columns, one.b[1], one.b[0], size]
    arguments += [*_batch(held, 1), *_batch([side.strides[1] for side in one.batch], 0), *_batch(steps, 0)]
    packing = KernelCall(routine, tuple(arguments), prod(held) * panels, prod(held) * panels * size / L * 6)
    return [packing, _product(one, (pointers[0], between, pointers[2]), steps, (wide, size), a.dtype)]


def _tile(one: _Matrices, lanes: int) -> tuple[int, int]:
    """Rows and vectors of a tile: the fewest products for all tiles together."""
    registers = host().registers
    tiles = []
    for vectors in range(1, 5):
        rows = even(one.rows, min((registers - 1 - vectors) // vectors, _MOST_ROWS))
        whole, rest = divmod(tiled(one.columns, lanes), vectors)
        cost = whole * max(rows * vectors + 2, 8) + (max(rows * rest + 2, 8) if rest else 0)
        tiles.append((tiled(one.rows, rows) * cost, rows, vectors))
    _, rows, vectors = min(tiles)
    return rows, vectors


def _product(
    one: _Matrices, pointers: tuple[Pointer, Pointer, Pointer], steps: Sequence[int], right: tuple[int, int | None],
    dtype: str,
) -> KernelCall:  # fmt: skip
    """``right`` is a term's step and a panel's size; no size where the matrix itself is read."""
    L = host().lanes(8 if dtype == "float64" else 4)
    rows, vectors = _tile(one, L)
    term, size = right
    routine = Multiplying(rows, vectors, size is None, UNIT if one.columns == 1 else way(one.y[1]), dtype)
    counts = tiled(one.rows, rows), tiled(one.columns, vectors * L)
    cycles = one.terms * rows * vectors + 4 * rows * vectors
    panels = min(counts[1], max(_PANELS // (max(size or one.terms, 1) * 4), 1))
    tiles = min(counts[0], max(int(TASK_CYCLES // (cycles * panels)), 1))
    arguments = _arguments(one, pointers, steps, (tiles, panels), (term, size or vectors * L))
    count = prod(side.size for side in one.batch)
    tasks = count * tiled(counts[0], tiles) * tiled(counts[1], panels)
    return KernelCall(routine, arguments, tasks, count * prod(counts) * cycles)


def _batch(numbers: Sequence[int], missing: int) -> list[int]:
    return [missing] * (BATCH - len(numbers)) + list(numbers)


ROWS = (NativeStep("matmul", _refuses, _calls),)
