"""``kaiyan face layers``: a face passing through the network, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kaiyan.cli.command import Command, json_flag, wide
from kaiyan.cli.face.options import drawing_option, gallery_option, network_option, photograph_argument, with_faces
from kaiyan.cli.face.reporting import report
from kaiyan.cli.output import free
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.cli.command import Session


@with_faces
def _layers(
    session: Session, photograph: str, output: str | None, *, face: int, gallery: str | None, network: str,
    as_json: bool,
) -> None:  # fmt: skip
    from kaiyan.faces import Gallery, layers
    from kaiyan.faces.passage_drawing import drawn
    from kaiyan.pictures.picture import write

    path = free(output, photograph) if output else None
    with session.working(sentence("passing-faces", "following the face through the network")):
        passage = layers(photograph, face=face, gallery=Gallery(gallery, network=network))
        if path is not None:
            write(drawn(passage, session.lang), path)
    report(session, passage, path, as_json=as_json)


command = Command(
    name="layers",
    summary="follow a face through the network: what every layer makes of it, until a stored name is found",
    examples=("kaiyan face layers portrait.jpg", "kaiyan face layers party.jpg --face 2 -o layers.png"),
    callback=_layers,
    params=[
        photograph_argument(),
        click.Option(["--face"], type=int, default=1, metavar="N", help="which of several faces; 1 is the surest"),
        drawing_option(), gallery_option(stands=True), network_option(), wide(), json_flag(),
    ],
)  # fmt: skip
