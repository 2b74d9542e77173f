"""The command line as a user runs it, in both languages: answers, files, and what bad input is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from kaiyan import Conv, KaiyanError, __version__, see
from kaiyan.cli import written
from kaiyan.cli.run import run
from kaiyan.pictures.named import KERNELS
from kaiyan.show.i18n import language

if TYPE_CHECKING:
    from pathlib import Path

STEM = "Conv2d(3, 64, 7, stride=2, padding=3)"
POOL = "Conv(kernel_size=3, stride=2, padding=1)"


def _kaiyan(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "KAIYAN"))}
    return subprocess.run(
        [sys.executable, "-m", "kaiyan", *arguments], cwd=cwd, capture_output=True, text=True, check=False,
        env=clean | {"PYTHONUTF8": "1"} | environment,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("KAIYAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _picture(folder: Path, name: str = "cat.png") -> str:
    Image.fromarray(np.arange(72, dtype=np.uint8).reshape(6, 4, 3)).save(folder / name)
    return name


def test_shape_prints_the_derivation(folder: Path) -> None:
    done = _kaiyan("derive", STEM, "1x3x224x224", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "becomes (1, 64, 112, 112)" in done.stdout
    assert "⌊(224 + 3 + 3 − 7) / 2⌋ + 1 = 112" in done.stdout
    assert (
        "receptive field 7 (0 of them not seen), neighbouring outputs 2 apart, the first centred on input 0"
        in done.stdout
    )
    assert "\x1b" not in done.stdout
    assert "\nH, W: " not in done.stdout.replace("\n- H, W: ", "")  # one line a sentence


def test_shape_of_a_chain_has_the_field_after_each(folder: Path) -> None:
    done = _kaiyan("derive", STEM, POOL, "1x3x224x224", "--json", cwd=folder)
    facts = json.loads(done.stdout)
    assert facts["output_shape"] == [1, 64, 56, 56]
    fields = [layer["receptive_field"] for layer in facts["layers"]]
    assert fields == [
        [{"size": 7, "jump": 2, "start": 0, "holes": 0}] * 2,
        [{"size": 11, "jump": 4, "start": 0, "holes": 0}] * 2,
    ]
    assert facts["layers"][0]["cost"]["macs"]["value"] == Conv.parse(STEM).macs((1, 3, 224, 224))


def test_a_chain_is_numbered_and_summed_up_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["derive", STEM, POOL, "1x3x224x224"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1. nn.Conv2d(3, 64,")
    assert "\n2. Conv(kernel_size=3" in printed
    assert printed.splitlines()[-3].split() == [
        "layer",
        "output",
        "parameters",
        "MACs",
        "receptive",
        "field",
        "jump",
        "start",
    ]
    assert printed.splitlines()[-1].split() == ["2", "1x64x56x56", "?", "?", "11x11", "4x4", "0x0"]


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--lang", "zh"], {}), ([], {"KAIYAN_LANG": "zh"}), ([], {"LANG": "zh_CN.UTF-8"})]
)
def test_chinese_is_spoken_where_it_is_asked_for(
    folder: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    done = _kaiyan(*arguments, "derive", STEM, "1x3x224x224", cwd=folder, **environment)
    assert "变为 (1, 64, 112, 112)" in done.stdout
    wrong = _kaiyan(*arguments, "derive", STEM, "1x4x224x224", cwd=folder, **environment)
    assert wrong.stderr == "kaiyan: 输入 (1, 4, 224, 224) 有 4 个通道（轴 1），应为 3 个\n"
    assert wrong.returncode == 2


def test_see_writes_a_picture_and_says_what_happened(folder: Path) -> None:
    done = _kaiyan("see", _picture(folder), "--kernel", "1 0 -1; 2 0 -2; 1 0 -1", "-o", "out.png", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(folder / "out.png") as image:
        assert image.width > image.height
    for words in (
        "becomes (1, 3, 6, 4)",
        "the picture's values run from 0 to 71",
        "written to out.png",
        "     1      0     -1",
    ):
        assert words in done.stdout
    assert sorted(p.name for p in folder.iterdir()) == ["cat.png", "out.png"]


def test_see_without_a_picture_takes_the_photograph(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["see"]) == 0
    assert run(["see", "--json", "--grey"]) == 0
    printed = capsys.readouterr().out
    facts = json.loads(printed[printed.index("\n{") :])
    assert facts["written"] == "astronaut-sobel-x-2.png"  # the first one stays
    assert facts["output_shape"] == [1, 1, 512, 512]
    assert (folder / "astronaut-sobel-x.png").stat().st_size > 100_000


def test_the_options_of_see_are_those_of_conv(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--stride", "2,1", "--padding", "(0,1),(2,0)", "--padding-mode", "circular", "--dilation", "2", "--flip"]
    assert run(["see", _picture(folder), "-k", "emboss", *options, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    same = see(
        "cat.png", "emboss", stride=(2, 1), padding=((0, 1), (2, 0)), padding_mode="circular", dilation=2, flip=True
    ).to_dict()
    for name in ("spec", "range", "pads", "output_shape", "lines"):
        assert facts[name] == same[name]


def test_the_list_shows_every_kernel_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["see", "--list"]) == 0
    english = capsys.readouterr().out
    assert run(["--lang", "zh", "see", "--list"]) == 0
    chinese = capsys.readouterr().out
    for name, recipe in KERNELS.items():
        assert f"{name}" in chinese
        assert recipe.does in english
        assert recipe.does not in chinese
    assert run(["see", "--list", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["kernels"]) == set(KERNELS)


def test_a_terminal_gets_colours(folder: Path) -> None:
    assert (
        "\x1b["
        in _kaiyan("see", "--list", cwd=folder, FORCE_COLOR="1", COLORTERM="truecolor", TERM="xterm-256color").stdout
    )


def test_help_is_spoken_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["see"], ["derive"]):
        assert run([*arguments, "--help"]) == 0
        english = capsys.readouterr().out
        assert run(["--lang", "zh", *arguments, "-h"]) == 0
        chinese = capsys.readouterr().out
        assert "options" in english
        assert "选项" in chinese
        assert english.count("\n") == chinese.count("\n")
    assert run([]) == 0
    assert "commands" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"kaiyan {__version__}\n"


BAD: dict[str, tuple[list[str], str]] = {
    "nothing": (["derive"], "a description and a shape are needed"),
    "no shape": (["derive", STEM], "a description and a shape are needed"),
    "shape of letters": (["derive", STEM, "1x3xAx4"], "'1x3xAx4' is not a shape"),
    "nhwc": (["derive", STEM, "1x224x225x3"], "permute(0, 3, 1, 2) (in NumPy: transpose) gives (1, 3, 224, 225)"),
    "rank": (["derive", STEM, "3x224"], "the input (3, 224) has 2 axes; 2 spatial axes need 4"),
    "too small": (["derive", STEM, "1x3x1x0"], "on axis W the kernel reaches over 7 elements"),
    "stride 0": (["derive", "Conv2d(3, 64, 7, stride=0)", "1x3x9x9"], "stride is 0; it must be at least 1"),
    "code": (["derive", "__import__('os').system('touch hacked')", "1x3x9x9"], "system is not a convolution"),
    "argument code": (["derive", "Conv2d(3, open('hacked', 'w'), 3)", "1x3x9x9"], "code is read, never executed"),
    "option": (["see", "--kernal", "box"], "there is no option --kernal\n  help: --kernel"),
    "no value": (["see", "--kernel"], "the option --kernel needs a value"),
    "command": (["sea"], "there is no command 'sea'; the commands are see, derive"),
    "number": (["plan", "Conv2d(3, 8, 3)", "1x3x9x9", "--seconds", "abc"], "--seconds cannot be 'abc'"),
    "depth": (
        ["summary", "net.py:make", "1x3x9x9", "--depth", "-1"],
        "--depth cannot be -1\n  help: kaiyan summary --help",
    ),
    "threads": (["accelerate", "net.py:make", "1x3x9x9", "--threads", "0"], "--threads cannot be 0"),
    "needed": (["padding", "224"], "--kernel is missing\n  help: kaiyan padding --help"),
    "no model": (["summary"], "MODEL is missing"),
    "no model's shape": (["summary", "net.py:make"], "SHAPE... is missing"),
    "extra": (["see", "a.png", "b.png"], "this command line is not understood"),
    "language": (["--lang", "fr", "see"], "there is no language 'fr'"),
    "letters": (["see", "cat.png", "--kernel", "1 b 3"], "'b' in the kernel '1 b 3' is not a number"),
    "kernel": (["see", "cat.png", "--kernel", "sobelx"], "there is no kernel 'sobelx'"),
    "missing": (["see", "dog.png"], "there is no file dog.png"),
    "folder": (["see", "."], ". is a folder, not a picture"),
    "text": (["see", "note.txt"], "note.txt is not a picture in a format that can be read"),
    "large kernel": (
        ["see", "cat.png", "--kernel", "box:7", "--padding", "0"],
        "on axis H the kernel reaches over 7 elements (kernel=7, dilation=1), but the input has 6",
    ),
    "padding": (["see", "cat.png", "--padding", "full"], "there is no padding 'full'"),
    "mode": (["see", "cat.png", "--padding-mode", "mirror"], "with its library's name in front: scipy:mirror"),
    "negative": (["see", "cat.png", "--padding", "-1"], "padding is -1; it must be at least 0"),
    "stride letters": (["see", "cat.png", "--stride", "x"], "stride is 'x'; it must be an integer of at least 1"),
    "out folder": (["see", "cat.png", "-o", "nowhere/out.png"], "there is no folder nowhere"),
    "suffix": (["see", "cat.png", "-o", "out.xyz"], "the suffix of out.xyz names no picture format"),
    "over the input": (["see", "cat.png", "-o", "cat.png"], "cat.png is the input picture; it is not overwritten"),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], case: str, lang: str
) -> None:
    _picture(folder)
    (folder / "note.txt").write_text("hello")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    arguments, words = BAD[case]
    assert run([*([] if case == "language" else ["--lang", lang]), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kaiyan: ")
    assert all(line.startswith("  ") for line in err.splitlines()[1:])
    assert (words in err) or lang == "zh"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    code = f"{sys.executable} -m kaiyan see --list | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[0].startswith("identity")


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kaiyan.cli.see.see_picture", interrupt)
    assert run(["see"]) == 130


@pytest.mark.parametrize(
    ("asked", "extras"),
    [([], "cli"), (["--lang", "zh", "face", "who", "a.jpg"], "cli,faces"), (["case", "9"], "cases")],
)
def test_without_its_extra_the_command_says_what_to_install(folder: Path, asked: list[str], extras: str) -> None:
    line = ["kaiyan", *asked]
    code = f"import sys; sys.modules['click'] = None; sys.argv = {line}; from kaiyan.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"the command line needs click: pip install 'kaiyan[{extras}]'\n"
        f"命令行需要 click：pip install 'kaiyan[{extras}]'\n"
    )


def test_what_people_write() -> None:
    shapes = ("1x3x224x224", "1,3,224,224", "(1, 3, 224, 224)", "1×3×224×224", "[1 3 224 224]")
    assert {written.shape(text) for text in shapes} == {(1, 3, 224, 224)}
    for text in ("", "1x", "ax3", "1.5x3", "-1x3"):
        with pytest.raises(KaiyanError):
            written.shape(text)
    values = {
        "3": 3,
        "2,1": (2, 1),
        "same": "same",
        "causal,same,1": ("causal", "same", 1),
        "(0,1),(2,3)": ((0, 1), (2, 3)),
        "-1": -1,
    }
    assert {text: written.value(text) for text in values} == values


def test_the_language_is_asked_for_then_set_then_the_locales() -> None:
    assert language("en", {"KAIYAN_LANG": "zh"}) == "en"
    assert language(None, {"KAIYAN_LANG": "zh-TW", "LANG": "en_US.UTF-8"}) == "zh"
    assert language(None, {"LC_ALL": "zh_CN", "LANG": "en_US"}) == "zh"
    assert language(None, {"LANG": "de_DE.UTF-8"}) == "en"
    assert language(None, {"LANG": "C.UTF-8"}) == "en"
    assert language(None, {}) == "en"
    for choice, environment in (("de", {}), (None, {"KAIYAN_LANG": "de"})):
        with pytest.raises(KaiyanError, match="there is no language 'de'"):
            language(choice, environment)


def test_plan_names_the_algorithm_and_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "Conv2d(64, 64, 3, padding=1)", "1x64x56x56"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "n1 c64 56x56 k64 3x3 p1 f32"
    assert printed[1].startswith("winograd F(4,3): expected to be the fastest (other candidates: ")
    assert printed[2].split()[:3] == ["->", "winograd", "F(4,3)"]
    assert any(
        "depthwise" in line and "it is not depthwise: an output reads several input channels" in line
        for line in printed
    )


def test_plan_measures_when_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAIYAN_CACHE", str(folder / "cache"))
    assert (
        run(["plan", "Conv2d(8, 8, 3)", "1x8x12x12", "--tune", "--seconds", "0.05", "--layout", "channels_last"]) == 0
    )
    assert "ms measured" in capsys.readouterr().out
    assert list((folder / "cache").glob("wisdom-*.sqlite"))


def test_plan_speaks_chinese_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "plan", "Conv2d(64, 64, 3, padding=1)", "1x64x56x56"]) == 0
    assert "预计最快" in capsys.readouterr().out
    assert run(["plan", "Conv2d(4, 4, 1)", "4x5x5", "--json", "--precision", "highest"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["problem"].startswith("n1 c4 5x5 k4 1x1")
    assert facts["rows"][0]["name"] == facts["algorithm"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Conv2d(4, 4, 3)", "1x5x9x9"], "the input (1, 5, 9, 9) has 5 channels on axis 1, but 4 are expected"),
        (["Conv(kernel_size=3)", "1x5x9x9"], "does not say how many channels"),
        (["Conv2d(4, 4, 3)", "1x4x9x9", "--layout", "nhwc"], "there is no layout 'nhwc'"),
        (["Conv2d(4, 4, 3)", "1x4x9x9", "--precision", "best"], "there is no precision 'best'"),
        (["Conv2d(4, 4, 3)", "1x4x9x9", "--seconds", "long"], "long"),
        (["Conv2d(4, 4, 3)"], "SHAPE"),
    ],
)
def test_plan_refuses_what_makes_no_sense(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
