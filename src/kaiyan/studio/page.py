"""The page's HTML: what it is opened with lies in it as data, and the module that draws it follows."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC = files("kaiyan.studio") / "static"
WITHOUT_SCRIPT = {
    "en": "This page draws with JavaScript, which is switched off in this browser.",
    "zh": "这一页要用 JavaScript 画图，而这个浏览器把它关掉了。",
}

_PAGE = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{head}
<div id="kaiyan" class="kaiyan"></div>
<noscript><p lang="en">{en}</p><p lang="zh-CN">{zh}</p></noscript>
<script type="application/json" id="kaiyan-boot">{boot}</script>
{module}
</html>
"""
_SERVED = """<title>Kaiyan 开眼</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/studio.css">
<link rel="modulepreload" href="/studio.mjs">"""


def built(name: str) -> bytes:
    """A file that studio-web builds; raises ``KaiyanError`` where it was not built."""
    try:
        return (STATIC / name).read_bytes()
    except FileNotFoundError:
        raise KaiyanError(
            "page-not-built", "the page is not built: {name} is missing", "cd studio-web && npm ci && npm run build",
            name=name,
        ) from None  # fmt: skip


def check() -> None:
    """Raises ``KaiyanError`` where the page was not built."""
    for name in ("studio.mjs", "studio.css"):
        built(name)


def served(boot: Mapping[str, Any]) -> str:
    """The page that asks a server."""
    return html(boot, _SERVED, '<script type="module" src="/studio.mjs"></script>')


def html(boot: Mapping[str, Any], head: str, module: str) -> str:
    """A page: what stands in its head, what it is opened with, the module."""
    lang = "zh-CN" if boot.get("lang") == "zh" else "en"
    return _PAGE.format(lang=lang, head=head, module=module, boot=data(boot), **WITHOUT_SCRIPT)


def data(value: object) -> str:
    """JSON that ends no element and begins none.

    >>> data({"name": "</script>"})
    '{"name": "\\\\u003c/script>"}'
    """
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
