"""Columns of a summary: each against torch's own numbers; time and algorithm only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

import kaiyan
from kaiyan.cli.run import run
from kaiyan.explain.rows import COLUMNS
from kaiyan.show.error import KaiyanError
from kaiyan.trace.timing import seconds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("layer", "shape", "kernel", "pads"),
    [
        (nn.Conv2d(3, 4, (3, 5), padding=(1, 2)), (1, 3, 8, 8), (3, 5), ((1, 1), (2, 2))),
        (nn.Conv1d(3, 4, 5, padding="same", dilation=2), (1, 3, 9), (5,), ((4, 4),)),
        (nn.Conv2d(3, 4, 3, padding=(1, 2), padding_mode="circular"), (1, 3, 8, 8), (3, 3), ((1, 1), (2, 2))),
        (nn.MaxPool2d(3, 2, 1), (1, 3, 8, 8), (3, 3), ((1, 1), (1, 1))),
        (nn.ConvTranspose2d(3, 4, 4, 2, 1), (1, 3, 8, 8), (4, 4), ((1, 1), (1, 1))),
        (nn.ReLU(), (1, 3, 8, 8), (), ()),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_kernels_and_pads(layer: nn.Module, shape: Any, kernel: Any, pads: Any) -> None:
    (found,) = (
        row for row in kaiyan.summary(layer, shape).layers if row.path == "" and row.kind == type(layer).__name__
    )
    assert (found.kernel, found.pads) == (kernel, pads)


def test_every_column_stands_in_every_view() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(2048, 2))
    found = kaiyan.summary(model, (1, 3, 16, 16), col_names=tuple(COLUMNS))
    row = next(line for line in found.to_markdown("en").splitlines() if "Conv2d(" in line)
    assert [cell.strip() for cell in row.strip("|").split("|")][2:9] == [
        "1x3x16x16", "1x8x16x16", "224", "55,296", "3x3", "3x3", "1",
    ]  # fmt: skip
    assert " ms" in row
    assert (
        found.layers[1].algorithm == kaiyan.plan("Conv2d(3, 8, 3, padding=1)", (1, 3, 16, 16), kind="torch").chosen.name
    )
    assert found.layers[2].algorithm is None
    for text in (found.to_markdown("zh"), found._repr_html_(), str(found)):
        assert str(found.layers[1].algorithm) in text


def test_a_block_moves_what_its_layers_move() -> None:
    block, conv, relu = kaiyan.summary(nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU()), (1, 1, 10)).layers
    assert conv.bytes == 4 * (10 + 6 + 2 + 16)
    assert relu.bytes == 4 * (16 + 16)
    assert block.bytes == conv.bytes + relu.bytes
    assert block.intensity == 2 * 8 * 2 * 3 / block.bytes


def test_time_is_measured_only_when_asked_and_a_block_takes_what_is_in_it() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
    assert all(layer.seconds is None for layer in kaiyan.summary(model, (2, 3, 16, 16)).layers)
    whole, *parts = kaiyan.summary(model, (2, 3, 16, 16), col_names=("time",)).layers
    assert whole.seconds
    assert all(part.seconds for part in parts)
    assert max(part.seconds or 0 for part in parts) < whole.seconds
    assert model[1].num_batches_tracked == 0


def test_a_module_that_is_used_twice_has_two_times() -> None:
    layer = nn.Linear(4, 4)
    found = seconds(nn.Sequential(layer, layer), torch.zeros(1, 4))
    assert set(found) == {("", 0), ("0", 0), ("0", 1)}


def test_a_model_that_fails_is_timed_up_to_there() -> None:
    found = seconds(nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 4)), torch.zeros(1, 4))
    assert set(found) == {("0", 0)}


@pytest.mark.parametrize("name", ["input_size", "output_size", "num_params", "kernel_size", "mult_adds"])
def test_torchinfos_names_are_understood(name: str) -> None:
    assert kaiyan.summary(nn.Conv1d(1, 1, 3), (1, 1, 9), col_names=(name,)).columns == (name,)


def test_a_column_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(KaiyanError, match="no column 'params_percent'") as caught:
        kaiyan.summary(nn.ReLU(), (1, 2), col_names=("kernel_size", "params_percent"))
    assert all(name in str(caught.value) for name in COLUMNS)


def test_columns_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.py"
    file.write_text("from torch import nn\ndef make(): return nn.Sequential(nn.Conv2d(3, 8, 3))\n")
    assert run(["--lang", "en", "summary", f"{file}:make", "1x3x9x9", "--columns", "kernel_size,pads"]) == 0
    shown = capsys.readouterr().out
    assert "3x3" in shown
    assert "receptive field" not in shown
    assert run(["summary", f"{file}:make", "1x3x9x9", "--columns", "nothing"]) == 2
