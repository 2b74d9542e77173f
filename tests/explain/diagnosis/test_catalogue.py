"""Every row of the catalogue of design/explain.md: torch's own exception, the cause, a fix that makes the model run.

Each row is a file as a user writes it. The numbers in ``says`` are those of the input and the layer, counted by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from corpus.broken import load
from corpus.working import HEAD
from torch import nn

import kaiyan
from benchmarks.blind import mended
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.diagnose import Diagnosis


pytestmark = pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
EMPTY = "row 34: width 0"


@dataclass(frozen=True, slots=True)
class Row:
    """A source, the shape and dtype of its input, what torch says (part), and what the answer has to hold."""

    name: str
    source: str
    shape: tuple[int, ...]
    torch_says: str
    says: tuple[str, ...] = ()
    dtype: torch.dtype = torch.float32
    never: tuple[str, ...] = ()

    def inputs(self) -> torch.Tensor:
        """Numbers that every dtype holds."""
        return torch.ones(self.shape).to(self.dtype)


def made(line: str) -> str:
    """A file that makes one layer."""
    return f"{HEAD}def make():\n    return {line}\n"


def forward(line: str, *layers: str) -> str:
    """A file with one class: its layers, and the line that its forward returns."""
    body = "".join(f"        self.{layer}\n" for layer in layers)
    return (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{body}\n"
        f"    def forward(self, x):\n        return {line}\n\n\ndef make():\n    return Net()\n"
    )


HEADS = """nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, stride=2),
        nn.MaxPool2d(2),
        {flatten}nn.Linear({features}, 10),
    )"""

ROWS = [
    Row("in_channels", made("nn.Sequential(nn.Conv2d(1, 8, 3))"), (2, 3, 9, 8), "to have 1 channels", ("1", "3")),
    Row(
        "nhwc",
        made("nn.Conv2d(3, 10, 3)"),
        (1, 361, 424, 3),
        "to have 3 channels",
        ("permute(0, 3, 1, 2)", "(1, 3, 361, 424)"),
    ),
    Row("hwc", made("nn.Conv2d(3, 8, 3)"), (32, 48, 3), "to have 3 channels", ("permute(2, 0, 1)", "(3, 32, 48)")),
    Row(
        "row 32",
        made("nn.Conv2d(4, 64, 3)"),
        (1, 16, 128, 128),
        "to have 4 channels",
        ("4", "16"),
        never=("permute", "NHWC"),
    ),
    Row("nlc", made("nn.Conv1d(8, 16, 3)"), (32, 10, 8), "to have 8 channels", ("transpose(1, 2)", "(32, 8, 10)")),
    Row(
        "grouped weight",
        forward("F.conv2d(x, self.w, groups=2)", "w = nn.Parameter(torch.ones(8, 2, 3, 3))"),
        (1, 6, 9, 9),
        "expected input",
        ("4", "6", "(8, 3, 3, 3)"),
    ),
    Row(
        "kernel larger", made("nn.Conv2d(1, 1, 40)"), (1, 1, 32, 32), "can't be greater than actual input", ("40", "32")
    ),
    Row(EMPTY, made("nn.Conv2d(3, 4, 3, padding=1)"), (1, 3, 256, 0), "can't be greater than", ("0",)),
    Row(
        "pooled to nothing",
        made("nn.Sequential(" + ", ".join(["nn.MaxPool2d(2)"] * 5) + ")"),
        (1, 1, 16, 16),
        "too small",
        ("16", "4"),
    ),
    Row("rank: frames", made("nn.Conv2d(3, 8, 3)"), (2, 5, 3, 9, 9), "Expected 3D", ("flatten(0, 1)", "(10, 3, 9, 9)")),
    Row("rank: (H, W)", made("nn.Conv2d(1, 8, 3)"), (9, 8), "Expected 3D", ("(9, 8)", "x.unsqueeze(0)")),
    Row(
        "uint8 (row 37)",
        made("nn.Conv2d(3, 8, 3)"),
        (4, 3, 8, 8),
        "should be the same",
        ("uint8", "float32", ".float()", "/ 255"),
        torch.uint8,
    ),
    Row(
        "double (row 38)",
        made("nn.Conv2d(3, 8, 3)"),
        (4, 3, 8, 8),
        "should be the same",
        ("float64", "float32"),
        torch.float64,
        never=("cuda", "GPU"),
    ),
    Row("half", made("nn.Conv2d(3, 8, 3)"), (4, 3, 8, 8), "should be the same", ("float16", "float32"), torch.float16),
    Row(
        "same with stride",
        made("nn.Conv2d(3, 8, 3, stride=2, padding='same')"),
        (1, 3, 15, 16),
        "not supported for strided",
        ("same", "2"),
    ),
    Row(
        "SAME", made("nn.Conv2d(3, 8, 3, padding='SAME')"), (1, 3, 15, 16), "Invalid padding string", ("SAME", "'same'")
    ),
    Row(
        "four paddings",
        made("nn.Conv2d(3, 8, 3, padding=(1, 2, 3, 4))"),
        (1, 3, 15, 16),
        "expected padding to be",
        ("4",),
    ),
    Row("kernel of three numbers", made("nn.Conv2d(3, 8, (3, 3, 3))"), (1, 3, 15, 16), "expected stride to be", ("3",)),
    Row(
        "weight of rank 3",
        forward("F.conv2d(x, self.w)", "w = nn.Parameter(torch.ones(8, 3, 3))"),
        (1, 3, 15, 16),
        "expected stride to be",
        ("1",),
    ),
    Row("kernel 0", made("nn.Conv2d(3, 8, 0)"), (1, 3, 15, 16), "kernel size should be greater than zero", ("0",)),
    Row(
        "transposed negative",
        made("nn.ConvTranspose2d(3, 8, 2, padding=3)"),
        (1, 3, 3, 3),
        "(-2 x -2). Output size is too small",
        ("-2",),
    ),
    Row(
        "stride 0 (row 41)",
        made("nn.Conv2d(3, 8, 3, stride=0)"),
        (1, 3, 15, 16),
        "non-positive stride",
        ("stride", "0"),
    ),
    Row(
        "dilation 0",
        made("nn.Conv2d(3, 8, 3, dilation=0)"),
        (1, 3, 15, 16),
        "dilation should be greater",
        ("dilation", "0"),
    ),
    Row("groups 0 (row 40)", made("nn.Conv2d(3, 8, 3, groups=0)"), (1, 3, 15, 16), "groups must be a positive", ("0",)),
    Row(
        "groups -1 (row 40)",
        made("nn.Conv2d(3, 8, 3, groups=-1)"),
        (1, 3, 15, 16),
        "groups must be a positive",
        ("-1",),
    ),
    Row(
        "groups do not divide", made("nn.Conv2d(6, 8, 3, groups=4)"), (1, 6, 15, 16), "divisible by groups", ("6", "4")
    ),
    Row(
        "reflect", made("nn.Conv2d(1, 1, 3, padding=5, padding_mode='reflect')"), (1, 1, 5, 5), "less than", ("5", "4")
    ),
    Row(
        "circular",
        made("nn.Conv2d(1, 1, 3, padding=6, padding_mode='circular')"),
        (1, 1, 5, 5),
        "wrapping around",
        ("6", "5"),
    ),
    Row("float size", made("nn.Linear(16 / 2, 4)"), (1, 8), "got float", ("8.0", "//")),
    Row("transposed in_channels", made("nn.ConvTranspose2d(1, 8, 3)"), (1, 4, 5, 5), "transposed=1", ("1", "4")),
    Row(
        "output_padding (row 23)",
        made("nn.ConvTranspose1d(1, 1, 3, output_padding=1)"),
        (1, 1, 3),
        "output padding must be smaller",
        ("1", "from 3: 5"),
    ),
    Row(
        "transposed same",
        made("nn.ConvTranspose2d(3, 8, 4, stride=2, padding='same')"),
        (1, 3, 5, 5),
        "must be tuple of ints",
        ("same", "= 10"),
    ),
    Row(
        "linear after convolutions",
        made(HEADS.format(flatten="nn.Flatten(), ", features=32 * 7 * 7)),
        (2, 1, 28, 28),
        "2x288 and 1568x10",
        ("288", "1568", "32", "3"),
    ),
    Row(
        "flatten(0)",
        forward("self.fc(torch.flatten(self.conv(x)))", "conv = nn.Conv2d(1, 8, 3)", "fc = nn.Linear(8 * 6 * 6, 10)"),
        (2, 1, 8, 8),
        "1x576 and 288x10",
        ("flatten", "288", "flatten(x, 1)"),
    ),
    Row(
        "no flatten",
        made(HEADS.format(flatten="", features=32 * 3 * 3)),
        (2, 1, 28, 28),
        "192x3 and 288x10",
        ("no flatten", "288"),
    ),
    Row(
        "batch norm",
        made("nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(16))"),
        (2, 3, 9, 9),
        "should contain 8 elements not 16",
        ("8", "16"),
    ),
    Row("skip add", forward("x + self.conv(x)", "conv = nn.Conv2d(4, 4, 3)"), (1, 4, 9, 9), "must match", ("9", "7")),
    Row(
        "concat",
        forward("torch.cat([x, self.conv(x)], 1)", "conv = nn.Conv2d(4, 4, 3)"),
        (1, 4, 9, 9),
        "must match",
        ("9", "7"),
    ),
    Row(
        "bias",
        forward(
            "F.conv2d(x, self.w, self.b)", "w = nn.Parameter(torch.ones(8, 3, 3, 3))", "b = nn.Parameter(torch.ones(3))"
        ),
        (1, 3, 9, 9),
        "bias",
        ("8", "3"),
    ),
    Row(
        "batch norm of one value",
        made("nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))"),
        (1, 3, 3, 3),
        "more than 1 value",
        ("1",),
    ),
]


def failed(row: Row) -> tuple[nn.Module | None, Exception]:
    """What the user has in hand: the model where it could be made, and torch's exception."""
    model = None
    try:
        model = load(row.source)
        model(row.inputs())
    except Exception as error:  # noqa: BLE001 - torch's own, of any type
        return model, error
    pytest.fail(f"it runs: {row.name}")


