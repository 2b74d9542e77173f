"""What a visitor does: a journey by keyboard, reload, reduced motion, the first second, both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import torch
from browsing import ROOT

import kaiyan

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

STATE = "document.querySelector('.kaiyan').kaiyan.store.state"
STAGE = "document.querySelector('[data-stage]').kaiyan"
READY = "() => document.querySelector('[data-stage]')?.kaiyan?.seats()"


def link_of(page: Page) -> str:
    return page.url.partition("#")[2]


LINES = [
    "nn.Conv2d(1, 1, 3)", "nn.Conv2d(3, 4, 3, padding=1)", "nn.Conv2d(3, 6, (3, 5), stride=2, groups=3)",
    "nn.Conv2d(4, 4, 3, dilation=2, groups=4, padding=2)", "nn.Conv2d(1, 2, 5, padding='same')",
    "nn.Conv2d(2, 2, 3, padding=1, padding_mode='reflect')", "nn.Conv2d(1, 1, 5, padding=2, padding_mode='circular')",
    "nn.Conv2d(3, 2, 7, stride=3, padding=3, padding_mode='replicate')", "nn.Conv1d(1, 2, 5, stride=2)",
    "nn.Conv1d(3, 3, 3, padding=1, groups=3)", "nn.Conv3d(1, 2, 3, padding=1)", "nn.Conv2d(3, 1, 1, bias=False)",
    "nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1)", "nn.ConvTranspose2d(3, 2, 4, stride=2)",
    "nn.ConvTranspose1d(1, 1, 3)",
]  # fmt: skip
"""Some of every kind; the rest of the fifty are drawn at random."""


def random_line(draw: torch.Generator) -> str:
    def of(*choices: Any) -> Any:
        return choices[int(torch.randint(len(choices), (1,), generator=draw))]

    groups = of(1, 1, 2, 3)
    C, K = groups * of(1, 2), groups * of(1, 2)
    kernel, stride, dilation, padding = of(2, 3, 4, 5), of(1, 1, 2, 3), of(1, 1, 2), of(0, 1, 2)
    mode = of("zeros", "reflect", "replicate", "circular")
    return (f"nn.Conv2d({C}, {K}, ({kernel}, {of(1, 3)}), stride={stride}, padding={padding}, dilation={dilation}, "
            f"groups={groups}, padding_mode='{mode}')")  # fmt: skip


def fifty() -> list[str]:
    draw = torch.Generator().manual_seed(13)
    return LINES + [random_line(draw) for _ in range(50 - len(LINES))]


def test_the_stage_holds_what_pytorch_computes_for_fifty_layers(visitor: Visitor) -> None:
    page = visitor.opens("side=16&paused=1", wait=READY)
    for line in fifty():
        page.evaluate("link => { location.hash = link }", f"side=16&paused=1&kernel=random-7&conv={line}")
        page.wait_for_function(
            f"line => {STATE}.convolution.recipe === line && {STAGE}.view().conv === {STATE}.convolution.conv && "
            f"{STAGE}.view().isReady",
            arg=str(kaiyan.Conv.parse(line)),
        )
        seen = page.evaluate(f"""() => {{
            const {{ input, weight, bias, output }} = {STAGE}.view()
            const plain = (one) => one && {{ data: [...(one.data ?? one)], shape: one.shape }}
            return {{ input: plain(input), weight: plain(weight), bias: plain(bias), output: plain(output) }}
        }}""")
        input_, weight = (torch.tensor(seen[name]["data"], dtype=torch.float64).reshape(seen[name]["shape"])
                          for name in ("input", "weight"))  # fmt: skip
        layer = eval(line, {"nn": torch.nn}).double()
        with torch.no_grad():
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(torch.tensor(seen["bias"]["data"]))
            expected = layer(input_[None])[0]
        assert list(expected.shape) == seen["output"]["shape"], line
        torch.testing.assert_close(
            torch.tensor(seen["output"]["data"], dtype=torch.float64), expected.flatten(), rtol=1e-12, atol=1e-9
        )


def test_reload_restores_what_was_seen_and_the_link_has_no_picture(visitor: Visitor) -> None:
    page = visitor.opens("conv=nn.Conv2d(1, 1, 5, stride=2)&paused=1&at=3_4", wait=READY)
    page.locator("[data-cell='0']").fill("7.5")
    page.locator("[data-cell='0']").press("Tab")
    page.wait_for_function(f"() => {STATE}.convolution.weight[0] === 7.5 && location.hash.includes('7.5')")
    before = page.evaluate(f"JSON.stringify({STATE}.convolution)")
    assert "data:" not in page.url
    assert len(page.url) < 2000
    page.reload()
    page.wait_for_function(READY)
    assert page.evaluate(f"JSON.stringify({STATE}.convolution)") == before


def test_with_reduced_motion_the_window_stands_still_and_else_it_slides(visitor: Visitor) -> None:
    """How soon it slides is measured by the benchmarks: here other processes run."""
    still = visitor.opens(wait=READY, reduced_motion="reduce")
    before = still.evaluate(f"{STAGE}.place()")
    still.wait_for_timeout(1500)
    assert still.evaluate(f"[{STATE}.convolution.playing, {STAGE}.place()]") == [False, before]
    sliding = visitor.opens(wait=READY)
    place = sliding.evaluate(f"{STAGE}.place()")
    sliding.wait_for_function(
        f"before => String({STAGE}.place()) !== before", arg=str(place).strip("[]").replace(" ", "")
    )


def test_the_whole_page_is_used_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.opens("paused=1", wait=READY)
    press = page.keyboard.press
    page.locator(".kaiyan [role=tab][aria-selected=true]").focus()
    for tab in ("network", "fixit", "train"):
        press("ArrowRight")
        page.wait_for_function(f"() => {STATE}.tab === '{tab}'")
        page.wait_for_function(f"() => document.activeElement.id === 'kaiyan-tab-{tab}'")
    press("1")
    page.wait_for_function(f"() => {STATE}.tab === 'convolution'")
    before = page.evaluate(f"{STAGE}.place()")
    seen = set()
    for _ in range(60):
        press("Tab")
        seen.add(page.evaluate("document.activeElement.tagName + ' ' + (document.activeElement.ariaLabel ?? '')"))
        if page.evaluate("document.activeElement.closest('[data-stage]') !== null"):
            break
    assert page.evaluate("document.activeElement.closest('[data-stage]') !== null"), sorted(seen)
    press("ArrowRight")
    page.wait_for_function(f"before => {STAGE}.place()[1] === before + 1", arg=before[1])
    press("Shift+ArrowDown")
    page.wait_for_function(f"before => {STAGE}.place()[0] > before + 1", arg=before[0])
    press("Home")
    press("?")
    page.locator(".help").wait_for()
    press("Escape")
    page.locator(".help").wait_for(state="detached")
    press("l")
    page.wait_for_function(f"() => {STATE}.lang === 'zh'")
    press("Space")
    page.wait_for_function(f"() => {STATE}.convolution.playing")
    press("Space")
    page.wait_for_function(f"() => !{STATE}.convolution.playing")


FOCUS = """() => {
    const { activeElement: el } = document
    const outline = getComputedStyle(el)
    const box = el.getBoundingClientRect()
    const isOutlined = outline.outlineStyle !== 'none' && parseFloat(outline.outlineWidth) >= 2
    const seen = el.matches(':focus-visible') && isOutlined
    const isHeading = el.matches('.guide > h2')
    return { name: el.ariaLabel || el.textContent.trim().slice(0, 60), lost: el === document.body,
             seen: (seen || isHeading) && box.width > 0 && box.bottom > 0 && box.top < innerHeight }
}"""
"""What has the focus; whether it can be seen. The heading of a guide is where a reader goes on, and no control."""
STATUS = "document.querySelector('.kaiyan > .status').textContent"


class Keyboard:
    """A visitor without a mouse; the focus is somewhere, and is seen, after each key."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            focus = self.page.evaluate(FOCUS)
            assert not focus["lost"], f"{key} loses the focus"
            assert focus["seen"], f"after {key} one does not see that {focus['name']} has the focus"

    def goes_to(self, css: str, key: str = "Tab") -> None:
        """Presses a key until something has the focus."""
        for _ in range(120):
            if self.page.evaluate("css => document.activeElement.matches(css)", css):
                return
            self.press(key)
        pytest.fail(f"{key} does not reach {css}")


