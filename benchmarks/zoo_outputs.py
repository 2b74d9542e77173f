"""Whether two answers of a model are the same: classes, keys, shapes, types, strides; how far numbers differ."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

NUMBERS = "numbers differ"
"""What a fault says that is one of numbers alone."""
ALLOWED = 1e-3
"""Of an output's largest number."""
NOTHING = 1e-3
"""A largest number below which an answer may be what rounding left: a mean of what InstanceNorm made zero on average.

With ``ALLOWED`` it lets pass 1e-6, eight units in the last place of one in float32.
"""


def faults(right: Any, answer: Any, place: str = "output") -> Iterator[str]:
    """What is not the same in the second, in words; nothing where they agree."""
    if type(right) is not type(answer):
        yield f"{place}: {type(answer).__name__} where the original gives {type(right).__name__}"
        return
    if isinstance(right, Tensor):
        yield from _of_tensors(right, answer, place)
        return
    ours, theirs = parts(right), parts(answer)
    if ours is None or theirs is None:
        if not _plain_equal(right, answer):
            yield f"{place}: {answer!r:.60} where the original gives {right!r:.60}"
        return
    if list(ours) != list(theirs):
        yield f"{place}: entries {list(theirs)} where the original has {list(ours)}"
        return
    for name, part in ours.items():
        yield from faults(part, theirs[name], f"{place}.{name}")


def _of_tensors(right: Tensor, answer: Tensor, place: str) -> Iterator[str]:
    for what in ("shape", "dtype", "device"):
        if getattr(right, what) != getattr(answer, what):
            yield f"{place}: {what} {getattr(answer, what)} where the original has {getattr(right, what)}"
            return
    if _strides(right) != _strides(answer):
        yield f"{place}: strides {answer.stride()} where the original has {right.stride()}"
    difference = apart(right, answer)
    if not difference <= ALLOWED:
        yield f"{place}: {NUMBERS} by {difference:.1e}"


def _strides(x: Tensor) -> list[int]:
    """Of the axes that have more than one entry: others may say anything."""
    return [stride for size, stride in zip(x.shape, x.stride(), strict=True) if size > 1]


def apart(right: Tensor, answer: Tensor) -> float:
    """The largest difference as a share of the largest number; infinite where the finite ones are not the same."""
    if not right.numel():
        return 0.0
    if not right.is_floating_point() and not right.is_complex():
        return 0.0 if torch.equal(right, answer) else float("inf")
    right, answer = (torch.view_as_real(x) if x.is_complex() else x for x in (right, answer))
    finite = right.isfinite()
    if not torch.equal(finite, answer.isfinite()):
        return float("inf")
    right, answer = right[finite].double(), answer[finite].double()
    return float((right - answer).abs().max() / right.abs().max().clamp_min(NOTHING)) if right.numel() else 0.0


def parts(x: Any) -> dict[Any, Any] | None:
    """The entries of a container by key or number, None for what holds none."""
    if isinstance(x, Mapping):
        return dict(x)
    if isinstance(x, tuple | list):
        return dict(enumerate(x))
    if dataclasses.is_dataclass(x):
        return {field.name: getattr(x, field.name) for field in dataclasses.fields(x)}
    return dict(vars(x)) if hasattr(x, "__dict__") and not callable(x) else None


def _plain_equal(right: Any, answer: Any) -> bool:
    try:
        return bool(right == answer) or pickle.dumps(right) == pickle.dumps(answer)
    except Exception:  # noqa: BLE001 - an object that neither compares nor pickles
        return False


def skeleton(x: Any) -> Any:
    """Classes, keys and shapes without the numbers: what a mended model must give again."""
    if isinstance(x, Tensor):
        return tuple(x.shape)
    entries = parts(x)
    return (
        type(x).__name__ if entries is None else (type(x).__name__, {name: skeleton(e) for name, e in entries.items()})
    )
