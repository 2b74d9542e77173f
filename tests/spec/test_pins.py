"""Small facts that mutation testing found unpinned, each by hand."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from kaiyan import Conv, ConvError, join_fields, layers_between
from kaiyan.engine.problem import Problem, activation
from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.show.i18n import say
from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.spec.field import Field


def test_every_line_of_a_derivation_can_be_said_in_chinese() -> None:
    specs = [
        Conv(kernel_size=2, stride=2, padding=("causal", "same", "valid")),
        Conv(3, 4, 3, stride=2, padding="same_lower"),
        Conv(3, 4, 3, stride=2, padding=("same", 1), output_padding=(0, 1), transposed=True),
    ]
    for spec in specs:
        for line in spec.derive((1, 3, *(7,) * (spec.rank or 2))).lines:
            assert say(line, "zh") != str(line)


def test_same_lower_is_derived_as_same_is() -> None:
    assert "asks for ⌈n / stride⌉" in str(Conv(kernel_size=3, padding="same_lower").derive((1, 1, 4)))


def test_a_derivation_holds_its_description() -> None:
    spec = Conv(3, 4, 3, padding=1)
    assert spec.derive((1, 3, 4)).spec is spec


def test_intensity_of_nothing_is_nothing() -> None:
    assert "0 bytes in float32, 0.0 FLOP/byte" in str(Conv(0, 0, 1, rank=1).derive((1, 0, 4)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"in_channels": -1, "out_channels": 2, "kernel_size": 3}, "in_channels is -1"),
        ({"in_channels": 1, "out_channels": -2, "kernel_size": 3}, "out_channels is -2"),
        ({"kernel_size": 3, "rank": 0}, "rank is 0"),
        ({"in_channels": 6, "out_channels": 6, "kernel_size": 3, "groups": 4}, "help: groups=2"),
        ({"kernel_size": 3, "padding_mode": "constant(1"}, "there is no padding mode 'constant(1'"),
        ({"kernel_size": 3, "padding_mode": "value(1)"}, "there is no padding mode 'value(1)'"),
        (
            {"kernel_size": 3, "padding": "causal", "output_padding": 1, "stride": 2, "transposed": True},
            "padding='causal' already",
        ),
        (
            {"kernel_size": 3, "padding": "same_lower", "output_padding": 1, "stride": 2, "transposed": True},
            "padding='same_lower' already",
        ),
        ({"kernel_size": (3, 3), "stride": (1, 2, 3, 4)}, "stride=(1, 2, 3, 4) has 4 entries"),
        ({"kernel_size": (3, 3), "padding": (1, 2, 3)}, "padding=(1, 2, 3) has 3 entries"),
        ({"kernel_size": (3, 3, 3), "padding": (1, "same")}, "padding=(1, 'same') has 2 entries"),
        ({"kernel_size": 3, "padding": ((),)}, "help: padding=(0, 0)"),
    ],
)
def test_a_refusal_names_what_was_wrong(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ConvError) as refused:
        Conv(**arguments)
    assert words in str(refused.value)


def test_the_inverse_names_its_second_size() -> None:
    with pytest.raises(ConvError, match="m is 0; it must be"):
        layers_between(1, 0)


def test_the_largest_that_can_be_meant_is_taken() -> None:
    assert Conv(kernel_size=2**31 - 1).kernel_size == 2**31 - 1
    assert Conv(2**24, 2**24, 1, rank=1).params == 2**48 + 2**24


def test_any_argument_fixes_the_rank() -> None:
    assert Conv(kernel_size=3, dilation=(1, 2)).rank == 2
    assert Conv(kernel_size=3, stride=2, output_padding=(0, 1), transposed=True).rank == 2
    assert Conv(kernel_size=3).axes[0].name == "n"


class Zero:
    """A number as NumPy's and torch's arrays without axes are: iterable by type, but with nothing to iterate."""

    ndim = 0

    def __iter__(self) -> Any:
        raise TypeError

    def __index__(self) -> int:
        return 3


class One:
    """A sequence as an array with one axis is."""

    ndim = 1

    def __iter__(self) -> Any:
        return iter((3, 2))


def test_arrays_are_taken_for_numbers_and_sequences() -> None:
    assert Conv(kernel_size=Zero()).kernel_size == 3
    assert Conv(kernel_size=One()).kernel_size == (3, 2)


def test_layers_are_read_by_their_attributes() -> None:
    attributes = {"in_channels": 4, "out_channels": 6, "kernel_size": (3,), "stride": (2,), "padding": (1,),
                  "output_padding": (1,), "groups": 2, "dilation": (1,), "padding_mode": "zeros"}  # fmt: skip
    for bias in (None, "a tensor"):
        layer = type("ConvTranspose1d", (), attributes | {"bias": bias})()
        right = Conv(4, 6, 3, 2, 1, groups=2, bias=bias is not None, output_padding=1, transposed=True, rank=1)
        assert Conv.from_module(layer) == right
    with pytest.raises(ConvError, match="Conv is not a convolution layer"):
        Conv.from_module(type("Conv", (), attributes | {"bias": None})())


def test_code_after_what_says_nothing_is_read() -> None:
    assert Conv.parse("nn.Conv2d(3, 4, 3, device='cpu', stride=2)").stride == (2, 2)


def test_an_error_says_where_it_happened_and_keeps_the_rest() -> None:
    plain = ConvError("too-small", "{n} is too small", "take {least}", n=1, least=2)
    assert plain.place == ""
    at = plain.at("conv1")
    assert type(at) is ConvError
    assert str(at) == "conv1: 1 is too small\n  help: take 2"
    assert (at.place, at.code, at.facts, at.help[0].text) == (
        "conv1",
        "too-small",
        {"n": 1, "least": 2},
        "take {least}",
    )
    for error in (plain, at):
        copied = pickle.loads(pickle.dumps(error))
        assert (str(copied), copied.place, copied.args) == (str(error), error.place, error.args)
    assert say(at, "en") == str(at)


def test_the_largest_output_is_the_largest_number() -> None:
    assert Conv(kernel_size=1).output_shape((1, 1, 2**31 - 1)) == (1, 1, 2**31 - 1)


def test_strides_between_two_sizes_are_no_larger_than_needed() -> None:
    assert str(layers_between(2, 6)[0]) == "Conv(kernel_size=3, stride=2, output_padding=1, transposed=True)"
    assert {spec.stride for spec in layers_between(2, 3, limit=64)} == {1, 2}


@pytest.mark.parametrize("text", [
    "self.conv1 = nn.Conv2d(3, 4, 3)", "conv=nn.Conv2d(3, 4, 3)", "(conv1): Conv2d(3, 4, kernel_size=(3, 3)),",
    "(0): Conv2d(3, 4, 3)",
])  # fmt: skip
def test_the_name_before_a_call_is_read_over(text: str) -> None:
    assert Conv.parse(text) == Conv(3, 4, 3, rank=2)


@pytest.mark.parametrize("text", ["nn.Conv2d(1, 2, 3, rank=3)", None, 3])
def test_what_would_be_ignored_or_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(ConvError):
        Conv.parse(text)


def test_a_generator_is_no_setting() -> None:
    with pytest.raises(ConvError, match="it must be an integer of at least 1"):
        Conv(kernel_size=(side for side in (3, 3)))


@pytest.mark.parametrize("length", [80, 81])
def test_text_of_eighty_letters_is_whole(length: int) -> None:
    text = "x" * length
    with pytest.raises(ConvError) as refused:
        Conv.parse(text)
    assert refused.value.facts["text"] == (text if length == 80 else "x" * 77 + "...")


def test_a_problem_of_three_types_is_read_whatever_stands_before() -> None:
    spec, shape = Conv(1, 1, 3, rank=1), (1, 1, 4)
    problem = Problem(spec, shape, "uint8", "int16", "int32", "int64", precision="fast", kind="torch")
    assert Problem.parse(str(problem)) == problem
    assert Problem.parse("n1 c1 4 k1 3 fast i8") == Problem(spec, shape, "int8", "int8", "int8", precision="fast")


def test_a_problem_is_contiguous_and_nobody_traces_it() -> None:
    problem = Problem.parse("n1 c1 4 k1 3 f32")
    assert (problem.layout, problem.traced, problem.residual, problem.activation) == (
        "channels_first",
        False,
        False,
        None,
    )
    assert [activation(word) for word in (None, *ACTIVATIONS)] == [
        None, "relu", "relu6", "silu", "hardswish", "sigmoid", "tanh", "gelu",
    ]  # fmt: skip


def test_valid_pads_nothing() -> None:
    assert Axis(3, padding="valid").pads(5) == (0, 0)
    with pytest.raises(ConvError):
        Axis(3, padding="valid").output_size(0)
    assert TransposedAxis(3, padding="valid").pads(5) == (0, 0)
    assert TransposedAxis(6, padding="same").pads(5) == (2, 3)
    assert TransposedAxis(6, padding="same_lower").pads(5) == (3, 2)
    assert TransposedAxis(3, 3, padding="same_lower").pads(5) == (0, 0)
    assert TransposedAxis(3, 3, padding="same").pads(5) == (0, 0)


def test_nothing_is_read_where_all_is_padding() -> None:
    assert Axis(1, 5, padding=(3, 0)).unread(2) == range(2)
    assert Axis(2, 9, padding=(2, 0)).unread(1) == range(1)


def test_the_crop_that_leaves_something_is_the_largest() -> None:
    with pytest.raises(ConvError) as refused:
        TransposedAxis(3, 2, padding=(4, 5), output_padding=1).output_size(3)
    assert {name: refused.value.facts[name] for name in ("crop", "full", "most", "left")} == {
        "crop": 9,
        "full": 8,
        "most": 3,
        "left": 2,
    }
    with pytest.raises(ConvError) as odd:
        TransposedAxis(3, padding=(9, 9)).output_size(5)
    assert {name: odd.value.facts[name] for name in ("full", "most", "left")} == {"full": 7, "most": 3, "left": 1}


def test_the_centre_of_a_union_is_between_its_ends() -> None:
    left, right = Field().through(Axis(3), 3), Field().through(Axis(2), 0)
    assert join_fields(left, right).start == -1


def test_an_output_that_sees_nothing_has_no_size() -> None:
    hollow = Field().through(TransposedAxis(1, 2), 0)
    assert [len(hollow.seen(o)) for o in range(2)] == [1, 0]
    assert hollow.size == 1
    nothing = Field(phases=(frozenset(),))
    assert (nothing.size, nothing.touched) == (0, 0)


ANSWERS: dict[Any, list[str]] = {
    (224, 112): ["3 s2 p1", "2 s2", "5 s2 p2", "7 s2 p3", "4 s2 p1", "9 s2 p4", "11 s2 p5", "113"],
    (7, 3): ["3 s2", "3 s3 p1", "5", "5 s2 p1", "5 s3 p2", "7 p1", "7 s2 p2", "7 s3 p3"],
    (9, 9): ["3 p1", "1", "5 p2", "7 p3", "9 p4", "11 p5"],
    (12, 1): ["12"],
    (12, 2): ["6 s6", "7 s5", "7 s6 p1", "7 s7 p1", "9 s3", "9 s4 p1", "9 s5 p1", "9 s6 p2"],
    (3, 7): ["3 s2", "3 s3 p1", "5", "5 s2 p1", "5 s3 p2", "7 p1", "7 s2 p2", "7 s3 p3"],
    (1, 4): ["4"],
}


@pytest.mark.parametrize("sizes", ANSWERS)
def test_answers_by_hand(sizes: tuple[int, int]) -> None:
    assert [_brief(spec) for spec in layers_between(*sizes)] == ANSWERS[sizes]


def _brief(spec: Conv) -> str:
    stride = f" s{spec.stride}" if spec.stride != 1 else ""
    padding = f" p{spec.padding[0]}" if spec.padding != (0, 0) else ""
    return f"{spec.kernel_size}{stride}{padding}"
