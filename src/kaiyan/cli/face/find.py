"""``kaiyan face find``: where the faces of a photograph are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.cli.command import Command, json_flag, wide
from kaiyan.cli.face.options import drawing_option, network_option, photograph_argument, with_faces
from kaiyan.cli.face.reporting import report
from kaiyan.cli.output import free
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.cli.command import Session


@with_faces
def _find(session: Session, photograph: str, output: str | None, *, network: str, as_json: bool) -> None:
    from kaiyan.faces import find

    path = free(output, photograph) if output else None
    with session.working(sentence("finding-faces", "looking for faces")):
        found = find(photograph, network)
        if path is not None:
            found.save(path)
    report(session, found, path, as_json=as_json)


command = Command(
    name="find",
    summary="find the faces of a photograph: boxes, scores, points",
    examples=("kaiyan face find party.jpg", "kaiyan face find party.jpg -o found.png --json"),
    callback=_find,
    params=[photograph_argument(), drawing_option(), network_option(), wide(), json_flag()],
)
