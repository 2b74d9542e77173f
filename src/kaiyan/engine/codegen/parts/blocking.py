"""How work is cut: of the register tiles and strips that fit a machine, the kernel with the fewest cycles by count."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts.blocks import even, reaches, tiled
from kaiyan.engine.codegen.routines.channels import Channels
from kaiyan.engine.codegen.routines.gradient import Gradient
from kaiyan.engine.codegen.routines.gradient_winograd import GradientWinograd
from kaiyan.engine.codegen.routines.lanes import Lanes
from kaiyan.engine.codegen.routines.pixels import Pixels
from kaiyan.engine.codegen.routines.winograd import Winograd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.target import Target
    from kaiyan.engine.codegen.parts.epilogue import Epilogue
    from kaiyan.engine.codegen.parts.geometry import Geometry

NEAR = 24 * 1024
"""Bytes of a strip that stays in the first cache beside a few weights and sums."""
FAR = 384 * 1024
"""Bytes of a strip that stays in the second cache beside the weights of one block."""
_WEIGHTS = 320 * 1024
"""Bytes of one block's weights that stay in the second cache."""
_TERMS = 128
"""Terms of a sum that are worth fetching a tile of sums for."""
_TILES = 2 * 1024 * 1024
"""Bytes of transformed tiles: twice the second cache costs less than reading the weights again."""
_PRODUCTS = 192 * 1024
_TASKS = 4
"""Tasks for each thread, so that none waits long for the last."""
_SECOND = 768 * 1024
_READ_NEAR, _READ_FAR = 48.0, 8.0
"""Bytes of weights that stay in the second cache, and bytes a cycle read from there and from farther away."""
_WRITTEN = 100
"""Taps of the largest kernel that is written out: more would take too long to compile."""


