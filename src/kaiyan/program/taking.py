"""The arrays that a program takes, in words, and what is said of others."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from kaiyan.program.size import Symbolic
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.graph import Input
    from kaiyan.program.size import Size
    from kaiyan.spec.conv import Shape

_ANY, _NO_SIZES = sentence("program-any-size", "any"), [""]


def shape_in_words(shape: Sequence[Size]) -> Any:
    """A shape without its brackets, its open sizes in words.

    >>> str(shape_in_words((Symbolic("s0"), 3, Symbolic("s1"), 224)))
    'any, 3, any, 224'
    """
    sizes: list[Any] = [_ANY if isinstance(size, Symbolic) else str(size) for size in shape]
    if len(sizes) == 1:
        return sentence("program-one-axis", "{first},", first=sizes[0])
    return reduce(
        lambda first, then: sentence("program-shape", "{first}, {then}", first=first, then=then), sizes or _NO_SIZES
    )


def check_kinds(inputs: Sequence[Input], arrays: Sequence[Any]) -> None:
    """Raises ``KaiyanError`` where there are not as many arrays as inputs, each of its input's type."""
    if len(arrays) != len(inputs):
        raise KaiyanError(
            "program-input-count", "arrays given: {given}, but the program takes {wanted}: {inputs}",
            wanted=len(inputs), given=len(arrays), inputs=_listed(inputs),
        )  # fmt: skip
    for array, asked in zip(arrays, inputs, strict=True):
        dtype = getattr(getattr(array, "dtype", None), "name", None)
        if dtype == asked.dtype:
            continue
        about = {"name": asked.name, "wanted": asked.dtype, "sizes": shape_in_words(asked.shape)}
        if dtype is None:
            raise KaiyanError(
                "program-input-kind",
                "the input {name} must be a NumPy array of shape ({sizes}) and type {wanted}, not {given}",
                *(["its numpy() gives that"] if hasattr(array, "numpy") else []),
                **about, given=type(array).__name__,
            )  # fmt: skip
        raise KaiyanError(
            "program-input-dtype",
            "the input {name} must be an array of shape ({sizes}) and type {wanted}, not of type {given}",
            "astype({wanted!r}) gives that", **about, given=dtype,
        )  # fmt: skip


def _listed(inputs: Sequence[Input]) -> Any:
    one: list[Any] = [
        sentence(
            "program-input", "{name}, of shape ({sizes}) and type {dtype}",
            name=given.name, sizes=shape_in_words(given.shape), dtype=given.dtype,
        )
        for given in inputs
    ]  # fmt: skip
    return reduce(lambda some, more: sentence("program-inputs", "{some}; {more}", some=some, more=more), one or ["-"])


def sizes_of_symbols(inputs: Sequence[Input], shapes: Sequence[Shape]) -> dict[str, int]:
    """What the open sizes are for inputs of these shapes.

    Raises ``KaiyanError`` where a shape is not what its input asks for, or two sizes that must be one differ.
    """
    symbols: dict[str, tuple[int, str, int]] = {}
    for given, shape in zip(inputs, shapes, strict=True):
        if not _fits(given.shape, shape):
            raise KaiyanError(
                "program-input-shape",
                "the input {name} must be an array of shape ({sizes}) and type {dtype}, not of shape {shape}",
                name=given.name, sizes=shape_in_words(given.shape), dtype=given.dtype, shape=tuple(shape),
            )  # fmt: skip
        for axis, (asked, size) in enumerate(zip(given.shape, shape, strict=True)):
            if isinstance(asked, Symbolic):
                _agree(symbols.setdefault(asked.text, (size, given.name, axis)), (size, given.name, axis))
    return {text: size for text, (size, _, _) in symbols.items()}


def _agree(first: tuple[int, str, int], then: tuple[int, str, int]) -> None:
    """Two axes, each its size, its input and its number, are as long as one another."""
    if first[0] != then[0]:
        size, name, axis = then
        other_size, other, other_axis = first
        raise KaiyanError(
            "program-input-sizes",
            "axis {axis} of the input {name} has {size} elements, but axis {other_axis} of {other} has {other_size}: "
            "the program takes equal ones",
            axis=axis, name=name, size=size, other_axis=other_axis, other=other, other_size=other_size,
        )  # fmt: skip


def _fits(wanted: Sequence[Size], shape: Shape) -> bool:
    sizes = zip(wanted, shape, strict=False)
    return len(wanted) == len(shape) and all(isinstance(asked, Symbolic) or asked == size for asked, size in sizes)


def not_at_these_sizes(shapes: Sequence[Shape], name: str) -> KaiyanError:
    """That the step of this name cannot be computed for inputs of these shapes."""
    return KaiyanError(
        "program-sizes", "the network cannot work on inputs of shape {shapes}: {name} does not fit",
        shapes=", ".join(map(str, map(tuple, shapes))), name=name,
    )  # fmt: skip
