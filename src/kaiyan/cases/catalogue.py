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

    ``seconds`` is how long it takes as a script, measured on one core; ``needs`` are the modules that it imports beside
    marimo.
    """

    number: int
    name: str
    title: Sentence
    question: Sentence
    seconds: float
    needs: tuple[str, ...] = ()

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
        seconds=9,
        needs=("PIL", "scipy", "torch"),
    ),
    Notebook(
        4,
        "case_04_same",
        sentence("title", "What 'same' means, and a network that feels the one-pixel lie"),
        sentence("title", "Is padding=1 'same'? Why does PyTorch refuse 'same' with a stride?"),
        seconds=8,
        needs=("PIL", "skimage", "torch"),
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
