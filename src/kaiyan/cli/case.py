"""``kaiyan case``: one of the complete cases, opened as a page, for changing, or run in the terminal."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kaiyan.cases import catalogue
from kaiyan.cli.command import Command, Session
from kaiyan.explain import loading
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.cases.catalogue import Notebook


def _case(number: int, *, edit: bool, script: bool, no_browser: bool) -> None:
    if edit and script:
        raise KaiyanError(
            "edit-or-script", "--edit and --script are two ways to open a case: choose one", "kaiyan case --help"
        )
    case = catalogue.case(number)
    if absent := case.missing():
        raise loading.missing(absent, "pip install 'kaiyan[cases]'")
    if case.has_portraits:
        _fetch_portraits()
    path = _copy(case) if edit else case.path
    marimo = ["-m", "marimo", "edit" if edit else "run", *["--headless"] * no_browser]
    arguments = [str(path)] if script else [*marimo, str(path)]
    ended = subprocess.run([sys.executable, *arguments], check=False).returncode
    if ended:
        raise KaiyanError("case-ended", "case {number} ended with exit code {ended}", number=number, ended=ended)


def _fetch_portraits() -> None:
    """Before the case starts, which could only end where they are not to be had."""
    from kaiyan.cases import portraits

    session: Session = click.get_current_context().obj
    with session.working(sentence("fetching-portraits", "fetching the portraits, once")):
        portraits.fetched()


def _copy(case: Notebook) -> Path:
    """The case in the user's folder; what the user has changed there is opened again."""
    session: Session = click.get_current_context().obj
    path = Path(case.path.name)
    if not path.exists():
        shutil.copyfile(case.path, path)
        click.echo(session.say(sentence("case-copied", "your copy to change: {path}", path=str(path))), err=True)
    return path


command = Command(
    name="case",
    summary="open a complete case in the browser",
    examples=("kaiyan case 3", "kaiyan case 3 --edit", "kaiyan case 3 --script"),
    callback=_case,
    params=[
        click.Argument(["number"], metavar="NUMBER", type=int),
        click.Option(["--edit"], is_flag=True, help="open a copy in this folder, to change and run again"),
        click.Option(["--script"], is_flag=True, help="run it here and print it"),
        click.Option(["--no-browser"], is_flag=True, help="print the address, open no browser"),
    ],
)
