"""``kaiyan accelerate``: what ``kaiyan.nn.accelerate`` makes of a model, layer by layer."""

from __future__ import annotations

import click

from kaiyan.cli import load
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.engine.problem import PRECISIONS
from kaiyan.explain import loading
from kaiyan.show.sentence import sentence


def _accelerate(*, model: str, shape: tuple[str, ...], precision: str, threads: int | None, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    net = loading.model(model)
    import torch

    from kaiyan.nn import accelerate

    inputs = load.example(net, shape)
    if threads is not None:
        torch.set_num_threads(threads)
    with session.working(sentence("measuring-layers", "measuring the layers")):
        report = accelerate(net, inputs, precision=precision).report
    session.show(report, as_json=as_json)


command = Command(
    name="accelerate",
    summary="make a model's convolutions faster, and show by how much, layer by layer",
    examples=("kaiyan accelerate net.py:make 1x3x224x224", "kaiyan accelerate torchvision:resnet18 1x3x224x224"),
    callback=_accelerate,
    params=[
        click.Argument(["model"], metavar="MODEL"),
        click.Argument(["shape"], nargs=-1, required=True, metavar="SHAPE..."),
        click.Option(
            ["--precision"], default="default", metavar="|".join(PRECISIONS), help="how much rounding error is allowed"
        ),
        click.Option(["--threads"], type=click.IntRange(min=1), metavar="N", help="how many threads"),
        wide(),
        json_flag(),
    ],
)
