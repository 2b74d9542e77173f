"""Calls after which random states and torch's modes are what they were, whatever ended them."""

from __future__ import annotations

import random
from functools import partial, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_T = TypeVar("_T")


def undisturbing(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """The function, made so that each of its calls is ``undisturbed``."""

    @wraps(function)
    def call(*args: _P.args, **named: _P.kwargs) -> _T:
        return undisturbed(partial(function, *args, **named))

    return call


def undisturbed(act: Callable[[], _T]) -> _T:
    """What ``act`` gives; random states and torch's modes are then what they were.

    They are put back twice: where the one is interrupted the other is not, and no line stands between them.
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
        self._threads = torch.get_num_threads()
        self._dtype = torch.get_default_dtype()
        self._modes = torch._C._len_torch_function_stack()  # noqa: SLF001 (a mode whose end was interrupted stays)

    def put_back(self) -> None:
        while torch._C._len_torch_function_stack() > self._modes:  # noqa: SLF001
            torch._C._pop_torch_function_stack()  # noqa: SLF001
        torch._C._set_grad_enabled(self._gradients)  # noqa: SLF001 (at once, where torch.set_grad_enabled is a class)
        if torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)
        torch.set_default_dtype(self._dtype)
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002
        torch.set_rng_state(self._torch)
        if self._devices:
            torch.cuda.set_rng_state_all(self._devices)
