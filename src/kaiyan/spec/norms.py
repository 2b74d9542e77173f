"""Layers that keep a shape: activations, dropout and norms, with their weights and what they see."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.conv import wrong_channels
from kaiyan.spec.cost import Figure
from kaiyan.spec.step import ALL, UNKNOWN, Rule

if TYPE_CHECKING:
    from kaiyan.spec.call import CodeCall
    from kaiyan.spec.step import ChainLayer, Step


def same(call: CodeCall, *, rank: int | None = None, sees: str = "", weights: int = 0) -> list[ChainLayer]:
    """Reads a layer that keeps the shape, with so many ``weights`` a channel where affine is not switched off."""
    first = next(iter(call.parts), None)
    declared = getattr(first, "value", None) if weights else None
    declared = call.named("num_features") if declared is None and weights else declared
    off = call.named("affine") is False or (len(call.parts) > 3 and getattr(call.parts[3], "value", True) is False)

    def make(step: Step) -> Step:
        axis = 1 if rank is None or len(step.input_shape) == rank + 2 else 0
        C = step.input_shape[axis] if len(step.input_shape) > axis else 1
        if isinstance(declared, int) and declared != C:
            raise wrong_channels(step.input_shape, C, declared, max(len(step.input_shape) - 2, 0))
        seen = ALL if sees == ALL and step.sees != () else step.sees
        return replace(step, params=Figure(0 if off else weights * C), sees=seen)

    return [Rule(call.written, make, rank)]


def instance(call: CodeCall, *, rank: int) -> list[ChainLayer]:
    """As BatchNorm, but without weights unless they are asked for, and over all of the picture."""
    on = call.named("affine") is True or (len(call.parts) > 3 and getattr(call.parts[3], "value", False) is True)
    return same(call, rank=rank, sees=ALL, weights=2 if on else 0)


def group(call: CodeCall) -> list[ChainLayer]:
    given = call.bound(("num_groups", "num_channels", "eps", "affine", "bias"))
    groups, declared = (read.number(n, given.get(n), least=1) for n in ("num_groups", "num_channels"))

    def make(step: Step) -> Step:
        C = step.input_shape[1] if len(step.input_shape) > 1 else 1
        if declared != C:
            raise wrong_channels(step.input_shape, C, declared, max(len(step.input_shape) - 2, 0))
        if C % groups:
            raise ConvError("groups-do-not-divide", "groups={groups} does not divide {name}={channels}",
                            "groups={divisor}", groups=groups, name="num_channels", channels=C, divisor=1)  # fmt: skip
        affine = bool(given.get("affine", True))
        return replace(step, params=Figure(2 * C * affine), sees=ALL if step.sees != () else step.sees)

    return [Rule(call.written, make)]


def layer_norm(call: CodeCall) -> list[ChainLayer]:
    given = call.bound(("normalized_shape", "eps", "elementwise_affine", "bias"))
    wanted = given.get("normalized_shape")
    sizes = wanted if isinstance(wanted, (tuple, list)) else (wanted,)
    shape = tuple(read.number("normalized_shape", size, least=1) for size in sizes)

    def make(step: Step) -> Step:
        if step.input_shape[-len(shape) :] != shape:
            raise ConvError(
                "norm-shape", "LayerNorm normalises over {shape}, but the last axes of the input {input} are {last}",
                shape=shape, input=step.input_shape, last=step.input_shape[-len(shape) :],
            )  # fmt: skip
        affine = bool(given.get("elementwise_affine", True))
        count = prod(shape) * (1 + bool(given.get("bias", True))) * affine
        spatial = max(len(step.input_shape) - 2, 0)
        seen = step.sees if not spatial else ALL if len(shape) >= spatial else UNKNOWN
        return replace(step, params=Figure(count), sees=seen)

    return [Rule(call.written, make)]


def prelu(call: CodeCall) -> list[ChainLayer]:
    count = read.number("num_parameters", call.bound(("num_parameters", "init")).get("num_parameters", 1), least=1)
    return [Rule(call.written, lambda step: replace(step, params=Figure(count)))]
