"""``kaiyan face export``, ``import`` and ``recover``: a gallery written down, read back, and saved from damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kaiyan.cli.command import Command, json_flag, wide
from kaiyan.cli.face.options import gallery_option, with_faces

if TYPE_CHECKING:
    from kaiyan.cli.command import Session


@with_faces
def _export(session: Session, file: str, *, gallery: str | None, as_json: bool) -> None:
    from kaiyan.faces import Gallery

    session.show(Gallery(gallery).export(file), as_json=as_json)


@with_faces
def _import(session: Session, file: str, *, gallery: str | None, as_json: bool) -> None:
    from kaiyan.faces import Gallery

    session.show(Gallery(gallery).import_from(file), as_json=as_json)


@with_faces
def _recover(session: Session, damaged: str, new: str, *, as_json: bool) -> None:
    from kaiyan.faces import recover as recovered

    session.show(recovered(damaged, new), as_json=as_json)


export = Command(
    name="export",
    summary="write names, consents and descriptions to a file, without photographs",
    examples=("kaiyan face export people.json", "kaiyan face export people.npz --gallery family.sqlite"),
    callback=_export,
    params=[click.Argument(["file"], metavar="FILE"), gallery_option(), wide(), json_flag()],
)
import_ = Command(
    name="import",
    summary="read an export back: what is known already stays as it is",
    examples=("kaiyan face import people.json",),
    callback=_import,
    params=[click.Argument(["file"], metavar="FILE"), gallery_option(), wide(), json_flag()],
)
recover = Command(
    name="recover",
    summary="copy what can still be read of a damaged gallery into a new one",
    examples=("kaiyan face recover faces.sqlite faces-recovered.sqlite",),
    callback=_recover,
    params=[
        click.Argument(["damaged"], metavar="DAMAGED"), click.Argument(["new"], metavar="NEW"), wide(), json_flag(),
    ],
)  # fmt: skip
