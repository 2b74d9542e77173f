"""A network carried to another library's padding: same weights and sizes, windows where that library has them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from torch import nn

from kaiyan.nn.fuse import is_convolution, refusal
from kaiyan.nn.layers import LAYERS, Layer
from kaiyan.nn.undisturbed import undisturbing
from kaiyan.ops.port import convention, padding_of
from kaiyan.spec.conv import Conv
from kaiyan.spec.sentence import Sentence, sentence

_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What ``convert`` did: the layers' descriptions before and after by name, and what was left with its reason."""

    convention: str
    changed: dict[str, tuple[Conv, Conv]]
    left: dict[str, Sentence]

    def __str__(self) -> str:
        rows = [f"{name}: {before} -> {after}" for name, (before, after) in self.changed.items()]
        return "\n".join([*rows, *(f"{name} is left: {reason}" for name, reason in self.left.items())])


@undisturbing
def convert(model: nn.Module, padding: str) -> Any:
    """A copy of ``model`` whose padded convolutions pad by another convention; what changed is in ``.conversion``.

    ``padding`` is "tf_same" (Keras, JAX and ONNX SAME_UPPER alike), "onnx_same_lower", "causal", or "torch" for half
    the kernel on both sides. Layers without padding stay as they are; weights are shared with nobody.
    Raises ``ConvError`` for a word that is not known.

    >>> from torch import nn
    >>> ported = convert(nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1)), "tf_same")
    >>> ported[0].spec.pads((1, 3, 224, 224))
    ((0, 1), (0, 1))
    """
    word = convention(padding)
    found: Any = copy.deepcopy(model)
    changed: dict[str, tuple[Conv, Conv]] = {}
    left: dict[str, Sentence] = {}
    made: dict[nn.Module, Any] = {}
    for name, layer in found.named_modules():
        if isinstance(layer, _POOLS) and any(_pair(layer.padding)):
            left[name] = sentence("left", "{layer} pads by itself; pad before it", layer=str(layer))
        if not is_convolution(layer):
            continue
        before = layer.spec if isinstance(layer, Layer) else Conv.from_module(layer)
        reason = refusal(layer) or _kept(layer, before)
        if reason is not None:
            left[name] = reason
            continue
        made[layer] = _ported(layer, before, word)
        changed[name] = before, made[layer].spec
    for module in list(found.modules()):
        for own, layer in list(module._modules.items()):  # noqa: SLF001 (one layer may stand in several places)
            if layer in made:
                setattr(module, own, made[layer])
    found = made.get(found, found)
    found.conversion = Conversion(padding, changed, left)
    return found


def _ported(layer: Any, spec: Conv, word: str) -> Any:
    kind = LAYERS[next(k for k in LAYERS if isinstance(layer, k))]
    return kind.of(layer, padding_of(spec, word))


def _kept(layer: Any, spec: Conv) -> Sentence | None:
    if not any(isinstance(a.padding, str) or any(a.padding) for a in spec.axes):
        return sentence("left", "it has no padding")
    if not isinstance(layer.weight, nn.Parameter):
        return sentence("left", "its weight is computed")
    return None


def _pair(padding: Any) -> tuple[int, ...]:
    return padding if isinstance(padding, tuple) else (padding,)
