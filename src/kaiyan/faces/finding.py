"""``kaiyan.faces.find``: where the faces of a photograph are, as a table and as a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaiyan.faces.drawing import FaceMark, marked
from kaiyan.faces.gallery_photographs import colours, label, named
from kaiyan.faces.missed import why_missed
from kaiyan.pictures.picture import write
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings

if TYPE_CHECKING:
    from PIL.Image import Image

    from kaiyan.faces.gallery_photographs import Pixels, Recognises
    from kaiyan.faces.recogniser import Face


@dataclass(frozen=True, eq=False)
class FoundFaces(Shown):
    """The faces of a photograph, the surest first; ``pixels`` (H, W, 3) is the photograph set upright.

    ``reasons`` say, where there are none, what else was tried and found.
    """

    KIND = "face-find"
    JSON = ("photograph", "size", "network", "faces", "title", "notes")

    photograph: str
    network: str
    faces: tuple[Face, ...]
    pixels: Pixels
    reasons: tuple[Sentence, ...] = ()

    @property
    def size(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.pixels.shape[:2]

    @property
    def title(self) -> Sentence:
        """How many, by which network, in how many pixels."""
        return sentence(
            "faces-found",
            "{photograph}: faces {count}, found by {network} in {rows} x {columns} pixels",
            photograph=self.photograph, count=len(self.faces), network=self.network,
            rows=self.size[0], columns=self.size[1],
        )  # fmt: skip

    def table(self) -> Table:
        """A row a face."""
        rows = tuple(Row((str(i), *_cells(face))) for i, face in enumerate(self.faces, 1))
        words = headings("face", "face at (row, column)", "pixels high", "score", "points")
        return Table(words, rows, title=self.title, notes=self.notes, left=frozenset({1}), prose=frozenset({4}))

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """Why there is none."""
        return self.reasons

    @property
    def sheet(self) -> Image:
        """The photograph with box, number and points of each face."""
        marks = [FaceMark(face.box, str(i), str(i), points=face.points) for i, face in enumerate(self.faces, 1)]
        return marked(self.pixels, marks)

    def save(self, path: str | Path) -> Path:
        """Writes the drawing whole or not at all; raises ``PictureError`` where the system refuses."""
        write(self.sheet, Path(path))
        return Path(path)


def find(photograph: Any, network: str | Recognises = "dlib") -> FoundFaces:
    """The faces of a photograph: a path, an array or a Pillow image, as ``kaiyan.see`` takes them.

    ``network`` is the name of a recogniser, or one. Raises ``PictureError`` where there is no picture to be had.
    """
    recogniser = named(network)
    pixels = colours(photograph)
    faces = tuple(recogniser.find(pixels))
    reasons = () if faces else why_missed(recogniser, pixels)
    return FoundFaces(label(photograph), recogniser.name, faces, pixels, reasons)


def _cells(face: Face) -> tuple[str, ...]:
    top, left, bottom, right = face.box
    points = " ".join(f"({row:.0f}, {column:.0f})" for row, column in face.points.tolist())
    return f"({top}, {left})-({bottom}, {right})", str(bottom - top + 1), f"{face.score:.3f}", points
