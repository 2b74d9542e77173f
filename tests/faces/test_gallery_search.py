"""Search: what float32 rounds decides nothing, ties are by name, and 10,000 are looked at within 10 ms."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fake_faces import Fake, photograph
from hypothesis import given
from hypothesis import strategies as st

from kaiyan.faces import gallery_records as records
from kaiyan.faces.gallery import Gallery
from kaiyan.faces.gallery_file import writing
from kaiyan.faces.gallery_refusals import GalleryError
from kaiyan.faces.search import SEARCHES, Exact, Match, NeighbourGraph
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def _by_hand(names: Sequence[str], vectors: Any, query: Any, count: int) -> list[tuple[str, float]]:
    """The definition, one pair at a time in Python's whole numbers."""
    least: dict[str, int] = {}
    for name, vector in zip(names, vectors.tolist(), strict=True):
        square = sum((int(a) - int(b)) ** 2 for a, b in zip(vector, query.tolist(), strict=True))
        least[name] = min(square, least.get(name, square))
    return [(name, square**0.5) for square, name in sorted((square, name) for name, square in least.items())[:count]]


def _people(rng: np.random.Generator, people: int, each: int, spread: float = 0.1) -> tuple[list[str], Any]:
    """Descriptions near a unit vector a person, as a network of faces makes them."""
    centres = rng.standard_normal((people, 128))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    vectors = np.repeat(centres, each, 0) + rng.standard_normal((people * each, 128)) * spread / 128**0.5
    return [f"person {i // each:06}" for i in range(people * each)], vectors.astype(np.float32)


@given(
    seed=st.integers(0, 10_000), people=st.integers(1, 9), each=st.integers(1, 4), size=st.integers(1, 5),
    count=st.integers(1, 4),
)  # fmt: skip
def test_the_nearest_people_are_those_of_the_definition_with_ties_by_name(
    seed: int, people: int, each: int, size: int, count: int
) -> None:
    rng = np.random.default_rng(seed)
    names = [f"p{rng.integers(people)}" for _ in range(people * each)]
    vectors = rng.integers(-2, 3, (len(names), size)).astype(np.float32)
    query = rng.integers(-2, 3, size).astype(np.float32)
    found = Exact.of(names, vectors).nearest(query, count)
    assert [(match.name, match.distance) for match in found] == _by_hand(names, vectors, query, count)


def test_distances_that_float32_cannot_tell_apart_are_told_apart() -> None:
    """Squares of 4096 and more leave no digit of float32 for a difference of 1/16 squared."""
    vectors = np.full((3, 128), 64, np.float32)
    vectors[0, 0] += 3 / 16
    vectors[1, 0] += 1 / 16
    vectors[2, 0] += 2 / 16
    found = Exact.of(["Ann", "Bob", "Cy"], vectors).nearest(np.full(128, 64, np.float32), 3)
    assert found == (Match("Bob", 1 / 16), Match("Cy", 2 / 16), Match("Ann", 3 / 16))


def test_many_equal_descriptions_are_looked_at_in_blocks() -> None:
    names = ["Bob"] * 20_000 + ["Ann"] * 20_000
    found = Exact.of(names, np.ones((40_000, 16), np.float32)).nearest(np.zeros(16, np.float32))
    assert found == (Match("Ann", 4.0), Match("Bob", 4.0))


def test_ten_thousand_are_looked_at_within_ten_milliseconds() -> None:
    names, vectors = _people(np.random.default_rng(0), 5000, 2)
    search = Exact.of(names, vectors)
    times = []
    for i in range(21):
        start = perf_counter()
        search.nearest(vectors[i])
        times.append(perf_counter() - start)
    assert sorted(times)[5] < 0.010  # a quarter of them: the machine has other work too


def test_a_gallery_of_ten_thousand_answers_within_ten_milliseconds(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "faces.sqlite", network=Fake())
    rng = np.random.default_rng(0)
    rows = (rng.integers(1, 255, (5000, 2, 128)) / 256).astype(np.float32)
    with writing(gallery.path) as file:
        for i, own in enumerate(rows):
            number = records.add_person(file, f"person {i}")
            records.add_consent(file, number, "agreed", records.now())
            for j, numbers in enumerate(own):
                records.add_description(file, number, numbers, f"{i} {j}", records.now())
        records.set_network(file, records.Origin("fake", Fake().fingerprint))
    asked, times = photograph((rows[77, 1] * 256).astype(int)), []
    assert gallery.who(asked).faces[0].name == "person 77"
    for _ in range(21):
        start = perf_counter()
        assert gallery.who(asked).people == 5000
        times.append(perf_counter() - start)
    assert sorted(times)[5] < 0.010


def test_a_hundred_thousand_give_the_people_that_float64_gives() -> None:
    names, vectors = _people(np.random.default_rng(1), 50_000, 2)
    search = Exact.of(names, vectors)
    for i in (0, 7, 99_999):
        query = vectors[i] + np.float32(0.001)
        squares = ((vectors.astype(np.float64) - query) ** 2).sum(1)
        best = int(squares.argmin())
        own = np.array(names) == names[best]
        runner_up = int(np.where(own, np.inf, squares).argmin())
        assert [match.name for match in search.nearest(query)] == [names[best], names[runner_up]]


def test_the_graph_finds_whom_the_exact_search_finds() -> None:
    pytest.importorskip("usearch")
    rng = np.random.default_rng(2)
    names, vectors = _people(rng, 1000, 3)
    graph, again = NeighbourGraph.of(names, vectors), NeighbourGraph.of(names, vectors)
    queries = vectors[rng.integers(0, 3000, 100)] + rng.standard_normal((100, 128)).astype(np.float32) * 0.005
    assert graph.recall(queries, 1) == 1.0
    assert graph.recall(queries) >= 0.97
    assert [graph.nearest(query) for query in queries] == [again.nearest(query) for query in queries]
    assert graph.nearest(queries[0])[0].distance == graph.exact.nearest(queries[0])[0].distance


def test_the_graph_asks_for_more_where_one_person_fills_the_neighbourhood() -> None:
    pytest.importorskip("usearch")
    vectors = np.concatenate([np.linspace(0, 1, 500)[:, None].repeat(4, 1), np.full((1, 4), 9)]).astype(np.float32)
    found = NeighbourGraph.of(["Ann"] * 500 + ["Bob"], vectors).nearest(np.zeros(4, np.float32))
    assert found == (Match("Ann", 0.0), Match("Bob", 18.0))


def test_a_recall_that_is_not_whole_is_found() -> None:
    pytest.importorskip("usearch")
    names, vectors = _people(np.random.default_rng(3), 50, 2)
    graph = NeighbourGraph.of(names, vectors)
    other = NeighbourGraph(Exact.of([f"not {name}" for name in names], vectors), graph.owners, graph.graph)
    blind = NeighbourGraph(graph.exact, np.zeros_like(graph.owners), graph.graph)
    assert other.recall(vectors[:5]) == 1.0
    assert blind.recall(vectors[50:55]) == 0.0


def test_without_usearch_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(GalleryError) as caught:
        SEARCHES["usearch"].of(["Ann"], np.ones((1, 4), np.float32))
    assert caught.value.code == "gallery-no-usearch"
    assert "usearch" in say(caught.value, "zh")
