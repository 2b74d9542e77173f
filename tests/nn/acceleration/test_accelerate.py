"""accelerate: the same outputs on prepared kernels, whatever the model looks like, and a report of what was done."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import kaiyan
from kaiyan.nn import accelerate
from kaiyan.nn.acceleration.prepared import Prepared


class Block(nn.Module):
    def __init__(self, C: int, K: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(C, K, 3, stride, 1, bias=False), nn.BatchNorm2d(K)
        self.conv2, self.bn2 = nn.Conv2d(K, K, 3, 1, 1, bias=False), nn.BatchNorm2d(K)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Sequential(nn.Conv2d(C, K, 1, stride, bias=False), nn.BatchNorm2d(K)) if stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.down is None else self.down(x)
        return self.relu(out)  # type: ignore[no-any-return]


def _resnet() -> nn.Module:
    return _lived(nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU6(), Block(8, 8, 1), Block(8, 16, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5),
    ))  # fmt: skip


def _lived(model: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(module.running_mean)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
            nn.init.uniform_(module.weight, 0.5, 2)
    return model.eval()


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return y if y.sum() > 0 else -y  # type: ignore[no-any-return]


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv(self.conv(x)))


class Written(nn.Module):
    """The convolution's input is written over before its sum: it must be read first."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = x * 1
        y = self.first(x)
        x.mul_(2)
        return y + self.second(x)  # type: ignore[no-any-return]


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 2, 3, 3))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y = functional.conv2d(functional.pad(x, (0, 1, 0, 1)), self.weight, None, stride=2, groups=2)
        return {"y": torch.tanh(y), "x": x}


class Summed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(4, 6, 1)
        self.up = nn.ConvTranspose2d(6, 3, 2, 2)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return functional.silu(self.norm(self.up(torch.add(self.a(x), self.b(x)))))


def _depthwise() -> nn.Module:
    return nn.Sequential(nn.Conv2d(4, 4, 5, 2, 2, groups=4), nn.Hardswish(), nn.Conv2d(4, 9, 1))


def _signal() -> nn.Module:
    return nn.Sequential(nn.Conv1d(3, 8, 3, dilation=2), nn.BatchNorm1d(8), nn.Sigmoid())


MODELS = {
    "resnet": (_resnet, (2, 3, 20, 20)),
    "depthwise": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 5, 2, 2, groups=4), nn.Hardswish(), nn.Conv2d(4, 9, 1)),
        (1, 4, 15, 14),
    ),
    "branching": (Branching, (1, 3, 9, 9)),
    "twice": (Twice, (1, 4, 9, 9)),
    "written": (Written, (1, 4, 9, 9)),
    "functional": (Functional, (2, 4, 8, 9)),
    "summed": (Summed, (1, 4, 8, 8)),
    "gelu": (lambda: nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 4)), (3, 7, 8)),
    "one dimension": (
        lambda: nn.Sequential(nn.Conv1d(3, 8, 3, dilation=2), nn.BatchNorm1d(8), nn.Sigmoid()),
        (2, 3, 30),
    ),
    "one layer": (lambda: nn.Conv2d(3, 4, 3), (1, 3, 9, 9)),
    "ours": (lambda: nn.Sequential(kaiyan.nn.Conv2d(3, 4, 3, stride=2, padding="same"), nn.ReLU()), (1, 3, 9, 9)),
}


def _alike(a: Any, b: Any) -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            _alike(a[key], b[key])
        return
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4 * float(b.abs().max()))


@pytest.mark.parametrize("name", MODELS)
def test_the_outputs_are_the_models(name: str) -> None:
    make, shape = MODELS[name]
    model = _lived(make())
    before = {key: value.clone() for key, value in model.state_dict().items()}
    x = torch.randn(shape)
    with torch.no_grad():
        right = model(x)
        quick = accelerate(model, x)
        _alike(quick(x), right)
        bigger = torch.randn(shape[0] + 1, *shape[1:-1], shape[-1] + (0 if name == "gelu" else 2))
        _alike(quick(bigger), model(bigger))
        if len(shape) == 4:
            _alike(quick(x.contiguous(memory_format=torch.channels_last)), right)
        _alike(model(x), right)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert quick.report.difference < 1e-4
    assert _replaced(quick.report)
    json.dumps(quick.report.to_dict())
    assert "times as fast" in str(quick.report)


def test_norms_sums_and_activations_are_taken_in() -> None:
    quick = accelerate(_resnet(), torch.randn(1, 3, 20, 20))
    kinds = [type(module) for module in quick.modules()]
    assert nn.BatchNorm2d not in kinds
    assert nn.ReLU not in kinds
    assert kinds.count(Prepared) == 6
    calls = [node for node in quick.model.graph.nodes if node.op == "call_module"]
    assert sum(len(node.args) == 2 for node in calls) == 2  # with a residual
    assert {row.name for row in quick.report.layers} == {
        "0", "2.conv1", "2.conv2", "3.conv1", "3.conv2", "3.down.0", "6",
    }  # fmt: skip
    assert all(row.after > 0 and row.before and row.algorithm for row in quick.report.layers if row.name != "6")


