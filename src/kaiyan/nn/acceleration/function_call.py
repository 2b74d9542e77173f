"""A convolution that is called as one of torch's functions: what it was given, and its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kaiyan.nn.acceleration.prepared import Weighted
from kaiyan.spec.conv import Conv
from kaiyan.trace.functions import TORCH_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

CONVOLVING = frozenset(spelled for row in TORCH_FUNCTIONS.values() if row.is_convolution for spelled in row.meta)
"""torch's functions that convolve, transposed or not."""


class FunctionCall(NamedTuple):
    """What a function was given: its tensors, and its settings by name."""

    function: Any
    x: Any
    weight: Any
    bias: Any
    settings: dict[str, Any]

    @classmethod
    def of(cls, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> FunctionCall:
        """The arguments by their names."""
        names = TORCH_FUNCTIONS[function.__name__].arguments
        named: dict[str, Any] = dict(zip(names, args, strict=False)) | dict(kwargs)
        x, weight, bias = (named.pop(name, None) for name in ("input", "weight", "bias"))
        return cls(function, x, weight, bias, named)

    def weighted(self, weight: Tensor, bias: Tensor | None) -> Weighted:
        """The convolution with these numbers; raises ``ConvError`` where its settings cannot be."""
        row = TORCH_FUNCTIONS[self.function.__name__]
        transposed = "output_padding" in row.arguments
        ends = weight.shape[0], weight.shape[1] * self.settings.get("groups", 1)
        C, K = ends if transposed else ends[::-1]
        kernel, has_bias = tuple(weight.shape[2:]), bias is not None
        spec = Conv(C, K, kernel, bias=has_bias, transposed=transposed, rank=row.rank, **self.settings)
        return Weighted(spec, weight, bias)
