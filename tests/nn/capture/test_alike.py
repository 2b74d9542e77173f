"""Right values are torch's own: what it says of a result where our rules are not asked, and what eager computes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch._decomp import decomposition_table
from torch._subclasses import fake_impls
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext

from kaiyan.nn.capture import aten
from kaiyan.nn.capture import captured as capturing
from kaiyan.nn.capture.alike import said_at_once, written_at_once
from kaiyan.nn.capture.captured import captured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ATEN = torch.ops.aten
LYING: dict[str, Callable[[], torch.Tensor]] = {
    "contiguous": lambda: torch.zeros(5, 6, 7, 8),
    "channels last": lambda: torch.zeros(5, 6, 7, 8).contiguous(memory_format=torch.channels_last),
    "a part": lambda: torch.zeros(5, 6, 7, 9)[..., :8],
    "every second row": lambda: torch.zeros(5, 6, 14, 8)[:, :, ::2],
    "turned": lambda: torch.zeros(8, 7, 6, 5).permute(3, 2, 1, 0),
    "rows and columns changed": lambda: torch.zeros(5, 6, 8, 7).transpose(2, 3),
    "one element for many": lambda: torch.zeros(5, 6, 1, 8).expand(5, 6, 7, 8),
    "one pixel": lambda: torch.zeros(5, 6, 1, 1),
    "one pixel, channels last": lambda: torch.zeros(5, 6, 1, 1).contiguous(memory_format=torch.channels_last),
    "one channel": lambda: torch.zeros(5, 1, 7, 8),
    "a volume": lambda: torch.zeros(2, 3, 4, 5, 6).contiguous(memory_format=torch.channels_last_3d),
    "a row": lambda: torch.zeros(7),
    "one number": lambda: torch.zeros(()),
    "nothing": lambda: torch.zeros(5, 0, 7),
    "halves": lambda: torch.zeros(5, 6, 7, 8, dtype=torch.float16),
    "doubles": lambda: torch.zeros(5, 6, 7, 8, dtype=torch.float64),
    "whole numbers": lambda: torch.zeros(5, 6, 7, 8, dtype=torch.int32),
    "bytes": lambda: torch.zeros(5, 6, 7, 8, dtype=torch.uint8),
    "flags": lambda: torch.zeros(5, 6, 7, 8, dtype=torch.bool),
    "complex": lambda: torch.zeros(5, 6, 7, 8, dtype=torch.complex64),
}
ONES: dict[str, tuple[Any, ...]] = {
    "relu": (), "hardtanh": (0.0, 6.0), "hardswish": (), "hardsigmoid": (), "silu": (), "gelu": (), "elu": (0.5,),
    "leaky_relu": (0.1,), "sigmoid": (), "tanh": (), "mish": (), "celu": (), "softplus": (), "neg": (), "abs": (),
    "exp": (), "log": (), "sqrt": (), "rsqrt": (), "reciprocal": (), "floor": (), "ceil": (), "sin": (), "cos": (),
    "erf": (), "clamp": (0, 6), "clamp_min": (0.5,), "clamp_max": (2,),
}  # fmt: skip
WRITTEN = [name for name in ONES if hasattr(ATEN, f"{name}_")]
FULLY, BRIEFLY = ("relu", "hardtanh", "exp"), ("contiguous", "channels last", "every second row", "whole numbers")
"""Operations that are asked of every tensor, and the tensors that all are asked of."""


def cases(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, lying) for name in names for lying in (LYING if name in FULLY else BRIEFLY)]


def opened(*tensors: torch.Tensor) -> tuple[FakeTensorMode, list[torch.Tensor]]:
    """The tensors as torch traces them, every size open but those of 0 and 1; equal sizes are one symbol."""
    mode = FakeTensorMode(shape_env=ShapeEnv(duck_shape=True))
    found: list[torch.Tensor] = []
    for tensor in tensors:
        context: Any = StatelessSymbolicContext(dynamic_sizes=[DimDynamic.DUCK] * tensor.dim())
        found.append(mode.from_tensor(tensor, symbolic_context=context))
    return mode, found


def said(operation: Any, tensors: list[torch.Tensor], *arguments: Any) -> Any:
    """Shape, strides, type and storage of a result, in symbols; or that it is refused."""
    mode, fakes = opened(*tensors)
    try:
        with mode:
            result = operation(*fakes, *arguments)
    except Exception as error:  # noqa: BLE001 (both must refuse)
        return type(error)
    results = result if isinstance(result, (tuple, list)) else [result]
    return [
        (str(tuple(r.shape)), str(r.stride()), str(r.storage_offset()), r.dtype, r.device, r is fakes[0])
        for r in results
    ]


def both_ways(operation: Any, tensors: list[torch.Tensor], *arguments: Any) -> tuple[Any, Any]:
    own = said(operation, tensors, *arguments)
    with said_at_once():
        return said(operation, tensors, *arguments), own


@pytest.mark.parametrize(("name", "lying"), cases(ONES))
def test_a_result_of_one_lies_as_torch_says(name: str, lying: str) -> None:
    ours, own = both_ways(getattr(ATEN, name).default, [LYING[lying]()], *ONES[name])
    assert ours == own


@pytest.mark.parametrize(("name", "lying"), cases(WRITTEN))
def test_what_is_written_in_place_lies_as_torch_says(name: str, lying: str) -> None:
    ours, own = both_ways(getattr(ATEN, f"{name}_").default, [LYING[lying]()], *ONES[name])
    assert ours == own


@pytest.mark.parametrize("lying", LYING)
@pytest.mark.parametrize("name", ["add", "div"])
def test_a_result_of_two_lies_as_torch_says(name: str, lying: str) -> None:
    for other in (lying, "contiguous", "one pixel", "halves", "one number"):
        ours, own = both_ways(getattr(ATEN, name).Tensor, [LYING[lying](), LYING[other]()])
        assert ours == own, other


@pytest.mark.parametrize("lying", LYING)
@pytest.mark.parametrize(
    ("channels", "has_weight", "given"), [(6, True, torch.float32), (6, False, torch.float64), (5, True, torch.float32)]
)
def test_a_norm_of_known_statistics_lies_as_torch_says(
    channels: int, has_weight: bool, given: torch.dtype, lying: str
) -> None:
    x = LYING[lying]()
    vectors = [torch.zeros(channels, dtype=given)] * (4 if has_weight else 2)
    norm = ATEN._native_batch_norm_legit_no_training.default

    def operation(x: Any, *statistics: Any) -> Any:
        weights = statistics[:-2] if has_weight else (None, None)
        return norm(x, *weights, *statistics[-2:], 0.1, 1e-5)

    ours, own = both_ways(operation, [x, *vectors])
    assert ours == own


class Blocks(nn.Module):
    """Convolutions with norms and ReLU6 in place, and a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU6(inplace=True))
        self.second = nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.Hardswish())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        return nn.functional.relu(x + self.second(x))


