"""``kaiyan run``: a saved network on pictures or arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from kaiyan.cli.command import Command, Session, json_flag, wide
from kaiyan.cli.output import free
from kaiyan.pictures.as_input import as_input
from kaiyan.pictures.error import refused_by_system
from kaiyan.pictures.picture import picture
from kaiyan.pictures.reading import local, read
from kaiyan.pictures.whole import whole
from kaiyan.program.picture_input import PictureInput
from kaiyan.program.taking import shape_in_words
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.show.table import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Input
    from kaiyan.program.loaded import LoadedProgram
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence


def _run(*, network: str, files: tuple[str, ...], output: str | None, top: int, as_json: bool) -> None:
    from kaiyan.program.answers import answers
    from kaiyan.program.saved import load

    session: Session = click.get_current_context().obj
    with session.working(sentence("running-network", "running the network")):
        program = load(network)
        arrays, notes = _arrays(program, network, files)
        path = _place(output, len(program.graph.outputs), (network, *files))
        outputs = program(*arrays)
        listed = outputs if isinstance(outputs, list) else [outputs]
        if path is not None:
            _write(path, listed)
    found = answers(listed, program.classes, top, notes)
    if as_json:
        session.json(found.KIND, {**found.to_dict(), "written": path})
        return
    session.print(*found.parts())
    if path is not None:
        session.print(Lines((sentence("written", "written to {path}", path=path),), "list"))


def _arrays(program: LoadedProgram, network: str, files: Sequence[str]) -> tuple[list[Numbers], list[Sentence]]:
    """The inputs, one from each file, and what is to be said of them."""
    if len(files) != len(program.inputs):
        raise KaiyanError(
            "files-for-inputs", "{path} takes {wanted} inputs, one file each, and {given} were given",
            path=network, wanted=len(program.inputs), given=len(files),
        )  # fmt: skip
    arrays, notes = [], []
    for file, given in zip(files, program.inputs, strict=True):
        values = read(local(file))[0] if Path(file).suffix.lower() == ".npy" else None
        if values is not None and values.ndim == len(given.shape):
            arrays.append(values.astype(given.dtype) if values.dtype.kind == np.dtype(given.dtype).kind else values)
            continue
        wanted = program.picture
        if wanted is None:
            wanted = _guessed(given, network)
            notes.append(
                sentence("picture-from-0-to-1", "{path} does not say how a picture becomes numbers: 0 to 1 is taken",
                         path=network)
            )  # fmt: skip
        found = picture(file if values is None else values)
        arrays.append(as_input(found, wanted, given.dtype))
        notes += found.notes
    return arrays, notes


def _guessed(given: Input, network: str) -> PictureInput:
    """What the input's shape says of a picture."""
    shape: tuple[Any, ...] = given.shape
    if len(shape) == 4:
        for last, channels, sizes in ((False, shape[1], shape[2:]), (True, shape[3], shape[1:3])):
            if channels in (1, 3):
                side = tuple(sizes) if all(isinstance(size, int) for size in sizes) else None
                plain = (0.0,) * channels, (1.0,) * channels
                colours = "grey" if channels == 1 else "rgb"
                return PictureInput(side, 1.0, *plain, channels_last=last, colours=colours)
    raise KaiyanError(
        "no-picture-input", "the input {name} of {path} is no picture: it has shape ({shape})",
        "its numbers as a .npy file", name=given.name, path=network, shape=shape_in_words(shape),
    )  # fmt: skip


def _place(output: str | None, count: int, read_from: Sequence[str]) -> Path | None:
    if output is None:
        return None
    path, suffix = free(output, *read_from), ".npy" if count == 1 else ".npz"
    if path.suffix.lower() != suffix:
        raise KaiyanError(
            "numbers-suffix", "{count} outputs are written to a {suffix} file, not to {path}", "{better}",
            count=count, suffix=suffix, path=str(path), better=str(path.with_suffix(suffix)),
        )  # fmt: skip
    return path


def _write(path: Path, outputs: Sequence[Numbers]) -> None:
    try:
        with whole(path) as beside, beside.open("wb") as file:
            if len(outputs) == 1:
                np.save(file, outputs[0])
            else:
                named: dict[str, Any] = {str(number): output for number, output in enumerate(outputs)}
                np.savez(file, **named)
    except OSError as error:
        raise refused_by_system(path, error) from None


command = Command(
    name="run",
    summary="run a network that was saved by Kaiyan on pictures or arrays, without PyTorch",
    examples=("kaiyan run net.kaiyan cat.jpg", "kaiyan run net.kaiyan x.npy --out y.npy"),
    callback=_run,
    params=[
        click.Argument(["network"], metavar="NETWORK"),
        click.Argument(["files"], nargs=-1, required=True, metavar="PICTURE|ARRAY.npy..."),
        click.Option(["--out", "--output", "-o", "output"], metavar="FILE", help="where to write the outputs' numbers"),
        click.Option(
            ["--top"], type=click.IntRange(min=1), default=5, metavar="N", help="how many of the likeliest classes"
        ),
        wide(),
        json_flag(),
    ],
)
