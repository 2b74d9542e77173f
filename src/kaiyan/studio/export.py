"""The page as one file that works from disk: module, style sheet, photograph, and answers that were recorded."""

from __future__ import annotations

import errno
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from kaiyan.pictures.error import refused_by_system
from kaiyan.pictures.whole import whole
from kaiyan.show.error import KaiyanError
from kaiyan.studio import page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kaiyan.studio.photograph import Photograph

_HEAD = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '{script}';
 style-src '{style}'; img-src data: blob:; media-src blob:; connect-src data: blob:;
 base-uri 'none'; form-action 'none'">
<title>Kaiyan 开眼</title>
<link rel="icon" href="{icon}">
<style>{css}</style>"""


def html(shown: Photograph, boot: Mapping[str, Any]) -> str:
    """The page with a picture in it; ``boot`` is what else it is opened with."""
    css, module = (page.built(name).decode() for name in ("studio.css", "studio.mjs"))
    module = module.replace("<!--", "\\x3c!--").replace("</script", "\\x3c/script")
    head = _HEAD.format(
        script=_hash(module), style=_hash(css), css=css, icon=_address(page.built("mark.svg"), "image/svg+xml")
    )
    opened = {"photograph": _address(shown.content, shown.kind), "name": shown.name, "recorded": [], **boot}
    return page.html(opened, head, f'<script type="module">{module}</script>')


def check(path: Path) -> None:
    """Raises ``KaiyanError`` where nothing can be written to a path, before there is anything to write."""
    if path.is_dir():
        raise KaiyanError(
            "export-folder", "{path} is a folder; the page is one file", "{path}/page.html", path=str(path)
        )
    if not path.parent.is_dir():
        raise refused_by_system(path, FileNotFoundError(errno.ENOENT, "no such folder"))


def write(path: Path, text: str) -> int:
    """Writes beside ``path`` and renames, so that what was there stays until the page is whole; gives its bytes."""
    check(path)
    content = text.encode()
    try:
        with whole(path) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise refused_by_system(path, error) from None
    return len(content)


def _address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
