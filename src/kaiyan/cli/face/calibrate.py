"""``kaiyan face calibrate``: the threshold for a stated false-accept rate, from photographs of people one knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kaiyan.cli.command import Command, json_flag, wide
from kaiyan.cli.face.options import gallery_option, network_option, with_faces
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.cli.command import Session


@with_faces
def _calibrate(session: Session, folder: str, *, far: float, gallery: str | None, network: str, as_json: bool) -> None:
    from kaiyan.faces import Gallery

    describing = sentence("describing-faces", "describing faces")
    with session.working(describing) as step:
        chosen = Gallery(gallery, network=network).calibrate(
            folder, far, step=lambda done, count: step(session.say(describing), done + 1, count)
        )
    session.show(chosen, as_json=as_json)


command = Command(
    name="calibrate",
    summary="choose the threshold for a false-accept rate from folders of photographs, a folder a person",
    examples=("kaiyan face calibrate photographs --far 0.001",),
    callback=_calibrate,
    params=[
        click.Argument(["folder"], metavar="FOLDER"),
        click.Option(
            ["--far"], type=float, default=1e-3, metavar="RATE",
            help="the false-accept rate: the share of strangers taken for a person, such as 0.001",
        ),
        gallery_option(), network_option(), wide(), json_flag(),
    ],
)  # fmt: skip
