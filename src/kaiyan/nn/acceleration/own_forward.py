"""A layer with a forward of its own, which pads or makes its weight first: its convolution computed by Kaiyan."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from kaiyan.nn.acceleration.chain import FusedConv
from kaiyan.nn.acceleration.deferred import read
from kaiyan.nn.acceleration.function_call import CONVOLVING, FunctionCall
from kaiyan.nn.acceleration.fuse import refusal
from kaiyan.nn.acceleration.replacement import Replacement, is_autocast, takes
from kaiyan.nn.acceleration.tensors import PLAIN_TENSORS, written
from kaiyan.show.error import ConvError

_WEIGHTS = 2


def replacement_for(layer: Any, precision: str) -> Replacement:
    """What can stand in the place of the layer's forward."""
    return (Replacement if refusal(layer) is None else OwnForward)(layer, precision)


class OwnForward(Replacement):
    """A forward of the layer's own, kept, with the convolution in it computed by Kaiyan.

    The numbers are packed for a weight that comes again: a layer that makes another weight for every input is
    ``varying`` and is left to torch.
    """

    is_own = True

    def __init__(self, layer: nn.Module, precision: str) -> None:
        super().__init__(layer, precision)
        self.varying = False
        self._convs: list[tuple[tuple[Any, ...], Snapshot, Snapshot, FusedConv]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's output."""
        if self.varying or is_autocast("cpu"):
            return self.plain(*args, **kwargs)
        with _Convolutions(self):
            return self.plain(*args, **kwargs)

    def convolved(self, call: FunctionCall) -> Any:
        """What a convolution gives that the forward calls; None where torch computes it."""
        try:
            conv = self._known(call)
            return None if conv is None else self.output(conv, call.x)
        except ConvError:
            return None

    def _known(self, call: FunctionCall) -> FusedConv | None:
        """The convolution of this very weight with these settings."""
        _, x, weight, bias, settings = call
        if not all(type(t) in PLAIN_TENSORS for t in (weight, bias) if t is not None) or not takes(x, weight):
            return None
        key = call.function, tuple(sorted((name, _hashed(value)) for name, value in settings.items()))
        for known, its_weight, its_bias, conv in self._convs:
            if known == key and its_weight.is_now(weight) and its_bias.is_now(bias):
                return conv
        if len(self._convs) >= _WEIGHTS:
            self.varying, self._convs = True, []
            return None
        snapshots = Snapshot(weight), Snapshot(bias)
        conv = FusedConv(call.weighted(weight.detach(), None if bias is None else bias.detach()), self.precision)
        conv.watched = self.watched
        self._convs.append((key, *snapshots, conv))
        return conv

    def convs(self) -> list[FusedConv]:
        """Every convolution that is in use."""
        return [conv for *_, conv in self._convs]

    def forget(self) -> None:
        """Lets go what was packed."""
        self._convs = []

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_convs": []}


class _Convolutions(TorchFunctionMode):
    """While a layer's forward runs: its convolutions."""

    def __init__(self, replacement: OwnForward) -> None:
        super().__init__()
        self._replacement = replacement

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        kwargs = kwargs or {}
        if func in CONVOLVING:
            args = read(args[:1]) + args[1:]
            y = self._replacement.convolved(FunctionCall.of(func, args, kwargs))
            if y is not None:
                return y
        return func(*args, **kwargs)


class Snapshot:
    """A tensor as it was: a parameter by what torch counts of it, one that is computed by its numbers."""

    def __init__(self, tensor: Tensor | None) -> None:
        self._tensor = tensor if tensor is None or type(tensor) is nn.Parameter else tensor.detach().clone()
        self._state = written(tensor) if type(tensor) is nn.Parameter else None

    def is_now(self, tensor: Tensor | None) -> bool:
        """Whether this tensor has the same numbers."""
        if self._tensor is None or tensor is None:
            return self._tensor is tensor
        if self._state is not None:
            return self._tensor is tensor and written(tensor) == self._state
        return torch.equal(self._tensor, tensor)


def _hashed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
