"""``kaiyan shape``: sizes, cost and receptive field of a layer or a chain of them, derived."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import click

from kaiyan.cli import written
from kaiyan.cli.command import Command, Session, wide
from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.table import Row, Table
from kaiyan.spec.chain import chain
from kaiyan.spec.read import axis_names
from kaiyan.spec.step import ALL

if TYPE_CHECKING:
    from kaiyan.show.table import Text
    from kaiyan.spec.field import Field
    from kaiyan.spec.step import Step

HEADINGS = ("layer", "output", "parameters", "MACs", "receptive field", "jump", "start")
_SHAPE = re.compile(r"[\d\s()\[\],x×X*（）［］，、]+")
"""What a word of a shape is made of."""


def _shape(*, words: tuple[str, ...], as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    texts, sizes = _parted(words)
    if not texts or not sizes:
        raise ConvError(
            "nothing-to-derive",
            "a description and a shape are needed",
            'kaiyan shape "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224',
        )
    steps = chain(texts, written.shape(sizes))
    if as_json:
        session.json(_facts(steps))
        return
    for number, step in enumerate(steps, start=1):
        session.title(f"{number}. " * (len(steps) > 1) + session.say(_becomes(step)))
        session.lines([*step.lines, *_field_lines(step)])
        session.print("")
    if len(steps) > 1:
        session.print(_table(steps).rich(session.lang))


def _parted(words: tuple[str, ...]) -> tuple[list[str], str]:
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


def _facts(steps: tuple[Step, ...]) -> dict[str, Any]:
    return {
        "input_shape": list(steps[0].input_shape),
        "output_shape": list(steps[-1].output_shape),
        "layers": [step.to_dict() for step in steps],
    }


def _becomes(step: Step) -> Sentence:
    return sentence(
        "shapes", "{spec}: {input} becomes {output}", spec=step.spec, input=step.input_shape, output=step.output_shape
    )


def _field_lines(step: Step) -> list[Sentence]:
    if step.sees == ALL:
        return [sentence("field", "every output sees all of the input")]
    if isinstance(step.sees, str):
        return [sentence("field", "what an output sees is not one window of the input, the same for all")]
    alike: dict[Field, list[str]] = {}
    for name, field in zip(axis_names(len(step.sees)), step.sees, strict=True):
        alike.setdefault(field, []).append(name)
    return [
        sentence(
            "field",
            "{axes}: receptive field {size} ({holes} of it holes), neighbours {jump} apart, "
            "the first centred on input {start}",
            axes=", ".join(axes),
            size=field.size,
            holes=field.holes,
            jump=field.jump,
            start=field.start,
        )
        for field, axes in alike.items()
    ]


def _table(steps: tuple[Step, ...]) -> Table:
    rows = tuple(
        Row((
            str(number),
            "x".join(str(n) for n in step.output_shape),
            str(step.params) if step.params.value != 0 else "-",
            str(step.macs) if step.macs.value != 0 else "-",
            *_seen(step),
        ))
        for number, step in enumerate(steps, start=1)
    )  # fmt: skip
    return Table(tuple(sentence("heading", heading) for heading in HEADINGS), rows)


def _seen(step: Step) -> tuple[Text, Text, Text]:
    if step.sees == ALL:
        return sentence("summary", "all"), "-", "-"
    if isinstance(step.sees, str):
        return "?", "?", "?"
    size, jump, start = (
        "x".join(str(getattr(field, name)) for field in step.sees) for name in ("size", "jump", "start")
    )
    return size, jump, start


shape = Command(
    name="shape",
    summary="derive the output's size, the cost and the receptive field of a layer or a chain",
    examples=(
        'kaiyan shape "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224',
        'kaiyan shape "Conv2d(3, 8, 3, padding=1)" "ReLU()" "MaxPool2d(3, 2, ceil_mode=True)" "Flatten()" 1x3x10x10',
        'kaiyan shape "keras.layers.Conv2D(32, 3, padding=\'same\')" "MaxPooling2D()" 1x28x28x1',
    ),
    callback=_shape,
    params=[
        click.Argument(["words"], nargs=-1, metavar="LAYER... SHAPE"),
        wide(),
        click.Option(["--json", "as_json"], is_flag=True, help="print the facts as JSON"),
    ],
)
