"""A question of the page's while it arrives: no larger and no slower than its kind may be."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError
from kaiyan.studio.frame import MOST_HEADER, foreign, header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive

    from kaiyan.studio.frame import Header

MOST = {
    "picture.read": 32 << 20,
    **dict.fromkeys(("network.look", "page.html", "faces.find", "faces.who", "faces.add"), 16 << 20),
}
"""Bytes of the questions that bring pictures; all others bring numbers of a kernel at most."""
MOST_OF_OTHERS = 2 << 20
MOST_HELD = 256 << 20
"""Bytes of all questions that are arriving or waiting, and of all answers that are on their way."""
PAUSE, WHOLE = 10.0, 60.0
"""Seconds from one piece to the next, and from the first to the last."""
_DRAINED = 64 << 20
"""Bytes that are read and thrown away, so that the browser hears why: it listens when it has sent everything."""


class Gone(Exception):  # noqa: N818 (nothing is wrong: nobody waits for the answer)
    """The page does not wait for an answer any more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks: the facts, the whole body, and the name that the page gave itself."""

    facts: dict[str, Any]
    body: bytes
    page: str = ""

    @property
    def kind(self) -> str:
        return str(self.facts.get("kind"))


class Waiting:
    """How many bytes of questions and answers lie in memory."""

    def __init__(self) -> None:
        self.bytes = 0

    def grow(self, size: int) -> None:
        """Raises ``KaiyanError`` where it is more than there may be."""
        if self.bytes + size > MOST_HELD:
            raise KaiyanError("too-busy", "kaiyan studio has too many questions to answer", "ask again in a moment")
        self.bytes += size

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """Counts it for a while; raises ``KaiyanError`` where it is more than there may be."""
        self.grow(size)
        try:
            yield
        finally:
            self.bytes -= size


async def arriving(receive: Receive, page: str, held: Waiting) -> Asked:
    """The question that a request brings.

    Raises ``KaiyanError`` for one that is too large, too slow or none, as soon as that is seen, and ``Gone``.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(WHOLE):
            known = await _whole(receive, body, held)
    except TimeoutError:
        raise KaiyanError("too-slow", "the question did not arrive in time", "ask again") from None
    finally:
        held.bytes -= len(body)
    return Asked(known.facts, bytes(body), page)


async def _whole(receive: Receive, body: bytearray, held: Waiting) -> Header:
    known, more = None, True
    while more:
        piece, more = await _piece(receive)
        held.grow(len(piece))
        body += piece
        known = known or header(body)
        size = max(known.length, len(body)) if known else len(body)
        most = MOST.get(str(known.facts.get("kind")), MOST_OF_OTHERS) if known else MOST_HEADER + 4
        if size > most + (0 if known else len(piece)):
            await drained(receive, _DRAINED, more=more)
            raise KaiyanError(
                "too-large", "{megabytes} MB is more than the {most} MB that are accepted", "a smaller picture",
                megabytes=-(-size // 1_000_000), most=most // 1_000_000,
            )  # fmt: skip
    if known is None or known.length != len(body):
        raise foreign()
    return known


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    async with asyncio.timeout(PAUSE):
        message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


async def drained(receive: Receive, most: int, *, more: bool = True) -> None:
    """Reads and throws away what still comes, so that a refusal is heard and not cut off with its connection."""
    read = 0
    with suppress(TimeoutError, Gone):
        while more and read < most:
            piece, more = await _piece(receive)
            read += len(piece)
