"""The page as a browser has it: no fault on opening any tab, reload, languages, widths, accessibility."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from browsing import AXE, AXE_RUN, LANGUAGES

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

TABS = ("convolution", "network", "fixit", "train")
THEMES = ("light", "dark")
READY = "() => document.querySelector('[data-stage]')?.kaiyan?.seats()"
WIDTHS = (320, 390, 768, 1024, 1280, 1440)
OPENING = 120_000
"""Milliseconds: torch is imported, a network opened and shown a picture, on a busy machine."""
NETWORK = "tab=network&layer=0&map=3&pixel=50,60&panel="
PLACES = {
    "convolution": ("paused=1", "[data-stage] canvas"),
    "network": ("tab=network", ".network .view:not([hidden]) .gallery"),
    "sum": (f"{NETWORK}sum", ".network .of-sum .rounding"),
    "norm": ("tab=network&layer=4&map=3&pixel=50,60&panel=sum", ".network .of-sum .numbers .total"),
    "field": (f"{NETWORK}field", ".network .of-field .spans .size"),
    "patches": (f"{NETWORK}patches", ".network .of-patches figure"),
    "kernels": (f"{NETWORK}kernels", ".network .of-kernels [data-kernel]"),
    "table": (f"{NETWORK}table", ".network .of-table tbody"),
    "fixit": ("tab=fixit", ".fixit textarea"),
    "train": ("tab=train", ".train [data-bench]"),
}
"""Links to places of the page, and what stands there once all that they ask for has come."""
LOOKS = [
    (place, lang, theme)
    for place, (lang, theme) in product(PLACES, product(LANGUAGES, THEMES))
    if place in TABS or (lang == "en") == (theme == "light")
]
"""Every tab in both languages and themes; what opens within a tab in each of them once."""


def opened(visitor: Visitor, place: str, **options: Any) -> Page:
    """The page at a place, with all that it shows there."""
    link, there = PLACES[place]
    page = visitor.opens(link, reduced_motion="reduce", **options)
    page.wait_for_function("css => document.querySelector(css) !== null", arg=there, timeout=OPENING)
    if "layer=" in link:
        fields = "() => /[0-9]/.test(document.querySelector('.network .seen figcaption')?.textContent ?? '')"
        page.wait_for_function(fields, timeout=OPENING)
    return page


@pytest.mark.parametrize(("place", "lang", "theme"), LOOKS)
def test_axe_finds_no_violation(visitor: Visitor, place: str, lang: str, theme: str) -> None:
    page = opened(visitor, place, lang=lang, theme=theme, bypass_csp=True)
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN) == []


TORN = r"""() => {
    const walk = document.createTreeWalker(document.querySelector('.kaiyan'), NodeFilter.SHOW_TEXT)
    const torn = []
    while (walk.nextNode()) {
        const text = walk.currentNode
        if (text.parentElement.closest('textarea, option, script, style')) continue
        for (const { 0: number, index } of text.data.matchAll(/[−-]?\d[\d.,]*(?:e[−-]?\d+)?/g)) {
            const range = document.createRange()
            range.setStart(text, index)
            range.setEnd(text, index + number.length)
            const boxes = [...range.getClientRects()].filter(({ width }) => width > 0)
            const isTorn = boxes.some(({ top, height }) => Math.abs(top - boxes[0].top) > height / 2)
            if (isTorn) torn.push(`${number} in ${text.data}`)
        }
    }
    return torn }"""
"""Numbers of which one part stands on a line and another on the next."""


@pytest.mark.parametrize(("place", "lang"), list(product(PLACES, LANGUAGES)))
def test_no_number_is_torn(visitor: Visitor, place: str, lang: str) -> None:
    page = opened(visitor, place, lang=lang)
    torn = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        torn[width] = page.evaluate(TORN)
    assert torn == {width: [] for width in WIDTHS}


def test_a_torn_number_is_seen(visitor: Visitor) -> None:
    page = visitor.opens("paused=1")
    page.evaluate("""() => {
        const p = document.querySelector('.kaiyan').appendChild(document.createElement('p'))
        p.textContent = '12345.678'
        p.style.cssText = 'width: 3ch; overflow-wrap: anywhere'
    }""")
    assert page.evaluate(TORN) == ["12345.678 in 12345.678"]


@pytest.mark.parametrize(("tab", "lang"), list(product(TABS, LANGUAGES)))
def test_nothing_is_wider_than_a_small_phone(visitor: Visitor, tab: str, lang: str) -> None:
    page = visitor.opens(f"tab={tab}", lang=lang, size=(320, 640), has_touch=True)
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("""() => [document.scrollingElement, ...document.querySelectorAll('.panes, .tabs, .tab')]
        .filter((el) => el && el.scrollWidth > el.clientWidth).map((el) => el.className + ' ' + el.scrollWidth)""")
    assert wide == []


GUIDES = ("sparse", "same", "strided-same", "one-pixel", "translation", "learned", "layers")
SIZES = ((1280, 800), (320, 640))
REFUSE = "document.querySelector('.kaiyan').kaiyan.refuse(new Error('no such thing'))"
SHOWN: dict[str, tuple[str, str, str]] = {
    "help": ("", "document.querySelector('.switches > button[aria-expanded]').click()", ".help"),
    "a refusal": ("", REFUSE, ".notice"),
    "a line that is wrong": ("", "document.querySelector('.kaiyan').kaiyan.store.change('convolution', "
                                 "{ recipe: 'x', error: { error: { en: 'no', zh: '不' }, ways: [] } })", ".problem p"),
    "the tables": ("", "document.querySelector('.theatre .row.quiet [aria-expanded]').click()", ".reading table"),
    "the tables of a transposed layer": (
        "&conv=nn.ConvTranspose2d(1, 1, 3, stride=2)&view=scatter",
        "document.querySelector('.theatre .row.quiet [aria-expanded]').click()", ".reading table"),
    **{f"the guide {name}": (f"&guide={name}", "null", ".guide .live") for name in GUIDES},
}  # fmt: skip
"""What may be open on the Convolution tab: a link, what opens it, and what is there then."""


@pytest.mark.parametrize(("what", "size"), list(product(SHOWN, SIZES)), ids=str)
def test_axe_finds_no_violation_with_it_open(visitor: Visitor, what: str, size: tuple[int, int]) -> None:
    link, act, css = SHOWN[what]
    page = visitor.opens(f"paused=1{link}", size=size, wait=READY, reduced_motion="reduce", bypass_csp=True)
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.evaluate(f"() => void {act}")
    page.locator(css).first.wait_for(state="attached")
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN) == []
    assert page.evaluate("document.querySelector('.tabs').scrollWidth <= innerWidth")
