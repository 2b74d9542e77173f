"""The door: what people write (3, (3, 5), "same", ("causal", "same", 1)) becomes axes; past it nothing is loose."""

import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kaiyan.show.error import ConvError
from kaiyan.spec.axis import Axis, Pads, TransposedAxis
from kaiyan.spec.conventions import PADDING, PADDING_MODES, foreign, mode_name, mode_words, padding_word

LARGEST_SIZE = 2**31 - 1
"""No size in use is larger; a larger one is a slip, and torch's own indices end here."""


def axes(
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    output_padding: Any,
    *,
    transposed: bool,
    rank: int | None,
) -> tuple[Axis, ...]:
    """One ``Axis`` for each spatial axis; a single one for any rank where every argument is a single number.

    Raises ``ConvError`` for a number out of range, an unknown word, or lengths that contradict one another.
    """
    given = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation, "output_padding": output_padding}
    count = rank or 1
    _check_lengths(given | {"padding": padding}, count)
    columns = [_each(name, value, count, least=0 if name == "output_padding" else 1) for name, value in given.items()]
    names = ("n",) if rank is None else axis_names(rank)
    rows = zip(*columns, _paddings(padding, count), names, strict=True)
    if not transposed:
        return tuple(_axis(*row) for row in rows)
    return tuple(_transposed_axis(*row) for row in rows)


def rank_of(kernel_size: Any, *others: Any, rank: Any = None) -> int | None:
    """Spatial axes that the arguments fix, the kernel's word first; None when they fit any rank."""
    if rank is not None:
        return number("rank", rank, least=1)
    lengths = [len(list(value)) for value in (kernel_size, *others) if _is_sequence(value)]
    return next((length for length in lengths if length > 1), max(lengths, default=None))


def axis_names(rank: int) -> tuple[str, ...]:
    """The field's letters up to three axes, then numbers.

    >>> axis_names(2)
    ('H', 'W')
    """
    letters = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
    return letters.get(rank) or tuple(str(i) for i in range(rank))


def number(name: str, value: Any, *, least: int, offered: int | None = None) -> int:
    """``value`` as an int of at least ``least``; NumPy's integers are taken, floats and bools are not.

    ``offered`` instead of one that is too small, where the least is legal and of no use.
    """
    if isinstance(value, float) and value.is_integer():
        raise ConvError(
            "float-size", "{name} is {value}, a float", "{name}={integer} (an integer: divide with //)",
            name=name, value=value, integer=int(value),
        )  # fmt: skip
    try:
        integer = operator.index(value)
    except TypeError:
        integer = None
    if integer is None or isinstance(value, bool):
        raise ConvError(
            "not-a-number", "{name} is {value!r}; it must be an integer of at least {least}",
            name=name, value=value, least=least,
        )  # fmt: skip
    if integer < least:
        raise ConvError(
            "too-small", "{name} is {value}; it must be at least {least}", "{name}={offered}",
            name=name, value=integer, least=least, offered=least if offered is None else offered,
        )  # fmt: skip
    if integer > LARGEST_SIZE:
        raise ConvError(
            "absurd-size", "{name} is {value}; the largest accepted is {largest}",
            name=name, value=integer, largest=LARGEST_SIZE,
        )  # fmt: skip
    return integer


def shape(value: Any) -> tuple[int, ...]:
    """A shape as a tuple of sizes, each 0 or more; absurdly large ones are refused."""
    if not _is_sequence(value):
        raise not_a_shape(value)
    return tuple(number("a size of the shape", n, least=0) for n in value)


def not_a_shape(value: Any) -> ConvError:
    """The refusal of what is no shape."""
    return ConvError(
        "not-a-shape", "{value!r} is not a shape", "use a tuple such as (1, 3, 224, 224): batch, channels, then sizes",
        value=value,
    )  # fmt: skip


def padding_mode(value: Any) -> str:
    """One of our names for what lies past the border; "constant(0.5)" carries its value.

    Another library's name is taken with its namespace ("numpy:edge"), because the bare words contradict one another.

    >>> padding_mode("scipy:mirror")
    'reflect'
    """
    if isinstance(value, str):
        if (ours := mode_name(value)) is not None:
            return ours
        if (number := _constant(value.lower())) is not None:
            return f"constant({number})" if number else "zeros"
    candidates = sorted(name for name in foreign(PADDING_MODES) if name.endswith(f":{str(value).lower()}"))
    raise ConvError(
        "unknown-padding-mode",
        "there is no padding mode {value!r}; choose from {words}",
        *(["with its library's name in front: {candidates}"] if candidates else []),
        value=value,
        words=", ".join(mode_words()),
        candidates=", ".join(candidates),
    )


