"""Exact receptive fields: which rows and columns of the picture each row and column of every layer's maps sees.

Followed through the data flow of the first run with the sizes that it had: borders, skips, concatenations, groups and
holes are as they are. What is not known is said to be, never guessed. Rows and columns are followed apart, which is
exact where the window is a rectangle; where branches meet it is the smallest rectangle around them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.nn.layers import Layer as OurLayer
from kaiyan.show.error import ConvError
from kaiyan.spec.conv import Conv
from kaiyan.studio.answers.network.flow import CONSTANT, OF_ALL, RULES
from kaiyan.studio.answers.network.reaches import through_axis
from kaiyan.studio.answers.network.seen import Seen, simplified, spaced, unseen
from kaiyan.trace.fields import written_over
from kaiyan.trace.functions.function import UnreadableError
from kaiyan.trace.rebuild import is_convolution

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import nn

    from kaiyan.studio.answers.network.layers import MapLayer
    from kaiyan.trace.record import Call, Record

_SPACES = ((2, 3), (1, 2), None)
"""Where height and width stand in maps: channels first, channels last, none."""
_NOTHING = (-1, -2)
"""First and last of what sees nothing of the picture."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one layer: ``ends[view]`` are [first, last] for every row and then for every column.

    ``which`` is the view of each channel; ``holes`` says that some element between is not seen. ``status`` is "exact",
    "bound" (an element may see less) or "unknown": then there is no view, and ``lost`` is
    the function that is not followed.
    """

    status: str
    which: np.ndarray[Any, Any]
    ends: np.ndarray[Any, Any]
    holes: bool = False
    lost: str = ""

    def box(self, channel: int, row: int, column: int, height: int) -> tuple[int, int, int, int] | None:
        """Top, left, height and width of what one value sees, in the network's input; None where not known."""
        if self.status == "unknown":
            return None
        ends = self.ends[self.which[channel]]
        (top, bottom), (left, right) = ends[row].tolist(), ends[height + column].tolist()
        return top, left, bottom - top + 1, right - left + 1


def fields_of(layers: Iterable[MapLayer], flow: Sights) -> tuple[Fields, ...]:
    """The fields of layers, from what each call's output sees."""
    fields = ((layer.call, _ends(flow.seen.get(layer.call.number), layer.channels)) for layer in layers)
    return tuple(
        replace(own, lost=flow.lost.get(call.number, call.kind)) if own.status == "unknown" else own
        for call, own in fields
    )


@dataclass(frozen=True, slots=True)
class Sights:
    """What the output of each call sees, by the call's number: None where that is not known.

    ``lost`` names the function behind which it is not known.
    """

    seen: Mapping[int, Seen | None]
    lost: Mapping[int, str]


def followed(model: nn.Module, record: Record, indices: Mapping[int, Any] | None = None) -> Sights:
    """What each call's output sees of the picture; ``indices`` are the numbers that index_select was given."""
    modules = dict(model.named_modules())
    tensors: dict[int, Seen | None] = {tensor.name: _picture(tensor.shape) for tensor in record.inputs}
    found: dict[int, Seen | None] = {}
    lost, lost_by = {}, {}
    bases: dict[int, int] = {}
    inside: int = -1
    for call in record.calls:
        if not call.is_module and not call.failed:
            for name in written_over(call, bases):
                tensors[name], lost_by[name] = None, call.kind
        module = modules.get(call.path) if call.is_module else None
        if call.parent == inside >= 0:
            continue  # of a convolution that is known as a whole
        if call.is_module and not is_convolution(module):
            continue
        inside = call.number if call.is_module else -1
        made = _convolved(call, module, tensors) if module is not None else _made(_numbered(call, indices), tensors)
        before = next((lost_by[tensor.name] for tensor in call.inputs if tensor.name in lost_by), call.kind)
        for tensor, seen in zip(call.outputs, made, strict=False):
            tensors[tensor.name] = found[call.number] = seen
            if seen is None:
                lost[call.number] = lost_by[tensor.name] = before
    return Sights(*_modules(record, found, lost))


