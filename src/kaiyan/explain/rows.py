"""The rows of a summary: one call of a layer or of a block each, and what stands in every column of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.trace.fields import NOT_KNOWN, ReceptiveField
from kaiyan.trace.windows import conv, padding_of, pads, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kaiyan.explain.hints import Analysis
    from kaiyan.show.table import Text
    from kaiyan.spec.axis import Pads
    from kaiyan.trace.record import Call, Record, TensorSpec
    from kaiyan.trace.timing import Turn

COLUMNS = {
    "kind": "code",
    "input_size": "input",
    "output_size": "output",
    "num_params": "parameters",
    "mult_adds": "MACs",
    "receptive_field": "receptive field",
    "kernel_size": "kernel",
    "pads": "pads",
    "bytes": "bytes",
    "intensity": "FLOP/byte",
    "time": "time",
    "algorithm": "algorithm",
}
"""``col_names``, torchinfo's where it has one, and the heading each stands under."""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One call of a layer or of a block: ``macs``, ``parameters`` and ``bytes`` (read and written) of all in it.

    ``kernel`` and ``pads`` (before, after) have an entry an axis of space where there are windows. ``seconds`` and
    ``algorithm`` (kaiyan's choice) are None where they were not asked for.
    """

    JSON = ("path", "kind", "code", "depth", "input_shapes", "output_shapes", "parameters", "macs", "bytes", "field",
            "kernel", "pads", "seconds", "algorithm", "failed")  # fmt: skip

    path: str
    kind: str
    code: str
    depth: int
    outputs: tuple[TensorSpec, ...]
    parameters: int
    macs: int
    bytes: int
    field: ReceptiveField
    failed: bool
    inputs: tuple[TensorSpec, ...] = ()
    kernel: tuple[int, ...] = ()
    pads: tuple[Pads, ...] = ()
    seconds: float | None = None
    algorithm: str | None = None

    @property
    def intensity(self) -> float:
        """Floating-point operations (2 a multiply-add) for each byte that is read or written."""
        return 2 * self.macs / self.bytes if self.bytes else 0.0

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of each tensor that it is given."""
        return tuple(tensor.shape for tensor in self.inputs)

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of each tensor that it gives."""
        return tuple(tensor.shape for tensor in self.outputs)


def layers(analysis: Analysis, times: Mapping[Turn, float], *, named: bool) -> Iterable[LayerRow]:
    record = analysis.record
    leaves = {call.number for call in record.layers}
    parameters = _parameters(record)
    inside, moved = _windowed(record), _moved(record, leaves)
    turns: Counter[str] = Counter()
    for call in record.calls:
        if call.number not in leaves and not call.is_module:
            continue
        window, pad = inside.get(call.number, (None, ()))
        yield LayerRow(
            path=call.path if call.is_module else f"{call.path}.{call.kind}".lstrip("."),
            kind=call.kind,
            code=call.code,
            depth=call.depth,
            outputs=call.outputs,
            parameters=parameters.get(call.number, 0),
            macs=analysis.macs[call.number],
            bytes=moved[call.number],
            field=analysis.fields.get(call.number, NOT_KNOWN),
            failed=call.failed,
            inputs=call.inputs,
            kernel=tuple(axis.kernel for axis in windows(window)) if window else (),
            pads=pad,
            seconds=times.get((call.path, turns[call.path])) if call.is_module else None,
            algorithm=_algorithm(window) if named and window else None,
        )
        turns[call.path] += call.is_module


def _moved(record: Record, leaves: set[int]) -> dict[int, int]:
    """Bytes of what a layer reads and writes, weights too; of a block, the sum of its layers'."""
    moved = dict.fromkeys((call.number for call in record.calls), 0)
    for call in reversed(record.calls):
        if call.number in leaves:
            tensors = (*call.inputs, *(call.weights if call.is_module else ()), *call.outputs)
            moved[call.number] = sum(tensor.bytes for tensor in tensors)
        if call.parent >= 0:
            moved[call.parent] += moved[call.number]
    return moved


def _windowed(record: Record) -> dict[int, tuple[Call, tuple[Pads, ...]]]:
    """The convolution or pool of each layer, by the layer's number, with pads; those of an F.pad before it added."""
    inside: dict[int, tuple[Call, tuple[Pads, ...]]] = {}
    leaves = {call.number for call in record.layers if call.is_module}
    padded: dict[int, Call] = {}
    for call in record.calls:
        place = call.parent if call.parent in leaves else call.number
        if call.kind == "pad":
            padded[place] = call
        if not call.failed and windows(call) and place not in inside:
            inside[place] = (call, _added(pads(call), padded.get(place)))
    return inside


def _added(own: tuple[Pads, ...], pad: Call | None) -> tuple[Pads, ...]:
    """Pads with those of an F.pad."""
    if pad is None:
        return own
    first = len(pad.inputs[0].shape) - len(own)
    more = (padding_of(pad, first + axis) for axis in range(len(own)))
    return tuple((b + x, a + y) for (b, a), (x, y) in zip(own, more, strict=True))


def _algorithm(call: Call) -> str | None:
    """What kaiyan would compute it with; None for what is no convolution, or of a type that it does not compute."""
    from kaiyan.ops.plan import plan

    try:
        spec = conv(call)
        return (
            None
            if spec is None
            else plan(spec, call.inputs[0].shape, kind="torch", dtype=call.inputs[0].dtype).chosen.name
        )
    except KaiyanError:
        return None


def _parameters(record: Record) -> dict[int, int]:
    """Of a module and of all that was called inside it, a tensor counted once; also of a layer that is only read."""
    weights = {weight.name for weight in record.weights}
    sizes_of: dict[int, dict[int, int]] = {}
    for call in reversed(record.calls):
        used = call.weights if call.is_module else (tensor for tensor in call.inputs if tensor.name in weights)
        own = sizes_of.setdefault(call.number, {})
        own.update((weight.name, torch.Size(weight.shape).numel()) for weight in used)
        sizes_of.setdefault(call.parent, {}).update(own)
    modules = {call.number for call in record.calls if call.is_module}
    return {number: sum(sizes.values()) for number, sizes in sizes_of.items() if number in modules}


def _shape(tensors: tuple[TensorSpec, ...]) -> str:
    return ", ".join("x".join(map(str, tensor.shape)) for tensor in tensors) or "-"


def _pads(layer: LayerRow) -> str:
    """One number where all are alike, else (before, after) an axis."""
    ends = {end for pair in layer.pads for end in pair}
    return str(*ends) if len(ends) == 1 else ", ".join(f"({b}, {a})" for b, a in layer.pads) or "-"


def _field(layer: LayerRow) -> Text:
    if layer.field.whole:
        return sentence("field-all", "all")
    sizes = layer.field.sizes
    if layer.failed or not sizes:
        return "?" if layer.field.status == "unknown" else "-"
    return ("≤ " if layer.field.status == "bound" else "") + "x".join(map(str, sizes))


CELLS: dict[str, Callable[[LayerRow], Text]] = {
    "kind": lambda layer: layer.code,
    "input_size": lambda layer: _shape(layer.inputs),
    "output_size": lambda layer: _shape(layer.outputs),
    "num_params": lambda layer: f"{layer.parameters:,}" if layer.parameters else "-",
    "mult_adds": lambda layer: f"{layer.macs:,}" if layer.macs else "-",
    "receptive_field": _field,
    "kernel_size": lambda layer: "x".join(map(str, layer.kernel)) or "-",
    "pads": _pads,
    "bytes": lambda layer: f"{layer.bytes:,}",
    "intensity": lambda layer: f"{layer.intensity:.1f}",
    "time": lambda layer: "-" if layer.seconds is None else f"{layer.seconds * 1000:.3f} ms",
    "algorithm": lambda layer: layer.algorithm or "-",
}
"""What stands under each of ``COLUMNS``."""
