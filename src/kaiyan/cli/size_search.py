"""What the searches for input sizes share: ``kaiyan least-input`` and ``kaiyan whole-sizes`` are called alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import kaiyan
from kaiyan.cli import load
from kaiyan.cli.command import Session, json_flag, wide
from kaiyan.explain import loading
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable


def searching(name: str) -> Callable[..., None]:
    """The callback of the command that is the public function ``name``."""

    def search(*, model: str, shape: str, seconds: float, as_json: bool) -> None:
        session: Session = click.get_current_context().obj
        size, dtype = load.sized(shape)
        net = loading.model(model)
        function = getattr(kaiyan, name)
        with session.working(sentence("running-model", "running the model")):
            result = function(net, size, dtypes=dtype, seconds=seconds)
        session.show(result, as_json=as_json)

    return search


def parameters() -> list[click.Parameter]:
    """Model, shape, and how long to search."""
    return [
        click.Argument(["model"], metavar="MODEL"),
        click.Argument(["shape"], metavar="SHAPE"),
        click.Option(
            ["--seconds"], type=float, default=10.0, metavar="S", help="stop the search after this many seconds"
        ),
        wide(),
        json_flag(),
    ]
