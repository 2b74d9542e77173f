"""Elements spread out, of ATen: repeats, pads, upsampling, pixel and channel shuffles, shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.nn.capture.arranging import in_shape, part_of, rank_of
from kaiyan.nn.capture.row import Row, Written, arguments, axis_of, given, one_an_axis
from kaiyan.nn.capture.sizes import minus, quotient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.fx import Node as AtenNode

    from kaiyan.nn.capture.manuscript import Manuscript


def _repeat(draft: Manuscript, node: AtenNode) -> Written:
    x, counts = given(node)[:2]
    sizes = [1] * (len(counts) - rank_of(x)) + list(draft.shape(x))
    times_an_axis = [draft.size(count) for count in counts]
    if sum(count != 1 for count in times_an_axis) == 0:
        return in_shape(draft, draft.value(x), sizes)
    apart = [entry for size in sizes for entry in (1, size)]
    wide = [entry for pair in zip(times_an_axis, sizes, strict=True) for entry in pair]
    spread = draft.add("expand", [in_shape(draft, draft.value(x), apart)], sizes=tuple(wide))
    return in_shape(draft, spread, draft.shape(node))


def _pad(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    x = settings["self"]
    pads = [draft.number(entry) for entry in settings["pad"]]
    mode = settings.get("mode", "constant")
    crops = min(pads, default=0) < 0
    if (crops and mode != "constant") or not isinstance(settings["value"], (int, float, type(None))):
        return None
    pairs = [(0, 0)] * rank_of(x)
    for i in range(len(pads) // 2):
        pairs[rank_of(x) - 1 - i] = (pads[2 * i], pads[2 * i + 1])
    inner = _cropped(draft, x, pairs)
    outer = tuple((max(before, 0), max(behind, 0)) for before, behind in pairs)
    if crops and not any(map(any, outer)):
        return inner
    return draft.add("pad", [inner], padding=outer, mode=mode, value=float(settings["value"] or 0))


def _cropped(draft: Manuscript, x: AtenNode, pairs: Sequence[tuple[int, int]]) -> str:
    """What is left of x where padding is negative."""
    value = draft.value(x)
    for axis, (before, behind) in enumerate(pairs):
        if min(before, behind) < 0:
            stop = minus(draft.size(x.meta["val"].shape[axis]), max(-behind, 0))
            value = part_of(draft, value, axis, max(-before, 0), stop)
    return value


def _upsample(mode: str) -> Row:
    def row(draft: Manuscript, node: AtenNode) -> Written:
        settings = arguments(node)
        x = settings["input"]
        sizes = draft.shape(node)[2:]
        factors = settings["scale_factors"]
        if factors is not None and not all(isinstance(factor, (int, float)) for factor in factors):
            return None
        return draft.add(
            "upsample", [draft.value(x)], mode=mode, sizes=sizes,
            scales=tuple(map(float, factors)) if factors is not None else (None,) * len(sizes),
            align_corners=bool(settings.get("align_corners", False)),
        )  # fmt: skip

    return row


def _pixel_shuffle(draft: Manuscript, node: AtenNode) -> Written:
    x, r = given(node)[:2]
    *lead, C, H, W = draft.shape(x)
    n = len(lead)
    apart = in_shape(draft, draft.value(x), [*lead, quotient(C, r * r), r, r, H, W])
    axes = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return in_shape(draft, draft.add("permute", [apart], axes=axes), draft.shape(node))


def _pixel_unshuffle(draft: Manuscript, node: AtenNode) -> Written:
    x, r = given(node)[:2]
    *lead, C, H, W = draft.shape(x)
    n = len(lead)
    apart = in_shape(draft, draft.value(x), [*lead, C, quotient(H, r), r, quotient(W, r), r])
    axes = (*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return in_shape(draft, draft.add("permute", [apart], axes=axes), draft.shape(node))


def _channel_shuffle(draft: Manuscript, node: AtenNode) -> Written:
    x, groups = given(node)[:2]
    N, C, *spatial = draft.shape(x)
    apart = in_shape(draft, draft.value(x), [N, groups, quotient(C, groups), *spatial])
    axes = (0, 2, 1, *range(3, 3 + len(spatial)))
    return in_shape(draft, draft.add("permute", [apart], axes=axes), draft.shape(node))


def _roll(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    x, axes = settings["self"], settings["dims"]
    if not axes:
        return None
    value = draft.value(x)
    for axis, shift in zip(axes, settings["shifts"], strict=True):
        n = draft.number(x.meta["val"].shape[axis])
        cut = -draft.number(shift) % n if n else 0
        if cut:
            place = axis_of(axis, rank_of(x))
            parts = [part_of(draft, value, place, cut, n), part_of(draft, value, place, 0, cut)]
            value = draft.add("concatenate", parts, axis=place)
    return value


def _windows(draft: Manuscript, node: AtenNode) -> Written:
    """unfold: windows of an axis, a ``step`` apart."""
    settings = arguments(node)
    x = settings["self"]
    if not rank_of(x):
        return None
    size, step = (draft.number(settings[name]) for name in ("size", "step"))
    axis = axis_of(settings["dimension"], rank_of(x))
    return draft.add("windows", [draft.value(x)], axis=axis, size=size, step=step, dilation=1) if size else None


def _columns(draft: Manuscript, node: AtenNode) -> Written:
    """im2col: what each place of a window sees, (N, C·kh·kw, rows·columns)."""
    settings = arguments(node)
    x = settings["self"]
    kernel, dilation, padding, stride = (
        [draft.number(entry) for entry in one_an_axis(settings[name], 2)]
        for name in ("kernel_size", "dilation", "padding", "stride")
    )
    value, lead = draft.value(x), rank_of(x) - 2
    if any(padding):
        pairs = ((0, 0),) * lead + tuple((pad, pad) for pad in padding)
        value = draft.add("pad", [value], padding=pairs, mode="constant", value=0.0)
    for i in range(2):
        value = draft.add(
            "windows", [value], axis=lead + i, size=kernel[i], step=stride[i], dilation=dilation[i]
        )  # (..., rows, columns, kh, kw)
    axes = (*range(lead), lead + 2, lead + 3, lead, lead + 1)
    return in_shape(draft, draft.add("permute", [value], axes=axes), draft.shape(node))


ROWS: dict[str, Row] = {
    "unfold.default": _windows,
    "im2col.default": _columns,
    "repeat.default": _repeat,
    "roll.default": _roll,
    "pad.default": _pad,
    "constant_pad_nd.default": _pad,
    "pixel_shuffle.default": _pixel_shuffle,
    "pixel_unshuffle.default": _pixel_unshuffle,
    "channel_shuffle.default": _channel_shuffle,
    "upsample_nearest1d.vec": _upsample("nearest"),
    "upsample_nearest2d.vec": _upsample("nearest"),
    "upsample_nearest3d.vec": _upsample("nearest"),
    "upsample_linear1d.vec": _upsample("linear"),
    "upsample_bilinear2d.vec": _upsample("linear"),
    "upsample_trilinear3d.vec": _upsample("linear"),
}
