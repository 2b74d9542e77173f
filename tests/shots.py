"""``make shots``: the page in every tab, theme, language and width, and the pictures of docs/, from one run.

    python tests/shots.py [FOLDER]

Without a folder only the pictures of docs/ are made.
"""

from __future__ import annotations

import sys
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from browsing import LANGUAGES, ROOT, Visitor, chromium
from live_studio import started
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

TABS = ("convolution", "network", "fixit", "train", "faces")
SIZES = ((320, 640), (768, 1024), (1440, 900), (3840, 2160))
PICTURES = ROOT / "docs" / "pictures"
STAGE = "document.querySelector('[data-stage]').kaiyan"
BROKEN = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, stride=2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(x.mean((2, 3)))"""
"""What the Fix-it tab is shown with."""


def settled(page: Page, tab: str) -> None:
    """Waits until a tab shows what it was opened for."""
    page.wait_for_load_state("networkidle")
    if tab == "network":
        page.locator(".network canvas[data-layer]").first.wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
    if tab == "fixit" and page.locator("textarea:visible").count():
        page.locator("textarea:visible").first.fill(BROKEN)
        page.wait_for_timeout(2500)
    page.wait_for_timeout(700)


def every(visitor: Visitor, folder: Path) -> None:
    """One picture for each tab, theme, language and size."""
    for tab, lang, theme, size in product(TABS, LANGUAGES, ("light", "dark"), SIZES):
        page = visitor.opens(f"tab={tab}", lang=lang, theme=theme, size=size)
        settled(page, tab)
        page.screenshot(path=folder / f"{tab}-{lang}-{theme}-{size[0]}.png")
        page.context.close()


def of_docs(visitor: Visitor) -> None:
    """The pictures of the docs, each language its own."""
    for tab, lang in product(TABS, LANGUAGES):
        page = visitor.opens(f"tab={tab}", lang=lang, size=(1280, 760))
        settled(page, tab)
        picture = Image.open(BytesIO(page.screenshot()))
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(
            PICTURES / f"{tab}-{lang}.png", optimize=True
        )
        page.context.close()


def slide(visitor: Visitor) -> None:
    """The window sliding over the photograph, frame by frame, as the page draws it."""
    page = visitor.opens("paused=1&at=20_4", size=(1120, 620), reduced_motion="reduce")
    page.wait_for_function("() => document.querySelector('[data-stage]')?.kaiyan?.seats()")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Got it").click()
    frames = []
    for step in range(72):
        place = [14 + step // 36 * 6, 4 + step % 36]
        page.evaluate("place => document.querySelector('.kaiyan').kaiyan.store.change('convolution', { place })", place)
        page.wait_for_function(f"place => String({STAGE}.place()) === String(place)", arg=place)
        frames.append(Image.open(BytesIO(page.screenshot())).convert("RGB"))
    small = [frame.resize((900, round(900 * frame.height / frame.width)), Image.Resampling.LANCZOS) for frame in frames]
    palette = small[0].quantize(128)
    kept = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in small]
    kept[0].save(PICTURES / "studio.gif", save_all=True, append_images=kept[1:], duration=90, loop=0, optimize=True)


def main() -> None:
    """Makes them; the pages' faults are failures here too."""
    PICTURES.mkdir(exist_ok=True)
    live = started("--port", "0")
    try:
        with chromium() as browser:
            visitor = Visitor(browser, live)
            if len(sys.argv) > 1:
                folder = Path(sys.argv[1])
                folder.mkdir(parents=True, exist_ok=True)
                every(visitor, folder)
            of_docs(visitor)
            slide(visitor)
            visitor.ends()
    finally:
        live.end()


if __name__ == "__main__":
    main()
