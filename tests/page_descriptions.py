"""Random descriptions for the page's arithmetic: of rank 1 to 3, with every word, mode and option, and an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan import Conv
from kaiyan.show.error import ConvError
from kaiyan.spec.conventions import PADDING

if TYPE_CHECKING:
    from random import Random

MODES = ("zeros", "zeros", "zeros", "constant(3)", "constant(-0.5)", "reflect", "replicate", "circular", "symmetric")
WORDS = tuple(PADDING)


def arguments(random: Random) -> dict[str, Any]:
    """The arguments of a Conv that is most often legal."""
    rank = random.choice((1, 2, 2, 3))
    most = 5 if rank < 3 else 3
    groups = random.choice((1, 1, 1, 2, 3))
    transposed = random.random() < 0.3
    given: dict[str, Any] = {
        "in_channels": groups * random.randint(1, 2),
        "out_channels": groups * random.randint(1, 2),
        "kernel_size": _each(random, rank, 1, most),
        "stride": _each(random, rank, 1, 3),
        "dilation": _each(random, rank, 1, 3),
        "padding": _padding(random, rank),
        "groups": groups,
        "bias": random.random() < 0.7,
        "rank": rank,
        "transposed": transposed,
    }
    if transposed:
        given["output_padding"] = _each(random, rank, 0, random.choice((0, 0, 1, 2)))
    else:
        given["padding_mode"] = random.choice(MODES)
    return given


def described(random: Random) -> tuple[Conv, tuple[int, ...]]:
    """A description, and an input's shape (C, *spatial), which does not always fit."""
    while True:
        try:
            spec = Conv(**arguments(random))
        except ConvError:
            continue
        most = {1: 12, 2: 9, 3: 6}[len(spec.axes)]
        return spec, (spec.channels[0], *(random.randint(1, most) for _ in spec.axes))


def fitted(random: Random) -> tuple[Conv, tuple[int, ...]]:
    """A description, and an input's shape that it takes."""
    while True:
        spec, shape = described(random)
        try:
            spec.output_shape(shape)
        except ConvError:
            continue
        return spec, shape


def _each(random: Random, rank: int, least: int, most: int) -> Any:
    if random.random() < 0.5:
        return random.randint(least, most)
    return tuple(random.randint(least, most) for _ in range(rank))


def _padding(random: Random, rank: int) -> Any:
    entries = (
        lambda: random.randint(0, 3),
        lambda: (random.randint(0, 3), random.randint(0, 3)),
        lambda: random.choice(WORDS),
    )
    if random.random() < 0.5:
        return random.choice((entries[0], entries[2]))()
    return tuple(random.choice(entries)() for _ in range(rank))
