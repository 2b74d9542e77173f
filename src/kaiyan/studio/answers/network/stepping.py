"""Runs of an open network on a picture: all maps in turn, or one layer with what it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.network.walk import Enough, RunStep, walk
from kaiyan.trace.structure import mapped, tensors
from kaiyan.trace.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.studio.answers.network.layers import MapLayer
    from kaiyan.studio.answers.network.opened import Network


@dataclass(frozen=True, slots=True)
class Caught:
    """One layer of one run: the step, with copies of what it was given and gave."""

    step: RunStep
    args: tuple[Any, ...]
    named: dict[str, Any]
    output: Tensor


def caught(network: Network, layer: MapLayer, x: Tensor) -> Caught:
    """A layer with what it is given: the network runs up to it."""
    kept: list[Caught] = []
    given: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def before(step: RunStep) -> None:
        if step.index == layer.step:
            given.append(mapped((step.args, step.named), _kept))

    def after(step: RunStep) -> None:
        if step.index == layer.step:
            kept.append(Caught(step, *given[0], output=_map(step.output, layer, network.name).clone()))
            raise Enough

    _run(network.model, network.name, x, before, after)
    if not kept:
        raise _other_way(network.name, layer)
    return kept[0]


def every_map(network: Network, x: Tensor, read: Callable[[MapLayer, Tensor], None]) -> Any:
    """The network's output; ``read`` is given every layer's maps (C, H, W) while they last."""
    by_step = {layer.step: layer for layer in network.layers}
    seen: list[int] = []

    def after(step: RunStep) -> None:
        layer = by_step.get(step.index)
        if layer is not None:
            seen.append(layer.index)
            found = layer.first(_map(step.output, layer, network.name))[0]
            read(layer, found.reshape(layer.channels, layer.height, layer.width))

    output = _run(network.model, network.name, x, None, after)
    if seen != list(range(len(network.layers))):
        raise _other_way(network.name, network.layers[len(seen)])
    return output


def maps_of(layer: MapLayer, found: Caught) -> Tensor:
    """A layer's maps (C, H, W)."""
    return layer.first(found.output)[0].reshape(layer.channels, layer.height, layer.width)


def answered(model: nn.Module, name: str, x: Tensor) -> Any:
    """A network's output alone."""
    return _run(model, name, x, None, None)


def _run(model: nn.Module, name: str, x: Tensor, before: Any, after: Any) -> Any:
    try:
        return undisturbed(lambda: walk(model, x, before=before, after=after))
    except KaiyanError:
        raise
    except Exception as error:  # whatever the user's own model raises on these values
        raise KaiyanError(
            "network-run-fails", "{name} ran on zeros, but fails on this picture: {kind}: {error}",
            name=name, kind=type(error).__name__, error=str(error).partition("\n")[0],
        ) from error  # fmt: skip


def _kept(tensor: Tensor) -> Tensor:
    """A copy, for the step may write into it; weights stay."""
    return tensor if isinstance(tensor, nn.Parameter) else tensor.clone()


def _map(output: Any, layer: MapLayer, name: str) -> Tensor:
    found = next(tensors(output), None)
    if found is None or tuple(found.shape) != layer.call.output_shape:
        raise _other_way(name, layer)
    return found


def _other_way(name: str, layer: MapLayer) -> KaiyanError:
    return KaiyanError(
        "network-other-way",
        "{name} takes other steps on this picture than on its first run: {path} differs",
        name=name, path=layer.path,
    )  # fmt: skip
