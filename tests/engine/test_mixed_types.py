"""Kernels that read one type, sum in another and store a third, against NumPy's conversions and Python's integers."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise, product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from scipy import ndimage

from kaiyan import conv, conv_transpose, prepare, set_num_threads
from kaiyan import plan as planned
from kaiyan.engine.types import BYTES
from kaiyan.show.error import ConvError

WHOLE = tuple(name for name in BYTES if name.startswith(("int", "uint")))
BORDERS = {"reflect": "mirror", "symmetric": "reflect", "replicate": "nearest", "circular": "grid-wrap"}
"""Our words for borders, and SciPy's."""


def _picture(shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    low, high = {"b": (0, 2), "u": (0, 200)}.get(np.dtype(dtype).kind, (-100, 100))
    return np.random.default_rng(0).integers(low, high, shape).astype(dtype)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "int16", "float32", "float16", "int64"])
def test_a_picture_under_a_kernel_of_doubles_is_scipys(dtype: str, border: str) -> None:
    x, w = _picture((37, 61), dtype), np.random.default_rng(1).standard_normal((5, 3))
    y = conv(x[None, None], w[None, None], padding="same", padding_mode=border)
    right = ndimage.correlate(x.astype(np.float64), w, mode=BORDERS[border])
    assert y.dtype == np.float64
    np.testing.assert_allclose(y[0, 0], right, rtol=0, atol=1e-12 * abs(right).max())


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), ((2, 1), (1, 3))])
@pytest.mark.parametrize("layout", ["channels_first", "channels_last", "row_contiguous", "strided"])
def test_whole_numbers_are_summed_exactly_in_every_layout(layout: str, stride: Any, dilation: Any) -> None:
    x, w = _picture((2, 3, 23, 29), "uint8"), np.random.default_rng(1).integers(-9, 9, (4, 3, 3, 3), np.int16)
    laid = {
        "channels_first": x,
        "channels_last": np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1),
        "row_contiguous": np.pad(x, [(0, 0)] * 3 + [(5, 2)])[..., 5:-2],
        "strided": np.repeat(x, 2, -1)[..., ::2],
    }
    options: dict[str, Any] = {"stride": stride, "dilation": dilation, "padding": 2, "padding_mode": "constant(300)"}
    y = conv(laid[layout], w, **options)
    assert y.dtype == np.int64
    right = conv(x.astype(np.float64), w.astype(np.float64), **options)
    np.testing.assert_array_equal(y, right)


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("saturate", [True, False])
def test_every_type_of_whole_numbers_is_written_to_its_limits(dtype: str, saturate: bool) -> None:
    limits = np.iinfo(dtype)
    low, high = max(int(limits.min), -(2**53) + 2), min(int(limits.max), 2**53 - 2)
    x = np.array([[[low, high, 0, high, low]]], np.int64)
    w = np.ones((1, 1, 1), np.int64)
    np.testing.assert_array_equal(conv(x, w, out_dtype=dtype, saturate=saturate), x.astype(dtype))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32"])
@pytest.mark.parametrize("beyond", [-1, 1])
def test_what_does_not_fit_is_refused_or_clipped(dtype: str, beyond: int) -> None:
    limits = np.iinfo(dtype)
    most = int(limits.max if beyond > 0 else limits.min)
    x = np.zeros((1, 2, 9, 40), np.int64)
    x[0, 1, 4, 33] = most + beyond
    w = np.ones((2, 1, 1, 1), np.int64)
    with pytest.raises(ConvError, match=f"the result reaches {most + beyond}, which {dtype} cannot hold"):
        conv(x, w, groups=2, out_dtype=dtype)
    assert conv(x, w, groups=2, out_dtype=dtype, saturate=True)[0, 1, 4, 33] == most


def test_a_sum_that_is_no_number_is_no_whole_number() -> None:
    x = np.full((1, 1, 3, 3), np.nan)
    with pytest.raises(ConvError, match="the result reaches nan, which uint8 cannot hold"):
        conv(x, np.ones((1, 1, 1, 1)), out_dtype="uint8", saturate=True)


