"""``kaiyan face card``: what the networks are, what they learned from, and what they cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.cli.command import Command, json_flag, wide
from kaiyan.cli.face.options import network_option, with_faces

if TYPE_CHECKING:
    from kaiyan.cli.command import Session


@with_faces
def _card(session: Session, *, network: str, as_json: bool) -> None:
    from kaiyan.faces import card

    session.show(card(network), as_json=as_json)


command = Command(
    name="card",
    summary="show the model card: what the networks are, what they learned from, and what they cannot do",
    examples=("kaiyan face card", "kaiyan face card --network sface --json"),
    callback=_card,
    params=[network_option(), wide(), json_flag()],
)
