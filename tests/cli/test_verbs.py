"""One verb for one thing: a command is called as in Python, and old names work, say so, and are in no help."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import kaiyan
from kaiyan.cli.command import Command
from kaiyan.cli.run import kaiyan as group
from kaiyan.cli.run import run

if TYPE_CHECKING:
    from pathlib import Path

LAYER = "Conv2d(3, 8, 3)"
NET = "from torch import nn\ndef make():\n    return nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.MaxPool2d(2))\n"
RENAMED = {
    "shape": ("derive", [LAYER, "1x3x9x9"]),
    "convert": ("port", [LAYER, "1x3x9x9"]),
    "explain": ("diagnose", ["--list"]),
    "bench-model": ("accelerate", ["net.py:make", "1x3x24x24", "--json"]),
}
NO_FUNCTIONS = {"case", "cases", "face", "learn", "run", "studio"}
"""Commands of pages, of files that ``kaiyan.load`` reads, and those whose functions are in a room: ``kaiyan.faces``."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAIYAN_LANG", "en")
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


@pytest.mark.parametrize("command", [name for name in group.commands if name not in NO_FUNCTIONS])
def test_a_command_is_called_as_in_python_and_gives_json(command: str) -> None:
    assert callable(getattr(kaiyan, command.replace("-", "_")))
    declared = group.commands[command]
    assert isinstance(declared, Command)
    assert declared.examples
    assert all(example.startswith(f"kaiyan {command}") for example in declared.examples)
    assert "--json" in [name for option in declared.params for name in option.opts]


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_command_works_and_says_its_new_name(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    new, arguments = RENAMED[old]
    assert run([old, *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == f"kaiyan: {old} is now called {new}\n"
    assert run([new, *arguments]) == 0
    alone, silent = capsys.readouterr()
    assert silent == ""
    assert out == alone or old == "bench-model"  # its times are others in every run
    assert run(["--help"]) == 0
    assert f"  {old} " not in capsys.readouterr().out


def test_an_old_command_is_renamed_in_chinese_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "shape", LAYER, "1x3x9x9"]) == 0
    assert capsys.readouterr().err == "kaiyan: shape 已改名为 derive\n"


def test_old_names_in_python_work_and_warn() -> None:
    with pytest.warns(DeprecationWarning, match="Conv.explain is called Conv.derive"):
        old = kaiyan.Conv(3, 8, 3).explain((1, 3, 9, 9))
    assert str(old) == str(kaiyan.Conv(3, 8, 3).derive((1, 3, 9, 9)))
    with pytest.warns(DeprecationWarning, match="kaiyan.join is called kaiyan.join_fields"):
        assert getattr(kaiyan, "join") is kaiyan.join_fields  # noqa: B009 (mypy knows no old name)
    assert kaiyan.accelerate is kaiyan.nn.accelerate
    assert not {"join", "explain"} & set(kaiyan.__all__)


def test_one_layer_is_derived_like_a_chain_of_one() -> None:
    spec = kaiyan.Conv(3, 8, 3, padding="same")
    assert kaiyan.derive(spec, (1, 3, 9, 9)).output_shape == spec.output_shape((1, 3, 9, 9))
    texts = [LAYER, "MaxPool2d(2)"]
    assert kaiyan.derive(texts, (1, 3, 9, 9)).output_shape == (1, 8, 3, 3)
    assert kaiyan.derive(LAYER, (1, 3, 9, 9)) == kaiyan.derive([LAYER], (1, 3, 9, 9))


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        (["least-input", "net.py:make", "1x3x32x32"], {"kind": "least-input"}),
        (["whole-sizes", "net.py:make", "1x3x32x32"], {"kind": "whole-sizes"}),
        (["shift-report", "net.py:make", "1x3x32x32", "--shifts", "2"], {"kind": "shift", "kept": None}),
    ],
)
def test_sizes_and_shifts_have_commands(
    command: list[str], facts: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "kaiyan/1"
    assert {name: found[name] for name in facts} == facts
    assert run(command) == 0
    assert len(capsys.readouterr().out.splitlines()) > 2


def test_a_picture_is_moved_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["see", "--grey", "-o", "seen.png"]) == 0
    assert run(["shift-report", "net.py:make", "seen.png", "--shifts", "1"]) == 0
    assert "jump" in capsys.readouterr().out


def test_a_refusal_is_json_where_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["derive", LAYER, "1x4x9x9", "--json"]) == 2
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert (facts["schema"], facts["kind"], facts["code"]) == ("kaiyan/1", "error", "wrong-channels")
    assert facts["sentence"]["text"] in err
    assert facts["sentence"]["facts"]["expected"] == 3


@pytest.mark.parametrize(("command", "name"), [(["see", "--list"], "kernels"), (["diagnose", "--list"], "failures")])
def test_lists_are_json_with_the_schema_too(command: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["schema"], facts["kind"]) == ("kaiyan/1", name)
    assert len(facts[name]) > 10
