"""What the Network tab asks when it is opened, with the answers, for a page that has no Python behind it.

An entry is ``{"asked": facts, "answer": facts, "parts": bytes}``, and ``like``: a few of the bytes that came with the
question, by which the page knows the picture again. Bytes are deflated and in base64.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import KaiyanError
from kaiyan.studio.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.studio.photograph import Photograph

SAMPLES = 64
"""Bytes by which a picture is known again: a browser decodes a photograph a little otherwise than Pillow."""
MOST_KERNELS = 1 << 20
"""Bytes of the kernels that are recorded, from the first layer on."""
STEPS = (-1, 0, 1)
"""Pixels by which the picture is moved, down and to the right."""

Entry = dict[str, Any]


def network(shown: Photograph, model: str | None = None, name: str | None = None) -> list[Entry]:
    """The network on the picture; without a name it is the first that can be opened.

    Raises ``KaiyanError`` where it cannot be.
    """
    from PIL import Image

    with Image.open(BytesIO(shown.content)) as image:
        pixels = np.asarray(image.convert("RGB"))
    return list(_asked(Desk(model), name, pixels))


def _asked(desk: Desk, name: str | None, pixels: np.ndarray[Any, Any]) -> Iterator[Entry]:
    listed, _ = _answer(desk, {"kind": "network.list"})
    name = name or _first(listed["networks"])
    chosen = [row for row in listed["networks"] if row["name"] == name]
    yield {"asked": {"kind": "network.list"}, "answer": {"networks": chosen}, "parts": []}
    opened, entry = _recorded(desk, {"kind": "network.open", "name": name})
    yield entry
    height, width = pixels.shape[:2]
    look = {"kind": "network.look", "slot": 0, "height": height, "width": width}
    facts, parts = _answer(desk, look, pixels.tobytes())
    channels = [3, *(layer["channels"] for layer in opened["layers"])]
    yield {"asked": look, "like": [_samples(pixels.tobytes())], "answer": facts, "parts": _maps(parts, channels)}
    yield _recorded(desk, {"kind": "network.fields"})[1]
    yield from _kernels(desk, opened["layers"])
    yield from _moves(desk)


def _first(networks: list[dict[str, Any]]) -> str:
    return str(next((row["name"] for row in networks if "needs" not in row), networks[0]["name"]))


def _kernels(desk: Desk, layers: list[dict[str, Any]]) -> Iterator[Entry]:
    left = MOST_KERNELS
    for layer in layers:
        if layer.get("kernel"):
            _, entry = _recorded(desk, {"kind": "network.kernels", "layer": layer["index"], "channel": None})
            left -= sum(map(len, entry["parts"]))
            if left < 0:
                return
            yield entry


def _moves(desk: Desk) -> Iterator[Entry]:
    """What becomes of the answers when the picture moves, or the padding is another's."""
    asked = [{"kind": "network.moved", "slot": 0, "down": down, "right": right} for down in STEPS for right in STEPS]
    asked += [{"kind": "network.convention", "slot": 0, "word": word} for word in ("same", "same_lower", "torch")]
    for question in asked:
        with suppress(KaiyanError):  # a network that answers nothing, or has no stride to move
            yield _recorded(desk, question)[1]


def _recorded(desk: Desk, asked: dict[str, Any]) -> tuple[dict[str, Any], Entry]:
    answer, parts = _answer(desk, asked)
    return answer, {"asked": asked, "answer": answer, "parts": [_small(part) for part in parts]}


def _answer(desk: Desk, asked: dict[str, Any], *parts: bytes) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    from kaiyan.studio.answers import ANSWERS

    facts, given = ANSWERS[asked["kind"]](desk, asked, list(parts))
    return facts, tuple(bytes(part) for part in given)


def _maps(parts: tuple[bytes, ...], channels: list[int]) -> list[str | dict[str, Any]]:
    """Maps, each as it is or as what it has more than the one before: a norm only stretches its maps, or turns them."""
    kept: list[str | dict[str, Any]] = [_small(part) for part in parts]
    for i, count in enumerate(channels):
        if i and len(parts[i]) == len(parts[i - 1]):
            before, now = (np.frombuffer(part, np.uint8).reshape(count, -1) for part in parts[i - 1 : i + 1])
            turned = _apart(now, ~before) < _apart(now, before)
            rest = _small((now - np.where(turned[:, None], ~before, before)).tobytes())
            if len(rest) < len(kept[i]):
                kept[i] = {"after": i - 1, "turned": "".join("01"[int(flag)] for flag in turned), "rest": rest}
    return kept


def _apart(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.abs(first.astype(np.int16) - second).sum(1, dtype=np.int64)
    return found


def _small(part: bytes) -> str:
    return b64encode(zlib.compress(part, 9)).decode()


def _samples(part: bytes) -> list[int]:
    """Bytes at even distances, the first in the middle of the first stretch."""
    return [part[(2 * i + 1) * len(part) // (2 * SAMPLES)] for i in range(SAMPLES)]
