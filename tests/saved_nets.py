"""A small network to save, and how a file of it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.saved import load
from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from pathlib import Path

CONVOLUTION = {
    "kernel": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1, "bias": True,
}  # fmt: skip


def small_graph(*shape: Any) -> Graph:
    """Two channels convolved to three, a mean of each, and their shares."""
    random = np.random.default_rng(0)
    constants: dict[str, Any] = {
        "weight": random.standard_normal((3, 2, 3, 3)).astype(np.float32),
        "bias": random.standard_normal(3).astype(np.float32),
        "whole": np.arange(3, dtype=np.int64),
    }
    nodes = (
        Node("convolution", ("x", "weight", "bias"), "y", CONVOLUTION),
        Node("map", ("y",), "z", {"terms": (("relu", 0), ("mul", 1, 1.0), ("maximum", 2, float("-inf")))}),
        Node("reduce", ("z",), "m", {"axes": (2, 3), "kind": "mean", "keep": False}),
        Node("softmax", ("m",), "s", {"axis": 1}),
    )
    return Graph((Input("x", shape or (1, 2, 5, 4)),), ("s",), nodes, constants)


def refusal(path: Path) -> str:
    """The code of the refusal, which can be said in both languages in a line or two."""
    with pytest.raises(KaiyanError) as refused:
        load(path)
    assert all(say(refused.value, lang).count("\n") <= 1 for lang in ("en", "zh"))
    return refused.value.code
