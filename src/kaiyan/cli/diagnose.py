"""``kaiyan diagnose``: the cause of a failure from its traceback or message, and what to do."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kaiyan.cli.command import Command, Session, json_flag
from kaiyan.show.error import KaiyanError
from kaiyan.show.table import Lines

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.causes.finding import Cause


def _diagnose(*, words: tuple[str, ...], code: str | None, as_list: bool, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    if as_list or code:
        _catalogue(session, code)
        return
    from kaiyan.explain.diagnosis.diagnose import diagnose

    session.show(diagnose(_text_of(words)), as_json=as_json)


def _text_of(words: tuple[str, ...]) -> str:
    """A file's text, the words themselves, or what stands on standard input."""
    if not words:
        return "" if sys.stdin.isatty() else sys.stdin.read()
    if len(words) == 1 and _PATH.fullmatch(words[0]):
        path = Path(words[0])
        if not path.is_file():
            raise KaiyanError("no-such-file", "there is no file {path}", path=words[0])
        return _decoded(path.read_bytes())
    return " ".join(words)


_PATH = re.compile(r"\S+\.\w{1,5}|\S*[/\\]\S*")
"""One word that ends as a file does, or has a folder in it."""


def _decoded(data: bytes) -> str:
    """Text as terminals write it: PowerShell in UTF-16, a Chinese one in GB 18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _catalogue(session: Session, code: str | None) -> None:
    from kaiyan.explain.diagnosis.causes import CAUSES

    rows = [cause for cause in CAUSES if code is None or cause.code == code.upper()]
    if not rows:
        known = ", ".join(dict.fromkeys(sorted(cause.code for cause in CAUSES)))
        raise KaiyanError("no-such-code", "there is no code {code}; there are {known}", "kaiyan diagnose --list",
                          code=code, known=known)  # fmt: skip
    for cause in sorted(rows, key=lambda cause: cause.code):
        _row(session, cause, whole=code is not None)


def _row(session: Session, cause: Cause, *, whole: bool) -> None:
    session.print(Lines(((f"{cause.code}  ", cause.title), f"      {cause.example}")))
    if whole:
        from kaiyan.explain.diagnosis.diagnose import diagnose

        session.show(diagnose(cause.example), as_json=False)


command = Command(
    name="diagnose",
    summary="say why a model fails, from a traceback or only the message, and what to do",
    examples=(
        "kaiyan diagnose < traceback.txt",
        'kaiyan diagnose "mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)"',
        "kaiyan diagnose --code K012",
    ),
    callback=_diagnose,
    params=[
        click.Argument(["words"], nargs=-1, metavar="[FILE | MESSAGE]"),
        click.Option(["--code"], metavar="K012", help="what a code stands for"),
        click.Option(["--list", "as_list"], is_flag=True, help="every failure that is known"),
        json_flag(),
    ],
)
