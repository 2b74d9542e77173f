"""ONNX files read by hand: the few parts of the format in which convolutional networks keep their weights.

Source: onnx/onnx.proto of ONNX 1.19 (numbers of fields and kinds), protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.generic]

_KINDS = {1: np.float32, 3: np.int8, 7: np.int64}
"""TensorProto.DataType; the others do not occur."""


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """A step of a graph: its operator, the names of what it takes and gives, and those settings that are numbers."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: dict[str, float]


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """The steps of a network in their order, and its tensors by name as they are stored."""

    nodes: tuple[OnnxNode, ...]
    stored: dict[str, Array]

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor by name, where it is stored in int8 or in another shape as it is meant.

        Raises ``KeyError`` where the name is that of no tensor.
        """
        if name in self.stored:
            return self.stored[name].astype(np.float32)
        node = next((node for node in self.nodes if name in node.outputs and node.kind in _CONSTANT), None)
        if node is None:
            raise KeyError(name)
        return _CONSTANT[node.kind](self, node)


def _dequantized(graph: OnnxGraph, node: OnnxNode) -> NDArray[np.float32]:
    """Whole numbers less their zero, times their scale; both are given for blocks along an axis."""
    whole, scale, zero = (graph.tensor(name) for name in node.inputs)
    axis, block = (int(node.settings[name]) for name in ("axis", "block_size"))
    scale, zero = (np.repeat(x, block, axis).take(range(whole.shape[axis]), axis) for x in (scale, zero))
    return (whole - zero) * scale


def _reshaped(graph: OnnxGraph, node: OnnxNode) -> NDArray[np.float32]:
    return graph.tensor(node.inputs[0]).reshape(graph.stored[node.inputs[1]].astype(int))


_CONSTANT: dict[str, Callable[[OnnxGraph, OnnxNode], NDArray[np.float32]]] = {
    "DequantizeLinear": _dequantized,
    "Reshape": _reshaped,
}
"""What may stand between a stored tensor and the layer that takes it."""


def read(content: bytes) -> OnnxGraph:
    """The graph of an ONNX file; raises ``EOFError`` where it ends early."""
    parts = tuple(_fields(dict(_fields(memoryview(content)))[7]))
    stored = dict(_tensor(value) for number, value in parts if number == 5)
    return OnnxGraph(tuple(_node(value) for number, value in parts if number == 1), stored)


def _node(message: memoryview) -> OnnxNode:
    parts = tuple(_fields(message))
    inputs, outputs = (tuple(_text(value) for n, value in parts if n == number) for number in (1, 2))
    kind = next(_text(value) for number, value in parts if number == 4)
    attributes = [dict(_fields(value)) for number, value in parts if number == 5]
    numbers = {_text(found[1]): found[n] for found in attributes for n in (2, 3) if n in found}
    return OnnxNode(kind, inputs, outputs, numbers)


def _tensor(message: memoryview) -> tuple[str, Array]:
    """Numbers stand in the field of raw bytes, or in that of float32; a size has one field of its own, or all one."""
    parts = tuple(_fields(message))
    sizes = [n for number, value in parts if number == 1 for n in _whole_numbers(value)]
    facts = dict(parts)
    kind = np.dtype(_KINDS[facts[2]]).newbyteorder("<")
    content = facts.get(9, facts.get(4, b""))
    return _text(facts[8]), np.frombuffer(content, kind).reshape(sizes)


def _whole_numbers(value: Any) -> list[int]:
    if isinstance(value, int):
        return [value]
    numbers, place = [], 0
    while place < len(value):
        number, place = _varint(value, place)
        numbers.append(number)
    return numbers


def _text(value: Any) -> str:
    return str(value, "utf-8")


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Number and value of every field: a whole number, a float, or the bytes of what lies in it."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, wire = divmod(key, 8)
        if wire == 0:
            value, place = _varint(message, place)
            yield number, value
            continue
        assert wire in (2, 5), wire
        length, start = _varint(message, place) if wire == 2 else (4, place)
        place = start + length
        if place > len(message):
            raise EOFError(f"a field of {length} bytes begins {len(message) - start} bytes before the end")
        yield number, message[start:place] if wire == 2 else unpack_from("<f", message, start)[0]


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A whole number, seven bits a byte, the lowest first; and the place behind it."""
    number = shift = 0
    for i in range(place, len(message)):
        number |= (message[i] & 127) << shift
        shift += 7
        if message[i] < 128:
            return number, i + 1
    raise EOFError("a whole number has no end")