def _numbered(call: Call, indices: Mapping[int, Any] | None) -> Call:
    """A call of index_select with the numbers that it was given."""
    if not indices or call.number not in indices:
        return call
    return replace(call, arguments=call.arguments[:2], named={**call.named, "index": indices[call.number]})


def _modules(
    record: Record, found: dict[int, Seen | None], lost: dict[int, str]
) -> tuple[dict[int, Seen | None], dict[int, str]]:
    """Modules without modules in them see what the last function inside them that made their output does."""
    inner: dict[int, list[Call]] = {}
    for call in record.calls:
        inner.setdefault(call.parent, []).append(call)
    seen, unknown = dict(found), dict(lost)
    for call in record.calls:
        if call.is_module and call.is_leaf and call.number not in found:
            names = {tensor.name for tensor in call.outputs[:1]}
            inside = [own for own in inner.get(call.number, ()) if names & {tensor.name for tensor in own.outputs}]
            last = inside[-1].number if inside else -1
            seen[call.number], unknown[call.number] = found.get(last), lost.get(last, call.kind)
    return seen, unknown


def _picture(shape: tuple[int, ...]) -> Seen:
    views = ((np.eye(shape[-2], dtype=bool), np.eye(shape[-1], dtype=bool)),)
    return Seen(np.zeros((1, shape[1], 1, 1), np.intp), views, (2, 3))


def _made(call: Call, tensors: dict[int, Seen | None]) -> list[Seen | None]:
    """What the outputs of a function see; None for each that is not known."""
    given = [tensors[tensor.name] for tensor in call.inputs if tensor.name in tensors]
    some = next((seen for seen in given if seen is not None), None)
    if some is not None and call.kind in OF_ALL:
        given = [tensors.get(tensor.name, unseen(tensor.shape, some)) for tensor in call.inputs]
    if not given or call.failed or (call.kind in CONSTANT and call.kind not in RULES):
        return []
    rule = RULES.get(call.kind)
    if rule is None or any(seen is None for seen in given):
        return [None] * len(call.outputs)
    try:
        made = rule(call, [seen for seen in given if seen is not None])
    except (UnreadableError, ConvError, LookupError, TypeError, ValueError):  # settings of a form that is not read here
        return [None] * len(call.outputs)
    return made if isinstance(made, list) else [made] * len(call.outputs)


def _convolved(call: Call, module: nn.Module, tensors: dict[int, Seen | None]) -> list[Seen | None]:
    seen = tensors.get(call.inputs[0].name) if call.inputs else None
    seen = None if seen is None else spaced(seen)
    if seen is None or call.failed or seen.space != (2, 3):
        return [None]
    spec = module.spec if isinstance(module, OurLayer) else Conv.from_module(module)
    sizes = zip(spec.axes, call.inputs[0].shape[2:], call.outputs[0].shape[2:], strict=True)
    rows, columns = (through_axis(axis, n, out, spec.padding_mode) for axis, n, out in sizes)
    return [seen.mixed(spec.groups, call.outputs[0].shape[1]).through(rows, columns)]


def _ends(seen: Seen | None, channels: int) -> Fields:
    seen = None if seen is None else spaced(seen)
    if seen is None or seen.space not in _SPACES or seen.which.size not in (channels, 1):
        return Fields("unknown", np.zeros(channels, np.intp), np.zeros((0, 0, 2), np.int32))
    seen = simplified(replace(seen, which=np.broadcast_to(seen.which.reshape(-1), (channels,))))
    ends = np.stack([np.concatenate([_first_and_last(rows), _first_and_last(columns)]) for rows, columns in seen.views])
    holes = any(_has_holes(reach) for view in seen.views for reach in view)
    return Fields("bound" if seen.is_bound else "exact", seen.which, ends, holes)


def _first_and_last(reach: Any) -> Any:
    first, last = reach.argmax(1), reach.shape[1] - 1 - reach[:, ::-1].argmax(1)
    return np.where(reach.any(1)[:, None], np.stack([first, last], 1), _NOTHING).astype(np.int32)


def _has_holes(reach: Any) -> bool:
    ends = _first_and_last(reach)
    return bool((reach.sum(1) != ends[:, 1] - ends[:, 0] + 1).any())
