"""Receptive fields through the data flow of a record: what an element of every tensor sees of the model's input.

Sizes are those of an input without ends, as papers count them: ResNet-18's last feature map sees 435. A field is
exact, a bound (never smaller than the truth) or unknown, and says which.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kaiyan.show.error import ConvError
from kaiyan.spec.axis import Axis, TransposedAxis
from kaiyan.spec.field import Field, join_fields
from kaiyan.trace.windows import argument, each, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kaiyan.trace.record import Call, Record, Seen


@dataclass(frozen=True, slots=True)
class Sight:
    """What an element sees, an axis of space each; ``status`` is "exact", "bound" or "unknown".

    ``whole`` says that it sees all of the input, ``flat`` that space has been laid into one axis of features.
    """

    JSON = ("status", "whole", "sizes")

    axes: tuple[Field, ...] = ()
    status: str = "exact"
    whole: bool = False
    flat: bool = False

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """Elements from the first to the last that is seen, an axis each; None where it is all, or not known."""
        return None if self.whole or self.flat or self.status == "unknown" else tuple(f.size for f in self.axes)


UNKNOWN = Sight(status="unknown")
WHOLE = Sight(whole=True)


def sights(record: Record) -> dict[int, Sight]:
    """What the output of every call sees, by the call's number; calls that failed or make no tensor are left out.

    A tensor that is written in place sees more later: a module gives what it saw when the module ended.
    """
    known = {tensor.name: _start(tensor) for tensor in record.inputs}
    found: dict[int, Sight] = {}
    bases: dict[int, int] = {}
    ending = _ending(record)
    for call in record.calls:
        if not call.is_module and not call.failed:
            found.update(_passed_on(call, known, bases))
        for module in ending.get(call.number, ()):
            found.update((module.number, known[tensor.name]) for tensor in module.outputs if tensor.name in known)
    return found


def _passed_on(call: Call, known: dict[int, Sight], bases: dict[int, int]) -> Iterable[tuple[int, Sight]]:
    """Notes in ``known`` what a function's outputs see, and gives it with the call's number."""
    before = [known[tensor.name] for tensor in call.inputs if tensor.name in known]
    known.update(dict.fromkeys(_written_over(call, bases), UNKNOWN))
    if before and call.outputs:
        sight = _after(call, before)
        known.update((tensor.name, sight) for tensor in call.outputs)
        yield call.number, sight


def _ending(record: Record) -> dict[int, list[Call]]:
    """Modules by the number of the last call inside them."""
    last = {call.number: call.number for call in record.calls}
    for call in reversed(record.calls):
        if call.parent >= 0:
            last[call.parent] = max(last[call.parent], last[call.number])
    ending: dict[int, list[Call]] = {}
    for call in record.calls:
        if call.is_module:
            ending.setdefault(last[call.number], []).append(call)
    return ending


def _written_over(call: Call, bases: dict[int, int]) -> Iterable[int]:
    """Tensors whose values change in part when this call writes in place; ``bases`` has what each view looks at."""
    first = call.inputs[0].name if call.inputs else -1
    if call.kind in _VIEWS:
        bases.update((tensor.name, first) for tensor in call.outputs if tensor.name != first)
    if call.kind == "setitem":
        yield first
    if call.kind == "setitem" or (call.code.endswith("_") and len(call.inputs) > 1):
        while first in bases:
            first = bases[first]
            yield first


def _start(tensor: Seen) -> Sight:
    return Sight((Field(),) * max(len(tensor.shape) - 2, 0))


def _after(call: Call, before: list[Sight]) -> Sight:
    if any(sight.status == "unknown" for sight in before):
        return UNKNOWN
    rule = _RULES.get(call.kind)
    try:
        sight = rule(call, before) if rule else UNKNOWN
    except (ConvError, ValueError, TypeError, IndexError):
        return UNKNOWN
    return replace(sight, status="bound") if sight.status == "exact" and _any_bound(before) else sight


def _any_bound(before: Iterable[Sight]) -> bool:
    return any(sight.status == "bound" for sight in before)


def _windowed(call: Call, before: list[Sight]) -> Sight:
    axes = windows(call)
    return _through(before[0], axes, [axis.pads(1)[0] for axis in axes])


def _adaptive(call: Call, before: list[Sight]) -> Sight:
    rank = len(before[0].axes)
    sizes = list(zip(call.inputs[0].shape[-rank:], call.outputs[0].shape[-rank:], strict=True))
    if all(made == 1 for _, made in sizes):
        return WHOLE
    if any(n % made for n, made in sizes):
        return UNKNOWN
    axes = [Axis(n // made, n // made) for n, made in sizes]
    return _through(before[0], axes, [0] * rank)


def _through(sight: Sight, axes: Sequence[Axis], before: list[int]) -> Sight:
    if sight.whole:
        return sight
    fields = zip(sight.axes, axes, before, strict=True)
    return replace(sight, axes=tuple(field.through(axis, pad) for field, axis, pad in fields))


def _joined(call: Call, before: list[Sight]) -> Sight:
    """Elements side by side: a sum, a product, an activation."""
    if any(sight.whole for sight in before):
        return WHOLE
    if any(sight.flat for sight in before):
        return before[0] if len(before) == 1 else UNKNOWN
    rank = len(before[0].axes)
    spaces = {t.shape[2:] for t in call.inputs if len(t.shape) == rank + 2}
    if len(before) > 1 and len(spaces) > 1:
        return UNKNOWN
    return replace(
        before[0], axes=tuple(join_fields(*fields) for fields in zip(*(s.axes for s in before), strict=True))
    )


def _stacked(call: Call, before: list[Sight]) -> Sight:
    return _joined(call, before) if argument(call, 1, "dim", 0) in (1, -1 - len(before[0].axes)) else UNKNOWN


def _laid_flat(call: Call, before: list[Sight]) -> Sight:
    """A view: the same where space stays as it is, flat where it becomes features."""
    sight, made, rank = before[0], call.outputs[0].shape, len(before[0].axes)
    space = call.inputs[0].shape[2:]
    if sight.whole or sight.flat or made[2:] == space:
        return sight
    return Sight(sight.axes, flat=True) if rank and len(made) == 2 and made[0] == call.inputs[0].shape[0] else UNKNOWN


def _all_features(call: Call, before: list[Sight]) -> Sight:
    sight = before[0]
    if sight.whole or sight.flat:
        return WHOLE
    return sight if not sight.axes and len(call.inputs[0].shape) == 2 else UNKNOWN


def _averaged(call: Call, before: list[Sight]) -> Sight:
    rank = len(before[0].axes)
    dims = argument(call, 1, "dim", tuple(range(len(call.inputs[0].shape))))
    over = {d % len(call.inputs[0].shape) for d in each(dims, 1)}
    return WHOLE if over >= set(range(2, rank + 2)) or before[0].whole else UNKNOWN


def _padded(call: Call, before: list[Sight]) -> Sight:
    pads = argument(call, 1, "pad", ())
    rank = len(before[0].axes)
    if argument(call, 2, "mode", "constant") != "constant" or len(pads) > 2 * rank or before[0].whole:
        return before[0] if before[0].whole else UNKNOWN
    firsts = [*reversed(pads[::2])]
    firsts = [0] * (rank - len(firsts)) + firsts
    return _through(before[0], [Axis(1, padding=(first, 0)) for first in firsts], firsts)


def _enlarged(call: Call, before: list[Sight]) -> Sight:
    rank = len(before[0].axes)
    sizes = list(zip(call.inputs[0].shape[-rank:], call.outputs[0].shape[-rank:], strict=True))
    if argument(call, 3, "mode", "nearest") != "nearest" or any(made % n for n, made in sizes):
        return UNKNOWN
    return _through(before[0], [TransposedAxis(made // n, made // n) for n, made in sizes], [0] * rank)


def _normed(_: Call, before: list[Sight]) -> Sight:
    return WHOLE if before[0].axes else before[0]


_VIEWS = frozenset(
    [
        "getitem",
        "view",
        "reshape",
        "flatten",
        "transpose",
        "permute",
        "chunk",
        "split",
        "unbind",
        "narrow",
        "select",
        "T",
        "mT",
        "squeeze",
        "unsqueeze",
        "expand",
        "unfold",
        "diagonal",
        "movedim",
        "swapaxes",
        "real",
        "detach",
    ]
)
_SIDE_BY_SIDE = (
    "add sub mul div iadd isub imul itruediv radd rmul rsub truediv neg relu relu6 leaky_relu elu selu gelu silu mish "
    "sigmoid tanh hardtanh hardswish hardsigmoid softplus prelu clamp dropout dropout2d dropout1d dropout3d batch_norm "
    "contiguous clone detach to float half double pow exp abs sqrt square maximum minimum"
)
_RULES: dict[str, Callable[[Call, list[Sight]], Sight]] = {
    **dict.fromkeys(_SIDE_BY_SIDE.split(), _joined),
    **{
        f"{word}{rank}d": _windowed for word in ("conv", "conv_transpose", "max_pool", "avg_pool") for rank in (1, 2, 3)
    },
    **{f"adaptive_{word}_pool{rank}d": _adaptive for word in ("max", "avg") for rank in (1, 2, 3)},
    **dict.fromkeys(("cat", "concat", "concatenate"), _stacked),
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten"), _laid_flat),
    **dict.fromkeys(("group_norm", "instance_norm"), _normed),
    "linear": _all_features,
    "mean": _averaged,
    "pad": _padded,
    "interpolate": _enlarged,
}
"""How each function passes on what its inputs see; what is not here is unknown."""
