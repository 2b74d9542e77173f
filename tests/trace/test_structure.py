"""Tensors are found and replaced in whatever holds them; what comes out is what torch itself gives."""

from __future__ import annotations

from collections import OrderedDict, UserDict, deque, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import kaiyan
from kaiyan.trace.record import record
from kaiyan.trace.structure import changed, mapped, tensors

Pair = namedtuple("Pair", "one two")


@dataclass
class Output:
    logits: Any
    hidden: Any = None


@dataclass(frozen=True, slots=True)
class Frozen:
    sample: Any


class ModelOutput(OrderedDict[str, Any]):
    """A mapping whose entries are attributes too, as transformers returns it."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


class Own:
    """A class of the user's, as detectors use for pictures with their masks."""

    def __init__(self, tensors: Any) -> None:
        self.tensors, self.mask = tensors, "none"


class Declared:
    """What a class of attrs has."""

    __slots__ = ("value",)
    __attrs_attrs__ = (namedtuple("Attribute", "name")("value"),)

    def __init__(self, value: Any) -> None:
        self.value = value


HOLDERS: dict[str, Any] = {
    "a tuple": lambda y: (y, 1),
    "a list in a list": lambda y: [[y], None],
    "a dict": lambda y: {"out": y},
    "a set": lambda y: {y},
    "a frozen set": lambda y: frozenset([y]),
    "a deque": lambda y: deque([y]),
    "a named tuple": lambda y: Pair(y, 3),
    "a dataclass": Output,
    "a frozen dataclass": Frozen,
    "a dataclass in a dataclass": lambda y: Output(1, Frozen([y])),
    "a class of attrs": Declared,
    "a model output": lambda y: ModelOutput(logits=y),
    "a class of one's own": Own,
    "a user's dict in a tuple": lambda y: (UserDict({"y": y}), range(3)),
}


class Net(nn.Module):
    def __init__(self, hold: Any) -> None:
        super().__init__()
        self.conv, self.hold = nn.Conv2d(3, 4, 3), hold

    def forward(self, x: Any) -> Any:
        return self.hold(self.conv(next(tensors(x))))


@pytest.mark.parametrize("kind", HOLDERS)
def test_an_answer_is_seen_in(kind: str) -> None:
    found = record(Net(HOLDERS[kind]), torch.rand(1, 3, 8, 8))
    assert (found.on, found.error) == ("meta", None)
    assert [seen.shape for seen in found.outputs] == [(1, 4, 6, 6)]


@pytest.mark.parametrize("kind", HOLDERS)
def test_an_input_is_lent_in(kind: str) -> None:
    x = torch.rand(1, 3, 8, 8)
    held = HOLDERS[kind](x)
    given = (held,) if isinstance(held, (tuple, list)) else [held]
    found = record(Net(lambda y: y), given)
    assert (found.on, found.error) == ("meta", None)
    assert [seen.shape for seen in found.inputs] == [(1, 3, 8, 8)]
    assert next(tensors(held)) is x


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_tensor_is_changed_in(kind: str) -> None:
    x = torch.ones(2)
    held = HOLDERS[kind](x)
    changed = mapped(held, lambda tensor: tensor + 1)
    assert type(changed) is type(held)
    assert next(tensors(changed)).tolist() == [2.0, 2.0]
    assert next(tensors(held)) is x


WRITTEN = frozenset(
    [
        "a dict",
        "a dataclass",
        "a frozen dataclass",
        "a dataclass in a dataclass",
        "a class of attrs",
        "a model output",
        "a class of one's own",
        "a user's dict in a tuple",
    ]
)
"""What stays the object that it is."""


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_tensor_is_changed_where_it_is_held(kind: str) -> None:
    structure = HOLDERS[kind](torch.ones(2))
    again = changed(structure, lambda tensor: tensor + 1)
    assert type(again) is type(structure)
    assert [tensor.tolist() for tensor in tensors(again)] == [[2.0, 2.0]]
    assert (again is structure) == (kind in WRITTEN)
    assert changed(again, lambda tensor: tensor) is again


def test_a_slice_and_what_holds_itself_are_changed() -> None:
    loop: list[Any] = [slice(torch.ones(1), None)]
    loop.append(loop)
    again = changed(loop, lambda tensor: tensor + 1)
    assert again[0].start.tolist() == [2.0]
    assert again[1] is loop


class Sliced(nn.Module):
    """A slice that a buffer ends."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 4, 3)
        self.n = nn.Buffer(torch.tensor(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)[:, : self.n]  # type: ignore[no-any-return]


def test_a_tensor_in_a_slice_is_looked_into() -> None:
    found = record(Sliced(), torch.rand(1, 2, 9))
    assert (found.error, [seen.shape for seen in found.outputs]) == (None, [(1, 3, 7)])
    assert "it fails" not in str(kaiyan.summary(Sliced(), (1, 2, 9)))
    assert [seen.shape for seen in next(c for c in found.calls if c.kind == "getitem").inputs] == [(1, 4, 7), ()]


class Ranged(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([x[i] for i in range(len(x))]).flatten(1)[:, range(2)]


def test_a_range_is_no_tensor() -> None:
    assert [seen.shape for seen in record(Ranged(), torch.rand(3, 2, 2)).outputs] == [(3, 2)]


def test_a_structure_that_holds_itself_ends() -> None:
    loop: list[Any] = [torch.ones(2)]
    loop.append(loop)
    assert len(list(tensors(loop))) == 1


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, *, pixels: Tensor, scale: Any = None) -> Any:
        return self.conv(pixels) if scale is None else self.conv(pixels) * scale["by"]


@pytest.mark.parametrize("inputs", [dict, UserDict, OrderedDict])
def test_named_inputs_are_given_by_name(inputs: Any) -> None:
    data = inputs({"pixels": torch.rand(1, 3, 8, 8), "scale": {"by": torch.ones(1)}})
    found = kaiyan.summary(Named(), input_data=data)
    assert found.error is None
    assert [seen.shape for seen in found.layers[0].outputs] == [(1, 4, 6, 6)]
