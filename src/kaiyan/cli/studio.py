"""``kaiyan studio``: the page where one sees a convolution, in the browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kaiyan.cli.command import Command, Session
from kaiyan.explain import loading
from kaiyan.show.i18n import language
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.studio.safety import Door


def _studio(*, port: int, host: str, no_browser: bool, model: str | None, picture: str | None) -> None:
    session: Session = click.get_current_context().obj
    try:
        from kaiyan.studio import photograph as photographs
        from kaiyan.studio import server
    except ModuleNotFoundError as error:
        raise loading.missing(error.name or "", "pip install 'kaiyan[studio]'") from None
    with server.listening(host, port) as listener:
        photograph = photographs.of(Path(picture)) if picture else photographs.bundled()
        studio = server.Studio(listener, host, _asked_language(), model, photograph)
        _announce(session, studio.door)
        if not no_browser:
            click.launch(studio.door.address_once())
        studio.serve()


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
            "whoever has this address can use the page; the way to {host} is not encrypted",
            host=door.host,
        )
        click.echo(f"kaiyan: {session.say(warning)}", err=True)
    if sys.stderr.isatty():
        click.echo(session.say(sentence("studio-ends", "Ctrl-C ends it")), err=True)


command = Command(
    name="studio",
    summary="open the page where one sees a convolution",
    examples=(
        "kaiyan studio",
        "kaiyan studio --picture cat.jpg --model net.py:make",
        "kaiyan studio --port 0 --no-browser",
    ),
    callback=_studio,
    params=[
        click.Option(
            ["--port"], type=click.IntRange(0, 65535), default=0, metavar="N", help="the port; 0 takes a free one"
        ),
        click.Option(["--no-browser"], is_flag=True, help="print the address only"),
        click.Option(
            ["--model"], metavar="MODEL", help="a network of yours: FILE.py:factory, torchvision:name or timm:name"
        ),
        click.Option(["--picture"], metavar="FILE", help="the picture that the page opens with"),
        click.Option(
            ["--host"],
            default="127.0.0.1",
            metavar="ADDRESS",
            help="the address to listen on; any other than this machine's own lets others in",
        ),
    ],
)
