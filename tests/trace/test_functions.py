"""The table of torch's functions: its arguments are torch's, a new row is all that a new function needs."""

from __future__ import annotations

import ast
import inspect
import random
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import kaiyan
from kaiyan.spec.axis import Axis
from kaiyan.trace import meta
from kaiyan.trace.costs import macs, uncounted
from kaiyan.trace.fields import receptive_fields
from kaiyan.trace.functions import TORCH_FUNCTIONS
from kaiyan.trace.functions.function import Bound, TorchFunction
from kaiyan.trace.functions.receptive import through_windows
from kaiyan.trace.rebuild import family, rebuilt, settings
from kaiyan.trace.record import record
from kaiyan.trace.windows import pads, windows

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(kaiyan.__file__).parent


class Blur(nn.Module):
    """A layer of the test's own that calls a function of the test's own."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return blur3(x, self.size)


def blur3(x: Tensor, size: int, step: int = 2) -> Tensor:
    """A function that torch's modes see, as they see those of libraries."""
    if torch.overrides.has_torch_function_unary(x):
        return torch.overrides.handle_torch_function(blur3, (x,), x, size, step)
    return functional.avg_pool1d(x, size, step)


def _blurred_windows(call: Bound) -> tuple[Axis, ...]:
    return (Axis(call["size"], call["step"]),)


