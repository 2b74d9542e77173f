"""Calls that torch's meta kernels may let pass, or refuse in other words, where the real functions refuse them."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kaiyan.trace.structure import leaves, tensors


def looks_wrong(kind: str, args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Whether the real function is asked before torch's meta kernel is.

    That may let pass what the real one refuses (mixed dtypes, transposed weights, odd numbers); where shapes do not
    fit it refuses too, but its first refusal loads torch's compiler, more than a second of waiting.
    """
    given = list(tensors((args, named)))
    if kind in _OVER_AN_AXIS:
        return _has_no_such_axis(given, args, named)
    if len(given) > 1 and _misfit(kind, args, named, [tuple(tensor.shape) for tensor in given]):
        return True
    if kind.startswith(_ONE_TYPE) and len({tensor.dtype for tensor in given}) > 1:
        return True
    return kind.startswith("conv") and _is_odd_convolution(kind, given, args, named)


def _misfit(kind: str, args: tuple[Any, ...], named: dict[str, Any], shapes: list[tuple[int, ...]]) -> bool:
    """Whether tensors of these shapes cannot meet in a convolution, a linear layer, a sum or a concatenation."""
    x, w = shapes[:2]
    if kind in _CONVOLUTIONS:
        groups = named.get("groups", args[6] if len(args) > 6 else 1)
        return len(w) > 2 and len(x) >= len(w) - 1 and x[1 - len(w)] != w[1] * groups
    if kind == "linear":
        return x[-1:] != w[-1:]
    if kind.startswith(_PRODUCTS) and any(0 in shape for shape in shapes[1:]):
        return True
    if kind in _MEETING:
        return any(1 != a != b != 1 for a, b in zip(reversed(x), reversed(w), strict=False))
    return kind in ("cat", "concat") and any(
        len(shape) != len(x) or sum(a != b for a, b in zip(shape, x, strict=True)) > 1 for shape in shapes
    )


def _has_no_such_axis(given: list[Tensor], args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    axis = named.get("dim", args[1] if len(args) > 1 else None)
    return isinstance(axis, int) and any(not -tensor.dim() <= axis < max(tensor.dim(), 1) for tensor in given)


def _is_odd_convolution(kind: str, given: list[Tensor], args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    numbers = [n for n in leaves((args[3:], named)) if isinstance(n, int) and not isinstance(n, bool)]
    is_empty = any(0 in tensor.shape for tensor in given[1:])
    is_small = any(n < 1 for n in numbers[:2]) or any(n <= 0 for n in numbers[-3:])
    is_miscounted = kind in _CONVOLUTIONS and _is_miscounted(int(kind[4]), args, named)
    return is_empty or is_small or is_miscounted or kind.startswith("conv_transpose")


def _is_miscounted(rank: int, args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Whether a kernel, a bias or a setting is of another number of axes, or a padding negative."""
    given = dict(zip(("input", "weight", "bias", "stride", "padding", "dilation"), args, strict=False)) | named
    weight, bias = given.get("weight"), given.get("bias")
    if isinstance(weight, Tensor) and weight.dim() != rank + 2:
        return True
    if isinstance(weight, Tensor) and isinstance(bias, Tensor) and bias.shape != weight.shape[:1]:
        return True
    each = [given.get(name) for name in ("stride", "padding", "dilation")]
    has_odd_length = any(isinstance(held, (list, tuple)) and len(held) not in (1, rank) for held in each)
    return has_odd_length or any(isinstance(n, int) and n < 0 for n in leaves(each))


_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
_MEETING = ("add", "radd", "iadd", "sub", "rsub", "isub", "mul", "rmul", "imul", "div", "truediv", "itruediv")
_OVER_AN_AXIS = ("softmax", "log_softmax", "softmin")
_PRODUCTS = ("conv", "linear", "matmul", "mm", "bmm", "addmm")
_ONE_TYPE = (
    *_PRODUCTS, "batch_norm", "layer_norm", "group_norm", "binary_cross_entropy", "multi_head_attention_forward"
)  # fmt: skip
