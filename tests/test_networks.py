"""The networks of the benchmark are those that were published, and a wrong answer of theirs is seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from click.testing import CliRunner
from corpus.models import NETWORKS, Network
from torch import nn

from benchmarks.networks import OURS, TOLERANCE, Result, _admit, _error, _gradient_error, networks, with_our_layers
from kaiyan.nn import Conv2d

if TYPE_CHECKING:
    from pathlib import Path

MARGIN = 10
"""Times the tolerance: what an answer of nothing must be wrong by."""


def _tiny() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 3, bias=False))


TINY = Network(_tiny, (2, 9, 11), "")


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.parameters])
def test_a_network_has_its_published_number_of_parameters(name: str) -> None:
    network = NETWORKS[name]
    with torch.device("meta"):
        model = network.make()
    assert sum(p.numel() for p in model.parameters()) == network.parameters


@pytest.mark.parametrize("name", NETWORKS)
def test_an_output_depends_on_the_input(name: str) -> None:
    network = NETWORKS[name]
    model = network.made()
    x = torch.randn(1, *network.shape)
    with torch.no_grad():
        assert _error(model(torch.zeros_like(x)), model(x)) > MARGIN * TOLERANCE


def test_a_network_is_the_same_each_time() -> None:
    once, again = TINY.made().state_dict(), TINY.made().state_dict()
    assert all(torch.equal(once[name], again[name]) for name in once)


def test_normalisation_is_not_trivial_and_keeps_its_momentum() -> None:
    norm: Any = TINY.made()[1]  # type: ignore[index]
    assert norm.momentum == nn.BatchNorm2d(4).momentum
    assert (norm.running_mean.abs() > 1e-3).all()
    assert ((norm.running_var - 1).abs() > 1e-3).all()


def test_our_layers_stand_where_torch_s_stood_with_the_same_weights() -> None:
    model = TINY.made()
    ours = with_our_layers(model)
    assert [type(layer) for layer in ours] == [Conv2d, nn.BatchNorm2d, nn.ReLU, Conv2d]  # type: ignore[attr-defined]
    assert type(model[0]) is nn.Conv2d  # type: ignore[index]
    for a, b in zip(ours.parameters(), model.parameters(), strict=True):
        assert torch.equal(a, b)


def _gradients() -> list[Any]:
    models: list[Any] = [TINY.made(), TINY.made()]
    for model in models:
        model(torch.ones(1, *TINY.shape)).square().mean().backward()
    return models


def test_equal_gradients_have_no_error() -> None:
    assert _gradient_error(*_gradients()) == 0


def test_a_wrong_gradient_is_seen() -> None:
    found, right = _gradients()
    for parameter in found.parameters():
        parameter.grad *= 1.01
    assert _gradient_error(found, right) == pytest.approx(0.01, rel=1e-2)


def test_a_missing_gradient_is_seen() -> None:
    found, right = _gradients()
    found[0].weight.grad = None
    assert _gradient_error(found, right) == float("inf")


@pytest.mark.parametrize("wrong", [2 * TOLERANCE, float("inf"), float("nan")])
def test_who_is_wrong_is_not_timed(wrong: float) -> None:
    result, calls = Result("tiny", 1, 1, "infer", wrong), {}  # type: ignore[var-annotated]
    _admit(result, calls, OURS, lambda: None, wrong)
    assert not calls
    assert OURS in result.left_out
    assert (result.best, result.ratio(), result.ratio("torch NCHW")) == (None, None, None)
    assert "tiny" in str(result)


@pytest.mark.parametrize("task", [[], ["--train"]])
def test_the_command_prints_and_writes(task: list[str], tmp_path: Path) -> None:
    asked = ["--match", "whisper", "--peers", "torch NCHW,nobody", "--seconds", "0.02", "--out", str(tmp_path), *task]
    done = CliRunner().invoke(networks, asked)
    assert done.exit_code == 0, done.output
    (file,) = tmp_path.glob("*/networks-*.json")
    (result,) = json.loads(file.read_text())["results"]
    assert set(result["times"]) == {OURS, "torch NCHW"}
    assert set(result["left_out"]) == (set() if task else {"nobody"})
    assert result["error"] < TOLERANCE
