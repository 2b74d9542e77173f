"""Who is nearest: descriptions compared with one, exactly in NumPy, or through usearch's graph of neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kaiyan.faces.gallery_refusals import GalleryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Distances = NDArray[np.float64]
    Rows = NDArray[np.intp]

_BLOCK = 8192
"""Descriptions that are in float64 at one time: 8 MB of 128 numbers."""


@dataclass(frozen=True, slots=True)
class Match:
    """A person and the Euclidean distance of the nearest of their descriptions."""

    name: str
    distance: float


class NameSearch(Protocol):
    """A way to find who is nearest."""

    def nearest(self, description: Vectors, count: int = 2) -> tuple[Match, ...]:
        """The nearest ``count`` people to a description (D,), the nearest first; equal distances by name."""
        ...


@dataclass(frozen=True, eq=False)
class Exact:
    """Every description is looked at: 10,000 of 128 numbers take 0.3 ms, 100,000 take 7 ms on one thread.

    ``names`` are the people's, ``starts`` where the descriptions of each begin in ``vectors`` (N, D).

    >>> people = Exact.of(["Ann", "Bob"], np.float32([[0, 0], [3, 4]]))
    >>> people.nearest(np.float32([3, 0]))
    (Match(name='Ann', distance=3.0), Match(name='Bob', distance=4.0))
    """

    names: tuple[str, ...]
    starts: Rows
    vectors: Vectors
    squares: Vectors

    @staticmethod
    def of(names: Sequence[str], vectors: Vectors) -> Exact:
        """Of descriptions (N, D) float32 and the name of each."""
        order = sorted(range(len(names)), key=names.__getitem__)
        ordered = [names[i] for i in order]
        starts = [i for i, name in enumerate(ordered) if i == 0 or ordered[i - 1] != name]
        rows = np.ascontiguousarray(vectors[order], np.float32)
        return Exact(
            tuple(ordered[i] for i in starts), np.array(starts, np.intp), rows, np.einsum("nd,nd->n", rows, rows)
        )

    def nearest(self, description: Vectors, count: int = 2) -> tuple[Match, ...]:
        """In float32 first, then in float64 whoever may be among the nearest by what float32 rounds."""
        if not self.names:
            return ()
        wanted = min(count, len(self.names))
        rough = np.minimum.reduceat(self.squares - 2 * (self.vectors @ description), self.starts)
        limit = np.partition(rough, wanted - 1)[wanted - 1] + 2 * self._rounding(description)
        near = [Match(self.names[i], self._distance(i, description)) for i in np.flatnonzero(rough <= limit).tolist()]
        return tuple(sorted(near, key=lambda match: (match.distance, match.name))[:wanted])

    def _rounding(self, description: Vectors) -> float:
        """What a squared distance in float32 can be wrong by. Source: Higham, Accuracy and Stability, section 3.1."""
        reach = float(np.sqrt(self.squares.max()) + np.linalg.norm(description))
        return (len(description) + 8) * float(np.finfo(np.float32).eps) * reach**2

    def _distance(self, person: int, description: Vectors) -> float:
        end = self.starts[person + 1] if person + 1 < len(self.starts) else len(self.vectors)
        blocks = range(int(self.starts[person]), int(end), _BLOCK)
        return min(float(distances(self.vectors[i : min(i + _BLOCK, end)], description).min()) for i in blocks)


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """Neighbours found through a graph (HNSW, by usearch), their distances exact; one may be missed.

    It is worth its making only where one process asks very often: 10,000 descriptions take 4.5 s to enter on one core,
    while ``Exact`` looks at 100,000 in 7 ms. One thread enters them: of several, which meet is chance, and so is who
    is missed. Raises ``GalleryError`` without usearch.
    Source: Malkov & Yashunin, arXiv:1603.09320.
    """

    exact: Exact
    owners: Rows
    graph: Any

    @staticmethod
    def of(names: Sequence[str], vectors: Vectors) -> NeighbourGraph:
        """Of descriptions (N, D) float32 and the name of each."""
        exact = Exact.of(names, vectors)
        graph = _usearch().Index(ndim=vectors.shape[1], metric="l2sq", dtype="f32", expansion_search=_LOOK)
        graph.add(np.arange(len(vectors)), exact.vectors, threads=1)
        lengths = np.diff(np.append(exact.starts, len(vectors)))
        return NeighbourGraph(exact, np.repeat(np.arange(len(exact.names)), lengths), graph)

    def nearest(self, description: Vectors, count: int = 2) -> tuple[Match, ...]:
        """As ``Exact.nearest``, of the people whom the graph gives; more are asked for until they are enough."""
        everyone = len(self.owners)
        wanted, asked = min(count, len(self.exact.names)), min(_ASKED, everyone)
        rows = self._rows(description, asked)
        while len(set(self.owners[rows].tolist())) < wanted and asked < everyone:
            asked = min(2 * asked, everyone)
            rows = self._rows(description, asked)
        least: dict[str, float] = {}
        for row, distance in zip(rows, distances(self.exact.vectors[rows], description).tolist(), strict=True):
            name = self.exact.names[self.owners[row]]
            least[name] = min(distance, least.get(name, distance))
        near = sorted((distance, name) for name, distance in least.items())
        return tuple(Match(name, distance) for distance, name in near[:wanted])

    def recall(self, descriptions: Iterable[Vectors], count: int = 2) -> float:
        """The share of descriptions whose nearest people are those that ``Exact`` finds."""
        same = [self.nearest(one, count) == self.exact.nearest(one, count) for one in descriptions]
        return sum(same) / len(same)

    def _rows(self, description: Vectors, asked: int) -> Rows:
        found: Rows = self.graph.search(description, asked).keys.astype(np.intp)
        return found


_ASKED = 64
"""Neighbours that the graph is asked for at first."""
_LOOK = 256
"""Candidates that the graph keeps while it looks."""


def distances(vectors: Vectors, description: Vectors) -> Distances:
    """Euclidean distances (N,) in float64 of descriptions (N, D) from one (D,)."""
    apart = vectors.astype(np.float64) - description
    lengths: Distances = np.sqrt(np.einsum("nd,nd->n", apart, apart))
    return lengths


SEARCHES: dict[str, type[Exact] | type[NeighbourGraph]] = {"exact": Exact, "usearch": NeighbourGraph}
"""Every way to search, by the word that asks for it."""


def _usearch() -> Any:
    try:
        import usearch.index
    except ImportError:
        raise GalleryError(
            "gallery-no-usearch", "search='usearch' needs the package usearch", "pip install 'kaiyan[search]'",
            "search='exact' needs nothing and misses nobody",
        ) from None  # fmt: skip
    return usearch.index