def test_halves_of_whole_numbers_are_rounded_to_the_even_one() -> None:
    x = np.arange(0, 40, dtype=np.uint8).reshape(1, 1, -1)
    y = conv(x, np.full((1, 1, 1), 0.5), out_dtype="uint8")
    np.testing.assert_array_equal(y[0, 0], np.rint(np.arange(40) / 2))


@pytest.mark.parametrize("bits", [23, 24, 25, 52, 53, 54, 61, 62, 63, 70])
def test_sums_near_what_a_float_holds_are_pythons(bits: int) -> None:
    """x·w + x'·w' just below, at and above 2**bits; above 2**63 the sum is refused."""
    half = bits // 2
    x = [2**half - 1, 2**half + 1, 3, -(2**half)]
    w = [2 ** (bits - half) - 1, 5]
    sums = [a * w[0] + b * w[1] for a, b in pairwise(x)]
    arrays = np.array([[x]], np.int64), np.array([[w]], np.int64)
    if max(map(abs, sums)) >= 2**63:
        with pytest.raises(ConvError, match="cannot hold"):
            conv(*arrays)
        return
    assert conv(*arrays)[0, 0].tolist() == sums


@pytest.mark.parametrize("number", [2**24 + 1, 2**31 - 1, 2**53 + 1, 2**62 + 1])
def test_one_large_whole_number_comes_back_as_it_is(number: int) -> None:
    x: Any = np.array([[[number, 1]]], np.int64)
    w: Any = np.ones((1, 1, 1), np.int8)
    assert conv(x, w).tolist() == [[[number, 1]]]
    assert conv(x[:, :, 1:], w, np.array([number])).tolist() == [[[number + 1]]]
    assert conv(x[:, :, 1:], w * 0, np.array([number])).tolist() == [[[number]]]
    assert conv_transpose(x, w).tolist() == [[[number, 1]]]
    y = prepare("Conv1d(1, 1, 1, bias=False)", w)(x)
    assert y.tolist() == [[[number, 1]]]


@pytest.mark.filterwarnings("ignore:invalid value")  # ml_dtypes computes with signalling NaN
def test_every_half_is_read_and_written_as_it_is() -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    for dtype in (np.float16, ml_dtypes.bfloat16):
        x = bits.view(dtype).reshape(1, 1, -1)
        kept = np.isfinite(x)
        one = np.ones((1, 1, 1), dtype)
        y = conv(np.where(kept, x, np.ones((), dtype)), one)
        np.testing.assert_array_equal(y.view(np.uint16)[kept & (x != 0)], x.view(np.uint16)[kept & (x != 0)])
        wide, right = conv(x, np.ones((1, 1, 1), np.float32)), x.astype(np.float32)
        np.testing.assert_array_equal(wide, right)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_sums_are_rounded_to_halves_once(name: str, dtype: str) -> None:
    """Against NumPy and ml_dtypes, with every tie and its two neighbours among the numbers."""
    short = np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)
    halves = np.arange(2**15, dtype=np.uint16).view(short).astype(np.float64)
    halves = halves[np.isfinite(halves)]
    ties = (halves[1:] + halves[:-1]) / 2
    near = [np.nextafter(ties.astype(dtype), np.asarray(end, dtype)) for end in (0, np.inf)]
    last = np.array([65519.996, 65520, 65536, 1e6, 3.4e38, 1e-8, 3e-8, 0, np.inf])
    x = np.concatenate([halves, ties, *near, last, np.random.default_rng(0).standard_normal(999)]).astype(dtype)
    x = np.concatenate([x, -x]).reshape(1, 1, -1)
    y = conv(x, np.ones((1, 1, 1), dtype), out_dtype=short)
    assert y.dtype == short
    np.testing.assert_array_equal(y.astype(np.float64), _nearest(x.astype(np.float64), halves))
    assert np.isnan(conv(np.full((1, 1, 1), np.nan, dtype), np.ones((1, 1, 1), dtype), out_dtype=short)).all()


