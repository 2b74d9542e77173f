"""Two widgets on one page, of one module, as marimo has them: neither knows of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browsing import AXE, AXE_RUN

import kaiyan

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

HTML = """<!doctype html><html lang="en"><head><title>Two widgets</title><style>{css}</style></head>
<body><main><h1>A notebook</h1><div id="first"></div><div id="second"></div></main></body></html>"""
SHOW = """async (states) => {
    const { default: widget } = await import('/widget.mjs')
    const model = (state) => ({ get: (name) => state[name], set() {}, save_changes() {}, on() {}, off() {}, send() {} })
    window.ends = Object.fromEntries(Object.entries(states).map(([id, state]) =>
        [id, widget.render({ model: model(state), el: document.getElementById(id) })]))
}"""
PIXELS = """() => ['first', 'second'].map((id) => {
    const stage = document.querySelector(`#${id} [data-stage]`)?.kaiyan
    return stage?.seats() ? stage.view().input.data[0] : null
})"""
OPEN = "([id, tab, slice]) => document.getElementById(id).kaiyan.open(tab, slice)"
REPEATED = """() => {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
    return ids.filter((id, at) => ids.indexOf(id) !== at)
}"""
DANGLING = """() => ['for', 'aria-controls', 'aria-labelledby', 'aria-describedby'].flatMap((name) =>
    [...document.querySelectorAll(`[${name}]`)].filter((el) => {
        const named = document.getElementById(el.getAttribute(name))
        return !named || named.closest('.kaiyan') !== el.closest('.kaiyan')
    }).map((el) => `${name}=${el.getAttribute(name)}`))"""

PASTE = """(css) => {
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File(['x'], 'x.png', { type: 'image/png' }))
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
    document.querySelector(css).dispatchEvent(event)
    return event.defaultPrevented
}"""
"""Whether a picture that is pasted there is taken."""


def state(grey: int) -> dict[str, Any]:
    """What a widget of Python's sends to its page."""
    return sent(kaiyan.Widget(picture=np.full((64, 64), grey, np.uint8), lang="en", theme="light"))


def sent(widget: kaiyan.Widget) -> dict[str, Any]:
    return {"_boot": widget._boot, "_shared": widget._shared, "_window": {}}


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """Two widgets, each with a photograph of one grey."""
    context = visitor.browser.new_context(viewport={"width": 1280, "height": 1600}, reduced_motion="reduce")
    visitor.contexts.append(context)
    page = context.new_page()
    visitor.watch(page)
    widget = kaiyan.Widget()
    html, module = HTML.format(css=widget._css), widget._esm
    page.route("**/notebook", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/widget.mjs", lambda route: route.fulfill(body=module, content_type="text/javascript"))
    page.goto(f"{visitor.studio.origin}/notebook")
    page.evaluate(SHOW, {"first": state(10), "second": state(200)})
    page.wait_for_function(f"() => ({PIXELS})().every((value) => value !== null)")
    return page


def test_each_shows_its_own_photograph(page: Page) -> None:
    assert page.evaluate(PIXELS) == [10, 200]


def test_no_id_is_there_twice_and_none_names_a_part_of_the_other(page: Page) -> None:
    for tab, change in (("network", {}), ("fixit", {}), ("convolution", {"guide": "one-pixel"})):
        for widget in ("first", "second"):
            page.evaluate(OPEN, [widget, tab, change])
            page.wait_for_function(f"() => document.querySelector('#{widget} .tab.{tab}:not([hidden])')")
    for widget in ("first", "second"):
        page.locator(f"#{widget} .guide").wait_for()
    assert page.evaluate(REPEATED) == []
    assert page.evaluate(DANGLING) == []


def test_the_second_stays_as_it_is_when_the_first_goes(page: Page) -> None:
    hatched = page.locator("#second svg.edges").first
    hatched.scroll_into_view_if_needed()
    assert hatched.locator(".hatch").count() > 0
    page.evaluate("() => (document.getElementById('first').style.height = '600px')")
    before = hatched.screenshot()
    page.evaluate("() => window.ends.first()")
    assert page.locator("#first *").count() == 0
    assert hatched.screenshot() == before
    assert page.evaluate(PIXELS) == [None, 200]


def test_a_kernel_learns_sobel_in_a_widget_that_opens_on_the_train_tab(page: Page) -> None:
    page.evaluate("() => window.ends.first()")
    page.evaluate(SHOW, {"first": sent(kaiyan.Widget(tab="train", lang="en"))})
    page.wait_for_function("() => document.querySelector('#first [data-bench]')?.kaiyan?.facts()")
    page.evaluate(OPEN, ["first", "train", {"pace": 960}])
    page.locator("#first .train .controls .play").click()
    page.wait_for_function("() => document.querySelector('#first [data-bench]').kaiyan.facts().rest === 'arrived'")
    learned = page.evaluate("document.querySelector('#first [data-bench]').kaiyan.facts().kernels[0]")
    assert learned == pytest.approx([-1, 0, 1, -2, 0, 2, -1, 0, 1], abs=1e-2)


@pytest.mark.parametrize("tab", ["convolution", "network"])
def test_what_is_pasted_elsewhere_stays_the_notebook_s(page: Page, tab: str) -> None:
    page.evaluate(OPEN, ["first", tab, {}])
    page.wait_for_function(f"() => document.querySelector('#first .tab.{tab}:not([hidden])')")
    assert page.evaluate(PASTE, "h1") is False
    assert page.evaluate(PASTE, f"#first .tab.{tab}") is True


def test_axe_finds_no_violation_with_both(page: Page) -> None:
    for widget in ("first", "second"):
        page.evaluate(OPEN, [widget, "convolution", {"guide": "one-pixel"}])
        page.locator(f"#{widget}").get_by_role("button", name="Help").click()
        page.locator(f"#{widget} .guide").wait_for()
        page.locator(f"#{widget} .help").wait_for()
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN) == []
