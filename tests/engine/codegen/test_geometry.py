"""Maps, runs and phases, by hand and against loops."""

import numpy as np
import pytest

import kaiyan
from kaiyan.engine.algorithms.direct import Direct
from kaiyan.engine.algorithms.phases import Phases
from kaiyan.engine.codegen.parts.geometry import Run, geometry, phases, sampled
from kaiyan.engine.problem import Problem
from kaiyan.reference.forward import forward


def test_a_run_is_the_longest_stretch_that_climbs() -> None:
    found, maps = geometry(kaiyan.Conv(1, 1, 3, padding=2, padding_mode="reflect", rank=1), (1, 1, 5))
    assert maps[2].tolist() == [2, 1, 0, 1, 2, 3, 4, 3, 2]
    assert found.runs[2] == Run(2, 7, 0)


def test_a_single_element_among_padding_is_a_run() -> None:
    found, maps = geometry(kaiyan.Conv(1, 1, 5, padding=2, rank=1), (1, 1, 1))
    assert maps[2].tolist() == [-1, -1, 0, -1, -1]
    assert found.runs[2] == Run(2, 3, 0)


def test_the_phases_of_kernel_4_at_stride_2() -> None:
    even, odd = phases(kaiyan.Conv(1, 1, 4, stride=2, padding=1, transposed=True, rank=1), (1, 1, 3))
    assert [p.geometry.whole[2] for p in (even, odd)] == [6, 6]
    assert [p.geometry.step[2] for p in (even, odd)] == [2, 2]
    assert (even.taps[0], even.maps[2].tolist(), even.origin[2]) == ((0, 2), [-1, 0, 1, 2], 0)
    assert (odd.taps[0], odd.maps[2].tolist(), odd.origin[2]) == ((1, 3), [0, 1, 2, -1], 1)


@pytest.mark.parametrize(("kernel", "stride", "dilation", "n", "padding"), [
    (7, 3, 2, 1, "same"), (7, 3, 2, 1, 0), (7, 3, 2, 4, 0), (3, 3, 2, 4, 0), (9, 3, 1, 3, 0), (2, 5, 1, 3, 0),
    (3, 4, 4, 2, 0),
])  # fmt: skip
def test_phases_equal_the_definition(kernel: int, stride: int, dilation: int, n: int, padding: str | int) -> None:
    spec = kaiyan.Conv(
        2, 3, kernel, stride=stride, dilation=dilation, padding=padding, transposed=True, rank=1, bias=False
    )
    values = np.random.default_rng(0)
    x = values.integers(1, 5, (2, 2, n)).astype(np.float32)
    w = values.integers(1, 5, spec.weight_shape).astype(np.float32)
    found = Phases().build(Problem(spec, x.shape))(x, w, np.zeros(3, np.float32))
    assert np.array_equal(found, forward(x, w, None, spec))


def test_a_kernel_of_one_tap_reads_what_lies_under_it() -> None:
    spec = kaiyan.Conv(4, 4, 1, stride=(2, 3), padding=(1, 0), rank=2)
    found, maps = sampled(*geometry(spec, (1, 4, 5, 8)), columns=True)
    assert [places.tolist() for places in maps] == [[0], [-1, 1, 3, -1], [0, 3, 6]]
    assert (found.stride, found.room, found.framed) == ((1, 1, 1), (1, 4, 3), False)
    beside, (_, rows, columns) = sampled(*geometry(spec, (1, 4, 5, 8)), columns=False)
    assert (beside.stride, rows.tolist(), columns.tolist()) == ((1, 1, 3), [-1, 1, 3, -1], list(range(7)))
    dense = geometry(spec.replace(kernel_size=3), (1, 4, 5, 8))
    assert sampled(*dense, columns=True) == dense


@pytest.mark.parametrize("layout", ["channels_first", "channels_last", "strided"])
@pytest.mark.parametrize("mode", ["zeros", "constant(3)", "reflect", "circular"])
@pytest.mark.parametrize(
    ("stride", "padding", "sizes"), [(2, 0, (9, 8)), ((3, 2), (1, 2), (7, 33)), ((1, 2), 3, (4, 5))]
)
def test_one_tap_at_a_stride_equals_the_definition(
    stride: int, padding: int, sizes: tuple[int, int], mode: str, layout: str
) -> None:
    spec = kaiyan.Conv(10, 18, 1, stride=stride, padding=padding, padding_mode=mode, groups=2, rank=2)
    rng = np.random.default_rng(1)
    shapes = (2, 10, *sizes), spec.weight_shape, (18,)
    x, w, bias = (rng.integers(-4, 5, shape).astype(np.float32) for shape in shapes)
    lies = {
        "channels_last": np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1),
        "strided": np.repeat(x, 2, -1)[..., ::2],
    }
    y = Direct().build(Problem(spec, x.shape, layout=layout))(lies.get(layout, x), w, bias)
    np.testing.assert_array_equal(y, forward(x, w, bias, spec))
