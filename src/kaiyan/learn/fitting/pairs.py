"""Pictures before and after as numbers (N, C, *spatial), whatever they came as, and which of them are clipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.arrays.table import kind_of
from kaiyan.learn.fitting.error import LearnError
from kaiyan.pictures.picture import picture
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """What a picture was, (N, C, *n), and what became of it, (N, K, *m), of which ``kept`` is to be explained."""

    before: Numbers
    after: Numbers
    kept: Numbers | None = None

    @property
    def used(self) -> int:
        """How many values are to be explained."""
        return self.after.size if self.kept is None else int(self.kept.sum())

    def inside(self, inputs: tuple[slice, ...], outputs: tuple[slice, ...]) -> Pair:
        """The same pair cut down to these places."""
        kept = None if self.kept is None else self.kept[:, :, *outputs]
        return Pair(self.before[:, :, *inputs], self.after[:, :, *outputs], kept)

    def of(self, inputs: slice, outputs: slice) -> Pair:
        """The same pair with some of its channels."""
        kept = None if self.kept is None else self.kept[:, outputs]
        return Pair(self.before[:, inputs], self.after[:, outputs], kept)

    @property
    def folded(self) -> Pair:
        """Every channel as a picture of its own."""
        arrays = [self.before, self.after] if self.kept is None else [self.before, self.after, self.kept]
        return Pair(*(a.reshape(-1, 1, *a.shape[2:]) for a in arrays))


def pairs(before: Any, after: Any, rank: int | None, clipped: Any) -> tuple[list[Pair], list[Sentence]]:
    """One pair for each two pictures, and what is to be said of their files.

    Lists hold several pictures. ``clipped`` is "auto", None, or the least and the largest value that can be written.
    Raises ``LearnError`` where there are more pictures before than after, and for values that are no numbers.
    """
    befores, afters = (list(s) if isinstance(s, (list, tuple)) else [s] for s in (before, after))
    if len(befores) != len(afters) or not befores:
        raise LearnError(
            "fit-pictures", "{before} pictures before and {after} after do not make pairs",
            before=len(befores), after=len(afters),
        )  # fmt: skip
    notes: list[Sentence] = []
    made = []
    for one, other in zip(befores, afters, strict=True):
        x, y = (_numbers(source, name, rank, notes) for source, name in ((one, "before"), (other, "after")))
        made.append(_checked(x, y, _ends(y, clipped)))
    return made, notes


def _checked(x: Numbers, y: Numbers, ends: tuple[float, float] | None) -> Pair:
    if x.ndim != y.ndim or len(x) != len(y):
        raise LearnError(
            "fit-axes", "the picture before, {before}, and the picture after, {after}, do not have the same axes",
            before=x.shape, after=y.shape,
        )  # fmt: skip
    if ends is None:
        return Pair(x, y)
    kept = (y > ends[0]) & (y < ends[1])
    return Pair(x, y, None if kept.all() else kept)


def _ends(y: Numbers, clipped: Any) -> tuple[float, float] | None:
    """The least and the largest value that can be written, where what lies beyond was cut off."""
    if clipped is None:
        return None
    if isinstance(clipped, str) and clipped == "auto":
        is_picture = y.dtype.kind == "u" and y.dtype.itemsize < 4
        return (0, np.iinfo(y.dtype).max) if is_picture else None
    try:
        low, high = map(float, clipped)
    except (TypeError, ValueError):
        low = high = 0.0
    if low < high:
        return low, high
    raise LearnError("fit-clipped", "clipped is {word!r}; it is 'auto', None or a pair such as (0, 255)", word=clipped)


def _numbers(source: Any, name: str, rank: int | None, notes: list[Sentence]) -> Numbers:
    if isinstance(source, (str, PathLike)) or hasattr(source, "getbands"):
        values = _picture(source, notes)
    else:
        kind = kind_of(name, source)
        array = kind.numbers(source.cpu() if kind.name == "torch" else source)
        values = _batch(array, 2 if rank is None else rank, name, notes, is_seen=kind.name == "numpy")
    if values.dtype.kind not in "biuf":
        raise LearnError("fit-type", "the picture {name} has {dtype} numbers; a kernel is found from real ones",
                         name=name, dtype=str(values.dtype))  # fmt: skip
    gone = int(values.size - np.isfinite(values).sum())
    if gone or not values.size:
        raise LearnError("fit-not-finite", "{gone:,} of the {size:,} values of the picture {name} are not finite",
                         gone=gone, size=values.size, name=name)  # fmt: skip
    return values.astype(np.uint8) if values.dtype == bool else values


def _picture(source: Any, notes: list[Sentence]) -> Numbers:
    read = picture(source)
    notes.extend(note for note in read.notes if note not in notes)
    return read.pixels[None]


def _batch(array: Numbers, rank: int, name: str, notes: list[Sentence], *, is_seen: bool) -> Numbers:
    """(N, C, *spatial) of an array without samples or channels, or with colours last as ``kaiyan.see`` takes them."""
    if rank == 2 and array.ndim == 3 and array.shape[-1] in (1, 3, 4) and is_seen:
        if array.shape[-1] == 4:
            notes.append(sentence("fit-alpha", "the fourth channel of the picture {name} is alpha, and left out",
                                  name=name))  # fmt: skip
        return picture(array).pixels[None]
    if not rank <= array.ndim <= rank + 2:
        raise LearnError(
            "fit-dimensions",
            "the picture {name} has {count} axes, {shape}; a kernel of {rank} slides over {rank} to {most}",
            "size=(3, 3, 3) for volumes, size=(3,) for signals",
            name=name, count=array.ndim, shape=array.shape, rank=rank, most=rank + 2,
        )  # fmt: skip
    return array.reshape((1,) * (rank + 2 - array.ndim) + array.shape)


def as_floats(pair: Pair) -> Pair:
    """The same numbers in double width."""
    return replace(pair, before=pair.before.astype(np.float64), after=pair.after.astype(np.float64))
