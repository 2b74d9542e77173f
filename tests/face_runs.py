"""``kaiyan face`` run in a folder of its own, with networks whose photographs are their descriptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_faces import Fake, face, saved

from kaiyan.cli.run import run
from kaiyan.faces.recogniser import RECOGNISERS

if TYPE_CHECKING:
    import pytest

FAKE = ("--network", "fake")


def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAIYAN_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(RECOGNISERS, "fake", Fake)
    monkeypatch.setitem(RECOGNISERS, "other", lambda: Fake("other", "0" * 64))
    return tmp_path


def facts_of_run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["face", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def make_known(capsys: pytest.CaptureFixture[str], *gallery: str) -> None:
    """Ann with two photographs and 张伟 with one."""
    saved(Path("ann.png"), face(1, 0)), saved(Path("ann-2.png"), face(1, 20)), saved(Path("zhang.png"), face(200, 200))
    assert run(["face", "add", "Ann", "ann.png", "ann-2.png", "--consent", "agreed", *FAKE, *gallery]) == 0
    assert run(["face", "add", "张伟", "zhang.png", "--consent", "同意", *FAKE, *gallery]) == 0
    capsys.readouterr()
