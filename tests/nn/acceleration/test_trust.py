"""accelerate keeps the user's trust: saved, sorted, slow or foreign, a model stays what it is, or it says why not."""

from __future__ import annotations

import copy
import importlib
import math
import pickle
import subprocess
import sys
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from kaiyan import KaiyanError
from kaiyan.nn import accelerate

if TYPE_CHECKING:
    from pathlib import Path

SAVED = """
from __future__ import annotations
import torch
from torch import Tensor, nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.norm, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3, padding=1)
    def forward(self, x: Tensor) -> Tensor:
        y = torch.nn.functional.gelu(self.norm(self.a(x)))
        z = y
        y += 1
        return torch.softmax((self.b(y) + z).flatten(1), dim=1)

class Branching(Net):
    def forward(self, x: Tensor) -> list[Tensor]:
        y = super().forward(x)
        return [y if y.sum() > 0 else -y]
"""
LOAD = """
import sys, torch
sys.path.insert(0, sys.argv[1])
if __name__ == "__main__":
    for name in ("Net", "Branching"):
        quick, x, right = torch.load(f"{sys.argv[1]}/{name}.pt", weights_only=False)
        answer = quick(x)
        answer, right = (answer[0], right[0]) if name == "Branching" else (answer, right)
        assert torch.equal(answer, right), name
        assert quick.report.layers or quick.report.left
    import torch.multiprocessing as processes
    with processes.get_context("spawn").Pool(1) as pool:
        assert torch.equal(pool.apply(quick, (x,))[0], right)
    print("equal")
"""


def test_an_accelerated_model_is_saved_and_loaded_in_a_fresh_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets_of_a_user.py").write_text(SAVED)
    (tmp_path / "load.py").write_text(LOAD)
    monkeypatch.syspath_prepend(tmp_path)
    nets_of_a_user: Any = importlib.import_module("nets_of_a_user")

    x = torch.randn(1, 3, 12, 12)
    for name in ("Net", "Branching"):
        quick = accelerate(getattr(nets_of_a_user, name)().eval(), x)
        assert quick.report.traced is (name == "Net")
        torch.save((quick, x, quick(x)), tmp_path / f"{name}.pt")
        for other in (copy.deepcopy(quick), pickle.loads(pickle.dumps(quick))):
            torch.testing.assert_close(other(x), quick(x), rtol=0, atol=0)
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "load.py"), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "equal\n", ended.stderr


def _replaced(report: Any) -> set[str]:
    """The layers that were replaced, or would have been but that torch is faster on sizes as small as these."""
    slower = ("torch computes it in", "torch runs the model in")
    faster = {name for name, reason in report.left.items() if str(reason).startswith(slower)}
    return {row.name for row in report.layers} | faster


class Sorts(nn.Module):
    """Equal scores: which comes first is rounding's choice."""

    def __init__(self, branches: bool) -> None:
        super().__init__()
        self.a, self.b, self.branches = nn.Conv2d(3, 32, 3), nn.Conv2d(32, 1, 3), branches

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self.branches and x.sum() < 0:
            x = -x
        scores = self.b(functional.relu(self.a(x))).flatten(1)
        best = scores.topk(6, dim=1)
        return best.values, best.indices


@pytest.mark.parametrize("branches", [False, True], ids=["a graph", "module by module"])
def test_a_detector_whose_equal_scores_change_places_keeps_its_layers(branches: bool) -> None:
    torch.manual_seed(0)
    model, x = Sorts(branches).eval(), torch.ones(1, 3, 30, 30) + 1e-7 * torch.randn(1, 3, 30, 30)
    quick = accelerate(model, x)
    assert _replaced(quick.report) == {"a", "b"}
    assert quick.report.traced is not branches
    with torch.no_grad():
        values, places = model(x)
        given = quick(x)
    assert torch.allclose(given[0], values, rtol=1e-5)
    if not torch.equal(places, given[1]):
        assert quick.report.difference > 1e-3
        assert "a sort or a comparison in the model depends on rounding" in str(quick.report)


def test_a_layer_that_is_wrong_by_itself_is_left_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    from kaiyan.nn.acceleration.prepared import Packed

    right = Packed.__call__

    def wrong(self: Packed, x: Tensor, residual: Tensor | None = None) -> Tensor:
        y = right(self, x, residual)
        return y + 1 if self._weighted.spec.in_channels == 32 else y

    monkeypatch.setattr(Packed, "__call__", wrong)
    monkeypatch.setattr("kaiyan.nn.acceleration.rehearsal.SLOWER", 1e9)  # of three small layers torch may do one sooner
    model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3)).eval()
    x = torch.randn(1, 3, 20, 20)
    quick = accelerate(model, x)
    assert [row.name for row in quick.report.layers] == ["0", "4"]
    assert "its own output differs by" in str(quick.report.left["2"])
    with torch.no_grad():
        torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-5)


