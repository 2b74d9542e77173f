"""Windows and axes summed up, of ATen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.nn.capture.row import Row, Written, arguments, axis_of, given, one_an_axis, only_first_is_read
from kaiyan.nn.capture.sizes import hint

if TYPE_CHECKING:
    from torch.fx import Node as AtenNode

    from kaiyan.nn.capture.manuscript import Manuscript


def _pool(kind: str, axes: int) -> Row:
    def row(draft: Manuscript, node: AtenNode) -> Written:
        settings = arguments(node)
        x = next(iter(settings.values()))
        if x.meta["val"].dim() != axes + 2 or not only_first_is_read_of(node):
            return None
        kernel, stride, padding, dilation = (
            tuple(draft.number(entry) for entry in one_an_axis(settings.get(name, 1), axes))
            for name in ("kernel_size", "stride", "padding", "dilation")
        )
        pooled = draft.add(
            "pool", [draft.value(x)],
            kind=kind, kernel=kernel, stride=stride or kernel, padding=padding, dilation=dilation,
            ceil_mode=settings["ceil_mode"], count_include_pad=settings.get("count_include_pad", True),
            divisor_override=settings.get("divisor_override"),
        )  # fmt: skip
        return (pooled, None) if kind == "max" else pooled

    return row


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
    if any(n % size for n, size in zip(have, sizes, strict=True)):
        return None
    if have == sizes:
        return draft.value(x)
    window = tuple(n // size for n, size in zip(have, sizes, strict=True))
    none, once = (0,) * len(sizes), (1,) * len(sizes)
    return draft.add(
        "pool", [draft.value(x)], kind=kind, kernel=window, stride=window, padding=none, dilation=once,
        ceil_mode=False, count_include_pad=True, divisor_override=None,
    )  # fmt: skip


def _reduce(kind: str) -> Row:
    def row(draft: Manuscript, node: AtenNode) -> Written:
        settings = arguments(node)
        x = next(iter(settings.values()))
        rank = x.meta["val"].dim()
        axes = settings.get("dim")
        listed = [axes] if isinstance(axes, int) else list(axes or range(rank))
        if not only_first_is_read_of(node) or not rank or not all(map(hint, x.meta["val"].shape)):
            return None
        chosen = tuple(sorted({axis_of(axis, rank) for axis in listed}))
        value = draft.add("reduce", [draft.value(x)], axes=chosen, kind=kind, keep=bool(settings.get("keepdim", False)))
        return (value, None) if isinstance(node.meta["val"], (tuple, list)) else value

    return row


def _length(draft: Manuscript, node: AtenNode) -> Written:
    """The Euclidean length of vectors."""
    settings = arguments(node)
    x, rank = settings["self"], settings["self"].meta["val"].dim()
    if settings["ord"] != 2 or not rank:
        return None
    axes = settings["dim"]
    listed = [axes] if isinstance(axes, int) else list(axes or range(rank))
    chosen = tuple(sorted({axis_of(axis, rank) for axis in listed}))
    squares = draft.map([draft.value(x)], ("square", 0))
    total = draft.add("reduce", [squares], axes=chosen, kind="sum", keep=settings["keepdim"])
    return draft.map([total], ("sqrt", 0))


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
}
