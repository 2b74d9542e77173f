"""``kaiyan see``: a kernel slid over a picture, drawn and explained."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.table import Table
from rich.text import Text

from kaiyan.cli import sliding, written
from kaiyan.cli.command import Command, Session, json_flag
from kaiyan.cli.output import free
from kaiyan.pictures.kernels import kernel
from kaiyan.pictures.named import KERNELS
from kaiyan.pictures.see import Filtered
from kaiyan.pictures.see import see as see_picture
from kaiyan.pictures.sheet import diverging
from kaiyan.show.sentence import sentence
from kaiyan.show.table import Lines
from kaiyan.spec.conventions import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence


def _see(picture: str | None, output: str | None, *, as_json: bool, as_list: bool, **options: Any) -> None:
    session: Session = click.get_current_context().obj
    if as_list:
        _list(session, as_json=as_json)
        return
    with session.working(sentence("see", "filtering the picture")):
        seen = see_picture(
            picture,
            options["kernel"],
            stride=written.value(options["stride"]),
            padding=written.value(options["padding"]),
            padding_mode=options["padding_mode"],
            dilation=written.value(options["dilation"]),
            flip=options["flip"],
            grey=options["grey"],
        )
        path = _save(seen, picture, output)
    if as_json:
        session.json("see", {**seen.to_dict(), "written": path})
        return
    _report(session, seen, path)


def _save(seen: Filtered, picture: str | None, output: str | None) -> Path:
    path = free(output, *([] if picture is None else [picture])) if output else _free_name(seen)
    return seen.save(path)


def _report(session: Session, seen: Filtered, path: Path) -> None:
    first, *others = seen.derivation.lines
    session.print(Lines((first,), "title"))
    session.console.print(_kernel(session, seen.kernel.values))
    session.print(
        Lines((*others, *_values(seen), *seen.notes, sentence("written", "written to {path}", path=path)), "list")
    )


def _values(seen: Filtered) -> Iterator[Sentence]:
    """From where to where the values run; nothing where none is a number."""
    (low, high), (least, most) = seen.range["input"], seen.range["output"]
    if low is not None and least is not None:
        yield sentence(
            "seen",
            "the picture's values run from {low:g} to {high:g}, the output's from {least:g} to {most:g}; "
            "it took {milliseconds:.1f} ms",
            low=low, high=high, least=least, most=most, milliseconds=seen.seconds * 1e3,
        )  # fmt: skip


def _list(session: Session, *, as_json: bool) -> None:
    if as_json:
        session.json("kernels", {"kernels": {name: kernel(name).values for name in KERNELS}})
        return
    for name, recipe in KERNELS.items():
        spelled = ":".join([name, ",".join(f"{value:g}" for value in recipe.usual)]).rstrip(":")
        session.print(Lines(((f"{spelled}  ", sentence("kernels", recipe.does)),), "title"))
        session.console.print(_kernel(session, kernel(name).values), "")


def _kernel(session: Session, values: Numbers) -> Table | Text:
    terminal = session.console.is_terminal
    return drawn(values, colour=terminal, columns=session.console.width if terminal else None)


def drawn(values: Numbers, *, colour: bool, widest: int = 9, columns: int | None = None) -> Table | Text:
    """A kernel in the terminal: its numbers on blue and orange, or numbers alone; a large one is named by its size.

    Numbers that ``columns`` have no room for are left out, as those of a kernel of more than ``widest``.
    """
    size = Text(f"  {values.shape[0]} x {values.shape[1]}")
    numbered = max(values.shape) <= widest and (columns is None or _CELL * values.shape[1] <= columns)
    if not numbered and (not colour or (columns is not None and 2 * values.shape[1] > columns)):
        return size
    most = float(abs(values).max()) or 1.0
    painted = np.rint(diverging(values / most / 2 + 0.5)).astype(int)
    table = Table.grid()
    for row, colours in zip(values, painted, strict=True):
        cells = [_cell(value, with_number=numbered) for value in row]
        table.add_row(*(Text(c, style=_style(rgb) if colour else "") for c, rgb in zip(cells, colours, strict=True)))
    return table


def _cell(value: float, *, with_number: bool) -> str:
    if not with_number:
        return "  "
    short = f"{value:.0f}" if float(value).is_integer() else f"{value:.3f}"
    return f"{short:>{_CELL - 1}} "


_CELL = 7
"""Columns of the terminal that a number of a kernel takes."""


def _style(rgb: Numbers) -> str:
    ink = "black" if rgb.sum() > 380 else "white"
    return f"{ink} on rgb({rgb[0]},{rgb[1]},{rgb[2]})"


def _free_name(seen: Filtered) -> Path:
    """A name in this folder that is not taken: what was there stays."""
    word = "".join(c if c.isalnum() or c in "-_." else "-" for c in seen.kernel.name)
    stem = f"{seen.picture.name}-{word}"
    names = (Path(f"{stem}.png" if i == 1 else f"{stem}-{i}.png") for i in count(1))
    return next(path for path in names if not path.exists())


command = Command(
    name="see",
    summary="slide a kernel over a picture and draw input, kernel and output side by side",
    examples=(
        "kaiyan see",
        "kaiyan see cat.jpg --kernel gaussian:3 -o soft.png",
        'kaiyan see cat.jpg --kernel "1 0 -1; 2 0 -2; 1 0 -1" --stride 2 --grey',
    ),
    callback=_see,
    params=[
        click.Argument(["picture"], required=False, metavar="[PICTURE]"),
        click.Option(
            ["--kernel", "-k"],
            default="sobel-x",
            metavar="KERNEL",
            help="a name, rows of numbers, or a .npy, .csv or .txt file",
        ),
        sliding.stride(),
        click.Option(
            ["--padding"], default="same", metavar="|".join(("N", *PADDING)), help="one for both axes, or one per axis"
        ),
        sliding.padding_mode("reflect"),
        sliding.dilation(),
        click.Option(["--flip"], is_flag=True, help="flip the kernel first: the mathematician's convolution"),
        click.Option(["--grey"], is_flag=True, help="filter the luminance, not each colour"),
        click.Option(["--output", "-o"], metavar="FILE", help="where to write; by default a new name in this folder"),
        json_flag(),
        click.Option(["--list", "as_list"], is_flag=True, help="show every kernel"),
    ],
)
