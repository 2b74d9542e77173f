"""What a case is written with: a paragraph in two languages, a picture, a table, an exercise; a script prints them."""

from __future__ import annotations

import re
import sys
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import marimo as mo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marimo import Html


def both(english: str, chinese: str) -> Html:
    """A paragraph of Markdown in English with its Chinese beside it."""
    _print(english, chinese)
    return _beside(english, chinese)


def picture(image: Any, english: str, chinese: str, *, width: int | None = None) -> Html:
    """A picture with its caption: a PIL image, or a result of Kaiyan's with a ``sheet``; ``width`` in pixels."""
    _print(f"[picture] {english}", f"[图] {chinese}")
    drawn = getattr(image, "sheet", image)
    return mo.vstack([mo.image(drawn, alt=english, width=width), _beside(english, chinese)], align="stretch")


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    """A table, the first column of words; a heading has both languages: ``"kernel 核"``."""
    lines = [headings, [":---"] + ["---:"] * (len(headings) - 1), *rows]
    text = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    _print(text)
    return mo.md(text)


def exercise(english: str, chinese: str, answer: str, chinese_answer: str) -> Html:
    """What the reader may try; the answer is folded."""
    _print("## Exercise · 练习", english, chinese, "## Answer · 答案", answer, chinese_answer)
    folded = mo.accordion({"Answer · 答案": _beside(answer, chinese_answer)})
    return mo.vstack([mo.md("## Exercise · 练习"), _beside(english, chinese), folded], align="stretch")


def code() -> Html | None:
    """The lines of its cell, where a page would hide them."""
    return mo.show_code() if mo.app_meta().mode == "run" else None


def _beside(english: str, chinese: str) -> Html:
    halves = [mo.md(text).style({"flex": "1 1 18rem", "min-width": "0"}) for text in (english, _joined(chinese))]
    return mo.hstack(halves, wrap=True, gap=2, align="start")


def _joined(chinese: str) -> str:
    """Chinese without the line breaks of its source behind a full-width mark, which a page shows as spaces."""
    return re.sub(r"(?<=[，。；：！？、）])\n(?=\S)", "", cleandoc(chinese))


def _print(*texts: str) -> None:
    if not mo.running_in_notebook():
        sys.stdout.write("\n\n".join(map(cleandoc, texts)) + "\n\n")
