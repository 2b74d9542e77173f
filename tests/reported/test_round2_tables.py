"""Round two, b11 (kind F13): what every command prints on a terminal of 80, 60 and 40 columns."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

import kaiyan
from kaiyan.cli.run import run
from kaiyan.show.wrapping import width

MODELS = """
from torch import nn

def vgg():
    layers, C = [], 3
    for n in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        layers += [nn.Conv2d(C, n, 3, padding=1), nn.ReLU(True)] if n else [nn.MaxPool2d(2, 2)]
        C = n or C
    head = [nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(True), nn.Linear(4096, 1000)]
    return nn.Sequential(nn.Sequential(*layers), nn.Sequential(*head))

def cba(i, o, k, s=1, g=1):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o), nn.SiLU(True))

class SqueezeExcitation(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.avgpool, self.fc1, self.fc2 = nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, r, 1), nn.Conv2d(r, c, 1)
        self.activation, self.scale_activation = nn.SiLU(True), nn.Sigmoid()
    def forward(self, x):
        return x * self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))

def efficient():  # EfficientNet-B0's blocks: torchvision's names and widths, one of each stage
    stages, blocks, c = ((1, 3, 1, 16), (6, 3, 2, 24), (6, 5, 2, 40), (6, 3, 2, 80), (6, 5, 1, 112), (6, 5, 2, 192)), [], 32
    for e, k, s, o in stages:
        block = nn.Sequential(cba(c, c * e, 1), cba(c * e, c * e, k, s, c * e), SqueezeExcitation(c * e, 8), cba(c * e, o, 1))
        blocks.append(nn.Sequential(nn.Sequential(block)))
        c = o
    return nn.Sequential(nn.Sequential(cba(3, 32, 3, 2), *blocks), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(192, 1000))

def small():
    return nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1))
"""  # noqa: E501 (a file that a user has)

COMMANDS = {
    "vgg": ["summary", "models.py:vgg", "1x3x224x224"],
    "efficient": ["summary", "models.py:efficient", "1x3x224x224"],
    "all columns": ["summary", "models.py:small", "1x3x64x64", "--columns",
                    "kind,input_size,output_size,num_params,kernel_size,pads,mult_adds,bytes,intensity,receptive_field"],
    "derive": ["derive", "Conv2d(3,64,3,padding=1)", "MaxPool2d(3, 2, ceil_mode=True)", "1x3x224x224"],
    "plan": ["plan", "Conv2d(64, 64, 3, padding=1)", "1x64x56x56"],
    "padding": ["padding", "224", "--kernel", "3", "--stride", "2"],
    "accelerate": ["accelerate", "models.py:small", "1x3x32x32"],
    "port": ["port", "Conv2d(3, 64, 7, stride=2)", "1x3x224x224"],
    "see": ["see", "--kernel", "gaussian", "-o", "seen.png"],
    "see --list": ["see", "--list"],
}  # fmt: skip
NUMBER = re.compile(r"\d[\d,]*,\d{3}|\d+(?:x\d+)+|\d+\.\d+(?: ms|%)?|\([\d, ]+\)")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _printed(folder: Path, columns: int | None, arguments: list[str]) -> list[str]:
    """What a command writes on a terminal of so many columns, without its colours."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", str(columns or 300))
        patched.setenv("TERM", "xterm")
        patched.chdir(folder)
        terminal = _Terminal()
        patched.setattr(sys, "stdout", terminal)
        assert run(["--lang", "en", *arguments]) == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).split("\n")


def _really_printed(folder: Path, columns: int, arguments: list[str]) -> list[str]:
    """The same in a process of its own on a real terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        os.chdir(folder)
        clean = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "FORCE_COLOR")}
        source = str(Path(kaiyan.__file__).parents[1])
        os.execve(sys.executable, [sys.executable, "-m", "kaiyan", "--lang", "en", *arguments],
                  clean | {"TERM": "xterm", "PYTHONPATH": source, "PYTHONUTF8": "1"})  # fmt: skip
    written = b""
    with suppress(OSError):
        while read := os.read(terminal, 65536):
            written += read
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0, written.decode()
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.decode()).replace("\r", "").split("\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    (path / "models.py").write_text(MODELS)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_b11_no_number_and_no_shape_is_torn(folder: Path, command: str) -> None:
    arguments = COMMANDS[command]
    if command == "accelerate":  # its times are others in every run: only whole ones may be there
        for columns in (60, 40):
            for line in _printed(folder, columns, arguments):
                assert width(line) <= columns
                assert not re.search(r"\d m$|\d\.$", line)
        return
    whole = set(NUMBER.findall("\n".join(_printed(folder, None, arguments))))
    assert whole
    for columns in (80, 40):
        lines = _printed(folder, columns, arguments)
        assert max(map(width, lines)) <= columns
        torn = set(NUMBER.findall("\n".join(lines))) - whole
        assert {number for number in torn if "ms" not in number} == set()


@pytest.mark.parametrize("network", ["vgg", "efficient"])
def test_b11_at_80_columns_a_layer_is_one_line_with_its_numbers(folder: Path, network: str) -> None:
    lines = _printed(folder, 80, COMMANDS[network])
    table = [line for line in lines if re.match(r" *\S+ +\S.*\d", line) and not line.startswith("-")]
    assert len([line for line in table if re.search(r"\d+x\d+", line)]) > 20
    assert any("--wide" in line for line in lines)
    convs = [line for line in table if "Conv2d(" in line]
    assert convs
    assert all(re.search(r"\d+x\d+x\d+x\d+ +[\d,]+ +[\d,]+", line) for line in convs)


def test_wide_shows_all_on_the_narrowest_screen(folder: Path) -> None:
    lines = _printed(folder, 40, [*COMMANDS["vgg"], "--wide"])
    assert any("MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)" in line for line in lines)
    assert not any("--wide" in line for line in lines)


def test_a_real_terminal_is_asked_for_its_width(folder: Path) -> None:
    lines = _really_printed(folder, 50, COMMANDS["derive"])
    assert max(map(width, lines)) <= 50
    assert any("--wide" in line for line in lines)
    assert max(map(width, _really_printed(folder, 50, [*COMMANDS["derive"], "--wide"]))) > 50


def test_a_pipe_gets_whole_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "40")
    assert run(["--lang", "en", *COMMANDS["vgg"]]) == 0
    assert "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)" in capsys.readouterr().out
