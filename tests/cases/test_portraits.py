"""The portraits of the cases are those that dlib saw; without a network there is a sentence and a way out."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from portraits import kept_for_the_cases

from kaiyan.cases import portraits
from kaiyan.show.error import KaiyanError

RECORDED = json.loads((Path(__file__).parents[1] / "faces" / "dlib_20_0_1.json").read_text("utf-8"))


@pytest.fixture(scope="module", autouse=True)
def _portraits() -> None:
    kept_for_the_cases()


@pytest.mark.parametrize("name", [*portraits.PORTRAITS, "astronaut"])
def test_a_portrait_is_the_one_that_dlib_saw(name: str) -> None:
    assert sha256(portraits.portrait(name).tobytes()).hexdigest() == RECORDED[name]["sha256"]


def test_without_a_network_the_sentence_says_how_to_fetch_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(KaiyanError, match=r"face-recognition==1\.3\.0.*No matching distribution") as refused:
        portraits.fetched()
    assert refused.value.code == "portraits-not-fetched"
    assert str(tmp_path / "portraits") in str(refused.value.help[0])


def test_a_damaged_archive_is_fetched_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = portraits.fetched().read_bytes()
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    path = tmp_path / "portraits" / portraits.ARCHIVE
    path.parent.mkdir()
    path.write_bytes(whole[:-1])
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: path.write_bytes(whole))
    assert portraits.fetched().read_bytes() == whole
