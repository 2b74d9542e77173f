"""Values of products of two tensors, of softmax, of attention, and of a norm over neighbouring channels."""

from __future__ import annotations

from math import exp, fsum, log
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from kaiyan.show.sentence import sentence
from kaiyan.studio.answers.network.sum_parts import Inside, Sum, summed

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence


def matmul(inside: Inside) -> Sum:
    """A row of the first tensor times a column of the second."""
    names = ("input", "mat2" if "mat2" in inside.given else "other")
    first, second = (inside.given[name].double() for name in names)
    *front, row, column = inside.place
    values = _matrix(first, front)[row].numpy()
    weights = _matrix(second, front)[:, column].numpy()
    words = sentence(
        "formula-matmul", "row {row} of the first times column {column} of the second, added up", row=row, column=column
    )
    return _products(words, values, weights)


def attention(inside: Inside) -> Sum:
    """The values of all places, each weighed by the softmax of how its key fits the query."""
    query, key, value = (inside.given[name].double() for name in ("query", "key", "value"))
    *front, row, column = inside.place
    asked, keys, held = (_matrix(tensor, front) for tensor in (query, key, value))
    scale = inside.given.get("scale") or query.shape[-1] ** -0.5
    fits = keys @ asked[row] * scale + _masked(inside, front, row, len(keys))
    words = sentence(
        "formula-attention", "the sum of value · attention; attention is the softmax of query · key · {scale:.4g}",
        scale=float(scale),
    )  # fmt: skip
    return _products(words, held[:, column].numpy(), fits.softmax(0).numpy())


def _masked(inside: Inside, front: list[int], row: int, count: int) -> Tensor:
    """What is added to the fit of each key: 0, a number, or minus infinity where it is hidden."""
    mask = inside.given.get("attn_mask")
    if inside.given.get("is_causal"):
        mask = torch.ones(row + 1, count, dtype=torch.bool).tril()
    if mask is None:
        return torch.zeros(count, dtype=torch.float64)
    rows = _matrix(mask, front)
    own = rows[min(row, len(rows) - 1)].expand(count)
    hidden = torch.zeros(count, dtype=torch.float64).masked_fill(~own, -torch.inf) if own.dtype == torch.bool else own
    return hidden.double()


def _matrix(tensor: Tensor, front: list[int]) -> Tensor:
    """The matrix at a place of the axes in front of it; what has one element along an axis is repeated there."""
    own = front[len(front) - (tensor.ndim - 2) :]
    return tensor[tuple(min(i, n - 1) for i, n in zip(own, tensor.shape, strict=False))]


def _products(words: Sentence, values: Numbers, weights: Numbers) -> Sum:
    return Sum(
        words, summed(values, weights, None), values=values, weights=weights, padding=np.zeros(len(values), np.uint8)
    )


def softmax(inside: Inside) -> Sum:
    """A share of all along an axis: the larger a value, the larger its share; all shares add up to 1."""
    along = _along(inside, inside.given["input"].double())
    value, largest = float(along[0]), float(along.max())
    rest = fsum(exp(other - largest) for other in along.tolist())
    numbers = (
        (sentence("network-number", "value"), value), (sentence("network-number", "largest"), largest),
        (sentence("network-number", "the sum of {count} e^(each − largest)", count=len(along)), rest),
    )  # fmt: skip
    if inside.name.lower().replace("_", "") == "logsoftmax":
        words = sentence("formula-log-softmax", "value − largest − log of the sum of all e^(each − largest)")
        return Sum(words, value - largest - log(rest), numbers)
    words = sentence("formula-softmax", "e^(value − largest) / the sum of all e^(each − largest)")
    return Sum(words, exp(value - largest) / rest, numbers)


def _along(inside: Inside, x: Tensor) -> Tensor:
    """The values that a softmax shares out, that of the place first."""
    module = inside.module
    dim = -3 if isinstance(module, nn.Softmax2d) else inside.given.get("dim") if module is None else module.dim
    if dim is None:
        dim = 0 if x.ndim in (0, 1, 3) else 1  # torch's own choice where none is given
    place: list[Any] = list(inside.place)
    own, place[dim] = place[dim], slice(None)
    return x[tuple(place)].roll(-own)


def response(inside: Inside) -> Sum:
    """A value made smaller where its neighbouring channels are large, at the same place."""
    x = inside.given["input"].double()
    size, alpha, beta, k = (inside.setting(name) for name in ("size", "alpha", "beta", "k"))
    first = max(inside.channel - size // 2, 0)
    beside = x[(0, slice(first, inside.channel + (size - 1) // 2 + 1), *inside.place[2:])]
    squares = fsum((beside**2).tolist())
    value = float(x[inside.place])
    numbers = (
        (sentence("network-number", "value"), value),
        (sentence("network-number", "the sum of squares of {count} channels", count=len(beside)), squares),
        ("n", float(size)), ("α", float(alpha)), ("β", float(beta)), ("k", float(k)),
    )  # fmt: skip
    words = sentence("formula-response", "value / (k + α · squares / n)^β")
    return Sum(words, value / (k + alpha * squares / size) ** beta, numbers)
