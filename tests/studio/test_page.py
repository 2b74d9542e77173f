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
