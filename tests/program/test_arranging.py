"""Copies, concatenation, padding and upsampling as native calls; the right values are NumPy's and torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from placed import Laid, defined, execute, run
from random_places import PAD, UPSAMPLE, arrange_at_random, copy_at_random
from torch import nn

from kaiyan.engine.codegen.routines.moved import MovedLines, MovedSquares, MovedWoven
from kaiyan.program.graph import Node
from kaiyan.program.operations.arranging import places
from kaiyan.program.room import PlanningRoom
from kaiyan.program.steps.copying import copied

_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
_FIRST, _LAST = (0, 1, 2, 3), (0, 2, 3, 1)


def laid(shape: tuple[int, ...], order: Any = None, dtype: str = "float32") -> Laid:
    made = Laid(shape, dtype, order)
    made.array[...] = np.random.default_rng(len(shape)).standard_normal(shape)
    return made


@pytest.mark.parametrize("first", range(0, 160, 20))
def test_any_array_is_copied_to_any_other(first: int) -> None:
    for seed in range(first, first + 20):
        copy_at_random(seed)


@pytest.mark.parametrize("first", range(0, 160, 20))
def test_any_layout_is_joined_padded_and_resized(first: int) -> None:
    for seed in range(first, first + 20):
        arrange_at_random(seed)


@pytest.mark.parametrize(
    ("source", "target", "routine"),
    [
        (_FIRST, _FIRST, MovedLines),
        (_LAST, _LAST, MovedLines),
        (_FIRST, _LAST, MovedSquares),
        (_LAST, _FIRST, MovedSquares),
    ],
)
def test_layouts_are_turned_in_squares(source: Any, target: Any, routine: type) -> None:
    calls = copied(laid((2, 33, 17, 19), source).place, Laid((2, 33, 17, 19), "float32", target).place, PlanningRoom())
    assert [type(call.routine) for call in calls] == [routine]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_few_channels_are_woven(channels: int, dtype: str) -> None:
    shape = 2, channels, 19, 23
    values = np.random.default_rng(0).integers(0, 100, shape)
    for source, target in ((_FIRST, _LAST), (_LAST, _FIRST)):
        x, y = Laid(shape, dtype, source), Laid(shape, dtype, target)
        x.array[...] = values
        calls = copied(x.place, y.place, PlanningRoom())
        assert [type(call.routine) for call in calls] == [MovedWoven]
        execute(calls, {x.buffer: x.base, y.buffer: y.base})
        np.testing.assert_array_equal(y.array, values)


def test_nan_and_the_sign_of_nought_are_moved_as_they_are() -> None:
    source, target = Laid((3, 40, 5, 5), "float32", _FIRST), Laid((3, 40, 5, 5), "float32", _LAST)
    source.array.view("uint32")[...] = np.random.default_rng(0).integers(0, 2**32, source.array.shape, "uint32")
    calls = copied(source.place, target.place, PlanningRoom())
    execute(calls, {source.buffer: source.base, target.buffer: target.base})
    np.testing.assert_array_equal(source.array.view("uint32"), target.array.view("uint32"))


def test_no_element_is_no_call() -> None:
    empty = Laid((2, 0), "float32").place
    assert copied(empty, empty, PlanningRoom()) == []
    (given,) = (Laid((1, 2, 0, 3), "float32").place,)
    node = Node("pad", ("x",), "y", {"mode": "constant", "padding": ((0, 0),) * 4, "value": 0.0})
    assert PAD.calls(node, [given], given, PlanningRoom()) == []


def test_another_type_is_converted_to() -> None:
    source, target = Laid((4, 9), "uint8"), Laid((4, 9), "float32", (1, 0))
    source.array[...] = np.random.default_rng(0).integers(0, 256, (4, 9))
    calls = copied(source.place, target.place, PlanningRoom())
    execute(calls, {source.buffer: source.base, target.buffer: target.base})
    np.testing.assert_array_equal(target.array, source.array.astype("float32"))


@pytest.mark.parametrize("order", [_FIRST, _LAST])
def test_whole_factors_are_copies(order: Any) -> None:
    x, y = laid((1, 5, 6, 7), order), Laid((1, 5, 18, 14), "float32", order)
    settings = {"mode": "nearest", "sizes": (18, 14), "scales": (3.0, 2.0), "align_corners": False}
    node = Node("upsample", ("x",), "y", settings)
    assert isinstance(UPSAMPLE.calls(node, [x.place], y.place, PlanningRoom())[0].routine, MovedLines)
    right = nn.functional.interpolate(torch.from_numpy(x.array.copy()), scale_factor=(3, 2)).numpy()
    np.testing.assert_array_equal(run(UPSAMPLE, node, [x], y), right)


_RESIZED = [
    ((2, 3, 9), (14,), None), ((2, 3, 9), (5,), None), ((1, 4, 8, 6), (16, 12), (2.0, 2.0)),
    ((1, 4, 9, 5), (6, 11), None),
    ((1, 4, 9, 5), (13, 7), (1.5, 1.5)), ((1, 2, 1, 1), (7, 5), None), ((1, 5, 4, 3, 6), (6, 7, 9), None),
    ((2, 3, 5, 4, 3), (10, 8, 6), (2.0, 2.0, 2.0)), ((1, 2, 7, 3), (1, 1), None), ((1, 3, 6, 5), (15, 12), (2.5, 2.5)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", ["nearest", "linear", "corners"])
@pytest.mark.parametrize(("shape", "sizes", "scales"), _RESIZED, ids=str)
def test_upsampling_is_torchs(shape: Any, sizes: Any, scales: Any, mode: str, dtype: str) -> None:
    rank = len(sizes)
    more: dict[str, Any] = {"mode": "nearest"}
    if mode != "nearest":
        more = {"mode": _LINEAR[rank], "align_corners": mode == "corners"}
    x = laid(shape, dtype=dtype)
    asked = {"scale_factor": scales} if scales else {"size": sizes}
    right = nn.functional.interpolate(torch.from_numpy(x.array.copy()), **asked, **more).numpy()
    assert right.shape[2:] == sizes
    settings = {
        "mode": "nearest" if mode == "nearest" else "linear", "sizes": sizes, "scales": scales or (None,) * rank,
        "align_corners": mode == "corners",
    }  # fmt: skip
    node = Node("upsample", ("x",), "y", settings)
    tolerance = {"nearest": 0.0}.get(mode, {"float32": 4e-6, "float64": 1e-14}[dtype])
    np.testing.assert_allclose(defined(node, [x.array]), right, rtol=0, atol=tolerance)
    for order in (tuple(range(rank + 2)), (0, *range(2, rank + 2), 1)):
        given = laid(shape, order, dtype)
        given.array[...] = x.array
        found = run(UPSAMPLE, node, [given], Laid(right.shape, dtype, order))
        np.testing.assert_allclose(found, right, rtol=0, atol=tolerance)


@pytest.mark.parametrize("order", [_FIRST, _LAST])
@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_is_torchs(mode: str, order: Any) -> None:
    x = laid((2, 19, 5, 6), order)
    padding = (2, 3, 1, 4)
    more = {"value": 1.5} if mode == "constant" else {}
    right = nn.functional.pad(torch.from_numpy(x.array.copy()), padding, mode, **more).numpy()
    node = Node("pad", ("x",), "y", {"mode": mode, "padding": ((0, 0), (0, 0), (1, 4), (2, 3)), "value": 1.5})
    np.testing.assert_array_equal(defined(node, [x.array]), right)
    np.testing.assert_array_equal(run(PAD, node, [x], Laid(right.shape, "float32", order)), right)


@pytest.mark.parametrize(("mode", "padding"), [("reflect", 5), ("circular", 6), ("replicate", 1), ("constant", 0)])
def test_borders_that_need_more_than_there_is_are_left_to_the_definition(mode: str, padding: int) -> None:
    n = 0 if mode == "replicate" else 5
    x = Laid((1, 2, 4, n), "float32").place
    for width, refused in ((padding, mode != "constant"), (padding - 1, False)):
        pads = ((0, 0), (0, 0), (0, 0), (0, max(width, 0)))
        node = Node("pad", ("x",), "y", {"mode": mode, "padding": pads, "value": 0.0})
        assert PAD.refuses(node, [x], x) is refused


def test_nothing_is_not_made_larger_natively() -> None:
    settings = {"mode": "nearest", "sizes": (4, 4), "scales": (None, None), "align_corners": False}
    empty = Laid((1, 2, 0, 3), "float32").place
    assert UPSAMPLE.refuses(Node("upsample", ("x",), "y", settings), [empty], Laid((1, 2, 4, 4), "float32").place)


@pytest.mark.parametrize("scale", [-2.0, 1e-30, float("inf"), float("nan")])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_no_scale_leads_outside(mode: str, scale: float) -> None:
    settings = {"mode": mode, "sizes": (9,), "scales": (scale,), "align_corners": False}
    for dtype in ("float32", "float64"):
        with np.errstate(all="ignore"):
            low, high, _ = places(Node("upsample", ("x",), "y", settings), 0, 5, dtype)
        assert 0 <= low.min() <= high.max() <= 4


@pytest.mark.parametrize("order", [_FIRST, _LAST])
def test_infinite_and_no_numbers_spread_as_in_torch(order: Any) -> None:
    x = laid((1, 20, 4, 5), order)
    x.array[0, :, 1, 2], x.array[0, :, 3, 4] = np.inf, np.nan
    right = nn.functional.interpolate(torch.from_numpy(x.array.copy()), size=(7, 9), mode="bilinear").numpy()
    settings = {"mode": "linear", "sizes": (7, 9), "scales": (None, None), "align_corners": False}
    found = run(UPSAMPLE, Node("upsample", ("x",), "y", settings), [x], Laid(right.shape, "float32", order))
    np.testing.assert_allclose(found, right, rtol=0, atol=4e-6)