def answer(found: Diagnosis) -> str:
    """All that a reader of the diagnosis is told."""
    return "\n".join([say(found.cause, "en"), str(found), *(say(fix.sentence, "en") for fix in found.fixes)])


def is_said(word: str, found: Diagnosis) -> bool:
    """A number or a name in the cause, as a word of it; a piece of code in the cause or in a fix."""
    cause, fixes = say(found.cause, "en"), "\n".join(f"{say(fix.sentence, 'en')}\n{fix.after}" for fix in found.fixes)
    if re.fullmatch(r"-?[\w.]+", word):
        return re.search(rf"(?<![\w.-]){re.escape(word)}(?!\w|\.\d)", cause) is not None
    return word in cause or word in fixes


def test_a_number_is_a_word_of_the_cause() -> None:
    found = kaiyan.diagnose("mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)")
    assert is_said("288", found)
    assert not is_said("28", found)
    assert not is_said("0", found)
    assert not is_said("K012", found)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_cause_is_found_in_torchs_own_exception(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIYAN_LANG", "en")
    model, error = failed(row)
    assert row.torch_says in str(error)
    found = kaiyan.diagnose(error, model, row.inputs())
    assert found.code != "K000"
    assert [word for word in row.says if not is_said(word, found)] == []
    assert [word for word in row.never if word in answer(found)] == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.name != EMPTY], ids=lambda row: row.name)
