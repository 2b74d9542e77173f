"""How well layers and an answer followed a picture that moved: what was measured of each, and the report of all."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings

ROUNDING = 1e-5
"""Relative errors below this are float32's rounding."""
_CELL, _LABEL = 26, 220


@dataclass(frozen=True, slots=True)
class LayerShift:
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
        return self.stride_error > (ROUNDING if apart else max(2 * self.border_error, ROUNDING))

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

    layers: tuple[LayerShift, ...]
    answer: LayerShift
    kept: float | None

    @property
    def breaker(self) -> LayerShift | None:
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
        return self.answer.width == 1 and max(self.answer.errors) <= ROUNDING

    @property
    def lines(self) -> tuple[Sentence, ...]:
        """What was found, in sentences."""
        lines = [self._breaking(), self._softened(), self._border(), self._nothing_free(), self._answer()]
        return tuple(line for line in lines if line)

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
        """The table as a picture: a row a layer, a column a shift, white for 0 and black for 100 % or more; white too
        where no column is free of the border."""
        from PIL import Image, ImageDraw

        from kaiyan.pictures.sheet import Scale, colours

        errors = np.array([[error or 0.0 for error in _strides_errors(layer)] for layer in self.layers])
        pixels = colours(1 - np.clip(errors, 0, 1)[None], Scale(0, 1)).repeat(_CELL, 0).repeat(_CELL, 1)
        page = Image.new("RGB", (_LABEL + pixels.shape[1], pixels.shape[0] + _CELL), "white")
        page.paste(Image.fromarray(pixels), (_LABEL, _CELL))
        draw = ImageDraw.Draw(page)
        for shift in range(1, errors.shape[1] + 1):
            draw.text((_LABEL + (shift - 0.5) * _CELL, _CELL / 2), str(shift), fill="black", anchor="mm")
        for row, layer in enumerate(self.layers, 1):
            label = f"{layer.name}  /{layer.jump:g}"
            draw.text((_LABEL - 8, (row + 0.5) * _CELL), label[-34:], fill="black", anchor="rm")
        stream = io.BytesIO()
        page.save(stream, "PNG")
        return stream.getvalue()

    _repr_png_ = png

    def _mark(self, layer: LayerShift) -> str:
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
                    "{path} ({kind}) merges {jump:g} input columns into one; what that breaks cannot "
                        "be seen on this picture: the border affects every column of its map",
                    path=layer.path or "model", kind=layer.kind, jump=layer.jump,
                )  # fmt: skip
            finest = max(finest, layer.jump)
        return sentence("shift-no-break", "no stride was seen to break translation equivariance at these shifts")

    def _border(self) -> Sentence | None:
        first = next((m for m in self.layers if m.width > 1 and m.border_error > ROUNDING), None)
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
            "from {path} ({kind}) on, the border affects every column: the effects of strides and of "
                "the border cannot be told apart there",
            path=first.path or "model", kind=first.kind,
        )  # fmt: skip

    def _answer(self) -> Sentence:
        facts: dict[str, object] = {"error": max(self.answer.errors), "shifts": len(self.answer.errors)}
        if self.invariant:
            return sentence(
                "shift-answer-invariant", "the output is invariant: it stays the same at all {shifts} shifts", **facts
            )
        if self.kept is None:
            return sentence(
                "shift-output-map", "the output is a map; shifted back, it differs by up to {error:.1%}", **facts
            )
        return sentence(
            "shift-answer-changes",
            "the output changes by up to {error:.1%}; its largest entry stays the same in {kept:.0%} "
                "of {shifts} shifts",
            kept=self.kept, **facts,
        )  # fmt: skip


def _strides_errors(layer: LayerShift) -> tuple[float | None, ...]:
    return layer.errors if layer.free is None else layer.inner


def _cells(layer: LayerShift) -> tuple[str, ...]:
    return tuple("-" if error is None else f"{error:.1%}" for error in _strides_errors(layer))


def _border_cells(layer: LayerShift) -> tuple[str, str]:
    border = "?" if layer.border is None else f"{layer.border:.1%}"
    return border, "-" if layer.free is None else f"{layer.free:.0%}"
