"""``kaiyan studio``: the page that shows convolutions and networks, in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kaiyan.cli.command import Command, Session
from kaiyan.explain import loading
from kaiyan.show.i18n import language
from kaiyan.show.sentence import sentence
from kaiyan.show.table import Lines

if TYPE_CHECKING:
    from kaiyan.studio.safety import Door


def _studio(*, model: str | None, export: str | None, **options: Any) -> None:
    session: Session = click.get_current_context().obj
    if model is not None:
        loading.check(model)
    if export is not None:
        _export(session, Path(export), model=model, picture=options["picture"])
        return
    try:
        _serve(session, model=model, **options)
    except ModuleNotFoundError as error:
        raise loading.missing(error.name or "", "pip install 'kaiyan[studio]'") from None


def _serve(session: Session, *, model: str | None, picture: str | None, host: str, port: int, no_browser: bool) -> None:
    from kaiyan.studio import page, photograph, server

    page.check()
    shown = photograph.of(picture)
    with server.listening(host, port) as listener:
        studio = server.Studio(listener, host, _asked_language(), model, shown)
        _announce(session, studio.door)
        if not no_browser and _has_screen():
            click.launch(studio.door.address_once())
        studio.serve()


def _export(session: Session, path: Path, *, model: str | None, picture: str | None) -> None:
    from kaiyan.studio import export, photograph, recording

    export.check(path)
    shown = photograph.of(picture)
    with session.working(sentence("export-recording", "recording the network on the picture")):
        recorded = recording.network(shown, model) if model or picture else []
    opened = {"lang": _asked_language(), "recorded": recorded}
    size = export.write(path, export.html(shown, {name: fact for name, fact in opened.items() if fact is not None}))
    written = sentence("export-written", "{path}, {size:.1f} MB", path=str(path), size=size / 1e6)
    session.print(Lines((written,)))


def _asked_language() -> str | None:
    """What --lang says; without it the page speaks its browser's language."""
    asked: str | None = click.get_current_context().find_root().params["lang"]
    return asked and language(asked)


def _announce(session: Session, door: Door) -> None:
    """The address on standard output, alone on its line; what a person wants to know beside it on standard error."""
    click.echo(door.address)
    if door.is_open:
        warning = sentence(
            "open-to-others",
            "anyone with this address can use the page; the connection to {host} is not encrypted",
            host=door.host,
        )
        click.echo(f"kaiyan: {session.say(warning)}", err=True)
    if sys.stderr.isatty():
        click.echo(session.say(sentence("studio-ends", "open it in a browser; Ctrl-C ends it")), err=True)


def _has_screen() -> bool:
    """Whether a browser would have a window: on a bare terminal it would take the terminal."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    return sys.platform != "linux" or any(name in os.environ for name in screens)


command = Command(
    name="studio",
    summary="open the page that shows convolutions and networks",
    examples=(
        "kaiyan studio",
        "kaiyan studio --picture cat.jpg --model net.py:make",
        "kaiyan studio --port 0 --no-browser",
        "kaiyan studio --export page.html",
    ),
    callback=_studio,
    params=[
        click.Option(
            ["--model"], metavar="MODEL", help="your own network: FILE.py:factory, torchvision:name or timm:name"
        ),
        click.Option(["--picture"], metavar="FILE", help="the picture that the page opens with"),
        click.Option(["--export"], metavar="FILE", help="write the page to one file that opens from disk"),
        click.Option(
            ["--port"], type=click.IntRange(0, 65535), default=0, metavar="N", help="the port; 0 chooses a free one"
        ),
        click.Option(
            ["--host"],
            default="127.0.0.1",
            metavar="ADDRESS",
            help="the address to listen on; any other than this machine's own lets other machines connect",
        ),
        click.Option(["--no-browser"], is_flag=True, help="print the address, open no browser"),
    ],
)
