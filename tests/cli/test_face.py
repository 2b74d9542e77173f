"""``kaiyan face`` as a user runs it: dlib's own answers, drawings, files read back, and what bad input is told.

Faces on real photographs are those that dlib finds (tests/faces/dlib_20_0_1.json). Where a gallery is what matters, the
network is one whose photographs are their descriptions (tests/fake_faces.py). Refusals: test_face_refusals.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from face_runs import FAKE, facts_of_run, make_known, own_folder
from fake_faces import face, saved
from PIL import Image
from portraits import path, portrait

from kaiyan.cli.run import run
from kaiyan.faces.drawing import MARK_COLOURS, PAPER_COLOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECORDED = json.loads((Path(__file__).parents[1] / "faces" / "dlib_20_0_1.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_folder(tmp_path, monkeypatch)


def _pixels(file: str) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def test_find_gives_what_dlib_finds_and_draws_it(capsys: pytest.CaptureFixture[str]) -> None:
    facts = facts_of_run(capsys, "find", str(path("person_a_1")), "-o", "found.png")
    (dlibs,) = RECORDED["person_a_1"]["faces"]
    (ours,) = facts["faces"]
    assert (ours["box"], ours["points"]) == (dlibs["box"], dlibs["points"])
    assert ours["score"] == pytest.approx(dlibs["score"], abs=1e-4)
    assert (facts["kind"], facts["written"], facts["size"]) == ("face-find", "found.png", [244, 204])
    top, left, bottom, right = dlibs["box"]
    drawn = _pixels("found.png")
    yellow = (drawn == MARK_COLOURS["found"]).all(axis=2)
    zoom = len(drawn) / 244
    rows, columns = np.nonzero(yellow[round(top * zoom) - 3 :, : round((right + 1) * zoom) + 4])
    assert len(drawn) == 640
    assert rows.max() + round(top * zoom) - 3 == pytest.approx((bottom + 1) * zoom, abs=3)
    assert columns.min() == pytest.approx(left * zoom, abs=3)


def test_a_photograph_that_was_turned_in_the_camera_is_set_upright(capsys: pytest.CaptureFixture[str]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the first row is the right side
    Image.fromarray(np.rot90(portrait("person_a_1"))).save("turned.png", exif=exif)
    facts = facts_of_run(capsys, "find", "turned.png")
    assert [one["box"] for one in facts["faces"]] == [RECORDED["person_a_1"]["faces"][0]["box"]]


def test_who_knows_a_person_by_another_photograph(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["face", "add", "张伟", str(path("person_a_1")), "--consent", "公开照片"]) == 0
    capsys.readouterr()
    Image.fromarray(portrait("person_a_2")).save("other.png")
    assert run(["--lang", "zh", "face", "who", "other.png", "-o", "who.png", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    numbers = [np.array(RECORDED[name]["faces"][0]["numbers"]) for name in ("person_a_1", "person_a_2")]
    (one,) = facts["faces"]
    assert (one["answer"], one["name"]) == ("name", "张伟")
    assert one["distance"] == pytest.approx(float(np.linalg.norm(numbers[0] - numbers[1])), abs=1e-5)
    drawn = _pixels("who.png")
    assert (drawn == MARK_COLOURS["name"]).all(axis=2).sum() > 500
    assert (drawn == PAPER_COLOUR).all(axis=2).sum() > 500


def test_layers_are_told_and_drawn_until_the_stored_name(capsys: pytest.CaptureFixture[str]) -> None:
    photograph = str(path("person_a_1"))
    assert run(["face", "layers", photograph]) == 0
    printed = capsys.readouterr().out
    assert "72x72" in printed
    assert "nobody is known yet" in printed
    assert run(["face", "add", "Ann", photograph, "--consent", "agreed"]) == 0
    capsys.readouterr()
    facts = facts_of_run(capsys, "layers", photograph, "-o", "layers.png")
    np.testing.assert_allclose(facts["numbers"], RECORDED["person_a_1"]["faces"][0]["numbers"], atol=1e-5)
    assert [stage["shape"][0] for stage in facts["stages"]] == [32, 32, 64, 128, 256, 256]
    assert (facts["match"]["name"], facts["match"]["distance"]) == ("Ann", pytest.approx(0, abs=1e-6))
    assert min(_pixels("layers.png").shape[:2]) > 1000


def test_three_answers_in_two_languages(capsys: pytest.CaptureFixture[str]) -> None:
    make_known(capsys)
    saved(Path("party.png"), face(1, 10), face(100, 110), face(1, 10, 250, 250))
    answers = [one["answer"] for one in facts_of_run(capsys, "who", "party.png", *FAKE)["faces"]]
    assert answers == ["name", "unsure", "unknown"]
    assert run(["face", "who", "party.png", *FAKE]) == 0
    english = capsys.readouterr().out
    assert "Ann at 0.039 is the only one within 0.600" in english
    assert "Ann at 0.523 and 张伟 at 0.526 are both within 0.600" in english
    assert "the nearest is Ann at 1.3" in english
    assert run(["--lang", "zh", "face", "who", "party.png", "-o", "party-who.png", *FAKE]) == 0
    chinese = capsys.readouterr().out
    assert "认识 2 人" in chinese
    assert "不确定" in chinese
    assert "party-who.png" in chinese


def test_a_name_for_which_there_is_no_font_is_a_number_and_that_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_known(capsys)
    monkeypatch.setattr("kaiyan.faces.lettering.WIDE_FONTS", ())
    facts = facts_of_run(capsys, "who", "zhang.png", "-o", "who.png", *FAKE)
    assert [remark["code"] for remark in facts["remarks"]] == ["face-no-font"]
    assert (_pixels("who.png") == PAPER_COLOUR).all(axis=2).sum() > 100


@pytest.mark.parametrize("file", ["people.json", "people.npz"])
def test_an_export_is_read_back_as_it_was(capsys: pytest.CaptureFixture[str], file: str) -> None:
    make_known(capsys)
    before = facts_of_run(capsys, "list")["people"]
    assert facts_of_run(capsys, "export", file)["descriptions"] == 3
    answers = [facts_of_run(capsys, "who", "ann-2.png", *FAKE)["faces"]]
    assert facts_of_run(capsys, "import", file, "--gallery", "new.sqlite")["new"] == 3
    answers.append(facts_of_run(capsys, "who", "ann-2.png", *FAKE, "--gallery", "new.sqlite")["faces"])
    assert answers[0] == answers[1]
    after = facts_of_run(capsys, "list", "--gallery", "new.sqlite")["people"]
    assert after == before
    again = facts_of_run(capsys, "import", file, "--gallery", "new.sqlite")
    assert (again["people"], again["new"], again["known"]) == (0, 0, 3)
    assert facts_of_run(capsys, "list", "--gallery", "new.sqlite")["people"] == before


def test_who_is_removed_is_gone_and_can_be_imported_again(capsys: pytest.CaptureFixture[str]) -> None:
    make_known(capsys)
    assert run(["face", "export", "people.json"]) == 0
    capsys.readouterr()
    assert facts_of_run(capsys, "remove", "Ann")["photographs"] == 2
    assert [one["name"] for one in facts_of_run(capsys, "list")["people"]] == ["张伟"]
    back = facts_of_run(capsys, "import", "people.json")
    assert (back["people"], back["new"], back["known"]) == (1, 2, 1)


def test_a_damaged_gallery_is_refused_and_the_way_out_works(capsys: pytest.CaptureFixture[str]) -> None:
    make_known(capsys, "--gallery", "family album.sqlite")
    gallery = Path("family album.sqlite")
    whole = bytearray(gallery.read_bytes())
    whole[whole.index((face(200, 200) / 256).astype("<f4").tobytes()) + 40] ^= 1
    gallery.write_bytes(whole)
    assert run(["face", "who", "ann.png", *FAKE, "--gallery", str(gallery)]) == 2
    said = capsys.readouterr().err
    command = next(line for line in said.splitlines() if "kaiyan face recover" in line)
    assert gallery.read_bytes() == whole
    words = command.split("kaiyan face recover ")[1].split(" does")[0]
    assert words == "'family album.sqlite' 'family album-recovered.sqlite'"
    facts = facts_of_run(capsys, "recover", "family album.sqlite", "family album-recovered.sqlite")
    assert (facts["people"], facts["descriptions"], facts["lost"]) == (2, 2, ["张伟"])
    assert gallery.read_bytes() == whole
    found = facts_of_run(capsys, "who", "ann.png", *FAKE, "--gallery", "family album-recovered.sqlite")
    assert found["faces"][0]["name"] == "Ann"


def test_a_calibration_is_kept_in_the_gallery(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)
    for person in range(12):
        centre = rng.integers(20, 230, 128)
        for session in ("may", "june"):
            near = centre + rng.integers(-7, 8, 128)
            saved(Path(f"people/{person}/{session}/photo.png"), near)
    chosen = facts_of_run(capsys, "calibrate", "people", "--far", "0.1", *FAKE)
    assert chosen["kind"] == "face-calibration"
    make_known(capsys)
    limits = facts_of_run(capsys, "who", "ann.png", *FAKE)["limits"]
    assert (limits["accepted"], limits["far"]) == (chosen["threshold"], 0.1)


def test_a_photograph_without_faces_is_an_answer_with_what_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(portrait("astronaut_tiny")).save("tiny.png")
    for command in ("find", "who"):
        facts = facts_of_run(capsys, command, "tiny.png")
        said = [note["code"] for note in (*facts["notes"], *facts["remarks"])]
        assert facts["faces"] == []
        assert "face-tiny" in said


def test_the_card_says_what_is_published_of_each_network_and_keeps_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = {"dlib": ("CC0-1.0", "99.38 %"), "sface": ("Apache-2.0 AND MIT", "99.60 %")}
    for network, (licence, accuracy) in published.items():
        facts = facts_of_run(capsys, "card", "--network", network)
        assert (facts["kind"], facts["name"], facts["licence"]) == ("face-card", network, licence)
        assert accuracy in facts["accuracy"]["text"]
        assert run(["--lang", "zh", "face", "card", "--network", network]) == 0
        told = capsys.readouterr().out
        assert licence in told
        assert accuracy in told
        assert "不能证明就是本人" in told.replace("\n", "")
    assert not list(folder.rglob("*.sqlite"))


def test_a_group_helps_in_both_languages_and_stands_in_the_first_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "\n  face " in capsys.readouterr().out
    pages = []
    for lang in ("en", "zh"):
        for arguments in ([], ["--help"]):
            assert run(["--lang", lang, "face", *arguments]) == 0
            pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]
    assert "calibrate" in pages[0]
    assert "选项" in pages[2]
    assert "exit codes" not in pages[0]
    assert run(["--lang", "zh", "face", "who", "-h"]) == 0
    assert "kaiyan face who" in capsys.readouterr().out


def test_without_its_extra_the_command_says_what_to_install(folder: Path) -> None:
    code = ("import sys; sys.modules['safetensors'] = None; from kaiyan.cli.run import run; "
            "sys.exit(run(['--lang', 'en', 'face', 'list']))")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "kaiyan: there is no module safetensors\n  help: pip install 'kaiyan[cli,faces]'\n"
