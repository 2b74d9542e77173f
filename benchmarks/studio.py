"""``python -m benchmarks studio``: what a visitor of the page waits for, measured in Chromium from end to end."""

from __future__ import annotations

import json
import platform
import shutil
import statistics
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks.harness import Watch, card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
RESNET = f"{ROOT / 'tests' / 'corpus' / 'models.py'}:resnet18"
WIDE, TALL = (1440, 900), (1440, 20_000)
"""The tall window has every layer in view: what is out of view is not drawn."""
OPENING = 180_000
LITE0, OWN = "efficientnet_lite0", "model"
PICTURES = ("edge", "ramp", "checks", "waves", "letter", "discs")
PRODUCTS = "paused=1&at=20_20&conv=nn.Conv2d(1, 1, 7)&kernel=box"
STAGE = "document.querySelector('[data-stage]')?.kaiyan"
NEXT = "const next = () => new Promise((go) => requestAnimationFrame(go));"
GALLERY = ".network .view:not([hidden]) .gallery"

SLIDES = f"""async () => {{
    {NEXT}
    const at = () => {STAGE}?.seats() && String({STAGE}.place())
    while (!at()) await next()
    for (const first = at(); at() === first;) await next()
    return performance.now()
}}"""
"""Milliseconds from the navigation until the window stands at a second place."""
FRAME = f"() => {{ const begun = performance.now(); {STAGE}.frame(); return performance.now() - begun }}"
BETWEEN = f"""async () => {{
    {NEXT}
    const times = []
    for (let last = await next(), i = 0; i < 60; i++) {{
        const now = await next()
        times.push(now - last)
        last = now
    }}
    return times
}}"""
ARRIVES = f"""async ([change, css]) => {{
    {NEXT}
    const {{ store }} = document.querySelector('.kaiyan').kaiyan
    const all = () => performance.getEntriesByName('kaiyan: maps drawn')
    const drawn = () => all().reduce((sum, {{ detail }}) => sum + detail, 0)
    const isHere = () => document.querySelector(css) !== null && !document.querySelector('.network .waiting')
    performance.clearMeasures()
    const begun = performance.now()
    store.change('network', change)
    await next()
    while (!isHere() || (change.picture && drawn() < change.channels)) await next()
    return performance.now() - begun
}}"""
"""Milliseconds from a change until what it asks for stands on the page; for a picture, until all channels are drawn."""
FIELDS = """async (name) => {
    const { host } = document.querySelector('.kaiyan').kaiyan
    const { signal } = new AbortController()
    await host.ask('network.open', { name }, [], signal)
    const begun = performance.now()
    await host.ask('network.fields', {}, [], signal)
    return performance.now() - begun
}"""
"""Milliseconds for the fields of all layers of a network that has just been opened."""


