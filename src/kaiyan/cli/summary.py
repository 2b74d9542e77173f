"""``kaiyan summary``: a model layer by layer, up to where it fails."""

from __future__ import annotations

import re

import click

from kaiyan.cli import load
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.explain import loading
from kaiyan.show.sentence import sentence


def _summary(*, model: str, shape: tuple[str, ...], depth: int | None, columns: str | None, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    sizes, types = zip(*map(load.sized, shape), strict=True)
    from kaiyan.explain.summary import summary as summarize

    asked = {} if columns is None else {"col_names": tuple(re.split(r"[,\s]+", columns.strip(" ,")))}
    with session.working(sentence("running-model", "running the model")):
        result = summarize(loading.model(model), sizes, depth=depth, dtypes=types, **asked)
    session.show(result, as_json=as_json)


command = Command(
    name="summary",
    summary="a model layer by layer: shapes, parameters, multiply-adds, receptive fields, and where it fails",
    examples=("kaiyan summary net.py:make 1x3x224x224", "kaiyan summary net.py:words 1x7:int64 --depth 2"),
    callback=_summary,
    params=[
        click.Argument(["model"], metavar="MODEL"),
        click.Argument(["shape"], nargs=-1, required=True, metavar="SHAPE..."),
        click.Option(
            ["--depth"], type=click.IntRange(min=0), metavar="N", help="hide layers that are nested deeper than this"
        ),
        click.Option(
            ["--columns"],
            metavar="NAMES",
            help="the columns to show, such as output_size,pads,kernel_size,time,algorithm",
        ),
        wide(),
        json_flag(),
    ],
)
