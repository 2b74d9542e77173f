"""What a desk answers, as it comes through the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.studio.desk import Reply
from kaiyan.studio.frame import pack, unpack

if TYPE_CHECKING:
    from kaiyan.studio.desk import Desk


def answer(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> Reply:
    """The reply, packed and unpacked: what is no JSON raises."""
    reply = desk.answer({"kind": kind, **facts}, list(parts))
    told, arrays = unpack(pack(reply.facts, reply.parts))
    return Reply(told, tuple(arrays))


def ask(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> Reply:
    """The reply, which is no refusal."""
    reply = answer(desk, kind, *parts, **facts)
    assert "refusal" not in reply.facts, reply.facts
    return reply
