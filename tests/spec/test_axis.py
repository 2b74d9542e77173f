"""Geometry of one axis, against windows counted one by one and TensorFlow's rule written out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kaiyan.show.error import ConvError
from kaiyan.spec.axis import Axis, TransposedAxis, inside
from kaiyan.spec.conventions import PADDING

Window = tuple[int, int, int]
small = st.integers(0, 12)
windows = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
paddings: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.integers(0, 5), st.integers(0, 5)), st.sampled_from([*PADDING])
)


def _starts(axis: Axis, n: int) -> list[int]:
    """First input of every window that fits, counted from the start of the padding."""
    before, after = axis.pads(n)
    reach = axis.dilation * (axis.kernel - 1) + 1
    return [i - before for i in range(0, n + before + after, axis.stride) if i + reach <= n + before + after]


@given(window=windows, padding=paddings, n=small)
def test_output_size_counts_the_windows_that_fit(window: Window, padding: Any, n: int) -> None:
    axis = Axis(*window, padding)
    starts = _starts(axis, n)
    if not starts and not (n == 0 and padding in ("same", "same_lower", "causal")):
        with pytest.raises(ConvError):
            axis.output_size(n)
        return
    assert axis.output_size(n) == len(starts) * (n > 0 or not isinstance(padding, str) or padding == "valid")
    assert axis.output_sizes(n) == range(axis.output_size(n), axis.output_size(n) + 1)


@given(window=windows, n=st.integers(1, 40))
def test_same_is_tensorflows_rule(window: Window, n: int) -> None:
    kernel, stride, dilation = window
    total = max((kernel - 1) * dilation + 1 - (stride if n % stride == 0 else n % stride), 0)
    assert Axis(*window, "same").pads(n) == (total // 2, total - total // 2)
    assert Axis(*window, "same_lower").pads(n) == (total - total // 2, total // 2)
    assert Axis(*window, "same").output_size(n) == -(-n // stride)
    assert Axis(*window, "same_lower").output_size(n) == -(-n // stride)


@given(window=windows, n=st.integers(1, 40))
def test_causal_sees_no_later_input(window: Window, n: int) -> None:
    axis = Axis(*window, "causal")
    before, after = axis.pads(n)
    assert after == 0
    for o in range(axis.output_size(n)):
        assert max(axis.reads(o, before)) == o * axis.stride


@given(window=windows, padding=paddings, n=small)
def test_reads_touched_and_unread_are_what_the_windows_cover(window: Window, padding: Any, n: int) -> None:
    axis = Axis(*window, padding)
    starts = _starts(axis, n)
    assume(starts and n)
    before = axis.pads(n)[0]
    read = [[start + t * axis.dilation for t in range(axis.kernel)] for start in starts]
    assert [list(axis.reads(o, before)) for o in range(len(starts))] == read
    assert axis.touched(n) == sum(0 <= i < n for taps in read for i in taps)
    last = max(taps[-1] for taps in read)
    assert list(axis.unread(n)) == [i for i in range(n) if i > last]


@given(window=windows, n=st.integers(0, 9), before=st.integers(0, 6), count=st.integers(0, 9))
def test_inside_pairs_windows_with_the_elements_under_a_tap(window: Window, n: int, before: int, count: int) -> None:
    axis = Axis(*window)
    for tap in range(axis.kernel):
        pairs = [(o, o * axis.stride + tap * axis.dilation - before) for o in range(count)]
        kept = [(o, i) for o, i in pairs if 0 <= i < n]
        outputs, elements = inside(axis, tap, n, before, count)
        assert list(zip(outputs, elements, strict=True)) == kept
        assert outputs.start >= 0
        assert elements.start >= 0 or not kept


@st.composite
def transposed(draw: st.DrawFn) -> TransposedAxis:
    kernel, stride, dilation = draw(windows)
    padding = draw(paddings)
    word = isinstance(padding, str) and padding != "valid"
    return TransposedAxis(
        kernel, stride, dilation, padding, output_padding=0 if word else draw(st.integers(0, max(stride, dilation) - 1))
    )


@given(axis=transposed(), n=st.integers(1, 9))
def test_a_transposed_axis_is_the_spread_less_the_crop(axis: TransposedAxis, n: int) -> None:
    before, after = axis.pads(n)
    full = [[i * axis.stride + t * axis.dilation for t in range(axis.kernel)] for i in range(n)]
    size = max(place for places in full for place in places) + 1 + axis.output_padding - before - after
    if size < 1:
        with pytest.raises(ConvError):
            axis.output_size(n)
        return
    assert axis.output_size(n) == size
    assert axis.touched(n) == sum(before <= place < before + size for places in full for place in places)
    for o in range(size):
        covering = [
            i
            for i in range(-20, n + 20)
            for t in range(axis.kernel)
            if i * axis.stride + t * axis.dilation == o + before
        ]
        assert sorted(axis.reads(o, before)) == sorted(set(covering))
        assert len(covering) <= axis.most_reads
    assert axis.unread(n) == range(n, n)
    assert axis.pads_follow_size is False


@given(axis=transposed(), n=st.integers(0, 9))
def test_the_words_of_a_transposed_axis_multiply_by_the_stride(axis: TransposedAxis, n: int) -> None:
    assume(isinstance(axis.padding, str) and PADDING[axis.padding].keeps_size)
    assert axis.output_size(n) == n * axis.stride
    assert list(axis.output_sizes(n)) == [n * axis.stride]


@given(axis=transposed(), n=st.integers(1, 9))
def test_output_sizes_are_one_for_each_output_padding(axis: TransposedAxis, n: int) -> None:
    assume(not isinstance(axis.padding, str) or not PADDING[axis.padding].keeps_size)
    bare = [
        TransposedAxis(axis.kernel, axis.stride, axis.dilation, axis.padding, output_padding=p)
        for p in range(max(axis.stride, axis.dilation))
    ]
    try:
        sizes = [a.output_size(n) for a in bare]
    except ConvError:
        return
    assert list(axis.output_sizes(n)) == sizes


def test_hand_counts() -> None:
    assert Axis(3, 2, padding="same").pads(224) == (0, 1)
    assert Axis(3, 2, padding=(1, 1)).output_size(224) == Axis(3, 2, padding="same").output_size(224) == 112
    assert Axis(6, 5, padding="same").pads(13) == (1, 2)
    assert Axis(4, padding="same").pads(9) == (1, 2)
    assert Axis(4, padding="same_lower").pads(9) == (2, 1)
    assert Axis(2, 2, padding="same").output_size(0) == 0
    assert Axis(3, padding="causal").output_size(0) == 0
    assert Axis(2, padding=(1, 1)).output_size(0) == 1
    assert TransposedAxis(3, 2, padding="same").pads(4) == (0, 1)
    assert TransposedAxis(3, 2, padding="same_lower").pads(4) == (1, 0)
    assert TransposedAxis(4, 2, padding="causal").pads(4) == (0, 2)
    assert TransposedAxis(2, 3, padding="same").pads(4) == (0, -1)
    assert TransposedAxis(2, 3, padding="same_lower").pads(4) == (0, -1)
    assert TransposedAxis(2, 3, padding="same").output_size(0) == 0
    assert TransposedAxis(3, 1).output_size(0) == 2
    assert TransposedAxis(1, 3).output_size(0) == 0
    assert Axis(5).most_reads == 5
    assert TransposedAxis(5, 2).most_reads == 3
    assert TransposedAxis(5, 2, 2).most_reads == 5
    assert TransposedAxis(4, 4, 2).most_reads == 2


@given(window=windows, n=st.integers(1, 40))
def test_half_never_makes_fewer_outputs_than_same_and_size_keeping_never_more(window: Window, n: int) -> None:
    axis, stride = Axis(*window), window[1]
    sizes = [(n + 2 * p - axis.reach) // stride + 1 for p in (axis.half, axis.size_keeping, axis.size_keeping + 1)]
    assert sizes[1] <= -(-n // stride) <= sizes[0]
    multiple = n * stride - (axis.reach % 2)
    assert (multiple + 2 * (axis.size_keeping + 1) - axis.reach) // stride + 1 > -(-multiple // stride)
    assert (axis.half, axis.size_keeping) == (axis.reach // 2, (axis.reach - 1) // 2)


def test_only_same_at_a_stride_follows_the_size() -> None:
    follows = {(word, s): Axis(3, s, padding=word).pads_follow_size for word in PADDING for s in (1, 2)}
    assert {key for key, value in follows.items() if value} == {("same", 2), ("same_lower", 2)}


def test_a_name_is_no_part_of_what_an_axis_is() -> None:
    assert Axis(3, name="H") == Axis(3, name="W")
    assert Axis(3).name == "n"
    assert Axis(3) != TransposedAxis(3)


def test_a_window_that_does_not_fit_says_its_numbers_and_a_way_out() -> None:
    with pytest.raises(ConvError) as refused:
        Axis(3, dilation=2, padding=(0, 1), name="W").output_size(2)
    assert str(refused.value) == (
        "on axis W the kernel reaches over 5 elements (kernel=3, dilation=2), but the input has 2, or 3 with padding\n"
        "  help: use an input of at least 4 on axis W\n"
        "  help: padding=2"
    )
    assert refused.value.code == "window-too-large"


@given(window=windows, pads=st.tuples(st.integers(0, 3), st.integers(0, 3)), n=small)
def test_the_help_of_a_window_that_does_not_fit_helps(window: Window, pads: Any, n: int) -> None:
    axis = Axis(*window, pads)
    try:
        axis.output_size(n)
    except ConvError as refusal:
        facts = refusal.facts
    else:
        return
    assert axis.output_size(int(str(facts["smallest"]))) == 1
    enough = int(str(facts["enough"]))
    assert Axis(*window, (enough, enough)).output_size(n) >= 1


def test_a_crop_that_takes_all_says_its_numbers_and_a_way_out() -> None:
    with pytest.raises(ConvError) as refused:
        TransposedAxis(3, padding=(3, 3), name="L").output_size(2)
    assert str(refused.value) == (
        "on axis L the padding removes 6 of the 4 outputs that 2 inputs give: nothing is left\n"
        "  help: padding=1 leaves 2"
    )
    assert TransposedAxis(3, padding=(1, 1)).output_size(2) == 2
    assert refused.value.code == "crop-too-large"
