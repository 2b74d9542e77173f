"""The questions about faces: what the page gives, and what it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.faces import card
from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.faces import knowing, stages
from kaiyan.studio.answers.faces.recognising import recognising
from kaiyan.studio.answers.network.looking import STATISTICS
from kaiyan.studio.desk import Reply, words
from kaiyan.studio.pixels import given

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from kaiyan.studio.answers import Answer
    from kaiyan.studio.desk import Desk


def _photograph(facts: dict[str, Any], parts: list[bytes]) -> NDArray[np.uint8]:
    if len(parts) != 1:
        raise KaiyanError("no-picture", "no picture came with the question")
    pixels: NDArray[np.uint8] = given(facts, parts[0])
    return pixels


def _find(desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    """The faces of a photograph: box, score, points; their chips (N, 150, 150, 3) and numbers (N, 128) float32."""
    known, pixels = recognising(desk), _photograph(facts, parts)
    faces = known.find(pixels)
    chips = known.chips(pixels, faces)
    numbers = known.describe(chips)
    told = [{"box": [*map(int, f.box)], "score": float(f.score), "points": f.points.tolist()} for f in faces]
    return Reply(
        {"faces": told, "side": chips.shape[1], "published": known.distance},
        (chips.tobytes(), numbers.astype("<f4").tobytes()),
    )


def _who(desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    return Reply(knowing.recognised(recognising(desk), _photograph(facts, parts)))


def _layers(desk: Desk, _: dict[str, Any], parts: list[bytes]) -> Reply:
    """The maps of a chip, stage by stage."""
    facts, maps = stages.told(recognising(desk).inner, stages.chip_of(parts))
    return Reply({"layers": facts, "statistics": list(STATISTICS)}, tuple(maps))


def _card(_: Desk, __: dict[str, Any], ___: list[bytes]) -> Reply:
    rows = card().table().rows
    return Reply({"rows": [[words(cell) for cell in row.cells] for row in rows]})


def _people(_: Desk, __: dict[str, Any], ___: list[bytes]) -> Reply:
    return Reply(knowing.people())


def _person(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    """The numbers (N, 128) float32 that are kept of a person."""
    numbers = knowing.descriptions(recognising(desk), knowing.text(facts, "name"))
    return Reply({"photographs": len(numbers)}, (numbers.tobytes(),))


def _add(desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    return Reply(knowing.added(recognising(desk), _photograph(facts, parts), facts))


def _remove(_: Desk, facts: dict[str, Any], __: list[bytes]) -> Reply:
    return Reply(knowing.removed(knowing.text(facts, "name")))


def _export(_: Desk, __: dict[str, Any], ___: list[bytes]) -> Reply:
    facts, content = knowing.exported()
    return Reply(facts, (content,))


FACE_QUESTIONS: Mapping[str, Answer] = {
    "faces.find": _find,
    "faces.who": _who,
    "faces.layers": _layers,
    "faces.card": _card,
    "faces.people": _people,
    "faces.person": _person,
    "faces.add": _add,
    "faces.remove": _remove,
    "faces.export": _export,
}
"""Every question about faces, by its name."""
