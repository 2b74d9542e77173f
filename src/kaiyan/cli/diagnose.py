"""``kaiyan diagnose``: the cause of a failure from its traceback or message, and what to do."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from kaiyan.cli.command import Command, Session, json_flag
from kaiyan.show.error import KaiyanError
from kaiyan.show.table import Lines


def _diagnose(*, words: tuple[str, ...], code: str | None, as_list: bool, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    if as_list or code:
        _catalogue(session, code, as_json=as_json)
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
        return _decode(path.read_bytes())
    return " ".join(words)


_PATH = re.compile(r"\S+\.\w{1,5}|\S*[/\\]\S*")
"""One word that ends as a file does, or has a folder in it."""


def _decode(data: bytes) -> str:
    """Text as terminals write it: PowerShell in UTF-16, a Chinese one in GB 18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _catalogue(session: Session, code: str | None, *, as_json: bool) -> None:
    from kaiyan.explain.diagnosis.causes import CAUSES
    from kaiyan.explain.diagnosis.diagnose import diagnose

    rows = sorted((row for row in CAUSES if code is None or row.code == code.upper()), key=lambda row: row.code)
    if not rows:
        known = ", ".join(dict.fromkeys(sorted(cause.code for cause in CAUSES)))
        raise KaiyanError("no-such-code", "there is no code {code}; known codes: {known}", "kaiyan diagnose --list",
                          code=code, known=known)  # fmt: skip
    if as_json:
        session.json("failures", {"failures": [{"code": r.code, "title": r.title, "example": r.example} for r in rows]})
        return
    for row in rows:
        session.print(Lines(((f"{row.code}  ", row.title), f"      {row.example}")))
        if code is not None:
            session.show(diagnose(row.example), as_json=False)


command = Command(
    name="diagnose",
    summary="find out why a model fails, from a traceback or only its message, and what to do",
    examples=(
        "kaiyan diagnose < traceback.txt",
        'kaiyan diagnose "mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)"',
        "kaiyan diagnose --code K012",
    ),
    callback=_diagnose,
    params=[
        click.Argument(["words"], nargs=-1, metavar="[FILE | MESSAGE]"),
        click.Option(["--code"], metavar="K012", help="what a code means"),
        click.Option(["--list", "as_list"], is_flag=True, help="list every known failure"),
        json_flag(),
    ],
)
