"""``kaiyan shift-report``: how a model's maps and its answer follow a picture that moves."""

from __future__ import annotations

import click

from kaiyan.cli import load, written
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.explain import loading
from kaiyan.show.sentence import sentence


def _shift_report(*, model: str, picture: str, shifts: int, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    net = loading.model(model)
    shown = load.example(net, [picture])[0] if written.is_shape(picture) else picture
    from kaiyan.explain.shift import shift_report as measure

    with session.working(sentence("running-model", "running the model")):
        result = measure(net, shown, shifts)
    session.show(result, as_json=as_json)


command = Command(
    name="shift-report",
    summary="whether a model's feature maps and output follow a shifted picture, and which layer breaks that",
    examples=("kaiyan shift-report net.py:make 1x3x64x64", "kaiyan shift-report torchvision:resnet18 cat.jpg"),
    callback=_shift_report,
    params=[
        click.Argument(["model"], metavar="MODEL"),
        click.Argument(["picture"], metavar="SHAPE|PICTURE"),
        click.Option(["--shifts"], type=int, default=8, metavar="N", help="shift by up to this many columns"),
        wide(),
        json_flag(),
    ],
)
