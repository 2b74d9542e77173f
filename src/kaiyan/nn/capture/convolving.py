"""Convolutions of ATen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.nn.capture.row import Row, Written, arguments, one_an_axis

if TYPE_CHECKING:
    from torch.fx import Node as AtenNode

    from kaiyan.nn.capture.manuscript import Manuscript


def _convolution(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    weight, bias = settings["weight"], settings["bias"]
    if not all(given is None or given in draft.known for given in (weight, bias)):
        return None
    kernel = tuple(draft.number(size) for size in weight.meta["val"].shape[2:])
    axes = len(kernel)
    stride, pad, dilation, more = (
        tuple(draft.number(entry) for entry in one_an_axis(settings[name], axes))
        for name in ("stride", "padding", "dilation", "output_padding")
    )
    inputs = [draft.value(settings["input"]), draft.value(weight)]
    return draft.add(
        "convolution", inputs + ([draft.value(bias)] if bias is not None else []),
        kernel=kernel, stride=stride, padding=tuple((n, n) for n in pad), dilation=dilation, padding_mode="zeros",
        groups=settings["groups"], transposed=settings["transposed"],
        output_padding=more if settings["transposed"] else 0,
        bias=bias is not None, residual=False, activation=None,
    )  # fmt: skip


ROWS: dict[str, Row] = {"convolution.default": _convolution}
