"""A picture's file, whatever its format, as the page's pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.pictures.picture import of_content
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.studio.desk import Reply, words
from kaiyan.studio.pixels import LONGEST, fitted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.pictures.picture import Picture
    from kaiyan.show.sentence import Sentence
    from kaiyan.studio.desk import Desk


LONGEST_ASKED = 1600
"""Pixels of the longest side that a tab may ask for: a face takes 80, and many stand on one photograph."""


def read(_: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """``picture.read``: the bytes of a file in, height, width, name, notes and the pixels out; nothing on the disk.

    ``longest`` is the longest side that is wanted.
    """
    if len(parts) != 1:
        raise KaiyanError("no-picture", "no picture came with the question")
    name = plain(str(facts.get("name", "")))
    seen = of_content(name, parts[0])
    asked = facts.get("longest")
    pixels = fitted(seen.rgb, min(asked, LONGEST_ASKED) if type(asked) is int and asked > 0 else LONGEST)
    height, width = pixels.shape[:2]
    notes = [words(note) for note in _notes(seen, height, width)]
    return Reply({"height": height, "width": width, "name": name, "notes": notes}, (pixels.tobytes(),))


def plain(name: str) -> str:
    """A file's name without folders and signs that a file system may refuse.

    >>> plain("../../a b/猫:1.heic"), plain("..")
    ('猫-1.heic', 'picture')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign if sign.isalnum() or sign in "-_. ()" else "-" for sign in last).strip(". ")
    return kept.encode(errors="ignore").decode()[-60:] or "picture"


def _notes(seen: Picture, height: int, width: int) -> Iterator[Sentence]:
    yield from seen.notes
    was = seen.pixels.shape[1:]
    if was != (height, width):
        yield sentence("picture-made-smaller", "made smaller: from {rows} × {columns} to {height} × {width} pixels",
                       height=height, width=width, rows=was[0], columns=was[1])  # fmt: skip
