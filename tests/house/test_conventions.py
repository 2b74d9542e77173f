"""A padding word, and a padding mode, is one row: a made-up one is planted here and met everywhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import kaiyan
from kaiyan import Conv, ConvError
from kaiyan.engine.problem import Problem
from kaiyan.explain.padding import padding
from kaiyan.nn.convert import convert
from kaiyan.ops.port import port
from kaiyan.reference.border import index_map
from kaiyan.show.sentence import sentence
from kaiyan.spec.conventions import PADDING, PADDING_MODES, Mode, Padding, mode_words

LINE = np.array([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
TAPS = np.array([[[1.0, 10.0, 100.0]]])


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> str:
    derivation = sentence("late", "{axes}: 'late' puts {after} after")
    row = Padding(
        title="late, made up",
        pads=lambda axis, _: (0, axis.reach - 1),
        crop=lambda axis, _: (0, axis.reach - 1),
        derivation=derivation,
        names=("madeup:late",),
    )
    monkeypatch.setitem(PADDING, "late", row)
    return "late"


@pytest.fixture
def first(monkeypatch: pytest.MonkeyPatch) -> str:
    row = Mode(index=lambda place, n: place * ((place >= 0) & (place < n)), names=("madeup:head",))
    monkeypatch.setitem(PADDING_MODES, "first", row)
    return "first"


def test_a_planted_word_is_read(late: str) -> None:
    assert Conv(kernel_size=3, padding="LATE").pads((1, 1, 9)) == ((0, 2),)
    assert Conv(kernel_size=3, padding="madeup:late") == Conv(kernel_size=3, padding=late)
    assert Conv.parse("Conv(kernel_size=3, padding='late')") == Conv(kernel_size=3, padding=late)


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_a_planted_word_is_computed(late: str, kind: type) -> None:
    y = kaiyan.conv(kind(LINE), kind(TAPS), padding=late)
    assert y.tolist() == [[[321.0, 432.0, 543.0, 54.0, 5.0]]]
    z = kaiyan.conv(kind(LINE), kind(TAPS), padding=late, stride=2)
    assert z.tolist() == [[[321.0, 543.0, 5.0]]]


def test_a_planted_word_crops_a_transposed_convolution(late: str) -> None:
    y = kaiyan.conv_transpose(LINE, TAPS, padding=late)
    assert y.tolist() == [[[1.0, 12.0, 123.0, 234.0, 345.0]]]


def test_a_planted_word_is_derived(late: str) -> None:
    assert "L: 'late' puts 2 after" in str(Conv(kernel_size=3, padding=late).derive((1, 1, 5)))


def test_a_planted_word_is_spelled_in_a_problem_and_read_back(late: str) -> None:
    for spec in (Conv(2, 3, (3, 3), padding=late), Conv(2, 3, (3, 3), padding=(late, 1))):
        problem = Problem(spec, (1, 2, 9, 9))
        assert "late" in str(problem).split()[5]
        assert Problem.parse(str(problem)) == problem


def test_a_planted_word_is_compared_and_carried(late: str) -> None:
    row = padding(9, 3)[late]
    assert (row.name, row.pads, row.output_size, row.shift) == ("late, made up", (0, 2), 9, -1)
    assert port("Conv1d(1, 1, 3)", (1, 1, 9), "madeup-late").pads == ((0, 2),)
    layer = convert(torch.nn.Conv1d(1, 1, 3, padding=1), "madeup:late")
    assert layer.spec.pads((1, 1, 9)) == ((0, 2),)


def test_a_planted_word_is_offered_where_another_is_unknown(late: str) -> None:
    with pytest.raises(ConvError, match=f"valid, same, same_lower, causal, {late}$"):
        Conv(kernel_size=3, padding="full")
    with pytest.raises(ConvError, match=rf"torch, valid, same, same_lower, causal, {late}.* madeup:late"):
        port("Conv1d(1, 1, 3)", (1, 1, 9), "caffe")


def test_without_its_row_the_word_is_unknown() -> None:
    with pytest.raises(ConvError, match="there is no padding 'late'"):
        Conv(kernel_size=3, padding="late")


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_a_planted_mode_is_read_and_computed(first: str, kind: type) -> None:
    assert Conv(kernel_size=3, padding_mode="MADEUP:head").padding_mode == first
    y = kaiyan.conv(kind(LINE + 1), kind(TAPS), padding=1, padding_mode=first)
    assert y.tolist() == [[[322.0, 432.0, 543.0, 654.0, 265.0]]]
    with pytest.raises(ConvError, match=r"circular, symmetric, first$"):
        Conv(kernel_size=3, padding_mode="last")


def test_every_word_and_mode_is_explained_where_conv_is() -> None:
    text = Conv.__doc__ or ""
    assert [word for word in (*PADDING, *mode_words()) if word not in text] == []


@pytest.mark.parametrize("mode", PADDING_MODES)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_no_mode_moves_what_is_inside(mode: str, n: int) -> None:
    assert index_map(mode, n, (7, 7))[7 : 7 + n].tolist() == list(range(n))
    one_by_one = [PADDING_MODES[mode].index(place, n) for place in range(-7, n + 7)]
    assert index_map(mode, n, (7, 7)).tolist() == one_by_one


@pytest.mark.parametrize(("kernel", "dilation", "half"), [(3, 1, 1), (4, 1, 2), (2, 1, 1), (4, 3, 5), (5, 2, 4)])
def test_half_the_kernel_is_one_number_everywhere(kernel: int, dilation: int, half: int) -> None:
    found = padding(20, kernel, dilation=dilation, rank=1)
    carried = port(f"Conv1d(1, 1, {kernel}, dilation={dilation})", (1, 1, 20), "torch")
    assert (found.number, found["number"].pads, carried.pads) == (half, (half, half), ((half, half),))
