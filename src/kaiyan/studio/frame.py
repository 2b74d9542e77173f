"""Facts and bytes in one body, as the page's host/frame.mjs packs them.

The header's length (4 bytes, little-endian), the header as JSON ({"facts": ..., "sizes": [...]}), then the bytes one
after the other.
"""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_HEADER = 1 << 20
"""Bytes of the longest header: a pasted model of ten thousand lines fits."""


class Header(NamedTuple):
    """What stands in front of the bytes, and where each of them begins and the last ends."""

    facts: dict[str, Any]
    bounds: tuple[int, ...]

    @property
    def length(self) -> int:
        """Bytes of the whole body."""
        return self.bounds[-1]


def pack(facts: Mapping[str, Any], parts: Sequence[bytes | memoryview] = ()) -> bytes:
    """One body of facts and bytes.

    >>> unpack(pack({"kind": "picture.read"}, [b"ab", b""]))
    ({'kind': 'picture.read'}, [b'ab', b''])
    """
    sizes = [memoryview(part).nbytes for part in parts]
    header = json.dumps({"facts": facts, "sizes": sizes}, allow_nan=False).encode()
    return b"".join((len(header).to_bytes(4, "little"), header, *parts))


def unpack(body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The facts and bytes of a body; raises ``KaiyanError`` for anything else."""
    known = header(body)
    if known is None or known.length != len(body):
        raise foreign()
    return known.facts, [body[begin:end] for begin, end in pairwise(known.bounds)]


def header(body: bytes | bytearray) -> Header | None:
    """What a body begins with; None where more of it has to come. Raises ``KaiyanError`` for what is no body."""
    if len(body) < 4:
        return None
    start = 4 + int.from_bytes(body[:4], "little")
    if start - 4 > MOST_HEADER:
        raise foreign()
    if len(body) < start:
        return None
    try:
        content = json.loads(bytes(body[4:start]), parse_constant=_no_number)
        facts, sizes = content["facts"], content["sizes"]
        whole = isinstance(facts, dict) and all(type(size) is int and size >= 0 for size in sizes)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise foreign() from None
    if not whole:
        raise foreign()
    return Header(facts, tuple(accumulate(sizes, initial=start)))


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def foreign() -> KaiyanError:
    """The refusal of what is no question."""
    return KaiyanError("foreign-body", "this request did not come from kaiyan studio's page", "reload the page")
