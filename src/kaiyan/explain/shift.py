"""How a model's maps and its answer move when the picture moves: translation equivariance and invariance, measured."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import lcm, prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kaiyan.explain.door import checked
from kaiyan.explain.moving import Map, free, maps
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings
from kaiyan.spec.read import number
from kaiyan.trace.copied import copied
from kaiyan.trace.undisturbed import undisturbing

EXACT = 1e-5
"""Relative errors below this are float32's rounding."""
_CELL, _LABEL = 26, 220


@dataclass(frozen=True, slots=True)
class Moved:
    """One layer's output against the picture's shifts.

    ``jump`` is how many input columns lie between two of its own. ``errors`` has one number a shift: the output of the
    moved picture, moved back by shift / jump (the better of the two whole numbers beside it), minus that of the
    picture, root mean square, as a share of the latter's. A layer without columns (``width`` 1) is not moved back.

    ``inner`` is the same over the columns whose fields no border reaches, before and after: what strides alone do (None
    where there are none); ``free`` is the share of such columns. ``border`` is the error at shifts that the strides
    divide: what borders alone do. ``softened`` says that a blur stands before the stride.
    """

    path: str
    kind: str
    stride: float
    jump: float
    width: int
    errors: tuple[float, ...]
    inner: tuple[float | None, ...] = ()
    free: float | None = None
    border: float | None = None
    softened: bool = False

    @property
    def name(self) -> str:
        """Its path and kind."""
        return f"{self.path} {self.kind}".lstrip()

    def on_grid(self, shift: int) -> bool:
        """Whether a shift is a whole number of this layer's columns: strides then lose nothing."""
        return self.width == 1 or (shift / self.jump).is_integer()

    @property
    def off_grid_error(self) -> float:
        """The largest error at shifts that the strides do not divide."""
        return max((e for s, e in enumerate(self.errors, 1) if not self.on_grid(s)), default=0.0)

    @property
    def grid_error(self) -> float:
        """The largest error at shifts that the strides divide: what borders and full connections do."""
        return max((e for s, e in enumerate(self.errors, 1) if self.on_grid(s)), default=0.0)

    @property
    def stride_error(self) -> float:
        """The largest error at shifts that the strides do not divide, away from the border where that is known."""
        inner = [e for s, e in enumerate(self.inner, 1) if e is not None and not self.on_grid(s)]
        return max(inner, default=self.off_grid_error)

    @property
    def breaks(self) -> bool:
        """Whether strides up to here are seen to break equivariance; where no column is free of the border, only where
        they do more than twice what the border does."""
        apart = any(e is not None and not self.on_grid(s) for s, e in enumerate(self.inner, 1))
        return self.stride_error > (EXACT if apart else max(2 * self.border_error, EXACT))

    @property
    def border_error(self) -> float:
        """What borders and full connections do, at shifts that the strides divide."""
        return self.grid_error if self.border is None else self.border


