"""Problem: one description on one input, with its types; it has one spelling, short and reversible."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from kaiyan.arrays.table import LIBRARIES
from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.reference.dtype import result_type
from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.conv import Conv, Shape
from kaiyan.spec.conventions import PADDING

PRECISIONS: dict[str, str] = {
    "exact": "exact",
    "default": "default",
    "fast": "fast",
    "highest": "exact",
    "high": "default",
    "medium": "fast",
}
"""The tiers of accuracy, under our names and PyTorch's."""

WRT = ("input", "weight")
"""What a gradient is asked of, beside the bias: its gradient is a sum."""

LAYOUTS = ("channels_first", "row_contiguous", "channels_last", "strided", "unaligned")
"""How the input lies in memory.

``channels_first`` (NCHW): each channel is contiguous. ``row_contiguous``: each row is, as in a window of a larger
array. ``channels_last`` (NHWC): the channels of one position are. ``strided``: there are gaps between neighbours.
``unaligned``: strides that are no multiples of the item's size, or another byte order.
"""
FORMER_LAYOUTS = {"planes": "channels_first", "rows": "row_contiguous", "pixels": "channels_last"}
"""Words of version 0.1.0 and those that took their place."""


_TYPES: dict[str, str] = {
    "f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64", "f128": "float128",
    "c64": "complex64", "c128": "complex128", "c256": "complex256",
    "b8": "bool", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
    "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
}  # fmt: skip
_SHORT_TYPES = {long: short for short, long in _TYPES.items()}


@dataclass(frozen=True)
class Problem:
    """What an algorithm is asked for: ``spec`` with its rank and channels, an input (N, C, *spatial), types, a tier.

    ``kind`` is the array library, ``device`` where its memory lies, ``layout`` how; ``traced`` says that the library
    follows what is done to the arrays. After the sum come a ``residual`` and an ``activation``. ``fresh`` says that the
    weight is another at each call, as in training; ``threads`` how many may compute. ``wrt`` asks for the gradient of
    the "input" or the "weight": ``dtype`` is then the type of the output's gradient, ``weight_dtype`` that of the other
    array that is read, and ``layout`` that of x, or of the output's gradient where it is read with the weight. ``str``
    gives the spelling and ``parse`` reads it: batch, channels, sizes, kernels, kernel, then what is not as usual.
    ``turned`` asks generated code for an output with its channels last, wherever the input has them.

    >>> problem = Problem(Conv(64, 64, 3, padding="same", rank=2), (1, 64, 56, 56))
    >>> str(problem)
    'n1 c64 56x56 k64 3x3 same f32'
    >>> Problem.parse(str(problem)) == problem
    True
    """

    spec: Conv
    input_shape: Shape
    dtype: str = "float32"
    weight_dtype: str = "float32"
    bias_dtype: str = "float32"
    out_dtype: str | None = None
    saturate: bool = False
    precision: str = "default"
    kind: str = "numpy"
    device: str = "cpu"
    layout: str = "channels_first"
    traced: bool = False
    residual: bool = False
    activation: str | None = None
    fresh: bool = False
    threads: int = 1
    wrt: str | None = None
    turned: bool = False

    @cached_property
    def output_shape(self) -> Shape:
        """(N, K, *output)."""
        return self.spec.output_shape(self.input_shape)

    @cached_property
    def weight_shape(self) -> Shape:
        """(K, C/groups, *kernel), of a transposed convolution (C, K/groups, *kernel)."""
        return self.spec.weight_shape

    @cached_property
    def promoted_dtype(self) -> str:
        """The type that comes back where no ``out_dtype`` asks for another."""
        return _promoted(self.dtype, self.weight_dtype, self.bias_dtype, self.spec.padding_mode)

    @property
    def result_dtype(self) -> str:
        """The type that comes back."""
        return self.out_dtype or self.promoted_dtype

    def __str__(self) -> str:
        N, C, *spatial = self.input_shape
        spec = self.spec
        tokens = [f"n{N}", f"c{C}", _times(spatial), f"k{spec.channels[1]}", _times(a.kernel for a in spec.axes)]
        tokens += _options(spec)
        tokens += [self._types()]
        tokens += ["saturate"] * self.saturate
        tokens += [self.precision] * (self.precision != "default")
        tokens += [self.kind] * (self.kind != "numpy")
        tokens += [f"@{self.device}"] * (self.device != "cpu")
        tokens += [self.layout] * (self.layout != "channels_first")
        tokens += ["turned"] * self.turned + ["traced"] * self.traced + ["residual"] * self.residual
        tokens += [self.activation] if self.activation else []
        tokens += ["fresh"] * self.fresh + [f"t{self.threads}"] * (self.threads != 1)
        tokens += [f"wrt:{self.wrt}"] if self.wrt else []
        return " ".join(tokens)

    def _types(self) -> str:
        x, w, bias = (_SHORT_TYPES[name] for name in (self.dtype, self.weight_dtype, self.bias_dtype))
        result = "" if self.out_dtype is None else f">{_SHORT_TYPES[self.out_dtype]}"
        return x + f"*{w}" * (w != x) + f"+{bias}" * (bias != w) + result

    @classmethod
    def parse(cls, text: str) -> Problem:
        """Reads a spelling; raises ``ConvError`` when a word of it is unknown."""
        words = text.split()
        try:
            N, C, spatial, K, kernel, *rest = words
            sizes, taps = _numbers(spatial), _numbers(kernel)
            shape = (_after("n", N), _after("c", C), *sizes)
            channels = _after("c", C), _after("k", K)
            options, facts = _read_options(rest)
        except (ValueError, KeyError):
            raise ConvError(
                "not-a-problem",
                "{text!r} cannot be read as a problem",
                "such as 'n1 c64 56x56 k64 3x3 s2 same f32'",
                text=text,
            ) from None
        spec = Conv(*channels, taps, **options)
        return cls(spec, shape, **facts)


