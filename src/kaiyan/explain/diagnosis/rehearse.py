"""A model's run as a diagnosis reads it: what each layer was given and gave, up to the one that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.record import record

if TYPE_CHECKING:
    from torch import nn

    from kaiyan.trace.record import Call, Line

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One layer's or function's call: shapes of its inputs and of its output (None where it failed).

    ``names`` and ``made`` are numbers of the tensors that it was given and gave: the same tensor has the same number.
    """

    path: str
    kind: str
    code: str
    inputs: tuple[Shape, ...]
    dtypes: tuple[str, ...]
    output: Shape | None
    line: Line | None
    is_module: bool
    names: tuple[int, ...] = ()
    made: tuple[int, ...] = ()

    @property
    def title(self) -> Sentence | str:
        """The layer as a sentence names it: "features.0 (Conv2d)", "layer '5' (Conv2d)", "max_pool2d"."""
        if self.kind == "getitem":
            return sentence("diagnosis", "an index or a slice")
        if not self.is_module or not self.path:
            return self.kind
        return sentence("diagnosis", "{layer} ({kind})", layer=titled(self.path), kind=self.kind)

    def __str__(self) -> str:
        arrow = " -> ".join(str(shape) for shape in (*self.inputs[:1], self.output or "?"))
        return f"{self.path or '(model)'}: {self.code}  {arrow}"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        return {
            "path": self.path,
            "code": self.code,
            "inputs": [list(shape) for shape in self.inputs],
            "output": None if self.output is None else list(self.output),
        }


def titled(path: str) -> Sentence | str:
    """A path that is told from a number: "features.0" as it is, "5" as "layer '5'".

    >>> str(titled("features.0")), str(titled("5"))
    ('features.0', "layer '5'")
    """
    return sentence("diagnosis", "layer '{path}'", path=path) if path.isdecimal() else path


@dataclass(frozen=True)
class Rehearsal:
    """The steps in order, the error if there was one, the path of the module that ran then, the answer's shapes."""

    steps: tuple[Step, ...]
    error: BaseException | None
    path: str | None
    outputs: tuple[Shape, ...] = ()

    @property
    def failed(self) -> Step | None:
        """The layer that failed; None where code between layers did."""
        return self.steps[-1] if self.error and self.steps and self.steps[-1].output is None else None

    @property
    def done(self) -> tuple[Step, ...]:
        """The steps that gave something."""
        return tuple(step for step in self.steps if step.output is not None)

    def maker(self, name: int) -> Step | None:
        """The last step that gave the tensor of this number; None where it is an input, or no step gave it."""
        return next((step for step in reversed(self.done) if name in step.made), None)

    def sizer(self, name: int, axis: int) -> Step | None:
        """The step that set the size of an axis: past activations, norms, pools and views that left it as it was.

        None where it is the input's own.
        """
        end = len(self.done)
        step: Step | None = None
        while True:
            end = next((at for at in reversed(range(end)) if name in self.done[at].made), -1)
            if end < 0:
                return None
            step = self.done[end]
            kept = None if step.kind.lower().startswith(_SETTING) else _kept(step, axis)
            if kept is None:
                return step
            name = kept


_SETTING = (
    "conv", "linear", "bilinear", "lazy", "embedding", "lstm", "gru", "rnn", "matmul", "rmatmul", "mm", "bmm", "addmm",
    "baddbmm", "einsum", "cat", "concat", "stack", "multihead", "scaled_dot", "permute", "transpose", "movedim",
    "swapaxes",
)  # fmt: skip
"""Beginnings of what sets sizes, also where one comes out as it went in."""


def _kept(step: Step, axis: int) -> int | None:
    """The number of the input whose size on an axis the step passed on; None where it passed none on."""
    if step.output is None or not -len(step.output) <= axis < len(step.output):
        return None
    alike = (
        name
        for name, shape in zip(step.names, step.inputs, strict=True)
        if len(shape) == len(step.output) and shape[axis] == step.output[axis]
    )
    return next(alike, None)


def rehearse(model: nn.Module, inputs: tuple[Any, ...], *, meta: bool = True) -> Rehearsal:
    """Runs ``model`` without computing; its own error is in what is returned, not raised."""
    found = record(model, inputs, meta=meta)
    failure = found.failure
    steps = [_step(call) for call in found.layers]
    if failure and not failure.is_module and steps and steps[-1].is_module and _is_users(model, steps[-1].path):
        steps.append(_step(failure))  # a user's module without modules in it: its functions are the steps
    outputs = tuple(tensor.shape for tensor in found.outputs)
    return Rehearsal(tuple(steps), found.error, failure.path if failure else None, outputs)


def _is_users(model: nn.Module, path: str) -> bool:
    return not type(model.get_submodule(path)).__module__.startswith("torch.")


def _step(call: Call) -> Step:
    shapes = tuple(seen.shape for seen in call.inputs)
    dtypes = tuple(seen.dtype for seen in call.inputs)
    output = None if call.failed else call.outputs[0].shape if call.outputs else ()
    names, made = (tuple(seen.name for seen in ends) for ends in (call.inputs, call.outputs))
    return Step(call.path, call.kind, call.code, shapes, dtypes, output, call.line, call.is_module, names, made)
