"""``kaiyan port`` and ``kaiyan accelerate``, in both languages, and what bad input is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kaiyan.cli.run import run

if TYPE_CHECKING:
    from pathlib import Path

STEM = "Conv2d(3, 64, 7, stride=2)"
NET = """
from torch import nn
def make():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3))
made = nn.Conv2d(3, 4, 3)
number = 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAIYAN_LANG", "en")
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "a_module_of_nets.py").write_text(NET)
    return tmp_path


def test_convert_gives_pads_lines_and_what_the_mistake_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["port", STEM, "1x3x224x224", "--from", "tf-same"]) == 0
    said = capsys.readouterr().out
    assert "axis H: 2 before and 3 after, so that 224 inputs give 112 outputs" in said
    assert "x = F.pad(x, (2, 3, 2, 3)); nn.Conv2d(3, 64, kernel_size=7, stride=2)" in said
    assert "kaiyan.nn.Conv2d(3, 64, kernel_size=7, stride=2, padding='same')" in said
    assert "windows that begin 1, 1 elements earlier" in said


def test_convert_says_when_there_is_no_difference_or_another_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["port", "Conv2d(3, 8, 3)", "1x3x9x9"]) == 0
    assert "padding=1 gives the same result here" in capsys.readouterr().out
    assert run(["port", "Conv1d(8, 8, 4)", "1x8x100", "--from", "onnx_same_lower"]) == 0
    assert "padding=2 instead gives the shape (1, 8, 101)" in capsys.readouterr().out


def test_convert_speaks_chinese_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "port", STEM, "1x3x224x224"]) == 0
    assert "轴 H：前面填充 2，后面填充 3" in capsys.readouterr().out
    assert run(["port", STEM, "1x3x224x224", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["pads"], facts["usual_padding"]) == ([[2, 3], [2, 3]], "3")
    assert facts["difference"] > 0.5


@pytest.mark.parametrize("model", ["net.py:make", "a_module_of_nets:make"])
def test_bench_model_shows_each_layer_and_the_whole(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accelerate", model, "1x3x24x24"]) == 0
    said = capsys.readouterr().out
    assert "times as fast" in said
    assert said.count("nn.Conv2d(") == 2


def test_a_model_may_stand_in_a_file_with_dataclasses_and_the_name_of_a_library(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass S:\n    n: int = 8\n"
    )
    (folder / "torch.py").write_text(settings + NET)
    assert run(["summary", "torch.py:make", "1x3x24x24"]) == 0
    assert "BatchNorm2d(8" in capsys.readouterr().out


def test_bench_model_speaks_chinese_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "accelerate", "net.py:made", "1x3x24x24"]) == 0
    assert "倍" in capsys.readouterr().out
    assert run(["accelerate", "net.py:make", "1x3x24x24", "--json", "--precision", "exact"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in facts["layers"]] == ["0", "3"]
    assert facts["difference"] < 1e-5


@pytest.mark.parametrize(("arguments", "said"), [
    (["port", STEM, "1x3x224x224", "--from", "caffe"], "there is no convention 'caffe'"),
    (["port", STEM, "1x4x224x224"], "4 channels on axis 1, but 3 are expected"),
    (["accelerate", "net.py", "1x3x9x9"], "'net.py' does not name a model"),
    (["accelerate", "no.py:make", "1x3x9x9"], "there is no file no.py"),
    (["accelerate", "no_such_module:make", "1x3x9x9"], "there is no module no_such_module"),
    (["accelerate", "net.py:nothing", "1x3x9x9"], "net.py has no nothing"),
    (["accelerate", "net.py:number", "1x3x9x9"], "net.py:number returns a int, not a torch.nn.Module"),
    (["accelerate", "net.py:make", "1x5x9x9"], "the model does not run on this input"),
    (["accelerate", "net.py:make", "1x3x9x9", "--precision", "best"], "there is no precision 'best'"),
])  # fmt: skip
def test_bad_input_gets_one_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""
