"""A network that was opened: a copy that runs, what it takes, and its layers, read from a first run.

The user's model is not run and not kept: what is asked later is asked of the copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.explain.diagnosis.diagnose import diagnose
from kaiyan.explain.inputs import checked
from kaiyan.explain.sizes.least import least_input
from kaiyan.show.error import KaiyanError
from kaiyan.studio.answers.network.fields import Fields, Sights, fields_of, followed
from kaiyan.studio.answers.network.indices import indices
from kaiyan.studio.answers.network.layers import MapLayer, layers_of
from kaiyan.studio.answers.network.preparing import Preparation, imagenet, plain
from kaiyan.trace.copied import copied
from kaiyan.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.show.table import Text
    from kaiyan.trace.record import Record

_SIDES = (224, 256, 299, 384, 128, 96, 64, 48, 32, 28)
"""Of pictures that networks are made for, the usual first."""
_SECONDS = 10.0
"""For a search of sizes where none of these runs."""
_MOST_VALUES = 200_000_000
"""Values of all maps together: their bytes on the wire, and some seconds of a run."""


@dataclass(frozen=True)
class Network:
    """A network on the desk; ``record`` is its first run, ``layers`` those that give maps, ``flow`` what calls see."""

    name: str
    title: Text
    model: nn.Module
    preparation: Preparation
    record: Record
    layers: tuple[MapLayer, ...]
    flow: Sights
    trained: bool
    card: tuple[Text, ...]
    names: tuple[str, ...] | None = None

    @cached_property
    def fields(self) -> tuple[Fields, ...]:
        """What every layer's values see, computed once."""
        return fields_of(self.layers, self.flow)

    @property
    def answers(self) -> bool:
        """Whether it gives one number a class."""
        outputs = self.record.output_shapes
        return bool(outputs) and len(outputs[0]) == 2 and outputs[0][0] == 1 and outputs[0][1] > 1

    def layer(self, index: Any) -> MapLayer:
        """The layer of a number; raises ``KaiyanError`` where there is none."""
        if type(index) is not int or not 0 <= index < len(self.layers):
            raise KaiyanError(
                "network-no-layer", "the network has {count} layers with maps, counted from 0; there is no layer "
                                    "{index}",
                count=len(self.layers), index=index,
            )  # fmt: skip
        return self.layers[index]


def opened(
    given: Any,
    name: str,
    title: Text,
    *,
    preparation: Preparation | None = None,
    trained: bool = False,
    card: tuple[Text, ...] = (),
    names: tuple[str, ...] | None = None,
) -> Network:
    """A network from any ``torch.nn.Module``, which is copied and left alone; the copy is in eval mode, on the CPU.

    Raises ``KaiyanError`` for what is no model, cannot be copied, does not run on a picture (with its diagnosis),
    or has no layer that gives maps.
    """
    model = copied(checked(given)).to("cpu").eval().requires_grad_(requires_grad=False)
    prepared = preparation or _fitting(model, name)
    shape = (1, prepared.channels, prepared.height, prepared.width)
    first = _run(model, shape, prepared.dtype)
    if first.error is not None:
        raise _refused(name, model, shape, prepared.dtype, first)
    flow = followed(model, first, indices(model, first, shape, prepared.dtype))
    layers = layers_of(model, first, flow.seen)
    if not layers:
        raise KaiyanError(
            "network-without-maps", "{name} has no layer that gives maps (1, channels, height, width)", name=name
        )
    values = sum(layer.channels * layer.height * layer.width for layer in layers)
    if values > _MOST_VALUES:
        raise KaiyanError(
            "network-too-large", "the maps of {name} have {values:,} values; at most {most:,} are shown",
            name=name, values=values, most=_MOST_VALUES,
        )  # fmt: skip
    return Network(name, title, model, prepared, first, layers, flow, trained, card, names)


def _run(model: nn.Module, shape: Sequence[int], dtype: torch.dtype) -> Record:
    return record(model, torch.zeros(tuple(shape), dtype=dtype), training=False)


def _fitting(model: nn.Module, name: str) -> Preparation:
    """What a model takes, from its own settings (timm), else from the first size with which it runs."""
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    settings = next(
        (own for key in ("pretrained_cfg", "default_cfg") if isinstance(own := getattr(model, key, None), dict)), {}
    )
    if settings.get("input_size"):
        return imagenet(settings["input_size"], dtype, settings)
    size = _size(model, name, dtype)
    return imagenet(size, dtype) if name.startswith(("torchvision:", "timm:")) else plain(size, dtype)


def _size(model: nn.Module, name: str, dtype: torch.dtype) -> tuple[int, int, int]:
    wanted = _channels(model)
    if wanted is not None and wanted not in (1, 3):
        raise KaiyanError(
            "network-channels", "{name} takes {wanted} channels; a picture has 3 (colour) or 1 (grey)",
            name=name, wanted=wanted,
        )  # fmt: skip
    for channels in (wanted,) if wanted else (3, 1):
        found = next((side for side in _SIDES if _run(model, (1, channels, side, side), dtype).error is None), None)
        if found is not None:
            return channels, found, found
    channels = wanted or 3
    try:
        shape = least_input(model, (1, channels, _SIDES[0], _SIDES[0]), seconds=_SECONDS).shape
    except KaiyanError:
        shape = (1, channels, _SIDES[0], _SIDES[0])
        raise _refused(name, model, shape, dtype, _run(model, shape, dtype)) from None
    return channels, shape[2], shape[3]


def _channels(model: nn.Module) -> int | None:
    """What the first convolution over pictures takes."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    return next((module.in_channels for module in model.modules() if isinstance(module, kinds)), None)


def _refused(name: str, model: nn.Module, shape: Sequence[int], dtype: torch.dtype, failed: Record) -> KaiyanError:
    """The refusal with the diagnosis of the model's own failure, and its ways out."""
    found = diagnose(failed, model, (torch.zeros(tuple(shape), dtype=dtype),))
    ways = [fix.sentence for fix in found.fixes][:3]
    facts = dict(zip(("first", "second", "third"), ways, strict=False))
    return KaiyanError(
        "network-fails",
        "{name} does not run on a picture of shape {shape}: {cause}",
        *["{first}"] * ("first" in facts),
        *["{second}"] * ("second" in facts),
        *["{third}"] * ("third" in facts),
        name=name, shape=tuple(shape), cause=found.cause, **facts,
    )  # fmt: skip