@dataclass(frozen=True, repr=False)
class ShiftReport(Shown):
    """How each layer moved, in order; ``answer`` is the model's own output, ``kept`` the share of shifts at which its
    largest entry stayed the same one (None for maps)."""

    KIND = "shift"
    JSON = ("layers", "answer", "kept", "invariant", "breaker.path", "lines")

    layers: tuple[Moved, ...]
    answer: Moved
    kept: float | None

    @property
    def breaker(self) -> Moved | None:
        """The first layer on a coarser grid than all before it whose map is another off that grid, the border apart; a
        stride behind a blur is let pass.

        Its own stride is 1 where a function before it, such as ``F.max_pool2d``, made the grid coarser.
        """
        finest = 1.0
        for layer in self.layers:
            if layer.jump > finest and layer.breaks and not layer.softened:
                return layer
            finest = max(finest, layer.jump)
        return None

    @property
    def invariant(self) -> bool:
        """Whether the model's answer stayed the same, to rounding."""
        return self.answer.width == 1 and max(self.answer.errors) <= EXACT

    @property
    def lines(self) -> tuple[Sentence, ...]:
        """What was found, in sentences."""
        found = [self._breaking(), self._softened(), self._border(), self._nothing_free(), self._answer()]
        return tuple(line for line in found if line)

    def table(self) -> Table:
        """A row a layer, a column a shift: what strides do there, away from the border where that is known; then what
        the border does, and the share of columns that it does not reach; the layer that breaks equivariance is marked.
        """
        shifts = tuple(str(shift) for shift in range(1, len(self.answer.errors) + 1))
        rows = tuple(
            Row((layer.name, f"{layer.jump:g}", *_cells(layer), *_border_cells(layer)), mark=self._mark(layer))
            for layer in self.layers
        )
        names = (*headings("layer", "jump"), *shifts, *headings("border", "free"))
        return Table(names, rows, notes=self.lines)

    __repr__ = Shown.__str__

    def png(self) -> bytes:
        """The errors as a picture: a row a layer, a column a shift, white for 0 and black for 100 % or more."""
        from PIL import Image, ImageDraw

        from kaiyan.pictures.sheet import Scale, colours

        errors = np.array([m.errors for m in self.layers])
        pixels = colours(1 - np.clip(errors, 0, 1)[None], Scale(0, 1)).repeat(_CELL, 0).repeat(_CELL, 1)
        page = Image.new("RGB", (_LABEL + pixels.shape[1], pixels.shape[0] + _CELL), "white")
        page.paste(Image.fromarray(pixels), (_LABEL, _CELL))
        draw = ImageDraw.Draw(page)
        for shift in range(1, errors.shape[1] + 1):
            draw.text((_LABEL + (shift - 0.5) * _CELL, _CELL / 2), str(shift), fill="black", anchor="mm")
        for row, layer in enumerate(self.layers, 1):
            label = f"{layer.name}  /{layer.jump:g}"
            draw.text((_LABEL - 8, (row + 0.5) * _CELL), label[-34:], fill="black", anchor="rm")
        held = io.BytesIO()
        page.save(held, "PNG")
        return held.getvalue()

    _repr_png_ = png

    def _mark(self, layer: Moved) -> str:
        return "bad" if layer is self.breaker else ""

    def _breaking(self) -> Sentence:
        if self.breaker is None:
            return self._not_breaking()
        if self.breaker.stride <= 1:
            return sentence(
                "shift-function-breaks",
                "a function before {path} ({kind}) breaks translation equivariance: it merges {jump:g} input "
                "columns into one, and shifts that are not multiples of {jump:g} change the map by up to "
                "{error:.1%}",
                path=self.breaker.path or "model", kind=self.breaker.kind, jump=self.breaker.jump,
                error=self.breaker.stride_error,
            )  # fmt: skip
        return sentence(
            "shift-breaks",
            "{path} ({kind}) breaks translation equivariance: its stride {stride:g} merges {jump:g} input columns "
            "into one, and shifts that are not multiples of {jump:g} change its map by up to {error:.1%}",
            path=self.breaker.path or "model", kind=self.breaker.kind, stride=self.breaker.stride,
            jump=self.breaker.jump, error=self.breaker.stride_error,
        )  # fmt: skip

    def _not_breaking(self) -> Sentence:
        finest = 1.0
        for layer in self.layers:
            if layer.jump > finest and layer.free == 0 and not layer.softened:
                return sentence(
                    "shift-cannot-tell",
                    "{path} ({kind}) merges {jump:g} input columns into one; what that breaks cannot be seen on "
                    "this picture: no column of its map is free of the border",
                    path=layer.path or "model", kind=layer.kind, jump=layer.jump,
                )  # fmt: skip
            finest = max(finest, layer.jump)
        return sentence("shift-no-break", "no stride is seen to break translation equivariance at these shifts")

    def _border(self) -> Sentence | None:
        first = next((m for m in self.layers if m.width > 1 and m.border_error > EXACT), None)
        if first is None:
            return None
        return sentence(
            "shift-border",
            "from {path} ({kind}) on, the borders change the maps too: by {error:.1%} there, at shifts that are "
            "multiples of its strides",
            path=first.path or "model", kind=first.kind, error=first.border_error,
        )  # fmt: skip

    def _softened(self) -> Sentence | None:
        first = next((m for m in self.layers if m.softened and m.stride > 1), None)
        if first is None:
            return None
        return sentence(
            "shift-blurred",
            "{path} ({kind}) blurs before its stride of {stride:g}: shifts in between change its map by up to "
            "{error:.1%}",
            path=first.path or "model", kind=first.kind, stride=first.stride, error=first.stride_error,
        )  # fmt: skip

    def _nothing_free(self) -> Sentence | None:
        first = next((m for m in self.layers if m.width > 1 and m.free == 0), None)
        if first is None:
            return None
        return sentence(
            "shift-no-free-column",
            "from {path} ({kind}) on, no column is free of the border: what strides do and what the border does cannot "
            "be told apart there",
            path=first.path or "model", kind=first.kind,
        )  # fmt: skip

    def _answer(self) -> Sentence:
        facts: dict[str, object] = {"error": max(self.answer.errors), "shifts": len(self.answer.errors)}
        if self.invariant:
            return sentence(
                "shift-answer-invariant", "the answer is invariant: it stays the same at all {shifts} shifts", **facts
            )
        if self.kept is None:
            return sentence(
                "shift-output-map", "the output is a map; moved back, it differs by up to {error:.1%}", **facts
            )
        return sentence(
            "shift-answer-changes",
            "the answer changes by up to {error:.1%}; its largest entry stays in {kept:.0%} of {shifts} shifts",
            kept=self.kept, **facts,
        )  # fmt: skip


