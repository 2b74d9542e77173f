"""What the models of time decide: tiles that loads do not hold up, and our own gradients where torch's are slow."""

from __future__ import annotations

import pytest

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.parts.geometry import slid
from kaiyan.engine.codegen.routines.gradient import cut
from kaiyan.engine.gradients import GRADIENT_PLANNER
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import Problem
from kaiyan.spec.conv import Conv


@pytest.mark.parametrize(("C", "K", "size"), [(24, 144, 56), (112, 672, 14), (80, 480, 14), (96, 576, 14)])
def test_a_tile_has_two_vectors_to_each_element(C: int, K: int, size: int) -> None:
    geometry, _ = slid(Conv(C, K, 1, bias=False, rank=2), (size, size), (size, size))
    tile = cut(geometry, "row_contiguous", False, host(), "float32", 1)
    assert tile.vectors > 1
    assert tile.count * tile.vectors < host().registers


def test_a_tile_of_one_vector_reads_few_rows_at_once() -> None:
    geometry, _ = slid(Conv(host().lanes(4), 96, 1, bias=False, rank=2), (112, 112), (112, 112))
    tile = cut(geometry, "row_contiguous", False, host(), "float32", 1)
    assert tile.vectors == 1
    assert tile.count <= 16


def _problem(spec: Conv, shape: tuple[int, ...], wrt: str | None) -> Problem:
    return Problem(spec, shape, "float32", "float32", "float32", kind="torch", layout="channels_first", wrt=wrt)


@pytest.mark.skipif(host().lanes(4) < 8, reason="torch's vectors are wider than those of this target")
@pytest.mark.parametrize(("C", "kernel", "size"), [(96, 3, 112), (144, 3, 56), (64, 3, 112), (72, 5, 56)])
def test_a_strided_depthwise_inputs_gradient_is_ours(C: int, kernel: int, size: int) -> None:
    spec = Conv(C, C, kernel, stride=2, padding=kernel // 2, groups=C, bias=False, rank=2)
    assert GRADIENT_PLANNER.plan(_problem(spec, (8, C, size, size), "input")).chosen.name == "adjoint"
    turned = Conv(
        C, C, kernel, stride=2, padding=kernel // 2, output_padding=1, groups=C, transposed=True, bias=False, rank=2
    )
    assert PLANNER.plan(_problem(turned, (8, C, size // 2, size // 2), None)).chosen.name == "interleaved"
