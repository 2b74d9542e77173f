"""``kaiyan.faces.layers``: a face on its way through the network, from pixels to one description and a stored name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.faces.gallery_photographs import box_of, colours, label, named
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.faces.missed import refused
from kaiyan.faces.passage_stages import PassageStage, passed
from kaiyan.pictures.picture import write
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from kaiyan.faces.gallery import Gallery
    from kaiyan.faces.gallery_answers import Recognition
    from kaiyan.faces.gallery_photographs import Box, Pixels, Recognises, Vectors


@dataclass(frozen=True, eq=False)
class Passage(Shown):
    """What the network makes of one face, stage by stage.

    ``chip`` (S, S, 3) is the face upright, ``numbers`` (D,) its description. Where a gallery was asked, ``match`` is
    its answer and ``stored`` (D,) the nearest description of the nearest person.
    """

    KIND = "face-layers"
    JSON = ("photograph", "network", "box", "stages", "numbers", "match", "notes")

    photograph: str
    network: str
    box: Box
    pixels: Pixels
    chip: Pixels
    stages: tuple[PassageStage, ...]
    numbers: Vectors
    match: Recognition | None = None
    stored: Vectors | None = None

    def table(self) -> Table:
        """A row a stage."""
        side = len(self.chip)
        title = sentence(
            "face-passage",
            "a face of {photograph} in the network {network}: {side} x {side} pixels become {count} numbers",
            photograph=self.photograph, side=side, network=self.network, count=len(self.numbers),
        )  # fmt: skip
        words = headings(
            "stage", "convolutions so far", "maps", "rows x columns", "channels alive", "above 0", "sees", "that is"
        )
        rows = tuple(Row((str(i), *_cells(stage, side))) for i, stage in enumerate(self.stages, 1))
        return Table(words, rows, title=title, notes=self.notes, left=frozenset(), prose=frozenset({7}))

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What the stages come to."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Sentence]:
        rows, columns = self.stages[-1].shape[1:] if self.stages else (0, 0)
        yield sentence(
            "face-described",
            "the last {rows} x {columns} maps become one description: {count} numbers of length {length:.3f}",
            rows=rows, columns=columns, count=len(self.numbers), length=float(np.linalg.norm(self.numbers)),
        )  # fmt: skip
        if self.match is not None:
            yield self.match.reason

    @property
    def sheet(self) -> Image:
        """The face, the maps of every stage with what one number sees, and the description beside the stored one."""
        from kaiyan.faces.passage_drawing import drawn

        return drawn(self)

    def save(self, path: str | Path) -> Path:
        """Writes the sheet whole or not at all; raises ``PictureError`` where the system refuses."""
        write(self.sheet, Path(path))
        return Path(path)


def layers(
    photograph: Any, *, face: int = 1, gallery: Gallery | None = None, network: str | Recognises = "dlib"
) -> Passage:
    """A face of a photograph on its way through the network; ``face`` counts from 1, the surest.

    With a gallery its own network is taken, and the description is matched with its people.
    Raises ``GalleryError`` where the photograph has no such face.
    """
    recogniser = named(network) if gallery is None else gallery.recogniser
    pixels = colours(photograph)
    faces = recogniser.find(pixels)
    if not faces:
        raise refused(recogniser, photograph)
    if not 1 <= face <= len(faces):
        raise GalleryError(
            "no-such-face", "{photograph} shows {count} faces; there is no face {face}", "a face from 1 to {count}",
            photograph=label(photograph), count=len(faces), face=face,
        )  # fmt: skip
    chosen = faces[face - 1]
    chip = recogniser.chips(pixels, [chosen])
    stages, numbers = passed(recogniser, chip)
    box = box_of(chosen)
    known = {} if gallery is None else _matched(gallery, box, numbers)
    return Passage(label(photograph), recogniser.name, box, pixels, chip[0], stages, numbers, **known)


def _matched(gallery: Gallery, box: Box, numbers: Vectors) -> dict[str, Any]:
    match = gallery.match(box, numbers)
    if match.nearest is None:
        return {"match": match}
    own = gallery.described(match.nearest)
    return {"match": match, "stored": own[np.linalg.norm(own - numbers, axis=1).argmin()]}


def _cells(stage: PassageStage, side: int) -> tuple[str | Sentence, ...]:
    channels, rows, columns = stage.shape
    field = "?" if stage.field is None else f"{stage.field} px"
    alive = f"{stage.alive} / {channels}"
    share = f"{100 * stage.share:.0f} %"
    return str(stage.convolutions), str(channels), f"{rows}x{columns}", alive, share, field, stage.extent(side)