@undisturbing
def shift_report(model: nn.Module, picture: Any, shifts: int = 8) -> ShiftReport:
    """How well ``model``'s feature maps and output follow a picture shifted by 1 to ``shifts`` columns, circularly.

    ``picture`` is a tensor (C, H, W) or (N, C, H, W), or what ``kaiyan.see`` takes: a path, an array (H, W, 3), None
    for the bundled photograph; those are scaled to 0 .. 1. Modules are measured, in eval mode, on a copy: the model
    is left as it was. Raises ``KaiyanError`` when there are fewer columns than shifts.
    """
    model = checked(model)
    x = _tensor(picture)
    shifts = number("shifts", shifts, least=0)
    if not 1 <= shifts < x.shape[-1]:
        raise KaiyanError(
            "shifts-out-of-range",
            "a picture of {width} columns cannot be moved by 1 to {shifts} of them",
            "shifts={most} or fewer",
            width=x.shape[-1], shifts=shifts, most=x.shape[-1] - 1,
        )  # fmt: skip
    if torch.equal(x, x.roll(1, -1)):
        raise KaiyanError(
            "picture-constant",
            "the picture is the same in every column: nothing moves when it is moved",
            "a photograph",
        )
    still = copied(model).eval()
    with torch.no_grad():
        return _report(still, x, shifts, type(model).__name__)


def _report(model: nn.Module, x: Tensor, shifts: int, name: str) -> ShiftReport:
    answer, first = _first(model, x.clone())  # a model may write into its input
    steps = [*range(1, shifts + 1)]
    step = lcm(*(int(m.jump) for m in first if m.jump >= 1 and m.jump.is_integer()), 1)
    steps += [step] if shifts < step < x.shape[-1] else []
    runs = [maps(model, x.roll(shift, -1)) for shift in steps]
    within = free(model, x, first)
    after = [free(model, x, first, shift) for shift in steps[:shifts]]
    layers = tuple(
        _moved(m, [run[1][i].output for run in runs], steps, [seen[i] for seen in after], within[i])
        for i, m in enumerate(first)
    )
    is_map = answer.ndim == x.ndim
    whole = Map("", name, 1.0, first[-1].jump if first and is_map else 1.0, answer)
    moved = _moved(whole, [run[0] for run in runs[:shifts]], steps[:shifts], [], None)
    kept = [bool((run[0].argmax(-1) == answer.argmax(-1)).all()) for run in runs[:shifts]]
    return ShiftReport(layers, moved, None if is_map else float(np.mean(kept)))


