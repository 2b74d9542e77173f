"""The definition: sums by hand, borders against numpy.pad, types by NumPy's rules, integers by Python's."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal
from strategies import NUMPY_MODES, fitted

from kaiyan.engine.problem import Problem
from kaiyan.reference.backward import bias_gradient, input_gradient, weight_gradient
from kaiyan.reference.border import extend, fold, index_map
from kaiyan.reference.dtype import exact_type, name_of, result_type, rounded, work_type
from kaiyan.reference.forward import blocks, forward, lattice
from kaiyan.reference.taps import Lattice, gather, products, scatter
from kaiyan.show.error import ConvError
from kaiyan.spec.axis import Axis
from kaiyan.spec.conv import Conv

Case = tuple[Conv, tuple[int, ...]]


def _integers(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).integers(-5, 6, shape).astype(np.float64)


def test_every_channel_group_and_tap_by_hand() -> None:
    x = np.arange(1.0, 13).reshape(1, 4, 3)
    w = np.array([[[1.0, 10], [100, 1000]], [[2, 20], [200, 2000]], [[3, 30], [300, 3000]], [[4, 40], [400, 4000]]])
    y = forward(x, w, np.array([0.5, 0, 0, 0]), Conv(4, 4, 2, groups=2, rank=1))
    assert y.tolist() == [[[5421.5, 6532.5], [10842, 13064], [36261, 39594], [48348, 52792]]]


def test_taps_by_hand() -> None:
    lattices = (Lattice(Axis(2, 2), 4, 1, 2),)
    x, w = np.array([[[1.0, 2, 3, 4]]]), np.array([[[10.0, 1]]])
    assert gather(x, w, lattices, 1).tolist() == [[[1, 23]]]
    assert scatter(np.array([[[1.0, 2]]]), w, lattices, 1).tolist() == [[[1, 20, 2, 0]]]
    assert products(x, np.array([[[1.0, 2]]]), lattices, 1).tolist() == [[[4, 7]]]


@given(case=fitted(), seed=st.integers(0, 99))
def test_forward_equals_the_sum_over_the_bordered_input(case: Case, seed: int) -> None:
    spec, shape = case
    x, w = _integers(shape, seed), _integers(spec.weight_shape, seed + 1)
    bias = _integers((spec.channels[1],), 3) if spec.bias else None
    y = forward(x, w, bias, spec)
    assert y.shape == spec.output_shape(shape)
    if 0 not in shape:
        np.testing.assert_array_equal(
            y, _defined(spec, x, w) + (0 if bias is None else bias.reshape(-1, *[1] * len(spec.axes)))
        )


def _defined(spec: Conv, x: Any, w: Any) -> Any:
    """Every product of an input, a weight and the output it belongs to, one by one through dense matrices an axis."""
    if spec.transposed:
        pads = spec.pads(x.shape)
        sizes = spec.output_shape(x.shape)[2:]
        matrices = [
            _matrix(a, n, before, m).transpose(1, 0, 2)
            for a, n, (before, _), m in zip(spec.axes, sizes, pads, x.shape[2:], strict=True)
        ]
        return _contracted(x, w, matrices, spec.groups, transposed=True)
    mode = NUMPY_MODES[spec.padding_mode]
    value = {"constant_values": 3 if spec.padding_mode == "constant(3)" else 0} if mode == "constant" else {}
    x = np.pad(x, ((0, 0), (0, 0), *spec.pads(x.shape)), mode, **value)  # type: ignore[call-overload]
    counts = [(n - a.reach) // a.stride + 1 for n, a in zip(x.shape[2:], spec.axes, strict=True)]
    matrices = [_matrix(a, n, 0, m) for a, n, m in zip(spec.axes, x.shape[2:], counts, strict=True)]
    return _contracted(x, w, matrices, spec.groups, transposed=False)


def _matrix(axis: Axis, n: int, before: int, windows: int) -> Any:
    """[output, input, tap] is 1 where the tap of the output's window lies on the input."""
    o, i, t = np.ogrid[:windows, :n, : axis.kernel]
    return (o * axis.stride - before + t * axis.dilation == i).astype(float)


