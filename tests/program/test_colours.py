"""Pictures whose colours are read where they lie: the first layer turns them, no step before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from graph_nets import Net, residual_net

import kaiyan
from kaiyan.engine.codegen.running.threads import holding
from kaiyan.program.choices import Choices
from kaiyan.program.graph import Input
from kaiyan.program.program import Program
from kaiyan.program.saved import save

if TYPE_CHECKING:
    from pathlib import Path


def drawn(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def last(x: Any) -> Any:
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


@pytest.mark.parametrize("shape", [(1, 3, 40, 56), (3, 3, 17, 9), (1, 3, 1, 1)])
def test_the_first_layer_turns_a_picture_and_the_bits_stay(shape: tuple[int, ...]) -> None:
    plain, guarded, x = Program(residual_net()), Program(residual_net(), guarded=True), drawn(*shape)
    for threads in (1, 2):
        with holding(threads):
            right = [y.tobytes() for y in plain(last(x))]
            for program in (plain, guarded):
                assert [y.tobytes() for y in program(x)] == right
            assert "copy" not in [step.operation for step in plain.report(x).steps]
            wide = drawn(*shape[:3], shape[3] + 5)[..., : shape[3]]
            assert [y.tobytes() for y in plain(wide)] == [y.tobytes() for y in plain(last(wide))]
            assert "copy" not in [step.operation for step in plain.report(wide).steps]


def test_where_channels_stand_first_or_are_many_or_apart_nothing_is_turned() -> None:
    for C, groups, first in ((3, 1, True), (5, 1, False), (4, 2, False)):
        net, x = Net(), drawn(2, C, 12, 20)
        graph = net.graph(net.conv("x", C, 8, 3, groups=groups), inputs=(Input("x", x.shape),))
        program = Program(graph)
        program.choose(Choices(channels_last=not first), x)
        copies = [step.operation for step in program.report(x).steps].count("copy")
        assert copies == (not first)
        assert np.abs(program(x)[0] - graph.computed([x])[0]).max() < 1e-5


def test_a_copy_that_another_step_needs_is_not_what_the_layer_reads() -> None:
    net, x = Net(), drawn(1, 3, 16, 16)
    shifted = net.add("map", "x", terms=(("mul", 0, 2.0),))
    graph = net.graph(net.conv("x", 3, 8, 3), net.conv(shifted, 3, 3, 3, groups=3), inputs=(Input("x", x.shape),))
    for found, right in zip(Program(graph, guarded=True)(x), graph.computed([x]), strict=True):
        assert np.abs(found - right).max() < 1e-5


def test_a_saved_network_turns_its_picture_too(tmp_path: Path) -> None:
    x = drawn(1, 3, 40, 56)
    save(residual_net(), tmp_path / "net.kaiyan")
    network = kaiyan.load(tmp_path / "net.kaiyan")
    answers = network(x)
    assert [y.tobytes() for y in answers] == [y.tobytes() for y in Program(residual_net())(last(x))]
    assert "copy" not in [step.operation for step in network._program.report(x).steps]