@pytest.fixture
def keys(visitor: Visitor) -> Keyboard:
    page = visitor.opens("paused=1", wait=READY)
    page.keyboard.press("Tab")
    return Keyboard(page)


def test_help_and_settings_are_used_by_keyboard_and_the_focus_is_never_lost(keys: Keyboard) -> None:
    page = keys.page
    keys.goes_to(".switches > button[aria-expanded]")
    keys.press("Enter")
    page.locator(".help").wait_for()
    assert page.evaluate("document.activeElement.matches('.help button')")
    keys.press("Enter")
    page.locator(".help").wait_for(state="detached")
    assert page.evaluate(FOCUS)["name"] == "Help"
    keys.goes_to(".switches > select", "Shift+Tab")
    keys.press("ArrowDown", "ArrowDown")
    page.wait_for_function("() => document.querySelector('.kaiyan').dataset.theme === 'dark'")
    keys.goes_to(".switches > button[lang]", "Shift+Tab")
    keys.press("Enter")
    page.wait_for_function(f"() => {STATE}.lang === 'zh' && document.documentElement.lang === 'zh-CN'")
    keys.press("Enter")
    page.wait_for_function(f"() => {STATE}.lang === 'en'")


def test_guides_and_exports_are_opened_and_closed_by_keyboard(keys: Keyboard) -> None:
    page = keys.page
    keys.goes_to(".questions button")
    question = page.evaluate(FOCUS)["name"]
    keys.press("Enter")
    page.locator(".guide").wait_for()
    page.wait_for_function("() => document.activeElement.matches('.guide > h2')")
    keys.goes_to(".guide .acts > button.quiet")
    keys.press("Enter")
    page.locator(".guide").wait_for(state="detached")
    assert page.evaluate(FOCUS)["name"] == question
    keys.goes_to(".exports > summary")
    keys.press("Enter")
    page.locator(".exports[open] button").first.wait_for()
    keys.goes_to(".exports button")
    with page.expect_download():
        keys.press("Enter")
    page.wait_for_function(f"() => {STATUS}.includes('convolution.png')")


