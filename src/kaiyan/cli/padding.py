"""``kaiyan padding``: one axis under the padding conventions of PyTorch, TensorFlow and ONNX, side by side."""

from __future__ import annotations

import click

from kaiyan.cli import written
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.explain.padding import padding as conventions


def _padding(*, size: str, as_json: bool, **settings: str) -> None:
    session: Session = click.get_current_context().obj
    numbers = {name: written.value(text) for name, text in settings.items()}
    session.show(conventions(written.value(size), numbers.pop("kernel"), **numbers), as_json=as_json)


command = Command(
    name="padding",
    summary="the padding conventions of PyTorch, TensorFlow and ONNX on one axis, side by side",
    examples=("kaiyan padding 224 --kernel 3 --stride 2", "kaiyan padding 13 --kernel 6 --stride 5 --json"),
    callback=_padding,
    params=[
        click.Argument(["size"], metavar="SIZE"),
        click.Option(["--kernel"], required=True, metavar="K", help="the kernel's size"),
        click.Option(["--stride"], default="1", metavar="S", help="the stride"),
        click.Option(["--dilation"], default="1", metavar="D", help="the dilation"),
        click.Option(
            ["--rank"], default="2", metavar="1|2|3", help="how many spatial axes the layers in the printed code have"
        ),
        wide(),
        json_flag(),
    ],
)
