"""How dense layers are cut into tiles, strips and chunks.

With channels last the tiles of long rows are chosen for rows of any length, so that one machine code serves all of
them: they are cut evenly, and a tile's width is an argument.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import chain, product
from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.blocking import FAR_STRIP, TASKS, channel_parts, itemsize, shared, strip_size
from kaiyan.engine.codegen.parts.blocks import even, reaches, tiled
from kaiyan.engine.codegen.routines.over_output_channels import OverOutputChannels
from kaiyan.engine.codegen.running.machine import machine

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.epilogue import Epilogue
    from kaiyan.engine.codegen.parts.geometry import Geometry

_WEIGHTS = 320 * 1024
"""Bytes of one block's weights that stay in the second cache."""
_STRIP = 512 * 1024
"""Bytes of a strip that stays in the second cache beside the weights of a block: 2048 channels of 7x7 are one."""
_SHORT = 7
"""Outputs of a row from which on its tiles are what rows of any length take: of 6 that would take 1.2 times as long."""
_TERMS = 128
"""Terms of a sum that are worth fetching a tile of sums for."""


@lru_cache(maxsize=4096)
def cut(
    geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int,
    kind: type[OverOutputChannels] = OverOutputChannels,
) -> OverOutputChannels:  # fmt: skip
    """Dense, vectors of output channels; of the given ``kind`` where the channels are summed in one chunk."""
    L = target.lanes(itemsize(dtype))
    chunks, last = _chunks(geometry, L, dtype), source == "channels_last" or epilogue.last
    kind = kind if chunks == 1 else OverOutputChannels
    halves = (0, 1, 2) if last and machine().halves else (0,)
    tilings = {n: _tilings(geometry, L, (target.registers - n - 1) // n, last=last) for n in (1, 2, 3, 4, 5)}
    strips = {
        tile: _strip(geometry, tile, geometry.C // chunks, dtype, last=last)
        for tile in chain.from_iterable(tilings.values())
    }
    candidates = [
        kind(geometry, source, *strips[tile], 1, chunks, tile, vectors, L, epilogue, dtype, halves=half)
        for vectors, half in product(tilings, halves) if half <= vectors
        for tile in tilings[vectors]
    ]  # fmt: skip
    if last and geometry.outputs[2] >= _SHORT:
        return _parted(min(candidates, key=lambda routine: routine.output_cycles), threads)
    return min((_parted(routine, threads) for routine in candidates), key=lambda routine: routine.longest(threads))


def _parted(routine: OverOutputChannels, threads: int) -> OverOutputChannels:
    """For so many threads: by pixels, unless the weights, which all read then, are more than what they divide."""
    geometry = routine.geometry
    divided = geometry.groups * (geometry.C * prod(geometry.room) + geometry.K * prod(geometry.outputs))
    if threads > 1 and routine.weights < divided:
        routine = _by_columns(routine, threads) if geometry.outputs[1] == 1 else _by_rows(routine, threads)
    return replace(routine, parts=channel_parts(routine.tasks, routine.blocks, threads))


def _by_rows(routine: OverOutputChannels, threads: int) -> OverOutputChannels:
    groups, depth, _, across, _ = routine.tasks
    rows = shared(routine.geometry.outputs[1], routine.tile[0], routine.rows, threads, groups * depth * across)
    return replace(routine, rows=rows)


def _by_columns(routine: OverOutputChannels, threads: int) -> OverOutputChannels:
    least, width = routine.least_columns, routine.geometry.outputs[2]
    columns = sorted({tiled(width, tasks) for tasks in range(1, 2 * TASKS * threads + 1)})
    able = [replace(routine, columns=each) for each in columns if least <= each <= routine.columns]
    return min(able or [routine], key=lambda routine: routine.longest(threads))


def _strip(geometry: Geometry, tile: tuple[int, int], C: int, dtype: str, *, last: bool) -> tuple[int, int]:
    """Rows and columns of outputs of a strip that stays in the second cache; its tiles need not be whole."""
    rows, columns = strip_size(geometry, tile, _STRIP, C, dtype)
    return rows, even(geometry.outputs[2], columns) if last else columns


def _tilings(geometry: Geometry, lanes: int, most: int, *, last: bool) -> list[tuple[int, int]]:
    """Tiles of up to so many outputs; with channels last those of long rows do not depend on how long they are."""
    _, H, W = geometry.outputs
    if last and max(_SHORT, most // 2) <= W:
        return [(1, most)]
    widths = {even(W, most)} if last else {even(W, min(most, lanes)), min(most, W, lanes)}
    return [(max(even(H, most // columns), 1), columns) for columns in widths]


def _chunks(geometry: Geometry, lanes: int, dtype: str) -> int:
    """Even chunks of the input's channels, one where the weights of a block of two vectors fit beside a strip.

    Where they do not, the fewest for which they and one plane of inputs fit, if a chunk still has work for a tile; of a
    single row any part fits.
    """
    C, taps, size = geometry.C, geometry.taps, itemsize(dtype)
    _, H, W = geometry.outputs
    plane = prod(reaches(geometry, (1, H, W if H > 1 else 1))[1:]) * geometry.kernel[0]
    most = max(_WEIGHTS // (taps * 2 * lanes * size), 1)
    if most >= C:
        return 1
    least = tiled(_TERMS, taps)
    wanted = min(most, max(FAR_STRIP // (plane * size), least))
    return next((n for n in range(1, C + 1) if C % n == 0 and C // n <= wanted), 1)
