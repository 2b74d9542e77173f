"""What cannot be explained is refused in a sentence; hooks come off in any order; slow models do not make one wait."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

import kaiyan
from kaiyan.cli.run import run

if TYPE_CHECKING:
    from pathlib import Path


def _net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(7, 2))


PUBLIC: Any = kaiyan
REFUSED = {
    "a number": (lambda: PUBLIC.summary(_net(), 28), "28 is not a shape"),
    "a text": (lambda: PUBLIC.summary(_net(), "1x3x8x8"), "'1x3x8x8' is not a shape"),
    "below zero": (lambda: PUBLIC.summary(_net(), (1, 3, -5, 8)), "is not a shape"),
    "a class": (lambda: PUBLIC.summary(nn.Conv2d, (1, 3, 8, 8)), "the model is a type"),
    "the least of a number": (lambda: PUBLIC.least_input(_net(), 28), "28 is not a shape"),
    "no error": (lambda: PUBLIC.diagnose(None), "no error to explain"),
    "the error of a class": (lambda: PUBLIC.diagnose("RuntimeError: x", nn.Conv2d), "the model is a type"),
    "a wall": (
        lambda: PUBLIC.shift_report(nn.Conv2d(3, 1, 3), torch.ones(3, 8, 8), 2),
        "every column of the picture is the same",
    ),
    "a model that fails": (lambda: PUBLIC.shift_report(_net(), torch.rand(3, 8, 8), 2), "run on this input: mat1"),
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(call: Any, words: str) -> None:
    with pytest.raises(kaiyan.KaiyanError, match=words):
        call()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_explainers_come_off_in_any_order(order: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda *given: seen.append(given[1]))
    removers = [kaiyan.install_explainer(), kaiyan.install_explainer()]
    for number in order:
        removers[number]()
    error = RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)")
    sys.excepthook(RuntimeError, error, None)
    assert seen == [error]
    assert not hasattr(error, "__notes__")


def test_one_note_is_enough() -> None:
    with pytest.raises(RuntimeError) as caught, kaiyan.explaining(), kaiyan.explaining():
        _net()(torch.zeros(1, 3, 8, 8))
    assert len(caught.value.__notes__) == 1


class Slow(nn.Module):
    """Asks for a value, so that it cannot be run without computing."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(5, 2)

    def forward(self, x: torch.Tensor) -> Any:
        if float(x.sum()) > 1e9:
            return x
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass
        return self.fc(self.conv(x).flatten(1))


def test_a_slow_model_is_not_run_again_and_again() -> None:
    model, x = Slow(), torch.zeros(1, 3, 8, 8)
    with pytest.raises(RuntimeError) as caught:
        model(x)
    began = time.process_time()
    found = kaiyan.diagnose(caught.value, model, x)
    assert time.process_time() - began < 4
    assert found.code == "K012"


def test_inputs_by_name_do_not_break_the_diagnosis() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = _net()

        def forward(self, batch: dict[str, torch.Tensor]) -> Any:
            return self.net(batch["image"])

    batch = {"image": torch.zeros(1, 3, 8, 8)}
    with pytest.raises(RuntimeError) as caught:
        Named()(batch)
    assert kaiyan.diagnose(caught.value, Named(), batch).code == "K012"


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "nofile.txt"]) == 2
    assert "there is no file nofile.txt" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "utf-8-sig"])
def test_tracebacks_as_terminals_write_them(encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '  File "C:\\项目\\net.py", line 3, in forward\n    return self.fc(x)\n'
    text += "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)\n"
    (tmp_path / "tb.txt").write_bytes(text.encode(encoding))
    assert run(["diagnose", str(tmp_path / "tb.txt")]) == 0
    shown = capsys.readouterr().out
    assert "K012" in shown
    assert "项目" in shown


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
        ("def make():\n    return 1 / 0\n", "net.py:2: ZeroDivisionError"),
        ("def make(classes):\n    return classes\n", "missing 1 required positional argument"),
    ],
)
def test_a_model_whose_code_fails(code: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.py").write_text(code, "utf-8")
    assert run(["summary", f"{tmp_path / 'net.py'}:make", "1x3x8x8"]) == 2
    assert words in capsys.readouterr().err


def test_a_model_of_two_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "class Two(nn.Module):\n"
        "    def forward(self, a, b):\n"
        "        return a.mean((2, 3)) + b\n",
        "utf-8",
    )
    assert run(["summary", f"{tmp_path / 'net.py'}:Two", "1x3x8x8", "1x3"]) == 0
    assert "it fails here" not in capsys.readouterr().out


def test_what_is_not_counted_is_said() -> None:
    class Distances(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cdist(x, x)

    found = kaiyan.summary(Distances(), (3, 2, 4))
    assert found.uncounted == ("cdist",)
    assert "are not counted" in found.text("en")
    assert kaiyan.summary(nn.LSTM(4, 8), (3, 2, 4)).uncounted == ()


def test_of_two_errors_the_one_that_ended_the_run_is_explained() -> None:
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    fc(x)\n'
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    log.foo(e)\n'
        "AttributeError: 'Logger' object has no attribute 'foo'\n"
    )
    assert kaiyan.diagnose(text).code == "K000"


def test_cells_of_ipython_are_explained_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shell:
        """What IPython documents of its shell: https://ipython.readthedocs.io, ``set_custom_exc``."""

        def __init__(self) -> None:
            self.handlers: list[Any] = []
            self.shown: list[BaseException] = []

        def set_custom_exc(self, kinds: tuple[type[BaseException], ...], handler: Any) -> None:
            self.handlers.append((kinds, handler))

        def showtraceback(self, given: Any, tb_offset: int | None = None) -> None:
            del tb_offset
            self.shown.append(given[1])

    shell = Shell()
    module: Any = type(sys)("IPython")
    module.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", module)
    remove = kaiyan.install_explainer()
    kinds, handler = shell.handlers[-1]
    error = RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)")
    handler(shell, RuntimeError, error, None, tb_offset=1)
    remove()
    assert kinds == (Exception,)
    assert shell.shown == [error]
    assert "K012" in error.__notes__[0]
    assert shell.handlers[-1][0] == ()


WITHOUT = "import sys; sys.modules['torch'] = None; "


def test_without_torch_it_is_said_what_is_needed() -> None:
    for name in ("diagnose", "summary", "least_input", "shift_report"):
        code = f"{WITHOUT}import kaiyan; kaiyan.{name}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert f"kaiyan.{name} needs torch: pip install 'kaiyan[torch]'" in done.stderr


@pytest.mark.parametrize("line", [["diagnose", "mat1 and mat2"], ["diagnose", "--list"], ["summary", "a.py:b", "1x3"]])
def test_commands_without_torch_are_refused(line: list[str]) -> None:
    code = f"{WITHOUT}from kaiyan.cli.run import run; sys.exit(run({line!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'kaiyan[torch]'" in done.stderr
    assert "Traceback" not in done.stderr
