"""A face on its way to its 128 numbers: the maps after each stage of the describer, edges first, then larger parts."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from kaiyan.faces.describer import CHIP_SIDE, Describer, Halving, Keeping, prepared
from kaiyan.faces.weights import tensors
from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.network.looking import scaled, statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

_POOLING = (3, 2)
"""Window and step of the pooling behind the first convolution."""


class FaceMaps(NamedTuple):
    """Maps (C, H, W), and how many rows and columns of the face one of their values sees."""

    maps: Tensor
    reach: int


def stages(chip: NDArray[np.uint8]) -> Iterator[FaceMaps]:
    """The maps after the first convolution, and before each halving, of a chip (150, 150, 3)."""
    network = _describer()
    with torch.inference_mode():
        x = F.relu(network.stem(prepared(torch.tensor(chip).permute(2, 0, 1)[None])))
        seen = _Seeing().through(network.stem.kernel_size[0], network.stem.stride[0])
        yield FaceMaps(x[0], seen.reach)
        x, seen = F.max_pool2d(x, *_POOLING), seen.through(*_POOLING)
        for block, after in zip(network.blocks, [*network.blocks[1:], None], strict=True):
            assert isinstance(block, (Keeping, Halving))
            x = block(x)
            for layer in (block.first, block.second):
                seen = seen.through(layer.kernel_size[0], layer.stride[0])
            if after is None or isinstance(after, Halving):
                yield FaceMaps(x[0], min(seen.reach, CHIP_SIDE))


class _Seeing(NamedTuple):
    """How many pixels along an axis one value sees, and how many lie from it to the next."""

    reach: int = 1
    step: int = 1

    def through(self, kernel: int, stride: int) -> _Seeing:
        return _Seeing(self.reach + (kernel - 1) * self.step, self.step * stride)


def told(chip: NDArray[np.uint8]) -> tuple[list[dict[str, Any]], list[bytes]]:
    """For every stage its shape and reach, its maps as bytes, and last the channels' statistics as float32."""
    facts, parts, numbers = [], [], []
    for maps, reach in stages(chip):
        channels, height, width = maps.shape
        flat = maps.reshape(channels, -1).numpy()
        rows = statistics(flat)
        facts.append({"channels": channels, "height": height, "width": width, "reach": reach})
        parts.append(scaled(flat, rows[0], rows[1]).tobytes())
        numbers.append(rows.ravel())
    return facts, [*parts, np.concatenate(numbers).astype("<f4").tobytes()]


def chip_of(parts: list[bytes]) -> NDArray[np.uint8]:
    """The chip (150, 150, 3) that a question brings; raises ``KaiyanError`` where it brings none."""
    if len(parts) != 1 or len(parts[0]) != CHIP_SIDE**2 * 3:
        raise KaiyanError("no-face-chip", "no face of {side} x {side} pixels came with the question", side=CHIP_SIDE)
    return np.frombuffer(parts[0], np.uint8).reshape(CHIP_SIDE, CHIP_SIDE, 3)


@lru_cache(maxsize=1)
def _describer() -> Describer:
    network = Describer()
    network.load_state_dict({name: torch.tensor(value) for name, value in tensors("describer").items()})
    return network.eval()