def test_a_refusal_is_read_and_closed_by_keyboard(keys: Keyboard) -> None:
    page = keys.page
    keys.goes_to(".scene")
    page.evaluate("() => document.querySelector('.kaiyan').kaiyan.refuse(new Error('no such thing'))")
    assert page.locator(".notice[role=alert]").inner_text().startswith("no such thing")
    keys.press("Escape")
    page.locator(".notice").wait_for(state="detached")
    assert page.evaluate("document.activeElement.matches('.scene')")


def test_what_moves_is_said_to_a_screen_reader(keys: Keyboard) -> None:
    page = keys.page
    status = page.locator(".kaiyan > .status")
    assert [status.get_attribute(name) for name in ("role", "aria-live")] == ["status", "polite"]
    keys.goes_to(".scene")
    keys.press("ArrowRight")
    place = page.evaluate(f"{STAGE}.place()")
    page.wait_for_function(f"() => {STATUS} !== ''")
    said = page.evaluate(STATUS)
    assert f"row {place[0]}, column {place[1]}" in said
    assert said in (page.locator(".scene").get_attribute("aria-label") or "")


def test_the_page_follows_the_colour_scheme_of_the_system(visitor: Visitor) -> None:
    page = visitor.opens("paused=1", wait=READY)
    pixel = "() => document.querySelector('.scene > canvas').toDataURL()"
    before = page.evaluate(pixel)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("() => document.querySelector('.kaiyan').dataset.theme === 'dark'")
    page.wait_for_function(f"before => ({pixel})() !== before", arg=before)
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"before => ({pixel})() === before", arg=before)


def test_what_lies_in_the_storage_never_leaves_the_page_blank(visitor: Visitor) -> None:
    page = visitor.opens(wait=READY)
    for rubbish in ("null", "7", '"x"', "[1]", "{", '{"lang": "fr", "theme": 3, "at": -1}'):
        page.evaluate(
            "text => ['', '-first', '-guides'].forEach((name) => (localStorage['kaiyan' + name] = text))", rubbish
        )
        page.reload()
        page.wait_for_function(READY)
        assert page.evaluate(f"[{STATE}.lang, {STATE}.theme]") == ["en", "auto"]


def test_keys_of_a_field_are_letters(visitor: Visitor) -> None:
    page = visitor.opens("paused=1", wait=READY)
    line = page.locator("textarea").first
    line.focus()
    page.keyboard.type("l?2")
    assert page.evaluate(f"[{STATE}.lang, {STATE}.help, {STATE}.tab]") == ["en", False, "convolution"]
    assert line.get_attribute("aria-invalid") == "true"


def test_a_number_is_typed_while_the_window_slides(visitor: Visitor) -> None:
    page = visitor.opens(wait=READY)
    cell = page.locator("[data-cell='0']")
    cell.click()
    page.keyboard.press("Control+A")
    for letter in "-12.5":
        page.keyboard.type(letter)
        page.wait_for_timeout(250)
    page.keyboard.press("Tab")
    page.wait_for_function(f"() => {STATE}.convolution.weight[0] === -12.5")
    page.wait_for_function("() => document.querySelector(\"[data-cell='0']\").value === '−12.5'")


ENGLISH = re.compile(r"\b[A-Za-z]{3,}(?: [a-z]{2,}){2,}")
"""Three words in a row: names of layers and functions have one."""
QUOTED = re.compile(r"nn\.|Error: ")
"""Code, and PyTorch's own words."""


@pytest.mark.parametrize("tab", ["convolution", "network", "fixit", "train"])
def test_the_chinese_page_has_no_english_sentence(visitor: Visitor, tab: str) -> None:
    page = visitor.opens(f"tab={tab}", lang="zh", reduced_motion="reduce")
    page.wait_for_load_state("networkidle")
    texts = page.evaluate("""() => {
        const walk = document.createTreeWalker(document.querySelector('.kaiyan'), NodeFilter.SHOW_TEXT)
        const texts = []
        while (walk.nextNode()) if (!walk.currentNode.parentElement.closest('code, pre, textarea, [lang=en], samp'))
            texts.push(walk.currentNode.data)
        for (const el of document.querySelectorAll('.kaiyan [aria-label], .kaiyan [title], .kaiyan [placeholder]'))
            texts.push(el.ariaLabel ?? '', el.title ?? '', el.placeholder ?? '')
        return texts }""")
    assert [text for text in texts if ENGLISH.search(text) and not QUOTED.search(text)] == []


def test_the_picture_in_the_readme_is_there() -> None:
    picture = ROOT / "docs" / "pictures" / "studio.gif"
    assert picture.stat().st_size <= 1.5 * 2**20
