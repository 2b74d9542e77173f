"""``kaiyan least-input``: the smallest input that a model takes, and which layer refuses a smaller one."""

from __future__ import annotations

import click

from kaiyan.cli import load
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.show.sentence import sentence


def _least_input(*, model: str, shape: str, seconds: float, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    size, dtype = load.sized(shape)
    net = load.model(model)
    from kaiyan.explain.sizes.least import least_input as search

    with session.working(sentence("running-model", "running the model")):
        result = search(net, size, dtypes=dtype, seconds=seconds)
    session.show(result, as_json=as_json)


command = Command(
    name="least-input",
    summary="the smallest input that a model takes on every axis, and which layer refuses a smaller one",
    examples=("kaiyan least-input net.py:make 1x3x224x224", "kaiyan least-input torchvision:resnet18 1x3x224x224"),
    callback=_least_input,
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
