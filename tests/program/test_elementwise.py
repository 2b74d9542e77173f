"""``map`` and ``cast`` as native calls; the right values are torch's, and sums of whole numbers in NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from placed import Laid, defined, execute, run
from random_places import CAST, MAP, map_at_random
from torch import nn

from kaiyan.engine.codegen.language.compile import compiled
from kaiyan.engine.codegen.language.target import TARGETS
from kaiyan.engine.codegen.parts.elements import EMITTED_WORDS
from kaiyan.engine.codegen.routines.mapped import Mapped
from kaiyan.program.graph import Node
from kaiyan.program.operations.elementwise import ELEMENT_FUNCTIONS
from kaiyan.program.place import Pointer
from kaiyan.program.room import PlanningRoom

if TYPE_CHECKING:
    from collections.abc import Callable

_SAME_NAMES = (
    "sigmoid", "tanh", "neg", "abs", "sign", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt",
    "reciprocal", "square", "floor", "ceil", "trunc", "round", "sin", "cos", "erf",
)  # fmt: skip
_LAYERS = (
    "relu", "relu6", "silu", "hardswish", "gelu", "hardsigmoid", "selu", "softplus", "logsigmoid", "mish", "softsign",
)  # fmt: skip
_WITH_NUMBERS: tuple[tuple[tuple[Any, ...], Callable[..., Any]], ...] = (
    (("gelu_tanh", 0), lambda x: nn.functional.gelu(x, approximate="tanh")),
    (("leaky_relu", 0, 0.1), lambda x: nn.functional.leaky_relu(x, 0.1)),
    (("elu", 0, 1.5), lambda x: nn.functional.elu(x, 1.5)),
    (("celu", 0, 2.0), lambda x: nn.functional.celu(x, 2.0)),
    (("clip", 0, -1.0, 2.0), lambda x: torch.clamp(x, -1, 2)),
    (("maximum", 0, 0.5), lambda x: torch.clamp(x, min=0.5)),
    (("minimum", 0, 0.5), lambda x: torch.clamp(x, max=0.5)),
    (("hardshrink", 0, 0.5), lambda x: nn.functional.hardshrink(x, 0.5)),
    (("softshrink", 0, 0.5), lambda x: nn.functional.softshrink(x, 0.5)),
    (("threshold", 0, 0.5, 7.0), lambda x: nn.functional.threshold(x, 0.5, 7.0)),
    (("softplus", 0, 2.0, 5.0), lambda x: nn.functional.softplus(x, 2.0, 5.0)),
    (("add", 0, 1.5), lambda x: x + 1.5),
    (("sub", 1.5, 0), lambda x: 1.5 - x),
    (("mul", 0, -0.7), lambda x: x * -0.7),
    (("div", 1.0, 0), lambda x: 1.0 / x),
    *((("pow", 0, p), lambda x, p=p: torch.pow(x, p)) for p in (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, -0.5, -1.0, -2.0, -3.0)),
    (("pow", 0, 1 / 3), lambda x: torch.pow(x, 1 / 3)),
)
WORDS = (
    *(((name, 0), getattr(torch, name)) for name in _SAME_NAMES),
    *(((name, 0), getattr(nn.functional, name)) for name in _LAYERS),
    *_WITH_NUMBERS,
)
"""A term, and what it is in torch."""
_IDS = ["-".join(map(str, term)) for term, _ in WORDS]
_SPECIAL = (
    0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 1e-45, 3e38, -3e38, 88.0, 89.0, -88.0, -103.5, 20.0, 21.0, 1.0,
    -1.0, 2.0, 0.5, -0.5, 3.0, -3.0, 6.0, np.pi, 1e9, -5e8, 2.0**29, 1e30, 1000.0, -1000.0,
)  # fmt: skip
_TOLERANCES = {"float32": (3e-6, 1e-6), "float64": (2e-14, 1e-15)}
"""Of the value, and at least; GELU in float32 is a quotient of polynomials that is good to 7e-7."""
_IN_DOUBLES = ("gelu",)
"""Of long arrays of float32 torch 2.13 gives no number for infinity, and infinity for 3e38."""
_SIGNED = (
    "neg",
    "abs",
    "sqrt",
    "floor",
    "ceil",
    "trunc",
    "round",
    "sin",
    "tanh",
    "erf",
    "expm1",
    "log1p",
    "relu",
    "elu",
)
"""Of which the sign of nought is told apart."""


def numbers(dtype: str) -> Any:
    """Special ones first, then near 0, far from it, and of every size."""
    random = np.random.default_rng(3)
    spread = [random.standard_normal(701) * width for width in (1e-3, 1.0, 4.0, 50.0)]
    return np.concatenate([np.array(_SPECIAL), *spread, np.exp(random.standard_normal(600) * 20)]).astype(dtype)


def assert_as_torch(found: Any, right: Any, dtype: str) -> None:
    relative, absolute = _TOLERANCES[dtype]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(right))
    np.testing.assert_allclose(found, right, rtol=relative, atol=absolute)


def mapped(terms: tuple[Any, ...], *arrays: Any, **settings: Any) -> Any:
    """By the native step, every array dense."""
    inputs = []
    for array in arrays:
        laid = Laid(array.shape, array.dtype.name)
        laid.array[...] = array
        inputs.append(laid)
    node = Node("map", ("x",) * len(arrays), "y", {"terms": terms, **settings})
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    return run(MAP, node, inputs, Laid(shape, settings.get("dtype", arrays[0].dtype.name)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("term", "theirs"), WORDS, ids=_IDS)
def test_a_word_means_what_torch_means(term: tuple[Any, ...], theirs: Callable[..., Any], dtype: str) -> None:
    x = numbers(dtype)
    wide = torch.from_numpy(x).double() if term[0] in _IN_DOUBLES else torch.from_numpy(x)
    right = theirs(wide).to(getattr(torch, dtype)).numpy()
    found = mapped((term,), x)
    assert_as_torch(found, right, dtype)
    np.testing.assert_array_equal(found[np.isinf(x) & (right == 0)], 0)
    if term[0] in _SIGNED:
        noughts = found == 0
        np.testing.assert_array_equal(np.signbit(found[noughts]), np.signbit(right[noughts]))


@pytest.mark.parametrize(("term", "theirs"), WORDS, ids=_IDS)
def test_the_definition_of_a_word_is_torchs(term: tuple[Any, ...], theirs: Callable[..., Any]) -> None:
    x = numbers("float64")
    right = theirs(torch.from_numpy(x)).numpy()
    found = defined(Node("map", ("x",), "y", {"terms": (term,)}), [x])
    assert_as_torch(found, right, "float64")


def test_every_word_is_written_and_tested() -> None:
    assert set(EMITTED_WORDS) == set(ELEMENT_FUNCTIONS) == {term[0] for term, _ in WORDS}


@pytest.mark.parametrize("word", ["maximum", "minimum"])
def test_what_is_no_number_wins_on_either_side(word: str) -> None:
    a, b = np.array([np.nan, 1, np.nan, 2], "float32"), np.array([1, np.nan, np.nan, 3], "float32")
    right = getattr(torch, word)(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_array_equal(mapped(((word, 0, 1),), a, b), right)


def test_powers_of_arrays_are_torchs() -> None:
    x, y = (np.random.default_rng(seed).standard_normal(99).astype("float32") * 3 for seed in (0, 1))
    y[:40] = np.rint(y[:40])
    right = torch.pow(torch.from_numpy(x), torch.from_numpy(y))
    assert_as_torch(mapped((("pow", 0, 1),), x, y), right.numpy(), "float32")


def test_the_slopes_of_leaky_relu_may_be_an_array() -> None:
    x, slope = (
        np.random.default_rng(i).standard_normal(s).astype("float32") for i, s in enumerate([(2, 5, 9), (5, 1)])
    )
    right = nn.functional.prelu(torch.from_numpy(x), torch.from_numpy(slope[:, 0]))
    np.testing.assert_array_equal(mapped((("leaky_relu", 0, 1),), x, slope), right.numpy())


@pytest.mark.parametrize("seed", range(40))
def test_any_layout_of_any_arrays(seed: int) -> None:
    map_at_random(seed)


@pytest.mark.parametrize("last", [False, True])
def test_a_picture_as_bytes_with_its_normalisation_is_one_call(last: bool) -> None:
    order = (0, 2, 3, 1) if last else None
    picture = Laid((2, 3, 74, 82), "uint8", order)
    picture.array[...] = np.random.default_rng(0).integers(0, 256, picture.array.shape)
    numbers = [Laid((3, 1, 1), "float32") for _ in range(2)]
    for laid, values in zip(numbers, ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), strict=True):
        laid.array[...] = np.reshape(values, (3, 1, 1))
    terms = (("div", 0, 255.0), ("sub", 3, 1), ("div", 4, 2))
    node = Node("map", ("x", "mean", "deviation"), "y", {"terms": terms, "dtype": "float32"})
    output = Laid(picture.array.shape, "float32", order)
    assert len(MAP.calls(node, [laid.place for laid in (picture, *numbers)], output.place, PlanningRoom())) <= 3
    found = run(MAP, node, [picture, *numbers], output)
    mean, deviation = (torch.from_numpy(laid.array.copy()) for laid in numbers)
    right = (torch.from_numpy(picture.array.copy()).float() / 255 - mean) / deviation
    np.testing.assert_allclose(found, right.numpy(), rtol=0, atol=5e-7)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("channels", [2, 3, 5, 24, 47])
def test_short_lines_are_joined(channels: int, constant: bool) -> None:
    shape = 2, channels, 66, 130
    x, gate, bias = (
        Laid(shape, "float32", (0, 2, 3, 1)),
        Laid((2, channels, 1, 1), "float32"),
        Laid((channels, 1, 1), "float32"),
    )
    for seed, laid in enumerate((x, gate, bias)):
        laid.array[...] = np.random.default_rng(seed).integers(-9, 9, laid.array.shape)
    if constant:
        buffer = replace(bias.place.pointer.buffer, role="constant", array=bias.array)
        bias.place = replace(bias.place, pointer=Pointer(buffer))
    node = Node("map", ("x", "gate", "bias"), "y", {"terms": (("mul", 0, 1), ("add", 3, 2))})
    output = Laid(shape, "float32", (0, 2, 3, 1))
    calls = MAP.calls(node, [x.place, gate.place, bias.place], output.place, PlanningRoom())
    assert len(calls) == (2 if constant else 3)
    execute(calls, {laid.buffer: laid.base for laid in (x, gate, bias, output)}, 2)
    np.testing.assert_array_equal(output.array, x.array * gate.array + bias.array)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_a_cast_gives_the_nearest_number(given: str, dtype: str) -> None:
    x = Laid((7, 31), given)
    whole = np.random.default_rng(0).integers(0, 2 if given == "bool" else 100, x.array.shape)
    x.array[...] = whole if given[0] in "buib" else whole / 7 - 3
    y = run(CAST, Node("cast", ("x",), "y", {"dtype": dtype}), [x], Laid((7, 31), dtype, (1, 0)))
    np.testing.assert_array_equal(y, torch.from_numpy(x.array.copy()).to(getattr(torch, dtype)).numpy())


def test_whole_numbers_are_not_given_natively() -> None:
    node = Node("cast", ("x",), "y", {"dtype": "int64"})
    assert CAST.refuses(node, [Laid((3,), "float32").place], Laid((3,), "int64").place)


def test_a_word_that_is_not_written_and_a_ninth_array_are_refused() -> None:
    array = Laid((3,), "float32").place
    assert MAP.refuses(Node("map", ("x",), "y", {"terms": (("digamma", 0),)}), [array], array)
    assert MAP.refuses(Node("map", ("x",) * 9, "y", {"terms": (("add", 0, 8),)}), [array] * 9, array)


def test_no_element_is_no_call() -> None:
    empty = Laid((2, 0, 3), "float32").place
    assert MAP.calls(Node("map", ("x",), "y", {"terms": (("exp", 0),)}), [empty], empty, PlanningRoom()) == []


def test_sizes_are_no_part_of_the_machine_code() -> None:
    routines = set()
    for shape in ((1, 64, 56, 56), (2, 48, 7, 9)):
        for order in ((0, 1, 2, 3), (0, 2, 3, 1)):
            place = Laid(shape, "float32", order).place
            node = Node("map", ("x", "z"), "y", {"terms": (("add", 0, 1), ("relu", 2))})
            routines |= {call.routine for call in MAP.calls(node, [place, place], place, PlanningRoom())}
    assert len(routines) == 1


def test_the_bits_do_not_depend_on_the_number_of_threads() -> None:
    x = Laid((3, 50, 40, 41), "float32")
    x.array[...] = np.random.default_rng(0).standard_normal(x.array.shape)
    node = Node("map", ("x",), "y", {"terms": (("gelu", 0), ("exp", 1))})
    one, two = (run(MAP, node, [x], Laid(x.array.shape, "float32"), threads).tobytes() for threads in (1, 2))
    assert one == two


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_word_compiles_for_every_target(target: Any) -> None:
    terms = tuple((word, *operands) for (word, *operands), _ in WORDS)
    for dtype in ("float32", "float64"):
        assert compiled(Mapped(terms, ("uint8",), (1,), 1, dtype), target)[:4] == b"\x7fELF"


@pytest.mark.parametrize("name", ["avx2", "generic"])
def test_narrower_machines_arrange_and_compute_the_same(name: str) -> None:
    script = Path(__file__).parent.parent / "random_places.py"
    environment = os.environ | {"KAIYAN_TARGET": name}
    done = subprocess.run(
        [sys.executable, str(script), "0", "20"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "arrange_at_random 20" in done.stdout
