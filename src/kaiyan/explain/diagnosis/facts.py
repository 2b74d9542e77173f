"""What is known of a failure: its words, the user's line, the model and its inputs, the record of its run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from inspect import signature
from linecache import getline
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from kaiyan.explain.diagnosis.loss import Loss, called_loss, is_loss
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.explain.diagnosis.traceback import calls_before, written_line
from kaiyan.trace.lend import Keywords
from kaiyan.trace.rebuild import family
from kaiyan.trace.record import Line, Record, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    Frames = tuple[tuple[FrameType, int], ...]

    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.conv import Shape
    from kaiyan.trace.record import Call

_OURS = (str(Path(torch.__file__).parent), str(Path(np.__file__).parent), str(Path(__file__).parents[2]))
_HANDLING = "During handling of the above exception, another exception occurred:"
_HALF = str.maketrans(
    dict(zip("：；）［］．０１２３４５６７８９", ":;)[].0123456789", strict=True)) | {"，": ", ", "（": " ("}
)
"""Signs that a Chinese keyboard writes in a message that is copied by hand."""
_NAMED = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Warning|Interrupt|Iteration|Fail|Fault)\b ?:")


@dataclass(frozen=True)
class Facts:
    """``text`` is the message or the whole traceback; ``settings`` what a failing constructor was given.

    ``loss`` is the loss that failed, where one did. ``frame`` is the last of the user's frames, where there was one.
    """

    text: str
    line: Line | None = None
    model: nn.Module | None = None
    inputs: tuple[Any, ...] = ()
    record: Record | None = None
    settings: dict[str, Any] | None = None
    meta: bool = True
    loss: Loss | None = None
    frame: tuple[FrameType, int] | None = None

    @property
    def message(self) -> str:
        """The line that names the error: of a message of many lines the first."""
        lines = [line.strip() for line in self.text.strip().splitlines() if line.strip()]
        named = [line for line in lines if _NAMED.match(line)]
        first = lines[:1] if "Traceback" not in self.text else lines[-1:]
        return (named[-1:] or first or [""])[0]

    @property
    def is_outside(self) -> bool:
        """Whether the model itself runs."""
        return self.record is not None and self.record.error is None

    @property
    def step(self) -> Call | None:
        """The layer that failed."""
        return self.record.failed if self.record else None

    @property
    def path(self) -> str | None:
        """Where it failed: the layer, else the module whose code ran."""
        return self.record.path if self.record else None

    def named(self, otherwise: str) -> Sentence | str:
        """The path as a sentence says it; ``otherwise`` where none is known."""
        return path_title(self.path) if self.path else otherwise

    @property
    def layer(self) -> nn.Module | None:
        """The layer that failed; None where a function did."""
        step = self.step
        if self.model is None or step is None or not step.is_module:
            return None
        module = self.model.get_submodule(step.path)
        known = family(module) is not None or type(module).__module__.startswith("torch.")
        return module if known else None

    @property
    def owner(self) -> nn.Module | None:
        """The module whose code ran when it failed, known or not; None without a model."""
        return self.model.get_submodule(self.path) if self.model is not None and self.path is not None else None

    @property
    def done(self) -> tuple[Call, ...]:
        """The layers before it, in order."""
        return self.record.done if self.record else ()

    @property
    def given(self) -> Shape | None:
        """The shape that the failing layer was given."""
        return self.step.input_shapes[0] if self.step and self.step.input_shapes else None

    def before(self) -> Call | None:
        """The last layer that worked."""
        return self.done[-1] if self.done else None

    def maker(self, place: int = 0) -> Call | None:
        """The step that made what the failing layer was given at a place; None for the model's input, or unknown."""
        inputs = self.step.inputs if self.step else ()
        return self.record.maker(inputs[place]) if self.record and place < len(inputs) else None


def gathered(error: BaseException | str | Record, model: nn.Module | None, inputs: Any, *, meta: bool = True) -> Facts:
    """All that can be known; model and inputs that are not given are taken from the traceback's frames.

    A record is that of this model on these inputs and has an error, which meta tensors show as well where ``meta``.
    """
    if isinstance(error, str):
        last = error.rpartition(_HANDLING)[2]
        last = last if "Traceback" in last else last.translate(_HALF)
        return _recorded(Facts(last, written_line(last)), model, inputs)
    if isinstance(error, Record):
        assert error.error is not None
        assert model is not None
        facts = _of_exception(error.error, tuple(_frames(error.error)))
        return _with_record(facts, model, positional(model, inputs), error, meta)
    frames = tuple(_frames(error))
    facts = _of_exception(error, frames)
    if facts.loss and not facts.loss.is_inside:
        return _of_loss(facts, facts.loss, frames, model, inputs)
    caller, arguments = _called(frames)
    return _recorded(facts, model or caller, arguments if inputs is None else inputs)


