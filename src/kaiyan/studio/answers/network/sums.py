"""One value of a map, opened: the terms that make it in double precision, beside what the network computed.

Each kind of layer is a row of ``SUMS``; a layer that no row knows is not opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from kaiyan.studio.answers.network import sum_points, sum_products, sum_windows
from kaiyan.studio.answers.network.flow import ALIKE
from kaiyan.studio.answers.network.sum_parts import SUMMED_FUNCTIONS
from kaiyan.trace.rebuild import is_convolution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.studio.answers.network.sum_parts import Inside, Sum
    from kaiyan.trace.record import Call

    Opener = Callable[[Inside], Sum]

SUMS: dict[str, Opener] = {
    "conv": sum_windows.convolution,
    "linear": sum_points.linear,
    "norm": sum_points.norm,
    "activation": sum_points.activation,
    "pool": sum_windows.pool,
    "add": sum_points.addition,
    "product": sum_points.product,
    "concat": sum_points.concatenation,
    "resize": sum_windows.resize,
    "matmul": sum_products.matmul,
    "attention": sum_products.attention,
    "softmax": sum_products.softmax,
    "lrn": sum_products.response,
}
"""How a value of each kind of layer is opened."""

_NORMS = (nn.BatchNorm2d, nn.BatchNorm1d, nn.InstanceNorm2d, nn.GroupNorm)
_POOLS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish,
    nn.Hardsigmoid, nn.Hardtanh, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softsign, nn.LogSigmoid, nn.Tanhshrink,
    nn.Hardshrink, nn.Softshrink, nn.Threshold,
)  # fmt: skip
_FUNCTIONS = {
    **dict.fromkeys(("conv2d", "conv_transpose2d"), "conv"),
    **dict.fromkeys(("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "mean"), "pool"),
    **dict.fromkeys(("add", "iadd", "radd"), "add"),
    **dict.fromkeys(("mul", "imul", "rmul"), "product"),
    **dict.fromkeys(("cat", "concat", "concatenate"), "concat"),
    **dict.fromkeys(
        ("relu", "relu6", "silu", "gelu", "sigmoid", "tanh", "hardswish", "hardsigmoid", "hardtanh", "leaky_relu",
         "elu", "selu", "mish", "softplus", "clamp"), "activation",
    ),
    "batch_norm": "norm",
    "group_norm": "norm",
    "interpolate": "resize",
    "linear": "linear",
    **dict.fromkeys(("matmul", "mm", "bmm"), "matmul"),
    **dict.fromkeys(("softmax", "log_softmax"), "softmax"),
    "scaled_dot_product_attention": "attention",
    "local_response_norm": "lrn",
}  # fmt: skip


def kind_of_sum(call: Call, module: nn.Module | None, inner: Sequence[Call] = ()) -> str | None:
    """The row of ``SUMS`` for a layer, ``inner`` are the calls inside it; None where no row knows it."""
    if not call.is_module:
        return _FUNCTIONS.get(call.kind) if call.kind in SUMMED_FUNCTIONS and _is_opened(call) else None
    if module is None:
        return None
    if is_convolution(module):
        return "conv"
    known: tuple[tuple[Any, str], ...] = (
        (nn.Linear, "linear"), (_NORMS, "norm"), (_POOLS, "pool"), (nn.Upsample, "resize"),
        ((nn.Softmax, nn.LogSoftmax, nn.Softmax2d), "softmax"), (nn.LocalResponseNorm, "lrn"),
    )  # fmt: skip
    if _norms_places(call, module):
        return "norm"
    if type(module) in _ACTIVATIONS or _acts(call, module, inner):
        return "activation"
    return next((kind for kinds, kind in known if isinstance(module, kinds)), None)


def _norms_places(call: Call, module: nn.Module) -> bool:
    """Whether it is a LayerNorm over the channels alone; timm's and torchvision's LayerNorm2d turn the axes inside."""
    if type(module) is not nn.LayerNorm and type(module).__name__ != "LayerNorm2d":
        return False
    channels = getattr(module, "normalized_shape", ())
    shape = call.output_shape or ()
    return len(channels) == 1 and (shape[1:2] if type(module) is not nn.LayerNorm else shape[-1:]) == tuple(channels)


def _acts(call: Call, module: nn.Module, inner: Sequence[Call]) -> bool:
    """Whether a layer of the user's own, without numbers of its own, looks at each element by itself."""
    shapes = {shape for own in inner for shape in (*own.input_shapes, own.output_shape)}
    has_numbers = any(True for _ in (*module.parameters(), *module.buffers()))
    is_alone = bool(inner) and all(not own.is_module and own.kind in ALIKE for own in inner)
    return is_alone and not has_numbers and shapes == {call.output_shape} and call.input_shapes == (call.output_shape,)


def _is_opened(call: Call) -> bool:
    """A mean is a pool where it goes over space, a concatenation is one of channels, attention has a key a query."""
    if call.kind == "mean":
        return len(call.input_shapes[0]) == 4 and sum_windows.means_over_space(call.arguments[1:], call.named)
    if call.kind == "scaled_dot_product_attention":
        return not call.named.get("enable_gqa")
    if call.kind in ("cat", "concat", "concatenate"):
        shapes = {(len(shape), shape[2:]) for shape in call.input_shapes}
        return len(shapes) == 1 and sum(shape[1] for shape in call.input_shapes) == (call.output_shape or (0, 0))[1]
    return True