@dataclass(frozen=True, slots=True)
class Waited:
    """Milliseconds of one thing, to hold below ``bar``; ``others``: cores in use meanwhile, the page's own too."""

    name: str
    times: list[float]
    bar: float | None
    others: float | None

    def __str__(self) -> str:
        bar = f", bar {self.bar:g}" if self.bar else ""
        worst = sorted(self.times)[-1 - len(self.times) // 10]
        busy = "" if self.others is None else f", others {self.others:.1f} cores"
        middle = statistics.median(self.times)
        return f"{self.name:48} {middle:8.1f} ms, nine of ten within {worst:.1f}{bar}{busy}"


@click.command("studio")
@click.option("--runs", default=11, help="how often each thing is measured")
@click.option("--match", default="", help="only what has this in its name")
@click.option("--out", type=click.Path(path_type=Path), help="a folder for the JSON")
def studio(runs: int, match: str, out: Path | None) -> None:
    """Times the page: first paint, frames, a photo on all maps, fields, a sum, patches."""
    facts, found = card(), []
    click.echo(f"{facts['cpu']}, {facts['cores']} cores, load {facts['load']}")
    with _served() as address, _chromium() as browser:
        facts["chromium"] = browser.version
        for name, (bar, measure) in MEASURED.items():
            if match in name:
                watch = Watch()
                found.append(Waited(name, measure(browser, address, runs), bar, watch.others()))
                click.echo(found[-1])
    if out is not None:
        click.echo(f"written to {_kept(out, facts, found)}")


def _kept(out: Path, facts: dict[str, Any], found: list[Waited]) -> Path:
    now = datetime.now(UTC)
    path = out / f"{now:%Y-%m-%d}-{platform.node() or 'machine'}" / f"studio-{now:%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"card": facts, "results": [asdict(own) for own in found]}, indent=1) + "\n", "utf-8")
    return path


@contextmanager
def _served() -> Iterator[str]:
    command = [sys.executable, "-m", "kaiyan", "studio", "--port", "0", "--no-browser", "--model", RESNET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def _chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()


def _page(browser: Browser, address: str, link: str, size: tuple[int, int] = WIDE, **options: Any) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale="en-US", **options)
    page.goto(f"{address}#{link}")
    return page


def _painted(entry: str) -> Callable[[Browser, str, int], list[float]]:
    """From the navigation to a paint, by the browser's own account; nothing is in its cache."""

    def measure(browser: Browser, address: str, runs: int) -> list[float]:
        times = []
        for _ in range(runs):
            page = _page(browser, address, "")
            page.wait_for_function(f"() => {STAGE}?.seats()", timeout=OPENING)
            times.append(float(page.evaluate("name => performance.getEntriesByName(name)[0].startTime", entry)))
            page.close()
        return times

    return measure


def _slides(browser: Browser, address: str, runs: int) -> list[float]:
    """From the navigation to the window at its second place; nothing is in the browser's cache."""
    times = []
    for _ in range(runs):
        page = _page(browser, address, "")
        times.append(float(page.evaluate(SLIDES)))
        page.close()
    return times


def _frame(browser: Browser, address: str, runs: int) -> list[float]:
    """The script of one frame of a 7 x 7 window; what the browser rasters afterwards is not in it."""
    page = _page(browser, address, PRODUCTS)
    page.wait_for_function(f"() => {STAGE}?.seats() && {STAGE}.sum()?.parts[0].products.length === 49", timeout=OPENING)
    times = [float(page.evaluate(FRAME)) for _ in range(30 * runs)]
    page.close()
    return times


def _between(browser: Browser, address: str, runs: int) -> list[float]:
    """From frame to frame while a 7 x 7 window slides."""
    page = _page(browser, address, PRODUCTS.replace("paused=1&", ""))
    page.evaluate(SLIDES)
    times = [float(time) for _ in range(runs) for time in page.evaluate(BETWEEN)]
    page.close()
    return times


def _network(browser: Browser, address: str, name: str, size: tuple[int, int]) -> Page:
    page = _page(browser, address, f"tab=network&network={name}", size, reduced_motion="reduce")
    page.wait_for_function("css => document.querySelector(css) !== null", arg=GALLERY, timeout=OPENING)
    page.wait_for_timeout(2000)
    return page


def _photos(name: str) -> Callable[[Browser, str, int], list[float]]:
    """From another picture to the last of all channels on the page; the network runs anew on each."""

    def measure(browser: Browser, address: str, runs: int) -> list[float]:
        page = _network(browser, address, name, TALL)
        channels = "sizes => sizes.map((one) => Number(one.textContent.split(' ')[0])).reduce((a, b) => a + b)"
        count = page.eval_on_selector_all(".network .layers .layer:not(.all) .size", channels)
        times = []
        for run in range(runs + 1):
            change = {"picture": PICTURES[run % len(PICTURES)], "channels": count}
            times.append(float(page.evaluate(ARRIVES, [change, GALLERY])))
        page.close()
        return times[1:]

    return measure


def _places(panel: str, css: str) -> Callable[[Browser, str, int], list[float]]:
    """From a place in another layer to what a panel says of it."""

    def measure(browser: Browser, address: str, runs: int) -> list[float]:
        page = _network(browser, address, LITE0, WIDE)
        times = []
        for run in range(runs):
            place = {"layer": 8 + 9 * run % 120, "channel": run, "place": [3, 2], "panel": "answer"}
            page.evaluate(ARRIVES, [place, ".network .of-answer"])
            times.append(float(page.evaluate(ARRIVES, [{"panel": panel}, css])))
        page.close()
        return times

    return measure


def _fields(browser: Browser, address: str, runs: int) -> list[float]:
    page = _network(browser, address, LITE0, WIDE)
    times = [float(page.evaluate(FIELDS, LITE0)) for _ in range(runs)]
    page.close()
    return times


MEASURED: dict[str, tuple[float | None, Callable[[Browser, str, int], list[float]]]] = {
    "first paint": (500, _painted("first-paint")),
    "first content": (500, _painted("first-contentful-paint")),
    "the window slides": (1000, _slides),
    "a frame, 7 x 7 window, 49 products: script": (16.7, _frame),
    "a frame, 7 x 7 window, 49 products: to the next": (16.7, _between),
    "photo to all channels, EfficientNet-Lite0": (300, _photos(LITE0)),
    "photo to all channels, ResNet-18 by --model": (300, _photos(OWN)),
    "all fields, EfficientNet-Lite0": (None, _fields),
    "one sum, EfficientNet-Lite0": (None, _places("sum", ".of-sum :is(.rounding, .numbers .total)")),
    "patches of a channel, EfficientNet-Lite0": (None, _places("patches", ".of-patches .patches figure")),
}
"""What is waited for, the bar in milliseconds, and how it is measured."""
