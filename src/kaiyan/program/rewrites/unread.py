"""What nobody reads goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kaiyan.program.rewrites.draft import Redraft


def without_the_unread(draft: Redraft) -> None:
    """Takes away nodes that lead to no output."""
    for node in reversed(draft.listed()):
        if node.output not in draft.outputs and not draft.readers(node.output):
            draft.take(node.output)
