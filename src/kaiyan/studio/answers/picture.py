"""A picture's file, whatever its format, as the page's pixels."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kaiyan.pictures.picture import picture
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.studio.desk import Reply, words
from kaiyan.studio.pixels import fitted, rgb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.pictures.picture import Picture
    from kaiyan.show.sentence import Sentence
    from kaiyan.studio.desk import Desk


def read(_: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """``picture.read``: the bytes of a file in, height, width, name, notes and the pixels out."""
    if len(parts) != 1:
        raise KaiyanError("no-picture", "no picture came with the question")
    with TemporaryDirectory(prefix="kaiyan-") as folder:
        path = Path(folder) / plain(str(facts.get("name", "")))
        path.write_bytes(parts[0])
        try:
            seen = picture(path)
        except KaiyanError as error:
            raise _without(error, f"{folder}/") from None
    pixels = fitted(rgb(seen))
    height, width = pixels.shape[:2]
    notes = [words(note) for note in _notes(seen, height, width)]
    return Reply({"height": height, "width": width, "name": path.name, "notes": notes}, (pixels.tobytes(),))


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


def _without(error: KaiyanError, folder: str) -> KaiyanError:
    """The same refusal, which names the file as the page does."""
    facts = {name: fact.replace(folder, "") if isinstance(fact, str) else fact for name, fact in error.facts.items()}
    texts = [error.sentence.text, *(way.text for way in error.help)]
    return type(error)(error.code, *texts, **facts)