def _contracted(x: Any, w: Any, matrices: list[Any], groups: int, *, transposed: bool) -> Any:
    N, C = x.shape[:2]
    for matrix in matrices:  # each turns the first spatial axis into (output, tap) at the end
        x = np.tensordot(x, matrix, (2, 1))
    rank = len(matrices)
    order = [0, 1, *range(2, 2 + 2 * rank, 2), *range(3, 3 + 2 * rank, 2)]
    x = x.transpose(order).reshape(N, groups, C // groups, *[m.shape[0] for m in matrices], -1)
    v = w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).reshape(groups, w.shape[0] // groups, w.shape[1], -1)
    y = np.einsum("ngc...t,gckt->ngk..." if transposed else "ngc...t,gkct->ngk...", x, v)
    return y.reshape(N, -1, *y.shape[3:])


@given(case=fitted(), seed=st.integers(0, 99))
def test_gradients_are_the_derivatives(case: Case, seed: int) -> None:
    spec, shape = case
    x, w, dx, dw = (_integers(s, seed + i) for i, s in enumerate((shape, spec.weight_shape, shape, spec.weight_shape)))
    y = forward(x, w, None, spec)
    v = _integers(y.shape, seed + 9)
    gx, gw = input_gradient(v, w, spec, shape), weight_gradient(v, x, spec)
    assert (gx.shape, gw.shape) == (shape, spec.weight_shape)
    assert ((forward(x + dx, w, None, spec) - y) * v).sum() == (gx * dx).sum()
    assert ((forward(x, w + dw, None, spec) - y) * v).sum() == (gw * dw).sum()


def test_gradients_keep_their_type_and_conjugate() -> None:
    spec = Conv(1, 1, 2, rank=1)
    g, x, w = np.array([[[1, 1j]]], "c8"), np.array([[[1j, 2, 3]]], "c8"), np.array([[[1j, 10]]], "c8")
    assert input_gradient(g, w, spec, (1, 1, 3)).tolist() == [[[-1j, 11, 10j]]]
    assert weight_gradient(g, x, spec).tolist() == [[[1j, 2 + 3j]]]
    turned = Conv(1, 1, 2, rank=1, transposed=True)
    assert weight_gradient(np.array([[[1, 1j, 2]]], "c8"), np.array([[[1j, 2]]], "c8"), turned).tolist() == [[[1j, 5]]]
    for dtype in ("f2", "f4", "f8", "c8"):
        g, x, w = np.ones((1, 1, 2), dtype), np.ones((1, 1, 3), dtype), np.ones((1, 1, 2), dtype)
        assert {
            a.dtype for a in (input_gradient(g, w, spec, x.shape), weight_gradient(g, x, spec), bias_gradient(g))
        } == {np.dtype(dtype)}


def test_sums_of_halves_are_taken_in_double_width() -> None:
    ones = np.ones((1, 1, 5000), np.float16)
    assert bias_gradient(ones).tolist() == [5000]  # one by one in float16 it stops at 2048
    spec = Conv(1, 1, 4999, rank=1)
    assert forward(ones, np.ones((1, 1, 4999), np.float16), None, spec).tolist() == [
        [[5000, 5000]]
    ]  # 4999 rounds to 5000
    assert weight_gradient(np.ones((1, 1, 4999), np.float16), ones, Conv(1, 1, 2, rank=1)).tolist() == [[[5000, 5000]]]


@pytest.mark.parametrize("mode", [*NUMPY_MODES])
@given(n=st.integers(1, 6), pads=st.tuples(st.integers(0, 15), st.integers(0, 15)))
def test_borders_are_numpys(mode: str, n: int, pads: tuple[int, int]) -> None:
    x = np.arange(2.0 * n).reshape(1, 2, n)
    value = {"constant_values": 3 if mode == "constant(3)" else 0} if NUMPY_MODES[mode] == "constant" else {}
    right = np.pad(x, ((0, 0), (0, 0), pads), NUMPY_MODES[mode], **value)  # type: ignore[call-overload]
    maps = (index_map(mode, n, pads),)
    bordered = extend(x, maps, 3 if mode == "constant(3)" else 0)
    np.testing.assert_array_equal(bordered, right)
    v = np.random.default_rng(n).integers(-5, 6, right.shape).astype(float)
    zero = extend(x, maps, 0)
    assert (zero * v).sum() == (x * fold(v, maps, (n,))).sum()  # fold is the adjoint


def test_an_untouched_axis_is_not_copied() -> None:
    x = np.ones((1, 1, 3))
    assert extend(x, (index_map("reflect", 3, (0, 0)),), 0) is x
    assert extend(np.ones((1, 1, 0)), (index_map("constant(2)", 0, (1, 2)),), 2).tolist() == [[[2, 2, 2]]]


PEERS = {
    "reflect": "mirror",
    "symmetric": "reflect",
    "replicate": "nearest",
    "circular": "grid-wrap",
    "zeros": "constant",
}


@pytest.mark.parametrize("ours", PEERS)
@pytest.mark.parametrize("size", [(3, 5), (2, 4), (1, 2)])
def test_scipy_agrees_through_the_table_of_modes(ours: str, size: tuple[int, int]) -> None:
    x, w = _integers((7, 9), 1), _integers(size, 2)
    named = Conv(1, 1, size, padding="scipy:same", padding_mode=f"scipy:{PEERS[ours]}")
    assert named.padding_mode == ours
    y = forward(x[None, None], w[None, None], None, named)[0, 0]
    np.testing.assert_array_equal(y, ndimage.correlate(x, w, mode=PEERS[ours]))
    flipped = Conv(1, 1, size, padding="same", padding_mode=ours)
    y = forward(x[None, None], w[None, None, ::-1, ::-1], None, flipped)[0, 0]
    np.testing.assert_array_equal(y, ndimage.convolve(x, w, mode=PEERS[ours]))


def test_scipys_convolve2d_agrees() -> None:
    x, w = _integers((7, 9), 1), _integers((3, 4), 2)
    flipped = w[None, None, ::-1, ::-1]
    for mode, padding in (("valid", 0), ("full", ((2, 2), (3, 3))), ("same", "scipy:same")):
        y = forward(x[None, None], flipped, None, Conv(1, 1, (3, 4), padding=padding))[0, 0]
        np.testing.assert_array_equal(y, signal.convolve2d(x, w, mode))


RESULTS = [
    (("uint8", "uint8"), "int64"), (("bool", "bool"), "int64"), (("int32", "int32"), "int64"), (("uint64", "uint64"), "int64"),
    (("uint8", "int32"), "int32"), (("uint8", "int8"), "int64"), (("int32", "uint32"), "int64"), (("int64", "uint64"), "int64"),
    (("uint8", "uint64"), "uint64"), (("bool", "uint32"), "uint32"), (("uint8", "float16"), "float16"),
    (("float32", "float64"), "float64"), (("float32", "int32"), "float64"), (("bfloat16", "bfloat16"), "bfloat16"),
    (("bfloat16", "float16"), "float32"), (("bfloat16", "int8"), "float32"), (("float64", "complex64"), "complex128"),
]  # fmt: skip


@pytest.mark.parametrize(("names", "right"), RESULTS)
def test_types_promote(names: tuple[str, ...], right: str) -> None:
    assert result_type(*names) == right
    assert result_type(*reversed(names)) == right
    assert result_type(*names, names[0]) == right


def test_a_border_constant_takes_part_in_promotion() -> None:
    modes = ("zeros", "constant(3)", "constant(0.5)", "constant(nan)", "constant(inf)", "constant(1j)")
    assert [result_type("uint8", "uint8", mode=mode) for mode in modes] == ["int64"] * 2 + ["float64"] * 3 + [
        "complex128"
    ]
    assert [result_type("float32", "float32", mode=mode) for mode in modes] == ["float32"] * 5 + ["complex64"]
    spec = Conv(1, 1, 1, padding_mode="constant(0.5)", rank=1)
    assert Problem(spec, (1, 1, 1), "uint8", "uint8", "uint8").promoted_dtype == "float64"
    assert Problem(spec, (1, 1, 1), "float32", "float32", "float64").promoted_dtype == "float64"


def test_work_is_done_in_double_width() -> None:
    names = ("bool", "uint8", "uint64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")
    works = ["int64"] * 3 + ["float64"] * 4 + ["complex128"] * 2
    assert [work_type(name).name for name in names] == works


def test_names_of_types_and_what_has_none() -> None:
    assert name_of("u1") == "uint8"
    assert name_of(ml_dtypes.bfloat16) == "bfloat16"
    with pytest.raises(ConvError) as refused:
        name_of("U3")
    assert str(refused.value) == "an array of U3 cannot be convolved\n  help: convert to numbers: x.astype(float)"


big = st.integers(-(2**63), 2**63 - 1)


@given(
    x=st.lists(big, min_size=3, max_size=3),
    w=st.lists(st.integers(-4, 4), min_size=2, max_size=2),
    b=st.integers(-9, 9),
)
def test_integers_are_exact_or_refused(x: list[int], w: list[int], b: int) -> None:
    right = [x[i] * w[0] + x[i + 1] * w[1] + b for i in range(2)]
    arrays = np.array([[x]]), np.array([[w]]), np.array([b])
    spec = Conv(1, 1, 2, rank=1)
    if all(-(2**63) <= value < 2**63 for value in right):
        assert forward(*arrays, spec).tolist() == [[right]]
        return
    with pytest.raises(ConvError) as refused:
        forward(*arrays, spec)
    assert refused.value.code == "does-not-fit"
    clipped = [min(max(value, -(2**63)), 2**63 - 1) for value in right]
    assert forward(*arrays, spec, saturate=True).tolist() == [[clipped]]


def test_exactness_is_kept_only_where_it_is_in_danger() -> None:
    small, large = np.array([[[1, 2]]]), np.array([[[2**61, 2]]])
    w = np.array([[[1, 1]]])
    i8 = np.dtype(np.int64)
    assert exact_type(small, w, None, i8).kind == "i"
    assert exact_type(large, w, None, i8).kind == "O"
    assert exact_type(-large, w, None, i8).kind == "O"
    assert exact_type(small, large, None, i8).kind == "O"
    assert exact_type(small, w, np.array([2**62]), i8).kind == "O"
    assert exact_type(small, w, np.array([2**62 - 2**12]), i8).kind == "i"
    assert exact_type(small.astype(bool), w, None, i8).kind == "i"
    assert exact_type(large, np.zeros((1, 1, 1), int), None, i8).kind == "i"
    assert exact_type(np.array([[[2**63]]], np.uint64), np.zeros((1, 1, 1), int), None, i8).kind == "O"
    assert exact_type(large, w, None, np.dtype(float)).kind == "f"
    turned = Conv(2, 1, 1, transposed=True, rank=1)
    with pytest.raises(ConvError):  # the sum runs over both input channels
        forward(np.full((1, 2, 1), 2**62), np.ones((2, 1, 1), int), None, turned)


def test_what_a_type_cannot_hold_is_said() -> None:
    x, w = np.full((1, 1, 2), 200, np.uint8), np.ones((1, 1, 2), np.uint8)
    spec = Conv(1, 1, 2, rank=1)
    with pytest.raises(ConvError) as refused:
        forward(x, w, None, spec, out_dtype="uint8")
    assert str(refused.value) == (
        "the result reaches 400, which uint8 cannot hold\n  help: saturate=True clips it\n"
        "  help: out_dtype='float64' can hold it (rounded)"
    )
    assert forward(x, w, None, spec, out_dtype="uint8", saturate=True).tolist() == [[[255]]]
    assert forward(x, w, None, spec, out_dtype="int16").dtype == np.int16
    with pytest.raises(ConvError) as low:
        forward(x, -w.astype(np.int8), None, spec, out_dtype="uint8")
    assert "reaches -400, which uint8" in str(low.value)
    assert forward(x, -w.astype(np.int8), None, spec, out_dtype="uint8", saturate=True).tolist() == [[[0]]]
    with pytest.raises(ConvError) as nan:
        forward(np.full((1, 1, 2), np.nan), np.ones((1, 1, 2)), None, spec, out_dtype="int8", saturate=True)
    assert str(nan.value) == "the result reaches nan, which int8 cannot hold"
    with pytest.raises(ConvError) as infinite:
        forward(np.full((1, 1, 2), np.inf), np.ones((1, 1, 2)), None, spec, out_dtype="int8")
    assert str(infinite.value) == "the result reaches inf, which int8 cannot hold\n  help: saturate=True clips it"


def test_rounding_is_once_and_to_even() -> None:
    assert rounded(np.array([0.5, 1.5, -2.5]), np.dtype("i1"), saturate=False).tolist() == [0, 2, -2]
    assert rounded(np.array([1e9]), np.dtype("f2"), saturate=False).tolist() == [np.inf]
    assert rounded(np.zeros(0), np.dtype("u1"), saturate=False).dtype == np.uint8
    with pytest.raises(ConvError):
        rounded(np.array([2.0**63]), np.dtype("i8"), saturate=False)
    assert rounded(np.array([255, 0]), np.dtype("u1"), saturate=False).tolist() == [255, 0]
    y = np.ones(3)
    assert rounded(y, np.dtype("f8"), saturate=False) is y


@pytest.mark.parametrize("dtype", ["f2", ml_dtypes.bfloat16, "f4"])
def test_narrow_floats_are_rounded_once(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 8, 20)).astype(dtype), rng.standard_normal((3, 8, 5)).astype(dtype)
    spec = Conv(8, 3, 5, rank=1)
    right = forward(x.astype(float), w.astype(float), None, spec).astype(dtype)
    y = forward(x, w, None, spec)
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y, right)


