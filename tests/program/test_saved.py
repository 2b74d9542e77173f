"""A network in one file: what comes back is what was saved, and nothing else comes back."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from random_graphs import random_arrays, random_graph
from saved_nets import refusal, small_graph

import kaiyan
from kaiyan.program.graph import Graph
from kaiyan.program.picture_input import PictureInput
from kaiyan.program.rewrites import rewritten
from kaiyan.program.saved import load, save

if TYPE_CHECKING:
    from pathlib import Path

DAMAGED = {"program-damaged", "program-not-ours", "program-newer"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.kaiyan"


def test_what_comes_back_is_what_was_saved(path: Path) -> None:
    for seed in range(60):
        graph = random_graph(seed) if seed % 2 else rewritten(random_graph(seed))
        save(graph, path)
        again = load(path).graph
        assert repr((again.inputs, again.outputs, again.nodes)) == repr((graph.inputs, graph.outputs, graph.nodes))
        assert list(again.constants) == sorted(again.constants, key=list(again.constants).index)
        assert set(again.constants) == set(graph.constants)
        for name, array in graph.constants.items():
            kept = again.constants[name]
            assert (kept.dtype, kept.shape, kept.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_a_saved_network_answers_as_its_graph_and_gives_one_output_as_it_is(path: Path) -> None:
    save(small_graph(), path, classes=["a", "b", "c"], picture=PictureInput((5, 4), 0.5, resampling="bicubic"))
    network = kaiyan.load(path)
    [x] = random_arrays(small_graph(), 1)
    [wanted] = small_graph().computed([x])
    answer = network(x)
    assert isinstance(answer, np.ndarray)
    assert np.abs(answer - wanted).max() < 1e-6
    assert network.classes == ("a", "b", "c")
    assert network.picture == PictureInput((5, 4), 0.5, resampling="bicubic")
    assert repr(network) == "LoadedProgram(x (1, 2, 5, 4) float32; 4 steps, 1 outputs)"


def test_several_outputs_come_as_a_list(path: Path) -> None:
    graph = small_graph()
    save(Graph(graph.inputs, ("s", "y"), graph.nodes, graph.constants), path)
    assert [output.shape for output in load(str(path))(random_arrays(graph, 1)[0])] == [(1, 3), (1, 3, 5, 4)]


def test_the_file_is_a_safetensors_file_and_always_the_same(path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    save(small_graph(), path)
    first = path.read_bytes()
    tensors = safetensors.load_file(path)
    assert {name: array.tobytes() for name, array in tensors.items()} == {
        name: array.tobytes() for name, array in small_graph().constants.items()
    }
    save(small_graph(), path)
    assert path.read_bytes() == first
    assert (len(first) - sum(array.nbytes for array in tensors.values())) % 64 == 0


def test_a_file_with_any_bit_changed_is_refused(path: Path) -> None:
    save(small_graph(), path)
    content = path.read_bytes()
    for place in [*range(100), *range(100, len(content), 9)]:
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        assert refusal(path) in DAMAGED, place


def test_a_file_that_is_cut_or_longer_is_refused(path: Path) -> None:
    save(small_graph(), path)
    content = path.read_bytes()
    random = np.random.default_rng(0)
    for length in [*range(80), *random.integers(80, len(content), 200)]:
        path.write_bytes(content[:length])
        assert refusal(path) in DAMAGED, length
    for more in (b"\0", content, random.bytes(64)):
        path.write_bytes(content + more)
        assert refusal(path) == "program-damaged"


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"{}", pickle.dumps({"a": 1}), b"PK\3\4" + bytes(100), (2).to_bytes(8, "little") + b"{}",
     (2**60).to_bytes(8, "little") + b"{}" * 50, bytes(5000), b"\xff" * 5000],
)  # fmt: skip
def test_a_file_that_is_not_ours_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path) == "program-not-ours"


def test_safetensors_of_others_are_not_ours(path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    safetensors.save_file({"a": np.ones(3)}, path)
    assert refusal(path) == "program-not-ours"


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.kaiyan") == "program-not-read"
    assert refusal(tmp_path) == "program-not-read"
