"""The ways beside programs are tested as if there were none: torch's compiler can take almost any model."""

from __future__ import annotations

import pytest

from kaiyan.nn.acceleration.graph import NotAGraphError
from kaiyan.show.sentence import sentence


@pytest.fixture(autouse=True)
def without_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name == "test_as_program.py":
        return

    def refused(*_: object) -> None:
        raise NotAGraphError(sentence("program-no-layers", "no layer of it becomes a part of a program"))

    monkeypatch.setattr("kaiyan.nn.acceleration.accelerate.as_program", refused)
