"""The heart of every dense kernel: a tile of sums in registers, one element broadcast over vectors of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.ir import Code, Value, Variable

Tile = list[list["Variable"]]
"""Registers by pixel and vector."""


def multiply(code: Code, tile: Tile, weights: Value, elements: Value, offsets: Sequence[int]) -> None:
    """Adds one term to every sum: the vectors at ``weights`` times the element at each pixel's offset.

    Written once in the innermost loop and never unrolled: LLVM would keep the broadcasts of neighbouring taps and spill
    the sums, which costs a third of the speed (3x3, 14 pixels of 2 vectors: 189 GFLOP/s against 258).
    """
    vectors = [code.vector(weights, j * code.lanes) for j in range(len(tile[0]))]
    for pixel, offset in zip(tile, offsets, strict=True):
        value = code.broadcast(elements, offset)
        for vector, place in zip(vectors, pixel, strict=True):
            place.put(code.fma(value, vector, place.get()))
