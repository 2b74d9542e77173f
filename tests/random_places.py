"""Steps on random arrays of random layouts, each against its definition; run as a script for another kind of CPU."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from placed import Laid, defined, execute, run

from kaiyan.program.graph import Node
from kaiyan.program.room import PlanningRoom
from kaiyan.program.steps import arranging, elementwise
from kaiyan.program.steps.copying import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAP, CAST = elementwise.ROWS
CONCATENATE, PAD, UPSAMPLE = arranging.ROWS
_SIZES = (1, 2, 3, 4, 5, 7, 16, 17, 33, 40, 70)
_SMALL = (1, 2, 3, 5, 16, 19)
_MOVED = ("float32", "float64", "uint8", "int16", "int64", "bool")


class Chance:
    """Random layouts and numbers, the same for a seed."""

    def __init__(self, seed: int) -> None:
        self.numbers = np.random.default_rng(seed)

    def one_of(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return choices[int(self.numbers.integers(len(choices)))]

    def whole(self, low: int, high: int) -> int:
        """From low to high, both among them."""
        return int(self.numbers.integers(low, high + 1))

    def order(self, rank: int) -> tuple[int, ...]:
        """As they stand, the second one last, or any."""
        natural = tuple(range(rank))
        anyhow = tuple(int(axis) for axis in self.numbers.permutation(rank))
        order: tuple[int, ...] = self.one_of((natural, (*natural[:1], *natural[2:], *natural[1:2]), anyhow))
        return order

    def laid(self, shape: Sequence[int], dtype: str, expanded: Sequence[int] = ()) -> Laid:
        """An array of small whole numbers, laid in any order, dense or not."""
        laid = Laid(shape, dtype, self.order(len(shape)), self.one_of((0, 0, 3)), expanded)
        held = [1 if axis in expanded else size for axis, size in enumerate(shape)]
        laid.array[...] = self.numbers.integers(0 if dtype[0] in "ub" else -9, 100, held)
        return laid


def copy_at_random(seed: int) -> None:
    """Any array into any other, backwards and repeated ones among them: the same elements, and nothing else."""
    chance = Chance(seed)
    rank = chance.whole(1, 5)
    shape = tuple(chance.one_of(_SIZES if rank < 4 else _SMALL) for _ in range(rank))
    dtype = chance.one_of(_MOVED)
    source = chance.laid(shape, dtype, [axis for axis in range(rank) if chance.whole(0, 6) == 0])
    target = Laid(shape, dtype, chance.order(rank), chance.one_of((0, 0, 5)))
    place, right = source.place, source.array
    if chance.whole(0, 4) == 0:
        axis = chance.whole(0, rank - 1)
        turned = tuple(-step if i == axis else step for i, step in enumerate(place.strides))
        place = place.viewed(shape, turned, place.strides[axis] * (shape[axis] - 1))
        right = np.flip(right, axis)
    before = source.memory.tobytes(), target.others()
    calls = copied(place, target.place, PlanningRoom())
    execute(calls, {source.buffer: source.base, target.buffer: target.base}, chance.whole(1, 2))
    assert np.array_equal(target.array, right), (seed, place, target.place)
    assert (source.memory.tobytes(), target.others()) == before, seed


def map_at_random(seed: int) -> None:
    """Up to eight arrays broadcast against one another, of any types: sums and products of whole numbers are exact."""
    chance = Chance(seed)
    rank, count = chance.whole(0, 4), chance.whole(1, 8)
    shape = tuple(chance.one_of(_SIZES if rank < 3 else _SMALL) for _ in range(rank))
    dtype = chance.one_of(("float32", "float64"))
    inputs = []
    for number in range(count):
        held = [1 if number and chance.whole(0, 2) == 0 else size for size in shape]
        held = held[chance.whole(0, rank) if number and chance.whole(0, 3) == 0 else 0 :]
        kind = chance.one_of((dtype, dtype, dtype, "uint8", "int16", "bool", "float16", "int64"))
        inputs.append(chance.laid(held, kind))
    terms: list[tuple[Any, ...]] = [("add", 0, 0.5)]
    terms += [(chance.one_of(("add", "sub", "maximum")), count + i - 1, i) for i in range(1, count)]
    node = Node("map", ("x",) * count, "y", {"terms": tuple(terms), "dtype": dtype})
    output = Laid(shape, dtype, chance.order(rank), chance.one_of((0, 0, 2)) if rank else 0)
    assert not MAP.refuses(node, [laid.place for laid in inputs], output.place)
    y = run(MAP, node, inputs, output, chance.whole(1, 2))
    assert np.array_equal(y, defined(node, [laid.array for laid in inputs])), seed


def arrange_at_random(seed: int) -> None:
    """Concatenation, padding and upsampling of any layout."""
    chance = Chance(seed)
    step, node, inputs, shape = chance.one_of((_concatenation, _padding, _upsampling, _upsampling))(chance)
    dtype = inputs[0].place.dtype
    order = inputs[0].place.order if chance.whole(0, 2) else chance.order(len(shape))
    output = Laid(shape, dtype, order, chance.one_of((0, 0, 2)))
    assert not step.refuses(node, [laid.place for laid in inputs], output.place)
    y = run(step, node, inputs, output, chance.whole(1, 2))
    right = defined(node, [laid.array for laid in inputs])
    tolerance = 0.0 if node.settings.get("mode") != "linear" else 1e-4 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(y.astype(np.float64), right, rtol=0, atol=tolerance, err_msg=str(seed))


def _shape(chance: Chance) -> tuple[int, ...]:
    rank = chance.whole(1, 3)
    return chance.whole(1, 2), chance.one_of((1, 2, 3, 16, 19, 33)), *(chance.whole(1, 9) for _ in range(rank))


def _concatenation(chance: Chance) -> Any:
    shape, dtype = _shape(chance), chance.one_of(_MOVED)
    axis = chance.whole(0, len(shape) - 1)
    shapes = [[n if i != axis else chance.whole(0, 6) for i, n in enumerate(shape)] for _ in range(chance.whole(1, 3))]
    shapes.append(list(shape))
    whole = [n if i != axis else sum(s[axis] for s in shapes) for i, n in enumerate(shape)]
    inputs = [chance.laid(s, dtype) for s in shapes]
    return CONCATENATE, Node("concatenate", ("x",) * len(inputs), "y", {"axis": axis}), inputs, whole


def _padding(chance: Chance) -> Any:
    shape, mode = _shape(chance), chance.one_of(("constant", "reflect", "replicate", "circular"))
    most = [n - 1 if mode == "reflect" else n for n in shape]
    padding = tuple((chance.whole(0, m), chance.whole(0, m)) for m in most)
    node = Node("pad", ("x",), "y", {"mode": mode, "padding": padding, "value": 1.0})
    whole = [before + n + after for n, (before, after) in zip(shape, padding, strict=True)]
    return PAD, node, [chance.laid(shape, chance.one_of(_MOVED))], whole


def _upsampling(chance: Chance) -> Any:
    shape, mode = _shape(chance), chance.one_of(("nearest", "linear"))
    scales = tuple(chance.one_of((2.0, 2.0, 3.0, 4.0, 1.0, 1.5, 0.7, None)) for _ in shape[2:])
    sizes = tuple(
        chance.whole(1, 20) if scale is None else max(int(scale * n), 1)
        for scale, n in zip(scales, shape[2:], strict=True)
    )
    settings = {"mode": mode, "sizes": sizes, "scales": scales, "align_corners": chance.whole(0, 1) == 1}
    inputs = [chance.laid(shape, chance.one_of(("float32", "float64")))]
    return UPSAMPLE, Node("upsample", ("x",), "y", settings), inputs, [*shape[:2], *sizes]


WORK: tuple[Callable[[int], None], ...] = (copy_at_random, map_at_random, arrange_at_random)
"""All of them."""

if __name__ == "__main__":
    first, after = int(sys.argv[1]), int(sys.argv[2])
    for work in WORK:
        for seed in range(first, after):
            work(seed)
        print(work.__name__, after - first)
