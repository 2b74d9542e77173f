"""A convolution's output that is computed when it is read: what is done to it first is computed with it.

A model that no graph is known of says what follows a convolution only as it runs. So the convolution gives a tensor
that remembers what it is made of; a BatchNorm, a sum and an activation are taken in as they come, and whatever else
reads the tensor finds the numbers that it would have found.
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any
from weakref import ref

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaiyan.nn.acceleration.activations import FUNCTIONS, MODULES, is_in_place
from kaiyan.nn.acceleration.chain import Chain, Norm

if TYPE_CHECKING:
    from collections.abc import Callable


class Deferred(Tensor):
    """A tensor that is computed when it is read."""

    _chain: Chain
    _numbers: Tensor | None

    @staticmethod
    def __new__(cls, chain: Chain) -> Deferred:
        """A tensor of the chain's shape and type that has no memory."""
        x = chain.x
        tensor: Any = _EMPTY(cls, chain.conv.output_shape(x.shape), dtype=x.dtype, device=x.device)
        tensor._chain, tensor._numbers = chain, None  # noqa: SLF001
        if chain.conv.watched:
            chain.conv.waiting.append(ref(tensor))
        return tensor  # type: ignore[no-any-return]

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Takes the function in where the engine can; elsewhere calls it on the numbers."""
        del types
        kwargs = kwargs or {}
        take = _TAKES.get(func)
        if take is not None:
            taken = take(func, args, kwargs)
            if taken is not None:
                return taken
        return func(*read(args), **read(kwargs))

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch calls it on the class
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """What reads it past Python's functions finds the numbers as well."""
        del types
        return func(*read(args), **read(kwargs or {}))

    def waits(self) -> Chain | None:
        """What it is made of, if it was not read yet."""
        return self._chain if self._numbers is None else None

    def numbers(self) -> Tensor:
        """The tensor itself."""
        if self._numbers is None:
            self._numbers = self._chain.compute()
        return self._numbers

    def become(self, chain: Chain) -> Deferred:
        """The same tensor after something was added in place."""
        self._chain = chain
        return self

    def become_numbers(self, numbers: Tensor) -> Tensor:
        """The same tensor after something was computed in place."""
        self._numbers = numbers
        return numbers


def read(entry: Any) -> Any:
    """What a function was given, with numbers for every tensor that waits; itself where there is none."""
    if type(entry) is Deferred:
        return entry.numbers()
    if type(entry) in (tuple, list):
        parts = [read(part) for part in entry]
        return entry if all(map(is_, parts, entry)) else type(entry)(parts)
    if type(entry) is dict:
        values = {key: read(value) for key, value in entry.items()}
        return entry if all(values[key] is value for key, value in entry.items()) else values
    return entry


def _take_fact(func: Any, args: Any, kwargs: Any) -> Any:
    """What asks for no numbers."""
    if type(args[0]) is not Deferred or args[0].waits() is None:
        return None
    with torch._C.DisableTorchFunctionSubclass():  # noqa: SLF001
        return func(*args, **kwargs)


def _take_norm(func: Any, args: Any, kwargs: Any) -> Any:
    del func
    named = dict(zip(_BATCH_NORM, args, strict=False)) | kwargs
    x, mean, var = named["input"], named["running_mean"], named["running_var"]
    chain = x.waits() if type(x) is Deferred else None
    if chain is None or named.get("training", False) or mean is None or var is None:
        return None
    chain = chain.with_norm(Norm(mean, var, named.get("weight"), named.get("bias"), named.get("eps", 1e-5)))
    if chain is None:
        return None
    return Deferred(chain) if chain.until == "activation" else chain.compute()


def take_module(layer: nn.Module) -> Callable[[Any, Deferred], Tensor | None]:
    """What takes in a norm or an activation of torch's, given the layer and a tensor that waits; see ``FOLLOWERS``."""
    return _norm_module if isinstance(layer, nn.modules.batchnorm._BatchNorm) else _activation_module  # noqa: SLF001


def _norm_module(layer: Any, x: Deferred) -> Tensor | None:
    chain = x.waits()
    mean, var = layer.running_mean, layer.running_var
    if chain is None or layer.training or mean is None or var is None or chain.x.ndim not in _AXES[type(layer)]:
        return None
    chain = chain.with_norm(Norm(mean, var, layer.weight, layer.bias, layer.eps))
    if chain is None:
        return None
    return Deferred(chain) if chain.until == "activation" else chain.compute()


def _activation_module(layer: Any, x: Deferred) -> Tensor | None:
    chain = x.waits()
    if chain is None or chain.until != "activation" or getattr(layer, "approximate", "none") != "none":
        return None
    y = chain.compute(MODULES[type(layer)])
    return x.become_numbers(y) if getattr(layer, "inplace", False) else y


_AXES: dict[Any, tuple[int, ...]] = {nn.BatchNorm1d: (2, 3), nn.BatchNorm2d: (4,), nn.BatchNorm3d: (5,)}
FOLLOWERS = frozenset((*_AXES, *MODULES))
"""Layers of torch's that are taken in as such."""


def _take_sum(func: Any, args: Any, kwargs: Any) -> Any:
    if len(args) != 2 or kwargs:
        return None
    one, other = args
    if type(one) is not Deferred and func is not Tensor.add_:  # what is added to a tensor in place is read
        one, other = other, one
    chain = one.waits() if type(one) is Deferred else None
    if chain is None or not isinstance(other, Tensor) or other is one:
        return None
    chain = chain.with_sum(read(other))
    if chain is None:
        return None
    return one.become(chain) if func is Tensor.add_ else Deferred(chain)


def _take_activation(func: Any, args: Any, kwargs: Any) -> Any:
    named = kwargs if args else {name: value for name, value in kwargs.items() if name != "input"}
    x = args[0] if args else kwargs["input"]
    chain = x.waits() if type(x) is Deferred else None
    if chain is None or chain.until != "activation" or len(args) > 1 or not set(named) <= _without_effect(func):
        return None
    if func in _HARDTANH and (named.get("min_val"), named.get("max_val")) != (0, 6):
        return None
    if named.get("approximate", "none") != "none":
        return None
    y = chain.compute(_ACTIVATIONS[func])
    return x.become_numbers(y) if named.get("inplace") or is_in_place(func) else y


def _without_effect(func: Any) -> set[str]:
    return {"inplace", "min_val", "max_val"} if func in _HARDTANH else {"inplace", "approximate"}


_EMPTY: Any = Tensor._make_wrapper_subclass  # noqa: SLF001
_BATCH_NORM = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
_HARDTANH = (F.hardtanh,)
_ACTIVATIONS = FUNCTIONS | dict.fromkeys(_HARDTANH, "relu6")
_FACTS = (
    Tensor.dim, Tensor.size, Tensor.numel, Tensor.nelement, Tensor.ndimension, Tensor.__len__, Tensor.is_complex,
    Tensor.is_floating_point, torch.is_floating_point, torch.numel,
    *(getattr(Tensor, name).__get__ for name in ("shape", "dtype", "device", "ndim", "is_cuda", "requires_grad")),
)  # fmt: skip
_TAKES: dict[Any, Callable[[Any, Any, Any], Any]] = {
    F.batch_norm: _take_norm,
    **dict.fromkeys((torch.add, Tensor.add, Tensor.add_), _take_sum),
    **dict.fromkeys(_ACTIVATIONS, _take_activation),
    **dict.fromkeys(_FACTS, _take_fact),
}
"""What a tensor that waits takes in; each gives None where it cannot."""
