"""Elements arranged otherwise, of ATen: views, parts, and what is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.fx import Node as AtenNode

from kaiyan.nn.capture.aten import is_nothing
from kaiyan.nn.capture.foreign import DTYPES
from kaiyan.nn.capture.manuscript import TORCH_FLOATS
from kaiyan.nn.capture.row import Row, Written, arguments, axis_of, given
from kaiyan.nn.capture.sizes import NeedsNumbersError, hint, minus, plus, symbols_of, times
from kaiyan.program.size import Symbolic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.nn.capture.manuscript import Manuscript
    from kaiyan.program.size import Size


def _first(node: AtenNode) -> Any:
    return given(node)[0]


def rank_of(x: Any) -> int:
    """How many axes a value has."""
    return int(x.meta["val"].dim())


def _reshape(draft: Manuscript, node: AtenNode) -> Written:
    """Any that gives the same elements in the same order in another shape."""
    return in_shape(draft, draft.value(_first(node)), draft.shape(node))


def in_shape(draft: Manuscript, x: str, sizes: Sequence[Size]) -> str:
    """The value x in another shape of as many elements; the name of it."""
    return draft.add("reshape", [x], sizes=tuple(sizes))


def _same(draft: Manuscript, node: AtenNode) -> Written:
    return draft.value(_first(node))


def _permute(draft: Manuscript, node: AtenNode) -> Written:
    x, axes = given(node)[:2]
    chosen = tuple(axis_of(int(axis), rank_of(x)) for axis in axes)
    return draft.add("permute", [draft.value(x)], axes=chosen)


def _transpose(draft: Manuscript, node: AtenNode) -> Written:
    x = _first(node)
    axes = list(range(rank_of(x)))
    if not axes:
        return None
    a, b = (axis_of(int(axis), len(axes)) for axis in (given(node)[1:3] or (0, 1)))
    axes[a], axes[b] = axes[b], axes[a]
    return draft.add("permute", [draft.value(x)], axes=tuple(axes))


def _turned(draft: Manuscript, node: AtenNode) -> Written:
    """aten.t: a matrix across, a vector as it is."""
    return _transpose(draft, node) if rank_of(_first(node)) == 2 else _same(draft, node)


def part_of(draft: Manuscript, x: str, axis: int, start: Size, stop: Size, step: int = 1) -> str:
    """Every ``step``-th element of an axis of x from ``start`` to before ``stop``; the name of it."""
    return draft.add("slice", [x], axis=axis, start=start, stop=stop, step=step)


def _place(draft: Manuscript, place: Any, size: Any) -> Size:
    """Where on an axis of this size a slice begins, counted from the front and within it.

    Torch's guards hold the comparisons that the example decides here.
    """
    given = place.meta["val"] if isinstance(place, AtenNode) else place
    n = draft.size(size)
    if given is None or hint(given) + (hint(size) if hint(given) < 0 else 0) <= 0:
        return 0
    if hint(given) >= hint(size):
        return n
    return plus(n, draft.size(given)) if hint(given) < 0 else draft.size(given)


def _slice(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    x = settings["self"]
    axis, step = axis_of(settings["dim"], rank_of(x)), draft.number(settings["step"])
    size, count = x.meta["val"].shape[axis], draft.size(node.meta["val"].shape[axis])
    start = _place(draft, settings["start"], size)
    if step > 1:
        if isinstance(count, Symbolic) and not (start == 0 and str(size).isidentifier()):
            raise NeedsNumbersError(symbols_of(size) | symbols_of(node.meta["val"].shape[axis]))
        count = plus(times(minus(count, 1), step), 1) if count != 0 else 0
    if start == 0 and step == 1 and count == draft.size(size):
        return draft.value(x)
    return part_of(draft, draft.value(x), axis, start, plus(start, count), step)


def _select(draft: Manuscript, node: AtenNode) -> Written:
    x, axis, index = given(node)[:3]
    axis = axis_of(axis, rank_of(x))
    start = _place(draft, index, x.meta["val"].shape[axis])
    part = part_of(draft, draft.value(x), axis, start, plus(start, 1))
    return in_shape(draft, part, draft.shape(node))


def _split(draft: Manuscript, node: AtenNode) -> Written:
    """Parts one after the other along an axis; those that are read."""
    settings = arguments(node)
    x = settings["self"]
    axis = axis_of(settings["dim"], rank_of(x))
    read = {reader.args[1] for reader in node.users}
    start: Size = 0
    parts: list[str | None] = []
    for i, fake in enumerate(node.meta["val"]):
        stop = plus(start, draft.size(fake.shape[axis]))
        parts.append(part_of(draft, draft.value(x), axis, start, stop) if i in read else None)
        start = stop
    return tuple(parts)


def _unbind(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    x = settings["self"]
    axis = axis_of(settings["dim"], rank_of(x))
    read = {reader.args[1] for reader in node.users}
    shape = [draft.size(size) for i, size in enumerate(x.meta["val"].shape) if i != axis]
    return tuple(
        in_shape(draft, part_of(draft, draft.value(x), axis, i, i + 1), shape) if i in read else None
        for i in range(len(node.meta["val"]))
    )


def _concatenate(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    parts = [part for part in settings["tensors"] if not is_nothing(part.meta["val"])]
    if not parts or any(rank_of(part) != rank_of(node) for part in parts):
        return None
    axis = axis_of(settings["dim"], rank_of(node))
    values = [draft.value(part) for part in parts]
    return draft.add("concatenate", values, axis=axis) if len(values) > 1 else values[0]


def _stack(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    axis = axis_of(settings["dim"], rank_of(node))
    sizes = list(draft.shape(node))
    sizes[axis] = 1
    parts = [in_shape(draft, draft.value(part), sizes) for part in settings["tensors"]]
    return draft.add("concatenate", parts, axis=axis)


def _expand(draft: Manuscript, node: AtenNode) -> Written:
    sizes = draft.shape(node)
    if sizes == draft.shape(_first(node)):
        return draft.value(_first(node))
    return draft.add("expand", [draft.value(_first(node))], sizes=sizes)


def _written_part(draft: Manuscript, node: AtenNode) -> Written:
    """slice_scatter: a part of an axis replaced, as what stands before it, it, and what stands behind it."""
    settings = arguments(node)
    x, source = settings["self"], settings["src"]
    axis = axis_of(settings["dim"], rank_of(x))
    size = x.meta["val"].shape[axis]
    if settings["step"] != 1:
        return None
    start = _place(draft, settings["start"], size)
    return _around(draft, x, axis, start, draft.value(source), draft.size(source.meta["val"].shape[axis]))


def _written_place(draft: Manuscript, node: AtenNode) -> Written:
    """select_scatter: one place of an axis replaced."""
    settings = arguments(node)
    x, source = settings["self"], settings["src"]
    axis = axis_of(settings["dim"], rank_of(x))
    start = _place(draft, settings["index"], x.meta["val"].shape[axis])
    sizes = list(draft.shape(x))
    sizes[axis] = 1
    return _around(draft, x, axis, start, in_shape(draft, draft.value(source), sizes), 1)


def _around(draft: Manuscript, x: AtenNode, axis: int, start: Size, source: str, count: Size) -> str:
    n, stop = draft.size(x.meta["val"].shape[axis]), plus(start, count)
    parts = [] if start == 0 else [part_of(draft, draft.value(x), axis, 0, start)]
    parts += [source] if stop == n else [source, part_of(draft, draft.value(x), axis, stop, n)]
    return draft.add("concatenate", parts, axis=axis) if len(parts) > 1 else source


def _cast(draft: Manuscript, node: AtenNode) -> Written:
    x, dtype = _first(node), node.meta["val"].dtype
    if x.meta["val"].dtype == dtype:
        return draft.value(x)
    exact = dtype in TORCH_FLOATS and not x.meta["val"].dtype.is_complex
    return draft.add("cast", [draft.value(x)], dtype=DTYPES[dtype]) if exact else None


def _filled(number: float | None) -> Row:
    """Like another in shape alone: where that is known, a constant."""

    def row(draft: Manuscript, node: AtenNode) -> Written:
        fake = node.meta["val"]
        value = given(node)[-1] if number is None else number
        if isinstance(value, AtenNode) or any(isinstance(size, Symbolic) for size in draft.shape(node)):
            return None
        shape = tuple(draft.number(size) for size in fake.shape)
        draft.give_known(node, torch.full((), value, dtype=fake.dtype).expand(shape))
        return draft.value(node)

    return row


def _as_strided(draft: Manuscript, node: AtenNode) -> Written:
    """The input itself, where only strides that no element feels are asked for."""
    settings = arguments(node)
    fake, made = settings["self"].meta["val"], node.meta["val"]
    if settings["storage_offset"] or tuple(fake.shape) != tuple(made.shape):
        return None
    pairs = zip(fake.shape, fake.stride(), made.stride(), strict=True)
    return draft.value(settings["self"]) if all(n == 1 or have == want for n, have, want in pairs) else None


VIEWS: dict[str, Row] = {
    "view.default": _reshape,
    "_unsafe_view.default": _reshape,
    "reshape.default": _reshape,
    "flatten.using_ints": _reshape,
    "unflatten.int": _reshape,
    "unsqueeze.default": _reshape,
    "permute.default": _permute,
    "transpose.int": _transpose,
    "t.default": _turned,
    "as_strided.default": _as_strided,
    "slice.Tensor": _slice,
    "select.int": _select,
    "split.Tensor": _split,
    "split_with_sizes.default": _split,
    "unbind.int": _unbind,
    "expand.default": _expand,
    "clone.default": _same,
    "contiguous.default": _same,
    "alias.default": _same,
    "detach.default": _same,
    "lift_fresh_copy.default": _same,
    "_to_copy.default": _cast,
    "zeros_like.default": _filled(0),
    "ones_like.default": _filled(1),
    "full_like.default": _filled(None),
    "new_zeros.default": _filled(0),
    "new_ones.default": _filled(1),
    "new_full.default": _filled(None),
} | dict.fromkeys(("squeeze.default", "squeeze.dim", "squeeze.dims"), _reshape)
"""What is right for elements of any type."""

ROWS: dict[str, Row] = {
    "cat.default": _concatenate,
    "stack.default": _stack,
    "slice_scatter.default": _written_part,
    "select_scatter.default": _written_place,
}
"""What is written for the types that our steps compute in."""
