"""The heart of every dense routine: a tile of sums in registers, one element broadcast over vectors of weights."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from kaiyan.engine.codegen.language.ir import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value, Variable

Tile = list[list["Variable"]]
"""Registers by pixel and vector."""


_AHEAD = 64
"""Terms ahead of which a weight is asked for that lies in memory."""
_NEAR = 64 * 1024
"""Bytes of weights that a network leaves near the core between two calls; more comes from far."""


def ahead(elements: int, itemsize: int) -> int:
    """How many terms before its use a weight of so many elements is asked for: none of one that stays in cache."""
    return _AHEAD if elements * itemsize > _NEAR else 0


_SHARING = 3
"""Tiles that use the same weights, from which on memory can give the next block's meanwhile: two want all it has."""


class Coming(NamedTuple):
    """The weights of the next block, of which each tile of this one asks for a part.

    With each term a tile asks for ``step`` elements, past what the ``before`` have asked for.
    """

    step: Value
    before: Value

    @classmethod
    def of(cls, code: Code, before: Value, tiles: Value, width: int) -> Coming:
        """For a tile and those ``before`` it, of all that use a block of so many channels."""
        even = code.divmod(code.add(code.sub(tiles, 1), width), tiles)[0]
        return cls(code.b.select(code.below(_SHARING - 1, whole(tiles)), whole(even), whole(0)), before)

    def place(self, code: Code, weights: Value, terms: Value, term: Value) -> Value:
        """What is asked for with one of so many terms, whose weights in the next block begin here."""
        return code.at(weights, code.mul(self.step, code.add(code.mul(self.before, terms), term)))


def multiply(
    code: Code,
    tile: Tile,
    weights: Value,
    elements: Value | Sequence[Value],
    offsets: Sequence[int],
    *,
    early: int = 0,
    coming: Value | None = None,
    apart: Sequence[int] = (),
) -> None:
    """Adds one term to every sum: the vectors at ``weights`` times the element at each pixel's offset.

    The offsets are from one place, or each from its pixel's own among ``elements``.

    The vectors are neighbours, or lie ``apart`` at these offsets; those ``early`` terms further on are asked for, since
    a network's weights do not all stay in cache, and what is ``coming`` for the next block.

    Written once in the innermost loop and never unrolled: LLVM would keep the broadcasts of neighbouring taps and spill
    the sums, which costs a third of the speed (3x3, 14 pixels of 2 vectors: 189 GFLOP/s against 258).
    """
    lanes = [held.kind.count for held in tile[0]]
    starts = apart or list(accumulate(lanes[:-1], initial=0))
    vectors = [code.vector(weights, start, lanes=count) for start, count in zip(starts, lanes, strict=True)]
    for j in range(len(tile[0]) if early else 0):
        code.prefetch(weights, early * sum(lanes) + j * code.lanes)
    if coming is not None:
        code.prefetch(coming)
    places = elements if isinstance(elements, list) else [elements] * len(tile)
    for pixel, from_, offset in zip(tile, places, offsets, strict=True):
        value = code.broadcast(from_, offset, max(lanes))
        for vector, place in zip(vectors, pixel, strict=True):
            place.put(code.fma(code.first(value, vector.type.count), vector, place.get()))
