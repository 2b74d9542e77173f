"""What the commands of ``kaiyan face`` share: options, and what is said where the extra is not installed."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kaiyan.explain.loading import missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.cli.command import Session


def with_faces(run: Callable[..., None]) -> Callable[..., None]:
    """A callback that is given the session, and refuses in one sentence where the extra ``faces`` is not installed."""

    @wraps(run)
    def asked(**options: Any) -> None:
        session: Session = click.get_current_context().obj
        try:
            run(session, **options)
        except ModuleNotFoundError as error:
            if not error.name or error.name.startswith("kaiyan"):
                raise
            raise missing(error.name, "pip install 'kaiyan[cli,faces]'") from None

    return asked


def gallery_option(*, stands: bool = False) -> click.Option:
    """Which gallery; where it ``stands``, a file that is named is one, so that a mistyped name is no empty gallery."""

    def checked(_: click.Context, __: click.Parameter, named: str | None) -> str | None:
        if stands and named is not None and not Path(named).exists():
            from kaiyan.faces.gallery_refusals import none_yet

            raise none_yet(Path(named))
        return named

    return click.Option(
        ["--gallery"],
        metavar="FILE",
        callback=checked,
        help="the gallery; by default faces.sqlite under KAIYAN_HOME, or in the user's data folder",
    )


def network_option() -> click.Option:
    """Which recogniser."""
    return click.Option(
        ["--network"],
        default="dlib",
        metavar="NAME",
        help="the networks that find and describe: dlib, the default, or sface",
    )


def drawing_option() -> click.Option:
    """Where the drawing goes."""
    return click.Option(["--output", "-o"], metavar="FILE", help="where to draw it: a picture's name")


def photograph_argument() -> click.Argument:
    """One photograph."""
    return click.Argument(["photograph"], metavar="PHOTOGRAPH")
