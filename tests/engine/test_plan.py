"""The plan: torch for tensors of fractions, the reference for all else, and the reasons in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.plan import plan
from kaiyan.ops.arrays import KINDS
from kaiyan.spec.conv import Conv
from kaiyan.spec.problem import Problem

SPEC = Conv(4, 6, 3, padding="same", groups=2, rank=2)


def _problem(**changes: Any) -> Problem:
    facts: dict[str, Any] = {"spec": SPEC, "input_shape": (2, 4, 7, 5), "kind": "torch"} | changes
    return Problem(**facts)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": "numpy"}, "the arrays are not torch's"),
        ({"spec": Conv(1, 1, 1, rank=4), "input_shape": (1, 1, 2, 2, 2, 2)}, "torch has no convolution above rank 3"),
        ({"dtype": "uint8", "weight_dtype": "uint8", "bias_dtype": "uint8"}, "torch's integers wrap"),
        ({"out_dtype": "uint8"}, "torch's integers wrap"),
        ({"input_shape": (0, 4, 7, 5)}, "torch refuses or errs on empty axes"),
        ({"input_shape": (2, 4, 7, 0)}, "torch refuses or errs on empty axes"),
        ({"spec": Conv(0, 6, 3, rank=2), "input_shape": (2, 0, 7, 5)}, "torch refuses or errs on empty axes"),
        ({"spec": SPEC.replace(padding_mode="constant(1j)")}, "torch pads with real numbers"),
    ],
)
def test_torch_refuses_where_its_answer_would_be_wrong(changes: dict[str, Any], why: str) -> None:
    chosen = plan(_problem(**changes))
    assert chosen.algorithm.name == "reference"
    assert {row.name: row.refusal for row in chosen.rows} == {"torch": why, "reference": None}


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "bfloat16", "float16"])
def test_torch_is_chosen_for_tensors_of_fractions(dtype: str) -> None:
    assert plan(_problem(dtype=dtype, weight_dtype=dtype, bias_dtype=dtype)).algorithm.name == "torch"


def test_a_plan_is_a_table() -> None:
    chosen = plan(_problem(kind="numpy"))
    seconds = 50e-6 + SPEC.flops((2, 4, 7, 5)) / 2e9
    assert str(chosen) == f"-> reference    {seconds * 1e3:.3f} ms expected\n   torch        the arrays are not torch's"
    assert chosen.to_dict() == {
        "problem": "n2 c4 7x5 k6 3x3 same g2 f32",
        "algorithm": "reference",
        "rows": [
            {"name": "torch", "seconds": None, "refusal": "the arrays are not torch's"},
            {"name": "reference", "seconds": seconds, "refusal": None},
        ],
    }


def test_the_last_row_never_refuses_and_the_first_answers_in_words() -> None:
    assert ALGORITHMS[-1].refuses(_problem(kind="nothing", input_shape=(0, 0))) is None
    assert {a.arrays for a in ALGORITHMS} <= {kind.name for kind in KINDS}


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
@pytest.mark.parametrize("padding", [0, (1, 2), "same", ((0, 2), (1, 0)), ("causal", "same_lower")])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular", "symmetric", "constant(2)"])
def test_every_row_gives_the_same_bits_on_integers(algorithm: Any, padding: Any, mode: str) -> None:
    rng = np.random.default_rng(0)
    spec = SPEC.replace(padding=padding, padding_mode=mode, stride=(2, 1))
    problem = _problem(spec=spec, kind=algorithm.arrays)
    arrays = [rng.integers(-5, 6, s).astype(np.float32) for s in ((2, 4, 7, 5), spec.weight_shape, (6,))]
    right = ALGORITHMS[-1].build(_problem(spec=spec, kind="numpy"))(*arrays)
    given = arrays if algorithm.arrays == "numpy" else [torch.from_numpy(a) for a in arrays]
    np.testing.assert_array_equal(np.asarray(algorithm.build(problem)(*given)), right)