def _of_exception(error: BaseException, frames: Frames) -> Facts:
    """What an exception tells by itself."""
    users = [(frame, number) for frame, number in frames if _is_users(frame)][-1:]
    line = _line(*users[0]) if users else None
    loss = called_loss(frames, _is_users, _line)
    return Facts(f"{type(error).__name__}: {error}", line, settings=_settings(frames), loss=loss,
                 frame=users[0] if users else None)  # fmt: skip


def _of_loss(facts: Facts, loss: Loss, frames: Frames, model: nn.Module | None, inputs: Any) -> Facts:
    """With the call of a model, on a line above, from which the loss has its input."""
    places = [(frame, number) for frame, number in frames if _is_users(frame)][-1:]
    calls = [call for place in places for call in calls_before(*place) if model in (None, call[0])]
    for caller, arguments in calls if loss.shapes else ():
        run = record(caller, arguments)
        if loss.shapes and loss.shapes[0] in run.output_shapes:
            return _recorded(facts, caller, arguments, run) if inputs is None else _recorded(facts, caller, inputs)
    return _recorded(facts, model, inputs)


def _recorded(facts: Facts, model: nn.Module | None, inputs: Any, on_meta: Record | None = None) -> Facts:
    """With the run of the model, where it and its inputs are known; ``on_meta`` where it was recorded before."""
    if model is None or inputs is None:
        return facts
    given = positional(model, inputs)
    run = on_meta or record(model, given)
    if run.error is not None:
        return _with_record(facts, model, given, run, meta=True)
    on_real = (
        record(model, given, meta=False) if run.on == "meta" else run
    )  # meta kernels let pass what real ones do not
    return _with_record(facts, model, given, on_real, meta=False)


def _with_record(facts: Facts, model: nn.Module, inputs: tuple[Any, ...], run: Record, meta: bool) -> Facts:
    last = next((step.line for step in reversed(run.steps) if step.line), None) if run.error else None
    loss = facts.loss or (called_loss(tuple(_frames(run.error)), _is_users, _line) if run.error else None)
    return replace(facts, line=facts.line or last, model=model, inputs=inputs, record=run, meta=meta, loss=loss)


def positional(model: nn.Module, inputs: Any) -> tuple[Any, ...]:
    """Arguments by position: a dict is taken by keyword where the forward has arguments of these names."""
    if isinstance(inputs, Mapping):
        return _bound(model, (), dict(inputs)) or (inputs,)
    return tuple(inputs) if type(inputs) in (tuple, list) else (inputs,)


def _bound(model: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...] | None:
    try:
        bound = signature(model.forward).bind(*args, **named)
    except (TypeError, ValueError):
        return None
    if not named:
        return args
    bound.apply_defaults()
    return (*bound.args, Keywords(bound.kwargs)) if bound.kwargs else bound.args


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _called(frames: Frames) -> tuple[nn.Module | None, tuple[Any, ...] | None]:
    for frame, _ in frames:
        module = frame.f_locals.get("self")
        if frame.f_code.co_name == "_call_impl" and isinstance(module, nn.Module) and not is_loss(module):
            args, named = frame.f_locals.get("args", ()), frame.f_locals.get("kwargs") or {}
            return module, args if not named else _bound(module, args, named) or args
    return None, None


def _settings(frames: Frames) -> dict[str, Any] | None:
    """What the first constructor of torch's layers on the way was given."""
    for frame, _ in frames:
        module = frame.f_locals.get("self")
        if frame.f_code.co_name == "__init__" and not _is_users(frame) and isinstance(module, nn.Module):
            given = {k: v for k, v in frame.f_locals.items() if k not in ("self", "__class__") and not k.endswith("_")}
            return {"layer": type(module).__name__} | given
    return None


def _is_users(frame: FrameType) -> bool:
    return not frame.f_code.co_filename.startswith(_OURS)


def _line(frame: FrameType, number: int) -> Line:
    return Line(frame.f_code.co_filename, number, getline(frame.f_code.co_filename, number).strip())