def test_nothing_in_gives_bias_or_zeros_out() -> None:
    b = np.array([1.0, 2, 3])
    assert (
        forward(np.ones((2, 0, 4)), np.ones((3, 0, 2)), b, Conv(0, 3, 2, rank=1)).tolist()
        == [[[1] * 3, [2] * 3, [3] * 3]] * 2
    )
    assert forward(np.ones((0, 2, 4)), np.ones((3, 2, 2)), b, Conv(2, 3, 2, rank=1)).shape == (0, 3, 3)
    assert forward(np.ones((1, 1, 0)), np.ones((1, 1, 2)), None, Conv(1, 1, 2, padding=2, rank=1)).tolist() == [
        [[0, 0, 0]]
    ]
    assert forward(np.ones((1, 2, 3)), np.ones((0, 2, 2)), None, Conv(2, 0, 2, rank=1)).shape == (1, 0, 2)


def test_nan_stays_within_reach_and_small_stays_beside_large() -> None:
    x = np.ones((1, 1, 1000))
    x[0, 0, 100] = np.nan
    assert np.isnan(forward(x, np.ones((1, 1, 200)), None, Conv(1, 1, 200, padding="same", rank=1))).sum() == 200
    y = forward(np.array([[[1e18, 0, 1, 2]]]), np.array([[[1.0, 0]]]), None, Conv(1, 1, 2, rank=1))
    assert y.tolist() == [[[1e18, 0, 1]]]


