"""``kaiyan derive``: sizes, cost and receptive field of a layer or a chain of them, derived."""

from __future__ import annotations

import ast
import re

import click

from kaiyan.cli import written
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.show.error import ConvError
from kaiyan.spec.chain import derive

_SHAPE = re.compile(r"[\d\s()\[\],x×X*（）［］，、]+")
"""What a word of a shape is made of."""


def _derive(*, words: tuple[str, ...], as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    texts, sizes = _split(words)
    if not texts or not sizes:
        raise ConvError(
            "nothing-to-derive",
            "a description and a shape are needed",
            'kaiyan derive "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224',
        )
    session.show(derive(texts, written.shape(sizes)), as_json=as_json)


def _split(words: tuple[str, ...]) -> tuple[list[str], str]:
    """Descriptions, and the shape behind them, which may be written with spaces."""
    end = len(words)
    while end and _SHAPE.fullmatch(words[end - 1]):
        end -= 1
    if end == len(words) and len(words) > 1 and "(" not in words[-1]:
        end -= 1
    return [part for word in words[:end] for part in _separate(word)], " ".join(words[end:])


def _separate(word: str) -> list[str]:
    """The layers of one word that holds several with commas between, as they stand in a Sequential."""
    try:
        node = ast.parse(f"({word})", mode="eval").body
    except SyntaxError:
        return [word]
    if not isinstance(node, ast.Tuple) or not all(isinstance(part, ast.Call) for part in node.elts):
        return [word]
    return [ast.unparse(part) for part in node.elts]


command = Command(
    name="derive",
    summary="derive the output's size, the cost and the receptive field of a layer or a chain",
    examples=(
        'kaiyan derive "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224',
        'kaiyan derive "Conv2d(3, 8, 3, padding=1)" "ReLU()" "MaxPool2d(3, 2, ceil_mode=True)" "Flatten()" 1x3x10x10',
        'kaiyan derive "keras.layers.Conv2D(32, 3, padding=\'same\')" "MaxPooling2D()" 1x28x28x1',
    ),
    callback=_derive,
    params=[
        click.Argument(["words"], nargs=-1, metavar="LAYER... SHAPE"),
        wide(),
        json_flag(),
    ],
)
