"""What a designer's eye asks of the Convolution tab, measured in a browser: nothing cut, nothing hidden, no jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

STAGE = "document.querySelector('[data-stage]').kaiyan"
READY = "() => document.querySelector('[data-stage]')?.kaiyan?.seats() && document.querySelector('select.presets')"
PRESETS = "[...document.querySelectorAll('select.presets option')].map(({ value }) => value).filter(Boolean)"
CHOOSE = """name => {
    const select = document.querySelector('select.presets')
    select.value = name
    select.dispatchEvent(new Event('change'))
}"""
SETTLED = f"""name => document.querySelector('select.presets').value === name && {STAGE}.view().isReady &&
    {STAGE}.view().conv === document.querySelector('.kaiyan').kaiyan.store.state.convolution.conv"""
ARITHMETIC = """() => {
    const pane = document.querySelector('.kaiyan .pane.stage')
    const panes = pane.closest('.panes')
    const sheet = document.querySelector('.kaiyan .pane.recipe').getBoundingClientRect()
    const isSheet = sheet.width > innerWidth / 2
    const end = isSheet ? sheet.top : Math.min(...[pane, panes].map((one) => one.getBoundingClientRect().bottom))
    const seen = (one) => one && one.getBoundingClientRect().bottom <= end + 1
    return [seen(document.querySelector('.sum .total')), seen(document.querySelector('.sum .chip'))]
}"""
CUT = """() => {
    const pen = document.createElement('canvas').getContext('2d')
    const wide = (one, text) => { pen.font = getComputedStyle(one).font; return pen.measureText(text).width }
    const inner = (one) => {
        const { paddingLeft, paddingRight } = getComputedStyle(one)
        const arrow = one.tagName === 'SELECT' ? 18 : 0
        return one.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - arrow
    }
    const seen = (one) => one.getClientRects().length > 0
    const all = (css) => [...document.querySelectorAll(css)].filter(seen)
    const text = (one) => (one.tagName === 'SELECT' ? one.selectedOptions[0].text : one.value)
    const isCut = (one) => wide(one, text(one)) > inner(one) + 0.5
    const fields = all('.recipe :is(.cells input, select)').filter(isCut).map(text)
    const texts = all('.recipe :is(.label, summary, button, small), .theatre :is(button, .chip, p)')
        .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
        .map((one) => one.textContent.trim())
    return [...fields, ...texts]
}"""


def choose(page: Page, name: str) -> None:
    page.evaluate(CHOOSE, name)
    page.wait_for_function(SETTLED, arg=name)
    page.wait_for_timeout(200)


def opened(visitor: Visitor, size: tuple[int, int], lang: str = "en") -> Page:
    return visitor.opens("paused=1", wait=READY, size=size, lang=lang, reduced_motion="reduce")


def test_a_banner_is_said_only_of_the_layer_that_it_is_true_of(visitor: Visitor) -> None:
    page = opened(visitor, (1440, 900))
    for name in ("stem", "causal", "frames", "smooth"):
        choose(page, name)
        assert page.locator(".first").count() == 0, name
    choose(page, "sobel")
    page.locator("[data-cell='0']").fill("7")
    page.locator("[data-cell='0']").press("Tab")
    page.locator(".first", has_text="The whole output changed").wait_for()
    choose(page, "strided")
    page.locator(".first", has_text="Half the size.").wait_for()
    choose(page, "causal")
    page.locator(".first").wait_for(state="detached")


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (390, 844)])
def test_every_preset_shows_its_arithmetic_without_scrolling(visitor: Visitor, size: tuple[int, int]) -> None:
    page = opened(visitor, size)
    hidden = []
    for name in page.evaluate(PRESETS):
        choose(page, name)
        if page.evaluate(ARITHMETIC) != [True, True]:
            hidden.append((name, page.evaluate(ARITHMETIC)))
    assert hidden == []


SEEN = [((1440, 900), "en"), ((1440, 900), "zh"), ((1280, 720), "en"), ((768, 1024), "zh")]


@pytest.mark.parametrize(("size", "lang"), SEEN)
def test_no_word_and_no_number_is_cut(visitor: Visitor, size: tuple[int, int], lang: str) -> None:
    page = opened(visitor, size, lang)
    cut = {}
    for name in page.evaluate(PRESETS):
        choose(page, name)
        if texts := page.evaluate(CUT):
            cut[name] = texts
    assert cut == {}


def picture(page: Page) -> tuple[float, float, float]:
    """How wide the picture itself is, and where its map and its kernel begin."""
    seats: dict[str, Any] = page.evaluate(f"{STAGE}.seats()")
    columns = page.evaluate(f"{STAGE}.view().input.shape.at(-1)")
    return columns * seats["input"]["cell"], seats["input"]["y"], seats["height"]


def test_the_photograph_keeps_its_size_from_preset_to_preset(visitor: Visitor) -> None:
    page = opened(visitor, (1440, 900))
    sizes = {}
    for name in page.evaluate(PRESETS):
        choose(page, name)
        if page.evaluate(f"[{STAGE}.view().conv.axes.length, {STAGE}.view().input.shape.at(-1)]") == [2, 48]:
            sizes[name] = picture(page)[0]
    assert len(sizes) >= 12
    assert set(sizes.values()) == {288}, sizes


def test_the_stage_is_the_largest_thing_on_the_page(visitor: Visitor) -> None:
    page = opened(visitor, (1440, 900))
    seats = page.evaluate(f"{STAGE}.seats()")
    for pane in ("recipe", "explain"):
        width = page.evaluate("name => document.querySelector(`.pane.${name}`).clientWidth", pane)
        assert seats["width"] > 2 * width
    assert seats["input"]["width"] + seats["output"]["width"] > 0.75 * seats["width"]


def test_captions_of_maps_beside_one_another_stand_on_one_line(visitor: Visitor) -> None:
    page = opened(visitor, (1440, 900))
    for name in ("sobel", "stem", "strided", "checkerboard", "frames"):
        choose(page, name)
        seats = page.evaluate(f"{STAGE}.seats()")
        assert seats["input"]["y"] == seats["patch"]["y"] == seats["output"]["y"], name


def test_the_list_says_which_preset_is_on(visitor: Visitor) -> None:
    page = opened(visitor, (1440, 900))
    choose(page, "dilated")
    page.locator("[data-cell='0']").fill("7")
    page.locator("[data-cell='0']").press("Tab")
    page.wait_for_function("() => document.querySelector('select.presets').value === ''")


def test_three_axes_begin_in_the_middle_of_the_kernel_and_see_the_picture(visitor: Visitor) -> None:
    page = opened(visitor, (1440, 900))
    choose(page, "frames")
    pressed = page.locator(".controls .choice button[aria-pressed=true]")
    assert pressed.text_content() == "1"
    assert page.evaluate(f"{STAGE}.shown('input', 10, 10)") > 0


def test_the_box_of_one_input_shows_what_is_painted(visitor: Visitor) -> None:
    page = opened(visitor, (1440, 900))
    choose(page, "checkerboard")
    assert page.evaluate(f"{STAGE}.place()") == [0, 0]
    values = {product["value"] for part in page.evaluate(f"{STAGE}.sum().parts") for product in part["products"]}
    assert values == {page.evaluate(f"{STAGE}.shown('input', 0, 0)")}
    assert page.evaluate(f"{STAGE}.boxed(0, 0)") in values
