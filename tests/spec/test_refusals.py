"""What a description refuses, and in which words: every sentence of spec/, exactly, with the numbers of the user."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from kaiyan import Conv, ConvError, join_fields, layers_between, receptive_field
from kaiyan.engine.problem import Problem, activation, precision
from kaiyan.spec.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable


class Layer:
    """Not a convolution."""


class Conv2d:
    """The attributes of a lazy torch layer."""

    in_channels = 0
    out_channels = 8
    kernel_size = stride = padding = dilation = (1, 1)
    groups = 1
    padding_mode = "zeros"
    bias = None


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no-kernel": (lambda: Conv(3, 8), "kernel_size is missing\n  help: Conv(kernel_size=3)"),
    "too-small": (lambda: Conv(3, 8, 3, stride=0), "stride is 0; it must be at least 1\n  help: stride=1"),
    "too-small kernel": (lambda: Conv(kernel_size=(3, 0)), "kernel_size is 0; it must be at least 1\n  help: kernel_size=1"),
    "too-small padding": (lambda: Conv(kernel_size=3, padding=((0, -1),)), "padding is -1; it must be at least 0\n  help: padding=0"),
    "too-small groups": (lambda: Conv(4, 4, 3, groups=-1), "groups is -1; it must be at least 1\n  help: groups=1"),
    "too-small shape": (lambda: Conv(kernel_size=1).output_shape((1, 1, -2)), "a size of the shape is -2; it must be at least 0\n  help: a size of the shape=0"),
    "float-size": (lambda: Conv(kernel_size=3, stride=2.0), "stride is 2.0, a float\n  help: stride=2 (an integer: divide with //)"),
    "not-a-number": (lambda: Conv(kernel_size="3"), "kernel_size is '3'; it must be an integer of at least 1"),
    "not-a-number bool": (lambda: Conv(kernel_size=3, dilation=True), "dilation is True; it must be an integer of at least 1"),
    "not-a-number fraction": (lambda: Conv(kernel_size=3, padding=1.5), "padding is 1.5; it must be an integer of at least 0"),
    "absurd-size": (lambda: Conv(kernel_size=2**31), "kernel_size is 2147483648; the largest accepted is 2147483647"),
    "absurd-output": (
        lambda: Conv(kernel_size=3, padding=2**31 - 1).output_shape((1, 1, 9)),
        "the output would be (4294967301,); the largest size accepted is 2147483647",
    ),
    "absurd-weights": (
        lambda: Conv(10**6, 10**6, 1000, groups=2),
        "500,000,000,000,000 weights do not fit in any memory: 1000000·1000000/2 channels and a kernel of (1000,)",
    ),
    "half-channels": (lambda: Conv(3, kernel_size=3), "out_channels is missing: give both channels or neither"),
    "half-channels in": (lambda: Conv(out_channels=3, kernel_size=3), "in_channels is missing: give both channels or neither"),
    "groups-do-not-divide": (lambda: Conv(6, 8, 3, groups=4), "groups=4 does not divide in_channels=6\n  help: groups=2"),
    "groups-do-not-divide out": (lambda: Conv(6, 8, 3, groups=6), "groups=6 does not divide out_channels=8\n  help: groups=2"),
    "groups-without-channels": (
        lambda: Conv(kernel_size=3, groups=2),
        "groups=2 needs in_channels and out_channels, which are missing\n  help: Conv(2, 2, kernel_size, groups=2)",
    ),
    "unknown-padding": (
        lambda: Conv(kernel_size=3, padding="full"),
        "there is no padding 'full'; use a number, a pair (before, after) or one of valid, same, same_lower, causal",
    ),
    "not-a-pair": (lambda: Conv(kernel_size=3, padding=((1, 2, 3),)), "padding (1, 2, 3) on one axis is not a pair (before, after)\n  help: padding=(1, 1)"),
    "wrong-length": (
        lambda: Conv(kernel_size=(3, 3), stride=(1, 2, 3)),
        "stride=(1, 2, 3) has 3 entries; spatial axes: 2\n  help: give one number for all axes, or one per axis",
    ),
    "padding-per-side": (
        lambda: Conv(kernel_size=(3, 3), padding=(0, 1, 2, 3)),
        "padding=(0, 1, 2, 3) has 4 numbers; spatial axes: 2, each with a number or a pair (before, after)\n"
        "  help: padding=((2, 3), (0, 1)), where (0, 1, 2, 3) is in F.pad's order (last axis first)",
    ),
    "unknown-padding-mode": (
        lambda: Conv(kernel_size=3, padding_mode="reflect_101"),
        "there is no padding mode 'reflect_101'; choose from zeros, constant(v), reflect, replicate, circular, symmetric",
    ),
    "unknown-padding-mode namespace": (
        lambda: Conv(kernel_size=3, padding_mode="wrap"),
        "there is no padding mode 'wrap'; choose from zeros, constant(v), reflect, replicate, circular, symmetric\n"
        "  help: with its library's name in front: jax:wrap, numpy:wrap, onnx:wrap, scipy:wrap",
    ),
    "unknown-padding-mode constant": (
        lambda: Conv(kernel_size=3, padding_mode="constant(x)"),
        "there is no padding mode 'constant(x)'; choose from zeros, constant(v), reflect, replicate, circular, symmetric",
    ),
    "transposed-padding-mode": (
        lambda: Conv(kernel_size=3, padding_mode="reflect", transposed=True),
        "padding_mode='reflect' has no meaning for a transposed convolution: its padding crops the output\n"
        "  help: padding_mode='zeros'",
    ),
    "output-padding-forward": (
        lambda: Conv(kernel_size=3, output_padding=1),
        "output_padding=1 belongs to a transposed convolution; this one is not\n  help: output_padding=0",
    ),
    "output-padding-too-large": (
        lambda: Conv(kernel_size=(3, 3), stride=2, output_padding=(1, 2), transposed=True),
        "on axis W output_padding is 2, but it must be smaller than 2, the larger of stride=2 and dilation=1"
        "\n  help: output_padding=1 is the largest",
    ),
    "output-padding-with-word": (
        lambda: Conv(kernel_size=3, stride=2, padding="same", output_padding=1, transposed=True),
        "padding='same' already fixes the output at input·stride; output_padding=1 cannot change it\n  help: output_padding=0",
    ),
    "border-of-nothing": (
        lambda: Conv(kernel_size=(1, 2), padding=((0, 0), (1, 1)), padding_mode="reflect").output_shape((1, 1, 3, 0)),
        "axis W has 0 elements, so padding mode 'reflect' has nothing to copy from\n  help: padding_mode='zeros'",
    ),
    "not-a-shape": (
        lambda: Conv(kernel_size=3).output_shape(224),
        "224 is not a shape\n  help: use a tuple such as (1, 3, 224, 224): batch, channels, then sizes",
    ),
    "open-rank": (
        lambda: Conv(kernel_size=3).output_shape((224, 224)),
        "Conv(kernel_size=3) fits any rank, and (224, 224) is too short to tell which: (batch, channels, sizes) is needed\n"
        "  help: rank=1 also takes (channels, sizes)",
    ),
    "wrong-dimensions": (
        lambda: Conv(3, 8, (3, 3)).output_shape((1, 1, 3, 9, 9)),
        "the input (1, 1, 3, 9, 9) has 5 axes; 2 spatial axes need 4 (batch, channels, sizes) or 3 (channels, sizes)",
    ),
    "wrong-channels": (lambda: Conv(4, 64, (3, 3)).output_shape((1, 16, 8, 9)), "the input (1, 16, 8, 9) has 16 channels on axis 1, but 4 are expected"),
    "wrong-channels unbatched": (lambda: Conv(4, 64, (3, 3)).output_shape((16, 8, 4)), "the input (16, 8, 4) has 16 channels on axis 0, but 4 are expected"),
    "channels-last": (
        lambda: Conv(3, 10, (3, 3)).output_shape((1, 361, 424, 3)),
        "the input (1, 361, 424, 3) has 361 channels on axis 1, but 3 are expected\n"
        "  help: the channels are last: permute(0, 3, 1, 2) (in NumPy: transpose) gives (1, 3, 361, 424)",
    ),
    "wrong-rank": (lambda: Conv(kernel_size=(3, 3)).at_rank(1), "Conv(kernel_size=3, rank=2) has 2 spatial axes, not 1"),
    "rank-unknown": (lambda: Conv(3, 8, 3).params, "Conv(3, 8, kernel_size=3) fits any rank, so its weights cannot be counted\n  help: rank=2 for pictures"),
    "channels-unknown": (
        lambda: Conv(kernel_size=3).macs((1, 1, 9)),
        "Conv(kernel_size=3, rank=1) does not say how many channels it has, so its weights cannot be counted\n"
        "  help: Conv(in_channels, out_channels, kernel_size=(3,))",
    ),
    "no-line": (lambda: Conv.parse(" "), "no layer is written yet\n  help: such as \"nn.Conv2d(3, 64, 7, stride=2)\""),
    "several-statements": (lambda: Conv.parse("x = 1; nn.Conv2d(1, 1, 3)"), "'x = 1; nn.Conv2d(1, 1, 3)' has more than one statement; one layer is read at a time\n  help: nn.Conv2d(1, 1, 3)"),
    "several-statements without a layer": (lambda: Conv.parse("import os; x"), "'import os; x' has more than one statement; one layer is read at a time\n  help: such as \"nn.Conv2d(3, 64, 7, stride=2)\""),
    "wrong-case": (lambda: Conv.parse("nn.conv2d(1, 1, 3)"), "torch.nn has no conv2d; it has Conv2d\n  help: nn.Conv2d(1, 1, 3)"),
    "too-small channels": (lambda: Conv(-1, 8, 3), "in_channels is -1; it must be at least 0\n  help: in_channels=1"),
    "not-code": (lambda: Conv.parse("nn.Conv2d(3, 64"), "'nn.Conv2d(3, 64' is not a line of Python\n  help: such as \"nn.Conv2d(3, 64, 7, stride=2)\""),
    "not-a-call": (lambda: Conv.parse("3 + 4"), "'3 + 4' is not a call of a convolution\n  help: such as \"nn.Conv2d(3, 64, 7, stride=2)\""),
    "not-a-convolution": (
        lambda: Conv.parse("nn.Linear(3, 4)"),
        "Linear is not a convolution\n  help: one of Conv, Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d",
    ),
    "not-a-convolution pool": (
        lambda: Conv.parse("nn.MaxPool2d(2)"),
        "MaxPool2d is not a convolution\n  help: one of Conv, Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, "
        "ConvTranspose3d\n  help: a pooling window has the sizes of Conv(kernel_size=2, stride=2)",
    ),
    "lazy-code": (lambda: Conv.parse("nn.LazyConv2d(8, 3)"), "'nn.LazyConv2d(8, 3)' does not say how many input channels it has\n  help: give the number of input channels"),
    "not-a-literal": (
        lambda: Conv.parse("nn.Conv2d(3, width, 3)"),
        "'nn.Conv2d(3, width, 3)': 'width' is not a number, a word or a tuple of them; code is read, never executed",
    ),
    "unknown-padding bare": (
        lambda: Conv.parse("nn.Conv2d(3, 4, 3, padding=p)"),
        "there is no padding 'p'; use a number, a pair (before, after) or one of valid, same, same_lower, causal",
    ),
    "unknown-argument": (
        lambda: Conv.parse("nn.Conv1d(3, 8, 3, strides=2)"),
        "'nn.Conv1d(3, 8, 3, strides=2)': the argument 'strides' is unknown here or given twice\n"
        "  help: the arguments are in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode",
    ),
    "unknown-argument twice": (
        lambda: Conv.parse("nn.Conv1d(3, 8, 3, kernel_size=2)"),
        "'nn.Conv1d(3, 8, 3, kernel_size=2)': the argument 'kernel_size' is unknown here or given twice\n"
        "  help: the arguments are in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode",
    ),
    "unknown-argument stars": (
        lambda: Conv.parse("nn.Conv1d(3, **more)"),
        "'nn.Conv1d(3, **more)': the argument '**' is unknown here or given twice\n"
        "  help: the arguments are in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode",
    ),
    "too-many-arguments": (
        lambda: Conv.parse("nn.Conv1d(1, 1, 1, 1, 1, 1, 1, True, 'zeros', 0)"),
        "\"nn.Conv1d(1, 1, 1, 1, 1, 1, 1, True, 'zeros', 0)\" has 10 arguments; at most 9 are accepted",
    ),
    "not-a-layer": (
        lambda: Conv.from_module(Layer()),
        "Layer is not a convolution layer\n"
        "  help: one of Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d",
    ),
    "lazy-layer": (lambda: Conv.from_module(Conv2d()), "Conv2d does not know its channels yet\n  help: run it once on an input"),
    "branches-misaligned": (
        lambda: join_fields(Field(), receptive_field([Conv(kernel_size=1, stride=2)])[0][0]),
        "the branches move 1 / 2 inputs per output: they do not line up\n  help: the same strides in every branch",
    ),
    "start-unknown": (
        lambda: receptive_field([Conv(kernel_size=3, stride=2, padding="same")])[0][0].inputs(0),
        "where the receptive field starts depends on the input's size, which was not given\n  help: receptive_field(specs, input_shape)",
    ),
    "lengths-differ": (lambda: layers_between((4, 4), 2), "(4, 4) has 2 sizes, but 2 has 1\n  help: give one output size for each input size"),
    "too-small inverse": (lambda: layers_between(0, 2), "n is 0; it must be at least 1\n  help: n=1"),
    "unknown-precision": (
        lambda: precision("exakt"),
        "there is no precision 'exakt'; choose from exact, default, fast, highest, high, medium",
    ),
    "unknown-activation": (
        lambda: activation("elu"),
        "there is no activation 'elu'; choose from relu, relu6, silu, hardswish, sigmoid, tanh, gelu",
    ),
    "not-a-problem": (lambda: Problem.parse("n1 c64"), "'n1 c64' cannot be read as a problem\n  help: such as 'n1 c64 56x56 k64 3x3 s2 same f32'"),
    "not-a-problem letter": (
        lambda: Problem.parse("x1 c4 5 k4 3 f32"),
        "'x1 c4 5 k4 3 f32' cannot be read as a problem\n  help: such as 'n1 c64 56x56 k64 3x3 s2 same f32'",
    ),
    "not-a-problem type": (
        lambda: Problem.parse("n1 c4 5 k4 3 f31"),
        "'n1 c4 5 k4 3 f31' cannot be read as a problem\n  help: such as 'n1 c64 56x56 k64 3x3 s2 same f32'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_the_refusal_says(case: str) -> None:
    act, words = REFUSED[case]
    with pytest.raises(ConvError) as refused:
        act()
    assert str(refused.value) == words
    assert refused.value.code == case.partition(" ")[0]
    assert {line.code for line in (refused.value.sentence, *refused.value.help)} == {refused.value.code}


def test_an_error_survives_pickling_with_its_facts() -> None:
    act, words = REFUSED["channels-last"]
    with pytest.raises(ConvError) as refused:
        act()
    again = pickle.loads(pickle.dumps(refused.value))
    assert (type(again), str(again), again.code, again.facts) == (
        ConvError,
        words,
        "channels-last",
        refused.value.facts,
    )


def test_long_code_is_cut_in_a_message() -> None:
    with pytest.raises(ConvError) as refused:
        Conv.parse("nn.Conv2d(" + "3, " * 40)
    assert refused.value.facts["text"] == ("nn.Conv2d(" + "3, " * 40)[:77] + "..."
