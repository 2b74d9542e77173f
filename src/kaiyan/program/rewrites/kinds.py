"""Shapes and types of values, some sizes of which are not known."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.program.graph import Node, ValueKind
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.rewrites.sizes import Reckoned, amounts, is_known, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def kind_of(node: Node, kinds: Sequence[ValueKind | None]) -> ValueKind | None:
    """What a node gives; sizes may be ``Reckoned``; None where even the rank is not known."""
    inputs = [kind for kind in kinds if kind is not None]
    settings = amounts(tuple(node.settings.items()))
    if len(inputs) != len(kinds):
        return None
    node = Node(node.operation, node.inputs, node.output, dict(settings))
    if all(is_known(kind.shape) for kind in inputs) and not _is_open(settings):
        return OPERATIONS[node.operation].kind(node, inputs)
    if node.operation in _BY_ARITHMETIC:
        return OPERATIONS[node.operation].kind(node, inputs)
    shape = _SHAPES[node.operation](node, inputs) if node.operation in _SHAPES else None
    return None if shape is None else ValueKind(tuple(shape), inputs[0].dtype)


def broadcast(shapes: Sequence[tuple[Any, ...]], name: str = "") -> tuple[Any, ...]:
    """The shape that arrays of these shapes have together; a size that is not clear is called by ``name``."""
    rank = max((len(shape) for shape in shapes), default=0)
    filled = [(*[1] * (rank - len(shape)), *shape) for shape in shapes]
    return tuple(
        _together({s for s in sizes if s != 1}, name, axis) for axis, sizes in enumerate(zip(*filled, strict=True))
    )


def _together(sizes: set[Any], name: str, axis: int) -> Any:
    numbers = [size for size in sizes if isinstance(size, int)]
    if len(sizes) > 1 and not numbers:
        return unknown(name, axis)
    return numbers[0] if numbers else next(iter(sizes), 1)


def is_closed(node: Node) -> bool:
    """Whether a node's settings are known."""
    return not _is_open(amounts(tuple(node.settings.values())))


def _is_open(settings: Any) -> bool:
    if isinstance(settings, tuple):
        return any(_is_open(setting) for setting in settings)
    return isinstance(settings, Reckoned)


_BY_ARITHMETIC = frozenset(
    ("linear", "reduce", "layer_norm", "group_norm", "softmax", "concatenate", "pad", "upsample", "cast", "foreign")
)
"""Operations whose own rule adds and multiplies sizes, and asks nothing of them."""


def _convolved(node: Node, kinds: Sequence[ValueKind]) -> Any:
    x, weight = kinds[0].shape, kinds[1].shape
    settings = node.settings
    transposed, more = settings.get("transposed", False), settings.get("output_padding", 0)
    if not all(isinstance(pair, tuple) for pair in settings["padding"]):
        return None
    K = weight[1] * settings.get("groups", 1) if transposed else weight[0]
    sizes = []
    for axis, (n, k, stride, pair, dilation) in enumerate(
        zip(x[2:], weight[2:], settings["stride"], settings["padding"], settings["dilation"], strict=True)
    ):
        reach = dilation * (k - 1) + 1
        back = (n - 1) * stride - sum(pair) + reach + (more[axis] if isinstance(more, tuple) else more)
        sizes.append(back if transposed else (n + sum(pair) - reach) // stride + 1)
    return (x[0], K, *sizes)


def _pooled(node: Node, kinds: Sequence[ValueKind]) -> Any:
    x, settings = kinds[0].shape, node.settings
    if settings["ceil_mode"]:
        return (*x[:2], *(unknown(node.output, axis) for axis in range(len(x) - 2)))
    windows = zip(x[2:], settings["kernel"], settings["stride"], settings["padding"], settings["dilation"], strict=True)
    return (*x[:2], *((n + 2 * pad - d * (k - 1) - 1) // stride + 1 for n, k, stride, pad, d in windows))


def _mapped(node: Node, kinds: Sequence[ValueKind]) -> Any:
    return broadcast([kind.shape for kind in kinds], node.output)


def _multiplied(node: Node, kinds: Sequence[ValueKind]) -> Any:
    a, b = (kind.shape for kind in kinds)
    return (*broadcast([a[:-2], b[:-2]], node.output), a[-2], b[-1])


def _reshaped(node: Node, kinds: Sequence[ValueKind]) -> Any:
    sizes = list(node.settings["sizes"])
    given = [size for size in sizes if size != -1]
    return [prod(kinds[0].shape) // prod(given) if size == -1 else size for size in sizes]


def _permuted(node: Node, kinds: Sequence[ValueKind]) -> Any:
    return [kinds[0].shape[axis] for axis in node.settings["axes"]]


def _sliced(node: Node, kinds: Sequence[ValueKind]) -> Any:
    shape, settings = list(kinds[0].shape), node.settings
    step = settings["step"]
    shape[settings["axis"]] = (settings["stop"] - settings["start"] + step - 1) // step
    return shape


def _expanded(node: Node, kinds: Sequence[ValueKind]) -> Any:
    del kinds
    return node.settings["sizes"]


def _windows_of(node: Node, kinds: Sequence[ValueKind]) -> Any:
    axis, size, step, dilation = (node.settings[name] for name in ("axis", "size", "step", "dilation"))
    shape = list(kinds[0].shape)
    shape[axis] = (shape[axis] - dilation * (size - 1) - 1) // step + 1
    return [*shape, size]


_SHAPES: dict[str, Callable[[Node, Sequence[ValueKind]], Any]] = {
    "convolution": _convolved,
    "pool": _pooled,
    "map": _mapped,
    "matmul": _multiplied,
    "reshape": _reshaped,
    "permute": _permuted,
    "slice": _sliced,
    "expand": _expanded,
    "windows": _windows_of,
}
