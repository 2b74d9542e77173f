"""Descriptions: PyTorch code in and out, whole shapes, costs; numbers from papers, torch's documentation and by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import conv_arguments, fitted

from kaiyan import Conv, ConvError, layers_between
from kaiyan.engine.problem import LAYOUTS, Problem, precision
from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.spec import read
from kaiyan.spec.code import arguments
from kaiyan.spec.conventions import PADDING, PADDING_MODES, foreign
from kaiyan.spec.cost import Figure

Case = tuple[Conv, tuple[int, ...]]
TYPES = ("float32", "float64", "bfloat16", "uint8", "int32", "complex64")


@given(given_=conv_arguments())
def test_what_is_written_is_read_back(given_: dict[str, Any]) -> None:
    spec = Conv(**given_)
    assert Conv.parse(str(spec)) == spec
    assert Conv.parse(f"torch.{spec}" if str(spec).startswith("nn.") else f"kaiyan.{spec}") == spec
    assert repr(spec) == str(spec)
    assert hash(spec) == hash(spec.replace())


@given(given_=conv_arguments())
def test_pytorch_is_named_only_where_it_takes_the_arguments(given_: dict[str, Any]) -> None:
    spec = Conv(**given_)
    name = str(spec).partition("(")[0]
    words = [a.padding for a in spec.axes if isinstance(a.padding, str)]
    even = all(a.padding[0] == a.padding[1] for a in spec.axes if not isinstance(a.padding, str))
    same = len(words) == len(spec.axes) and set(words) == {"same"} and all(a.stride == 1 for a in spec.axes)
    sayable = (not words and even) or (same and not spec.transposed)
    torch = sayable and len(spec.axes) < 4 and spec.padding_mode in ("zeros", "reflect", "replicate", "circular")
    assert name == (f"nn.Conv{'Transpose' * spec.transposed}{spec.rank}d" if torch else "Conv")


@given(case=fitted(), types=st.tuples(*[st.sampled_from(TYPES)] * 3), tier=st.sampled_from(("exact", "default", "fast")),
       out=st.sampled_from((None, "uint8", "float16")), saturate=st.booleans(), kind=st.sampled_from(("numpy", "torch")),
       layout=st.sampled_from(LAYOUTS), flags=st.tuples(st.booleans(), st.booleans()),
       after=st.sampled_from((None, *ACTIVATIONS)), fresh=st.booleans(), threads=st.integers(1, 128))  # fmt: skip
def test_a_problem_has_one_spelling(
    case: Case, types: tuple[str, str, str], tier: str, out: str | None, saturate: bool, kind: str,
    layout: str, flags: tuple[bool, bool], after: str | None, fresh: bool, threads: int,
) -> None:  # fmt: skip
    spec, shape = case
    device = "cpu" if kind == "numpy" else "cuda:0"
    problem = Problem(spec, shape, *types, out, saturate, tier, kind, device, layout, *flags, after, fresh, threads)
    assert Problem.parse(str(problem)) == problem


def test_spellings() -> None:
    spelled = {
        str(Problem(Conv(64, 64, 3, stride=2, padding="same", rank=2), (1, 64, 56, 56))): "n1 c64 56x56 k64 3x3 s2 same f32",
        str(Problem(Conv(8, 8, (3, 2), padding=((0, 1), (2, 2)), groups=8, bias=False), (2, 8, 5, 6), "uint8", "int32", "int32")): (
            "n2 c8 5x6 k8 3x2 p0:1,2 g8 nobias u8*i32"
        ),
        str(Problem(Conv(8, 4, 3, stride=2, dilation=3, output_padding=1, transposed=True, rank=1), (1, 8, 4))): (
            "n1 c8 4 k4 3 s2 d3 o1 transposed f32"
        ),
        str(Problem(Conv(1, 1, 3, padding=1, padding_mode="constant(0.5)", rank=1), (1, 1, 4), "uint8", "uint8", "float32",
                    "uint8", True, "fast", "torch", "mps")): (
            "n1 c1 4 k1 3 p1 m:constant(0.5) u8+f32>u8 saturate fast torch @mps"
        ),
        str(Problem(Conv(1, 1, 3, rank=1), (1, 1, 4), layout="channels_last", traced=True, residual=True, activation="silu", fresh=True, threads=4)): (
            "n1 c1 4 k1 3 f32 channels_last traced residual silu fresh t4"
        ),
    }  # fmt: skip
    assert list(spelled) == list(spelled.values())


@pytest.mark.parametrize(
    ("code", "args"),
    [
        ("nn.Conv2d(3, 64, 7, stride=2, padding=3)", {"in_channels": 3, "out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "rank": 2}),
        ("Conv1d(3, 8, (5,), 2, 'same', 3, 1, False, 'reflect'),", {
            "in_channels": 3, "out_channels": 8, "kernel_size": (5,), "stride": 2, "padding": "same", "dilation": 3,
            "groups": 1, "bias": False, "padding_mode": "reflect", "rank": 1}),
        (" torch.nn.ConvTranspose3d(4, 2, 3, 2, 1, 1, 2, True, 3, device='cpu', dtype=torch.float32)", {
            "in_channels": 4, "out_channels": 2, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1,
            "groups": 2, "bias": True, "dilation": 3, "rank": 3, "transposed": True}),
        ("Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=circular)", {
            "in_channels": 3, "out_channels": 8, "kernel_size": (3, 3), "stride": (1, 1), "padding": "same",
            "padding_mode": "circular", "rank": 2}),
        ("Conv(kernel_size=3, padding=((0, 1),), rank=1)", {"kernel_size": 3, "padding": ((0, 1),), "rank": 1}),
        ("Conv(4, 4, 3, 1, 0, 1, 2, True, 'zeros', 0, True)", {
            "in_channels": 4, "out_channels": 4, "kernel_size": 3, "stride": 1, "padding": 0, "dilation": 1, "groups": 2,
            "bias": True, "padding_mode": "zeros", "output_padding": 0, "transposed": True}),
    ],
)  # fmt: skip
def test_code_is_read(code: str, args: dict[str, Any]) -> None:
    assert arguments(code) == args


def test_strings_of_descriptions() -> None:
    assert str(Conv(3, 64, (7, 7), stride=2, padding=3)) == "nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3)"
    assert str(Conv(3, 8, 3, padding="SAME", rank=1)) == "nn.Conv1d(3, 8, kernel_size=3, padding='same')"
    assert (
        str(Conv(3, 8, (3, 5), padding=(1, 2), bias=False))
        == "nn.Conv2d(3, 8, kernel_size=(3, 5), padding=(1, 2), bias=False)"
    )
    assert str(Conv(4, 2, 3, 2, output_padding=1, transposed=True, rank=3)) == (
        "nn.ConvTranspose3d(4, 2, kernel_size=3, stride=2, output_padding=1)"
    )
    assert str(Conv(3, 8, 3, 2, "same", rank=2)) == "Conv(3, 8, kernel_size=3, stride=2, padding='same', rank=2)"
    assert str(Conv(2, 2, 3, padding=((0, 1),), rank=1)) == "Conv(2, 2, kernel_size=3, padding=((0, 1),), rank=1)"
    assert (
        str(Conv(3, 8, 3, padding_mode="symmetric", rank=2))
        == "Conv(3, 8, kernel_size=3, padding_mode='symmetric', rank=2)"
    )


def test_arguments_are_normalised() -> None:
    spec = Conv(4, 8, 3, stride=[2], padding=("causal", (1, 2)), dilation=(1, 2), groups=2)
    assert (spec.rank, spec.kernel_size, spec.stride, spec.dilation) == (2, (3, 3), (2, 2), (1, 2))
    assert spec.padding == ("causal", (1, 2))
    assert spec.output_padding == (0, 0)
    assert spec.weight_shape == (8, 2, 3, 3)
    assert [a.name for a in spec.axes] == ["H", "W"]
    assert [a.name for a in Conv(kernel_size=(1,) * 3).axes] == ["D", "H", "W"]
    assert [a.name for a in Conv(kernel_size=(1,)).axes] == ["L"]
    assert [a.name for a in Conv(kernel_size=(1,) * 4).axes] == ["0", "1", "2", "3"]
    assert Conv(kernel_size=3, padding="valid") == Conv(kernel_size=3, padding=0)
    assert Conv(kernel_size=3, padding=2).padding == (2, 2)
    assert (Conv(kernel_size=3).kernel_size, Conv(kernel_size=3).rank) == (3, None)
    assert Conv(4, 2, 3, transposed=True, output_padding=1, stride=2, rank=1).output_padding == (1,)
    assert Conv(4, 2, 3, transposed=True, groups=2, rank=1).weight_shape == (4, 1, 3)
    assert Conv(kernel_size=3, rank=2).rank == 2
    assert Conv(kernel_size=3, stride=(2, 1)).rank == 2
    assert Conv(kernel_size=(3,), stride=(2, 1)).kernel_size == (3, 3)
    assert Conv(kernel_size=3, padding_mode="CONSTANT(1)").padding_mode == "constant(1)"
    assert Conv(kernel_size=3, padding_mode="constant(0)").padding_mode == "zeros"
    assert Conv(kernel_size=3, padding_mode="opencv:BORDER_REFLECT_101").padding_mode == "reflect"


def test_a_constant_keeps_its_kind() -> None:
    assert [read.constant(m) for m in ("zeros", "constant(7)", "constant(0.5)", "constant(1j)")] == [0, 7, 0.5, 1j]
    assert isinstance(read.constant(f"constant({2**60 + 1})"), int)


def test_every_mode_of_another_library_is_one_of_ours() -> None:
    assert set(PADDING_MODES) == {"zeros", "reflect", "replicate", "circular", "symmetric"}
    for name, ours in foreign(PADDING_MODES).items():
        assert Conv(kernel_size=3, padding_mode=name).padding_mode == ours
    for word, ours in foreign(PADDING).items():
        assert Conv(kernel_size=4, padding=word) == Conv(kernel_size=4, padding=ours)


def test_a_library_and_its_word_are_joined_in_any_way() -> None:
    for word in ("tf:same", "tf_same", "TF-SAME", "onnx:SAME_UPPER", "onnx-same-upper"):
        assert Conv(kernel_size=4, padding=word).padding == "same"
    assert Conv(kernel_size=4, padding_mode="opencv:border-wrap").padding_mode == "circular"


def test_replace_checks_again() -> None:
    spec = Conv(8, 8, 3, stride=2, rank=2)
    assert spec.replace(groups=8) == Conv(8, 8, 3, stride=2, groups=8, rank=2)
    assert spec.replace(kernel_size=(1, 1, 1)) == Conv(8, 8, (1, 1, 1), stride=2)
    assert Conv(kernel_size=3).replace(padding=(1, 2)).rank == 2
    assert Conv(kernel_size=3).at_rank(2) == Conv(kernel_size=3, rank=2)
    with pytest.raises(ConvError):
        spec.replace(groups=3)


def test_whole_shapes() -> None:
    spec = Conv.parse("nn.Conv2d(3, 64, 7, stride=2, padding=3)")
    assert spec.output_shape((1, 3, 224, 224)) == (1, 64, 112, 112)
    assert spec.output_shape([3, 224, 223]) == (64, 112, 112)
    assert spec.pads((1, 3, 224, 224)) == ((3, 3), (3, 3))
    assert spec.unread((1, 3, 224, 224)) == (range(224, 224),) * 2
    assert Conv(kernel_size=2, stride=2).output_shape((2, 5, 7)) == (2, 5, 3)
    assert Conv(kernel_size=2, stride=2).unread((2, 5, 7)) == (range(6, 7),)
    assert Conv(kernel_size=3, rank=2).output_shape((5, 7, 8)) == (5, 5, 6)
    assert Conv(kernel_size=3, stride=2, transposed=True).output_sizes((1, 1, 3)) == (range(7, 9),)
    assert Conv(4, 2, 3, transposed=True, rank=1).output_shape((0, 4, 3)) == (0, 2, 5)


def test_an_empty_axis_is_refused_only_where_its_border_is_read() -> None:
    hollow = Conv(kernel_size=2, padding=((1, 0),), rank=1)
    assert hollow.replace(padding=2).output_shape((1, 1, 0)) == (1, 1, 3)
    assert hollow.replace(padding=2, padding_mode="constant(1)").output_shape((1, 1, 0)) == (1, 1, 3)
    assert hollow.replace(padding="same", padding_mode="reflect").output_shape((1, 1, 0)) == (1, 1, 0)
    for padding in (2, ((2, 0),), ((0, 2),)):
        with pytest.raises(ConvError):
            hollow.replace(padding=padding, padding_mode="reflect").output_shape((1, 1, 0))


def test_costs_by_hand() -> None:
    assert Conv(1, 128, 3).macs((1, 1, 128, 128)) == 18_289_152
    stem = Conv(3, 32, 7, 2, 3, rank=2)
    assert (stem.params, stem.macs((1, 3, 224, 224)), stem.flops((1, 3, 224, 224))) == (4736, 59_006_976, 118_013_952)
    assert Conv(3, 1, 2, 2, transposed=True).macs((1, 3, 2, 2)) == 48
    assert Conv(8, 4, 4, 2, 1, transposed=True).macs((1, 8, 8, 8)) == 32_768
    assert Conv(8, 4, 4, 2, 1, groups=2, transposed=True).macs((1, 8, 8, 8)) == 16_384
    assert Conv(3, 8, 3, padding="same").macs((4, 3, 16, 16)) == 4 * 55_296
    assert Conv(3, 8, 3, padding="same", rank=2).macs((3, 16, 16)) == 55_296
    assert Conv(1, 1, 3).full_weights((1, 1, 5, 5)) == 25 * 9
    assert Conv(2, 3, 3, bias=False, rank=1).params == 18


def test_every_figure_says_what_is_known_of_it() -> None:
    cost = Conv(2, 4, 3, padding=1, groups=2).cost((2, 2, 4))
    assert cost.to_dict() == {
        "params": {"value": 16, "status": "exact"},
        "macs": {"value": 2 * 4 * 4 * 3, "status": "exact"},
        "touched": {"value": 2 * 4 * 10, "status": "exact"},
        "flops": {"value": 192, "status": "exact"},
        "bias_adds": {"value": 32, "status": "exact"},
        "bytes": {"value": 4 * (16 + 32 + 16), "status": "exact"},
        "full_weights": {"value": 8 * 16, "status": "exact"},
    }
    assert Conv(2, 4, 3, bias=False).cost((2, 2, 4)).bias_adds == Figure(0)
    unknown = Conv(kernel_size=3).cost((2, 2, 4))
    assert {figure["status"] for figure in unknown.to_dict().values()} == {"unknown"}
    with pytest.raises(ConvError):
        Conv(kernel_size=9).cost((2, 2, 4))


def test_figures_add() -> None:
    assert Figure(2) + Figure(3) == Figure(5, "exact")
    assert Figure(2) + Figure(None, "unknown") == Figure(2, "bound")
    assert Figure(None, "unknown") + Figure(None, "unknown") == Figure(None, "unknown")
    assert Figure(2, "bound") + Figure(3) == Figure(5, "bound")
    assert [str(f) for f in (Figure(1234), Figure(1234, "bound"), Figure(None, "unknown"))] == ["1,234", "≥ 1,234", "?"]


def test_touched_is_of_macs_what_lies_on_input() -> None:
    dense = Conv(2, 3, 3, padding=1, rank=2).cost((1, 2, 4, 5))
    assert dense.touched.value == 2 * 3 * (10 * 13)  # per axis 3n - 2 taps of 3n lie inside
    assert Conv(2, 3, 3, rank=1).cost((2, 6)).touched == Conv(2, 3, 3, rank=1).cost((2, 6)).macs


SIZE = st.integers(1, 60)


@given(n=SIZE, m=SIZE)
def test_layers_between_lead_there(n: int, m: int) -> None:
    for spec in layers_between(n, m):
        assert spec.output_shape((1, 1, n)) == (1, 1, m)
        assert spec.transposed == (m > n)
    assert layers_between(n, m)


@given(n=st.tuples(SIZE, SIZE), m=st.tuples(SIZE, SIZE))
def test_layers_between_lead_there_on_every_axis(n: tuple[int, int], m: tuple[int, int]) -> None:
    for spec in layers_between(n, m):
        assert spec.output_shape((1, 1, *n)) == (1, 1, *m)


def test_the_simplest_layer_comes_first() -> None:
    first = {
        (224, 112): "Conv(kernel_size=3, stride=2, padding=1)",
        (28, 28): "Conv(kernel_size=3, padding=1)",
        (32, 28): "Conv(kernel_size=5)",
        (7, 1): "Conv(kernel_size=7)",
        (224, 14): "Conv(kernel_size=16, stride=16)",
        (14, 28): "Conv(kernel_size=3, stride=2, padding=1, output_padding=1, transposed=True)",
        (1, 4): "Conv(kernel_size=4, transposed=True)",
        ((28, 14), (14, 14)): "Conv(kernel_size=3, stride=(2, 1), padding=1, rank=2)",
        (10, 10**6): "Conv(kernel_size=100000, stride=100000, transposed=True)",
    }
    assert {sizes: str(layers_between(*sizes)[0]) for sizes in first} == first
    assert len(layers_between(224, 112)) == 8
    assert len(layers_between(224, 112, limit=2)) == 2


def test_precision_takes_pytorchs_names() -> None:
    names = ("exact", "default", "fast", "highest", "high", "medium")
    assert [precision(name) for name in names] == ["exact", "default", "fast"] * 2


def test_the_derivation_of_a_stem() -> None:
    derivation = Conv.parse("nn.Conv2d(3, 64, 7, stride=2, padding=3)").derive((1, 3, 224, 224))
    assert str(derivation).splitlines() == [
        "nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3): (1, 3, 224, 224) becomes (1, 64, 112, 112)",
        "H, W: the kernel reaches dilation·(kernel − 1) + 1 = 1·(7 − 1) + 1 = 7",
        "H, W: output = ⌊(n + before + after − reach) / stride⌋ + 1 = ⌊(224 + 3 + 3 − 7) / 2⌋ + 1 = 112",
        "parameters = K·(C / groups)·kernel + biases = 64·(3 / 1)·7·7 + 64 = 9,472",
        "multiply-adds (MACs) = N·K·(C / groups)·kernel·positions = 118,013,952, 116,214,528 of them on real inputs; "
        "FLOPs = 2·MACs = 236,027,904; 3,851,264 bytes in float32, 61.3 FLOP/byte",
        "every output sums 147 products: summed one by one, its rounding error is at most 147 half-units "
        "(float32: 2⁻²⁴, float16: 2⁻¹¹) times the sum of their absolute values",
        "a fully-connected layer from the same input to the same output would have 120,846,286,848 weights, "
        "12,845,056 times these 9,408: a convolution's connections are sparse and shared",
    ]
    assert repr(derivation) == str(derivation)


def test_the_derivation_of_words_and_of_what_is_not_read() -> None:
    spec = Conv(kernel_size=2, stride=2, padding=("causal", "same", "valid"))
    assert str(spec.derive((1, 1, 6, 7, 7))).splitlines()[1:] == [
        "D: the kernel reaches dilation·(kernel − 1) + 1 = 1·(2 − 1) + 1 = 2",
        "D: 'causal' pads reach − 1 = 1 before and nothing after: no output sees a later input",
        "D: output = ⌊(n + before + after − reach) / stride⌋ + 1 = ⌊(6 + 1 + 0 − 2) / 2⌋ + 1 = 3",
        "D: the size is rounded down, so input 5 of 6 is not read",
        "H: the kernel reaches dilation·(kernel − 1) + 1 = 1·(2 − 1) + 1 = 2",
        "H: 'same' asks for ⌈n / stride⌉ = ⌈7 / 2⌉ = 4 outputs, so padding is "
        "max((output − 1)·stride + reach − n, 0) = 1: 0 before, 1 after",
        "H: output = ⌊(n + before + after − reach) / stride⌋ + 1 = ⌊(7 + 0 + 1 − 2) / 2⌋ + 1 = 4",
        "W: the kernel reaches dilation·(kernel − 1) + 1 = 1·(2 − 1) + 1 = 2",
        "W: output = ⌊(n + before + after − reach) / stride⌋ + 1 = ⌊(7 + 0 + 0 − 2) / 2⌋ + 1 = 3",
        "W: the size is rounded down, so input 6 of 7 is not read",
    ]


def test_the_derivation_of_a_transposed_one() -> None:
    spec = Conv(8, 4, 3, stride=2, padding=(1, "same"), output_padding=(1, 0), bias=False, transposed=True)
    assert str(spec.derive((1, 8, 4, 5))).splitlines()[1:-1] == [
        "H: the kernel reaches dilation·(kernel − 1) + 1 = 1·(3 − 1) + 1 = 3",
        "H: output = (n − 1)·stride + reach − before − after + output_padding = (4 − 1)·2 + 3 − 1 − 1 + 1 = 8",
        "H: output_padding chooses among the sizes 7, 8",
        "W: the kernel reaches dilation·(kernel − 1) + 1 = 1·(3 − 1) + 1 = 3",
        "W: 'same' asks for n·stride = 5·2 = 10 outputs, so 0 are cropped before and 1 after",
        "W: output = (n − 1)·stride + reach − before − after + output_padding = (5 − 1)·2 + 3 − 0 − 1 + 0 = 10",
        "parameters = K·(C / groups)·kernel + biases = 4·(8 / 1)·3·3 + 0 = 288",
        "multiply-adds (MACs) = N·K·(C / groups)·kernel·positions = 5,760, 4,928 of them on real inputs; "
        "FLOPs = 2·MACs = 11,520; 3,072 bytes in float32, 3.8 FLOP/byte",
        "every output sums 32 products: summed one by one, its rounding error is at most 32 half-units "
        "(float32: 2⁻²⁴, float16: 2⁻¹¹) times the sum of their absolute values",
    ]


def test_a_derivation_of_nothing_says_no_ratio() -> None:
    assert "fully-connected" not in str(Conv(1, 1, 3, padding=2, rank=1).derive((1, 1, 0)))
    assert "fully-connected" not in str(Conv(0, 1, 3, rank=1).derive((1, 0, 4)))


def test_a_derivation_as_facts() -> None:
    derivation = Conv(2, 2, 2, stride=2, padding=((0, 1),), rank=1).derive([3, 2, 8])
    facts = json.loads(json.dumps(derivation.to_dict()))
    assert [line["text"] for line in facts["lines"]] == str(derivation).splitlines()
    assert (facts["spec"], facts["input_shape"], facts["output_shape"]) == (str(derivation.spec), [3, 2, 8], [3, 2, 4])
    assert (facts["pads"], facts["unread"], facts["cost"]["params"]["value"]) == ([[0, 1]], [[]], 10)
