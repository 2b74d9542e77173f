"""The page's HTML: what it is opened with lies in it as data, and the module that draws it follows."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
{first}"""
_LINKS = {".css": '<link rel="stylesheet" href="{address}">', ".mjs": '<link rel="modulepreload" href="{address}">'}


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
    for name in ("studio.mjs", "studio.css", "page/first.json"):
        built(name)


def parts() -> dict[str, bytes]:
    """The page in parts, for a server, by their addresses: another build has other addresses.

    What the page brings is imported by a relative address, so it comes from the same build as what asks for it.
    """
    names = sorted(entry.name for entry in (STATIC / "page").iterdir() if entry.name.endswith(tuple(_LINKS)))
    contents = {name: built(f"page/{name}") for name in names}
    build = sha256(b"".join(contents.values())).hexdigest()[:16]
    return {f"/page/{build}/{name}": content for name, content in contents.items()}


def served(boot: Mapping[str, Any], addresses: Iterable[str]) -> str:
    """The page that asks a server, which gives its parts at these addresses."""
    address_of = {address.rpartition("/")[2]: address for address in addresses}
    first = [address_of[name] for name in json.loads(built("page/first.json"))]
    links = [_LINKS[address[-4:]].format(address=address) for address in first]
    module = f'<script type="module" src="{address_of["page.mjs"]}"></script>'
    return html(boot, _SERVED.format(first="\n".join(links)), module)


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
