"""How a picture becomes the input of a network: data that is kept beside the network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from kaiyan.program.tensors_file import DamageError

COLOURS, RESAMPLINGS = ("rgb", "bgr", "grey"), ("bilinear", "bicubic")


@dataclass(frozen=True, slots=True)
class PictureInput:
    """From a picture to numbers: (value / 255 * ``white`` - ``mean``) / ``deviation``, a number a channel.

    ``size`` is (height, width); None leaves the picture's own. ``share`` is how much of the shorter side is seen: the
    picture is scaled so that the middle of it has that size, as torchvision's Resize(256) and CenterCrop(224) do with
    224 / 256, by the filter ``resampling``, bilinear or bicubic. ``channels_last`` says that the channels are the last
    axis; ``colours`` is rgb, bgr or grey.
    """

    size: tuple[int, int] | None = None
    share: float = 1.0
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    white: float = 1.0
    channels_last: bool = False
    colours: str = "rgb"
    resampling: str = "bilinear"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def picture_input_of(facts: Any) -> PictureInput:
    """What ``to_dict`` gave; raises ``DamageError`` where it is anything else."""
    if not isinstance(facts, dict) or set(facts) != set(PictureInput().to_dict()):
        raise DamageError
    lists = {name: tuple(facts[name]) for name in ("mean", "deviation") if isinstance(facts[name], list | tuple)}
    size = facts["size"]
    if isinstance(size, list | tuple):
        size = tuple(size)
        if len(size) != 2 or not all(type(side) is int and 0 < side <= 2**15 for side in size):
            raise DamageError
    elif size is not None:
        raise DamageError
    channels = 1 if facts["colours"] == "grey" else 3
    numbers = [facts["share"], facts["white"], *lists.get("mean", ()), *lists.get("deviation", ())]
    if (
        len(lists) != 2
        or any(len(entries) != channels for entries in lists.values())
        or not all(type(number) in (int, float) and isfinite(number) for number in numbers)
        or 0 in lists["deviation"]
        or not 0 < facts["share"] <= 1
        or facts["colours"] not in COLOURS
        or facts["resampling"] not in RESAMPLINGS
        or not isinstance(facts["channels_last"], bool)
    ):
        raise DamageError
    return PictureInput(**(facts | lists | {"size": size}))
