"""The Faces tab as a visitor has it: a photograph, a name, a second photograph, why two are near, and the name removed.

Where the faces are and how far apart they lie is held against what dlib 20.0.1 recorded.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import AXE, AXE_RUN, Visitor
from live_studio import started
from PIL import Image
from portraits import path, portrait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CROWD: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "faces" / "dlib_20_0_1.json").read_text("utf-8"))[
    "crowd"
]["faces"]
CORNERS = [face["box"][:2] for face in CROWD]
OBAMA, BIDEN = CORNERS.index([75, 190]), CORNERS.index([377, 139])
WAIT = 120_000
"""Milliseconds: torch is imported and the networks are read for the first of the answers."""
ANSWER = "document.querySelector('.faces .answer[data-answer]')"
STATUS = "document.querySelector('.kaiyan > .status').textContent"
BOXES = "() => [...document.querySelectorAll('.faces-found tbody tr')].map((row) => row.lastElementChild.textContent)"
TABLE = """() => ({
    squares: [...document.querySelectorAll('.faces td[data-square]')].map((cell) => cell.textContent),
    sum: document.querySelector('.faces td[data-sum]').textContent,
    root: document.querySelector('.faces td[data-root]').textContent,
    shown: document.querySelector('.faces .answer[data-distance]').textContent,
})"""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Where the gallery is, and where files that are for a moment would be."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("KAIYAN_HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    return home, temporary


@pytest.fixture
def guest(browser: Browser, folders: tuple[Path, Path]) -> Iterator[Visitor]:
    """A visitor of a studio with a gallery of its own."""
    live = started("--port", "0")
    one = Visitor(browser, live)
    try:
        yield one
        one.ends()
        assert live.news() == ""
        assert [file for file in folders[1].rglob("*") if file.is_file()] == []
    finally:
        live.end()


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    file = tmp_path / "crowd.png"
    Image.fromarray(portrait("crowd")).save(file)
    return file


def opens(page: Page, file: Path, faces: int) -> None:
    page.locator(".faces .stage input[type=file]").set_input_files(file)
    page.wait_for_function(
        f"() => document.querySelectorAll('.faces .frame > .face').length === {faces} && {ANSWER} !== null",
        timeout=WAIT,
    )


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_a_face_is_named_known_again_explained_and_removed(
    guest: Visitor, crowd: Path, folders: tuple[Path, Path]
) -> None:
    home = folders[0]
    page = guest.opens("tab=faces", wait="() => document.querySelector('.faces .invitation') !== null", bypass_csp=True)
    opens(page, crowd, len(CROWD))
    assert not home.exists()
    found = page.evaluate(BOXES)
    assert found == [f"{top}–{bottom}, {left}–{right}" for top, left, bottom, right in (face["box"] for face in CROWD)]
    is_named_by_keyboard(page)
    assert {file.name for file in home.iterdir()} <= {f"faces.sqlite{end}" for end in ("", "-wal", "-shm")}
    adds_up(page)
    opens(page, path("obama3"), 1)
    page.wait_for_function(f"() => {ANSWER}?.textContent === 'Obama' && {STATUS}.includes('obama3.jpg')", timeout=WAIT)
    assert "Obama" not in page.url
    page.locator(".faces details.card > summary").click()
    page.get_by_text("a match is no proof of identity, and no match").wait_for(timeout=WAIT)
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN) == []
    is_removed(page, home)


def is_named_by_keyboard(page: Page) -> None:
    """To the second face, its name, a note; a name without a note is refused."""
    press = page.keyboard.press
    page.locator(".faces .frame > .face").first.focus()
    for _ in range(OBAMA):
        press("]")
    page.locator(f".faces .face[data-face='{OBAMA}'][aria-pressed=true]").wait_for()
    page.locator(".faces .naming input[name=name]").focus()
    page.keyboard.insert_text("Obama")
    press("Enter")
    page.locator(".faces .naming .refused", has_text="agreed to be recognised").wait_for(timeout=WAIT)
    press("Tab")
    page.keyboard.insert_text("an official portrait")
    press("Enter")
    page.locator(".faces .people li", has_text="an official portrait").wait_for(timeout=WAIT)
    page.wait_for_function(f"() => {ANSWER}?.textContent === 'Obama'", timeout=WAIT)


def adds_up(page: Page) -> None:
    """Two faces of the crowd: the squares that are shown add up to the distance that is shown, which is dlib's."""
    choices = page.locator(".faces .near > .pair select")
    choices.first.select_option(label=f"crowd.png, face {OBAMA + 1}")
    choices.last.select_option(label=f"crowd.png, face {BIDEN + 1}")
    expected = math.dist(CROWD[OBAMA]["numbers"], CROWD[BIDEN]["numbers"])
    page.wait_for_function(
        "shown => document.querySelector('.faces .answer[data-distance]')?.textContent === shown",
        arg=f"{expected:.3f}", timeout=WAIT,
    )  # fmt: skip
    read = page.evaluate(TABLE)
    squares = [number(text) for text in read["squares"]]
    assert len(squares) == 128
    assert sum(squares) == pytest.approx(number(read["sum"]), rel=1e-14)
    assert math.sqrt(number(read["sum"])) == pytest.approx(number(read["root"]), rel=1e-15)
    assert number(read["root"]) == pytest.approx(expected, abs=1e-5)
    page.locator(".faces .stages canvas").first.wait_for(timeout=WAIT)
    assert page.locator(".faces .stages canvas").count() == 12
    reader = page.locator(".faces .reader")
    reader.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.faces .reader').ariaValueNow === '2'")
    one, two = (CROWD[i]["numbers"][1] for i in (OBAMA, BIDEN))
    said = reader.get_attribute("aria-valuetext") or ""
    assert [number(word.strip(";")) for word in said.split()[2:7:2]] == pytest.approx([one, two, one - two], rel=6e-3)


def is_removed(page: Page, home: Path) -> None:
    page.get_by_role("button", name="Remove Obama").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export as JSON").click()
    assert json.loads(saved.value.path().read_text("utf-8"))["people"][0]["name"] == "Obama"
    page.get_by_role("button", name="Yes, remove").click()
    page.wait_for_function(f"() => {ANSWER}?.dataset.answer === 'unknown'", timeout=WAIT)
    assert page.locator(".faces .people li").count() == 0
    assert "Obama is removed: gone from the gallery's file" in page.evaluate(STATUS)
    assert b"Obama" not in b"".join(file.read_bytes() for file in home.iterdir())


def test_on_a_phone_in_chinese_and_dark_it_is_whole(guest: Visitor, crowd: Path) -> None:
    page = guest.opens("tab=faces", lang="zh", theme="dark", size=(320, 640), has_touch=True, bypass_csp=True,
                       wait="() => document.querySelector('.faces .invitation') !== null")  # fmt: skip
    opens(page, crowd, len(CROWD))
    page.locator(".faces .stages canvas").first.wait_for(timeout=WAIT)
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN) == []
    wide = page.evaluate("""() => [document.scrollingElement, ...document.querySelectorAll('.panes, .tabs, .tab')]
        .filter((el) => el && el.scrollWidth > el.clientWidth).map((el) => el.className + ' ' + el.scrollWidth)""")
    assert wide == []
    assert "第 1 张脸是谁？" in page.locator(".faces .pane.explain").inner_text()
