"""Models are lent as doubles: what runs is never the user's own, so nothing of it has to be given back.

What a run can reach beside the model, the random states and torch's modes, is put back whatever ends it
(``kaiyan.trace.undisturbed``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]

from kaiyan.trace.doubles import Doubles
from kaiyan.trace.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    Positional = tuple[Any, ...]
    Named = dict[str, Any]
    Change = Callable[[nn.Module, Positional], tuple[nn.Module, Positional]]

_T = TypeVar("_T")


_DRAWN = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128)


class Keywords(dict[str, Any]):
    """Arguments by name, behind those by position in a tuple of inputs."""


class StandIns:
    """Meta tensors (or detached copies) in the place of the user's, one for each, and the device each one had."""

    def __init__(self, on: str) -> None:
        self.on = on
        self.devices: dict[int, torch.device] = {}
        self._doubles = Doubles(self._tensor)
        self._draw = torch.Generator().manual_seed(0)

    def of(self, value: Any) -> Any:
        """The double of a model, or of inputs in any structure."""
        return self._doubles.of(value)

    def changed(self, change: Change, double: nn.Module, inputs: Positional) -> tuple[nn.Module, Positional]:
        """A double and its inputs once ``change`` was made to them; tensors that it brought have stand-ins too."""
        double, inputs = change(double, inputs)
        for module in double.modules():
            for tensors in (module._parameters, module._buffers):  # noqa: SLF001 (stand-ins are no parameters)
                tensors.update((name, self._stand_in(tensor)) for name, tensor in tensors.items())
        return double, Doubles(self._stand_in).of(inputs)

    def _stand_in(self, tensor: Any) -> Any:
        """The tensor itself where it is on the device of the run."""
        is_foreign = isinstance(tensor, Tensor) and self.on == "meta" and not tensor.is_meta
        return self.of(tensor) if is_foreign else tensor

    def _tensor(self, tensor: Tensor) -> Tensor:
        if isinstance(tensor, UninitializedTensorMixin):
            device = "meta" if self.on == "meta" else None  # its first use changes its class: it must be another
            return type(tensor)(requires_grad=False, device=device, dtype=tensor.data.dtype)  # type: ignore[no-any-return]
        made = self._copy(tensor.detach())
        self.devices[id(made)] = tensor.device
        return made

    def _copy(self, tensor: Tensor) -> Tensor:
        if self.on == "meta":
            return tensor.to("meta")
        if not tensor.is_meta:
            return tensor.clone()
        if tensor.dtype in _DRAWN:  # zeros have no inverse and no direction
            return torch.rand(tensor.shape, dtype=tensor.dtype, generator=self._draw)
        return torch.zeros_like(tensor, device="cpu")


def lend(
    model: nn.Module,
    inputs: Any,
    on: str,
    use: Callable[[nn.Module, Positional, Named, StandIns], _T],
    change: Change | None = None,
) -> _T:
    """What ``use`` gives of a model's double and of inputs by position and by name, without gradients.

    Their tensors are on meta, or real copies (numbers from 0 to 1 where the user's are on meta, whole ones 0).
    ``change`` is made to the double and to the doubles of the inputs (a tuple, a last ``Keywords`` by name) before.
    """
    stand_ins = StandIns(on)
    args, named = arguments(inputs)

    def run() -> _T:
        with torch.no_grad():
            double, given = stand_ins.of(model), stand_ins.of((*args, Keywords(named)))
            if change is not None:
                double, given = stand_ins.changed(change, double, given if named else given[:-1])
            return use(double, *arguments(given), stand_ins)

    return undisturbed(run)


def arguments(inputs: Any) -> tuple[Positional, Named]:
    """A tensor, a tuple or list of arguments, or a mapping of named ones, as a call takes them."""
    if isinstance(inputs, Mapping):
        return (), {str(name): inputs[name] for name in inputs}
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    return (given[:-1], dict(given[-1])) if given and type(given[-1]) is Keywords else (given, {})
