"""``kaiyan learn``: the kernel that turns one picture into another, found, named, drawn and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kaiyan.cli import sliding, written
from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.cli.output import free
from kaiyan.cli.see import drawn
from kaiyan.show.sentence import sentence
from kaiyan.show.table import Lines
from kaiyan.spec.conventions import PADDING

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.learn.fitting.result import Fit


def _learn(before: str, after: str, output: tuple[str, ...], *, as_json: bool, **options: Any) -> None:
    session: Session = click.get_current_context().obj
    from kaiyan.learn.fitting.fit import fit_kernel

    paths = [free(path, before, after) for path in output]
    ridge, padding = options["ridge"], options["padding"]
    with session.working(sentence("learning", "finding the kernel")):
        fit = fit_kernel(
            before,
            after,
            written.value(options["size"]),
            stride=written.value(options["stride"]),
            dilation=written.value(options["dilation"]),
            padding=None if padding is None else written.value(padding),
            padding_mode=options["padding_mode"],
            channels=options["channels"],
            bias=options["bias"],
            ridge=ridge,
            clipped=None if options["keep_clipped"] else "auto",
        )
    for path in paths:
        fit.save(path)
    if as_json:
        session.json(fit.KIND, {**fit.to_dict(), "code": fit.code(), "written": paths})
        return
    _report(session, fit, paths)


def _report(session: Session, fit: Fit, paths: list[Path]) -> None:
    if fit.kernel.shape[:2] == (1, 1) and fit.kernel.ndim == 4 and session.console.is_terminal:
        session.console.print(drawn(fit.kernel[0, 0], colour=True, columns=session.console.width), "")
    session.print(*fit.parts())
    if paths:
        session.print(Lines(tuple(sentence("written", "written to {path}", path=path) for path in paths), "list"))


command = Command(
    name="learn",
    summary="find the kernel that turns one picture into another, by least squares",
    examples=(
        "kaiyan learn before.png after.png -o kernel.npy",
        "kaiyan learn before.jpg after.jpg --size 5 --channels shared -o kernel.npy -o kernel.png",
    ),
    callback=_learn,
    params=[
        click.Argument(["before"], metavar="BEFORE"),
        click.Argument(["after"], metavar="AFTER"),
        click.Option(["--size"], default="3", metavar="N", help="the kernel's size: one number, or one per axis"),
        sliding.stride(),
        sliding.dilation(),
        click.Option(
            ["--padding"],
            metavar="|".join(("N", *PADDING)),
            help="if it is known; by default the border is left out, and which one explains it is told",
        ),
        sliding.padding_mode("zeros"),
        click.Option(
            ["--channels"],
            default="mixed",
            metavar="mixed|each|shared",
            help="every output from all colours, each colour by itself, or one kernel for all",
        ),
        click.Option(["--bias"], is_flag=True, help="find a number that is added, too"),
        click.Option(
            ["--ridge"],
            type=float,
            metavar="R",
            help="how much to shrink; by default generalised cross-validation chooses",
        ),
        click.Option(["--keep-clipped"], is_flag=True, help="use the values at the ends of the range, too"),
        click.Option(
            ["--output", "-o"], multiple=True, metavar="FILE", help="where to write: .npy the numbers, .png the drawing"
        ),
        wide(),
        json_flag(),
    ],
)
