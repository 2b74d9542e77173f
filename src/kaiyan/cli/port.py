"""``kaiyan port``: a layer from another library: its pads, the lines of code, and what the usual mistake changes."""

from __future__ import annotations

import click

from kaiyan.cli import written
from kaiyan.cli.command import Command, Session, json_flag
from kaiyan.ops.port import port
from kaiyan.spec.conventions import PADDING


def _port(*, conv: str, shape: str, source: str, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    session.show(port(conv, written.shape(shape), source), as_json=as_json)


command = Command(
    name="port",
    summary="write a layer with another library's padding in PyTorch: the pads, the code, and what the "
    "common mistake changes",
    examples=(
        'kaiyan port "Conv2d(3, 64, 7, stride=2)" 1x3x224x224 --from tf-same',
        'kaiyan port "Conv1d(8, 8, 4)" 1x8x100 --from onnx-same-lower',
    ),
    callback=_port,
    params=[
        click.Argument(["conv"], metavar="CONV"),
        click.Argument(["shape"], metavar="SHAPE"),
        click.Option(
            ["--from", "source"],
            default="tf_same",
            metavar="|".join(("torch", *PADDING)),
            help="the padding convention: a word, or a library and its word, such as tf-same or onnx-same-lower",
        ),
        json_flag(),
    ],
)
