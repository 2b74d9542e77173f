"""The flow of shapes through what was pasted, step by step, to its end or to the gate where it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.explain.pasted.known import words
from kaiyan.explain.pasted.modules import Refused
from kaiyan.trace.rebuild import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.explain.pasted.read import Reading
    from kaiyan.trace.record import Call, Record

Shape = tuple[int, ...]
MOST_STEPS = 600
"""Steps that are shown."""
_QUIET = words("eq ne lt gt le ge bool")


@dataclass(frozen=True)
class FlowStep:
    """One layer or function: what goes in, what comes out (None: it fails, or is not understood).

    ``line`` and ``span`` (from, to) are where it is written: where a layer is made, or the line of a function;
    ``called`` is the line that calls it. ``code`` is as in the text, ``kind`` the bare name.
    """

    path: str
    kind: str
    code: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...] | None
    parameters: int
    line: int
    called: int
    span: tuple[int, int]
    failed: bool
    is_layer: bool


def steps_of(reading: Reading, record: Record) -> tuple[FlowStep, ...]:
    """The steps of a run, at most ``MOST_STEPS``: the last where there are more."""
    return tuple(_steps(reading, record))[-MOST_STEPS:]


def _steps(reading: Reading, record: Record) -> Iterator[FlowStep]:
    calls = record.steps
    for place, call in enumerate(calls):
        if call.kind in _QUIET and not call.failed:
            continue
        yield _step(reading, call, failed=call.failed and record.error is not None and place == len(calls) - 1)


def _step(reading: Reading, call: Call, *, failed: bool) -> FlowStep:
    layer = _layer(reading, call)
    origin = reading.run.origins.get(id(layer)) if layer is not None else None
    called = call.line.number if call.line is not None and call.line.file == reading.run.file else 0
    line = called if origin is None else origin[1].lineno
    row = reading.paste.row(line) if line else (0, 0)
    span = reading.paste.span(origin[1]) if origin is not None else row
    return FlowStep(
        path=call.path if call.is_module else "",
        kind=layer.kind if isinstance(layer, Refused) else call.kind,
        code=reading.paste.source(origin[1]) if origin is not None else _code(call, layer),
        inputs=call.input_shapes,
        outputs=None if call.failed else tuple(seen.shape for seen in call.outputs),
        parameters=call.parameters,
        line=line,
        called=called or line,
        span=span,
        failed=failed,
        is_layer=call.is_module,
    )


def _code(call: Call, layer: nn.Module | None) -> str:
    return written(layer) if layer is not None else call.code


def _layer(reading: Reading, call: Call) -> Any:
    if not call.is_module or reading.model is None:
        return None
    try:
        return reading.model.get_submodule(call.path)
    except AttributeError:
        return None
