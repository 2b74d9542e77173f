"""The plan: what each algorithm refuses and why, which is chosen, and how the table reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from kaiyan import conv, tune
from kaiyan import plan as public_plan
from kaiyan.arrays.table import LIBRARIES
from kaiyan.engine import wisdom
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.generated import TIERS
from kaiyan.engine.planner import PLANNER
from kaiyan.engine.problem import LAYOUTS, Problem
from kaiyan.show.error import ConvError
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from pathlib import Path

SPEC = Conv(4, 6, 3, padding="same", groups=2, rank=2)
BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    PLANNER.forget()
    return tmp_path


def _problem(**changes: Any) -> Problem:
    facts: dict[str, Any] = {"spec": SPEC, "input_shape": (2, 4, 7, 5), "kind": "torch"} | changes
    return Problem(**facts)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": "numpy"}, "the arrays are not torch tensors"),
        ({"spec": Conv(1, 1, 1, rank=4), "input_shape": (1, 1, 2, 2, 2, 2)}, "torch has no convolution above rank 3"),
        (
            {"dtype": "uint8", "weight_dtype": "uint8", "bias_dtype": "uint8"},
            "torch's integers overflow and wrap around",
        ),
        ({"out_dtype": "uint8"}, "torch's integers overflow and wrap around"),
        ({"input_shape": (0, 4, 7, 5)}, "torch fails or is wrong on empty axes"),
        ({"input_shape": (2, 4, 7, 0)}, "torch fails or is wrong on empty axes"),
        ({"spec": Conv(0, 6, 3, rank=2), "input_shape": (2, 0, 7, 5)}, "torch fails or is wrong on empty axes"),
        ({"spec": SPEC.replace(padding_mode="constant(1j)")}, "torch pads with real numbers only"),
    ],
)
def test_torch_refuses_where_its_answer_would_be_wrong(changes: dict[str, Any], why: str) -> None:
    assert str(BY_NAME["torch"].refuses(_problem(**changes))) == why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"weight_dtype": "complex64"}, "the generated code computes real numbers of up to 64 bits only"),
        ({"dtype": "float128"}, "the generated code computes real numbers of up to 64 bits only"),
        ({"out_dtype": "bool"}, "the generated code computes real numbers of up to 64 bits only"),
        (
            {"dtype": "int8", "weight_dtype": "int8", "bias_dtype": "int8", "residual": True},
            "with these mixed types the generated code computes the sum only",
        ),
        (
            {"spec": Conv(1, 1, 1, rank=4), "input_shape": (1, 1, 2, 2, 2, 2)},
            "the generated code handles at most 3 spatial axes",
        ),
        ({"device": "cuda:0"}, "the array is not in the CPU's memory"),
        ({"traced": True}, "torch is tracing these tensors: autograd, functorch or compile"),
        ({"input_shape": (0, 4, 7, 5)}, "an axis is empty"),
        ({"spec": SPEC.replace(padding_mode="constant(1j)")}, "the generated code pads with real numbers only"),
    ],
)
def test_kernels_refuse_what_they_do_not_compute(changes: dict[str, Any], why: str) -> None:
    problem = _problem(**changes)
    assert str(BY_NAME["direct"].refuses(problem)) == why
    assert PLANNER.plan(problem).algorithm.name in ("torch", "reference")


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        ("pointwise", {}, "it is not a pointwise kernel (1x1) at stride 1"),
        ("pointwise", {"spec": Conv(4, 6, 1, padding=1, rank=2)}, "the input is padded"),
        ("pointwise", {"spec": Conv(4, 6, 1, rank=2), "layout": "row_contiguous"},
         "the channel planes are not contiguous"),
        ("depthwise", {}, "it is not depthwise: an output reads several input channels"),
        ("depthwise", {"spec": Conv(4, 8, 3, groups=4, rank=2), "layout": "channels_last"},
         "several outputs per channel, and the channels are last"),
        ("stem", {"layout": "channels_last"}, "the channels are last"),
        ("winograd F(4,3)", {"precision": "exact"}, "its error is 4.5 times that of a direct sum; 'exact' allows 1"),
        ("winograd F(6,3)", {}, "its error is 19 times that of a direct sum; 'default' allows 2"),
        ("winograd F(2,5)", {}, "the kernel does not have 5 taps"),
        ("winograd F(2,3)", {"spec": SPEC.replace(stride=2)}, "the stride is not 1"),
        ("winograd F(2,3)", {"spec": SPEC.replace(dilation=2)}, "its dilation is not 1"),
        ("strided F(4,2)", {}, "the stride is not 2"),
        ("strided F(4,2)", {"spec": SPEC.replace(stride=3)}, "the stride is not 2"),
        ("strided F(4,2)", {"spec": SPEC.replace(stride=2, dilation=2)}, "its dilation is not 1"),
        ("strided F(4,2)", {"spec": SPEC.replace(stride=2), "precision": "exact"},
         "its error is 2.6 times that of a direct sum; 'exact' allows 1"),
        ("strided F(4,2)", {"spec": Conv(4, 6, 5, stride=2, rank=2)}, "it does not have 3 or 4 taps two apart"),
        ("strided F(4,2)", {"spec": Conv(4, 6, (3, 5), stride=(2, 1), rank=2)},
         "it does not have 3 or 4 taps two apart"),
        ("strided F(4,3)", {"spec": SPEC.replace(stride=2)}, "it does not have 5 or 6 taps two apart"),
        ("strided F(2,2)", {"spec": SPEC.replace(stride=2), "dtype": "int8", "weight_dtype": "int8",
                            "bias_dtype": "int8"}, "integers are always summed directly"),
        ("strided F(4,2)", {"spec": Conv(512, 512, 3, stride=2, padding=1, rank=2), "input_shape": (1, 512, 14, 14)},
         "its transformed weight has 18,874,368 more elements"),
        ("phases", {}, "it is not a transposed convolution with a stride"),
        ("phases", {"spec": Conv(4, 6, 3, padding=1, rank=2, transposed=True)},
         "it is not a transposed convolution with a stride"),
        ("phases", {"spec": Conv(4, 6, 9, stride=9, rank=2, transposed=True)},
         "its strides make 81 phases, which are too many"),
        ("interleaved", {}, "it is not a transposed convolution with a stride"),
        ("interleaved", {"spec": Conv(4, 40, 4, stride=2, rank=2, transposed=True), "layout": "channels_last"},
         "its 80 outputs between two inputs of a row do not fit registers"),
        ("interleaved", {"spec": Conv(4, 6, 4, stride=2, groups=2, rank=2, transposed=True), "layout": "channels_last"},
         "its channels are last, those of a group not all of a pixel"),
        ("interleaved", {"spec": Conv(4, 6, 33, stride=(8, 2), rank=2, transposed=True)},
         "its kernel would be written out as 264 taps, which are too many"),
        ("interleaved", {"spec": Conv(4, 6, 17, stride=(17, 2), rank=2, transposed=True)},
         "its strides make 17 phases, which are too many"),
        ("phases F(4,2)", {}, "it is not a transposed convolution with a stride"),
        ("phases F(4,2)", {"spec": Conv(4, 6, 5, stride=2, rank=2, transposed=True)},
         "its longest phase does not have 2 taps"),
        ("phases F(4,3)", {"spec": Conv(4, 6, 4, stride=2, rank=2, transposed=True)},
         "its longest phase does not have 3 taps"),
        ("phases F(4,2)", {"spec": Conv(4, 6, 4, stride=2, dilation=3, rank=2, transposed=True)},
         "its dilation is not 1"),
        ("phases F(4,2)", {"spec": Conv(4, 6, 4, stride=2, rank=2, transposed=True), "precision": "exact"},
         "its error is 3.5 times that of a direct sum; 'exact' allows 1"),
        ("phases F(4,2)", {"spec": Conv(4, 6, 4, stride=2, rank=2, transposed=True), "dtype": "int8",
                           "weight_dtype": "int8", "bias_dtype": "int8"}, "integers are always summed directly"),
        ("phases F(4,2)", {"spec": Conv(512, 256, 4, stride=2, rank=2, transposed=True),
                           "input_shape": (1, 512, 4, 4)}, "its transformed weight has 11,010,048 more elements"),
    ],
)  # fmt: skip
def test_each_algorithm_says_what_it_is_not_for(name: str, changes: dict[str, Any], why: str) -> None:
    assert str(BY_NAME[name].refuses(_problem(**changes))) == why


@pytest.mark.parametrize(
    ("spec", "shape", "layout", "name"),
    [
        (Conv(64, 256, 1, rank=2), (1, 64, 56, 56), "channels_first", "pointwise"),
        (Conv(64, 64, 3, padding=1, rank=2), (1, 64, 56, 56), "channels_first", "winograd F(4,3)"),
        (Conv(64, 64, 3, padding=1, rank=2), (1, 64, 56, 56), "channels_last", "winograd F(4,3)"),
        (Conv(128, 128, 3, stride=2, padding=1, rank=2), (1, 128, 56, 56), "channels_first", "strided F(4,2)"),
        (Conv(128, 128, 3, stride=2, padding=1, rank=2), (1, 128, 56, 56), "channels_last", "strided F(4,2)"),
        (Conv(256, 256, 3, stride=2, padding=1, rank=2), (1, 256, 28, 28), "channels_last", "strided F(2,2)"),
        (Conv(32, 64, 5, stride=3, padding=1, rank=2), (1, 32, 56, 56), "channels_first", "direct"),
        (Conv(3, 64, 3, padding=1, rank=2), (1, 3, 224, 224), "channels_first", "stem"),
        (
            Conv(64, 64, 4, stride=2, padding=1, transposed=True, rank=2),
            (1, 64, 32, 32),
            "channels_first",
            "phases F(4,2)",
        ),
        (
            Conv(64, 64, 4, stride=2, padding=1, transposed=True, rank=2),
            (1, 64, 32, 32),
            "channels_last",
            "phases F(4,2)",
        ),
        (Conv(64, 64, 2, stride=2, transposed=True, rank=2), (1, 64, 32, 32), "channels_first", "interleaved"),
        (Conv(64, 64, 2, stride=2, transposed=True, rank=2), (1, 64, 32, 32), "channels_last", "phases"),
        (Conv(96, 96, 7, padding=3, groups=96, rank=2), (1, 96, 56, 56), "channels_first", "depthwise"),
        (Conv(96, 96, 7, padding=3, groups=96, rank=2), (1, 96, 56, 56), "channels_last", "depthwise"),
    ],
)
def test_each_class_gets_its_algorithm(spec: Conv, shape: tuple[int, ...], layout: str, name: str) -> None:
    assert PLANNER.plan(Problem(spec, shape, layout=layout)).algorithm.name == name


def test_a_tier_bounds_the_error_of_what_is_chosen() -> None:
    for precision, most in TIERS.items():
        chosen = PLANNER.plan(Problem(Conv(64, 64, 3, padding=1, rank=2), (1, 64, 56, 56), precision=precision)).chosen
        assert chosen.error is not None
        assert chosen.error <= most
        assert chosen.name.startswith("winograd")


def test_a_plan_is_a_table() -> None:
    chosen = PLANNER.plan(_problem(kind="numpy", dtype="complex64", weight_dtype="complex64", bias_dtype="complex64"))
    expected = 50e-6 + 2 * 8e-9 * (2 * 6 * 7 * 5) * 9 + SPEC.flops((2, 4, 7, 5)) / 2e9
    quick = PLANNER.plan(_problem(kind="numpy")).chosen
    assert quick.seconds is not None
    lines = str(chosen).splitlines()
    assert lines[:3] == [
        "n2 c4 7x5 k6 3x3 same g2 c64",
        "reference: every other algorithm refuses (the generated code computes real numbers of up to 64 bits only); "
        f"{expected * 1e3:.3f} ms expected; in float32, {quick.name} would take {quick.seconds * 1e3:.3f} ms",
        f"-> reference        {expected * 1e3:.3f} ms expected, error 1 times that of a direct sum",
    ]
    assert "   torch            the arrays are not torch tensors" in lines
    facts = chosen.to_dict()
    assert facts["algorithm"] == "reference"
    assert facts["rows"][0] == {
        "name": "reference", "refusal": None, "seconds": expected, "measured": None, "error": 1.0,
    }  # fmt: skip
    assert len(facts["rows"]) == len(ALGORITHMS)


def test_the_last_row_never_refuses_and_the_others_take_known_arrays() -> None:
    assert ALGORITHMS[-1].refuses(_problem(kind="nothing", input_shape=(0, 0))) is None
    assert {name for a in ALGORITHMS for name in a.arrays} <= set(LIBRARIES)


def test_tuning_is_remembered_and_decides(cache: Path) -> None:
    told: list[str] = []
    spec = Conv(8, 8, 3, padding=1, rank=2)
    found = tune(spec, (1, 8, 16, 16), seconds=0.05, progress=lambda name, *_: told.append(name))
    assert len(told) == len([row for row in found.rows if row.measured is not None]) > 1
    assert found.chosen.measured == min(row.measured for row in found.rows if row.measured is not None)
    assert wisdom.known(found.problem)[found.chosen.name] == found.chosen.measured
    slowest = max(told, key=lambda name: wisdom.known(found.problem)[name])
    wisdom.learn(found.problem, {slowest: 1e-12})
    PLANNER.forget()
    assert public_plan(spec, (1, 8, 16, 16)).chosen.name == slowest
    (next(cache.glob("wisdom-*.sqlite"))).write_text("{ not a database")
    PLANNER.forget()
    with pytest.warns(RuntimeWarning, match="delete it to start again"):
        assert public_plan(spec, (1, 8, 16, 16)).chosen.measured is None


@pytest.mark.parametrize("layout", LAYOUTS[:-1])
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_every_layout_and_library_can_be_tuned(layout: str, kind: str) -> None:
    options: dict[str, Any] = {"layout": layout, "kind": kind, "residual": True, "activation": "relu"}
    assert tune("Conv2d(3, 5, 3)", (1, 3, 9, 8), seconds=0.01, **options).chosen.measured is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "jax"}, "there is no kind 'jax'; choose from numpy, torch"),
        (
            {"layout": "NHWC"},
            "there is no layout 'NHWC'; choose from channels_first, row_contiguous, channels_last, strided, unaligned",
        ),
        ({"precision": "best"}, "there is no precision 'best'"),
        ({"activation": "elu"}, "there is no activation 'elu'; choose from relu, relu6, silu, hardswish, sigmoid"),
        ({"dtype": "text"}, "an array of text cannot be convolved"),
    ],
)
def test_an_unknown_word_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConvError) as caught:
        public_plan("Conv2d(3, 5, 3)", (1, 3, 9, 8), **options)
    assert said in str(caught.value)


def test_gradients_are_torchs() -> None:
    x, w = torch.ones(1, 2, 5, 5), torch.ones(3, 2, 3, 3, requires_grad=True)
    assert conv(x, w).grad_fn is not None
    with torch.no_grad():
        assert conv(x, w).grad_fn is None
    assert conv(x, w.detach()).grad_fn is None


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_the_precision_that_is_asked_for_is_planned(precision: str) -> None:
    x, w = np.ones((1, 8, 32, 32), np.float32), np.ones((8, 8, 3, 3), np.float32)
    np.testing.assert_allclose(conv(x, w, precision=precision), np.full((1, 8, 30, 30), 72), rtol=1e-5)


def test_a_former_layout_is_the_one_in_its_place() -> None:
    with pytest.warns(DeprecationWarning, match="layout='pixels' is now 'channels_last'"):
        former = public_plan("Conv2d(8, 8, 3)", (1, 8, 12, 12), layout="pixels")
    assert former.problem == public_plan("Conv2d(8, 8, 3)", (1, 8, 12, 12), layout="channels_last").problem
    assert Problem.parse(str(former.problem).replace("channels_last", "pixels")) == former.problem
