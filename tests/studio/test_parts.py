"""The page comes in parts: what is fetched when, and what is said where a part does not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

SIDES = "() => document.querySelector('.explanation') !== null"
FETCHED = "() => performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1))"
CODE_BOX = ".fixit textarea"
DROPPED = """async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 60, height: 40 })
    canvas.getContext('2d').fillRect(10, 10, 20, 20)
    const files = new DataTransfer()
    files.items.add(new File([await new Promise((done) => canvas.toBlob(done))], 'own.png', { type: 'image/png' }))
    const drop = new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })
    document.querySelector('[data-stage]').dispatchEvent(drop)
}"""
OWN = "() => document.querySelector('.kaiyan > .status').textContent.includes('The picture is now own.png')"


def fetched(page: Page) -> set[str]:
    names: list[str] = page.evaluate(FETCHED)
    return {name for name in names if name.endswith((".mjs", ".css"))}


def test_a_first_visit_fetches_the_stage_and_its_sides_and_no_other_tab(visitor: Visitor) -> None:
    page = visitor.opens(wait=SIDES)
    assert {"page.mjs", "tabs-shared.mjs", "page.css", "convolution-sides.mjs", "sides.css"} <= fetched(page)
    assert not [name for name in fetched(page) if name.startswith(("network", "fixit", "words", "stage-drawing"))]


def test_the_other_language_and_a_tab_are_fetched_when_they_are_asked_for(visitor: Visitor) -> None:
    page = visitor.opens(wait=SIDES)
    page.keyboard.press("3")
    page.wait_for_selector(CODE_BOX)
    assert {"fixit-tab.mjs", "fixit.css"} <= fetched(page)
    assert not [name for name in fetched(page) if name.startswith("words")]
    page.locator("#kaiyan-tab-fixit").focus()
    page.keyboard.press("l")
    page.wait_for_function("() => document.documentElement.lang === 'zh-CN'")
    assert {"words-page.mjs", "words-fixit.mjs"} <= fetched(page)
    assert "words-network.mjs" not in fetched(page)


def test_a_tab_that_does_not_come_is_said_and_comes_when_it_is_tried_again(visitor: Visitor) -> None:
    visitor.expected.append("Failed to load resource|dynamically imported module")
    page = visitor.opens(wait=SIDES)
    page.route("**/fixit-tab.mjs", lambda route: route.abort())
    page.keyboard.press("3")
    told = page.get_by_text("this part of the page could not be fetched")
    told.wait_for()
    assert page.locator("#kaiyan-tab-fixit").get_attribute("aria-selected") == "true"
    page.unroute("**/fixit-tab.mjs")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(CODE_BOX)
    assert told.count() == 0


def test_an_own_picture_is_read_where_the_page_comes_in_parts(visitor: Visitor) -> None:
    page = visitor.opens(wait=SIDES)
    page.evaluate(DROPPED)
    page.wait_for_function(OWN)
    assert "convolution-reading.mjs" in fetched(page)
    shape = page.evaluate("document.querySelector('[data-stage]').kaiyan.view().input.shape")
    assert shape[1:] == [round(64 * 40 / 60), 64]
