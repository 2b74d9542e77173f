"""``kaiyan plan``: which algorithm computes a convolution, why, and what the others would take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kaiyan.cli import written
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.engine.problem import LAYOUTS, PRECISIONS, WRT
from kaiyan.ops.plan import plan as planned
from kaiyan.ops.plan import tune
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.engine.plan import Plan


def _plan(*, conv: str, shape: str, tuned: bool, seconds: float, as_json: bool, **options: Any) -> None:
    session: Session = click.get_current_context().obj
    result = (
        _tune(session, conv, written.shape(shape), seconds, options)
        if tuned
        else planned(conv, written.shape(shape), **options)
    )
    session.show(result, as_json=as_json)


def _tune(session: Session, conv: str, shape: tuple[int, ...], seconds: float, options: dict[str, Any]) -> Plan:
    with session.working(sentence("measuring", "measuring")) as progress:
        return tune(conv, shape, seconds=seconds, progress=progress, **options)


command = Command(
    name="plan",
    summary="show which algorithm computes a convolution, why, and how long the others would take",
    examples=(
        'kaiyan plan "Conv2d(64, 64, 3, padding=1)" 1x64x56x56',
        'kaiyan plan "Conv2d(96, 96, 7, padding=3, groups=96)" 1x96x56x56 --layout channels_last --tune',
        'kaiyan plan "Conv2d(64, 64, 3, padding=1)" 8x64x56x56 --wrt weight --kind torch',
    ),
    callback=_plan,
    params=[
        click.Argument(["conv"], metavar="CONV"),
        click.Argument(["shape"], metavar="SHAPE"),
        click.Option(
            ["--precision"], default="default", metavar="|".join(PRECISIONS), help="how much rounding error is allowed"
        ),
        click.Option(
            ["--layout"],
            default="channels_first",
            metavar="|".join(LAYOUTS[:-1]),
            help="the memory layout of the input",
        ),
        click.Option(["--kind"], default="numpy", metavar="numpy|torch", help="the library of the arrays"),
        click.Option(["--dtype"], default="float32", metavar="TYPE", help="the data type of the numbers"),
        click.Option(["--weight-dtype"], metavar="TYPE", help="the data type of the weight, if different"),
        click.Option(["--wrt"], metavar="|".join(WRT), help="show what computes this gradient in backward"),
        click.Option(["--tune", "tuned"], is_flag=True, help="measure, and keep the results"),
        click.Option(
            ["--seconds"], type=float, default=1.0, metavar="S", help="stop measuring after this many seconds"
        ),
        wide(),
        json_flag(),
    ],
)
