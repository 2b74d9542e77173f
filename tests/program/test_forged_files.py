"""Files that were made to deceive: the checksum is right, what they say is not."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from saved_nets import refusal, small_graph

from kaiyan.program.graph import Graph, Input
from kaiyan.program.graph_text import text_of_graph
from kaiyan.program.saved import load, save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.kaiyan"


def _forged(path: Path, entries: dict[str, Any] | str, body: bytes = b"") -> None:
    """A file with this header and a checksum that is right."""
    text = entries if isinstance(entries, str) else json.dumps(entries, separators=(",", ":"))
    head = len(text.encode()).to_bytes(8, "little") + text.encode()
    checksum = f"{zlib.crc32(head + body):08x}".encode()
    path.write_bytes(head.replace(b'"checksum":"00000000"', b'"checksum":"' + checksum + b'"') + body)


def _words(graph: str | None = None, version: str = "1") -> dict[str, str]:
    identity = Graph((Input("x", (1,)),), ("x",), (), {})
    text = text_of_graph(identity) if graph is None else graph
    return {"checksum": "00000000", "kaiyan": version, "graph": text, "about": '{"classes":[],"picture":null}'}


def test_a_forged_file_without_a_mistake_is_read(path: Path) -> None:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    _forged(path, {"__metadata__": _words(), "a": entry}, np.array([1, 2], "<f4").tobytes())
    assert load(path).graph.constants["a"].tolist() == [1, 2]


def test_another_format_is_refused_with_a_way_out(path: Path) -> None:
    _forged(path, {"__metadata__": _words(version="2")})
    assert refusal(path) == "program-newer"


@pytest.mark.parametrize(
    "entries",
    [
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [4, 20]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}},
        {"a": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [True, 4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F4", "shape": [4], "data_offsets": [0, 16]}},
        {"a": {"dtype": ["F32"], "shape": [4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], "more": 1}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16, 16]}},
        {"a": {"dtype": "F32", "shape": [1] * 16 + [4], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": 4, "data_offsets": [0, 16]}},
        {"a": [0, 16]},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
         "b": {"dtype": "F32", "shape": [3], "data_offsets": [4, 16]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
         "b": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
        {},
    ],
)  # fmt: skip
def test_arrays_that_do_not_lie_side_by_side_in_the_file_are_refused(path: Path, entries: dict[str, Any]) -> None:
    _forged(path, {"__metadata__": _words(), **entries}, bytes(16))
    assert refusal(path) == "program-damaged"


@pytest.mark.parametrize(
    "text",
    [
        '{"__metadata__":{"checksum":"00000000","kaiyan":"1","kaiyan":"1"}}',
        '{"__metadata__":{"checksum":"00000000","kaiyan":"1","graph":7}}',
        '{"__metadata__":{"checksum":"00000000","kaiyan":"1"}}',
        '{"__metadata__":{"kaiyan":"1","graph":"' + "[" * 5000 + '"}}',
        '{"__metadata__":{"kaiyan":"1","a":' + "[" * 100_000 + "]" * 100_000 + "}}",
        '[{"__metadata__":{"kaiyan":"1"}}]',
    ],
)
def test_headers_that_nobody_wrote_are_refused(path: Path, text: str) -> None:
    _forged(path, text)
    assert refusal(path) == "program-damaged"


def _node(facts: Any, **settings: Any) -> None:
    facts["nodes"][0]["settings"].update(settings)


def _drop(facts: Any, name: str) -> None:
    del facts["nodes"][0]["settings"][name]


_WRONG_TEXTS: tuple[Callable[[Any], Any], ...] = (
    lambda facts: facts.update(more=1),
    lambda facts: facts.update(inputs={}),
    lambda facts: facts["inputs"].append(facts["inputs"][0]),
    lambda facts: facts["inputs"][0].update(name=""),
    lambda facts: facts["inputs"][0].update(name=7),
    lambda facts: facts["inputs"][0].update(shape=[1, 2, -5, 4]),
    lambda facts: facts["inputs"][0].update(shape=[1, 2, True, 4]),
    lambda facts: facts["inputs"][0].update(shape=[1, 2, {"size": "n+1"}, 4]),
    lambda facts: facts["inputs"][0].update(shape=None),
    lambda facts: facts["outputs"].append("nothing"),
    lambda facts: facts["outputs"].append(["s"]),
    lambda facts: facts["nodes"].reverse(),
    lambda facts: facts["nodes"][0].update(output="x"),
    lambda facts: facts["nodes"][1].update(output="weight"),
    lambda facts: facts["nodes"][0].update(operation="foreign"),
    lambda facts: facts["nodes"][0].update(operation="os.system"),
    lambda facts: facts["nodes"][0].update(operation=["map"]),
    lambda facts: facts["nodes"][0].update(inputs="xw"),
    lambda facts: facts["nodes"][0].update(inputs=["x", "weight", "later"]),
    lambda facts: facts["nodes"][0].update(settings=[]),
    lambda facts: facts["nodes"][0].pop("settings"),
    lambda facts: _node(facts, groups={"size": 3}),
    lambda facts: _node(facts, groups={"call": "n"}),
    lambda facts: _node(facts, groups={"number": "1e5"}),
    lambda facts: _node(facts, groups=[[[[[[1]]]]]]),
)
_WRONG_GRAPHS: tuple[Callable[[Any], Any], ...] = (
    lambda facts: facts["inputs"][0].update(dtype="object"),
    lambda facts: facts["inputs"][0].update(dtype="float64"),
    lambda facts: facts["inputs"][0].update(dtype="int64"),
    lambda facts: facts["inputs"][0].update(shape=[1, 3, 5, 4]),
    lambda facts: facts["inputs"][0].update(shape=[1, 2, 5]),
    lambda facts: facts["inputs"][0].update(shape=[2**30, 2, 2**30, 4]),
    lambda facts: facts["nodes"][0].update(inputs=["x", "weight"]),
    lambda facts: facts["nodes"][0].update(inputs=["x", "weight", "weight"]),
    lambda facts: facts["nodes"][0].update(inputs=["x", "weight", "whole"]),
    lambda facts: facts["nodes"][0].update(inputs=["x", "bias", "bias"]),
    lambda facts: facts["nodes"][1].update(inputs=["y", "weight"]),
    lambda facts: facts["nodes"][1].update(inputs=[]),
    lambda facts: _node(facts, groups=2),
    lambda facts: _node(facts, groups=0),
    lambda facts: _node(facts, groups=1.0),
    lambda facts: _node(facts, groups=True),
    lambda facts: _node(facts, kernel=[3, 5]),
    lambda facts: _node(facts, stride=[1]),
    lambda facts: _node(facts, stride=[0, 1]),
    lambda facts: _node(facts, stride=[2**40, 1]),
    lambda facts: _node(facts, padding=[1, 1]),
    lambda facts: _node(facts, padding=[[-1, 1], [1, 1]]),
    lambda facts: _node(facts, dilation=[9, 9]),
    lambda facts: _node(facts, bias=1),
    lambda facts: _node(facts, residual=True),
    lambda facts: _node(facts, transposed=True),
    lambda facts: _node(facts, activation="exec"),
    lambda facts: _node(facts, padding_mode="constant(1)"),
    lambda facts: _node(facts, more=1),
    lambda facts: _drop(facts, "stride"),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[]),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[["relu", 1]]),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[["relu", -1]]),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[["relu", 0, 0]]),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[["add", 0]]),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[["eval", 0]]),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[["relu", "y"]]),
    lambda facts: facts["nodes"][1]["settings"].update(terms=[["add", 0, {"size": "n"}]]),
    lambda facts: facts["nodes"][2]["settings"].update(axes=[2, 4]),
    lambda facts: facts["nodes"][2]["settings"].update(axes=[2, 2]),
    lambda facts: facts["nodes"][2]["settings"].update(axes=[]),
    lambda facts: facts["nodes"][2]["settings"].update(kind="prod"),
    lambda facts: facts["nodes"][3]["settings"].update(axis=2),
    lambda facts: facts["nodes"][3]["settings"].update(axis=-1),
)


def _change(path: Path, change: Callable[[Any], Any]) -> None:
    graph = small_graph()
    facts = json.loads(text_of_graph(graph))
    change(facts)
    save(graph, path)
    length = int.from_bytes(path.read_bytes()[:8], "little")
    entries, body = json.loads(path.read_bytes()[8 : 8 + length]), path.read_bytes()[8 + length :]
    entries["__metadata__"] = _words(json.dumps(facts))
    _forged(path, entries, body)


@pytest.mark.parametrize("number", range(len(_WRONG_TEXTS)))
def test_a_text_that_is_no_graph_is_refused(path: Path, number: int) -> None:
    _change(path, _WRONG_TEXTS[number])
    assert refusal(path) == "program-damaged"


@pytest.mark.parametrize("number", range(len(_WRONG_GRAPHS)))
def test_a_graph_whose_parts_do_not_fit_is_refused(path: Path, number: int) -> None:
    _change(path, _WRONG_GRAPHS[number])
    assert refusal(path) == "program-cannot-be"
