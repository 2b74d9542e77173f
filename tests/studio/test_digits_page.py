"""The digits as a visitor sees them: trained a little, a 1 drawn by keys and by hand and read, in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from browsing import AXE, AXE_RUN

from kaiyan.studio.desk import Desk

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

LINK = "tab=train&lesson=digits"
WAIT = 120_000
"""Milliseconds: torch and scikit-learn are imported for the first of the answers."""
GROWN = """async () => {
    const { host } = document.querySelector('.kaiyan').kaiyan
    const { bytes } = await host.ask('digits.advance', { steps: 5 })
    return [...bytes[0]]
}"""


def read_as(page: Page) -> str:
    return page.locator(".train .bars .best b").inner_text()


def trained(page: Page, epochs: int) -> None:
    """Trains an epoch at a time."""
    page.locator(".train .kernels").wait_for(timeout=WAIT)
    assert page.locator(".train .play").inner_text() == "Train on"  # less motion was asked for: it waits
    page.locator(".train .acts select").select_option("45")
    for epoch in range(1, epochs + 1):
        page.get_by_role("button", name="One step").click()
        page.locator(".standing", has_text=f"Step {45 * epoch},").wait_for()


def drawn_by_keys(page: Page) -> None:
    """A stroke from the top of the frame to its foot."""
    page.locator(".train .field canvas").focus()
    for key in ["ArrowUp"] * 8 + ["Space"] + ["ArrowDown"] * 16 + ["Space"]:
        page.keyboard.press(key)


def drawn_by_hand(page: Page) -> None:
    """A stroke in the middle that leaves a third of the frame free at either end."""
    box = page.locator(".train .field canvas").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(middle, box["y"] + box["height"] * 0.65, steps=4)
    page.mouse.up()


def right_of(page: Page) -> int:
    """Held-out digits that are told right, as the curve's legend has them."""
    found = re.search(r"([\d,]+) of 360", page.locator(".key.held").last.inner_text())
    assert found
    return int(found[1])


def test_a_digit_is_drawn_and_read_by_a_network_that_was_trained_before_ones_eyes(visitor: Visitor) -> None:
    page = visitor.opens(LINK, reduced_motion="reduce", size=(1440, 900))
    trained(page, 10)
    assert right_of(page) >= 0.93 * 360
    drawn_by_keys(page)
    page.get_by_text("Like the data").wait_for()
    assert read_as(page) == "1"
    assert page.locator(".status").inner_text() == "Pen up, row 32, column 16"
    assert page.locator(".train .layers canvas").count() == 8 + 8 + 16 + 16 + 32
    page.keyboard.press("Delete")
    page.locator(".train .bars").wait_for(state="detached")

    drawn_by_hand(page)
    page.get_by_text("1,797 of the data’s 1,797 digits").wait_for()
    page.get_by_role("button", name="Fit it as theirs").click()
    page.get_by_text("Like the data").wait_for()
    assert read_as(page) == "1"


def test_the_keys_of_the_tab_train_the_network_that_is_seen(visitor: Visitor) -> None:
    page = visitor.opens(LINK, reduced_motion="reduce", size=(1440, 900))
    page.locator(".train .kernels").wait_for(timeout=WAIT)
    page.keyboard.press(".")
    page.locator(".standing", has_text="Step 1,").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause training").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Train on").wait_for()
    page.keyboard.press("r")
    page.locator(".standing", has_text="Step 0,").wait_for()
    page.keyboard.press("?")
    assert "other random numbers" not in page.locator(".help").inner_text()
    page.keyboard.press("Escape")
    drawn_by_keys(page)
    page.get_by_role("button", name="One kernel").click()
    page.locator(".status", has_text=re.compile("^$")).wait_for(state="attached")


def test_its_mistakes_are_counted_in_both_languages_and_its_bits_are_those_of_another_process(visitor: Visitor) -> None:
    page = visitor.opens(LINK, reduced_motion="reduce", size=(390, 780))
    trained(page, 3)
    page.locator(".mistakes summary").click()
    page.locator(".confusion tbody tr").nth(9).wait_for()
    numbers = [int(cell) for cell in page.locator(".confusion td").all_inner_texts() if cell]
    assert (sum(numbers), sum(numbers[::11])) == (360, right_of(page))
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN) == []
    page.keyboard.press("l")
    page.get_by_role("button", name="走一步").wait_for()
    assert "留出的 360 张认对" in page.locator(".standing").inner_text()

    desk = Desk()
    for kind, facts in (("start", {"seed": 0}), ("advance", {"steps": 135}), ("advance", {"steps": 5})):
        reply = desk.answer({"kind": f"digits.{kind}", **facts}, [])
    assert bytes(page.evaluate(GROWN)) == reply.parts[0]