@lru_cache(maxsize=4096)
def channels(geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int) -> Channels:
    """Dense, vectors of output channels."""
    L = target.lanes(_itemsize(dtype))
    _, H, W = geometry.outputs
    chunks = _chunks(geometry, L, dtype)
    found = []
    for vectors in (1, 2, 3, 4, 5):
        most = (target.registers - vectors - 1) // vectors
        for columns in {even(W, min(most, W if source == "channels_last" else L)), min(most, W, L)}:
            tile = (max(even(H, most // columns), 1), columns)
            strip = _strip(geometry, tile, FAR, geometry.C // chunks, dtype)
            kernel = Channels(geometry, source, *strip, 1, chunks, tile, vectors, L, epilogue, dtype)
            found.append(replace(kernel, parts=_parts(kernel.tasks, kernel.blocks, threads)))
    return min(found, key=lambda kernel: kernel.cycles)


def _chunks(geometry: Geometry, lanes: int, dtype: str) -> int:
    """Even chunks of the input's channels, one where the weights of a block of two vectors fit beside a strip.

    Where they do not, as few as make them fit, and a whole plane of inputs too, if a chunk has still work for a tile.
    """
    C, taps, itemsize = geometry.C, geometry.taps, _itemsize(dtype)
    plane = prod(reaches(geometry, (1, *geometry.outputs[1:]))[1:]) * geometry.kernel[0]
    most = max(_WEIGHTS // (taps * 2 * lanes * itemsize), 1)
    if most >= C:
        return 1
    least = tiled(_TERMS, taps)
    wanted = min(most, max(FAR // (plane * itemsize), least))
    return next((n for n in range(1, C + 1) if C % n == 0 and C // n <= wanted), 1)


@lru_cache(maxsize=4096)
def pixels(geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int) -> Pixels:
    """Few channels, or each by itself; vectors of columns."""
    L = target.lanes(_itemsize(dtype))
    return min(_pixels(geometry, source, target, dtype, epilogue, threads, L), key=lambda kernel: kernel.cycles)


def _pixels(
    geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int, L: int
) -> Iterator[Pixels]:
    _, H, W = geometry.outputs
    small = prod(geometry.kernel[1:]) <= _WRITTEN
    for K in {even(geometry.K, most) for most in (1, 4, 6, 8, 12, 14)}:
        for lines in {even(H, most) for most in (1, 2, 4, 7, 8)} if geometry.K == 1 else {1}:
            for vectors in {min(V, tiled(W, L)) for V in (1, 2, 3, 4)}:
                if K * lines * vectors > target.registers - vectors - 2:
                    continue
                if lines > 1 and not small and geometry.dilation[1] > 1:
                    continue
                near = NEAR if geometry.K == 1 else FAR // 2
                strip = _strip(geometry, (lines, min(vectors * L, W)), near, geometry.C, dtype)
                written = small and geometry.K == 1
                kernel = Pixels(geometry, source, *strip, 1, 1, K, lines, vectors, written, L, epilogue, dtype)
                each = max(kernel.cycles / prod(kernel.tasks), 1)
                bundle = min(
                    max(int(20_000 / each), 1), tiled(geometry.groups, threads * (_TASKS if threads > 1 else 1))
                )
                kernel = replace(kernel, bundle=bundle)
                yield replace(kernel, parts=_parts(kernel.tasks, kernel.blocks, threads))


@lru_cache(maxsize=4096)
def lanes(geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int) -> Lanes:  # noqa: ARG001
    """Each channel by itself, vectors of channels."""
    L = target.lanes(_itemsize(dtype))
    side = replace(geometry, groups=1, C=geometry.groups, K=geometry.groups)
    _, H, W = geometry.outputs
    found = []
    widest = target.registers - 2 if source == "channels_last" else L
    vectors = tiled(side.C, L)
    for columns in {even(W, min(most, widest)) for most in (4, 6, 8, 14, widest)}:
        for most in (1, 2, 3, 4, 7):
            rows = even(H, most)
            if rows * columns > target.registers - 2:
                continue
            _, high, wide = reaches(geometry, (1, rows, W))
            room = FAR // (high * wide * geometry.kernel[0] * L * _itemsize(dtype))
            several = even(vectors, max(room, 1)) if source == "channels_last" else 1
            strip = _strip(geometry, (rows, columns), FAR if several > 1 else 2 * NEAR, several * L, dtype)
            found.append(Lanes(side, source, *strip, (rows, columns), several, L, epilogue, dtype))
    return min(found, key=lambda kernel: kernel.cycles)


@lru_cache(maxsize=4096)
def winograd(
    geometry: Geometry, source: str, target: Target, dtype: str, epilogue: Epilogue, threads: int, m: tuple[int, int]
) -> Winograd:
    """F(m, r) on rows and columns."""
    L = target.lanes(_itemsize(dtype))
    _, H, W = geometry.outputs
    rows, columns = tiled(H, m[0]), tiled(W, m[1])
    vectors = 1 if geometry.K <= L else 2
    whole = Winograd(geometry, source, m, 1, 1, 1, 1, 1, vectors, L, epilogue, dtype)
    size = whole.points * whole.depth * _itemsize(dtype)
    columns = even(columns, max(min(_TILES // size, 64), 1))
    rows = even(rows, max(_TILES // (size * columns), 1))
    each = whole.points * whole.width * columns * _itemsize(dtype)
    found = []
    for most in range(1, rows + 1) if threads > 1 else (rows,):
        high = even(rows, most)
        group = even(high, max(_PRODUCTS // each, 1))
        tile = even(group * columns, (target.registers - vectors - 2) // vectors)
        kernel = replace(whole, rows=high, columns=columns, group=group, tile=tile)
        found += [replace(kernel, parts=parts) for parts in {1, *_shares(kernel.blocks, threads)}]
    return min(found, key=lambda kernel: _span(kernel, threads))


@lru_cache(maxsize=4096)
def gradient(geometry: Geometry, source: str, last: bool, target: Target, dtype: str, threads: int) -> Gradient:
    """The gradient of a dense weight."""
    L = target.lanes(_itemsize(dtype))
    columns = geometry.kernel[2]
    taps = columns if geometry.dilation[2] == 1 and columns <= _TAPS else 1
    found = []
    for vectors in (1, 2, 3) if taps == 1 else (1,):
        count = even(geometry.K, (target.registers - 1) // (taps * vectors) - 1)
        bands = _bands(geometry, L * vectors, dtype)
        found += [Gradient(geometry, source, last, *band, 1, count, taps, vectors, L, dtype) for band in bands]
    kernel = min(found, key=lambda kernel: kernel.cycles)
    held = tiled(geometry.K * geometry.taps * kernel.width * _itemsize(dtype), _SECOND)
    shared = tiled(_TASKS * threads, prod(kernel.tasks)) if threads > 1 else 1
    return replace(kernel, parts=min(max(held, shared), kernel.rounds))


@lru_cache(maxsize=4096)
def gradient_winograd(
    geometry: Geometry,
    beside: Geometry,
    source: str,
    last: bool,
    target: Target,
    dtype: str,
    threads: int,
) -> GradientWinograd:
    """The gradient of a weight of 3x3 taps."""
    L = target.lanes(_itemsize(dtype))
    vectors = min((2, 3, 1), key=lambda n: (tiled(geometry.C, n * L) * n, -n if n < 3 else -1))
    count = L // 2
    channels = min(tiled(geometry.C, vectors * L), max(_SIDE // (vectors * L), 1)) * vectors * L
    outputs = min(tiled(geometry.K, L), max(_SIDE // L, 1)) * L
    whole = GradientWinograd(geometry, beside, source, last, 1, channels, outputs, count, vectors, L, dtype)
    size = whole.points * whole.columns * (channels + outputs) * _itemsize(dtype)
    shared = tiled(_TASKS * threads, prod(whole.tasks)) if threads > 1 else 1
    return replace(whole, rows=max(_TILES // size, 1), outputs=tiled(tiled(outputs, shared), L) * L)


_SIDE = 128
"""Input and output channels whose sums are held at once: 2.4 MB in float32."""
_TAPS = 7
"""Taps of a row whose sums are in registers at once."""


def _bands(geometry: Geometry, width: int, dtype: str) -> Iterator[tuple[int, int]]:
    """Rows and columns of outputs which with the inputs under them stay in the second cache, or are few."""
    _, H, W = geometry.outputs
    room = _SECOND // _itemsize(dtype)
    for columns in {W, even(W, 256), even(W, 64)}:
        for parts in (1, 2, 3, 4, 6, 8, 16, 32, 64, H):
            rows = even(H, tiled(H, parts))
            _, high, wide = reaches(geometry, (1, rows, columns))
            size = high * wide * width * geometry.kernel[0] + rows * columns * geometry.K
            if size <= room or (rows, columns) == (1, even(W, 64)):
                yield rows, columns
                break
    for rows in {H, even(H, tiled(H, 2))}:
        _, high, wide = reaches(geometry, (1, rows, W))
        if high * wide * width * geometry.kernel[0] <= _FARTHEST // _itemsize(dtype):
            yield rows, W


_FARTHEST = 16 * 2**20
"""Bytes of a strip that is packed once for a picture or half of one, where taps lie far apart."""


def _shares(blocks: int, threads: int) -> set[int]:
    return {min(blocks, threads * n) for n in range(1, _TASKS + 1)} if threads > 1 else set()


def _span(kernel: Winograd, threads: int) -> float:
    """Cycles from the first task to the last on so many threads: each task reads the weights of its blocks again."""
    tasks = prod(kernel.tasks)
    weights = kernel.weights * _itemsize(kernel.dtype) // kernel.geometry.groups // kernel.parts
    return tiled(tasks, threads) * (kernel.cycles / tasks + weights / (_READ_NEAR if weights <= _SECOND else _READ_FAR))


def _strip(geometry: Geometry, tile: tuple[int, int], most: int, C: int, dtype: str) -> tuple[int, int]:
    """Rows and columns of outputs whose inputs fit in ``most`` bytes, whole tiles where there is room for them."""
    _, H, W = geometry.outputs
    elements = most // _itemsize(dtype) // (C * geometry.kernel[0])
    _, _, wide = reaches(geometry, (1, 1, W))
    _, high, _ = reaches(geometry, (1, tile[0], 1))
    if high * wide <= elements or high > elements // tile[1]:
        rows = max((elements // wide - high) // geometry.stride[1] + tile[0], tile[0])
        if high * wide <= elements:
            return _whole(H, rows, tile[0]), W
    columns = max((elements // high - geometry.dilation[2] * (geometry.kernel[2] - 1)) // geometry.stride[2], tile[1])
    return tile[0], _whole(W, columns, tile[1])


def _whole(size: int, most: int, tile: int) -> int:
    """A block of whole tiles, not far below ``most``, that covers ``size`` with the least left over; all if it fits."""
    if most >= size:
        return size
    blocks = range(max(most // tile // 2, 1), max(most // tile, 1) + 1)
    return min(max(blocks, key=lambda n: (-tiled(size, n * tile) * n, n)) * tile, size)


def _parts(tasks: tuple[int, ...], blocks: int, threads: int) -> int:
    """Into how many the channels' blocks are divided, so that every thread has work."""
    if threads == 1 or prod(tasks) >= 2 * threads:
        return 1
    return min(blocks, tiled(2 * threads, prod(tasks)))


def _itemsize(dtype: str) -> int:
    return 8 if dtype == "float64" else 4
