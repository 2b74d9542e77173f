"""The page as a browser has it: no fault on opening any tab, reload, languages, widths, accessibility."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from browsing import AXE, AXE_RUN, LANGUAGES

if TYPE_CHECKING:
    from browsing import Visitor

TABS = ("convolution", "network", "fixit")
THEMES = ("light", "dark")
READY = "() => document.querySelector('[data-stage]')?.kaiyan?.seats()"


@pytest.mark.parametrize(("tab", "lang", "theme"), list(product(TABS, LANGUAGES, THEMES)))
def test_axe_finds_no_violation(visitor: Visitor, tab: str, lang: str, theme: str) -> None:
    page = visitor.opens(f"tab={tab}", lang=lang, theme=theme, reduced_motion="reduce", bypass_csp=True)
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN) == []


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
