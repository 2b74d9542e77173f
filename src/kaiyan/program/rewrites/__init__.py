"""A graph made into one of fewer steps that computes the same: each file is one rewrite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.program.rewrites.computed import computed_constants
from kaiyan.program.rewrites.concatenating import cut_before_concatenating, flat_concatenations
from kaiyan.program.rewrites.draft import Redraft
from kaiyan.program.rewrites.epilogues import epilogues
from kaiyan.program.rewrites.joining import joined_maps, numbers_in_maps
from kaiyan.program.rewrites.normalising import normalised_weights
from kaiyan.program.rewrites.padding import padding_taken_in
from kaiyan.program.rewrites.permuted import maps_before_permutes
from kaiyan.program.rewrites.products import linear_products
from kaiyan.program.rewrites.same import the_same_once
from kaiyan.program.rewrites.unread import without_the_unread
from kaiyan.program.rewrites.views import simpler_views
from kaiyan.program.rewrites.words import shorter_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.program.graph import Graph

REWRITES: tuple[Callable[[Redraft], None], ...] = (
    without_the_unread,
    computed_constants,
    the_same_once,
    simpler_views,
    flat_concatenations,
    cut_before_concatenating,
    linear_products,
    padding_taken_in,
    numbers_in_maps,
    joined_maps,
    shorter_words,
    maps_before_permutes,
    epilogues,
    normalised_weights,
)
"""Every rewrite, in the order in which they are tried; a new one is a file and a line here."""


def rewritten(graph: Graph) -> Graph:
    """The graph after all rewrites, again and again until none changes anything; itself where none does.

    What it computes is the same but for rounding. Where a decision needs a size that is not known, it is not made:
    ``graph.at(shapes)`` may be rewritten further.
    """
    draft = Redraft(graph)
    seen = -1
    while seen != draft.edits:
        seen = draft.edits
        for rewrite in REWRITES:
            rewrite(draft)
    return draft.graph()
