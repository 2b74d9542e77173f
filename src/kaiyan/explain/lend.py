"""Models are lent as doubles: what runs is never the user's own, so nothing of it has to be given back.

What a run can reach beside the model, the random states and torch's modes, is put back whatever ends it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]

from kaiyan.explain.doubles import Doubles

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    Positional = tuple[Any, ...]
    Named = dict[str, Any]

T = TypeVar("T")


class StandIns:
    """Meta tensors (or detached copies) in the place of the user's, one for each, and the device each one had."""

    def __init__(self, on: str) -> None:
        self.on = on
        self.devices: dict[int, torch.device] = {}
        self._doubles = Doubles(self._tensor)

    def of(self, value: Any) -> Any:
        """The double of a model, or of inputs in any structure."""
        return self._doubles.of(value)

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
        if tensor.is_meta:
            return torch.zeros_like(tensor, device="cpu")
        return tensor.clone()


def lend(model: nn.Module, inputs: Any, on: str, use: Callable[[nn.Module, Positional, Named, StandIns], T]) -> T:
    """What ``use`` gives of a model's double and of inputs by position and by name, without gradients.

    Their tensors are on meta, or real copies (zeros where the user's are on meta).
    """
    stand_ins = StandIns(on)
    args, named = arguments(inputs)

    def run() -> T:
        with torch.no_grad():
            return use(stand_ins.of(model), stand_ins.of(args), stand_ins.of(named), stand_ins)

    return undisturbed(run)


def arguments(inputs: Any) -> tuple[Positional, Named]:
    """A tensor, a tuple or list of arguments, or a dict of named ones, as a call takes them."""
    if type(inputs) is dict:
        return (), dict(inputs)
    return (tuple(inputs) if type(inputs) in (tuple, list) else (inputs,)), {}


def undisturbed(act: Callable[[], T]) -> T:
    """What ``act`` gives; random states and torch's modes are then what they were.

    They are put back twice, so that an interruption of the one finds the other: between the two no line stands bare.
    """
    state = _State()
    try:
        try:
            return act()
        finally:
            state.put_back()
    finally:
        state.put_back()


class _State:
    """What is global and may be moved by a run."""

    def __init__(self) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state()  # noqa: NPY002 (the user's state, not ours)
        self._torch = torch.get_rng_state()
        self._devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
        self._gradients = torch.is_grad_enabled()
        self._modes = torch._C._len_torch_function_stack()  # noqa: SLF001 (a mode whose end was interrupted stays)

    def put_back(self) -> None:
        while torch._C._len_torch_function_stack() > self._modes:  # noqa: SLF001
            torch._C._pop_torch_function_stack()  # noqa: SLF001
        torch._C._set_grad_enabled(self._gradients)  # noqa: SLF001 (at once, where torch.set_grad_enabled is a class)
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002
        torch.set_rng_state(self._torch)
        if self._devices:
            torch.cuda.set_rng_state_all(self._devices)
