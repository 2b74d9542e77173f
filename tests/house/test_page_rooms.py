"""The page's rooms: styles of a room reach no other, and nothing of one app is held by a module."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "studio-web" / "src"
OF_THE_PAGE = {"tokens", "base", "shell", "studio", "page", "sides"}
"""Sheets that are for every room."""
SCOPES = {
    "convolution": (".convolution",),
    "recipe": (".convolution",),
    "kernel": (".convolution",),
    "explain": (".convolution",),
    "stage": (".theatre", ".sum"),
    "network": (".network",),
    "fixit": (".fixit",),
    "train": (".train",),
    "digits": (".train",),
    "faces": (".faces",),
}
STATE = re.compile(r"^(?:export )?(?:let (\w+)|const (\w+) = new (?:Map|Set)\(\)|const (\w+) = \[\])", re.MULTILINE)
MAY_STAY = {
    ("network/session.mjs", "looked"): "a count: all that is asked of it is that no number comes twice",
    ("stage/panels.mjs", "models"): "a count: all that is asked of it is that no number comes twice",
    ("stage/grid.mjs", "scratch"): "a canvas that is drawn and read within one call",
    ("network/pictures.mjs", "drawn"): "made of rules in the code, the same for every app",
}
"""State of a module, and why two apps on one page may share it. What is kept by an app or a host is in a WeakMap."""


def selectors(css: str) -> list[str]:
    """Every selector of a sheet, those in at-rules too; steps of keyframes are none."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"@keyframes \S+ \{(?:[^{}]*\{[^{}]*\})*\s*\}", "", css)
    heads = re.findall(r"([^{};]+)\{", css)
    return [one.strip() for head in heads if not head.strip().startswith("@") for one in split(head)]


def split(head: str) -> list[str]:
    """Selectors between commas that stand in no brackets."""
    return re.split(r",(?![^()]*\))", head)


@pytest.mark.parametrize("name", sorted(path.stem for path in (SOURCE / "style").glob("*.css")))
def test_styles_of_a_room_stay_in_it(name: str) -> None:
    if name in OF_THE_PAGE:
        return
    sheet = (SOURCE / "style" / f"{name}.css").read_text("utf-8")
    begins = re.compile(rf"\.kaiyan (?:{'|'.join(map(re.escape, SCOPES[name]))})(?![\w-])")
    assert [one for one in selectors(sheet) if not begins.match(one)] == []


def test_modules_hold_no_state_of_an_app() -> None:
    found = {
        (path.relative_to(SOURCE).as_posix(), next(filter(None, match.groups())))
        for path in SOURCE.rglob("*.mjs")
        for match in STATE.finditer(path.read_text("utf-8"))
    }
    assert found == set(MAY_STAY)
