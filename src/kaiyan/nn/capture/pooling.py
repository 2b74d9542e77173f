"""Windows and axes summed up, of ATen."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.nn.capture.arranging import in_shape, part_of
from kaiyan.nn.capture.row import Row, Written, arguments, axis_of, given, one_an_axis, only_first_is_read
from kaiyan.nn.capture.sizes import hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.fx import Node as AtenNode

    from kaiyan.nn.capture.manuscript import Manuscript
    from kaiyan.program.size import Size


def _pool(kind: str, axes: int) -> Row:
    def row(draft: Manuscript, node: AtenNode) -> Written:
        settings = arguments(node)
        x = next(iter(settings.values()))
        is_one = x.meta["val"].dim() == axes + 1  # a sample without a batch
        if not only_first_is_read_of(node):
            return None
        kernel, stride, padding, dilation = (
            tuple(draft.number(entry) for entry in one_an_axis(settings.get(name, 1), axes))
            for name in ("kernel_size", "stride", "padding", "dilation")
        )
        value = in_shape(draft, draft.value(x), (1, *draft.shape(x))) if is_one else draft.value(x)
        pooled = draft.add(
            "pool", [value],
            kind=kind, kernel=kernel, stride=stride or kernel, padding=padding, dilation=dilation,
            ceil_mode=settings["ceil_mode"], count_include_pad=settings.get("count_include_pad", True),
            divisor_override=settings.get("divisor_override"),
        )  # fmt: skip
        pooled = in_shape(draft, pooled, _first_shape(draft, node)) if is_one else pooled
        return (pooled, None) if kind == "max" else pooled

    return row


def _first_shape(draft: Manuscript, node: AtenNode) -> tuple[Size, ...]:
    value = node.meta["val"]
    first = value[0] if isinstance(value, (tuple, list)) else value
    return tuple(draft.size(size) for size in first.shape)


def only_first_is_read_of(node: AtenNode) -> bool:
    """Whether the places of the greatest are not asked for; a call of one output has none."""
    return not isinstance(node.meta["val"], (tuple, list)) or only_first_is_read(node)


def _adaptive(kind: str) -> Row:
    def row(draft: Manuscript, node: AtenNode) -> Written:
        x, sizes = given(node)[:2]
        spatial = x.meta["val"].shape[-len(sizes) :]
        if not only_first_is_read_of(node) or x.meta["val"].dim() != len(sizes) + 2:
            return None
        pooled = _adapted(draft, kind, x, spatial, [draft.number(size) for size in sizes])
        return (pooled, None) if kind == "max" and pooled is not None else pooled

    return row


def _adapted(draft: Manuscript, kind: str, x: Any, spatial: Any, sizes: list[int]) -> str | None:
    if all(size == 1 for size in sizes):
        axes = tuple(range(2, 2 + len(sizes)))
        word = "mean" if kind == "average" else kind
        return draft.add("reduce", [draft.value(x)], axes=axes, kind=word, keep=True)
    have = [draft.number(size) for size in spatial]
    if have == sizes:
        return draft.value(x)
    if any(n % size for n, size in zip(have, sizes, strict=True)):
        return _unevenly(draft, kind, draft.value(x), have, sizes) if sum(sizes) <= _MOST_PARTS else None
    window = tuple(n // size for n, size in zip(have, sizes, strict=True))
    none, once = (0,) * len(sizes), (1,) * len(sizes)
    return draft.add(
        "pool", [draft.value(x)], kind=kind, kernel=window, stride=window, padding=none, dilation=once,
        ceil_mode=False, count_include_pad=True, divisor_override=None,
    )  # fmt: skip


def _unevenly(draft: Manuscript, kind: str, value: str, have: list[int], sizes: list[int]) -> str:
    """Windows that are not all as long: axis by axis, from i·n/size rounded down to (i + 1)·n/size rounded up."""
    word = "mean" if kind == "average" else kind
    for axis, (n, size) in enumerate(zip(have, sizes, strict=True), 2):
        parts = [
            draft.add("reduce", [part_of(draft, value, axis, start, stop)], axes=(axis,), kind=word, keep=True)
            for start, stop in ((i * n // size, -(-(i + 1) * n // size)) for i in range(size))
        ]
        value = draft.add("concatenate", parts, axis=axis) if size > 1 else parts[0]
    return value


def _reduce(kind: str) -> Row:
    def row(draft: Manuscript, node: AtenNode) -> Written:
        settings = arguments(node)
        x = next(iter(settings.values()))
        if not only_first_is_read_of(node) or not x.meta["val"].dim() or not all(map(hint, x.meta["val"].shape)):
            return None
        chosen = _axes(x, settings.get("dim"))
        value = draft.add("reduce", [draft.value(x)], axes=chosen, kind=kind, keep=bool(settings.get("keepdim", False)))
        return (value, None) if isinstance(node.meta["val"], (tuple, list)) else value

    return row


def _axes(x: AtenNode, dim: Any) -> tuple[int, ...]:
    """The axes that are summed up: those of ``dim``, or all."""
    rank = x.meta["val"].dim()
    listed = [dim] if isinstance(dim, int) else list(dim or range(rank))
    return tuple(sorted({axis_of(axis, rank) for axis in listed}))


def _length(draft: Manuscript, node: AtenNode) -> Written:
    """The Euclidean length of vectors."""
    settings = arguments(node)
    x = settings["self"]
    if settings["ord"] != 2 or not x.meta["val"].dim():
        return None
    chosen = _axes(x, settings["dim"])
    squares = draft.map([draft.value(x)], ("square", 0))
    total = draft.add("reduce", [squares], axes=chosen, kind="sum", keep=settings["keepdim"])
    return draft.map([total], ("sqrt", 0))


def _variance(*, is_root: bool = False, with_mean: bool = False) -> Row:
    """Squares of what is apart from the mean, summed up and divided by how many they are less ``correction``."""

    def row(draft: Manuscript, node: AtenNode) -> Written:
        settings = arguments(node)
        x, rank = settings["self"], settings["self"].meta["val"].dim()
        axes, keep = _axes(x, settings["dim"]), settings["keepdim"]
        scale = _corrected(draft, [x.meta["val"].shape[axis] for axis in axes], settings["correction"])
        if not rank or scale is None:
            return None
        mean = draft.add("reduce", [draft.value(x)], axes=axes, kind="mean", keep=True)
        squares = draft.map([draft.value(x), mean], ("sub", 0, 1), ("square", 2))
        variance = draft.add("reduce", [squares], axes=axes, kind="mean", keep=keep)
        variance = draft.map([variance], ("mul", 0, scale)) if scale != 1 else variance
        spread = draft.map([variance], ("sqrt", 0)) if is_root else variance
        if not with_mean:
            return spread
        return spread, mean if keep else in_shape(draft, mean, _others(draft.shape(x), axes))

    return row


def _corrected(draft: Manuscript, sizes: list[Any], correction: Any) -> float | None:
    """By what a mean of squares is multiplied; None where torch must see to it: of too few it warns."""
    correction = 1 if correction is None else correction
    if correction == 0:
        return 1.0
    counts = [draft.size(size) for size in sizes]
    known = [count for count in counts if isinstance(count, int)]
    if len(known) < len(counts) or not isinstance(correction, (int, float)):
        return None  # how many they are is no value of a graph
    n = prod(known)
    return n / (n - correction) if n > correction else None


def _others(shape: Sequence[Size], axes: Sequence[int]) -> list[Size]:
    return [size for axis, size in enumerate(shape) if axis not in axes]


_MOST_PARTS = 64
"""Windows in all axes together that are written one by one."""

ROWS: dict[str, Row] = {
    "max_pool2d_with_indices.default": _pool("max", 2),
    "max_pool3d_with_indices.default": _pool("max", 3),
    "avg_pool1d.default": _pool("average", 1),
    "avg_pool2d.default": _pool("average", 2),
    "avg_pool3d.default": _pool("average", 3),
    "_adaptive_avg_pool2d.default": _adaptive("average"),
    "_adaptive_avg_pool3d.default": _adaptive("average"),
    "adaptive_max_pool2d.default": _adaptive("max"),
    "adaptive_max_pool3d.default": _adaptive("max"),
    "mean.default": _reduce("mean"),
    "mean.dim": _reduce("mean"),
    "sum.default": _reduce("sum"),
    "sum.dim_IntList": _reduce("sum"),
    "amax.default": _reduce("max"),
    "amin.default": _reduce("min"),
    "max.dim": _reduce("max"),
    "min.dim": _reduce("min"),
    "max.default": _reduce("max"),
    "min.default": _reduce("min"),
    "linalg_vector_norm.default": _length,
    "var.correction": _variance(),
    "std.correction": _variance(is_root=True),
    "var_mean.correction": _variance(with_mean=True),
    "std_mean.correction": _variance(is_root=True, with_mean=True),
}
