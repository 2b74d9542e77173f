"""What goes wrong around the page: a connection that is lost, a worker that is killed, no server at all."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from browsing import Visitor
from live_studio import started

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

ASK = """() => document.querySelector('.kaiyan').kaiyan.host.ask('network.list').then(
    ({ facts }) => facts.networks.map(({ name }) => name), (error) => error.refusal.code)"""
READY = "() => document.querySelector('[data-stage]')?.kaiyan?.seats()"
LANG = "document.querySelector('.kaiyan').lang"


def test_a_lost_connection_is_said_and_taken_up_again(visitor: Visitor) -> None:
    page = visitor.opens(wait=READY)
    visitor.expected.append("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.evaluate(f"() => void (window.answer = ({ASK})())")
    notice = page.locator("[data-connection=lost]")
    notice.wait_for()
    assert "kaiyan studio does not respond" in notice.inner_text()
    assert page.evaluate("Promise.race([window.answer, 'waiting'])") == "waiting"
    page.context.set_offline(False)
    notice.wait_for(state="detached")
    assert "efficientnet-lite0" in str(page.evaluate("window.answer")).lower().replace("_", "-")


def test_a_killed_worker_is_begun_again(browser: Browser) -> None:
    own = started()
    visitor = Visitor(browser, own)
    page = visitor.opens(wait=READY)
    before = page.evaluate(f"({ASK})()")
    killed = own.kill_workers()
    assert page.evaluate(f"({ASK})()") == before
    assert not set(own.workers()) & set(killed)
    visitor.ends()
    assert own.end() == 130


def test_the_command_lines_language_wins_over_what_the_browser_remembers(browser: Browser) -> None:
    own = started(lang="zh")
    visitor = Visitor(browser, own)
    page = visitor.opens(wait=READY)
    assert page.evaluate(LANG) == "zh-CN"
    page.keyboard.press("l")
    page.wait_for_function(f"() => {LANG} === 'en'")
    page.reload()
    page.wait_for_function(READY)
    assert page.evaluate(LANG) == "en"
    page.goto(own.address)
    page.wait_for_function(READY)
    assert page.evaluate(LANG) == "zh-CN"
    visitor.ends()
    own.end()


def test_the_page_in_one_file_works_from_disk(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    command = [sys.executable, "-m", "kaiyan", "studio", "--export", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    page = visitor.opens("conv=nn.Conv2d(1, 1, 5)", address=file.as_uri(), wait=READY)
    assert page.evaluate("document.querySelector('[data-stage]').kaiyan.view().conv.axes[0].kernel") == 5
    before = page.evaluate("String(document.querySelector('[data-stage]').kaiyan.place())")
    moved = "before => String(document.querySelector('[data-stage]').kaiyan.place()) !== before"
    page.wait_for_function(moved, arg=before)


def test_a_page_saved_from_the_page_shows_the_same_piece_of_the_picture(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "saved.html"
    shown = "() => Array.from(document.querySelector('[data-stage]').kaiyan.view().input.data.slice(0, 2304))"
    page = visitor.opens(wait=READY)
    before = page.evaluate(shown)
    page.locator(".exports summary").click()
    with page.expect_download() as saved:
        page.locator(".exports button", has_text="HTML").click()
    saved.value.save_as(file)
    opened = visitor.opens(address=file.as_uri(), wait=READY)
    opened.wait_for_timeout(500)
    assert opened.evaluate(shown) == before
