"""``kaiyan shape``: sizes, cost and receptive field of a convolution or a chain of them, derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kaiyan.cli import written
from kaiyan.cli.command import Command, Session, wide
from kaiyan.explain.table import Row, Table
from kaiyan.spec.conv import Conv
from kaiyan.spec.error import ConvError
from kaiyan.spec.field import receptive_field
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from kaiyan.spec.derivation import Derivation
    from kaiyan.spec.field import Field


HEADINGS = ("layer", "output", "parameters", "MACs", "receptive field", "jump", "start")


def _shape(*, words: tuple[str, ...], as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    if len(words) < 2:
        raise ConvError(
            "nothing-to-derive",
            "a description and a shape are needed",
            'kaiyan shape "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224',
        )
    *texts, last = words
    shape = written.shape(last)
    chain = [Conv.parse(text) for text in texts]
    derivations = []
    for spec in chain:
        derivations.append(spec.explain(shape))
        shape = derivations[-1].output_shape
    fields = receptive_field(chain, derivations[0].input_shape)
    if as_json:
        session.json(_facts(derivations, fields))
        return
    for number, (derivation, layer) in enumerate(zip(derivations, fields, strict=True), start=1):
        session.title(f"{number}. " * (len(chain) > 1) + session.say(derivation.lines[0]))
        session.lines([*derivation.lines[1:], *_field_lines(derivation, layer)])
        session.print("")
    if len(chain) > 1:
        session.print(_table(derivations, fields).rich(session.lang))


def _facts(derivations: list[Derivation], fields: tuple[tuple[Field, ...], ...]) -> dict[str, Any]:
    layers = [
        derivation.to_dict() | {"receptive_field": [field.to_dict() for field in layer]}
        for derivation, layer in zip(derivations, fields, strict=True)
    ]
    return {
        "input_shape": list(derivations[0].input_shape),
        "output_shape": list(derivations[-1].output_shape),
        "layers": layers,
    }


def _field_lines(derivation: Derivation, layer: tuple[Field, ...]) -> list[Sentence]:
    rank = len(layer)
    names = [axis.name for axis in derivation.spec.at_rank(rank).axes]
    alike: dict[Field, list[str]] = {}
    for name, field in zip(names, layer, strict=True):
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


def _table(derivations: list[Derivation], fields: tuple[tuple[Field, ...], ...]) -> Table:
    rows = tuple(
        Row((
            str(number),
            "x".join(str(n) for n in derivation.output_shape),
            str(derivation.cost.params),
            str(derivation.cost.macs),
            "x".join(str(field.size) for field in layer),
            "x".join(str(field.jump) for field in layer),
            "x".join(str(field.start) for field in layer),
        ))
        for number, (derivation, layer) in enumerate(zip(derivations, fields, strict=True), start=1)
    )  # fmt: skip
    return Table(tuple(sentence("heading", heading) for heading in HEADINGS), rows)


shape = Command(
    name="shape",
    summary="derive the output's size, the cost and the receptive field of a convolution or a chain",
    examples=(
        'kaiyan shape "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224',
        'kaiyan shape "Conv(3, 8, 3, stride=2, padding=\'same\')" "Conv(kernel_size=2, stride=2)" 1x3x224x224',
    ),
    callback=_shape,
    params=[
        click.Argument(["words"], nargs=-1, metavar="CONV... SHAPE"),
        wide(),
        click.Option(["--json", "as_json"], is_flag=True, help="print the facts as JSON"),
    ],
)
