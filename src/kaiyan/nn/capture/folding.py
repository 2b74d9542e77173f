"""What is the same in each call, computed once: weights that a reparametrisation makes, tables of places, masks."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch.fx import Node as AtenNode
from torch.fx.node import map_aggregate
from torch.utils._python_dispatch import _disable_current_modes

from kaiyan.nn.capture.sizes import symbols_of

if TYPE_CHECKING:
    from kaiyan.nn.capture.manuscript import Manuscript

_LARGEST = 1 << 24
"""Bytes that a folded value may take where it takes more than what it is made of."""


def folded(draft: Manuscript, node: AtenNode) -> Any:
    """What the call gives, where all that it reads is known and nothing of it is random; else None."""
    if not all(entry in draft.known or _is_size(draft, entry) for entry in node.all_input_nodes):
        return None
    if is_random(node) or not _is_small(draft, node):
        return None
    target: Any = node.target
    arguments: Any = map_aggregate(node.args, lambda entry: _filled(draft, entry))
    named: Any = map_aggregate(node.kwargs, lambda entry: _filled(draft, entry))
    with _disable_current_modes(), torch.no_grad():
        return target(*arguments, **named)


def is_random(node: AtenNode) -> bool:
    """Whether a call draws numbers."""
    return torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ())


def _is_size(draft: Manuscript, entry: AtenNode) -> bool:
    return isinstance(entry.meta.get("val"), (int, torch.SymInt)) and draft.is_number(entry)


def _filled(draft: Manuscript, entry: Any) -> Any:
    if not isinstance(entry, AtenNode):
        return entry
    return draft.known[entry] if entry in draft.known else draft.number(entry)


def _is_small(draft: Manuscript, node: AtenNode) -> bool:
    fakes = node.meta["val"]
    made = [fake for fake in (fakes if isinstance(fakes, (list, tuple)) else [fakes]) if isinstance(fake, torch.Tensor)]
    if any(not symbols_of(size) <= draft.numbers.keys() for fake in made for size in fake.shape):
        return False
    read = [draft.known[entry] for entry in node.all_input_nodes if entry in draft.known]
    given = sum(entry.nbytes for entry in read if isinstance(entry, torch.Tensor))
    sizes = (prod(draft.number(size) for size in fake.shape) * fake.dtype.itemsize for fake in made)
    return sum(sizes) <= max(given, _LARGEST)
