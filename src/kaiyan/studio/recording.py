"""What the Network tab asks when it is opened, with the answers, for a page that has no Python behind it.

An entry is ``{"asked": facts, "answer": facts, "parts": bytes}``, and ``like``: a few of the bytes that came with the
question, by which the page knows the picture again. Bytes are deflated and in base64.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.studio.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.studio.photograph import Photograph

SAMPLES = 64
"""Bytes by which a picture is known again: a browser decodes a photograph a little otherwise than Pillow."""
FIRST_LAYERS = 3
"""Layers whose kernels are recorded."""

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
    yield _recorded(desk, look, pixels.tobytes())[1]
    yield _recorded(desk, {"kind": "network.fields"})[1]
    with_kernels = [layer["index"] for layer in opened["layers"] if layer.get("kernel")]
    for index in with_kernels[:FIRST_LAYERS]:
        yield _recorded(desk, {"kind": "network.kernels", "layer": index, "channel": None})[1]


def _first(networks: list[dict[str, Any]]) -> str:
    return str(next((row["name"] for row in networks if "needs" not in row), networks[0]["name"]))


def _recorded(desk: Desk, asked: dict[str, Any], *parts: bytes) -> tuple[dict[str, Any], Entry]:
    answer, given = _answer(desk, asked, *parts)
    entry = {"asked": asked, "answer": answer, "parts": [_small(part) for part in given]}
    return answer, {**entry, "like": [_samples(part) for part in parts]} if parts else entry


def _answer(desk: Desk, asked: dict[str, Any], *parts: bytes) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    from kaiyan.studio.answers import ANSWERS

    facts, given = ANSWERS[asked["kind"]](desk, asked, list(parts))
    return facts, tuple(bytes(part) for part in given)


def _small(part: bytes) -> str:
    return b64encode(zlib.compress(part, 9)).decode()


def _samples(part: bytes) -> list[int]:
    """Bytes at even distances, the first in the middle of the first stretch."""
    return [part[(2 * i + 1) * len(part) // (2 * SAMPLES)] for i in range(SAMPLES)]
