"""A graph as text, JSON, and read again: every field is looked at, and nothing is executed."""

from __future__ import annotations

import json
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.size import Symbolic
from kaiyan.program.tensors_file import DamageError, once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.reference.dtype import Numbers

_MOST_NODES, _LONGEST_NAME, _DEEPEST = 100_000, 1000, 4


def text_of_graph(graph: Graph) -> str:
    """Inputs, outputs and nodes; the constants are kept elsewhere, by their names."""
    facts = {
        "inputs": [
            {"name": given.name, "shape": [_plain(size) for size in given.shape], "dtype": given.dtype}
            for given in graph.inputs
        ],
        "outputs": list(graph.outputs),
        "nodes": [
            {
                "operation": node.operation, "inputs": list(node.inputs), "output": node.output,
                "settings": {name: _plain(setting) for name, setting in node.settings.items()},
            }
            for node in graph.nodes
        ],
    }  # fmt: skip
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(setting: Any) -> Any:
    """A setting as JSON has it: sizes and numbers that JSON does not know are objects of one entry."""
    if isinstance(setting, Symbolic):
        return {"size": setting.text}
    if isinstance(setting, tuple | list):
        return [_plain(entry) for entry in setting]
    if isinstance(setting, np.generic):
        return _plain(setting.item())
    if isinstance(setting, float) and not isfinite(setting):
        return {"number": str(setting)}
    return setting


def graph_of_text(text: str, constants: Mapping[str, Numbers]) -> Graph:
    """The graph; raises ``DamageError`` where anything in the text is not as ``text_of_graph`` writes it."""
    try:
        facts = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise DamageError from None
    _require(_has(facts, "inputs", "outputs", "nodes"))
    _require(all(isinstance(facts[name], list) and len(facts[name]) <= _MOST_NODES for name in facts))
    inputs = tuple(_input(entry) for entry in facts["inputs"])
    nodes = tuple(_node(entry) for entry in facts["nodes"])
    graph = Graph(inputs, _names(facts["outputs"]), nodes, constants)
    _require(_is_in_order(graph))
    return graph


def _require(holds: bool) -> None:
    if not holds:
        raise DamageError


def _has(entry: Any, *names: str) -> bool:
    return isinstance(entry, dict) and set(entry) == set(names)


def _name(entry: Any) -> str:
    _require(isinstance(entry, str) and 0 < len(entry) <= _LONGEST_NAME)
    return str(entry)


def _names(entry: Any) -> tuple[str, ...]:
    _require(isinstance(entry, list) and len(entry) <= _MOST_NODES)
    return tuple(_name(name) for name in entry)


def _input(entry: Any) -> Input:
    _require(_has(entry, "name", "shape", "dtype") and isinstance(entry["shape"], list))
    shape = tuple(_setting(size) for size in entry["shape"])
    for size in shape:
        _require(size.text.isidentifier() if isinstance(size, Symbolic) else type(size) is int and size >= 0)
    return Input(_name(entry["name"]), shape, _name(entry["dtype"]))


def _node(entry: Any) -> Node:
    _require(_has(entry, "operation", "inputs", "output", "settings") and isinstance(entry["settings"], dict))
    operation = _name(entry["operation"])
    _require(operation in OPERATIONS and operation != "foreign")
    settings = {name: _setting(setting) for name, setting in entry["settings"].items()}
    return Node(operation, _names(entry["inputs"]), _name(entry["output"]), settings)


def _setting(entry: Any, depth: int = 0) -> Any:
    _require(depth <= _DEEPEST)
    if isinstance(entry, list):
        return tuple(_setting(inner, depth + 1) for inner in entry)
    if isinstance(entry, dict):
        [(kind, value)] = entry.items() if len(entry) == 1 else [("", "")]
        _require(isinstance(value, str) and (kind == "size" or (kind == "number" and value in _NUMBERS)))
        return Symbolic(value) if kind == "size" else _NUMBERS[value]
    _require(not isinstance(entry, float) or isfinite(entry))
    return entry


_NUMBERS = {"inf": inf, "-inf": -inf, "nan": nan}


def _is_in_order(graph: Graph) -> bool:
    """Whether every value is made once, and before it is read."""
    made = [given.name for given in graph.inputs] + list(graph.constants)
    known = set(made)
    if len(known) != len(made):
        return False
    for node in graph.nodes:
        if node.output in known or not known.issuperset(node.inputs):
            return False
        known.add(node.output)
    return known.issuperset(graph.outputs)