def test_the_first_fix_makes_the_model_run(row: Row) -> None:
    model, error = failed(row)
    found = kaiyan.diagnose(error, model, row.inputs())
    assert mended(row.source, model, row.inputs(), found) is not None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_exception_stays_the_users(row: Row) -> None:
    model, error = failed(row)
    kind, text = type(error), str(error)
    with pytest.raises(kind) as caught, kaiyan.explaining():
        raise error
    assert caught.value is error
    assert str(error) == text
    kaiyan.diagnose(error, model, row.inputs())
    assert (type(error), str(error)) == (kind, text)


def test_no_change_of_the_model_is_offered_for_a_picture_without_columns() -> None:
    row = next(row for row in ROWS if row.name == EMPTY)
    model, error = failed(row)
    assert kaiyan.diagnose(error, model, row.inputs()).fixes == ()


def test_a_model_that_runs_is_no_row() -> None:
    with pytest.raises(pytest.fail.Exception, match="it runs"):
        failed(Row("sound", made("nn.Conv2d(3, 8, 3)"), (1, 3, 9, 9), ""))


def test_numpy_given_to_a_layer_is_told_from_numpy() -> None:
    layer = nn.Conv2d(3, 8, 3)
    x: Any = np.ones((1, 3, 9, 9), "float32")
    with pytest.raises(TypeError) as caught:
        layer(x)
    found = kaiyan.diagnose(caught.value, layer, x)
    assert "from_numpy" in answer(found) or "as_tensor" in answer(found)


def test_a_state_of_another_size_is_told_by_name_and_shapes() -> None:
    layer = nn.Sequential(nn.Conv2d(3, 8, 3))
    with pytest.raises(RuntimeError, match="size mismatch") as caught:
        layer.load_state_dict(nn.Sequential(nn.Conv2d(1, 8, 3)).state_dict())
    assert "0.weight are (8, 1, 3, 3) in the file and (8, 3, 3, 3) in the model" in str(
        kaiyan.diagnose(caught.value).cause
    )


def test_a_pasted_message_alone_is_understood() -> None:
    found = kaiyan.diagnose("RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)")
    assert "288" in answer(found)
    assert "1568" in answer(found)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_message_alone_is_understood(row: Row) -> None:
    _, error = failed(row)
    assert kaiyan.diagnose(f"{type(error).__name__}: {error}").code != "K000"


def test_a_second_failure_waits_behind_the_first() -> None:
    model, x = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(100, 10)), torch.ones(2, 3, 8, 8)
    with pytest.raises(RuntimeError) as caught:
        model(x)
    found = kaiyan.diagnose(caught.value, model, x)
    assert found.path == "0"
    assert found.then is not None
    assert found.then.path == "2"
    assert "288" in answer(found.then)
