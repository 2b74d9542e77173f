"""The portraits that the tests of faces have fetched serve the cases too: one download a machine."""

from __future__ import annotations

import shutil

import pytest
from portraits import path

from kaiyan.cases.portraits import ARCHIVE
from kaiyan.engine.codegen.language.compile import cache_folder


@pytest.fixture(scope="session", autouse=True)
def _portraits_at_hand(own_cache: None) -> None:
    kept = path("obama").parents[3]
    folder = cache_folder() / "portraits"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept / ARCHIVE, folder / ARCHIVE)
