"""A weight that torch makes anew at every call, of parameters that do not change any more, made once."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import utils
from torch.nn.utils import parametrize, prune
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from kaiyan.nn.acceleration.fuse import is_taken


def freeze(model: nn.Module) -> None:
    """Makes plain parameters of weights that torch's weight_norm, spectral_norm, pruning or parametrizations make.

    It is for a copy, in evaluation: the parameters that they are made of are gone. Only convolutions and linear layers
    are changed.
    """
    for layer in model.modules():
        if is_taken(layer):
            _unhook(layer)
            if parametrize.is_parametrized(layer):
                _settle(layer)


def _unhook(layer: nn.Module) -> None:
    hooks: dict[int, Any] = layer._forward_pre_hooks  # noqa: SLF001
    for hook in list(hooks.values()):
        if type(hook) is WeightNorm:
            utils.remove_weight_norm(layer, hook.name)
            _fix(layer, hook.name)
        elif type(hook) is SpectralNorm:
            utils.remove_spectral_norm(layer, hook.name)
            _fix(layer, hook.name)
        elif isinstance(hook, prune.BasePruningMethod):
            name = hook._tensor_name  # noqa: SLF001
            prune.remove(layer, name)  # type: ignore[no-untyped-call]
            _fix(layer, name)


def _settle(layer: Any) -> None:
    """What parametrize.remove_parametrizations does, which spoils a class that copies share."""
    values = {name: getattr(layer, name) for name in layer.parametrizations}
    layer.__class__ = type(layer).__bases__[0]
    del layer._modules["parametrizations"]  # noqa: SLF001
    for name, value in values.items():
        layer.register_parameter(name, nn.Parameter(value.detach().clone(), requires_grad=False))
    loading: dict[int, Any] = layer._load_state_dict_pre_hooks  # noqa: SLF001
    for key, hook in list(loading.items()):  # reads old weight files for what is gone, and cannot be pickled
        if getattr(getattr(hook, "hook", hook), "__qualname__", "").startswith("weight_norm.<locals>"):
            del loading[key]


def _fix(layer: Any, name: str) -> None:
    value: Tensor = getattr(layer, name)
    delattr(layer, name)
    layer.register_parameter(name, nn.Parameter(value.detach().clone(), requires_grad=False))
