"""A model whose convolutions are replaced where they stand, for one that torch.fx cannot trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.nn.fuse import Reasons, is_convolution, made_of, refusal, weighted
from kaiyan.spec.error import ConvError
from kaiyan.spec.sentence import sentence

if TYPE_CHECKING:
    from torch import nn


def by_module(model: nn.Module, inputs: tuple[Any, ...], precision: str) -> tuple[nn.Module, dict[str, str], Reasons]:
    """Every convolution replaced where it stands; nothing is known of what follows it."""
    del inputs
    made: dict[str, str] = {}
    left: Reasons = {}
    for name, layer in list(model.named_modules()):
        if not is_convolution(layer):
            continue
        reason = refusal(layer)
        try:
            prepared = made_of(weighted(layer), layer, precision) if reason is None else None
        except ConvError as error:
            reason, prepared = error.sentence, None
        if prepared is None or not name:
            left[name or type(layer).__name__] = reason or sentence("left", "it is the model itself")
            continue
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, prepared)
        made[name] = name
    return model, made, left
