"""What the page asks of Python, one row a question: a module here answers a family of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.studio.answers import fixit, page, picture
from kaiyan.studio.answers.digits import LEARNED_DIGITS
from kaiyan.studio.answers.faces import FACES
from kaiyan.studio.answers.network import NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kaiyan.studio.desk import Desk, Reply

    Answer = Callable[[Desk, dict[str, object], list[bytes]], Reply]

ANSWERS: Mapping[str, Answer] = {
    "page.html": page.html,
    "picture.read": picture.read,
    **NETWORK,
    **LEARNED_DIGITS,
    **FACES,
    **fixit.FIXIT,
}
