"""``kaiyan bench-model``: what ``kaiyan.nn.accelerate`` makes of a model, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kaiyan.cli import load
from kaiyan.cli.command import Command, Session, wide
from kaiyan.engine.problem import PRECISIONS
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.table import Row, Table

if TYPE_CHECKING:
    from kaiyan.nn.acceleration.report import Report


HEADINGS = ("layer", "before", "after", "algorithm", "what")


def _bench_model(*, model: str, shape: tuple[str, ...], precision: str, threads: int | None, as_json: bool) -> None:
    session: Session = click.get_current_context().obj
    made = load.model(model)
    import torch

    from kaiyan.nn import accelerate

    inputs = load.example(made, shape)
    if threads is not None:
        torch.set_num_threads(threads)
    with session.working(sentence("bench-model", "measuring the layers")):
        found = accelerate(made, inputs, precision=precision).report
    if as_json:
        session.json(found.to_dict())
        return
    session.print(_table(found).rich(session.lang))
    for name, reason in found.left.items():
        session.print(session.say(_left(name, reason, session)))
    session.print(session.say(_total(found)))


def _left(name: str, reason: Sentence, session: Session) -> Sentence:
    return sentence("bench-model", "{name} is unchanged: {reason}", name=name, reason=session.say(reason))


def _total(found: Report) -> Sentence:
    return sentence(
        "bench-model",
        "all: {before:.2f} ms before, {after:.2f} ms after, {speedup:.2f} times as fast ({layout}); "
        "the outputs differ by {difference:.1e} of the largest",
        before=found.before * 1e3,
        after=found.after * 1e3,
        speedup=found.speedup,
        layout=found.layout,
        difference=found.difference,
    )


def _table(found: Report) -> Table:
    rows = tuple(
        Row((
            row.name,
            "-" if row.before is None else f"{row.before * 1e3:.3f} ms",
            f"{row.after * 1e3:.3f} ms",
            row.algorithm,
            row.what,
        ))
        for row in found.layers
    )  # fmt: skip
    headings = tuple(sentence("heading", heading) for heading in HEADINGS)
    return Table(headings, rows, left=frozenset({0, 3, 4}))


bench_model = Command(
    name="bench-model",
    summary="make a model's convolutions faster, and say by how much, layer by layer",
    examples=("kaiyan bench-model net.py:make 1x3x224x224", "kaiyan bench-model torchvision:resnet18 1x3x224x224"),
    callback=_bench_model,
    params=[
        click.Argument(["model"], metavar="MODEL"),
        click.Argument(["shape"], nargs=-1, required=True, metavar="SHAPE..."),
        click.Option(["--precision"], default="default", metavar="|".join(PRECISIONS), help="the error allowed"),
        click.Option(["--threads"], type=int, metavar="N", help="how many threads"),
        wide(),
        click.Option(["--json", "as_json"], is_flag=True, help="print the facts as JSON"),
    ],
)