class Sleeps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        sleep(1.05)
        COUNTED.append(1)
        y: Tensor = self.conv(x)
        return y if y.sum() > 0 else -y


COUNTED: list[int] = []


def test_a_model_of_more_than_a_second_is_run_a_few_times() -> None:
    COUNTED.clear()
    quick = accelerate(Sleeps().eval(), torch.randn(1, 3, 9, 9))
    assert _replaced(quick.report) == {"conv"}
    assert len(COUNTED) <= 14
    assert quick.report.before > 1


def _scripted() -> nn.Module:
    return torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))


def _traced() -> nn.Module:
    return torch.jit.trace(nn.Conv2d(3, 4, 3).eval(), torch.randn(1, 3, 9, 9))  # type: ignore[no-any-return, no-untyped-call]


def _with_a_scripted_part() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 3, 1), _scripted())


def _exported() -> nn.Module:
    return torch.export.export(nn.Sequential(nn.Conv2d(3, 4, 3)).eval(), (torch.randn(2, 3, 9, 9),)).module()


def _meta() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3)).to("meta")


FOREIGN: dict[str, tuple[Any, str, int]] = {
    "scripted": (_scripted, "it is TorchScript", 0),
    "traced": (_traced, "it is TorchScript", 0),
    "a scripted part": (_with_a_scripted_part, "it is TorchScript", 1),
    "exported": (_exported, "it was exported", 0),
    "on meta": (_meta, "it is on meta", 0),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_made_of_something_else_gets_its_word(name: str) -> None:
    make, word, layers = FOREIGN[name]
    model = make()
    x = torch.randn(2, 3, 9, 9, device="meta" if name == "on meta" else "cpu")
    quick = accelerate(model, x)
    assert len(quick.report.layers) == layers
    assert any(str(reason).startswith(word) for reason in quick.report.left.values())
    if name != "on meta":
        with torch.no_grad():
            torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-5)


def test_a_data_parallel_model_is_taken_module_by_module() -> None:
    model = nn.DataParallel(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())).eval()
    quick = accelerate(model, torch.randn(1, 3, 9, 9))
    assert _replaced(quick.report) == {"module.0"}


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(KaiyanError, match=r"is not a torch\.nn\.Module"):
        accelerate(math.sin, torch.randn(1, 3, 9, 9))  # type: ignore[arg-type]


class Asks(nn.Module):
    """Asks its own parameters for their type, as many models do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x.to(next(self.parameters()).dtype))
        return y if y.sum() > 0 else -y


def test_it_answers_as_a_module_does() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).eval()
    x = torch.randn(1, 3, 9, 9)
    quick = accelerate(model, x)
    assert next(quick.parameters()).dtype is torch.float32
    assert not any(parameter.requires_grad for parameter in quick.parameters())
    quick.requires_grad_(True)
    assert not quick(x).requires_grad
    assert quick.to("cpu") is quick
    with torch.inference_mode():
        assert torch.allclose(quick(x), model(x), rtol=1e-4, atol=1e-5)
    double = copy.deepcopy(quick).double()
    with torch.no_grad():
        assert torch.allclose(double(x.double()), model.double()(x.double()), rtol=1e-5, atol=1e-6)
    assert _replaced(accelerate(Asks().eval(), x).report) == {"conv"}


class Twofold(nn.Module):
    """Answers one input in two ways."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3)

    def forward(self, x: Tensor) -> Tensor:
        OTHER.append(1)
        return self.conv(x) * len(OTHER)  # type: ignore[no-any-return]


@pytest.mark.parametrize("is_hooked", [False, True])
def test_a_model_that_answers_one_input_in_two_ways_says_so(is_hooked: bool) -> None:
    model = Twofold().eval()
    if is_hooked:  # the layer has a reason of its own
        model.conv.register_forward_hook(lambda _layer, _inputs, output: output)
    report = accelerate(model, torch.randn(1, 3, 40, 40)).report
    assert str(report).count("the model gives different outputs for the same input") == 1
    assert ("conv is unchanged: it has hooks" in str(report)) == is_hooked
    assert not report.traced


OTHER: list[int] = []