COUNTED = ("relu", "hardtanh", "hardtanh_", "hardswish", "_native_batch_norm_legit_no_training")


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often torch took each operation apart."""
    count: Counter[str] = Counter()

    def counting(name: str, own: Any) -> Any:
        def taken(*arguments: Any, **named: Any) -> Any:
            count[name] += 1
            return own(*arguments, **named)

        return taken

    for name in COUNTED:
        operation = getattr(ATEN, name).default
        monkeypatch.setitem(decomposition_table, operation, counting(name, decomposition_table[operation]))
    return count


def two_sizes() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return Blocks().eval(), torch.randn(1, 3, 12, 20), torch.randn(2, 3, 44, 52)


def test_nothing_of_a_network_is_taken_apart_for_open_sizes(apart: Counter[str]) -> None:
    model, x, larger = two_sizes()
    made = captured(model, (x,))
    apart.clear()
    with torch.no_grad():
        torch.testing.assert_close(made(larger), model(larger))
    assert not apart
    assert len({size for graph in made.graphs for size in map(str, graph.inputs[0].shape)} & {"2", "44", "52"}) == 0


def test_without_the_rules_it_is(apart: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    model, x, larger = two_sizes()
    for module in (aten, capturing):
        monkeypatch.setattr(module, "said_at_once", nullcontext)
    monkeypatch.setattr(aten, "written_at_once", nullcontext)
    made = captured(model, (x,))
    apart.clear()
    made(larger)
    assert set(apart) >= {"relu", "hardtanh", "hardswish", "_native_batch_norm_legit_no_training"}


def test_outside_of_a_capture_torch_is_as_it_was() -> None:
    from torch._subclasses.fake_impls import get_fast_op_impls

    key = torch._C.DispatchKey.Meta
    written = [getattr(ATEN, f"{name}_").default for name in WRITTEN]
    before = dict(get_fast_op_impls()), [operation.py_kernels.get(key) for operation in written]
    model, x, larger = two_sizes()
    captured(model, (x,))(larger)
    assert before == (get_fast_op_impls(), [operation.py_kernels.get(key) for operation in written])


class InPlace(nn.Module):
    """Writes into a part of what it computed, which is read again, and into its argument."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y = x * 3
        part = y[:, 1:]
        nn.functional.hardtanh_(part, -1, 1)
        nn.functional.hardtanh_(x, -0.5, 0.5)
        return y, part, x + 1


def test_the_last_of_those_that_trace_at_once_leaves_torch_as_it_was() -> None:
    hardtanh, key = ATEN.hardtanh_.default, torch._C.DispatchKey.Meta

    def seen() -> tuple[Any, ...]:
        return dict(fake_impls.get_fast_op_impls()), hardtanh.py_kernels[key]

    before = seen()
    first, second = ([said_at_once(), written_at_once()] for _ in range(2))
    for entered in (*first, *second):
        entered.__enter__()
    during = seen()
    for left in first:
        left.__exit__(None, None, None)
    assert seen() == during, "the second is still asked"
    assert all(now != then for now, then in zip(during, before, strict=True))
    for left in second:
        left.__exit__(None, None, None)
    assert seen() == before


def test_writes_in_place_are_seen_through_every_view() -> None:
    made = captured(InPlace(), (torch.randn(1, 3, 6, 6),))
    for shape in ((1, 3, 6, 6), (2, 3, 9, 7), (3, 3, 5, 5)):
        x = torch.randn(shape)
        ours, theirs = x.clone(), x.clone()
        torch.testing.assert_close(made(ours), InPlace()(theirs))
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.uint8])
def test_whole_numbers_become_what_torch_makes_of_them(dtype: torch.dtype) -> None:
    class Mixed(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return nn.functional.relu(x), torch.sigmoid(x), x.clamp(1, 5), x / x.clamp(1, 5), x.exp() * x

    made = captured(Mixed(), (torch.ones(1, 3, 6, 6, dtype=dtype),))
    for shape in ((1, 3, 6, 6), (2, 3, 9, 7)):
        x = torch.arange(torch.Size(shape).numel()).reshape(shape).remainder(7).to(dtype)
        torch.testing.assert_close(made(x), Mixed()(x))


def test_one_channel_last_lies_as_eager_leaves_it() -> None:
    model = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1), nn.BatchNorm2d(1)).eval()
    made = captured(model, (torch.randn(1, 8, 28, 30),))
    larger = torch.randn(2, 8, 20, 22).to(memory_format=torch.channels_last)
    with torch.no_grad():
        assert made(larger).stride() == model(larger).stride()
