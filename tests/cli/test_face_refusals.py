"""What ``kaiyan face`` is given that it cannot use: one sentence in each language, exit 2, and every file as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_runs import FAKE, make_known, own_folder
from fake_faces import face, saved
from PIL import Image
from portraits import path, portrait

from kaiyan.cli.run import run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_folder(tmp_path, monkeypatch)


BAD: dict[str, tuple[list[str], str]] = {
    "command": (["fnd"], "there is no command 'fnd'; the commands are find, add, who"),
    "no photograph": (["find"], "PHOTOGRAPH is missing\n  help: kaiyan face find --help"),
    "option": (["who", "ann.png", "--galery", "x"], "there is no option --galery\n  help: --gallery"),
    "network": (["find", "ann.png", "--network", "facenet"], "there is no recogniser called 'facenet'"),
    "card": (["card", "--network", "facenet"], "there is no recogniser called 'facenet'\n  help: dlib or sface"),
    "missing": (["find", "nobody.jpg"], "there is no file nobody.jpg"),
    "folder": (["find", "people"], "people is a folder, not a picture"),
    "text": (["who", "note.txt", *FAKE], "note.txt is not a picture"),
    "truncated": (["find", "truncated.jpg"], "truncated.jpg"),
    "over the input": (["who", "ann.png", "-o", "ann.png", *FAKE], "it is not overwritten"),
    "suffix": (["who", "ann.png", "-o", "out.xyz", *FAKE], "names no picture format"),
    "no folder": (["who", "ann.png", "-o", "nowhere/out.png", *FAKE], "there is no folder nowhere"),
    "no face": (["add", "Cup", "black.png", "--consent", "x", *FAKE], "no face is found on black.png"),
    "several faces": (["add", "Two", "two.png", "--consent", "x", *FAKE], "two.png shows 2 faces"),
    "one of them": (["add", "Bob", "bob.png", "two.png", "--consent", "x", *FAKE], "two.png shows 2 faces"),
    "tiny": (["add", "Eve", "tiny.png", "--consent", "x", "--gallery", "n.sqlite"], "24 pixels high"),
    "no consent": (["add", "Bob", "bob.png", *FAKE], "--consent 'how and when'"),
    "no name": (["add", " ", "bob.png", "--consent", "x", *FAKE], "is no name"),
    "no photographs": (["add", "Bob", "--consent", "x"], "PHOTOGRAPH... is missing"),
    "another's": (["add", "Bob", "ann.png", "--consent", "x", *FAKE], "is stored already, as a photograph of Ann"),
    "nobody": (["remove", "Anne"], "nobody is called 'Anne'"),
    "nobody like it": (["remove", "Zoe"], "  help: kaiyan face list --gallery "),
    "other network": (["who", "ann.png", "--network", "other"], "cannot be compared with them"),
    "no gallery": (["who", "ann.png", *FAKE, "--gallery", "note.txt"], "note.txt is no gallery of faces"),
    "no such face": (["layers", "two.png", "--face", "3", *FAKE], "shows 2 faces; there is no face 3"),
    "layers of nobody": (["layers", "black.png", *FAKE], "no face is found on black.png"),
    "export suffix": (["export", "people.csv"], "a gallery is written as"),
    "export of nothing": (["export", "people.json", "--gallery", "none.sqlite"], "there is no gallery at none.sqlite"),
    "export folder": (["export", "nowhere/people.json"], "there is no folder nowhere"),
    "list of a mistyped gallery": (["list", "--gallery", "none.sqlite"], "there is no gallery at none.sqlite"),
    "who in a mistyped gallery": (
        ["who", "ann.png", *FAKE, "--gallery", "none.sqlite"],
        "--gallery none.sqlite makes one",
    ),
    "import suffix": (["import", "note.txt"], "an export is read from"),
    "import nothing": (["import", "none.json"], "none.json"),
    "import other kind": (["import", "kind.json"], "is no export of a gallery, or is damaged"),
    "import half": (["import", "half.json"], "is no export of a gallery, or is damaged"),
    "import half npz": (["import", "half.npz"], "is no export of a gallery, or is damaged"),
    "import without consent": (["import", "silent.json"], "a person stands in it without a note of consent"),
    "import of another network": (["import", "others.json"], "cannot be compared with them"),
    "import of another's": (["import", "stolen.json"], "is stored already, as one of Ann; nothing is imported"),
    "recover over": (["recover", "home/faces.sqlite", "note.txt"], "note.txt exists"),
    "no rate": (["calibrate", "people", "--far", "2", *FAKE], "is no rate"),
    "letters": (["calibrate", "people", "--far", "few"], "--far cannot be 'few'"),
    "no people": (["calibrate", "nowhere", *FAKE], "nowhere cannot be read as a folder"),
    "too few": (["calibrate", "people", *FAKE], "show a false-accept rate of 0.001"),
}


def _bad_files(capsys: pytest.CaptureFixture[str]) -> None:
    make_known(capsys)
    saved(Path("bob.png"), face(90, 9)), saved(Path("two.png"), face(3), face(4))
    Image.fromarray(np.zeros((8, 16, 3), np.uint8)).save("black.png")
    Image.fromarray(portrait("astronaut_tiny")).save("tiny.png")
    Path("note.txt").write_text("hello, this is a text and no picture")
    whole = path("person_a_1").read_bytes()
    Path("truncated.jpg").write_bytes(whole[: len(whole) // 2])
    for person in ("a", "b", "c", "d"):
        saved(Path(f"people/{person}/photo.png"), face(ord(person), 99))
    for file in ("people.json", "people.npz"):
        assert run(["face", "export", file]) == 0
    capsys.readouterr()
    text = Path("people.json").read_text("utf-8")
    Path("half.json").write_text(text[: len(text) // 2], "utf-8")
    Path("half.npz").write_bytes(Path("people.npz").read_bytes()[:900])
    export = json.loads(text)
    _write("kind.json", {**export, "kind": "see"})
    _write("others.json", {**export, "fingerprint": "0" * 64})
    _write("silent.json", {**export, "people": [{**one, "consents": []} for one in export["people"]]})
    _write("stolen.json", {**export, "people": [{**one, "name": "Thief"} for one in export["people"]]})
    for file in ("people.json", "people.npz"):
        Path(file).unlink()


def _write(file: str, facts: Any) -> None:
    Path(file).write_text(json.dumps(facts), "utf-8")


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.suffix != ".sqlite-shm"
            and not file.name.endswith(("-wal", "-shm"))}  # fmt: skip


def test_bad_input_gets_one_sentence_in_each_language_and_nothing_changes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _bad_files(capsys)
    for case, (arguments, words) in BAD.items():
        before = _contents(folder)
        said = []
        for lang in ("en", "zh"):
            assert run(["--lang", lang, "face", *arguments]) == 2, case
            out, err = capsys.readouterr()
            assert out == "", case
            assert err.startswith("kaiyan: "), case
            assert all(line.startswith("  ") for line in err.splitlines()[1:]), err
            said.append(err)
        assert words in said[0], said[0]
        assert said[0] != said[1], case
        assert _contents(folder) == before, case


def test_a_full_disk_leaves_no_half_drawing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_known(capsys)

    def full(_: Image.Image, file: Any) -> None:
        Path(file).write_bytes(b"half")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("PIL.Image.Image.save", full)
    Path("who.png").write_text("before")
    assert run(["face", "who", "ann.png", "-o", "who.png", *FAKE]) == 2
    assert "the disk is full: who.png is unchanged" in capsys.readouterr().err
    assert Path("who.png").read_text() == "before"
    assert [file.name for file in folder.iterdir() if file.name.startswith(".")] == []
