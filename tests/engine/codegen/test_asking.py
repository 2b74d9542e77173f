"""Weights of the next block that are asked for while one is multiplied with: all of them, and only where it helps."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NOTED = """
import sys
import numpy as np
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.codegen.language.ir import I64
from kaiyan.engine.codegen.language.memory import Memory
from kaiyan.engine.codegen.routines import over_output_channels, over_output_channels_inside, strided_winograd, winograd
from kaiyan.engine.problem import Problem
from kaiyan.engine.types import types_of

name, text = sys.argv[1:]
problem = Problem.parse(text)
routine = next(a for a in ALGORITHMS if a.name == name).compiled(problem, types_of(problem)[0])
held = routine.held(np.ones(problem.spec.weight_shape, np.float32), None)
weights = held.arrays[0]
noted = np.zeros(3 * weights.size, np.float32)
apart = (noted.ctypes.data - held.weight) // 4

def note(code, pointer, *offsets, writes=False):
    if not writes:
        code.b.store(code.scalar(1.0), code.at(pointer, *offsets, I64(apart)))

Memory.prefetch = note
for module in (over_output_channels, over_output_channels_inside, strided_winograd, winograd):
    module.ahead = lambda *_: 0
x = np.moveaxis(np.ones((problem.input_shape[0], *problem.input_shape[2:], problem.input_shape[1]), np.float32), -1, 1)
routine._launch(x, held)
lines = noted.reshape(-1, 16).any(axis=1)
block = weights[0, 0].size // 16
first, others = lines[:block], lines[block : weights.size // 16]
print(int(first.sum()), int(others.sum()), others.size)
"""


def lines_asked_for(folder: Path, algorithm: str, layer: str) -> tuple[int, int, int]:
    """Of the first block and of the others, of so many: each place that is asked for is noted in another array."""
    command = [sys.executable, "-c", NOTED, algorithm, layer]
    environment = os.environ | {"KAIYAN_CACHE": str(folder), "KAIYAN_TARGET": "avx2"}
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    first, others, there = map(int, said.stdout.split())
    return first, others, there


@pytest.mark.parametrize(
    ("algorithm", "layer"),
    [
        ("pointwise", "n1 c512 14x14 k512 1x1 f32 channels_last"),
        ("direct", "n1 c256 12x12 k288 3x3 f32 channels_last"),
        ("direct", "n1 c512 7x7 k512 3x3 p1 f32 channels_last"),
        ("direct", "n1 c96 9x9 k288 3x3 s2 p1 f32 channels_last"),
        ("winograd F(2,3)", "n1 c256 14x14 k256 3x3 p1 f32 channels_last"),
        ("strided F(2,2)", "n1 c256 28x28 k256 3x3 s2 p1 f32 channels_last"),
    ],
)
def test_every_line_of_the_next_block_is_asked_for(tmp_path: Path, algorithm: str, layer: str) -> None:
    first, others, there = lines_asked_for(tmp_path, algorithm, layer)
    assert first == 0
    share = 0.97 if " p1 " in layer else 1.0  # a tap on padded zeros is not multiplied with, nor asked for
    assert share * there <= others <= there
    assert there > 0


@pytest.mark.parametrize(
    ("algorithm", "layer"),
    [
        ("pointwise", "n1 c256 14x14 k256 1x1 f32 channels_last"),
        ("pointwise", "n1 c4096 1x1 k1024 1x1 f32 channels_last"),
        ("winograd F(4,3)", "n1 c512 28x28 k512 3x3 p1 f32 channels_last"),
    ],
    ids=["they stay in cache", "one tile uses them", "two blocks are more than the cache"],
)
def test_nothing_is_asked_for_in_vain(tmp_path: Path, algorithm: str, layer: str) -> None:
    _, others, there = lines_asked_for(tmp_path, algorithm, layer)
    assert others < there / 1000, "a line of a block at most"