def test_blocks_cover_the_batch_a_few_at_a_time() -> None:
    sample = 2**18
    parts = list(blocks((7, sample), (7, 3)))
    assert [range(7)[part] for part in parts] == [range(4), range(4, 7)]
    assert len(list(blocks((3, 2**30)))) == 3
    assert list(blocks((0, 4))) == []
    assert [range(5)[part] for part in blocks((5, 0), (5, 1))] == [range(5)]


def test_a_batch_in_blocks_is_the_batch() -> None:
    x, w = _integers((5, 2, 2**18), 1), _integers((1, 2, 2), 2)
    spec = Conv(2, 1, 2, rank=1)
    y = forward(x, w, None, spec)
    np.testing.assert_array_equal(y[3], forward(x[3:4], w, None, spec)[0])
    v = np.ones(y.shape)
    whole = weight_gradient(v, x, spec)
    np.testing.assert_array_equal(whole, sum(weight_gradient(v[i : i + 1], x[i : i + 1], spec) for i in range(5)))
    np.testing.assert_array_equal(
        input_gradient(v, w, spec, x.shape)[4], input_gradient(v[:1], w, spec, (1, *x.shape[1:]))[0]
    )


def test_the_lattice_of_a_convolution() -> None:
    forward_, maps = lattice(Conv(1, 1, 3, 2, "same", rank=1), (1, 1, 8))
    assert ([(a.n, a.before, a.windows) for a in forward_], maps) == ([(8, 0, 4)], ())
    bordered, maps = lattice(Conv(1, 1, 3, padding=1, padding_mode="reflect", rank=1), (1, 1, 4))
    assert ([(a.n, a.before, a.windows) for a in bordered], [m.tolist() for m in maps]) == (
        [(6, 0, 4)],
        [[1, 0, 1, 2, 3, 2]],
    )
    turned, maps = lattice(Conv(1, 1, 3, 2, 1, transposed=True, rank=1), (1, 1, 4))
    assert ([(a.n, a.before, a.windows) for a in turned], maps) == ([(7, 1, 4)], ())


