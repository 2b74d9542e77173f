"""Fix it as a visitor uses it, by keyboard alone: the gate, a fix and what it changes, the way back, an empty text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from browsing import Visitor

STATE = "document.querySelector('.kaiyan').kaiyan.store.state.fixit"
BROKEN = "model = nn.Sequential(\nnn.Conv2d(3, 16, 3),\nnn.BatchNorm2d(8),\n)\ny = model(torch.randn(2, 3, 32, 32))"
WAIT = 120_000
"""Milliseconds: torch is imported for the first of the answers."""


def test_a_fix_is_applied_seen_and_undone_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.opens("tab=fixit")
    press = page.keyboard.press
    page.locator("#fixit-text, .fixit textarea").first.focus()
    press("Control+a")
    page.keyboard.insert_text(BROKEN)
    gate = page.locator(".fixit .gate", has_text="BatchNorm2d(8)")
    gate.wait_for(timeout=WAIT)
    assert page.locator(".fixit .diff .removed code").first.inner_text().strip() == "nn.BatchNorm2d(8),"
    assert page.locator(".fixit .diff .added code").first.inner_text().strip() == "nn.BatchNorm2d(16),"
    page.locator(".fixit .fix button").first.focus()
    press("Enter")
    page.locator(".fixit .end.mended").wait_for(timeout=WAIT)
    assert page.evaluate(f"{STATE}.text") == BROKEN.replace("(8)", "(16)")
    assert gate.count() == 0
    page.locator(".fixit .pipe button").first.focus()
    press("u")
    gate.wait_for(timeout=WAIT)
    assert page.evaluate(f"{STATE}.text") == BROKEN


def test_an_empty_text_asks_nothing_and_keeps_no_old_answer(visitor: Visitor) -> None:
    page = visitor.opens("tab=fixit&fix=groups")
    page.locator(".fixit .gate").wait_for(timeout=WAIT)
    page.locator(".fixit textarea").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.wait_for_function(f"() => {STATE}.answer === null && !{STATE}.asking")
    assert page.locator(".fixit .gate").count() == 0
    assert page.locator(".fixit .fix").count() == 0
