"""The layers of a network that give maps, as its first run has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from kaiyan.studio.answers.network.flow import CONSTANT
from kaiyan.studio.answers.network.sums import kind_of_sum
from kaiyan.trace.costs import macs
from kaiyan.trace.functions import TORCH_FUNCTIONS
from kaiyan.trace.rebuild import is_convolution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from kaiyan.studio.answers.network.seen import Seen
    from kaiyan.trace.record import Call, Record

_SAME = (nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
_SAME_NAMES = (
    "Identity",
    "DropPath",
    "StochasticDepth",
    "dropout",
    "contiguous",
    "clone",
    "to",
    "float",
    "detach",
    "requires_grad",
)
"""What gives the numbers that it was given, in eval mode."""


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A step that gives maps (1, C, H, W), or (1, C): then height and width are 1. ``step`` counts all steps.

    ``channels_last`` says that the step has them as (1, H, W, C); ``first`` turns them.
    """

    index: int
    step: int
    call: Call
    module: nn.Module | None
    channels: int
    height: int
    width: int
    macs: int
    sum: str | None
    channels_last: bool = False

    @property
    def path(self) -> str:
        """Where it stands: a module's path, or that of the module whose forward calls the function, and its name."""
        if self.call.is_module:
            return self.call.path
        return f"{self.call.path}.{self.call.kind}" if self.call.path else self.call.kind

    def first(self, tensor: Tensor) -> Tensor:
        """A tensor of the step with its channels first."""
        return tensor.permute(0, 3, 1, 2) if self.channels_last and tensor.ndim == 4 else tensor

    def place(self, channel: int, row: int, column: int) -> tuple[int, ...]:
        """A place of its maps in the axes that the step has."""
        place = (0, row, column, channel) if self.channels_last else (0, channel, row, column)
        return place[: len(self.call.output_shape or ())]

    def facts(self) -> dict[str, Any]:
        """For the page."""
        own: dict[str, Any] = {}
        if self.module is not None and is_convolution(self.module):
            own = {name: _plain(getattr(self.module, key)) for name, key in _SETTINGS}
        return {
            "index": self.index, "path": self.path, "kind": self.call.kind, "channels": self.channels,
            "height": self.height, "width": self.width, "parameters": self.call.parameters, "macs": self.macs,
            "sum": self.sum, **own,
        }  # fmt: skip


_SETTINGS = (("kernel", "kernel_size"), ("stride", "stride"), ("groups", "groups"))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def layers_of(model: nn.Module, run: Record, seen: Mapping[int, Seen | None]) -> tuple[MapLayer, ...]:
    """Every step of a run that gives maps and does something to their numbers."""
    modules, counts = dict(model.named_modules()), macs(run)
    inner: dict[int, list[Call]] = {}
    for call in run.calls:
        inner.setdefault(call.parent, []).append(call)
    found: list[MapLayer] = []
    for step, call in enumerate(run.layers):
        module = modules.get(call.path) if call.is_module else None
        known = seen.get(call.number)
        turned = known is not None and known.space == (1, 2)
        size = _size(call, turned)
        if size is None or _changes_nothing(call, module):
            continue
        kind = kind_of_sum(call, module, inner.get(call.number, ()))
        found.append(MapLayer(len(found), step, call, module, *size, counts[call.number], kind, turned))
    return tuple(found)


def _size(call: Call, turned: bool) -> tuple[int, int, int] | None:
    """Channels, height and width of what a step gives; None for what are no maps of one picture."""
    shape = call.output_shape
    if not shape or shape[0] != 1 or len(shape) not in (2, 4) or 0 in shape:
        return None
    if not call.outputs[0].dtype.startswith(("float", "bfloat")):
        return None
    if len(shape) == 2:
        return shape[1], 1, 1
    return (shape[3], shape[1], shape[2]) if turned else (shape[1], shape[2], shape[3])


def _changes_nothing(call: Call, module: nn.Module | None) -> bool:
    if isinstance(module, _SAME) or call.kind in (*_SAME_NAMES, *CONSTANT):
        return True
    known = None if call.is_module else TORCH_FUNCTIONS.get(call.kind)
    return known is not None and known.is_view