def test_a_bias_gathers_over_batch_and_places() -> None:
    g = np.arange(12.0).reshape(2, 3, 2)
    assert bias_gradient(g).tolist() == [14, 22, 30]


def test_gradients_take_the_wider_type() -> None:
    spec = Conv(1, 1, 2, rank=1)
    narrow, wide = np.ones((1, 1, 2), "f4"), np.ones((1, 1, 2), "f8")
    assert input_gradient(narrow, wide, spec, (1, 1, 3)).dtype == wide.dtype
    assert input_gradient(wide, narrow, spec, (1, 1, 3)).dtype == wide.dtype
    x = np.ones((1, 1, 3), "f4")
    assert weight_gradient(wide, x, spec).dtype == wide.dtype
    assert weight_gradient(narrow, x.astype("f8"), spec).dtype == wide.dtype


def test_a_border_of_values_has_a_gradient_for_the_weight() -> None:
    spec = Conv(1, 1, 2, padding=1, padding_mode="constant(3)", rank=1)
    assert weight_gradient(np.ones((1, 1, 3)), np.array([[[1.0, 2]]]), spec).tolist() == [[[6, 6]]]


def test_complex_gradients_are_folded_as_they_are() -> None:
    spec = Conv(1, 1, 1, padding=1, padding_mode="replicate", rank=1)
    g = np.array([[[1j, 2j, 3j]]])
    assert input_gradient(g, np.ones((1, 1, 1), complex), spec, (1, 1, 1)).tolist() == [[[6j]]]


