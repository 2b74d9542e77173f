"""What a model does with its inputs: every module and function it calls, with shapes, lines and the failure.

Nothing is computed: a double of the model runs on meta tensors that stand in for its parameters and buffers. A meta
kernel may say less than the real one, or nothing, so a call that fails or looks wrong is asked again of real zeros that
take no memory. Code that needs values runs once more on real tensors.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kaiyan.trace.call import Call, Line, TensorSpec
from kaiyan.trace.lend import lend
from kaiyan.trace.notes import Notes, watched

if TYPE_CHECKING:
    from torch import nn

    from kaiyan.spec.conv import Shape
    from kaiyan.trace.lend import Change, Named, Positional, StandIns

__all__ = ["Call", "Line", "Record", "TensorSpec", "record"]


@dataclass(frozen=True)
class Record:
    """All calls, modules and functions, and the error that ended them (the model's own, never changed).

    ``on`` is "meta", or "real" where the model needs values. ``inputs`` are the model's, ``weights`` its
    parameters.
    """

    calls: tuple[Call, ...]
    error: BaseException | None
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    on: str
    weights: tuple[TensorSpec, ...] = ()

    @cached_property
    def layers(self) -> tuple[Call, ...]:
        """What a reader calls a layer: modules without modules in them, and functions outside of those."""
        inside = {call.number for call in self.calls if call.is_module and call.is_leaf}
        return tuple(c for c in self.calls if c.number in inside or (not c.is_module and c.parent not in inside))

    def maker(self, seen: TensorSpec, before: int | None = None) -> Call | None:
        """The layer whose result a tensor was when the call of a number began (at the end, where none is given).

        A layer that writes in place makes its input anew. None where it is as it was given, or a weight.
        """
        end = len(self.calls) if before is None else before
        made = (c for c in reversed(self.layers) if c.number < end and any(t.name == seen.name for t in c.outputs))
        return next(made, None)

    @property
    def failure(self) -> Call | None:
        """The innermost call that failed."""
        return next((call for call in reversed(self.calls) if call.failed), None)

    @property
    def path(self) -> str | None:
        """The path of the module whose code failed; None where nothing did, or before any call."""
        return self.failure.path if self.failure else None

    @cached_property
    def steps(self) -> tuple[Call, ...]:
        """The layers in order, and the function that failed in the code of a user's layer: what a diagnosis reads."""
        last, failure = self.layers[-1:], self.failure
        if not last or failure is None or failure.is_module or not last[0].is_module or last[0].package == "torch":
            return self.layers
        return (*self.layers, failure)

    @cached_property
    def done(self) -> tuple[Call, ...]:
        """The steps that ended."""
        return tuple(call for call in self.steps if not call.failed)

    @property
    def failed(self) -> Call | None:
        """The step that failed; None where code between steps did."""
        return self.steps[-1] if self.error and self.steps and self.steps[-1].failed else None

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the answer's tensors."""
        return tuple(seen.shape for seen in self.outputs)


def record(
    model: nn.Module, inputs: Any, *, meta: bool = True, training: bool | None = None, change: Change | None = None
) -> Record:
    """What ``model`` does with ``inputs``: a tensor, a tuple of arguments, or a dict of named ones.

    ``training`` is the mode in which it runs, its own by itself. ``change`` is made to what runs: ``(model, inputs)``
    to the same two, neither of them the user's; what it raises is raised.
    The model's own error is in the record, not raised. The model and the random state are left as they were.
    """
    if meta:
        on_meta, is_certain = _run(model, inputs, "meta", training, change)
        if on_meta.error is None or is_certain:
            return on_meta
    return _run(model, inputs, "real", training, change)[0]


def _run(model: nn.Module, inputs: Any, on: str, training: bool | None, change: Change | None) -> tuple[Record, bool]:
    """The record, and whether its error is certain to be that of the real tensors."""
    frame = sys._getframe(1)  # noqa: SLF001 (the only way to read the stack)

    def run(double: nn.Module, args: Positional, named: Named, stand_ins: StandIns) -> tuple[Record, bool]:
        notes = Notes(stand_ins, frame)
        error: BaseException | None = None
        outputs: tuple[TensorSpec, ...] = ()
        given, weights = notes.specs((args, named)), notes.specs(tuple(double.parameters()))
        try:
            if training is not None:
                double.train(training)
            with watched(double, notes), notes:
                outputs = notes.specs(double(*args, **named))
        except Exception as raised:  # noqa: BLE001 (whatever the user's model raises is what is recorded)
            error = raised
        found = Record(tuple(notes.calls), error, given, outputs, on, weights)
        return found, on == "real" or error is notes.certain

    return lend(model, inputs, on, run, change)
