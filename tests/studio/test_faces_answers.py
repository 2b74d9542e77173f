"""What Python answers about faces: held against what dlib 20.0.1 gives, and against who is on the portraits."""

from __future__ import annotations

import importlib
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_faces import Fake, face
from fake_faces import photograph as fake_photograph
from portraits import portrait

from kaiyan.faces import Gallery, recogniser
from kaiyan.faces.describer import Describer
from kaiyan.faces.passage_stages import passed
from kaiyan.faces.weights import tensors
from kaiyan.studio.answers import faces as room
from kaiyan.studio.desk import Desk

DLIB: dict[str, Any] = json.loads((Path(__file__).parents[1] / "faces" / "dlib_20_0_1.json").read_text("utf-8"))
DESK = Desk()
CONSENT = "an official portrait in the public domain"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAIYAN_HOME", str(tmp_path))
    return tmp_path


def asked(kind: str, parts: tuple[bytes, ...] = (), **facts: Any) -> tuple[dict[str, Any], list[bytes]]:
    answer, sent = DESK.answer({"kind": f"faces.{kind}", **facts}, list(parts))
    return answer, [bytes(part) for part in sent]


def shown(kind: str, photograph: str, **facts: Any) -> tuple[dict[str, Any], list[bytes]]:
    pixels = portrait(photograph)
    return asked(kind, (pixels.tobytes(),), height=pixels.shape[0], width=pixels.shape[1], **facts)


@lru_cache(maxsize=8)
def found(photograph: str) -> tuple[dict[str, Any], Any, Any]:
    facts, (chips, numbers) = shown("find", photograph)
    return (
        facts,
        np.frombuffer(chips, np.uint8).reshape(-1, 150, 150, 3),
        np.frombuffer(numbers, "<f4").reshape(-1, 128),
    )


def code(answer: tuple[dict[str, Any], list[bytes]]) -> str:
    return str(answer[0]["refusal"]["code"])


@pytest.mark.parametrize("name", ["obama", "crowd", "coffee", "obama_partial_face"])
def test_boxes_scores_points_and_numbers_are_those_of_dlib(name: str) -> None:
    facts, _, numbers = found(name)
    right = DLIB[name]["faces"]
    assert [face["box"] for face in facts["faces"]] == [face["box"] for face in right]
    assert [face["points"] for face in facts["faces"]] == [face["points"] for face in right]
    assert [face["score"] for face in facts["faces"]] == pytest.approx([face["score"] for face in right], abs=1e-4)
    np.testing.assert_allclose(numbers, np.array([face["numbers"] for face in right]).reshape(-1, 128), atol=1e-4)


def test_a_person_who_was_added_is_named_and_one_who_was_not_is_unknown(home: Path) -> None:
    assert shown("who", "obama")[0]["faces"][0]["answer"] == "unknown"
    assert [*home.iterdir()] == []
    answer, _ = shown("add", "obama", face=0, name="Obama", consent=CONSENT)
    assert (answer["name"], answer["new"]) == ("Obama", 1)
    told = shown("who", "obama3")[0]
    (face,) = told["faces"]
    expected = np.linalg.norm(np.subtract(*(DLIB[name]["faces"][0]["numbers"] for name in ("obama", "obama3"))))
    assert (face["answer"], face["name"]) == ("name", "Obama")
    assert face["distance"] == pytest.approx(expected, abs=1e-4)
    assert told["accepted"] == 0.6
    assert face["reason"]["zh"] != face["reason"]["en"]
    (stranger,) = shown("who", "biden")[0]["faces"]
    assert (stranger["answer"], stranger["name"], stranger["nearest"]) == ("unknown", None, "Obama")


def test_one_face_of_several_is_added_as_it_is_found_there(home: Path) -> None:
    facts, _, numbers = found("crowd")
    assert shown("add", "crowd", face=1, name="B", consent=CONSENT)[0]["new"] == 1
    assert shown("add", "crowd", face=0, name="A", consent=CONSENT)[0]["new"] == 1
    assert shown("add", "crowd", face=0, name="A", consent="")[0]["new"] == 0
    kept = np.frombuffer(asked("person", name="B")[1][0], "<f4").reshape(-1, 128)
    np.testing.assert_allclose(kept, numbers[1:2], atol=1e-6)
    told = shown("who", "crowd")[0]["faces"]
    assert len(told) == len(facts["faces"])
    assert [face["name"] for face in told[:2]] == ["A", "B"]
    assert [one.name for one in Gallery(home / "faces.sqlite").people().people] == ["A", "B"]


