"""How a model's maps and its answer move when the picture moves: translation equivariance and invariance, measured."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from kaiyan.explain.door import checked
from kaiyan.explain.table import Row, Shown, Table
from kaiyan.nn.copied import copied
from kaiyan.nn.undisturbed import undisturbing
from kaiyan.spec.error import KaiyanError
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable


HEADINGS = ("layer", "jump")
EXACT = 1e-5
"""Relative errors below this are float32's rounding."""
_CELL, _LABEL = 26, 220


@dataclass(frozen=True, slots=True)
class Moved:
    """One layer's output against the picture's shifts.

    ``jump`` is how many input columns lie between two of its own. ``errors`` has one number a shift: the output of the
    moved picture, moved back by shift / jump (the better of the two whole numbers beside it), minus that of the
    picture, root mean square, as a share of the latter's. A layer without columns (``width`` 1) is not moved back.
    """

    path: str
    kind: str
    stride: float
    jump: float
    width: int
    errors: tuple[float, ...]

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

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        return {
            "path": self.path,
            "kind": self.kind,
            "stride": self.stride,
            "jump": self.jump,
            "width": self.width,
            "errors": list(self.errors),
        }


@dataclass(frozen=True, repr=False)
class ShiftReport(Shown):
    """How each layer moved, in order; ``answer`` is the model's own output, ``kept`` the share of shifts at which its
    largest entry stayed the same one (None for maps)."""

    layers: tuple[Moved, ...]
    answer: Moved
    kept: float | None

    @property
    def breaker(self) -> Moved | None:
        """The first layer on a coarser grid than all before it that is more than twice as wrong off it as on it.

        Its own stride is 1 where a function before it, such as ``F.max_pool2d``, made the grid coarser.
        """
        finest = 1.0
        for layer in self.layers:
            if layer.jump > finest and layer.off_grid_error > max(2 * layer.grid_error, EXACT):
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
        found = [self._breaking(), self._border(), self._answer()]
        return tuple(line for line in found if line)

    def table(self) -> Table:
        """A row a layer, a column a shift; the layer that breaks equivariance is marked."""
        headings = tuple(sentence("heading", heading) for heading in HEADINGS)
        shifts = tuple(str(shift) for shift in range(1, len(self.answer.errors) + 1))
        rows = tuple(
            Row((layer.name, f"{layer.jump:g}", *(f"{error:.1%}" for error in layer.errors)), mark=self._mark(layer))
            for layer in self.layers
        )
        return Table((*headings, *shifts), rows, notes=self.lines)

    __repr__ = Shown.__str__

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        return {
            "layers": [layer.to_dict() for layer in self.layers],
            "answer": self.answer.to_dict(),
            "kept": self.kept,
            "invariant": self.invariant,
            "breaker": self.breaker.path if self.breaker else None,
        }

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
            return sentence("moved", "no stride is seen to break translation equivariance at these shifts")
        if self.breaker.stride <= 1:
            return sentence(
                "moved",
                "a function before {path} ({kind}) breaks translation equivariance: it makes {jump:g} input columns "
                "one, and shifts that {jump:g} does not divide change the map by up to {error:.1%}",
                path=self.breaker.path or "model", kind=self.breaker.kind, jump=self.breaker.jump,
                error=self.breaker.off_grid_error,
            )  # fmt: skip
        return sentence(
            "moved",
            "{path} ({kind}) breaks translation equivariance: its stride {stride:g} makes {jump:g} input columns one, "
            "and shifts that {jump:g} does not divide change its map by up to {error:.1%}",
            path=self.breaker.path or "model", kind=self.breaker.kind, stride=self.breaker.stride,
            jump=self.breaker.jump, error=self.breaker.off_grid_error,
        )  # fmt: skip

    def _border(self) -> Sentence | None:
        first = next((m for m in self.layers if m.width > 1 and m.grid_error > EXACT), None)
        if first is None:
            return None
        return sentence(
            "moved",
            "from {path} ({kind}) on, the borders change the maps too: by {error:.1%} there, at shifts that its "
            "strides divide",
            path=first.path or "model", kind=first.kind, error=first.grid_error,
        )  # fmt: skip

    def _answer(self) -> Sentence:
        facts: dict[str, object] = {"error": max(self.answer.errors), "shifts": len(self.answer.errors)}
        if self.invariant:
            return sentence("moved", "the answer is invariant: it stays the same at all {shifts} shifts", **facts)
        if self.kept is None:
            return sentence("moved", "the output is a map; moved back, it differs by up to {error:.1%}", **facts)
        return sentence(
            "moved",
            "the answer changes by up to {error:.1%}; its largest entry stays in {kept:.0%} of {shifts} shifts",
            kept=self.kept, **facts,
        )  # fmt: skip