def _nearest(x: np.ndarray[Any, Any], table: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The nearest number of a table from 0 on, of two the one at an even place; past the last there is inf."""
    over = 2 * table[-1] - table[-2]
    table = np.append(table, over)
    places = np.searchsorted(table, abs(x)).clip(1, len(table) - 1)
    below, above = abs(x) - table[places - 1], table[places] - abs(x)
    found = np.where((below > above) | ((below == above) & (places % 2 == 0)), table[places], table[places - 1])
    sized: np.ndarray[Any, Any] = np.copysign(np.where((found == over) | (abs(x) > over), np.inf, found), x)
    return sized


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize("last", [False, True])
def test_halves_of_torch_are_summed_in_float32_and_rounded_once(name: str, last: bool) -> None:
    torch.manual_seed(0)
    short = getattr(torch, name)
    x, w, b = (torch.randn(*shape).to(short) for shape in ((2, 5, 13, 11), (7, 5, 3, 3), (7,)))
    x = x.to(memory_format=torch.channels_last) if last else x
    y = conv(x, w, b, padding=1)
    right = torch.nn.functional.conv2d(x.double(), w.double(), b.double(), padding=1)
    assert y.dtype == short
    assert y.is_contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
    unit = 2.0 ** (-10 if name == "float16" else -7)
    assert bool(((y.double() - right).abs() <= unit * right.abs() / 2 + 1e-5).all())


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize(("C", "K", "kernel"), [(256, 256, 1), (96, 192, 3)])
def test_wide_layers_ask_early_for_lines_of_halves(C: int, K: int, kernel: int, name: str) -> None:
    """Of so many weights each line is asked for before its use, and those of the output and a residual are too."""
    torch.manual_seed(0)
    short = getattr(torch, name)
    x, residual = (torch.randn(1, n, 14, 14).to(short, memory_format=torch.channels_last) for n in (C, K))
    w = (torch.randn(K, C, kernel, kernel) / (C * kernel**2) ** 0.5).to(short)
    run = prepare(f"Conv2d({C}, {K}, {kernel}, padding={kernel // 2}, bias=False)", w)
    right = torch.nn.functional.conv2d(x.double(), w.double(), padding=kernel // 2)
    unit = 2.0 ** (-10 if name == "float16" else -7)
    for y, exact in ((run(x), right), (run(x, residual=residual), right + residual.double())):
        assert y.dtype == short
        assert bool(((y.double() - exact).abs() <= unit * exact.abs() / 2 + 1e-5).all())


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "bool", "uint16"])
def test_whole_numbers_of_torch_do_not_wrap(dtype: str) -> None:
    x, w = _picture((1, 2, 9, 12), dtype), np.random.default_rng(1).integers(-9, 9, (3, 2, 3, 3), np.int64)
    y = conv(torch.from_numpy(x), torch.from_numpy(w), padding=1)
    assert y.dtype == torch.int64
    np.testing.assert_array_equal(y.numpy(), conv(x.astype(float), w.astype(float), padding=1))


@pytest.mark.parametrize("dtype", [">u2", ">i4", ">f4", ">f8"])
def test_the_other_byte_order_is_the_same_picture(dtype: str) -> None:
    x = _picture((1, 3, 21, 34), dtype)
    native = x.dtype.newbyteorder("=")
    for w in (np.random.default_rng(1).standard_normal((3, 1, 3, 3)), np.ones((3, 1, 3, 3), dtype)):
        right = conv(x.astype(native), w.astype(w.dtype.newbyteorder("=")), groups=3, padding=1)
        np.testing.assert_array_equal(conv(x, w, groups=3, padding=1), right)
    deep, thick = _picture((1, 8, 21, 34), dtype), np.ones((8, 8, 3, 3), dtype)
    np.testing.assert_allclose(conv(deep, thick), conv(deep.astype(native), thick.astype(native)), rtol=1e-5, atol=1e-3)


def test_a_field_of_records_is_read_where_its_elements_lie_broken_steps_apart() -> None:
    records = np.zeros((1, 1, 12, 17), np.dtype([("mark", "u1"), ("height", "f4")]))
    records["height"] = _picture((1, 1, 12, 17), "float32")
    x, w = records["height"], np.arange(9.0, dtype=np.float32).reshape(1, 1, 3, 3)
    np.testing.assert_array_equal(conv(x, w), conv(x.copy(), w))


@pytest.mark.parametrize("types", list(product(("uint8", "float16", "int64"), ("float32", "float64", "int16"))))
def test_the_bits_are_the_same_on_any_number_of_threads(types: tuple[str, str]) -> None:
    x = _picture((1, 3, 301, 203), types[0])
    w = np.random.default_rng(1).standard_normal((3, 1, 7, 5)) * 100
    results = []
    for threads in (1, 2, 3):
        set_num_threads(threads)
        results.append(conv(x, w.astype(types[1]), groups=3, padding=2))
    set_num_threads(1)
    assert all(np.array_equal(results[0], other) for other in results[1:])


def test_the_input_is_never_copied_whole() -> None:
    x = _picture((1, 3, 1500, 2000), "uint8")
    w = np.ones((3, 1, 3, 3))
    conv(x[..., :40, :40], w, groups=3, padding=1)
    tracemalloc.start()
    y = conv(x, w / 9, groups=3, padding=1, out_dtype="uint8")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1.5 * y.nbytes


def test_a_prepared_convolution_gives_the_type_that_conv_gives() -> None:
    x, w = _picture((1, 3, 20, 30), "uint8"), np.random.default_rng(1).standard_normal((4, 3, 3, 3))
    prepared = prepare("Conv2d(3, 4, 3, padding=1, bias=False)", w)
    right = conv(x, w, padding=1)
    np.testing.assert_array_equal(prepared(x), right)
    out = np.empty_like(right)
    assert prepared(x, out=out) is out
    np.testing.assert_array_equal(out, right)
    np.testing.assert_array_equal(prepared(x, residual=right), right + right)
    with pytest.raises(ConvError, match="and type uint8, but the output has"):
        prepared(x, out=np.empty(right.shape, np.uint8))
    with pytest.raises(ConvError, match="and type >f8, but the output has"):
        prepared(x, out=np.empty(right.shape, ">f8"))


def test_a_plan_says_when_nothing_but_the_definition_is_left() -> None:
    spec, shape = "Conv2d(3, 3, 19, padding=9, groups=3)", (1, 3, 3000, 4000)
    for dtype, weight in product(BYTES, BYTES):
        assert planned(spec, shape, dtype=dtype, weight_dtype=weight).chosen.name == "depthwise"
    complicated = str(planned(spec, shape, dtype="complex64").why)
    assert complicated.startswith(
        "reference: every other algorithm refuses (the generated code computes real numbers of up to 64"
    )
    assert " ms expected; in float32, " in complicated
    deep = planned("Conv(2, 2, 3, rank=4)", (1, 2, 5, 5, 5, 5)).why
    assert "the generated code handles at most 3 spatial axes" in str(deep)
    assert "in float32" not in str(deep)


@pytest.mark.parametrize(("dtype", "said"), [("uint8", False), ("int16", False), ("int32", True), ("int64", True)])
def test_a_plan_says_that_the_numbers_decide(dtype: str, said: bool) -> None:
    chosen = planned("Conv2d(3, 3, 19, padding=9, groups=3)", (1, 3, 300, 400), dtype=dtype)
    assert (chosen.note is not None) is said
    assert ("2**53" in str(chosen)) is said
    assert (chosen.to_dict()["note"] is not None) is said
