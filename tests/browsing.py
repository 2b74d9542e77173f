"""A headless Chromium on the studio's page; what the page says on its console and asks of other hosts is a fault."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from live_studio import Live, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ROOT = Path(__file__).parents[1]
AXE = ROOT / "studio-web" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "kaiyan" / "studio" / "static" / "studio.mjs"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
AXE_RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`))
}"""
"""The violations that axe finds, once its script is there; an empty list where there are none."""
OPENED = "() => document.querySelector('.kaiyan [role=tabpanel]') !== null"


def absent() -> str | None:
    """What is missing to look at the page, or None."""
    if shutil.which("chromium") is None:
        return "there is no chromium on PATH"
    if not AXE.exists():
        return "studio-web/node_modules is not installed: npm ci"
    return None if BUILT.exists() else "the page is not built: make page"


def needed() -> None:
    """Skips the test where the page cannot be looked at; fails it where KAIYAN_BROWSER is "required"."""
    reason = absent()
    if reason is None:
        return
    if os.environ.get("KAIYAN_BROWSER") == "required":
        pytest.fail(f"KAIYAN_BROWSER is required, but {reason}")
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; while it is open its loop counts as running, so that no other test may run one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Opens pages in a browser and notes what goes wrong on them; ``expected`` are patterns of what may."""

    browser: Browser
    studio: Live
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def opens(
        self,
        link: str = "",
        *,
        lang: str = "en",
        theme: str = "light",
        size: tuple[int, int] = (1280, 800),
        address: str | None = None,
        wait: str = OPENED,
        **options: Any,
    ) -> Page:
        """The page at a link, in a language, theme and size."""
        options = {"locale": LANGUAGES[lang], "color_scheme": theme, **options}
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        self.contexts.append(context)
        page = context.new_page()
        self.watch(page)
        page.goto((address or self.studio.address) + (f"#{link}" if link else ""))
        page.wait_for_function(wait)
        return page

    def watch(self, page: Page) -> None:
        """Notes console errors, errors of the page, and requests to other hosts."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", self._asked)

    def ends(self) -> None:
        """Closes what was opened, and fails on the first fault that was not expected."""
        for context in self.contexts:
            context.close()
        faults = [fault for fault in self.faults if not any(re.search(known, fault) for known in self.expected)]
        if faults:
            pytest.fail("\n".join(faults))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.studio.origin, "data:", "blob:", "file:")):
            self.faults.append(f"off-origin request: {request.url}")


@pytest.fixture(scope="session")
def served() -> Iterator[Live]:
    """A ``kaiyan studio`` that all tests look at."""
    needed()
    live = started("--port", "0")
    yield live
    live.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium; one a file, as an open one keeps its loop."""
    needed()
    with chromium() as opened:
        yield opened


@pytest.fixture
def visitor(browser: Browser, served: Live) -> Iterator[Visitor]:
    """Opens pages of the server; the test fails on any error they show and any request they make elsewhere."""
    one = Visitor(browser, served)
    yield one
    one.ends()
    assert served.news() == "", "the server or one of its processes says something on standard error"