def constant(mode: str) -> complex:
    """The value past the border in mode "zeros" or "constant(v)": an int, a float or a complex number.

    >>> constant("constant(0.5)")
    0.5
    """
    return _constant(mode) or 0


def _constant(word: str) -> complex | None:
    if not (word.startswith("constant(") and word.endswith(")")):
        return None
    for kind in (int, float, complex):
        try:
            return kind(word[len("constant(") : -1])
        except ValueError:
            continue
    return None


def _axis(kernel: int, stride: int, dilation: int, output_padding: int, padding: str | Pads, name: str) -> Axis:
    if output_padding:
        raise ConvError(
            "output-padding-forward",
            "output_padding={value} belongs to a transposed convolution; this one is not",
            "output_padding=0",
            value=output_padding,
        )
    return Axis(kernel, stride, dilation, padding, name)


def _transposed_axis(
    kernel: int, stride: int, dilation: int, output_padding: int, padding: str | Pads, name: str
) -> TransposedAxis:
    if output_padding >= max(stride, dilation):
        raise ConvError(
            "output-padding-too-large",
            "on axis {axis} output_padding is {value}, but it must be smaller than {choices}, the "
            "larger of stride={stride} and dilation={dilation}",
            "output_padding={most} is the largest",
            axis=name,
            value=output_padding,
            choices=max(stride, dilation),
            stride=stride,
            dilation=dilation,
            most=max(stride, dilation) - 1,
        )
    axis = TransposedAxis(kernel, stride, dilation, padding, name, output_padding)
    if output_padding and axis.keeps_size:
        raise ConvError(
            "output-padding-with-word",
            "padding={word!r} already fixes the output at input·stride; output_padding={value} cannot change it",
            "output_padding=0",
            word=padding,
            value=output_padding,
        )
    return axis


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, Iterator)) and getattr(value, "ndim", 1) > 0


def _check_lengths(given: dict[str, Any], count: int) -> None:
    for name, value in given.items():
        if _is_sequence(value) and len(list(value)) not in (1, count):
            raise _wrong_length(name, value, len(list(value)), count)


def _wrong_length(name: str, value: Any, length: int, count: int) -> ConvError:
    sides = list(value)
    if name == "padding" and length == 2 * count and all(isinstance(side, int) for side in sides):
        pairs = tuple((sides[2 * i], sides[2 * i + 1]) for i in reversed(range(count)))
        return ConvError(
            "padding-per-side",
            "padding={value} has {length} numbers; spatial axes: {count}, each with a number or a pair (before, after)",
            "padding={pairs}, where {value} is in F.pad's order (last axis first)",
            length=length,
            count=count,
            value=tuple(sides),
            pairs=pairs,
        )
    return ConvError(
        "wrong-length",
        "{name}={value} has {length} entries; spatial axes: {count}",
        "give one number for all axes, or one per axis",
        name=name,
        value=tuple(sides),
        length=length,
        count=count,
    )


def _each(name: str, value: Any, count: int, *, least: int) -> Sequence[int]:
    entries = list(value) if _is_sequence(value) else [value]
    numbers = [number(name, entry, least=least) for entry in entries]
    return numbers * count if len(numbers) == 1 else numbers


def _paddings(value: Any, count: int) -> Sequence[str | Pads]:
    entries = list(value) if _is_sequence(value) else [value]
    pads = [_padding(entry) for entry in entries]
    return pads * count if len(pads) == 1 else pads


def _padding(entry: Any) -> str | Pads:
    if isinstance(entry, str):
        word = padding_word(entry)
        if word is not None:
            return (0, 0) if word == "valid" else word
        raise ConvError(
            "unknown-padding",
            "there is no padding {value!r}; use a number, a pair (before, after) or one of {words}",
            value=entry,
            words=", ".join(PADDING),
        )
    if not _is_sequence(entry):
        p = number("padding", entry, least=0)
        return p, p
    sides = [number("padding", side, least=0) for side in entry]
    if len(sides) != 2:
        raise ConvError(
            "not-a-pair", "padding {value} on one axis is not a pair (before, after)", "padding=({first}, {first})",
            value=tuple(sides), first=sides[0] if sides else 0,
        )  # fmt: skip
    return sides[0], sides[1]
