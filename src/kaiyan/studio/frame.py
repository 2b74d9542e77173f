"""Facts and bytes in one body, as the page's host/frame.mjs packs them.

The header's length (4 bytes, little-endian), the header as JSON ({"facts": ..., "sizes": [...]}), then the bytes one
after the other.
"""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def pack(facts: Mapping[str, Any], parts: Sequence[bytes | memoryview] = ()) -> bytes:
    """One body of facts and bytes.

    >>> unpack(pack({"kind": "picture.read"}, [b"ab", b""]))
    ({'kind': 'picture.read'}, [b'ab', b''])
    """
    header = json.dumps({"facts": facts, "sizes": [len(part) for part in parts]}, allow_nan=False).encode()
    return b"".join((len(header).to_bytes(4, "little"), header, *parts))


def unpack(body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The facts and bytes of a body; raises ``KaiyanError`` for anything else."""
    start = 4 + int.from_bytes(body[:4], "little")
    try:
        header = json.loads(body[4:start])
        facts, sizes = header["facts"], header["sizes"]
        ends = list(accumulate(sizes, initial=start))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _foreign() from None
    whole = isinstance(facts, dict) and all(type(size) is int and size >= 0 for size in sizes)
    if not whole or ends[-1] != len(body):
        raise _foreign()
    return facts, [body[begin:end] for begin, end in pairwise(ends)]


def _foreign() -> KaiyanError:
    return KaiyanError("foreign-body", "this request is not one of kaiyan studio's page", "reload the page")
