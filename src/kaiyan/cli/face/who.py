"""``kaiyan face who``: who is on a photograph: a name, "unsure" or "unknown", with the distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.cli.command import Command, json_flag, wide
from kaiyan.cli.face.options import drawing_option, gallery_option, network_option, photograph_argument, with_faces
from kaiyan.cli.face.reporting import report
from kaiyan.cli.output import free
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from kaiyan.cli.command import Session
    from kaiyan.faces.drawing import FaceMark
    from kaiyan.faces.gallery_answers import Recognition


@with_faces
def _who(
    session: Session, photograph: str, output: str | None, *, gallery: str | None, network: str, as_json: bool
) -> None:
    from kaiyan.faces import Gallery
    from kaiyan.faces.drawing import marked, unwritable
    from kaiyan.faces.gallery_photographs import colours
    from kaiyan.faces.missed import why_missed
    from kaiyan.pictures.picture import write

    path = free(output, photograph) if output else None
    asked = Gallery(gallery, network=network)
    remarks: list[Sentence] = []
    with session.working(sentence("finding-faces", "looking for faces")):
        found = asked.who(photograph)
        if not found.faces:
            remarks += why_missed(asked.recogniser, colours(photograph))
        if path is not None:
            marks = [_mark(session, number, face) for number, face in enumerate(found.faces, 1)]
            write(marked(colours(photograph), marks), path)
            remarks += [_no_font(words) for words in unwritable(marks)]
    report(session, found, path, as_json=as_json, remarks=remarks)


def _mark(session: Session, number: int, face: Recognition) -> FaceMark:
    from kaiyan.faces.drawing import FaceMark

    said = _WORDS[face.answer] if face.distance is not None else sentence("face-unknown", "unknown")
    words = Sentence(said.code, said.text, {"name": face.nearest, "distance": face.distance})
    return FaceMark(face.box, session.say(words), str(number), face.answer)


_WORDS = {
    "name": sentence("face-drawn-name", "{name}  {distance:.2f}"),
    "unsure": sentence("face-drawn-unsure", "unsure: {name}?  {distance:.2f}"),
    "unknown": sentence("face-drawn-unknown", "unknown  {distance:.2f}"),
}
"""What is drawn beside a face, by the answer."""


def _no_font(words: str) -> Sentence:
    return sentence(
        "face-no-font",
        "no font of this machine has the characters of {words!r}: the drawing has the number of the face in its place; "
        "a font such as Noto Sans CJK has them",
        words=words,
    )


command = Command(
    name="who",
    summary="say who is on a photograph: a name, unsure or unknown, with the distances",
    examples=("kaiyan face who party.jpg", "kaiyan face who party.jpg -o named.png --gallery family.sqlite"),
    callback=_who,
    params=[
        photograph_argument(), drawing_option(), gallery_option(stands=True), network_option(), wide(), json_flag(),
    ],
)  # fmt: skip
