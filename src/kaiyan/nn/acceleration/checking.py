"""Two answers of a model compared as such: the same structure, types and keys, and how far their numbers are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Complex, Integral
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.copied import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


ROUNDED = 1e-3
"""What rounding makes of the types that computers compute in, as a share of the largest; of halves it is more."""
_WHOLE = 1e-30
"""Less than any two whole numbers differ by: they are not rounded."""


@dataclass(slots=True)
class Comparison:
    """How far two answers are apart: the largest difference and where it is, or what differs in their structure.

    Where a difference is more than rounding makes of its type, it is the one farthest beyond that. ``numbers`` counts
    what could be compared, ``excess`` is the largest difference in units of what is allowed there; ``apart`` has every
    difference and what is allowed by its place. ``excuse`` says why numbers farther apart are right all the same.
    """

    difference: float = 0.0
    place: str = ""
    fault: Sentence | None = None
    numbers: int = 0
    excess: float = 0.0
    apart: dict[str, tuple[float, float]] = field(default_factory=dict)
    excuse: Sentence | None = None

    @property
    def is_close(self) -> bool:
        """Whether they are the same but for rounding."""
        return self.fault is None and self.numbers > 0 and (self.excess <= 1 or self.excuse is not None)

    @property
    def reason(self) -> Sentence:
        """Why they are not the same."""
        if self.fault is not None:
            return self.fault
        if not self.numbers:
            return sentence("left-no-numbers", "the model's output holds no numbers to compare")
        return sentence(
            "left-model-output-differs",
            "with it replaced, the model's output differs by {difference:.1e} of its largest value at {place}",
            difference=self.difference,
            place=self.place,
        )

    def note(self, place: str, difference: float, allowed: float) -> None:
        """One more difference, and what rounding makes of its type."""
        self.numbers += 1
        excess = difference / allowed if difference else 0.0
        if place not in self.apart or difference > self.apart[place][0]:
            self.apart[place] = difference, allowed
        worse = excess > self.excess if max(excess, self.excess) > 1 else difference > self.difference
        if worse or not self.place:
            self.difference, self.place = difference, place
        self.excess = max(self.excess, excess)


def compare(right: Any, ours: Any) -> Comparison:
    """Our answer beside the ``right`` one, whatever classes they are made of."""
    comparison = Comparison()
    seen: dict[tuple[int, int], tuple[Any, Any]] = {}  # kept, so that no other pair is given their ids
    waiting = [("answer", right, ours)]
    while waiting and comparison.fault is None:
        place, one, other = waiting.pop()
        if (id(one), id(other)) not in seen:
            seen[id(one), id(other)] = one, other
            waiting += _compare(comparison, place, one, other)
    return comparison


def severity(comparison: Comparison) -> tuple[bool, float, float]:
    """What orders comparisons: by faults, then by what is more than rounding, then by the difference."""
    return comparison.fault is not None, max(comparison.excess, 1.0), comparison.difference


def share(right: Tensor, ours: Tensor) -> float:
    """The largest difference as a share of the largest value of ``right``; what is not finite must agree."""
    right, ours = _real(right), _real(ours)
    finite = right.isfinite()
    if not torch.equal(finite, ours.isfinite()) or not torch.equal(*(t[~finite].nan_to_num() for t in (right, ours))):
        return float("inf")
    right, ours = right[finite], ours[finite]
    return float((right - ours).abs().max() / right.abs().max().clamp_min(1e-30)) if right.numel() else 0.0


def _real(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    tensor = tensor.dequantize() if tensor.is_quantized else tensor
    tensor = tensor if tensor.layout is torch.strided else tensor.to_dense()
    return torch.view_as_real(tensor.resolve_conj()).double() if tensor.is_complex() else tensor.double()


_Pair = tuple[str, Any, Any]


def _compare(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    """Notes what differs here; gives what is to be compared inside."""
    if isinstance(right, Tensor) and isinstance(ours, Tensor):
        _compare_tensors(comparison, place, right, ours)
        return
    if type(right) is not type(ours):
        _differs(comparison, place, type(ours).__name__, type(right).__name__)
        return
    look = next((look for kinds, look in _LOOKS if isinstance(right, kinds)), _look_inside)
    yield from look(comparison, place, right, ours)


def _differs(comparison: Comparison, place: str, ours: object, right: object) -> None:
    comparison.fault = sentence(
        "left-place-differs",
        "{place} is {given}, but the original model gives {right}",
        place=place,
        given=str(ours),
        right=str(right),
    )


def _compare_tensors(comparison: Comparison, place: str, right: Tensor, ours: Tensor) -> None:
    for fact in (_sizes, _type, _device):
        if fact(right) != fact(ours):
            _differs(comparison, place, fact(ours), fact(right))
            return
    if right.device.type == "meta" or not right.numel():
        comparison.numbers += 1
        return
    difference = share(right, ours)
    if right.is_floating_point() or right.is_complex():
        comparison.note(place, difference, max(ROUNDED, torch.finfo(right.dtype).eps ** 0.4))
    elif right.is_quantized or right.layout is not torch.strided:
        comparison.note(place, difference, ROUNDED)
    else:  # of 2**60 and 2**60 + 1 the share is 0
        comparison.note(place, 0.0 if torch.equal(right, ours) else difference or _WHOLE, _WHOLE / 2)


def _sizes(tensor: Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape) or "one number"


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _device(tensor: Tensor) -> str:
    return str(tensor.device)


def _look_number(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    """Numbers that are computed may be rounded; whole ones, flags and words may not."""
    if isinstance(right, Complex) and not isinstance(right, Integral):
        same = right == ours or (right != right and ours != ours)  # or both NaN
        apart = 0.0 if same else float(abs(complex(right) - complex(ours)) / max(abs(complex(right)), 1e-30))
        comparison.note(place, apart, ROUNDED)
    elif right == ours:
        comparison.numbers += 1
    else:
        _differs(comparison, place, ours, right)
    yield from ()


def _look_mapping(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    if list(right) != list(ours):
        _differs(comparison, place, list(ours), list(right))
        return
    yield from _look_inside(comparison, place, right, ours)
    yield from ((f"{place}[{key!r}]", right[key], ours[key]) for key in right)  # the last are compared first


def _look_sequence(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    if len(right) != len(ours):
        _differs(comparison, place, f"{len(ours)} long", f"{len(right)} long")
        return
    names = getattr(right, "_fields", None)
    for i, (one, other) in enumerate(zip(right, ours, strict=True)):
        yield f"{place}.{names[i]}" if names else f"{place}[{i}]", one, other


def _look_set(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    """A set has no order: its tensors by their sizes and sums, the rest by equality."""
    tensors = [[part for part in kept if isinstance(part, Tensor)] for kept in (right, ours)]
    rest = [[part for part in kept if not isinstance(part, Tensor)] for kept in (right, ours)]
    if set(rest[0]) != set(rest[1]):
        _differs(comparison, place, rest[1], rest[0])
        return
    comparison.numbers += len(rest[0])
    ordered = [sorted(kept, key=lambda t: (tuple(t.shape), float(t.double().sum()))) for kept in tensors]
    yield from _look_sequence(comparison, place, *ordered)


def _look_slice(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    del comparison
    for name in ("start", "stop", "step"):
        yield f"{place}.{name}", getattr(right, name), getattr(ours, name)


def _look_array(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    """A NumPy array, as a tensor where torch has its type."""
    if right.dtype == ours.dtype and right.dtype.kind in "fiubc":
        yield place, torch.from_numpy(right.copy()), torch.from_numpy(ours.copy())
    elif right.tolist() == ours.tolist():
        comparison.numbers += 1
    else:
        _differs(comparison, place, ours.tolist(), right.tolist())


def _look_inside(comparison: Comparison, place: str, right: Any, ours: Any) -> Iterator[_Pair]:
    """The fields of an object of the user's."""
    if type(right).__name__ == "ndarray" and type(right).__module__ == "numpy":
        yield from _look_array(comparison, place, right, ours)
        return
    inside, also = list(parts(right)), list(parts(ours))
    if [name for name, _ in inside] != [name for name, _ in also]:
        _differs(comparison, place, [name for name, _ in also], [name for name, _ in inside])
        return
    yield from ((f"{place}.{name}", part, other) for (name, part), (_, other) in zip(inside, also, strict=True))


_LOOKS: tuple[tuple[Any, Callable[[Comparison, str, Any, Any], Iterator[_Pair]]], ...] = (
    ((Complex, str, bytes, range, torch.dtype, torch.device), _look_number),
    (Mapping, _look_mapping),
    ((list, tuple), _look_sequence),
    ((set, frozenset), _look_set),
    (slice, _look_slice),
)
"""How answers of a class are compared; of any other, field by field."""
