"""A convolution that is called as one of torch's functions: what it was given, and its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torch.nn import functional as F

from kaiyan.nn.acceleration.prepared import Weighted
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

_FORWARD = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
_TRANSPOSED = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")

FUNCTIONS = {
    F.conv1d: (1, False), F.conv2d: (2, False), F.conv3d: (3, False),
    F.conv_transpose1d: (1, True), F.conv_transpose2d: (2, True), F.conv_transpose3d: (3, True),
}  # fmt: skip
"""torch's functions: their rank, and whether they are transposed."""


class Called(NamedTuple):
    """What a function was given: its tensors, and its settings by name."""

    function: Any
    x: Any
    weight: Any
    bias: Any
    settings: dict[str, Any]

    @classmethod
    def of(cls, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Called:
        """The arguments by their names."""
        names = _TRANSPOSED if FUNCTIONS[function][1] else _FORWARD
        given: dict[str, Any] = dict(zip(names, args, strict=False)) | dict(kwargs)
        x, weight, bias = (given.pop(name, None) for name in ("input", "weight", "bias"))
        return cls(function, x, weight, bias, given)

    def weighted(self, weight: Tensor, bias: Tensor | None) -> Weighted:
        """The convolution with these numbers; raises ``ConvError`` where its settings cannot be."""
        rank, transposed = FUNCTIONS[self.function]
        ends = weight.shape[0], weight.shape[1] * self.settings.get("groups", 1)
        C, K = ends if transposed else ends[::-1]
        kernel, has_bias = tuple(weight.shape[2:]), bias is not None
        spec = Conv(C, K, kernel, bias=has_bias, transposed=transposed, rank=rank, **self.settings)
        return Weighted(spec, weight, bias)
