"""What lies on the desk between questions: the open network, the pictures that it was shown, and what was computed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.network.stepping import Caught, caught

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from kaiyan.reference.dtype import Numbers
    from kaiyan.studio.answers.network.layers import MapLayer
    from kaiyan.studio.answers.network.opened import Network
    from kaiyan.studio.answers.network.preparing import Box
    from kaiyan.studio.desk import Desk

MOST_PICTURES = 8
"""Pictures of a session that are searched."""
_MOST_KEPT = 6
"""Searches and converted copies that are kept."""
_LARGEST = 2048
"""Pixels along a side of a picture."""
_SLOTS = (0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A picture in a slot: all of it, the part that is looked at, and that part as the network takes it."""

    name: str
    picture: Numbers
    box: Box
    pixels: Numbers
    x: Tensor


@dataclass(slots=True)
class NetworkSession:
    """An open network, under the ``name`` that the page gave; ``found`` keeps what is asked again and again."""

    network: Network
    name: str = ""
    slots: dict[int, Look] = field(default_factory=dict)
    pictures: OrderedDict[bytes, tuple[str, Numbers]] = field(default_factory=OrderedDict)
    found: OrderedDict[Any, Any] = field(default_factory=OrderedDict)
    caught: dict[int, tuple[Look, int, Caught]] = field(default_factory=dict)

    def look(self, slot: Any) -> Look:
        """The picture in a slot; raises ``KaiyanError`` where there is none."""
        if slot not in self.slots:
            raise KaiyanError("network-no-picture", "the network was shown no picture in slot {slot}", slot=slot)
        return self.slots[slot]

    def show(self, slot: Any, facts: dict[str, Any], parts: list[bytes]) -> Look:
        """Puts a picture into a slot."""
        if slot not in _SLOTS:
            raise KaiyanError(
                "network-slot", "there are two slots for pictures, 0 and 1; {slot!r} is neither", slot=slot
            )
        picture = _picture(facts, parts)
        prepared = self.network.preparation
        box = prepared.crop(*picture.shape[:2])
        pixels = prepared.pixels(picture, box)
        look = Look(str(facts.get("name") or ""), picture, box, pixels, prepared.tensor(pixels))
        self.slots[slot] = look
        self._remember(look)
        return look

    def catch(self, slot: Any, layer: MapLayer) -> Caught:
        """A layer with what it was given on the picture in a slot; the last of each slot is kept."""
        look = self.look(slot)
        kept = self.caught.get(slot)
        if kept is not None and kept[0] is look and kept[1] == layer.index:
            return kept[2]
        found = caught(self.network, layer, look.x)
        self.caught[slot] = (look, layer.index, found)
        return found

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made under a key, or is now; the oldest is let go."""
        if key not in self.found:
            self.found[key] = make()
            while len(self.found) > _MOST_KEPT:
                self.found.popitem(last=False)
        self.found.move_to_end(key)
        return self.found[key]

    def _remember(self, look: Look) -> None:
        key = look.pixels.tobytes()
        self.pictures[key] = (look.name, look.picture)
        self.pictures.move_to_end(key)
        while len(self.pictures) > MOST_PICTURES:
            self.pictures.popitem(last=False)


def session(desk: Desk) -> NetworkSession:
    """What is open; raises ``KaiyanError`` where no network is."""
    found = desk.open.get("network")
    if not isinstance(found, NetworkSession):
        raise KaiyanError("network-none-open", "no network is open", "choose a network")
    return found


def _picture(facts: dict[str, Any], parts: list[bytes]) -> Numbers:
    height, width = facts.get("height"), facts.get("width")
    sizes = [size for size in (height, width) if type(size) is int and 1 <= size <= _LARGEST]
    if len(sizes) != 2 or len(parts) != 1 or len(parts[0]) != sizes[0] * sizes[1] * 3:
        raise KaiyanError(
            "network-picture", "a picture is height x width x 3 bytes, at most {most} a side; {height} x {width} came "
            "with {bytes} bytes",
            most=_LARGEST, height=height, width=width, bytes=sum(map(len, parts)),
        )  # fmt: skip
    return np.frombuffer(parts[0], np.uint8).reshape(*sizes, 3)
