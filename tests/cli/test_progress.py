"""The bar of long work: on a terminal's standard error after a second, and nowhere else."""

from __future__ import annotations

import io
import sys
import time

import pytest

from kaiyan.cli.progress import working


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)  # in the test itself: pytest sets it anew after the fixtures
    monkeypatch.setenv("TERM", "xterm")
    return stream


def test_long_work_shows_a_bar_and_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with working("measuring", patience=0.01) as progress:
        progress("winograd", 2, 3)
        time.sleep(0.3)
    assert "winograd" in terminal.getvalue()


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with working("measuring", patience=5):
        pass
    time.sleep(0.02)
    assert terminal.getvalue() == ""


def _interrupted() -> None:
    with working("measuring", patience=0.01):
        time.sleep(0.2)
        raise KeyboardInterrupt


def test_a_bar_ends_with_the_error_that_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        _interrupted()
    before = terminal.getvalue()
    time.sleep(0.2)
    assert before
    assert terminal.getvalue() == before


def test_a_pipe_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with working("measuring", patience=0.01) as progress:
        progress("winograd", 1, 2)
        time.sleep(0.1)
    assert capsys.readouterr() == ("", "")
