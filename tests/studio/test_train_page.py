"""The Train tab as a visitor uses it: a kernel learns Sobel, too large a rate is told, two kernels, paint, links.

Right values: Sobel's numbers; the learning rate at which steps begin to grow, from the eigenvalues that NumPy finds of
the windows of the picture that the page shows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

STATE = "document.querySelector('.kaiyan').kaiyan.store.state.train"
BENCH = "document.querySelector('[data-bench]').kaiyan"
READY = "() => document.querySelector('[data-bench]')?.kaiyan?.facts()"
RESTS = f"() => {BENCH}.facts().rest !== null"
SOBEL = [-1, 0, 1, -2, 0, 2, -1, 0, 1]


def facts(page: Page) -> dict[str, Any]:
    """What stands on the bench at this moment."""
    found: dict[str, Any] = page.evaluate(f"{BENCH}.facts()")
    return found


def test_a_random_kernel_comes_to_sobel_by_itself_and_a_rate_above_the_limit_diverges(visitor: Visitor) -> None:
    page = visitor.opens("tab=train&pace=960", wait=READY)
    page.wait_for_function(RESTS)
    assert facts(page)["rest"] == "arrived"
    assert facts(page)["kernels"][0] == pytest.approx(SOBEL, abs=1e-2)
    assert page.locator(".train .headline.arrived").count() == 1
    picture = np.array(facts(page)["input"]["data"]).reshape(facts(page)["input"]["height"], -1)
    windows = sliding_window_view(picture, (3, 3)).reshape(-1, 9)
    limit = 2 * (1 + 0.9) / np.linalg.eigvalsh(2 * windows.T @ windows / len(windows))[-1]
    assert facts(page)["stable"] == pytest.approx(limit, rel=1e-9)
    for part, end in ((1.02, "diverged"), (0.98, "arrived")):
        page.goto("about:blank")
        page = visitor.opens(f"tab=train&pace=960&rate={part * limit:.6g}", wait=READY)
        page.wait_for_function(RESTS)
        assert facts(page)["rest"] == end
        told = page.locator(".train .explain").inner_text()
        assert ("is above" in told) == (end == "diverged")


def test_by_keyboard_alone_two_kernels_learn_what_none_alone_can_and_the_link_gives_it_back(visitor: Visitor) -> None:
    page = visitor.opens("tab=train&wish=rising", wait=READY, reduced_motion="reduce")
    page.wait_for_timeout(300)
    assert facts(page)["steps"] == 0, "with reduced motion it waits to be started"
    page.locator(".train .lessons button").nth(1).focus()
    page.keyboard.press("Enter")
    page.locator(".train .check input").focus()
    page.keyboard.press("Space")
    page.locator(".train .controls select").focus()
    page.keyboard.press("End")
    page.locator(".train .controls .play").focus()
    page.keyboard.press(".")
    page.wait_for_function(f"() => {BENCH}.facts().steps === 1")
    page.keyboard.press("Space")
    page.wait_for_function(f"() => {BENCH}.facts().loss < {BENCH}.facts().best / 20", timeout=60_000)
    link = page.evaluate("location.hash.slice(1)")
    assert {"lesson=two", "relu=1", "wish=rising", "pace=960"} <= set(link.split("&"))
    again = visitor.opens(f"{link}&still=1", wait=READY)
    assert facts(again)["kernels"] == facts(visitor.opens(f"{link}&still=1", wait=READY))["kernels"]
    assert again.evaluate(f"[{STATE}.lesson, {STATE}.relu, {STATE}.pace]") == ["two", True, 960]
    assert len(facts(again)["kernels"]) == 2
    assert all(math.isfinite(value) for kernel in facts(again)["kernels"] for value in kernel)


def test_paint_and_a_changed_number_are_wanted_from_then_on(visitor: Visitor) -> None:
    page = visitor.opens("tab=train&still=1", wait=READY)
    before = np.array(facts(page)["wanted"]["data"])
    page.locator(".train .brushes button").first.click()
    page.locator(".train .easel").focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    brightest = float(np.abs(before).max())
    page.wait_for_function(f"() => Math.max(...{BENCH}.facts().wanted.data.slice(0, 200)) === {brightest!r}")
    width = facts(page)["wanted"]["width"]
    changed = np.flatnonzero(np.array(facts(page)["wanted"]["data"]) != before)
    assert changed.tolist() == [width + 1, width + 2, 2 * width + 1, 2 * width + 2]
    assert facts(page)["best"] > 1e-4, "no kernel makes paint"
    page.locator(".train .brushes button", has_text="Remove").click()
    page.locator('.train .cells [data-cell="4"]').fill("3")
    page.keyboard.press("Tab")
    page.wait_for_function(f"() => {STATE}.wish === 'own'")
    page.wait_for_function("() => location.hash.includes('target=-1_0_1_-2_3_2_-1_0_1')")
    page.wait_for_function(f"() => Math.abs({BENCH}.facts().goal[4] - 3) < 1e-9")