def test_every_operand_takes_part_in_the_result() -> None:
    spec = Conv(1, 1, 1, rank=1)
    for types in (
        ("float64", "float32", "float32"),
        ("float32", "float64", "float32"),
        ("float32", "float32", "float64"),
    ):
        assert Problem(spec, (1, 1, 1), *types).promoted_dtype == "float64"


def test_an_empty_axis_is_filled_in_its_type() -> None:
    maps = (index_map("constant(2)", 0, (1, 2)), index_map("constant(2)", 3, (0, 0)))
    filled = extend(np.ones((1, 2, 0, 3), np.uint8), maps, 2)
    assert (filled.shape, filled.dtype.name, set(filled.ravel().tolist())) == ((1, 2, 3, 3), "uint8", {2})


def test_a_bias_counts_towards_exactness() -> None:
    one = np.ones((1, 1, 1), int)
    top = 2**63 - 1
    assert forward(one, one, np.array([top - 1]), Conv(1, 1, 1, rank=1)).tolist() == [[[top]]]
    with pytest.raises(ConvError):
        forward(one, one, np.array([top]), Conv(1, 1, 1, rank=1))


def test_a_type_without_numbers_has_a_code() -> None:
    with pytest.raises(ConvError) as refused:
        name_of("U3")
    assert refused.value.code == "not-numeric"


def test_the_worst_value_is_named() -> None:
    for values, worst in (([1, 400], 400), ([-5, 3], -5), ([-300, 300], 300)):
        with pytest.raises(ConvError) as refused:
            rounded(np.array(values), np.dtype("u1"), saturate=False)
        assert (refused.value.code, refused.value.facts["value"]) == ("does-not-fit", worst)
    with pytest.raises(ConvError) as refused:
        rounded(np.array([-5, 255]), np.dtype("u1"), saturate=False)
    assert refused.value.facts["value"] == -5


def test_the_gradient_of_a_bias_is_summed_in_double_width() -> None:
    assert bias_gradient(np.array([[[2**24, 1, 1]]], np.float32)).tolist() == [2**24 + 2]


def test_nothing_is_as_exact_as_anything() -> None:
    nothing = np.ones((1, 1, 0), np.int64)
    assert exact_type(nothing, nothing, None, np.dtype(np.int64)).kind == "i"
    assert (
        forward(np.ones((2, 0, 3), int), np.ones((1, 0, 1), int), None, Conv(0, 1, 1, rank=1)).tolist()
        == [[[0, 0, 0]]] * 2
    )


def test_a_border_of_values_by_hand() -> None:
    spec = Conv(1, 1, 2, padding=1, padding_mode="constant(3)", rank=1)
    assert forward(np.array([[[1.0, 2]]]), np.array([[[1.0, 10]]]), None, spec).tolist() == [[[13, 21, 32]]]