@lru_cache(maxsize=256)
def _promoted(x: str, weight: str, bias: str, mode: str) -> str:
    return result_type(x, weight, bias, mode=mode)


def precision(word: Any) -> str:
    """One of "exact", "default", "fast"; PyTorch's "highest", "high", "medium" are taken for them."""
    if isinstance(word, str) and word in PRECISIONS:
        return PRECISIONS[word]
    raise ConvError(
        "unknown-precision",
        "there is no precision {word!r}; choose from {words}",
        word=word,
        words=", ".join(PRECISIONS),
    )


def layout(word: Any) -> str:
    """One of ``LAYOUTS``; a former word is taken for the one in its place, with a DeprecationWarning."""
    if word in FORMER_LAYOUTS:
        warnings.warn(f"layout={word!r} is now {FORMER_LAYOUTS[word]!r}", DeprecationWarning, stacklevel=5)
        return FORMER_LAYOUTS[word]
    if word in LAYOUTS:
        return word  # type: ignore[no-any-return]
    raise ConvError(
        "unknown-word", "there is no {name} {word!r}; choose from {words}", name="layout", word=word,
        words=", ".join(LAYOUTS),
    )  # fmt: skip


def activation(word: Any) -> str | None:
    """One of ``ACTIVATIONS``, or None."""
    if word is None or word in ACTIVATIONS:
        return word  # type: ignore[no-any-return]
    raise ConvError(
        "unknown-activation",
        "there is no activation {word!r}; choose from {words}",
        word=word,
        words=", ".join(ACTIVATIONS),
    )


def _options(spec: Conv) -> list[str]:
    padding = ",".join(_pad_word(a.padding) for a in spec.axes)
    words = {a.padding for a in spec.axes}
    if len(words) == 1:
        padding = _pad_word(words.pop())
    settings = [
        ("s", _columns(a.stride for a in spec.axes), "1"),
        ("p", padding, "0"),
        ("d", _columns(a.dilation for a in spec.axes), "1"),
        ("o", _columns(getattr(a, "output_padding", 0) for a in spec.axes), "0"),
        ("g", str(spec.groups), "1"),
        ("m:", spec.padding_mode, "zeros"),
    ]
    tokens = [value if value in PADDING else letter + value for letter, value, usual in settings if value != usual]
    return tokens + ["nobias"] * (not spec.bias) + ["transposed"] * spec.transposed


_LETTERS = {"s": "stride", "p": "padding", "d": "dilation", "o": "output_padding", "g": "groups"}
_FLAGS: dict[str, dict[str, Any]] = {
    "nobias": {"bias": False},
    "transposed": {"transposed": True},
}


_FACTS: dict[str, dict[str, Any]] = {
    **{word: {"precision": word} for word in ("exact", "default", "fast")},
    "saturate": {"saturate": True},
    **{word: {"layout": word} for word in LAYOUTS},
    **{former: {"layout": word} for former, word in FORMER_LAYOUTS.items()},
    "turned": {"turned": True},
    "traced": {"traced": True},
    "residual": {"residual": True},
    **{word: {"activation": word} for word in ACTIVATIONS},
    "fresh": {"fresh": True},
    **{f"wrt:{word}": {"wrt": word} for word in WRT},
}


def _read_options(tokens: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    options: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for token in tokens:
        if token in PADDING:
            options["padding"] = token
        elif token in _FLAGS:
            options |= _FLAGS[token]
        elif token in LIBRARIES:
            facts["kind"] = token
        elif token in _FACTS:
            facts |= _FACTS[token]
        elif token.startswith("m:"):
            options["padding_mode"] = token[2:]
        elif re.fullmatch(r"[spdog][\w,:]+", token):
            options[_LETTERS[token[0]]] = _entries(token[1:])
        else:
            facts |= _read_fact(token)
    return options, facts


def _read_fact(token: str) -> dict[str, Any]:
    """A device, a number of threads, or the types."""
    if token.startswith("@"):
        return {"device": token[1:]}
    if re.fullmatch(r"t[1-9]\d*", token):
        return {"threads": int(token[1:])}
    rest, _, result = token.partition(">")
    factors, _, bias = rest.partition("+")
    x, _, w = factors.partition("*")
    types = {"dtype": _TYPES[x], "weight_dtype": _TYPES[w or x], "bias_dtype": _TYPES[bias or w or x]}
    return types | ({"out_dtype": _TYPES[result]} if result else {})


def _entries(text: str) -> Any:
    entries = [_entry(part) for part in text.split(",")]
    if len(entries) == 1 and not isinstance(entries[0], tuple):
        return entries[0]
    return tuple(entries)


def _entry(text: str) -> Any:
    if text in PADDING:
        return text
    numbers = tuple(int(part) for part in text.split(":"))
    return numbers[0] if len(numbers) == 1 else numbers


def _pad_word(padding: Any) -> str:
    if isinstance(padding, str):
        return padding
    before, after = padding
    return str(before) if before == after else f"{before}:{after}"


def _columns(values: Any) -> str:
    entries = [str(value) for value in values]
    return entries[0] if len(set(entries)) == 1 else ",".join(entries)


def _times(values: Any) -> str:
    return "x".join(str(value) for value in values)


def _numbers(text: str) -> tuple[int, ...]:
    return read.shape([int(part) for part in text.split("x")])


def _after(letter: str, token: str) -> int:
    if not token.startswith(letter):
        raise ValueError
    return int(token[len(letter) :])
