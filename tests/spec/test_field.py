"""Receptive fields: sets of inputs propagated here, one output at a time, and numbers that papers and users state."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaiyan import Conv, ConvError, join_fields, receptive_field
from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.spec.field import Field

layers = st.lists(
    st.builds(
        lambda k, s, d, p, t: (TransposedAxis if t else Axis)(k, s, d, (p, 0)),
        st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.booleans(),
    ), min_size=1, max_size=4,
)  # fmt: skip


def _influences(chain: list[Axis], o: int) -> set[int]:
    """Inputs that reach output ``o``: taps followed back, layer by layer."""
    reached = {o}
    for axis in reversed(chain):
        before = axis.padding[0]
        assert isinstance(before, int)
        taps = [t * axis.dilation for t in range(axis.kernel)]
        if isinstance(axis, TransposedAxis):
            full = [(i + before - t) for i in reached for t in taps]
            reached = {f // axis.stride for f in full if f % axis.stride == 0}
        else:
            reached = {i * axis.stride - before + t for i in reached for t in taps}
    return reached


@given(chain=layers)
def test_the_field_is_what_reaches_the_output(chain: list[Axis]) -> None:
    field = Field()
    for axis in chain:
        field = field.through(axis, int(axis.padding[0]))
    found = [_influences(chain, o) for o in range(2 * len(field.phases) + 1)]
    assert [set(field.inputs(o)) for o in range(len(found))] == found
    assert field.size == max(max(seen) - min(seen) + 1 if seen else 0 for seen in found)
    assert field.holes == field.size - field.touched


@given(
    chain=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 3)), max_size=5)
)
def test_forward_chains_obey_the_papers_recurrence(chain: Any) -> None:
    field, size, jump, start = Field(), 1, 1, Fraction(0)
    for k, s, d, p in chain:
        field = field.through(Axis(k, s, d, (p, p)), p)
        size += d * (k - 1) * jump
        start += (Fraction(d * (k - 1), 2) - p) * jump
        jump *= s
    facts = _facts(field.size, field.jump, field.start)
    assert facts == (size, jump, start)
    seen = field.inputs(0)
    assert Fraction(seen[0] + seen[-1], 2) == start


def _facts(*facts: Any) -> tuple[Any, ...]:
    return facts


def _sizes(*specs: Conv) -> list[int]:
    return [layer[0].size for layer in receptive_field(specs)]


def _c(k: int, s: int = 1, p: int = 0, d: int = 1) -> Conv:
    return Conv(kernel_size=k, stride=s, padding=p, dilation=d)


def test_known_networks() -> None:
    assert _sizes(_c(5), _c(2, 2), _c(5), _c(2, 2))[-1] == 16  # LeNet
    assert _sizes(*[_c(3, d=d) for d in (1, 2, 3)] * 2)[-1] == 25
    stem = [_c(7, 2, 3), _c(3, 2, 1)]
    stages = [layer for s in (1, 2, 2, 2) for layer in [_c(3, s, 1), *[_c(3, 1, 1)] * 3]]
    last = receptive_field([*stem, *stages])[-1][0]
    assert _facts(last.size, last.jump) == (435, 32)  # ResNet-18's layer4


def test_holes_are_computed() -> None:
    dilated = receptive_field([_c(3, d=2)] * 3)[-1][0]
    facts = _facts(dilated.size, dilated.touched, dilated.holes)
    assert facts == (13, 7, 6)
    one = receptive_field([_c(3, d=2)])[0][0]
    facts = _facts(one.size, one.start, one.inputs(0))
    assert facts == (5, 2, (0, 2, 4))
    assert one.to_dict() == {"size": 5, "jump": 1.0, "start": 2.0, "holes": 2}


def test_transposed_layers_divide_the_jump() -> None:
    down, up = receptive_field([_c(4, 2, 1), Conv(kernel_size=4, stride=2, padding=1, transposed=True)])
    facts = _facts(down[0].jump, up[0].jump)
    assert facts == (2, 1)
    half = Field().through(TransposedAxis(3, 2), 0)
    facts = _facts(half.jump, half.start, half.size)
    assert facts == (Fraction(1, 2), Fraction(-1, 2), 2)


def test_the_start_hangs_on_the_size_under_same_at_a_stride() -> None:
    spec = Conv(kernel_size=3, stride=2, padding="same")
    unknown = receptive_field([spec, _c(3)])[-1][0]
    facts = _facts(unknown.size, unknown.start, unknown.to_dict()["start"])
    assert facts == (7, None, None)
    known = receptive_field([spec, _c(3)], (1, 1, 224, 223))[-1]
    assert [field.start for field in known] == [3, 2]
    assert receptive_field([Conv(kernel_size=3, padding="same")])[0][0].start == 0
    assert receptive_field([Conv(kernel_size=3, padding="causal")])[0][0].start == -1


def test_the_rank_is_the_chains_or_the_inputs() -> None:
    assert len(receptive_field([_c(3), Conv(1, 1, (3, 3))])[0]) == 2
    assert len(receptive_field([_c(3)], (1, 1, 9, 9, 9))[0]) == 3
    assert len(receptive_field([_c(3)])[0]) == 1
    with pytest.raises(ConvError):
        receptive_field([Conv(1, 1, (3, 3)), Conv(1, 1, (3, 3, 3))])
    with pytest.raises(ConvError):
        receptive_field([Conv(1, 2, (3,)), Conv(3, 1, (3,))], (1, 1, 9))


def test_branches_join_in_the_union_of_what_they_see() -> None:
    skip = Field()
    deep = receptive_field([_c(3, p=1), _c(3, p=1)])[-1][0]
    both = join_fields(skip, deep)
    facts = _facts(both.size, both.start, both.inputs(5))
    assert facts == (5, 0, (3, 4, 5, 6, 7))
    wide = join_fields(Field().through(Axis(2), 0), Field().through(Axis(2, dilation=4), 0))
    facts = _facts(wide.inputs(0), wide.size, wide.holes, wide.start)
    assert facts == ((0, 1, 4), 5, 2, 2)
    unknown = receptive_field([Conv(kernel_size=3, stride=2, padding="same")])[0][0]
    assert join_fields(unknown, receptive_field([_c(1, 2)])[0][0]).start is None


def test_branches_of_different_phases_join() -> None:
    up = Field().through(Axis(2, 2), 0).through(TransposedAxis(2, 2), 0)
    joined = join_fields(up, Field())
    assert [joined.inputs(o) for o in range(3)] == [(0, 1), (0, 1), (2, 3)]