def test_a_convolution_is_not_moved_past_what_writes_over_its_input() -> None:
    quick = accelerate(Written().eval(), torch.randn(1, 4, 9, 9))
    calls = [node for node in quick.model.graph.nodes if node.op == "call_module"]
    assert [len(node.args) for node in calls] == [1, 2]


class Own(nn.Conv2d):
    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) + 1


def _left(model: nn.Module) -> dict[str, str]:
    report = accelerate(model.eval(), torch.randn(1, 3, 9, 9)).report
    return {name: str(reason) for name, reason in report.left.items()}


def test_what_is_left_is_said_with_its_reason() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), Own(4, 4, 3), nn.Conv2d(4, 4, 3))
    model[0].register_forward_hook(lambda *_: None)
    assert _left(model) == {"0": "it has hooks"}  # what a forward of one's own calls is traced


def _replaced(report: Any) -> set[str]:
    """The layers that were replaced, or would have been but that torch is faster on sizes as small as these."""
    slower = ("torch computes it in", "torch runs the model in")
    return {row.name for row in report.layers} | {
        name for name, reason in report.left.items() if str(reason).startswith(slower)
    }


def test_a_model_that_torch_cannot_trace_is_taken_module_by_module() -> None:
    report = accelerate(Branching().eval(), torch.randn(1, 3, 9, 9)).report
    assert not report.traced
    assert _replaced(report) == {"conv"}


def test_a_model_that_reads_its_layers_itself_is_answered() -> None:
    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.conv(x.to(next(self.parameters()).dtype)) * self.conv.dilation[0]
            return y if y.sum() > 0 else -y

    model, x = Reads(), torch.randn(1, 3, 9, 9)
    quick = accelerate(model, x)
    assert _replaced(quick.report) == {"conv"}
    _alike(quick(x), model(x).detach())


def test_what_is_not_a_number_stays_so() -> None:
    model, x = nn.Conv2d(3, 4, 3), torch.randn(1, 3, 9, 9)
    x[0, 1, 4, 4] = torch.nan
    assert torch.equal(accelerate(model, x)(x).isnan(), model(x).isnan())


def test_an_attention_block_runs() -> None:
    block = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()
    x = torch.randn(2, 10, 16)
    with torch.no_grad():
        torch.testing.assert_close(accelerate(block, x)(x), block(x), rtol=1e-4, atol=1e-5)


def test_copies_and_pickles_compute_the_same() -> None:
    x = torch.randn(1, 3, 20, 20)
    quick = accelerate(_resnet(), x)
    for other in (copy.deepcopy(quick), pickle.loads(pickle.dumps(quick))):
        assert torch.equal(other(x), quick(x))


def test_other_weights_and_types_are_taken_over() -> None:
    x = torch.randn(1, 3, 9, 9)
    quick, other = (accelerate(nn.Conv2d(3, 4, 3), x) for _ in range(2))
    quick(x)
    quick.load_state_dict(other.state_dict())
    torch.testing.assert_close(quick(x), other(x), rtol=1e-5, atol=1e-5)  # in the faster layout of each
    torch.testing.assert_close(quick.double()(x.double()).float(), other(x), rtol=1e-5, atol=1e-5)


def test_it_is_for_inference() -> None:
    quick = accelerate(nn.Conv2d(3, 4, 3), torch.randn(1, 3, 9, 9))
    assert not quick(torch.randn(1, 3, 9, 9)).requires_grad
    assert quick.eval() is quick
    with pytest.raises(kaiyan.KaiyanError, match="for inference"):
        quick.train()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(kaiyan.KaiyanError, match="the model does not run on this input"):
        accelerate(nn.Conv2d(3, 4, 3), torch.randn(1, 2, 9, 9))
    with pytest.raises(kaiyan.ConvError, match="there is no precision 'best'"):
        accelerate(nn.Conv2d(3, 4, 3), torch.randn(1, 3, 9, 9), precision="best")


def test_exact_takes_nothing_that_errs_more_than_a_sum() -> None:
    model, x = nn.Conv2d(32, 32, 3, padding=1), torch.randn(1, 32, 40, 40)
    found = [accelerate(model, x, precision=tier).report.layers[0].algorithm for tier in ("default", "exact")]
    assert found[0].startswith("winograd")
    assert "F(4,3)" in found[0]
    assert "F(4,3)" not in found[1]