def _blurred_meta(x: Any, size: Any, step: Any) -> Tensor | None:
    return x.new_empty(*x.shape[:2], (x.shape[2] - size) // step + 1)  # type: ignore[no-any-return]


ROW = TorchFunction(
    "blur3",
    "x size step=2",
    1,
    (Blur,),
    windows=_blurred_windows,
    field=through_windows,
    macs=lambda call: call.output.shape[-1] * int(call["size"]),
    meta={blur3: _blurred_meta},
)


def test_a_planted_row_is_understood_by_every_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = nn.Sequential(Blur(5), nn.Conv1d(1, 1, 3)), torch.zeros(1, 1, 21)
    before = record(model, x)
    assert receptive_fields(before)[0].status == "unknown"
    assert family(model[0]) is None

    monkeypatch.setitem(TORCH_FUNCTIONS, "blur3", ROW)
    found = record(model, x)
    call = next(call for call in found.calls if call.kind == "blur3")
    assert windows(call) == (Axis(5, 2),)
    assert pads(call) == ((0, 0),)
    assert receptive_fields(found)[0].sizes == (5 + 2 * 2,)
    assert (macs(found)[call.number], uncounted(found)) == (9 * 5, ())
    assert meta.result(blur3, (torch.empty(1, 1, 21, device="meta"), 5), {}).shape == (1, 1, 9)  # type: ignore[union-attr]
    assert settings(model[0]) == {"size": 5}
    assert getattr(rebuilt(model[0], size=7), "size", None) == 7


def _torchs_orders(name: str) -> Iterator[list[str]]:
    """The orders in which torch spells a function's arguments, by its schemas and by Python's signatures."""
    packet = getattr(torch.ops.aten, name, None)
    for overload in packet.overloads() if packet is not None else ():
        schema = getattr(packet, overload)._schema
        yield ["input" if entry.name == "self" else entry.name for entry in schema.arguments]
    for place in (functional, torch, Tensor):
        function = getattr(place, name, None)
        if inspect.isfunction(function):
            order = [*inspect.signature(function).parameters]
            yield ["input" if entry == "self" else entry for entry in order]


WITHOUT_PYTHON = frozenset({"max_pool1d", "max_pool2d", "max_pool3d"})
"""torch builds these at run time from two functions, of which it shows no signature."""
OPERATORS = frozenset({"iadd", "radd", "isub", "rsub", "imul", "rmul", "itruediv", "truediv", "imatmul", "rmatmul"})


@pytest.mark.parametrize("name", sorted(name for name, row in TORCH_FUNCTIONS.items() if row.order))
def test_arguments_stand_in_torchs_order(name: str) -> None:
    row = TORCH_FUNCTIONS[name]
    ours = list(row.arguments)
    if name in OPERATORS:
        assert ours == ["input", "other"]
        return
    if name in WITHOUT_PYTHON:
        theirs = [*inspect.signature(getattr(functional, f"_{name}")).parameters]
        assert ours == theirs
        return
    orders = list(_torchs_orders(name))
    assert orders
    assert any(order[: len(ours)] == ours for order in orders), (ours, orders)


def test_defaults_are_torchs() -> None:
    count = 0
    for name, row in TORCH_FUNCTIONS.items():
        for place in (functional, torch):
            function = getattr(place, name, None)
            if inspect.isfunction(function) and row.order and name not in WITHOUT_PYTHON | {"tensordot"}:
                theirs = inspect.signature(function).parameters
                if "args" not in theirs:
                    spelled = {key: own.default for key, own in theirs.items() if own.default is not own.empty}
                    ours = {key: value for key, value in row.arguments.items() if key not in row.required}
                    assert ours.items() <= spelled.items(), name
                    count += 1
                    break
    assert count > 10


def _strings(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _names_of_functions() -> Iterator[tuple[str, str]]:
    """What a call's ``kind`` is compared with in trace and in explain, and lists of such names."""
    for path in [*SOURCE.glob("trace/*.py"), *SOURCE.glob("explain/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "kind":
                yield from ((path.name, name) for right in node.comparators for name in _strings(right))
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_RESHAPES":
                yield from ((path.name, name) for name in _strings(node.value))


def test_every_function_that_a_rule_names_is_a_row() -> None:
    names = list(_names_of_functions())
    assert len(names) > 5
    assert [entry for entry in names if entry[1] not in TORCH_FUNCTIONS] == []


def test_a_row_stands_under_its_own_name_and_once() -> None:
    families = ("convolutions", "pools", "products", "recurrent", "elementwise", "views")
    tables = [vars(import_module(f"kaiyan.trace.functions.{family}")) for family in families]
    rows = [row for table in tables for name, own in table.items() if name.endswith("_ROWS") for row in own]
    assert len(rows) == len(TORCH_FUNCTIONS)
    assert all(name == row.name.strip("_") for name, row in TORCH_FUNCTIONS.items())


ODD: tuple[Any, ...] = (
    None, "same", -1, 0, 2.5, (1, 2), [], True, object(), torch.zeros(2, 3), torch.empty(2, 3, device="meta"),
    torch.empty(1, 2, 5, 5, device="meta"), torch.empty(3, dtype=torch.int64, device="meta"),
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(name for name, row in TORCH_FUNCTIONS.items() if row.meta))
def test_a_result_is_made_or_left_whatever_the_arguments_are(name: str) -> None:
    draw, row = random.Random(0), TORCH_FUNCTIONS[name]
    for _ in range(300):
        args = tuple(draw.choice(ODD) for _ in range(draw.randrange(len(row.arguments) + 2)))
        named = {argument: draw.choice(ODD) for argument in row.arguments if draw.random() < 0.2}
        made = meta.result(draw.choice([*row.meta]), args, named)
        assert made is None or made.is_meta


class _OddlySet(nn.Module):
    """A function of torch whose settings are tensors, as torch takes them of one element."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)  # type: ignore[no-any-return]


TWO: Any = torch.tensor(2)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: functional.max_pool2d(x, TWO),
        lambda x: functional.pad(x, (TWO, 1)),
        lambda x: functional.conv2d(x, torch.ones(1, 1, 3, 3), stride=TWO),
        lambda x: torch.tensordot(x, torch.ones(6, 2), dims=1),
    ],
    ids=["max_pool2d", "pad", "conv2d", "tensordot"],
)
def test_settings_that_are_no_plain_numbers_are_not_known_and_raise_nothing(function: Any) -> None:
    found = kaiyan.summary(_OddlySet(function), (1, 1, 6, 6))
    assert found.layers[-1].field.status == "unknown"


LAYERS: tuple[tuple[nn.Module, dict[str, Any]], ...] = (
    (nn.Conv2d(4, 6, 3, 2, 1, groups=2, bias=False, padding_mode="circular"), {"stride": 1}),
    (nn.ConvTranspose1d(4, 6, 3, 2, output_padding=1), {"out_channels": 8}),
    (nn.Linear(3, 4, bias=False), {"in_features": 5}),
    (nn.BatchNorm2d(4, eps=0.1, affine=False), {"num_features": 6}),
    (nn.GroupNorm(2, 4), {"num_groups": 4}),
    (nn.LayerNorm((3, 4), bias=False), {"normalized_shape": (5,)}),
    (nn.MaxPool2d(3, ceil_mode=True), {"padding": 1}),
    (nn.AvgPool2d(3, divisor_override=5), {"stride": 1}),
    (nn.Embedding(5, 3, padding_idx=1), {"num_embeddings": 7}),
    (nn.Upsample(scale_factor=2, mode="bilinear"), {"scale_factor": 3}),
    (nn.MultiheadAttention(8, 2, batch_first=True), {"embed_dim": 16}),
    (nn.MultiheadAttention(8, 2, kdim=4, vdim=6), {"num_heads": 4}),
)


@pytest.mark.parametrize("place", range(len(LAYERS)))
def test_a_layer_is_rebuilt_with_one_setting_changed_and_all_others_kept(place: int) -> None:
    layer, changes = LAYERS[place]
    again = rebuilt(layer, **changes)
    assert again is not None
    before, after = settings(layer), settings(again)
    kept = {name for name in before if name not in changes}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    (name,) = changes
    assert after[name] != before[name]
    assert {key: tuple(p.shape) for key, p in layer.named_parameters()}.keys() == dict(again.named_parameters()).keys()
