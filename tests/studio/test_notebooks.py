"""The widget in JupyterLab, Notebook 7 and marimo: a cell is run, the page is used, a value is read back in Python."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from browsing import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

MAKE = 'import kaiyan\nw = kaiyan.Widget("nn.Conv2d(1, 1, 3)", kernel="sobel-y", lang="en")\nw'
READ = 'print("read", w.tab, w.theme, w.recipe, w.kernel[0, 0, 0].tolist(), type(w.value).__name__)'
SET = 'w.change(recipe="nn.Conv2d(1, 1, 3, stride=2)", kernel=[[0, 0, 0], [0, 1, 0], [0, 0, 0]], place=(0, 2, 3))'


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[None]:
    """A server of notebooks whose settings lie in a folder of this test."""
    homes = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "XDG_CONFIG_HOME",
             "XDG_STATE_HOME")  # fmt: skip
    env = {**os.environ, **{name: str(folder / name.lower()) for name in homes}, "MARIMO_SKIP_UPDATE_CHECK": "1"}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=env, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()


def come_to(page: Page, address: str) -> None:
    """Opens an address of a server that is about to listen."""
    from playwright.sync_api import Error

    for _ in range(120):
        with suppress(Error):
            page.goto(address)
            return
        time.sleep(0.25)
    pytest.fail(f"{address} does not answer")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale=LANGUAGES["en"], color_scheme="light")
    yield context.new_page()
    context.close()


@pytest.fixture
def lab(page: Page, tmp_path: Path) -> Iterator[Page]:
    """JupyterLab in its dark theme, with a notebook of three cells."""
    with jupyter(page, tmp_path, "jupyterlab", "lab/tree"):
        yield page


@pytest.fixture
def notebook7(page: Page, tmp_path: Path) -> Iterator[Page]:
    """The same notebook in Notebook 7."""
    with jupyter(page, tmp_path, "notebook", "notebooks"):
        yield page


@contextmanager
def jupyter(page: Page, tmp_path: Path, module: str, place: str) -> Iterator[None]:
    empty: dict[str, object] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**empty, "id": f"c{i}", "source": text} for i, text in enumerate((MAKE, READ, SET))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "look.ipynb").write_text(json.dumps(notebook), "utf-8")
    settings = tmp_path / "jupyter_config_dir" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    (settings / "themes.jupyterlab-settings").write_text('{"theme": "JupyterLab Dark"}')
    port = free_port()
    command = [module, "--no-browser", "--allow-root", f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1",
               "--IdentityProvider.token=secret", f"--ServerApp.root_dir={tmp_path}"]  # fmt: skip
    with running(command, tmp_path):
        come_to(page, f"http://127.0.0.1:{port}/{place}/look.ipynb?token=secret")
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)
        yield


def run_cell(page: Page, index: int) -> None:
    """Runs a cell; Lab takes its shortcut a while after the notebook is seen."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    before = cell.locator(".jp-InputPrompt").inner_text()
    cell.locator(".jp-InputArea-editor").click()
    for trial in range(100):
        if trial % 10 == 0 and cell.locator(".jp-InputPrompt").inner_text() == before:
            page.keyboard.press("Control+Enter")
        page.wait_for_timeout(200)
        if cell.locator(".jp-InputPrompt").inner_text() not in (before, "[*]:"):
            return
    pytest.fail("the cell does not run")


def shown(page: Page) -> Locator:
    """The widget of the first cell; it is run again where Lab was not ready for widgets yet."""
    from playwright.sync_api import TimeoutError as Late

    for _ in range(4):
        run_cell(page, 0)
        with suppress(Late):
            page.locator(".kaiyan [data-cell='0']").wait_for(timeout=6000)
            break
    return page.locator(".kaiyan")


def spoken(page: Page, text: str) -> None:
    """The second cell says it, sooner or later: the page tells a few times a second."""
    for _ in range(8):
        page.wait_for_timeout(800)
        run_cell(page, 1)
        if text in page.locator(".jp-CodeCell").nth(1).inner_text():
            return
    pytest.fail(f"{text!r} is not said: {page.locator('.jp-CodeCell').nth(1).inner_text()}")


def test_in_jupyterlab_the_page_is_used_and_python_reads_and_sets(lab: Page) -> None:
    widget = shown(lab)
    assert widget.get_attribute("data-theme") == "dark"
    assert lab.evaluate("document.querySelector('.jp-Notebook').closest('.kaiyan')") is None
    widget.locator("[data-cell='0']").fill("5")
    widget.locator("[data-cell='0']").press("Tab")
    spoken(lab, "read convolution auto nn.Conv2d(1, 1, kernel_size=3) [5.0, -2.0, -1.0] int")
    run_cell(lab, 2)
    widget.locator("[data-cell='4'][title='1']").wait_for(timeout=10_000)
    spoken(lab, "kernel_size=3, stride=2) [0.0, 0.0, 0.0] int")
    letters = lab.locator(".jp-CodeCell").nth(1).locator(".cm-content")
    letters.click()
    lab.keyboard.press("End")
    lab.keyboard.type("  # l?1")
    assert "# l?1" in letters.inner_text()
    assert widget.get_attribute("lang") == "en"
    lab.locator(".jp-CodeCell").nth(0).locator(".jp-InputPrompt").click()
    lab.keyboard.press("Escape")
    lab.keyboard.press("d")
    lab.keyboard.press("d")
    widget.wait_for(state="detached", timeout=5000)


def test_in_notebook_7_the_page_is_used_and_python_reads(notebook7: Page) -> None:
    widget = shown(notebook7)
    assert notebook7.evaluate("document.querySelector('.jp-Notebook').closest('.kaiyan')") is None
    widget.locator("[data-cell='0']").fill("5")
    widget.locator("[data-cell='0']").press("Tab")
    spoken(notebook7, "read convolution auto nn.Conv2d(1, 1, kernel_size=3) [5.0, -2.0, -1.0] int")


def test_in_marimo_the_page_is_used_and_python_reads(page: Page, tmp_path: Path) -> None:
    (tmp_path / "look.py").write_text(MARIMO, "utf-8")
    port = free_port()
    command = ["marimo", "run", "look.py", "--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, tmp_path):
        come_to(page, f"http://127.0.0.1:{port}")
        page.locator(".kaiyan [data-cell='0']").wait_for(state="attached", timeout=60_000)
        cell = page.locator(".kaiyan [data-cell='0']")
        if not cell.is_visible():  # marimo's column is narrow: the recipe is a sheet
            page.locator(".kaiyan .recipe .fold").click()
        cell.fill("5")
        cell.press("Tab")
        page.get_by_text("read [5.0, -2.0, -1.0]").wait_for(timeout=15_000)


MARIMO = """import marimo

app = marimo.App()


@app.cell
def _():
    import kaiyan
    import marimo as mo

    w = mo.ui.anywidget(kaiyan.Widget("nn.Conv2d(1, 1, 3)", kernel="sobel-y", lang="en"))
    w
    return mo, w


@app.cell
def _(mo, w):
    w.value
    mo.md(f"read {w.widget.kernel[0, 0, 0].tolist()}")
    return


if __name__ == "__main__":
    app.run()
"""
