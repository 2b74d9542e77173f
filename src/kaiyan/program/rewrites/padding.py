"""Padding that a convolution or a pooling can do itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.program.graph import Node
    from kaiyan.program.rewrites.draft import Redraft

Pairs = tuple[tuple[int, int], ...]


def padding_taken_in(draft: Redraft) -> None:
    """A pad of the spatial axes goes into the convolutions and poolings that read it, where that is exact for all."""
    for pad in draft.listed("pad"):
        readers = [_padding(draft, pad, reader) for reader in draft.readers(pad.output)]
        if pad.output not in draft.outputs:
            for reader in readers if None not in readers else ():
                assert reader is not None
                draft.put(reader)


def _padding(draft: Redraft, pad: Node, reader: Node) -> Node | None:
    """A reader of a pad that pads by itself; None where that is not the same."""
    pairs = pad.settings["padding"]
    if reader.operation not in _TAKES or reader.inputs[0] != pad.output or pad.output in reader.inputs[1:]:
        return None
    if pairs[:2] != ((0, 0), (0, 0)) or not _are_numbers(pairs):
        return None
    settings = _TAKES[reader.operation](draft, pad, reader, pairs[2:])
    if settings is None:
        return None
    return replace(reader, inputs=(pad.inputs[0], *reader.inputs[1:]), settings=dict(reader.settings) | settings)


def _are_numbers(pairs: Any) -> bool:
    return all(isinstance(size, int) for pair in pairs for size in pair)


def _by_convolution(draft: Redraft, pad: Node, reader: Node, pairs: Pairs) -> dict[str, Any] | None:
    own, mode = reader.settings["padding"], pad.settings["mode"]
    if reader.settings.get("transposed", False) or reader.settings.get("padding_mode", "zeros") != "zeros":
        return None
    if mode == "constant":
        if pad.settings["value"] != 0 or not all(isinstance(pair, tuple) for pair in own):
            return None
        both = zip(pairs, own, strict=True)
        return {"padding": tuple((before + b, after + a) for (before, after), (b, a) in both)}
    fits = _fits(draft, pad, pairs, 1 if mode == "reflect" else 0) or mode == "replicate"
    nothing = all(pair == (0, 0) for pair in own)
    return {"padding": pairs, "padding_mode": mode} if fits and nothing else None


def _fits(draft: Redraft, pad: Node, pairs: Pairs, less: int) -> bool:
    """Whether the pads are known to be no larger than the axis: a convolution asks for that."""
    shape = draft.shape(pad.inputs[0])
    return shape is not None and all(
        isinstance(n, int) and max(pair) <= n - less for n, pair in zip(shape[2:], pairs, strict=True)
    )


_NEUTRAL = {"average": 0.0, "max": float("-inf")}
"""What pooling takes its own padding for."""


def _by_pooling(draft: Redraft, pad: Node, reader: Node, pairs: Pairs) -> dict[str, Any] | None:
    """Exact where it is the same before and after, every window reads some input, and none reaches beyond."""
    del draft
    settings = reader.settings
    kind, own = settings["kind"], settings["padding"]
    counted = settings["count_include_pad"] or not any(own) or settings["divisor_override"] is not None
    pads = tuple(before + p for (before, _), p in zip(pairs, own, strict=True))
    if (
        pad.settings["mode"] != "constant"
        or pad.settings["value"] != _NEUTRAL.get(kind)
        or settings["ceil_mode"]
        or any(before != after for before, after in pairs)
        or any(2 * p > k for p, k in zip(pads, settings["kernel"], strict=True))
        or (kind == "average" and not (counted and all(d == 1 for d in settings["dilation"])))
    ):
        return None
    return {"padding": pads, "count_include_pad": True}


_TAKES: dict[str, Callable[[Redraft, Node, Node, Pairs], dict[str, Any] | None]] = {
    "convolution": _by_convolution,
    "pool": _by_pooling,
}
