"""What stands in the place of a layer's forward: the layer keeps its class, its names, its parameters.

A plain layer is computed by a routine whose weight is packed as it is now. A layer with a forward of its own,
which pads or makes its weight first, keeps that forward, and the convolution that it calls is computed so.
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from kaiyan.nn.acceleration.chain import Chain, FusedConv
from kaiyan.nn.acceleration.deferred import Deferred, read, take_module
from kaiyan.nn.acceleration.fuse import weighted
from kaiyan.nn.acceleration.prepared import Prepared
from kaiyan.nn.acceleration.tensors import is_channels_last, is_plain, is_same, written
from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence

WORTH_WAITING = 4096
"""Numbers of an output from which on it pays to let it wait: some microseconds, for a pass or two over them."""


class Replacement:
    """A plain layer's forward computed by Kaiyan; torch's own where that cannot take the input.

    ``until`` says what the output waits for, to be computed with it: "" for nothing, "norm", or "activation".
    """

    is_own = False

    def __init__(self, layer: nn.Module, precision: str) -> None:
        self.layer: Any = layer
        self.precision, self.until, self.watched = precision, "", False
        self._kept: tuple[tuple[Any, ...], FusedConv] | None = None
        """What the convolution was packed for and itself, in one: another thread may ask meanwhile."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's output."""
        x: Any = args[0] if args else None
        if type(x) is Deferred:
            x = x.numbers()
        if len(args) != 1 or (kwargs and any(value is not None for value in kwargs.values())):
            return self.plain(*read(args), **kwargs)
        try:
            return self.output(self.conv(), x) if takes(x, self.layer.weight) else self.plain(x)
        except ConvError:
            return self.plain(x)

    def plain(self, *args: Any, **kwargs: Any) -> Any:
        """What torch computes."""
        return type(self.layer).forward(self.layer, *args, **kwargs)

    def output(self, conv: FusedConv, x: Tensor) -> Tensor:
        """The numbers, or a tensor that waits for what follows."""
        x = _laid(x.detach() if type(x) is nn.Parameter else x)
        small = not self.until or prod(conv.output_shape(x.shape)) < WORTH_WAITING
        if small or x.is_inference() or self.layer._forward_hooks or _GLOBAL_HOOKS:  # noqa: SLF001 (what may be kept, or written over unseen)
            return conv.plain(x, None, None)
        return Deferred(Chain(conv, x, self.until))

    def conv(self) -> FusedConv:
        """The convolution with the weight as it is now."""
        state, kept = _state(self.layer), self._kept
        if kept is not None and is_same(kept[0], state):
            return kept[1]
        conv = FusedConv(weighted(self.layer), self.precision, is_linear=isinstance(self.layer, nn.Linear))
        conv.watched = self.watched
        self._kept = state, conv
        return conv

    def convs(self) -> list[FusedConv]:
        """Every convolution that is in use."""
        return [] if self._kept is None else [self._kept[1]]

    def forget(self) -> None:
        """Lets go what was packed."""
        self._kept = None

    def idle(self, x: Any, *others: Any, **kwargs: Any) -> Sentence:
        """Why a call was torch's."""
        if self.is_own:
            return sentence("left-own-forward", "{kind} defines its own forward", kind=type(self.layer).__name__)
        if any(value is not None for value in (*others, *kwargs.values())):
            return sentence("left-output-size", "output_size is given when it is called")
        if x.device.type != "cpu":
            return sentence("left-device", "it is on {device}, but Kaiyan computes on the CPU", device=str(x.device))
        try:
            self.output(self.conv(), x)
        except ConvError as error:
            return error.sentence
        return sentence("left-torch-computes", "torch computes it on this input")

    @property
    def algorithm(self) -> str:
        """What computed the last new shape; nothing before the first call."""
        return next((conv.algorithm for conv in self.convs() if conv.algorithm), "")

    def extra_repr(self) -> str:
        """What is computed: the convolution, and the activation that is computed with it."""
        conv = next(iter(self.convs()), None)
        if conv is None:
            return str(self.layer)
        spec, activation = conv.plain.weighted.spec, conv.activation
        return str(spec) if activation is None else f"{spec}, activation={activation!r}"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kept": None}


def computed_by(layer: nn.Module) -> Prepared | Replacement | None:
    """What computes a layer, if it is ours: what it is, and the algorithm."""
    own = vars(layer).get("forward")
    return layer if isinstance(layer, Prepared) else own if isinstance(own, Replacement) else None


class Following:
    """The forward of a norm or an activation that may follow a convolution: its function at once, where that waits."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer: Any = layer
        self._take = take_module(layer)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's output."""
        if len(args) == 1 and type(args[0]) is Deferred and not kwargs:
            taken = self._take(self.layer, args[0])
            if taken is not None:
                return read(taken) if self.layer._forward_hooks else taken  # noqa: SLF001
        return type(self.layer).forward(self.layer, *args, **kwargs)


_SETTINGS = ("stride", "padding", "dilation", "groups", "padding_mode", "output_padding")


def takes(x: Any, weight: Any) -> bool:
    """Whether the engine computes on it: plain numbers of one type on a processor that no gradient is asked of."""
    if not is_plain(x) or x.dtype is not weight.dtype or not weight.is_cpu or is_autocast("cpu"):
        return False
    return not (weight.requires_grad and torch.is_grad_enabled())


def _laid(x: Tensor) -> Tensor:
    """The input as torch lays its output out: channels last only where pictures or volumes come so."""
    if x.is_contiguous():
        return x
    return x if is_channels_last(x) else x.contiguous()


is_autocast = torch.is_autocast_enabled
_GLOBAL_HOOKS = nn.modules.module._global_forward_hooks  # noqa: SLF001


def _state(layer: Any) -> tuple[Any, ...]:
    """What a plain layer's output is made of beside its input."""
    own = layer.__dict__
    parameters = own["_parameters"]
    weight, bias = parameters.get("weight"), parameters.get("bias")
    if weight is None or bias is None:
        weight, bias = layer.weight, layer.bias
    settings = [own.get(name) for name in _SETTINGS]
    return weight, bias, written(weight), bias if bias is None else written(bias), settings