def test_who_is_removed_is_gone_from_the_file_and_who_is_kept_is_exported(home: Path) -> None:
    shown("add", "obama", face=0, name="Obama", consent=CONSENT)
    shown("add", "biden", face=0, name="Biden", consent=CONSENT)
    listed = asked("people")[0]
    assert [(one["name"], one["consent"]) for one in listed["people"]] == [("Biden", CONSENT), ("Obama", CONSENT)]
    assert asked("remove", name="Obama")[0]["photographs"] == 1
    facts, (written,) = asked("export")
    assert facts["people"] == 1
    (person,) = json.loads(written)["people"]
    assert person["name"] == "Biden"
    np.testing.assert_allclose(person["descriptions"][0]["numbers"], DLIB["biden"]["faces"][0]["numbers"], atol=1e-4)
    assert b"Obama" not in b"".join(path.read_bytes() for path in home.iterdir())
    assert code(asked("person", name="Obama")) == "face-person-gone"
    assert {path.name for path in home.iterdir()} <= {f"faces.sqlite{end}" for end in ("", "-wal", "-shm")}


def test_the_stages_lead_to_the_numbers_of_the_face() -> None:
    _, chips, numbers = found("obama")
    facts, parts = asked("layers", (chips[0].tobytes(),))
    assert [(one["channels"], one["height"], one["reach"]) for one in facts["layers"]] == [
        (32, 72, 7), (32, 35, 59), (64, 17, 150), (128, 8, 150), (256, 4, 150), (256, 2, 150),
    ]  # fmt: skip
    last = passed(recogniser(), chips[:1])[0][-1].maps
    head = tensors("describer")["head.weight"]
    np.testing.assert_allclose(head @ last.mean((1, 2)), numbers[0], atol=1e-5)
    assert len(parts) == 7
    told = np.frombuffer(parts[-1], "<f4")
    low, high = told[-5 * 256 :].reshape(5, 256)[:2]
    maps = low[:, None] + np.frombuffer(parts[5], np.uint8).reshape(256, 4) / 255 * (high - low)[:, None]
    np.testing.assert_allclose(maps, last.reshape(256, 4), atol=float((high - low).max()) / 500)


def test_a_value_sees_as_much_of_the_face_as_is_said() -> None:
    network, x = Describer(), torch.zeros(1, 3, 150, 150, requires_grad=True)
    network.load_state_dict({name: torch.ones_like(value) / 1000 for name, value in network.state_dict().items()})
    maps = torch.nn.functional.avg_pool2d(network.stem(x + 1), 3, 2)  # the mean has every pixel, the maximum only one
    for block in network.blocks[:3]:
        maps = block(maps)
    (gradient,) = torch.autograd.grad(maps[0, 0, 17, 17], x)
    rows = gradient[0].abs().sum((0, 2)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 59


def test_the_card_says_what_a_match_is_not() -> None:
    texts = [text for _, text in asked("card")[0]["rows"]]
    assert any("no proof of identity" in text["en"] for text in texts)
    assert any("不能证明就是本人" in text["zh"] for text in texts)


def test_what_cannot_be_answered_is_refused_and_nothing_is_kept(home: Path) -> None:
    assert code(shown("add", "obama", face=1, name="X", consent=CONSENT)) == "face-out-of-range"
    assert code(shown("add", "obama", face=0, name="X", consent=" ")) == "gallery-consent"
    assert code(asked("layers", (b"abc",))) == "no-face-chip"
    assert code(asked("find")) == "no-picture"
    assert code(asked("remove", name="X")) == "gallery-no-such-person"
    assert [*home.iterdir()] == []


def test_a_question_without_a_name_removes_nobody_whatever_they_are_called(home: Path) -> None:
    Gallery(home / "faces.sqlite", network=Fake()).add("None", fake_photograph(face(1)), consent=CONSENT)
    for facts in ({}, {"name": None}, {"name": ["None"]}):
        assert code(asked("remove", **facts)) == "gallery-name"
    assert [one["name"] for one in asked("people")[0]["people"]] == ["None"]


def test_a_photograph_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found("obama")
    monkeypatch.setattr(type(recogniser()), "find", lambda *_: pytest.fail("it is searched again"))
    assert shown("who", "obama")[0]["faces"]


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "kaiyan.studio.answers.faces.questions", raising=False)
    monkeypatch.setitem(sys.modules, "kaiyan.faces", None)
    importlib.reload(room)
    answer = asked("people")[0]["refusal"]
    assert answer["ways"] == [{"en": "pip install 'kaiyan[faces]'", "zh": "pip install 'kaiyan[faces]'"}]
