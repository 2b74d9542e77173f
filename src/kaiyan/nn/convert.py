"""A network carried to another library's padding: same weights and sizes, windows where that library has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import fx, nn

from kaiyan.nn.acceleration.foreign import foreign
from kaiyan.nn.acceleration.fuse import is_convolution, refusal
from kaiyan.nn.acceleration.report import unchanged
from kaiyan.nn.layers import LAYERS, Layer
from kaiyan.ops.port import convention
from kaiyan.show.error import ConvError, KaiyanError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines
from kaiyan.spec.conv import Conv
from kaiyan.trace.copied import copied
from kaiyan.trace.undisturbed import undisturbing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.show.table import Part
    from kaiyan.spec.axis import Axis

_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)


@dataclass(frozen=True, slots=True)
class Conversion(Shown):
    """What ``convert`` did: the layers' descriptions before and after by name, and what was left with its reason."""

    convention: str
    changed: dict[str, tuple[Conv, Conv]]
    left: dict[str, Sentence]

    KIND = "conversion"
    JSON = ("convention", "changed", "left")

    def parts(self) -> Iterator[Part]:
        """The layers that were changed, and what was left and why."""
        yield Lines(tuple(f"{name}: {before} -> {after}" for name, (before, after) in self.changed.items()))
        yield Lines(tuple(unchanged(name, reason) for name, reason in self.left.items()), "list")


@undisturbing
def convert(model: nn.Module, padding: str) -> Any:
    """A copy of ``model`` whose padded convolutions pad by another convention; what changed is in ``.conversion``.

    ``padding`` is "tf_same" (Keras, JAX and ONNX SAME_UPPER alike), "onnx_same_lower", "causal", or "torch", which
    makes numbers of such words again: half the kernel on both sides. Layers without padding stay as they are, and so
    do those whose output would have another size, with the reason; weights are shared with nobody.
    Raises ``ConvError`` for a word that is not known, ``KaiyanError`` for a model that is no plain module any more.

    >>> from torch import nn
    >>> ported = convert(nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1)), "tf_same")
    >>> ported[0].spec.pads((1, 3, 224, 224))
    ((0, 1), (0, 1))
    """
    word = convention(padding)
    _check(model)
    ported: Any = copied(model)
    changed: dict[str, tuple[Conv, Conv]] = {}
    left = {name: reason for name, reason in foreign(model).items() if not _is_layer(model, name)}
    layers: dict[nn.Module, Any] = {}
    for name, layer in ported.named_modules():
        outcome = _ported(layer, word)
        if isinstance(outcome, Sentence):
            left[name or type(layer).__name__] = outcome
        elif outcome is not None:
            layers[layer] = outcome
            changed[name] = _described(layer), outcome.spec
    for module in list(ported.modules()):
        for own, layer in list(module._modules.items()):  # noqa: SLF001 (one layer may stand in several places)
            if layer in layers:
                setattr(module, own, layers[layer])
    ported = layers.get(ported, ported)
    ported.conversion = Conversion(padding, changed, left)
    return ported


def _check(model: Any) -> None:
    """Refuses what has no layers that could be exchanged."""
    kinds = {
        torch.jit.ScriptModule: "TorchScript",
        torch.export.ExportedProgram: "an exported program",
        fx.GraphModule: "a graph",
    }
    what = next((word for kind, word in kinds.items() if isinstance(model, kind)), None)
    if what is not None and (what != "a graph" or foreign(model)):
        raise KaiyanError(
            "not-convertible", "{kind} is {what}: its layers cannot be replaced",
            "convert the model from before the export",
            kind=type(model).__name__, what=what,
        )  # fmt: skip
    if not isinstance(model, nn.Module):
        raise KaiyanError("not-a-model", "{kind} is not a torch.nn.Module", kind=type(model).__name__)


def _is_layer(model: nn.Module, name: str) -> bool:
    """Whether a name is that of one of torch's plain layers, which is converted on every device."""
    return any(path == name and is_convolution(layer) for path, layer in model.named_modules())


def _ported(layer: Any, word: str) -> Any:
    """The layer with the convention's padding; why it is left; None for what has nothing to do with padding."""
    if isinstance(layer, _POOLS):
        pads = any(_pair(layer.padding)) and word != "torch"
        return (
            sentence(
                "left-pads-by-itself",
                "{layer} is a pooling with its own padding; pad before it instead",
                layer=str(layer),
            )
            if pads
            else None
        )
    if not is_convolution(layer):
        return None
    try:
        before = _described(layer)
        own = word == "torch" and not isinstance(layer, Layer)
        padding = tuple(axis.padding if own else _padding(axis, word) for axis in before.axes)
        kind = LAYERS[next(k for k in LAYERS if isinstance(layer, k))]
        return refusal(layer) or _kept(layer, before, padding) or kind.of(layer, padding)
    except ConvError as error:
        return error.sentence


def _described(layer: Any) -> Conv:
    return layer.spec if isinstance(layer, Layer) else Conv.from_module(layer)


def _padding(axis: Axis, word: str) -> Any:
    """An axis's padding by the convention; numbers are torch's own."""
    if word != "torch":
        return word
    return axis.size_keeping if isinstance(axis.padding, str) else axis.padding


def _kept(layer: Any, before: Conv, padding: tuple[Any, ...]) -> Sentence | None:
    """Why a layer that could be exchanged is left."""
    if not any(isinstance(a.padding, str) or any(a.padding) for a in before.axes):
        return sentence("left-no-padding", "it has no padding")
    if not isinstance(layer.weight, nn.Parameter):
        return sentence("left-weight-computed", "its weight is computed")
    after = Conv(kernel_size=before.kernel_size, stride=before.stride, dilation=before.dilation, padding=padding,
                 output_padding=0 if any(isinstance(p, str) for p in padding) else before.output_padding,
                 transposed=before.transposed, rank=before.rank)  # fmt: skip
    if tuple(a.padding for a in after.axes) == tuple(a.padding for a in before.axes):
        return sentence("left-pads-this-way", "it already uses this padding")
    return next((reason for pair in zip(before.axes, after.axes, strict=True) if (reason := _resized(*pair))), None)


def _resized(before: Axis, after: Axis) -> Sentence | None:
    """The first size of the input whose output would be another; sizes repeat with the stride."""
    for n in range(before.reach, before.reach + 2 * before.stride + 1):
        sizes = before.output_size(n), after.output_size(n)
        if sizes[0] != sizes[1]:
            return sentence(
                "left-size-changes", "its output would change: {n} elements give {before} now, and would give {after}",
                n=n, before=sizes[0], after=sizes[1],
            )  # fmt: skip
    return None


def _pair(padding: Any) -> tuple[int, ...]:
    return padding if isinstance(padding, tuple) else (padding,)
