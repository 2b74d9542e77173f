"""One run of the command line: the language, the command, and what becomes of an error."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import click

from kaiyan import __version__
from kaiyan.cli import (
    accelerate,
    case,
    cases,
    derive,
    diagnose,
    learn,
    least_input,
    padding,
    plan,
    port,
    run_saved,
    see,
    shift_report,
    studio,
    summary,
    whole_sizes,
)
from kaiyan.cli.command import Group, Session, refusal_of
from kaiyan.cli.face import group as face
from kaiyan.explain import loading
from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import language, say

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130

kaiyan = Group(
    name="kaiyan",
    summary="compute, explain and show convolutions",
    examples=("kaiyan see", 'kaiyan derive "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224'),
    params=[
        click.Option(["--lang"], metavar="en|zh", help="the language; by default KAIYAN_LANG, then the locale"),
        click.Option(["--version"], is_flag=True, help="print the version"),
    ],
    commands=[
        module.command
        for module in (
            see, derive, plan, port, padding, accelerate, run_saved, summary, diagnose, least_input, whole_sizes,
            shift_report, learn, face, studio, cases, case,
        )
    ],
    renamed={"shape": "derive", "convert": "port", "bench-model": "accelerate", "explain": "diagnose"},
    exits={
        DONE: "done",
        BAD_INPUT: "the input cannot be used; standard error says why in one sentence",
        INTERRUPTED: "interrupted",
    },
)  # fmt: skip


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command line; the group ``kaiyan`` says what each means."""
    _write_what_can_be_written()
    session = Session("en")
    try:
        session = Session(language(_asked_language(arguments)))
        if "--version" in arguments[:3]:
            click.echo(f"kaiyan {__version__}")
            return DONE
        kaiyan.main(list(arguments), prog_name="kaiyan", standalone_mode=False, obj=session)
    except click.UsageError as error:
        return _refuse(refusal_of(error), session, arguments)
    except KaiyanError as error:
        return _refuse(error, session, arguments)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        return _refuse(loading.missing("torch", "pip install 'kaiyan[torch]'"), session, arguments)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _write_what_can_be_written() -> None:
    """A terminal that cannot write a sign shows a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _refuse(error: KaiyanError, session: Session, arguments: Sequence[str]) -> int:
    if "--json" in arguments:
        session.json("error", error)
    click.echo(f"kaiyan: {say(error, session.lang)}", err=True)
    return BAD_INPUT


def _asked_language(arguments: Sequence[str]) -> str | None:
    """What --lang says, read ahead, so that even a wrong command line is answered in that language."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument == "--lang":
            return following
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return None
