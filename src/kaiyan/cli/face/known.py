"""``kaiyan face add``, ``list`` and ``remove``: who is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kaiyan.cli.command import Command, json_flag, wide
from kaiyan.cli.face.options import gallery_option, network_option, with_faces
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.cli.command import Session


@with_faces
def _add(
    session: Session, name: str, photographs: tuple[str, ...], *, consent: str | None, gallery: str | None,
    network: str, as_json: bool,
) -> None:  # fmt: skip
    from kaiyan.faces import Gallery

    with session.working(sentence("describing-faces", "describing faces")):
        added = Gallery(gallery, network=network).add(name, *photographs, consent=consent)
    session.show(added, as_json=as_json)


@with_faces
def _list(session: Session, *, gallery: str | None, as_json: bool) -> None:
    from kaiyan.faces import Gallery

    session.show(Gallery(gallery).people(), as_json=as_json)


@with_faces
def _remove(session: Session, name: str, *, gallery: str | None, as_json: bool) -> None:
    from kaiyan.faces import Gallery

    session.show(Gallery(gallery).remove(name), as_json=as_json)


add = Command(
    name="add",
    summary="add photographs of a person, one face on each; descriptions are kept, photographs are not",
    examples=(
        'kaiyan face add "Li Na" one.jpg two.jpg --consent "agreed by mail, 3 May"',
        'kaiyan face add "Li Na" three.jpg',
    ),
    callback=_add,
    params=[
        click.Argument(["name"], metavar="NAME"),
        click.Argument(["photographs"], nargs=-1, required=True, metavar="PHOTOGRAPH..."),
        click.Option(["--consent"], metavar="TEXT", help="how and when the person agreed; a new person needs it"),
        gallery_option(), network_option(), wide(), json_flag(),
    ],
)  # fmt: skip
people = Command(
    name="list",
    summary="list everybody who is known, with their consents",
    examples=("kaiyan face list", "kaiyan face list --json"),
    callback=_list,
    params=[gallery_option(stands=True), wide(), json_flag()],
)
remove = Command(
    name="remove",
    summary="remove a person: name, consent and numbers leave the file",
    examples=('kaiyan face remove "Li Na"',),
    callback=_remove,
    params=[click.Argument(["name"], metavar="NAME"), gallery_option(stands=True), wide(), json_flag()],
)
