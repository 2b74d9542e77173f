"""Another batch or another picture is another plan of the same machine code; right answers are the definition's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from graph_nets import Net

from kaiyan.engine.codegen.language import compile as compiling
from kaiyan.program.program import Program

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.program.graph import Graph
    from kaiyan.reference.dtype import Numbers

FIRST = (1, 3, 224, 224)
OTHERS = [(2, 3, 224, 224), (8, 3, 224, 224), (1, 3, 256, 256), (1, 3, 320, 240), (3, 3, 231, 310)]
"""No row of the last layer is shorter than 7."""


def dense_layers() -> Graph:
    """A stem, pointwise layers with residuals and activations, strides for which there is no Winograd, and a mean."""
    net = Net()
    x = net.conv("x", 3, 16, 7, stride=4, activation="relu")
    y = net.conv(x, 16, 40, 1, activation="silu")
    x = net.conv(y, 40, 16, 1, residual=x)
    x = net.conv(x, 16, 24, 1, stride=2)
    y = net.conv(x, 24, 144, 1, activation="relu6")
    x = net.conv(y, 144, 24, 1, residual=x, activation="relu")
    x = net.conv(x, 24, 80, 3, stride=3, activation="hardswish")
    return net.graph(net.add("reduce", net.conv(x, 80, 64, 1), kind="mean", axes=(2, 3), keep=False))


def pictures(*shape: int) -> Numbers:
    """Numbers from a seed."""
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The routines that were compiled, none having been before."""
    names: list[str] = []
    compile_it = compiling.compiled

    def noted(routine: Any, target: Any) -> bytes:
        names.append(type(routine).__name__)
        return compile_it(routine, target)

    monkeypatch.setenv(compiling.FOLDER, str(tmp_path))
    monkeypatch.setattr(compiling, "compiled", noted)
    compiling.address.cache_clear()
    return names


def test_dense_layers_of_another_batch_or_picture_take_no_new_machine_code(compiled: list[str]) -> None:
    program = Program(dense_layers())
    program(pictures(*FIRST))
    assert {"OverOutputChannels", "OverOutputChannelsInside"} <= set(compiled)
    compiled.clear()
    for shape in OTHERS:
        program(pictures(*shape))
        assert compiled == []


def test_they_are_as_right_for_another_picture(compiled: list[str]) -> None:
    graph = dense_layers()
    program = Program(graph)
    program(pictures(1, 3, 176, 168))
    x = pictures(2, 3, 231, 170)
    found, right = program(x)[0], graph.at([x.shape]).computed([x])[0]
    np.testing.assert_allclose(found, right, rtol=0, atol=3e-5 * np.abs(right).max())
    assert compiled
