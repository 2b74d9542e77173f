"""``kaiyan whole-sizes``: input sizes near a given one for which no layer drops a row or a column."""

from __future__ import annotations

import click

from kaiyan.cli import load
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.show.sentence import sentence


def _whole_sizes(*, model: str, shape: str, seconds: float, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    size, dtype = load.sized(shape)
    net = load.model(model)
    from kaiyan.explain.sizes.whole import whole_sizes as search

    with session.working(sentence("running-model", "running the model")):
        result = search(net, size, dtypes=dtype, seconds=seconds)
    session.show(result, as_json=as_json)


command = Command(
    name="whole-sizes",
    summary="the input sizes near a given one for which no layer drops a row or a column",
    examples=("kaiyan whole-sizes net.py:make 1x3x224x224",),
    callback=_whole_sizes,
    params=[
        click.Argument(["model"], metavar="MODEL"),
        click.Argument(["shape"], metavar="SHAPE"),
        click.Option(
            ["--seconds"], type=float, default=10.0, metavar="S", help="stop the search after this many seconds"
        ),
        wide(),
        json_flag(),
    ],
)
