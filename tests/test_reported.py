"""What users reported elsewhere, and the right value: one test a row of the table of reports, and the kind behind it.

Every number called "the row's" is copied from that table of public reports. What the row leaves open comes from a
peer (NumPy, scipy, torch) or from the sum written out by hand beside it. Sums are of small integers, so they are
exact. Rows that are not tested here are in ``LATER`` or ``ELSEWHERE``, each with its reason.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pytest
from scipy import ndimage, signal

from kaiyan import Conv, ConvError, conv, conv_transpose, layers_between, matrix, receptive_field
from kaiyan.reference.backward import input_gradient, weight_gradient

if TYPE_CHECKING:
    from collections.abc import Callable

Test = TypeVar("Test", bound="Callable[..., None]")

TABLE = (
    *(1, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 16, 17, 19, 20),
    *(22, 23, 25, 26, 28, 29),
    *(30, 32, 34, 37, 38, 40, 41, 43),
    *(46, 47, 49, 50, 52, 53, 55, 56, 58, 59, 61, 62),
    *(64, 66, 67, 68, 70, 71, 73),
    *(74, 76, 77, 79, 80, 81, 82, 83, 85, 86, 88, 89, 91),
    *(92, 94, 95, 97, 98, 100, 101, 103, 104),
    *(105, 107, 108, 111, 112, 113, 115, 116),
    *(117, 119, 120, 121, 122),
    *(124, 125, 127, 128, 129),
)
"""The number of every row in the table; numbers that are missing were taken out of it."""

LATER = {
    52: "more than 2³¹ elements need 8 GB; comes with the split into tiles",
    62: "cuDNN's settings: GPU",
    74: "speed: FFT for large kernels",
    79: "speed: the cost model of the FFT with groups",
    80: "speed: overlap-add for 1-D kernels as long as a reverb",
    82: "speed: the timing helper that synchronises a device",
    86: "speed: column times row by FFT in 50 ms",
    88: "tiling: the planner that splits by batch, channel or halo",
    89: "tiling: seams and halos",
    124: "training: learning a known filter",
    128: "visual pages: colours and scale of feature maps",
    129: "faces: thresholds, unknown persons, splits",
}
"""Rows that belong to work that is not done yet."""

ELSEWHERE = {
    76: "tests/ops/test_arrays.py: extra memory below 300 MB",
    77: "tests/ops/test_arrays.py: bounded workspace",
}
"""Rows that another file of tests answers."""

ROWS: dict[int, list[str]] = {}
"""The tests of each row, filled by ``row``."""


def row(*numbers: int) -> Callable[[Test], Test]:
    """Registers a test as that of these rows."""

    def register(test: Test) -> Test:
        for number in numbers:
            ROWS.setdefault(number, []).append(test.__name__)
        return test

    return register


def _numpy(values: Any, dtype: str = "float64") -> Any:
    return np.asarray(values, dtype=dtype)


def _torch(values: Any, dtype: str = "float64") -> Any:
    torch = pytest.importorskip("torch", reason="the torch half of the test needs torch")
    return torch.from_numpy(np.array(values, dtype=dtype))


@pytest.fixture(params=[_numpy, _torch], ids=["numpy", "torch"])
def array(request: pytest.FixtureRequest) -> Any:
    """What turns nested lists into an array of one library."""
    request.param([0])
    return request.param


def _same(y: Any, expected: Any, dtype: str | None = None) -> None:
    """Equal to the bit in values and shape, NaN to NaN; and in type where one is given."""
    found = np.asarray(y)
    wanted = np.asarray(expected)
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found, wanted)
    assert dtype is None or found.dtype.name == dtype


def _line(array: Any, x: Any, w: Any, **options: Any) -> Any:
    """One signal and one kernel through ``conv``, as a NumPy array."""
    dtype = options.pop("dtype", "float64")
    return np.asarray(conv(array([[x]], dtype), array([[w]], dtype), **options))[0, 0]


def _refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ConvError) as caught:
        call()
    return str(caught.value)


def test_every_row_is_tested_here_or_has_a_reason_and_none_has_both() -> None:
    parts = [*ROWS, *LATER, *ELSEWHERE]
    assert sorted(parts) == sorted(TABLE)
    assert all((LATER | ELSEWHERE).values())
    assert all(callable(globals()[name]) and name.startswith("test_") for names in ROWS.values() for name in names)


# --- A. padding and "same"


@row(1)
def test_issue_3867_same_with_stride_gives_tensorflows_values(array: Any) -> None:
    x, w = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1]
    _same(_line(array, x, w, stride=2, padding="same"), [6, 12, 18, 15])
    _same(_line(array, x, w, stride=2, padding="same_lower"), [3, 9, 15, 21])
    _same(_line(array, x, w, stride=2, padding=1), [3, 9, 15, 21])


@row(1)
def test_issue_67551_same_is_the_explicit_zeros_of_its_formula_at_every_stride(array: Any) -> None:
    rng = np.random.default_rng(1)
    for n in range(1, 12):
        for k, s, d in [(1, 3, 1), (2, 2, 1), (3, 2, 1), (4, 3, 1), (5, 2, 2), (3, 4, 3)]:
            x, w = rng.integers(-5, 6, n), rng.integers(-5, 6, k)
            total = max((math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n, 0)
            sides = {"same": (total // 2, total - total // 2), "same_lower": (total - total // 2, total // 2)}
            for word, pads in sides.items():
                padded = np.pad(x, pads)
                expected = [
                    sum(w[t] * padded[o * s + t * d] for t in range(k) if o * s + t * d < len(padded))
                    for o in range(math.ceil(n / s))
                ]
                _same(_line(array, x, w, stride=s, dilation=d, padding=word), expected)


@row(3)
def test_row_003_same_gives_the_ceiling_of_n_over_stride() -> None:
    assert Conv(kernel_size=1, stride=3, padding="same").output_shape((1, 1, 28)) == (1, 1, 10)
    assert Conv(kernel_size=1, stride=3, padding="same").pads((1, 1, 28)) == ((0, 0),)
    assert Conv(kernel_size=6, stride=5, padding="same").output_shape((1, 1, 13)) == (1, 1, 3)
    assert Conv(kernel_size=6, stride=5, padding="same").pads((1, 1, 13)) == ((1, 2),)
    for n in range(1, 30):
        for s in range(1, 7):
            for k in range(1, 8):
                assert Conv(kernel_size=k, stride=s, padding="same").output_shape((1, 1, n))[2] == math.ceil(n / s)


@row(4)
def test_row_004_height_and_width_keep_their_own_kernel_and_stride(array: Any) -> None:
    spec = Conv(1, 1, (3, 5), stride=(2, 1), padding="same")
    assert spec.pads((1, 1, 8, 9)) == ((0, 1), (2, 2))
    assert spec.output_shape((1, 1, 8, 9)) == (1, 1, 4, 9)
    x, w = np.arange(72.0).reshape(8, 9), np.arange(15.0).reshape(3, 5)
    expected = signal.correlate2d(np.pad(x, ((0, 1), (2, 2))), w, "valid")[::2]
    _same(conv(array([[x]]), array([[w]]), stride=(2, 1), padding="same")[0, 0], expected)


@row(5)
def test_row_005_a_torch_layer_read_and_made_same_keeps_its_weights_layout() -> None:
    torch = pytest.importorskip("torch", reason="reads a torch layer")
    layer = torch.nn.Conv2d(2, 3, 3, stride=2)
    with torch.no_grad():
        layer.weight.copy_(torch.arange(54.0).reshape(3, 2, 3, 3) - 20)
        layer.bias.copy_(torch.tensor([1.0, -2.0, 3.0]))
    spec = Conv.from_module(layer).replace(padding="same")
    assert spec.output_shape((1, 2, 7, 7)) == (1, 3, 4, 4)
    assert spec.pads((1, 2, 7, 7)) == ((1, 1), (1, 1))
    assert spec.weight_shape == tuple(layer.weight.shape)
    for n, pads in [(7, (1, 1, 1, 1)), (8, (0, 1, 0, 1))]:
        x = torch.arange(2.0 * n * n).reshape(1, 2, n, n)
        expected = layer(torch.nn.functional.pad(x, pads)).detach()
        _same(conv(x, layer.weight, layer.bias, stride=2, padding="same").detach(), expected)


@row(7)
def test_row_007_half_the_kernel_keeps_the_size_only_where_the_reach_is_odd(array: Any) -> None:
    assert Conv(kernel_size=4, padding=2).output_shape((1, 1, 3)) == (1, 1, 4)
    assert Conv(kernel_size=4, padding="same").output_shape((1, 1, 3)) == (1, 1, 3)
    assert len(_line(array, [1, 2, 3], [1, 10, 100, 1000], padding=2)) == 4
    assert "+ 2 + 2 − 4) / 1⌋ + 1 = 4" in str(Conv(kernel_size=4, padding=2).derive((1, 1, 3)))
    for k in range(1, 9):
        for d in range(1, 5):
            reach = d * (k - 1) + 1
            spec = Conv(kernel_size=k, dilation=d, padding=reach // 2)
            assert spec.output_shape((1, 1, 11))[2] == 11 + (reach % 2 == 0)


@row(8)
def test_issue_17150_every_side_has_its_own_padding(array: Any) -> None:
    padding = ((0, 1), (0, 1))
    assert Conv(1, 1, 3, padding=padding, rank=2).output_shape((1, 1, 5, 5)) == (1, 1, 4, 4)
    rng = np.random.default_rng(8)
    for sides in [padding, ((2, 0), (1, 3)), ((0, 0), (4, 0))]:
        x, w = rng.integers(-4, 5, (5, 5)), rng.integers(-4, 5, (3, 3))
        y = conv(array([[x]]), array([[w]]), padding=sides)[0, 0]
        _same(y, signal.correlate2d(np.pad(x, sides), w, "valid"))
    message = _refusal(lambda: conv(array(np.ones((1, 1, 5, 5))), array(np.ones((1, 1, 3, 3))), padding=(1, 0, 2, 3)))
    assert "((2, 3), (1, 0))" in message


@row(9)
def test_issue_1333_causal_padding_is_on_the_left_alone(array: Any) -> None:
    _same(_line(array, [1, 2, 3, 4], [1, 10], padding="causal"), [10, 21, 32, 43])
    expected = [100, 200, 310, 420, 531, 642, 753, 864, 975, 1086]
    _same(_line(array, range(1, 11), [1, 10, 100], dilation=2, padding="causal"), expected)
    for k in range(1, 6):
        for d in range(1, 4):
            assert Conv(kernel_size=k, dilation=d, padding="causal").pads((1, 1, 9)) == ((d * (k - 1), 0),)


@row(10)
def test_row_010_a_causal_output_sees_no_later_input(array: Any) -> None:
    rng = np.random.default_rng(10)
    for k, d in [(2, 1), (3, 2), (4, 3), (1, 1)]:
        x, w = rng.integers(-9, 10, 12), rng.integers(1, 9, k)
        y = _line(array, x, w, dilation=d, padding="causal")
        assert len(y) == 12
        for t in range(12):
            changed = np.concatenate([x[: t + 1], rng.integers(100, 200, 11 - t)])
            z = _line(array, changed, w, dilation=d, padding="causal")
            _same(z[: t + 1], y[: t + 1])
            assert t == 11 or z[t + 1] != y[t + 1] or w[-1] == 0


@row(11)
def test_issue_189236_symmetric_repeats_the_edge_and_reflect_does_not(array: Any) -> None:
    def padded(mode: str) -> Any:
        return _line(array, [1, 2, 3], [1], padding=2, padding_mode=mode)

    _same(padded("symmetric"), [2, 1, 1, 2, 3, 3, 2])
    _same(padded("reflect"), [3, 2, 1, 2, 3, 2, 1])
    _same(padded("replicate"), [1, 1, 1, 2, 3, 3, 3])
    _same(padded("circular"), [2, 3, 1, 2, 3, 1, 2])
    _same(padded("zeros"), [0, 0, 1, 2, 3, 0, 0])
    _same(padded("constant(7)"), [7, 7, 1, 2, 3, 7, 7])


@row(11)
def test_issue_189236_other_libraries_names_are_taken_with_their_namespace(array: Any) -> None:
    names = {
        "reflect": ["numpy:reflect", "torch:reflect", "scipy:mirror", "opencv:BORDER_REFLECT_101"],
        "symmetric": ["numpy:symmetric", "scipy:reflect", "opencv:BORDER_REFLECT"],
        "edge": ["numpy:edge", "torch:replicate", "scipy:nearest", "opencv:BORDER_REPLICATE"],
        "wrap": ["numpy:wrap", "torch:circular", "scipy:grid-wrap", "opencv:BORDER_WRAP"],
        "constant": ["numpy:constant", "torch:zeros", "scipy:constant", "opencv:BORDER_CONSTANT"],
    }
    for mode, aliases in names.items():
        expected = np.pad([1.0, 2.0, 3.0, 5.0], 3, mode=mode)  # type: ignore[call-overload]
        for alias in aliases:
            _same(_line(array, [1, 2, 3, 5], [1], padding=3, padding_mode=alias), expected)


@row(13)
def test_issue_134840_a_border_wraps_and_bounces_as_often_as_it_has_to(array: Any) -> None:
    y = _line(array, [1, 2, 3], [1], padding=((4, 0),), padding_mode="circular")
    _same(y, [3, 1, 2, 3, 1, 2, 3])
    modes = {"circular": "wrap", "reflect": "reflect", "symmetric": "symmetric", "replicate": "edge"}
    for n in range(1, 5):
        for pads in [(0, 9), (11, 0), (7, 8)]:
            for ours, numpys in modes.items():
                expected = np.pad(np.arange(1.0, n + 1), pads, mode=numpys)  # type: ignore[call-overload]
                _same(_line(array, range(1, n + 1), [1], padding=(pads,), padding_mode=ours), expected)


@row(14)
def test_issue_152152_an_unbatched_volume_is_one_for_every_mode(array: Any) -> None:
    x, w = array(np.arange(100.0).reshape(1, 1, 10, 10)), array(np.arange(270.0).reshape(10, 1, 3, 3, 3))
    for mode in ("zeros", "constant(2)", "reflect", "replicate", "circular", "symmetric"):
        alone = conv(x, w, padding=1, padding_mode=mode)
        assert tuple(alone.shape) == (10, 1, 10, 10)
        _same(alone, conv(x[None], w, padding=1, padding_mode=mode)[0])
        assert Conv(1, 10, 3, padding=1, rank=3, padding_mode=mode).output_shape((1, 1, 10, 10)) == (10, 1, 10, 10)
    message = _refusal(lambda: conv(x[:, :0], w, padding=((2, 1), 1, 1), padding_mode="reflect"))
    assert "axis D has 0 elements" in message


@row(16)
def test_issue_24504_a_circular_border_on_one_side_is_padded(array: Any) -> None:
    x = np.arange(25.0).reshape(5, 5)
    y = conv(array([[x]]), array([[[[1]]]]), padding=((3, 0), (4, 0)), padding_mode="circular")[0, 0]
    assert tuple(y.shape) == (8, 9)
    _same(y, np.pad(x, ((3, 0), (4, 0)), mode="wrap"))


@row(17)
def test_issue_20981_circular_padding_is_on_each_side(array: Any) -> None:
    assert Conv(1, 1, 3, padding=1, padding_mode="circular").output_shape((1, 1, 512, 512)) == (1, 1, 512, 512)
    for p in range(5):
        x = np.arange(42.0).reshape(6, 7)
        y = conv(array([[x]]), array([[[[1]]]]), padding=p, padding_mode="circular")[0, 0]
        _same(y, np.pad(x, p, mode="wrap"))


@row(19)
def test_issue_86690_circular_padding_is_numpys_wrap(array: Any) -> None:
    x, w = np.arange(16.0).reshape(4, 4), np.arange(9.0).reshape(3, 3)
    padding = ((2, 2), (1, 1))
    _same(
        conv(array([[x]]), array([[[[1]]]]), padding=padding, padding_mode="circular")[0, 0],
        np.pad(x, padding, mode="wrap"),
    )
    _same(
        conv(array([[x]]), array([[w]]), padding=padding, padding_mode="circular")[0, 0],
        signal.correlate2d(np.pad(x, padding, mode="wrap"), w, "valid"),
    )


@row(20)
def test_issue_95123_transposed_same_gives_input_times_stride(array: Any) -> None:
    spec = Conv(1, 1, 3, stride=2, padding="same", transposed=True)
    assert spec.output_shape((1, 1, 4)) == (1, 1, 8)
    for n in range(1, 6):
        for k in range(1, 6):
            for s in range(1, 4):
                for word in ("same", "same_lower", "causal"):
                    y = conv_transpose(array(np.ones((1, 1, n))), array(np.ones((1, 1, k))), stride=s, padding=word)
                    assert tuple(y.shape) == (1, 1, n * s)
    message = _refusal(lambda: Conv(1, 1, 3, padding="smae", transposed=True))
    assert "'smae'" in message
    assert "same_lower" in message


# --- B. transposed convolution


@row(22)
def test_issue_56328_output_padding_chooses_among_the_sizes_that_shrink_to_the_input(array: Any) -> None:
    down = Conv(1, 1, 3, stride=2, rank=1)
    assert [down.output_shape((1, 1, n))[2] for n in (7, 8)] == [3, 3]
    x, w = array([[[1, 2, 3]]]), array([[[1, 10, 100]]])
    _same(conv_transpose(x, w, stride=2), [[[1, 10, 102, 20, 203, 30, 300]]])
    _same(conv_transpose(x, w, stride=2, output_padding=1), [[[1, 10, 102, 20, 203, 30, 300, 0]]])
    assert any(way.output_shape((1, 1, 3)) == (1, 1, 8) for way in layers_between(3, 8))
    for k, s, d, p in [(3, 2, 1, 0), (4, 3, 1, 1), (3, 5, 2, 2), (2, 4, 1, 0)]:
        up = Conv(kernel_size=k, stride=s, dilation=d, padding=p, transposed=True)
        forward = Conv(kernel_size=k, stride=s, dilation=d, padding=p)
        for m in range(3, 7):
            legal = [n for n in range(1, 60) if n + 2 * p > d * (k - 1) and forward.output_shape((1, 1, n))[2] == m]
            sizes = [up.replace(output_padding=o).output_shape((1, 1, m))[2] for o in range(s)]
            assert sizes == legal
            assert list(up.output_sizes((1, 1, m))[0])[:s] == legal


@row(23)
def test_issue_106450_the_refusal_of_an_output_padding_names_the_axis_and_the_largest(array: Any) -> None:
    message = _refusal(lambda: Conv(1, 1, 3, output_padding=1, transposed=True, rank=1))
    assert "axis L" in message
    assert "output_padding=0 is the largest" in message
    message = _refusal(lambda: Conv(1, 1, 3, stride=(3, 2), output_padding=(1, 2), transposed=True))
    assert "axis W" in message
    assert "output_padding=1 is the largest" in message
    _same(conv_transpose(array([[[1, 2, 3]]]), array([[[1, 1, 1]]])), [[[1, 3, 6, 5, 3]]])
    assert Conv(kernel_size=3, transposed=True).output_sizes((1, 1, 3)) == (range(5, 6),)
    dilated = conv_transpose(array([[[1, 2, 3]]]), array([[[1, 10, 100]]]), dilation=3, output_padding=2)
    _same(dilated, [[[1, 2, 3, 10, 20, 30, 100, 200, 300, 0, 0]]])


@row(23)
def test_issue_106450_the_refusal_with_an_input_says_which_sizes_are_reachable() -> None:
    message = _refusal(lambda: conv_transpose(np.ones((1, 1, 3)), np.ones((1, 1, 3)), output_padding=1))
    assert "5" in re.findall(r"\d+", message)  # three inputs and three taps, one apart, reach 5 and nothing else


@row(25)
def test_row_025_padding_of_a_transposed_convolution_crops_its_output(array: Any) -> None:
    x, w = array([[[1, 2]]]), array([[[1, 10, 100]]])
    _same(conv_transpose(x, w, stride=2), [[[1, 10, 102, 20, 200]]])
    _same(conv_transpose(x, w, stride=2, padding=1), [[[10, 102, 20]]])
    for before in range(3):
        for after in range(5 - before):
            y = conv_transpose(x, w, stride=2, padding=((before, after),))
            _same(y, [[[1, 10, 102, 20, 200][before : 5 - after]]])


@row(26)
def test_row_026_transposed_same_upper_crops_the_odd_element_at_the_end(array: Any) -> None:
    x, w = array([[[[2, 3], [4, 5]]]]), array([[np.arange(2, 11).reshape(3, 3)]])
    full = conv_transpose(x, w)[0, 0]
    _same(full, signal.convolve2d([[2, 3], [4, 5]], np.arange(2, 11).reshape(3, 3)))
    _same(conv_transpose(x, w, padding="onnx:SAME_UPPER")[0, 0], [[49, 63], [91, 105]])
    _same(full[1:3, 1:3], [[49, 63], [91, 105]])
    odd = [1, 10, 102, 20, 200]
    y, z = array([[[1, 2]]]), array([[[1, 10, 100]]])
    _same(conv_transpose(y, z, stride=2, padding="onnx:SAME_UPPER"), [[odd[:-1]]])
    _same(conv_transpose(y, z, stride=2, padding="onnx:SAME_LOWER"), [[odd[1:]]])


@row(28)
def test_issue_1565_dilation_counts_in_a_transposed_convolution(array: Any) -> None:
    options: dict[str, Any] = {"stride": 2, "padding": 1, "output_padding": 1, "dilation": 2}
    y = conv_transpose(array(np.ones((1, 1, 6))), array(np.ones((1, 1, 3))), **options)
    _same(y, [[[0, 2, 0, 3, 0, 3, 0, 3, 0, 3, 0, 2, 0, 1]]])
    assert Conv(kernel_size=3, transposed=True, **options).output_shape((1, 1, 6)) == (1, 1, 14)


@row(29)
def test_row_029_a_transposed_convolution_takes_every_type_that_a_forward_one_takes(array: Any) -> None:
    for dtype in ("uint8", "int8", "int16", "int32", "int64", "bool", "float32", "float64", "complex64"):
        ones = array(np.ones((1, 1, 2, 2)), dtype)
        returned = dtype if dtype.startswith(("float", "complex")) else "int64"
        _same(conv_transpose(ones, ones), [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]], returned)
        _same(conv(ones, ones), [[[[4]]]], returned)


# --- C. messages


@row(30)
def test_row_030_an_image_with_its_channels_last_is_told_how_to_turn(array: Any) -> None:
    message = _refusal(lambda: Conv(3, 10, 3).output_shape((1, 361, 424, 3)))
    assert "(1, 3, 361, 424)" in message
    assert "(0, 3, 1, 2)" in message
    x, w = array(np.ones((1, 6, 7, 3))), array(np.ones((2, 3, 3, 3)))
    assert "(1, 3, 6, 7)" in _refusal(lambda: conv(x, w))
    assert tuple(conv(array(np.ones((1, 6, 7, 3)).transpose(0, 3, 1, 2)), w).shape) == (1, 2, 4, 5)


@row(32)
def test_row_032_no_layout_is_guessed_where_no_axis_matches(array: Any) -> None:
    x, w = array(np.ones((1, 16, 12, 12))), array(np.ones((6, 4, 3, 3)))
    for call in (lambda: Conv(4, 64, 3).output_shape((1, 16, 128, 128)), lambda: conv(x, w)):
        message = _refusal(call)
        assert "16 channels" in message
        assert "4 are expected" in message
        assert "permute" not in message
        assert "last" not in message


@row(34)
def test_row_034_an_empty_axis_is_named_with_its_size_before_padding(array: Any) -> None:
    message = _refusal(lambda: Conv(3, 4, 3, padding=1).output_shape((1, 3, 256, 0)))
    assert "on axis W" in message
    assert "the input has 0" in message
    x, w = array(np.ones((1, 3, 0, 8))), array(np.ones((2, 3, 3, 3)))
    message = _refusal(lambda: conv(x, w, padding=1))
    assert "on axis H" in message
    assert "the input has 0" in message


@row(37)
def test_issue_64145_bytes_and_float_weights_promote(array: Any) -> None:
    x, w = np.arange(768).reshape(4, 3, 8, 8) % 256, np.arange(54).reshape(2, 3, 3, 3) % 5
    y = conv(array(x, "uint8"), array(w, "float32"))
    _same(y, conv(array(x, "float32"), array(w, "float32")), "float32")
    assert np.asarray(y)[0, 0, 0, 0] == (x[0, :, :3, :3] * w[0]).sum()


@row(38)
def test_row_038_double_and_float_promote(array: Any) -> None:
    x, w = np.arange(24.0).reshape(1, 2, 3, 4) + 2.0**30 + 0.5, np.arange(8.0).reshape(1, 2, 2, 2)
    expected = signal.correlate(x[0], w[0], "valid", method="direct")[None]
    _same(conv(array(x), array(w, "float32")), expected, "float64")
    _same(conv(array(w, "float32"), array(w)), [[[[140]]]], "float64")


@row(40)
def test_issue_71080_groups_below_one_are_refused(array: Any) -> None:
    x, w = array(np.ones((1, 4, 5, 5))), array(np.ones((4, 4, 3, 3)))
    for groups in (0, -1, -4):
        for call in (partial(Conv, 4, 4, 3, groups=groups), partial(conv, x, w, groups=groups)):
            assert f"groups is {groups}" in _refusal(call)


@row(41)
def test_issue_27598_a_stride_of_zero_is_refused_when_the_description_is_made(array: Any) -> None:
    for name in ("stride", "dilation", "kernel_size"):
        sizes: dict[str, Any] = {"kernel_size": 3, name: 0}
        message = _refusal(partial(Conv, **sizes))
        assert f"{name} is 0" in message
    assert "stride is 0" in _refusal(lambda: conv(array([[[1, 2]]]), array([[[1]]]), stride=0))
    assert "stride is 0" in _refusal(lambda: Conv(1, 1, 3, stride=0, transposed=True))


@row(43)
def test_row_043_a_sequence_with_its_channels_last_is_told_how_to_turn(array: Any) -> None:
    x, w = np.ones((32, 10, 8)), array(np.ones((16, 8, 3)))
    message = _refusal(lambda: Conv(8, 16, 3, rank=1).output_shape((32, 10, 8)))
    assert "(0, 2, 1)" in message
    assert "(0, 2, 1)" in _refusal(lambda: conv(array(x), w))
    assert tuple(conv(array(x.transpose(0, 2, 1)), w).shape) == (32, 16, 8)


# --- D. wrong numbers


@row(46)
def test_issue_56998_without_input_channels_the_output_is_the_bias(array: Any) -> None:
    y = conv(array(np.ones((2, 0, 5, 5))), array(np.ones((3, 0, 3, 3))), array([0, 1, 2]))
    _same(y, np.broadcast_to(np.arange(3.0)[:, None, None], (2, 3, 3, 3)))
    _same(conv(array(np.ones((2, 0, 5, 5))), array(np.ones((3, 0, 3, 3)))), np.zeros((2, 3, 3, 3)))


@row(47)
def test_issue_31425_an_empty_axis_with_padding_gives_zeros_of_the_right_size(array: Any) -> None:
    x, w = array(np.ones((2, 32, 0, 5))), array(np.ones((32, 32, 2, 2)))
    _same(conv(x, w, padding=1), np.zeros((2, 32, 1, 6)))
    bias = np.arange(32.0)
    _same(conv(x, w, array(bias), padding=1), np.broadcast_to(bias[:, None, None], (2, 32, 1, 6)))
    assert tuple(conv(array(np.ones((0, 32, 4, 5))), w).shape) == (0, 32, 3, 4)


@row(49)
def test_issue_163347_bfloat16_sums_all_its_taps() -> None:
    torch = pytest.importorskip("torch", reason="torch has bfloat16 tensors")
    import ml_dtypes

    for size in (2, 3, 5):
        halves = torch.ones((1, 1, size, size), dtype=torch.bfloat16)
        y = conv(halves, halves)
        assert y.dtype == torch.bfloat16
        assert y.item() == size * size
        numpys = np.ones((1, 1, size, size), ml_dtypes.bfloat16)
        z = conv(numpys, numpys)
        assert z.dtype == numpys.dtype
        assert float(z[0, 0, 0, 0]) == size * size


@row(50)
def test_issue_82060_channels_last_weights_give_the_same_numbers() -> None:
    torch = pytest.importorskip("torch", reason="memory formats are torch's")
    x = (torch.arange(10000.0) % 17).reshape(1, 1, 100, 100)
    w = (torch.arange(576.0) % 11 - 5).reshape(64, 1, 3, 3)
    expected = conv(x, w, padding=1)
    last = torch.channels_last
    assert torch.equal(conv(x, w.to(memory_format=last), padding=1), expected)
    assert torch.equal(conv(x.to(memory_format=last), w.to(memory_format=last), padding=1), expected)
    corner = signal.correlate2d(x[0, 0, :4, :4].numpy(), w[5, 0].numpy(), "valid")
    _same(expected[0, 5, 1:3, 1:3], corner)


@row(53)
def test_issue_19912_every_group_reads_its_own_channels(array: Any) -> None:
    x = np.zeros((1, 4, 1, 1))
    x[0, 3] = 1
    y = conv(array(x), array(np.ones((16, 2, 1, 1))), groups=2)
    _same(y.reshape(16), [0] * 8 + [1] * 8)


@row(55)
def test_issue_50042_a_depthwise_weight_gradient_is_right_at_every_channel_count() -> None:
    torch = pytest.importorskip("torch", reason="autograd is torch's")
    expected = [[4, 6, 6], [6, 9, 9], [6, 9, 9]]
    for C in (1, 8, 23, 24, 25, 32):
        w = torch.ones((C, 1, 3, 3), requires_grad=True)
        conv(torch.ones((1, C, 6, 6)), w, stride=2, padding=1, groups=C).sum().backward()
        _same(w.grad, np.broadcast_to(np.array(expected), (C, 1, 3, 3)))
        spec = Conv(C, C, 3, stride=2, padding=1, groups=C, rank=2)
        found = weight_gradient(np.ones((1, C, 3, 3)), np.ones((1, C, 6, 6)), spec)
        _same(found, np.broadcast_to(np.array(expected), (C, 1, 3, 3)))


@row(56)
def test_issue_25101_the_input_gradient_is_zero_where_nothing_was_read() -> None:
    torch = pytest.importorskip("torch", reason="autograd is torch's")
    spec = Conv(9, 3, 5, stride=3, padding=1, rank=2)
    assert spec.output_shape((1, 9, 32, 32)) == (1, 3, 10, 10)
    assert spec.unread((1, 9, 32, 32)) == (range(31, 32), range(31, 32))
    readers = np.array([sum(3 * o - 1 <= i <= 3 * o + 3 for o in range(10)) for i in range(32)])
    expected = np.broadcast_to(3.0 * np.outer(readers, readers), (1, 9, 32, 32))
    x = torch.ones((1, 9, 32, 32), requires_grad=True)
    conv(x, torch.ones((3, 9, 5, 5)), stride=3, padding=1).sum().backward()
    for found in (
        x.grad.numpy(),
        input_gradient(np.ones((1, 3, 10, 10)), np.ones((3, 9, 5, 5)), spec, (1, 9, 32, 32)),
    ):
        _same(found, expected)
        assert (found[..., 31] == 0).all()
        assert found[0, 0, 0, 30] == 3  # row 0 has one reader; rows with two have 6


@row(58)
def test_issue_55781_slices_and_other_strides_are_read_as_they_are(array: Any) -> None:
    whole = np.arange(2 * 3 * 2 * 3 * 3) % 13 - 6
    w = array(whole.reshape(2, 3, 2, 3, 3))
    x = np.arange(270).reshape(1, 3, 9, 10) % 7
    expected = conv(array(x), array(whole.reshape(2, 3, 2, 3, 3)[:, :, 1].copy()))
    _same(conv(array(x), w[:, :, 1]), expected)
    turned = array(np.ascontiguousarray(x.transpose(0, 2, 3, 1)))
    last = turned.transpose(0, 3, 1, 2) if isinstance(turned, np.ndarray) else turned.permute(0, 3, 1, 2)
    _same(conv(last, w[:, :, 1]), expected)
    _same(
        conv(last[:, :1], w[:, :1, 1]),
        conv(array(x[:, :1].copy()), array(whole.reshape(2, 3, 2, 3, 3)[:, :1, 1].copy())),
    )
    _same(
        conv(last[:, :, ::2, 1::3], w[:, :, 1], padding=1),
        conv(array(x[:, :, ::2, 1::3].copy()), w[:, :, 1], padding=1),
    )


@row(58)
def test_issue_192212_reversed_and_broadcast_numpy_arrays_are_read_as_they_are() -> None:
    x, w = np.arange(30.0).reshape(1, 2, 3, 5), np.arange(12.0).reshape(2, 2, 1, 3)
    _same(conv(x[..., ::-1], w), conv(x[..., ::-1].copy(), w))
    _same(conv(x, w[::-1, :, :, ::-1]), conv(x, w[::-1, :, :, ::-1].copy()))
    wide = np.broadcast_to(np.arange(5.0), (2, 2, 3, 5))
    _same(conv(wide, w), conv(wide.copy(), w))
    _same(conv(np.asfortranarray(x), np.asfortranarray(w)), conv(x, w))


@row(59)
def test_issue_173902_padding_reckoned_from_the_length_gives_the_size() -> None:
    sizes = {174: 87, 175: 88, 249: 125}
    for L, expected in sizes.items():
        padding = math.ceil((4 + L % 2) / 2) - 1
        assert Conv(1, 1, 4, stride=2, padding=padding, rank=1).output_shape((1, 1, L)) == (1, 1, expected)
        assert tuple(conv(np.ones((1, 1, L)), np.ones((1, 1, 4)), stride=2, padding=padding).shape) == (1, 1, expected)


@row(61)
def test_issue_81694_integers_give_a_row_the_same_bits_in_every_batch(array: Any) -> None:
    rng = np.random.default_rng(61)
    x, w = rng.integers(-128, 128, (7, 5, 9, 8)), rng.integers(-128, 128, (4, 5, 3, 2))
    whole = conv(array(x, "int32"), array(w, "int32"))
    for N in range(1, 8):
        _same(conv(array(x[:N], "int32"), array(w, "int32")), np.asarray(whole)[:N], "int64")


@row(61)
def test_issue_91612_the_numpy_reference_gives_a_row_the_same_bits_in_every_batch() -> None:
    rng = np.random.default_rng(62)
    x, w = rng.standard_normal((7, 5, 9, 8), np.float32), rng.standard_normal((4, 5, 3, 2), np.float32)
    whole = conv(x, w)
    for N in range(1, 8):
        _same(conv(x[:N], w), whole[:N], "float32")


# --- E. types


@row(64)
def test_issue_882_integers_are_summed_exactly(array: Any) -> None:
    _same(
        conv(array(np.full((1, 1, 3, 3), 255), "uint8"), array(np.ones((1, 1, 3, 3)), "uint8")), [[[[2295]]]], "int64"
    )
    _same(_line(array, [100, 100], [1, 1], dtype="int8"), [200], "int64")
    for dtype in ("uint8", "int8", "int16", "int32"):
        for end in (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)):
            y = conv(array([[[end] * 3], [[1] * 3]], dtype), array([[[end, end, 1]]], dtype))
            _same(y, [[[2 * end * end + end]], [[2 * end + 1]]], "int64")


@row(66)
def test_row_066_bools_count_and_mixed_integers_promote(array: Any) -> None:
    y = conv(array(np.ones((1, 1, 3, 3)), "bool"), array(np.ones((1, 1, 2, 2)), "bool"))
    _same(y, np.full((1, 1, 2, 2), 4), "int64")
    z = conv(array(np.full((1, 1, 3, 3), 255), "uint8"), array(np.ones((1, 1, 3, 3)), "int32"))
    _same(z, [[[[2295]]]], "int32")


@row(67)
def test_row_067_int64_keeps_its_low_bits(array: Any) -> None:
    for x in ([2**53 + 1, 1], [2**62 - 1, 2**61 + 3], [-(2**60) - 1, 7]):
        _same(_line(array, x, [1], dtype="int64"), x, "int64")
        _same(_line(array, x, [1, -1], dtype="int64"), [x[0] - x[1]], "int64")
    message = _refusal(lambda: _line(array, [2**62, 2**62], [1, 1], dtype="int64"))
    assert str(2**63) in message


@row(68)
def test_row_068_a_border_or_kernel_that_is_not_whole_makes_integers_floats(array: Any) -> None:
    y = _line(array, [1, 2, 3, 2, 1], [1, 1, 1], dtype="int64", padding="same", padding_mode="constant(0.1)")
    _same(y, [3.1, 6, 7, 6, 3.1], "float64")
    z = _line(array, [1, 2, 3, 2, 1], [1, 1, 1], dtype="int64", padding="same", padding_mode="constant(nan)")
    _same(z, [math.nan, 6, 7, 6, math.nan], "float64")
    halves = conv(
        array([[[1, 2, 4]]], "int64"), array([[[0.5, 0.5, 0]]]), flip=True, padding="same", padding_mode="symmetric"
    )
    _same(halves, [[[1.5, 3, 4]]], "float64")  # (1+2)/2, (2+4)/2, (4+4)/2; scipy returned [1, 3, 4]


@row(70)
def test_row_070_a_sobel_of_bytes_has_a_sign_and_saturates_on_request(array: Any) -> None:
    x = array([[[[255, 255, 255, 0, 0, 0]] * 3]], "uint8")
    w = array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]], "int8")
    options: dict[str, Any] = {"padding": "same", "padding_mode": "replicate"}
    _same(conv(x, w, **options)[0, 0, 1], [0, 0, -1020, -1020, 0, 0], "int64")
    _same(conv(x, w, flip=True, **options)[0, 0, 1], [0, 0, 1020, 1020, 0, 0], "int64")
    kinds = {"uint8": 0, "int8": -128, "int16": -1020}
    for name, least in kinds.items():
        out_dtype = array([0], name).dtype
        _same(conv(x, w, out_dtype=out_dtype, saturate=True, **options)[0, 0, 1], [0, 0, least, least, 0, 0], name)
    message = _refusal(lambda: conv(x, w, out_dtype=array([0], "uint8").dtype, **options))
    assert "-1020" in message
    assert "saturate=True" in message


@row(71)
def test_row_071_a_white_picture_stays_white_under_a_gaussian(array: Any) -> None:
    for sigma in (0.5, 1, 2.7):
        taps = np.exp(-0.5 * (np.arange(-4, 5) / sigma) ** 2)
        w = array([[np.outer(taps, taps) / taps.sum() ** 2]])
        for mode in ("reflect", "symmetric", "replicate", "circular", "constant(255)"):
            x = array(np.full((1, 1, 11, 7), 255), "uint8")
            y = conv(x, w, padding="same", padding_mode=mode, out_dtype=x.dtype)
            _same(y, np.full((1, 1, 11, 7), 255), "uint8")


@row(73)
def test_row_073_explain_says_how_many_terms_a_sum_has_and_its_rounding() -> None:
    cases = {(64, 8, 3, 1): 576, (64, 8, 3, 8): 72, (5, 2, (2, 7), 1): 70, (16, 16, 3, 16): 9}
    for (C, K, kernel, groups), terms in cases.items():
        text = str(Conv(C, K, kernel, groups=groups, rank=2).derive((1, C, 20, 21)))
        assert f"sums {terms} products" in text
        assert f"at most {terms} half-units" in text
        assert "float16: 2⁻¹¹" in text


# --- F. what the reports on speed say of sizes and values


@row(81)
def test_issue_1708_cost_gives_flops_and_bytes() -> None:
    shape = (1, 256, 56, 56)
    dense = Conv(256, 256, 3, padding=1, bias=False).cost(shape)
    depthwise = Conv(256, 256, 3, padding=1, groups=256, bias=False).cost(shape)
    ratios = [(c.flops.value or 0) / (c.bytes.value or 1) for c in (dense, depthwise)]
    assert round(ratios[0]) == 421
    assert round(ratios[1], 1) == 2.2
    assert dense.bytes.value == 4 * (2 * 256 * 56 * 56 + 256 * 256 * 9)
    assert "421.3 FLOP/byte" in str(Conv(256, 256, 3, padding=1, bias=False).derive(shape))
    assert "2.2 FLOP/byte" in str(Conv(256, 256, 3, padding=1, groups=256, bias=False).derive(shape))


@row(83)
def test_issue_34089_a_depthwise_volume_is_the_sum_of_its_slices(array: Any) -> None:
    rng = np.random.default_rng(83)
    x, w = rng.integers(-5, 6, (2, 3, 5, 6, 7)), rng.integers(-5, 6, (3, 1, 3, 2, 4))
    slices = [sum(conv(array(x[:, :, d + t]), array(w[:, :, t]), groups=3) for t in range(3)) for d in range(3)]
    y = conv(array(x), array(w), groups=3)
    _same(y, np.stack([np.asarray(s) for s in slices], axis=2))


@row(85)
def test_issue_15054_a_dilated_convolution_is_that_of_its_interleaved_parts(array: Any) -> None:
    rng = np.random.default_rng(85)
    x, w = rng.integers(-5, 6, (1, 2, 13, 17)), array(rng.integers(-5, 6, (3, 2, 3, 2)))
    for d in (2, 3, 4):
        y = np.asarray(conv(array(x), w, dilation=d))
        for i in range(d):
            for j in range(d):
                _same(conv(array(x[:, :, i::d, j::d].copy()), w), y[:, :, i::d, j::d])


@row(91)
def test_row_091_a_circular_border_wraps_on_the_whole_array(array: Any) -> None:
    y = _line(array, range(1, 10), [1, -1, 0, 1, -1], flip=True, padding="same", padding_mode="circular")
    _same(y, [2, -7, 2, 2, 2, 2, 2, -7, 2])
    _same(y, ndimage.convolve(np.arange(1, 10), [1, -1, 0, 1, -1], mode="grid-wrap"))


# --- G. convolution or correlation, centre, borders


@row(92)
def test_row_092_flip_names_the_mathematicians_convolution(array: Any) -> None:
    x = np.arange(1, 6) + np.array([0, 3, 6, 10, 15])[:, None]
    w = np.array([[1, 2, 5], [3, 4, 2], [7, 8, 9]])
    turned = conv(array([[x]]), array([[w]]), padding="same", flip=True)[0, 0]
    plain = conv(array([[x]]), array([[w]]), padding="same")[0, 0]
    _same(turned[0], [23, 55, 72, 89, 79])
    _same(plain[0], [85, 139, 172, 205, 145])
    _same(turned, signal.convolve2d(x, w, "same"))
    _same(plain, signal.correlate2d(x, w, "same"))


@row(94)
def test_row_094_the_sign_of_a_gradient_follows_flip(array: Any) -> None:
    ramp, sobel = np.broadcast_to(np.arange(5), (3, 5)), [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    _same(conv(array([[ramp]]), array([[sobel]]))[0, 0], [[8, 8, 8]])
    _same(conv(array([[ramp]]), array([[sobel]]), flip=True)[0, 0], [[-8, -8, -8]])
    x = array([[[[0, 105, 0], [40, 255, 90], [0, 55, 0]]]])
    _same(conv(x, array([[[[-1, 0, 1]]]]))[0, 0, 1], [50])
    _same(conv(x, array([[[[-1, 0, 1]]]]), flip=True)[0, 0, 1], [-50])


@row(95)
def test_issue_1968_an_even_kernel_has_the_centre_of_the_library_that_is_named(array: Any) -> None:
    x = [1, 2, 3, 4, 5]
    here, before = [21, 32, 43, 54, 5], [10, 21, 32, 43, 54]  # x[i] + 10·x[i+1], and x[i-1] + 10·x[i]
    for word in ("same", "torch:same", "matlab:same"):
        _same(_line(array, x, [1, 10], padding=word), here)
    for word in ("same_lower", "scipy:same", "opencv:same"):
        _same(_line(array, x, [1, 10], padding=word), before)


@row(95)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_issue_23978_even_kernels_agree_with_scipy_and_torch(array: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is a peer here")
    rng = np.random.default_rng(95)
    for kernel in [(2, 2), (4, 3), (3, 4), (2, 5), (6, 4)]:
        x, w = rng.integers(-9, 10, (8, 9)).astype(float), rng.integers(-9, 10, kernel).astype(float)

        def same(word: str, x: Any = x, w: Any = w, **options: Any) -> Any:
            return conv(array([[x]]), array([[w]]), padding=word, **options)[0, 0]

        _same(same("scipy:same"), ndimage.correlate(x, w, mode="constant"))
        _same(same("scipy:same"), signal.correlate(x, w, "same", method="direct"))
        _same(same("same"), signal.correlate2d(x, w, "same"))  # scipy's own two correlations differ: scipy#1968
        _same(same("scipy:same", padding_mode="scipy:reflect"), ndimage.correlate(x, w, mode="reflect"))
        _same(same("scipy:same", flip=True), signal.convolve(x, w, "same", method="direct"))
        _same(same("same", flip=True), ndimage.convolve(x, w, mode="constant"))
        # conv2(x, w, "same") is the part of the full result that starts at kernel // 2: MATLAB's page of conv2
        starts = [k // 2 for k in kernel]
        full = signal.convolve2d(x, w)
        _same(same("matlab:same", flip=True), full[starts[0] : starts[0] + 8, starts[1] : starts[1] + 9])
        peer = torch.nn.functional.conv2d
        _same(same("torch:same"), peer(torch.tensor(x)[None, None], torch.tensor(w)[None, None], padding="same")[0, 0])


@row(97)
def test_row_097_filter2d_flipped_with_border_reflect_is_scipys_convolve(array: Any) -> None:
    rng = np.random.default_rng(97)
    for size in [(7, 7), (5, 8), (3, 4)]:
        for k in (1, 3, 5):
            x, w = rng.integers(-9, 10, size), rng.integers(-9, 10, (k, k))
            y = conv(array([[x]]), array([[w]]), flip=True, padding="opencv:same", padding_mode="opencv:BORDER_REFLECT")
            _same(y[0, 0], ndimage.convolve(x, w))
    assert Conv(kernel_size=3, padding_mode="opencv:BORDER_REFLECT").padding_mode == "symmetric"


@row(98)
def test_issue_6316_same_keeps_the_length_of_the_input_not_of_the_longer(array: Any) -> None:
    x, h = [1, 2, 3], [1, 10, 100, 1000, 10000]
    y = _line(array, x, h, padding="scipy:same", flip=True)
    assert len(y) == 3
    _same(y, signal.convolve(x, h, "same", method="direct"))
    z = _line(array, h, x, padding="same", flip=True)
    assert len(z) == 5
    _same(z, np.convolve(x, h, "same"))


@row(100)
def test_row_100_valid_alone_and_valid_within_nan(array: Any) -> None:
    x, w = array([[np.arange(25.0).reshape(5, 5)]]), array([[np.arange(9.0).reshape(3, 3)]])
    valid = signal.correlate2d(np.arange(25.0).reshape(5, 5), np.arange(9.0).reshape(3, 3), "valid")
    _same(conv(x, w)[0, 0], valid)
    _same(conv(x, w, padding="valid")[0, 0], valid)
    rim = np.pad(valid, 1, constant_values=np.nan)
    _same(conv(x, w, padding="same", padding_mode="constant(nan)")[0, 0], rim)


@row(101)
def test_issue_4670_a_normalised_kernel_keeps_a_constant_under_every_border_but_zeros(array: Any) -> None:
    kernels = [np.ones((3, 3)) / 9, np.outer([1, 2, 1], [1, 4, 6, 4, 1]) / 64, np.ones((2, 4)) / 8]
    for w in kernels:
        for mode in ("reflect", "symmetric", "replicate", "circular", "constant(0.8)"):
            y = np.asarray(conv(array(np.full((1, 1, 6, 5), 0.8)), array([[w]]), padding="same", padding_mode=mode))
            assert y.shape == (1, 1, 6, 5)
            assert np.abs(y - 0.8).max() < 1e-15 * w.size
        dark = np.asarray(conv(array(np.full((1, 1, 6, 5), 0.8)), array([[w]]), padding="same"))
        assert dark.min() < 0.7


@row(103)
def test_issue_15927_a_nan_spoils_the_windows_that_hold_it_and_no_other(array: Any) -> None:
    x = np.ones(1000)
    x[100] = np.nan
    for taps in (200, 3, 1):
        for word in ("same", "same_lower", "causal"):
            y = _line(array, x, np.ones(taps), padding=word)
            reach = {"same": taps // 2, "same_lower": (taps - 1) // 2, "causal": 0}[word]
            bad = set(range(max(100 - reach, 0), 100 - reach + taps))
            assert set(np.flatnonzero(np.isnan(y)).tolist()) == bad
            assert word != "same" or len(bad) == taps


@row(104)
def test_issue_22390_small_values_survive_beside_large_ones(array: Any) -> None:
    x = [1, 1e9, 1e18]
    y = _line(array, x, x, padding=2, flip=True)  # the square of 1 + 10⁹z + 10¹⁸z²: 1, 2·10⁹, 3·10¹⁸, ...
    _same(y[:3], [1, 2e9, 3e18])
    long = np.zeros(400)
    long[7:10] = x
    z = _line(array, long, x, padding=2, flip=True)
    _same(z[np.flatnonzero(z)][:3], [1, 2e9, 3e18])
    _same(z[:7], [0] * 7)


# --- H. sizes, cost, receptive field


def _walked(chain: list[Conv], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    shapes = []
    for spec in chain:
        shape = spec.output_shape(shape)
        shapes.append(shape)
    return shapes


POOL = Conv(kernel_size=2, stride=2)


@row(105)
def test_row_105_a_chain_ends_in_the_features_of_its_linear_layer() -> None:
    shapes = _walked([Conv(1, 6, 4), POOL, Conv(6, 16, 3), POOL], (1, 1, 28, 28))
    assert [shape[-1] for shape in shapes] == [25, 12, 10, 5]
    assert math.prod(shapes[-1][1:]) == 400
    shapes = _walked([Conv(1, 16, 5, padding=2), POOL, Conv(16, 32, 5, padding=2), POOL], (1, 1, 28, 28))
    assert math.prod(shapes[-1][1:]) == 1568
    shapes = _walked([Conv(3, 64, 3), Conv(64, 128, 3), POOL], (32, 3, 200, 150))
    assert shapes[-1] == (32, 128, 98, 73)
    assert math.prod(shapes[-1][1:]) == 915712


@row(107)
def test_row_107_an_axis_too_thin_fails_at_its_pool_and_is_told_the_least_size() -> None:
    assert _walked([POOL] * 4, (1, 1, 16, 16))[-1] == (1, 1, 1, 1)
    for width in range(1, 16):
        passed = int(math.log2(width))
        shapes = _walked([POOL] * passed, (1, 1, 64, width))
        last = shapes[-1] if shapes else (1, 1, 64, width)
        assert last[-1] == 1
        message = _refusal(partial(POOL.output_shape, last))
        assert "axis W" in message
        assert "use an input of at least 2" in message


@row(108)
def test_row_108_a_field_counts_dilation_and_its_centre_moves() -> None:
    ((field,),) = receptive_field([Conv(1, 1, 3, dilation=2, rank=1)])
    assert (field.size, field.start) == (5, Fraction(2))
    assert field.inputs(0) == (0, 2, 4)
    lenet = [Conv(1, 6, 5), POOL, Conv(6, 16, 5), POOL]
    assert receptive_field(lenet, (1, 1, 32, 32))[-1][0].size == 16
    assert _walked(lenet, (1, 1, 32, 32))[-1] == (1, 16, 5, 5)
    dilated = [Conv(1, 1, 3, dilation=d, rank=2) for d in (1, 2, 3)] * 2
    assert receptive_field(dilated)[-1][0].size == 25


@row(108)
def test_row_108_a_field_is_what_the_gradient_reaches() -> None:
    torch = pytest.importorskip("torch", reason="autograd is torch's")
    chains: list[tuple[list[dict[str, Any]], int]] = [
        ([{"kernel_size": 3, "dilation": 2}], 9),
        ([{"kernel_size": 5}, {"kernel_size": 2, "stride": 2}] * 2, 32),
        ([{"kernel_size": 3, "dilation": 2, "padding": 1}, {"kernel_size": 2, "stride": 3}, {"kernel_size": 3}], 40),
    ]
    for chain, n in chains:
        fields = receptive_field([Conv(1, 1, rank=1, **options) for options in chain])[-1][0]
        for o in (0, 1):
            x = torch.ones((1, 1, n), dtype=torch.float64, requires_grad=True)
            y = x
            for options in chain:
                settings = {name: value for name, value in options.items() if name != "kernel_size"}
                y = conv(y, torch.ones((1, 1, options["kernel_size"]), dtype=torch.float64), **settings)
            y[0, 0, o].backward()
            reached = np.flatnonzero(x.grad.numpy()[0, 0]).tolist()
            assert [i for i in fields.inputs(o) if 0 <= i < n] == reached


@row(111)
def test_row_111_multiply_adds_flops_and_bias_are_counted_apart() -> None:
    cost = Conv(1, 128, 3).cost((1, 1, 128, 128))
    macs, bias = cost.macs.value or 0, cost.bias_adds.value or 0
    assert macs == 18_289_152
    assert cost.flops.value == 2 * macs
    assert macs + bias == 20_321_280
    assert 2 * macs + bias == 38_610_432
    spec = Conv(3, 32, 7, stride=2, padding=3, rank=2)
    assert spec.params == 4736
    assert spec.macs((1, 3, 224, 224)) == 59_006_976
    text = str(spec.derive((1, 3, 224, 224)))
    assert "59,006,976" in text
    assert "118,013,952" in text


@row(112)
def test_row_112_weights_of_tensorflow_turn_into_ours(array: Any) -> None:
    rng = np.random.default_rng(112)
    image, hwio = rng.integers(-5, 6, (1, 6, 7, 4)), rng.integers(-5, 6, (2, 3, 4, 8))
    w = hwio.transpose(3, 2, 0, 1)
    assert w.shape == (8, 4, 2, 3)
    expected = np.zeros((1, 5, 5, 8))
    for i in range(5):
        for j in range(5):
            expected[0, i, j] = np.einsum("hwc,hwck->k", image[0, i : i + 2, j : j + 3], hwio)
    y = conv(array(image.transpose(0, 3, 1, 2)), array(w))
    _same(y, expected.transpose(0, 3, 1, 2))


@row(112)
def test_row_112_same_is_two_zeros_a_side_for_a_kernel_of_five(array: Any) -> None:
    for n in range(1, 20):
        assert Conv(kernel_size=5, padding="same").pads((1, 1, n)) == ((2, 2),)
        x = (np.arange(n) * 7 + 3) % 11
        _same(_line(array, x, [1, 2, 3, 4, 5], padding="same"), _line(array, x, [1, 2, 3, 4, 5], padding=2))


@row(113)
def test_row_113_same_upper_puts_the_odd_zero_at_the_end(array: Any) -> None:
    x, w = array(np.arange(35.0).reshape(1, 1, 7, 5)), array(np.ones((1, 1, 3, 3)))
    expected = [[12, 27, 24], [63, 108, 81], [123, 198, 141], [112, 177, 124]]
    _same(conv(x, w, stride=2, padding="onnx:SAME_UPPER")[0, 0], expected)
    for n in range(4, 12):
        assert Conv(kernel_size=4, padding="onnx:SAME_UPPER").pads((1, 1, n)) == ((1, 2),)
        assert Conv(kernel_size=4, padding="onnx:SAME_LOWER").pads((1, 1, n)) == ((2, 1),)


@row(115)
def test_issue_65510_same_is_torchs_own_at_stride_1_and_goes_on_where_torch_refuses() -> None:
    torch = pytest.importorskip("torch", reason="torch is the peer")
    x, w = torch.arange(22.0).reshape(1, 2, 11), torch.arange(30.0).reshape(3, 2, 5)
    for d in (1, 2):
        peer = torch.nn.functional.conv1d(x, w, padding="same", dilation=d)
        _same(conv(x, w, padding="same", dilation=d), peer)
    with pytest.raises(RuntimeError, match="strided"):
        torch.nn.functional.conv1d(x, w, padding="same", stride=2)
    assert tuple(conv(x, w, padding="same", stride=2).shape) == (1, 3, 6)


@row(116)
def test_row_116_pairs_are_height_then_width(array: Any) -> None:
    x = array(np.ones((1, 1, 8, 8)))
    cases = [((3, 5), (0, 1), (3, 4), (2, 2)), ((5, 3), (2, 1), (1, 1), (8, 8)), ((5, 3), (1, 2), (1, 1), (6, 10))]
    for kernel, padding, stride, output in cases:
        assert Conv(1, 1, kernel, stride=stride, padding=padding).output_shape((1, 1, 8, 8)) == (1, 1, *output)
        y = conv(x, array(np.ones((1, 1, *kernel))), stride=stride, padding=padding)
        assert tuple(y.shape) == (1, 1, *output)


# --- I. what nn.Conv cannot do


@row(117)
def test_issue_72850_four_axes_and_more(array: Any) -> None:
    _same(conv(array(np.ones((1, 1, 3, 3, 3, 3))), array(np.ones((1, 1, 2, 2, 2, 2)))), np.full((1, 1, 2, 2, 2, 2), 16))
    rng = np.random.default_rng(117)
    for sizes, kernel in [((3, 4, 5, 6), (2, 3, 1, 2)), ((3, 2, 4, 3, 2), (2, 1, 3, 2, 2))]:
        x, w = rng.integers(-5, 6, sizes), rng.integers(-5, 6, kernel)
        y = conv(array(x[None, None]), array(w[None, None]))[0, 0]
        _same(y, signal.correlate(x, w, "valid", method="direct"))
        padded = conv(array(x[None, None]), array(w[None, None]), padding="scipy:same", padding_mode="scipy:mirror")
        _same(padded[0, 0], ndimage.correlate(x, w, mode="mirror"))


@row(119)
def test_row_119_groups_lay_every_kernel_on_its_own_image(array: Any) -> None:
    # the report's own kernels are not in the table: these, two ones each, begin as its results do
    places = [(1, 13), (1, 14), (6, 14), (7, 14)]
    kernels = np.zeros((4, 3, 3))
    for kernel, flat in zip(kernels, places, strict=True):
        for place in flat:
            kernel[place // 6, place % 6] = 1
    images = np.arange(120.0).reshape(4, 5, 6)
    y = conv(array(images[None]), array(kernels[:, None]), groups=4)[0]
    assert tuple(y.shape) == (4, 3, 4)
    _same(y[0][0], [14, 16, 18, 20])
    assert [float(y[i, 0, 0]) for i in range(4)] == [14, 75, 140, 201]
    _same(y, np.stack([signal.correlate2d(x, w, "valid") for x, w in zip(images, kernels, strict=True)]))


@row(120)
def test_issue_26781_the_matrix_of_a_convolution(array: Any) -> None:
    w = array([[np.arange(1.0, 10).reshape(3, 3)]])
    M = np.asarray(matrix(w, (1, 5, 5)))
    assert M.shape == (9, 25)
    assert np.count_nonzero(M) == 81
    x = np.arange(25.0) % 7
    _same(M @ x, np.asarray(conv(array(x.reshape(1, 1, 5, 5)), w)).ravel())
    v = np.arange(1.0, 37).reshape(3, 2, 3, 2)
    z = np.arange(40.0) % 9
    for options in ({"stride": 2, "padding": 1}, {"padding": "same", "padding_mode": "reflect"}, {"dilation": (1, 2)}):
        dense = np.asarray(matrix(array(v), (2, 4, 5), **options))
        _same(dense @ z, np.asarray(conv(array(z.reshape(1, 2, 4, 5)), array(v), **options)).ravel())


@row(121)
def test_row_121_a_separable_filter_is_two_convolutions(array: Any) -> None:
    x = array(np.arange(9.0).reshape(1, 1, 3, 3))
    g = np.exp(-2.0 * np.array([-1.0, 0, 1]) ** 2) / (0.5 * math.sqrt(2 * math.pi))
    down = conv(x, array(g.reshape(1, 1, 3, 1)), padding="same")
    y = np.asarray(conv(down, array(g.reshape(1, 1, 1, 3)), padding="same"))[0, 0]
    expected = [
        [0.39126886, 1.24684326, 1.83682264],
        [2.86471127, 4.11155453, 4.48257929],
        [4.7279302, 6.1004473, 6.17348398],
    ]
    assert np.abs(y - expected).max() < 1e-8
    both = np.asarray(conv(x, array(np.outer(g, g)[None, None]), padding="same"))[0, 0]
    assert np.abs(both - expected).max() < 1e-8


@row(122)
def test_row_122_a_filter_of_one_channel_on_colours_is_told_the_two_ways(array: Any) -> None:
    x, w = array(np.arange(48.0).reshape(1, 3, 4, 4)), np.ones((1, 1, 3, 3))
    message = _refusal(lambda: conv(x, array(w)))
    assert "groups=3" in message
    per_channel = conv(x, array(np.concatenate([w] * 3)), groups=3)
    _same(per_channel[0, 0], [[45, 54], [81, 90]])
    _same(per_channel[0, 1], [[189, 198], [225, 234]])
    _same(per_channel[0, 2], [[333, 342], [369, 378]])
    _same(conv(x, array(np.repeat(w, 3, axis=1))), [[[[567, 594], [675, 702]]]])


# --- J. teaching figures


@row(125)
def test_issue_17_the_stride_2_figure_holds_what_the_correlation_gives(array: Any) -> None:
    # the input is that of conv_arithmetic's issue 17; the figure's numbers are 1 6 5 / 7 10 9 / 7 10 8
    x = [[2, 2, 3, 3, 3], [0, 1, 3, 0, 3], [2, 3, 0, 1, 3], [3, 3, 2, 1, 2], [3, 3, 0, 2, 3]]
    k = [[2, 0, 1], [1, 0, 0], [0, 1, 1]]
    y = conv(array([[x]]), array([[k]]), stride=2, padding=1)[0, 0]
    _same(y, [[1, 5, 6], [7, 8, 3], [3, 10, 4]])
    flipped = np.asarray(conv(array([[x]]), array([[k]]), stride=2, padding=1, flip=True)[0, 0])
    assert not np.array_equal(flipped, np.asarray(y))


@row(127)
def test_row_127_scattering_and_gathering_give_one_transposed_result(array: Any) -> None:
    scattered = conv_transpose(array([[[1, 2]]]), array([[[1, 10, 100]]]), stride=2)
    _same(scattered, [[[1, 10, 102, 20, 200]]])
    spread = array([[[1, 0, 2]]])  # zeros between the inputs, then a full convolution
    _same(conv(spread, array([[[1, 10, 100]]]), padding=2, flip=True), [[[1, 10, 102, 20, 200]]])
    rng = np.random.default_rng(127)
    for n, k, s in [(4, 3, 3), (5, 2, 2), (3, 5, 1), (2, 1, 4)]:
        x, w = rng.integers(-5, 6, n), rng.integers(-5, 6, k)
        apart = np.zeros((n - 1) * s + 1)
        apart[::s] = x
        y = conv_transpose(array([[x]]), array([[w]]), stride=s)[0, 0]
        _same(y, _line(array, apart, w, padding=k - 1, flip=True))
        _same(y, np.convolve(apart, w))


def test_the_check_of_rows_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, reason in [(1, "tested and later"), (2, "in no table"), (52, "")]:
        with monkeypatch.context() as patch:
            patch.setitem(LATER, number, reason)
            with pytest.raises(AssertionError):
                test_every_row_is_tested_here_or_has_a_reason_and_none_has_both()
