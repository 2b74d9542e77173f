"""Networks as graphs, written by hand, with random numbers from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.size import Symbolic

PICTURE = Input("x", (Symbolic("n"), 3, Symbolic("h"), Symbolic("w")))
"""Any number of pictures of any size."""


class Net:
    """Nodes one after the other."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self.nodes: list[Node] = []
        self.constants: dict[str, Any] = {}

    def constant(self, *shape: int, scale: float = 1.0) -> str:
        """The name of new numbers."""
        name = f"w{len(self.constants)}"
        self.constants[name] = (self._rng.standard_normal(shape) * scale).astype(np.float32)
        return name

    def add(self, operation: str, *inputs: str, **settings: Any) -> str:
        """A node; the name of its output."""
        self.nodes.append(Node(operation, inputs, f"v{len(self.nodes)}", settings))
        return self.nodes[-1].output

    def conv(
        self, x: str, C: int, K: int, kernel: int, *, stride: int = 1, groups: int = 1, activation: str | None = None,
        residual: str | None = None,
    ) -> str:  # fmt: skip
        """A convolution padded by half its kernel, with a bias."""
        pad = kernel // 2
        weight = self.constant(K, C // groups, kernel, kernel, scale=(2 * groups / C / kernel**2) ** 0.5)
        more = () if residual is None else (residual,)
        return self.add(
            "convolution", x, weight, self.constant(K, scale=0.1), *more, stride=(stride, stride),
            padding=((pad, pad), (pad, pad)), dilation=(1, 1), groups=groups, bias=True, activation=activation,
            residual=residual is not None,
        )  # fmt: skip

    def graph(self, *outputs: str, inputs: tuple[Input, ...] = (PICTURE,)) -> Graph:
        """All that was added."""
        return Graph(inputs, outputs, tuple(self.nodes), self.constants)


def residual_net(seed: int = 0) -> Graph:
    """A stem, two inverted residuals, a dense block that joins, and a classifier."""
    net = Net(seed)
    x = net.conv("x", 3, 16, 3, stride=2, activation="relu6")
    for _ in range(2):
        y = net.conv(x, 16, 48, 1, activation="relu6")
        y = net.conv(y, 48, 48, 3, groups=48, activation="relu6")
        x = net.conv(y, 48, 16, 1, residual=x)
    z = net.conv(x, 16, 24, 3, activation="silu")
    joined = net.add("concatenate", x, z, axis=1)
    y = net.conv(joined, 40, 32, 3, activation="relu")
    mean = net.add("reduce", y, kind="mean", axes=(2, 3), keep=False)
    answer = net.add("linear", mean, net.constant(10, 32), net.constant(10), bias=True)
    return net.graph(answer, joined)