def _first(model: nn.Module, x: Tensor) -> tuple[Tensor, list[Map]]:
    """The run without a shift; raises ``KaiyanError`` with the model's words where it fails."""
    try:
        return maps(model, x)
    except (RuntimeError, ValueError, TypeError) as error:
        if isinstance(error, KaiyanError):
            raise
        raise KaiyanError(
            "model-fails", "the model does not run on this input: {error}", error=str(error).partition("\n")[0]
        ) from error


def _cells(layer: Moved) -> tuple[str, ...]:
    if layer.free is None:
        return tuple(f"{error:.1%}" for error in layer.errors)
    return tuple("-" if error is None else f"{error:.1%}" for error in layer.inner)


def _border_cells(layer: Moved) -> tuple[str, str]:
    border = "?" if layer.border is None else f"{layer.border:.1%}"
    return border, "-" if layer.free is None else f"{layer.free:.0%}"


def _tensor(picture: Any) -> Tensor:
    if isinstance(picture, Tensor):
        return picture[None] if picture.ndim == 3 else picture
    from kaiyan.pictures.picture import picture as read

    found = read(picture)
    return torch.from_numpy(found.pixels.astype(np.float32) / found.white)[None]


def _moved(
    still: Map, moved: list[Tensor], steps: list[int], after: list[Tensor | None], within: Tensor | None
) -> Moved:
    """``moved`` and ``after`` have the map, and its columns that no border reaches, for each of ``steps``."""
    errors = tuple(
        _error(still.output, m, s / still.jump if still.width > 1 else 0) for s, m in zip(steps, moved, strict=True)
    )
    inner = tuple(_inner(still, m, s, within, seen) for s, m, seen in zip(steps, moved, after, strict=False))
    border = [e for s, e in zip(steps, errors, strict=True) if still.width == 1 or (s / still.jump).is_integer()]
    shifts = len(after) or len(steps)
    share = None if within is None else float(within.double().mean())
    return Moved(
        still.path, still.kind, still.stride, still.jump, still.width, errors[:shifts], inner, share,
        max(border, default=None), still.softened,
    )  # fmt: skip


def _inner(still: Map, moved: Tensor, shift: int, within: Tensor | None, after: Tensor | None) -> float | None:
    """The error over the columns that no border reaches, before and after; None where there are none, or not known."""
    if within is None or after is None:
        return None
    found = [_over(still, moved, n, within, after) for n in _steps(shift / still.jump)]
    return min((error for error in found if error is not None), default=None)


def _over(still: Map, moved: Tensor, n: int, within: Tensor, after: Tensor) -> float | None:
    width = still.width - n
    if width <= 0:
        return None
    both = within[:width] & after[n:]
    if not bool(both.any()):
        return None
    before = still.output[..., :width][..., both]
    return _size(moved[..., n:][..., both] - before) / (_size(before) or 1.0)


def _error(still: Tensor, moved: Tensor, columns: float) -> float:
    scale = _size(still) or 1.0
    return min(_size(moved.roll(-n, -1) - still) for n in _steps(columns)) / scale


def _steps(columns: float) -> set[int]:
    return {int(np.floor(columns)), int(np.ceil(columns))}


def _size(tensor: Tensor) -> float:
    return float(tensor.double().square().sum().div(max(prod(tensor.shape), 1)).sqrt())
