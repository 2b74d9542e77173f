"""What a classifier answers: its strongest classes with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from kaiyan.show.sentence import sentence
from kaiyan.studio.desk import words
from kaiyan.trace.structure import tensors

if TYPE_CHECKING:
    from torch import Tensor

    from kaiyan.studio.answers.network.opened import Network

_MOST = 5
"""Answers that are told."""


def shares(output: Any) -> Tensor | None:
    """The share of each class (K,), in double precision; None where the output is none of a classifier.

    Numbers from 0 to 1 that sum to 1 are shares themselves, all others go through softmax.
    """
    found = next(tensors(output), None)
    if found is None or found.ndim != 2 or found.shape[0] != 1 or found.shape[1] < 2:
        return None
    row = found[0].detach().double()
    if not bool(row.isfinite().all()):
        return None
    is_share = float(row.min()) >= 0 and abs(float(row.sum()) - 1) < 1e-4
    return row if is_share else row.softmax(0)


def top(network: Network, output: Any) -> list[dict[str, Any]] | None:
    """The strongest classes: name in both languages, number, share."""
    found = shares(output)
    if found is None:
        return None
    best = torch.topk(found, min(_MOST, len(found)))
    return [
        {"name": named(network, label), "class": label, "p": p}
        for p, label in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]


def named(network: Network, label: int) -> dict[str, str]:
    """A class's name; ImageNet's are English in both languages."""
    if network.names is not None and label < len(network.names):
        return words(network.names[label])
    return words(sentence("network-class", "class {number}", number=label))


def change(was: Any, now: Any) -> float | None:
    """The largest change of a share; None where there are none."""
    before, after = shares(was), shares(now)
    if before is None or after is None or before.shape != after.shape:
        return None
    return float((after - before).abs().max())
