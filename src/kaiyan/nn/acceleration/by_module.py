"""A model whose layers are replaced where they stand, as it is seen to run, for one that torch.fx cannot trace.

Each layer stands for itself: it is compared with torch's on what it is given, and one that differs, fails, or is slower
is left, with its reason. What follows a convolution is computed with it where it was seen to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.nn.acceleration.chain import PLAIN_USE, OverwrittenError
from kaiyan.nn.acceleration.deferred import FOLLOWERS, read
from kaiyan.nn.acceleration.frozen import freeze
from kaiyan.nn.acceleration.fuse import Reasons, is_hooked, is_taken, refusal
from kaiyan.nn.acceleration.own_forward import replacement_for
from kaiyan.nn.acceleration.rehearsal import rehearsed, run
from kaiyan.nn.acceleration.replacement import Following, Replacement
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.copied import copied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

_TURNS = 8
"""How often a run may show another convolution that must not wait, before none of them waits."""


def by_module(model: nn.Module, inputs: tuple[Any, ...], precision: str) -> tuple[nn.Module, dict[str, str], Reasons]:
    """The model with every layer computed by Kaiyan where that gives the same; their names, and why others are left."""
    layers = {name: layer for name, layer in model.named_modules() if is_taken(layer)}
    freeze(model)
    left = {name: reason for name, layer in layers.items() if (reason := _refused(layer)) is not None}
    waits = _waits(model, inputs, _others(layers, left), precision)
    if waits is None:
        left |= _failing(model, inputs, _others(layers, left), precision)
        kept = _others(layers, left)
        waits = _waits(model, inputs, kept, precision) or dict.fromkeys(kept, "")
    left |= rehearsed(copied(model), inputs, {name: waits[name] for name in _others(layers, left)}, precision)
    kept = _others(layers, left)
    for name in kept:
        _replace_forward(layers[name], precision).until = waits[name]
    if any(waits[name] for name in kept):
        _follow(model)
    return model, {name: name for name in kept}, {name: left[name] for name in layers if name in left}


def _others(layers: Iterable[str], left: Reasons) -> list[str]:
    return [name for name in layers if name not in left]


def _replace_forward(layer: Any, precision: str) -> Replacement:
    layer.forward = replacement = replacement_for(layer, precision)
    return replacement


def _follow(model: nn.Module) -> None:
    """Norms and activations that nothing runs before or after are told what waits without torch's detour."""
    for layer in model.modules():
        if type(layer) in FOLLOWERS and not is_hooked(layer) and "forward" not in vars(layer):
            layer.forward = Following(layer)


def _refused(layer: Any) -> Sentence | None:
    """Why a layer is left before anything is run."""
    if is_hooked(layer):
        return sentence("left-hooks", "it has hooks")
    if not layer.weight.dtype.is_floating_point:
        return sentence("left-weight-dtype", "its weight is {dtype}", dtype=str(layer.weight.dtype))
    return refusal(layer) if "forward" in vars(layer) else None


def _failing(model: nn.Module, inputs: tuple[Any, ...], names: list[str], precision: str) -> Reasons:
    """The layers that the model does not run with, found by halves, and why."""
    trial = copied(model)
    for name in names:
        _replace_forward(trial.get_submodule(name), precision)
    if not names:
        return {}
    try:
        run(trial, inputs)
    except Exception as error:  # noqa: BLE001 (whatever a model's code raises where it is rewritten)
        if len(names) == 1:
            reason = str(error).partition("\n")[0]
            return {
                names[0]: sentence("left-model-fails", "the model does not run with it replaced: {error}", error=reason)
            }
    else:
        return {}
    half = len(names) // 2
    return _failing(model, inputs, names[:half], precision) | _failing(model, inputs, names[half:], precision)


def _waits(model: nn.Module, inputs: tuple[Any, ...], names: list[str], precision: str) -> dict[str, str] | None:
    """What each convolution's output can wait for, as one run shows it; None where the model fails so."""
    until = dict.fromkeys(names, "activation")
    for _ in range(_TURNS):
        trial = copied(model)
        replacements = {name: _replace_forward(trial.get_submodule(name), precision) for name in names}
        for name, replacement in replacements.items():
            replacement.until, replacement.watched = until[name], True
        try:
            outputs = run(trial, inputs)
            seen = {name: _until(replacement) for name, replacement in replacements.items()}
            read(outputs)
        except OverwrittenError as error:
            until |= {name: "" for name, replacement in replacements.items() if error.conv in replacement.convs()}
        except Exception:  # noqa: BLE001 (whatever a model's code raises where its tensors wait)
            return None
        else:
            return seen
    return dict.fromkeys(names, "")


def _until(replacement: Replacement) -> str:
    """How far its output waits: only where it was always read so, once each time, is there anything to gain."""
    convs = replacement.convs()
    uses = [use for conv in convs for use in conv.uses.elements()]
    kept = [chain for conv in convs for waiting in conv.waiting
            if (tensor := waiting()) is not None and (chain := tensor.waits()) is not None]  # fmt: skip
    if PLAIN_USE in uses or any(chain.folded is None and chain.residual is None for chain in kept):
        return ""
    if (not uses and not kept) or len(uses) > sum(conv.begun for conv in convs):
        return ""
    return "activation" if not kept and any(use.residual or use.activation for use in uses) else "norm"
