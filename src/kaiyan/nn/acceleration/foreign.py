"""Layers that Kaiyan does not take because of what they are made of: TorchScript, exported, quantised, elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import fx, nn

from kaiyan.nn.acceleration.fuse import is_convolution, is_taken
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.nn.acceleration.fuse import Reasons


def foreign(model: nn.Module) -> Reasons:
    """The convolutions that cannot be taken, by name, and why."""
    reasons: Reasons = {}
    for name, module in model.named_modules():
        for own, reason in _foreign(module):
            reasons.setdefault(".".join(filter(None, (name, own))) or type(module).__name__, reason)
    return reasons


def _foreign(module: Any) -> Iterator[tuple[str, Sentence]]:
    if isinstance(module, torch.jit.ScriptModule):
        if _names_a_layer(getattr(module, "original_name", "")):
            yield "", sentence("left-torchscript", "it is TorchScript: use the model from before the conversion")
    elif isinstance(module, fx.GraphModule):
        for node in module.graph.nodes:
            if isinstance(node.target, torch._ops.OpOverload) and "conv" in str(node.target):  # noqa: SLF001
                yield node.name, sentence("left-exported", "it was exported: use the model from before the export")
    elif type(module).__module__.startswith(_QUANTISED) and _names_a_layer(type(module).__name__):
        yield "", sentence("left-quantised", "it is quantised: use the model from before quantisation")
    elif is_convolution(module) and (device := _device(module)) != "cpu":
        yield "", sentence("left-device", "it is on {device}, but Kaiyan computes on the CPU", device=device)


_QUANTISED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.quantized")


def _names_a_layer(name: str) -> bool:
    return "Conv" in name or "Linear" in name


def _device(module: Any) -> str:
    weight = next(module.parameters(), None)
    return "cpu" if weight is None else weight.device.type


def is_foreign(model: nn.Module) -> bool:
    """Whether a model is on another device, or has no layer that could be taken but for what it is made of."""
    if any(tensor.device.type != "cpu" for tensor in (*model.parameters(), *model.buffers())):
        return True
    reasons = foreign(model)
    return bool(reasons) and not any(is_taken(module) and name not in reasons for name, module in model.named_modules())