@undisturbing
def shift_report(model: nn.Module, picture: Any, shifts: int = 8) -> ShiftReport:
    """How far ``model``'s maps and answer follow a picture that moves by 1 to ``shifts`` columns, round the edge.

    ``picture`` is a tensor (C, H, W) or (N, C, H, W), or what ``kaiyan.see`` takes: a path, an array (H, W, 3), None
    for the bundled photograph; those are scaled to 0 .. 1. Modules are measured, in eval mode, on a copy: the model
    is left as it was. Raises ``KaiyanError`` when there are fewer columns than shifts.
    """
    model = checked(model)
    x = _tensor(picture)
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
        answer, maps = _first(still, x.clone())  # a model may write into its input
        runs = [_maps(still, x.roll(shift, -1)) for shift in range(1, shifts + 1)]
    layers = tuple(_moved(m, [run[1][i].output for run in runs]) for i, m in enumerate(maps))
    last = maps[-1].jump if maps else 1.0
    is_map = answer.ndim == x.ndim
    whole = _moved(_Map("", type(model).__name__, 1.0, last if is_map else 1.0, answer), [run[0] for run in runs])
    kept = None if is_map else float(np.mean([bool((run[0].argmax(-1) == answer.argmax(-1)).all()) for run in runs]))
    return ShiftReport(layers, whole, kept)


def _first(model: nn.Module, x: Tensor) -> tuple[Tensor, list[_Map]]:
    """The run without a shift; raises ``KaiyanError`` with the model's words where it fails."""
    try:
        return _maps(model, x)
    except (RuntimeError, ValueError, TypeError) as error:
        raise KaiyanError(
            "model-fails", "the model does not run on this input: {error}", error=str(error).partition("\n")[0]
        ) from error


@dataclass(frozen=True, slots=True)
class _Map:
    path: str
    kind: str
    stride: float
    jump: float
    output: Tensor


def _tensor(picture: Any) -> Tensor:
    if isinstance(picture, Tensor):
        return picture[None] if picture.ndim == 3 else picture
    from kaiyan.pictures.picture import picture as read

    found = read(picture)
    return torch.from_numpy(found.pixels.astype(np.float32) / found.white)[None]


def _maps(model: nn.Module, x: Tensor) -> tuple[Tensor, list[_Map]]:
    """The model's output, and that of every module without modules in it, in the order of the calls."""
    found: list[_Map] = []
    jumps: dict[int, tuple[Tensor, float]] = {id(x): (x, 1.0)}

    def note(path: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if not (isinstance(output, Tensor) and inputs and isinstance(inputs[0], Tensor)):
                return
            before = _jump(inputs[0], jumps, x)
            stride = _stride(module, inputs[0], output)
            jumps[id(output)] = (output, before * stride)
            found.append(_Map(path, type(module).__name__, stride, before * stride, output.clone()))

        return hook

    leaves = [(path, module) for path, module in model.named_modules() if not any(True for _ in module.children())]
    handles = [module.register_forward_hook(note(path)) for path, module in leaves]
    try:
        answer = model(x)
    finally:
        for handle in handles:
            handle.remove()
    if not isinstance(answer, Tensor):
        raise KaiyanError(
            "not-one-tensor",
            "the model returns a {kind}, not one tensor",
            "a module that returns the tensor that is meant",
            kind=type(answer).__name__,
        )
    return answer.clone(), found


def _jump(tensor: Tensor, jumps: dict[int, tuple[Tensor, float]], x: Tensor) -> float:
    """That of the map itself; of the latest as wide, after functions without a stride; else from the widths."""
    if id(tensor) in jumps:
        return jumps[id(tensor)][1]
    alike = [jump for held, jump in jumps.values() if held.ndim == tensor.ndim and held.shape[-1] == tensor.shape[-1]]
    return alike[-1] if alike else float(max(round(x.shape[-1] / tensor.shape[-1]), 1))


def _stride(module: nn.Module, before: Tensor, after: Tensor) -> float:
    if before.ndim < 3 or after.ndim < 3 or after.shape[-1] == 1:
        return 1.0
    stride = getattr(module, "stride", None)
    if stride is None:
        return before.shape[-1] / after.shape[-1]
    step = float(stride[-1] if isinstance(stride, tuple) else stride)
    return 1 / step if getattr(module, "transposed", False) else step


def _moved(still: _Map, outputs: list[Tensor]) -> Moved:
    output = still.output
    width = output.shape[-1] if output.ndim >= 3 else 1
    errors = tuple(_error(output, moved, s / still.jump if width > 1 else 0) for s, moved in enumerate(outputs, 1))
    return Moved(still.path, still.kind, still.stride, still.jump, width, errors)


def _error(still: Tensor, moved: Tensor, columns: float) -> float:
    scale = _size(still) or 1.0
    whole = {int(np.floor(columns)), int(np.ceil(columns))}
    return min(_size(moved.roll(-n, -1) - still) for n in whole) / scale


def _size(tensor: Tensor) -> float:
    return float(tensor.double().square().sum().div(max(prod(tensor.shape), 1)).sqrt())
