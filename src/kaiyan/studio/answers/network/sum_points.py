"""Values of layers that look at one place: norms, activations, sums, products, concatenations; and linear layers."""

from __future__ import annotations

import copy
from math import fsum, prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from kaiyan.show.sentence import sentence
from kaiyan.studio.answers.network.sum_parts import Inside, Sum, summed

if TYPE_CHECKING:
    from kaiyan.show.sentence import Sentence


def linear(inside: Inside) -> Sum:
    """Every product of one output of a linear layer."""
    weight, bias = inside.setting("weight"), inside.setting("bias")
    x = inside.x[0] if inside.x.ndim == 2 else inside.x[0, :, inside.row, inside.column]
    values = x.double().numpy()
    weights = weight.detach()[inside.channel].double().numpy()
    b = None if bias is None else float(bias.detach()[inside.channel])
    words = (
        sentence("formula-weighed", "the sum of value · weight")
        if b is None
        else sentence("formula-weighed-bias", "the sum of value · weight, plus the bias")
    )
    return Sum(
        words, summed(values, weights, b), values=values, weights=weights,
        padding=np.zeros(len(values), np.uint8), bias=b,
    )  # fmt: skip


def norm(inside: Inside) -> Sum:
    """A norm with the mean and variance that it used: those it learned, or those of what it was given."""
    x = inside.x.double()
    known = _learned(inside)
    mean, variance = known or _measured(inside, x)
    given = inside.setting("eps")
    eps = 1e-5 if given is None else float(given)
    weight, bias = (_own(inside, name, usual) for name, usual in (("weight", 1.0), ("bias", 0.0)))
    value = inside.at(x)
    numbers = (
        (_word("value"), value), (_word("mean"), mean), (_word("variance"), variance), ("ε", eps),
        (_word("weight"), weight), (_word("bias"), bias),
    )  # fmt: skip
    total = (value - mean) / sqrt(variance + eps) * weight + bias
    return Sum(sentence("formula-norm", "(value − mean) / √(variance + ε) · weight + bias"), total, numbers)


_OF_PLACES = ("LayerNorm", "LayerNorm2d", "layer_norm")
"""Norms over the channels of one place."""


def _learned(inside: Inside) -> tuple[float, float] | None:
    """The mean and variance that a batch norm keeps; None where it measures."""
    if inside.name in ("GroupNorm", "group_norm", *_OF_PLACES):
        return None
    mean, variance = inside.setting("running_mean"), inside.setting("running_var")
    if mean is None or variance is None:
        return None
    return float(mean[inside.channel].double()), float(variance[inside.channel].double())


def _measured(inside: Inside, x: Tensor) -> tuple[float, float]:
    """Over the channel, over the channels of its group, or over all channels at this place."""
    if inside.name in _OF_PLACES:
        return _moments(x[0, :, inside.row, inside.column] if x.ndim == 4 else x[0])
    groups = x.shape[1]
    if inside.name in ("GroupNorm", "group_norm"):
        groups = int(inside.setting("num_groups"))
    each = x.shape[1] // groups
    start = inside.channel // each * each
    return _moments(x[0, start : start + each])


def _moments(x: Tensor) -> tuple[float, float]:
    """Mean and variance."""
    values = x.flatten().tolist()
    mean = fsum(values) / len(values)
    return mean, fsum((v - mean) ** 2 for v in values) / len(values)


def _own(inside: Inside, name: str, usual: float) -> float:
    tensor = inside.setting(name)
    return usual if tensor is None else float(tensor.detach().double()[inside.channel])


def activation(inside: Inside) -> Sum:
    """The function of one value, in double precision."""
    x = (
        inside.x[..., inside.row : inside.row + 1, inside.column : inside.column + 1]
        if inside.x.ndim == 4
        else inside.x
    )
    x = x.double().clone()
    if inside.module is not None:
        y = copy.deepcopy(inside.module).double()(x)
    else:
        named = {name: value for name, value in inside.named.items() if name not in ("input", "inplace")}
        y = inside.call(x, *inside.args[1:], **named)
    flat: Tensor = y.reshape(-1)
    value = inside.at(inside.x.double())
    return Sum(_activation(inside.name.lower()), float(flat[inside.channel]), ((_word("value"), value),))


def _activation(name: str) -> Sentence:
    if name == "relu":
        return sentence("formula-relu", "the larger of value and 0")
    if name == "relu6":
        return sentence("formula-relu6", "the larger of value and 0, and at most 6")
    return sentence("formula-function", "{name}(value)", name=name)


def addition(inside: Inside) -> Sum:
    """A sum of two maps: a skip meets what it skipped."""
    values = _operands(inside)
    alpha = float(inside.named.get("alpha", 1))
    return Sum(
        sentence("formula-total", "the sum of the values"),
        fsum([values[0], *(alpha * value for value in values[1:])]),
        tuple((_numbered(i), value) for i, value in enumerate(values, start=1)),
    )


def product(inside: Inside) -> Sum:
    """A product of two maps, such as channels that are weighed."""
    values = _operands(inside)
    numbers = tuple((_numbered(i), value) for i, value in enumerate(values, start=1))
    return Sum(sentence("formula-product", "the product of the values"), prod(values), numbers)


def _operands(inside: Inside) -> list[float]:
    others = [value for name, value in inside.named.items() if name in ("input", "other")]
    operands: list[Any] = [*inside.args, *others][:2]
    return [inside.at(value.double()) if isinstance(value, Tensor) else float(value) for value in operands]


def concatenation(inside: Inside) -> Sum:
    """Which of the maps laid one behind the other a channel comes from."""
    maps = list(inside.args[0] if inside.args else inside.named["tensors"])
    ends = torch.tensor([len(tensor[0]) for tensor in maps]).cumsum(0)
    which = int((ends <= inside.channel).sum())
    channel = inside.channel - (int(ends[which - 1]) if which else 0)
    tensor = maps[which][0, channel]
    value = float(tensor[inside.row, inside.column] if tensor.ndim else tensor)
    words = sentence(
        "formula-unchanged", "channel {channel} of input {number}, unchanged", channel=channel, number=which + 1
    )
    return Sum(words, value, ((_word("value"), value),))


def _numbered(number: int) -> Sentence:
    return sentence("network-number", "value {number}", number=number)


def _word(name: str) -> Sentence:
    match name:
        case "value":
            return sentence("network-number", "value")
        case "mean":
            return sentence("network-number", "mean")
        case "variance":
            return sentence("network-number", "variance")
        case "weight":
            return sentence("network-number", "weight")
    return sentence("network-number", "bias")
