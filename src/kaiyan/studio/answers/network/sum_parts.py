"""What is inside one value of a map: the step that made it, with what it was given, and the terms of its sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, nn

from kaiyan.trace.functions import TORCH_FUNCTIONS
from kaiyan.trace.functions.function import TorchFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.sentence import Sentence
    from kaiyan.show.table import Text


SUMMED_FUNCTIONS = TORCH_FUNCTIONS | {
    name: TorchFunction(name, order)
    for name, order in {
        "group_norm": "input num_groups weight=None bias=None eps=1e-05",
        "linear": "input weight bias=None",
        "softmax": "input dim=None",
        "log_softmax": "input dim=None",
        "local_response_norm": "input size alpha=0.0001 beta=0.75 k=1.0",
        "scaled_dot_product_attention": "query key value attn_mask=None dropout_p=0.0 is_causal=False * scale=None",
    }.items()
}
"""How arguments are read: of some functions more of them than the record needs."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A place of a layer's output, and the step that made it; its tensors are copies from before it ran.

    ``args`` and ``named`` have the channels first; ``place`` and ``given`` are in the step's own axes.
    """

    name: str
    call: Callable[..., Any]
    args: tuple[Any, ...]
    named: dict[str, Any]
    channel: int
    row: int
    column: int
    size: tuple[int, int]
    place: tuple[int, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def module(self) -> Any:
        """The module; None for a function."""
        return self.call if isinstance(self.call, nn.Module) else None

    def setting(self, name: str) -> Any:
        """A setting of the module or the function, by its name in torch's functional spelling."""
        if self.module is not None:
            return getattr(self.module, name)
        return by_name(self.name, self.args, self.named).get(name)

    @property
    def x(self) -> Tensor:
        """The first tensor that the step was given."""
        found: Tensor = self.args[0] if self.args else next(iter(self.named.values()))
        return found

    def at(self, tensor: Tensor) -> float:
        """The value of a tensor at this place; what has one element along an axis is repeated there."""
        place = (0, self.channel, self.row, self.column)[: tensor.ndim] if tensor.ndim in (2, 4) else ()
        if tensor.ndim and not place:
            padded = tensor.reshape((1,) * (4 - tensor.ndim) + tuple(tensor.shape))
            return self.at(padded)
        return float(tensor[tuple(min(i, n - 1) for i, n in zip(place, tensor.shape, strict=True))])


@dataclass(frozen=True, slots=True)
class Sum:
    """A value's formula and terms; ``total`` is the sum in double precision.

    ``values`` and ``weights`` have one shape, (channels, rows, columns) for windows, ``padding`` says which values lie
    past the border; all are empty where there are no products, and ``numbers`` has those of the formula by name.
    ``rows`` and ``columns`` are where the values stand in the layer's input, ``first`` is its first channel.
    """

    formula: Sentence
    total: float
    numbers: tuple[tuple[Text, float], ...] = ()
    values: Numbers = field(default_factory=lambda: np.empty(0))
    weights: Numbers = field(default_factory=lambda: np.empty(0))
    padding: Numbers = field(default_factory=lambda: np.empty(0, np.uint8))
    bias: float | None = None
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()
    first: int = 0

    @property
    def groups(self) -> tuple[tuple[int, float], ...]:
        """Input channels and the sum of their terms; none where the terms are not products by channel."""
        if self.values.ndim != 3:
            return ()
        products = (self.values * self.weights).reshape(len(self.values), -1)
        return tuple((self.first + i, fsum(row)) for i, row in enumerate(products.tolist()))


def by_name(function: str, args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """A function's arguments by torch's names, with what each is where it was not given."""
    known = SUMMED_FUNCTIONS.get(function, TorchFunction(function))
    return {**known.arguments, **dict(zip(known.by_place, args, strict=False)), **named}


def summed(values: Numbers, weights: Numbers, bias: float | None) -> float:
    """The products and the bias, added without rounding in between."""
    return fsum([*(values * weights).ravel().tolist(), bias or 0.0])
