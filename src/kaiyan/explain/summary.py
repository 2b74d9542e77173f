"""``kaiyan.summary``: a model layer by layer: shapes, parameters, multiply-adds, fields, and where it fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.explain.costs import uncounted
from kaiyan.explain.diagnose import diagnose
from kaiyan.explain.fields import UNKNOWN, Sight
from kaiyan.explain.hints import Hint, Scene, hints, notes
from kaiyan.explain.record import checked, record, shape_of
from kaiyan.explain.table import Row, Table
from kaiyan.explain.timing import seconds
from kaiyan.explain.windows import argument, conv, pads, rank, windows
from kaiyan.explain.wrapping import Words
from kaiyan.spec.error import KaiyanError
from kaiyan.spec.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import Group
    from torch import nn

    from kaiyan.explain.diagnose import Diagnosis
    from kaiyan.explain.record import Call, Record, Seen
    from kaiyan.explain.table import Text
    from kaiyan.explain.timing import Place
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.sentence import Sentence

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

HEADINGS = ("layer", *COLUMNS.values())
"""What stands above a column."""

_PLAIN = ("kind", "output_size", "num_params", "mult_adds", "receptive_field")
_MOST_HTML = 20_000
_MOST_TEXT = 2_500
"""Characters of a diagnosis under an HTML table."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One call of a layer or of a block: ``macs``, ``parameters`` and ``bytes`` (read and written) of all in it.

    ``kernel`` and ``pads`` (before, after) have an entry an axis of space where there are windows. ``seconds`` and
    ``algorithm`` (kaiyan's choice) are None where they were not asked for.
    """

    path: str
    kind: str
    code: str
    depth: int
    outputs: tuple[Seen, ...]
    parameters: int
    macs: int
    bytes: int
    field: Sight
    failed: bool
    inputs: tuple[Seen, ...] = ()
    kernel: tuple[int, ...] = ()
    pads: tuple[Pads, ...] = ()
    seconds: float | None = None
    algorithm: str | None = None

    @property
    def intensity(self) -> float:
        """Floating-point operations (2 a multiply-add) for each byte that is read or written."""
        return 2 * self.macs / self.bytes if self.bytes else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        return {
            "path": self.path,
            "kind": self.kind,
            "code": self.code,
            "depth": self.depth,
            "input_shapes": [list(tensor.shape) for tensor in self.inputs],
            "output_shapes": [list(tensor.shape) for tensor in self.outputs],
            "parameters": self.parameters,
            "macs": self.macs,
            "bytes": self.bytes,
            "field": self.field.to_dict(),
            "kernel": list(self.kernel),
            "pads": [list(pair) for pair in self.pads],
            "seconds": self.seconds,
            "algorithm": self.algorithm,
            "failed": self.failed,
        }


@dataclass(frozen=True)
class Summary:
    """Layers in the order in which they were called; ``error`` is the model's own, where it failed.

    ``parameters`` counts a shared tensor once; ``macs`` is of the whole batch, ``flops`` twice that, a lower bound
    where functions are ``uncounted``. ``understood`` says how an input size without a batch was read.
    """

    layers: tuple[Layer, ...]
    parameters: int
    macs: int
    error: BaseException | None
    columns: tuple[str, ...] = _PLAIN
    hints: tuple[Hint, ...] = ()
    diagnosis: Diagnosis | None = None
    understood: Sentence | None = None
    uncounted: tuple[str, ...] = ()

    @property
    def flops(self) -> int:
        """Two for a multiply-add."""
        return 2 * self.macs

    def table(self, depth: int | None = None) -> Table:
        """The table down to a depth (all when None)."""
        rows = [self._row(layer) for layer in self.layers if depth is None or layer.depth <= depth or layer.failed]
        heads = (sentence("heading", "layer"), *(sentence("heading", COLUMNS[name]) for name in self.columns))
        left = frozenset({0} | {i for i, name in enumerate(self.columns, start=1) if name in ("kind", "algorithm")})
        return Table(heads, tuple(rows), notes=tuple(self._notes()), left=left)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        return {
            "layers": [layer.to_dict() for layer in self.layers],
            "parameters": self.parameters,
            "macs": self.macs,
            "flops": self.flops,
            "uncounted": list(self.uncounted),
            "understood": None if self.understood is None else str(self.understood),
            "hints": [hint.to_dict() for hint in self.hints],
            "diagnosis": None if self.diagnosis is None else self.diagnosis.to_dict(),
            "error": None if self.error is None else f"{type(self.error).__name__}: {self.error}",
        }

    def text(self, lang: str | None = None) -> str:
        """The table in a language, and the diagnosis below it where the model fails."""
        return "\n\n".join([self.table().plain(lang), *(d.text(lang) for d in self._diagnoses())])

    def __str__(self) -> str:
        return self.text()

    def to_markdown(self, lang: str | None = None) -> str:
        """A pipe table, and the diagnosis as a block of text."""
        return "\n\n".join([self.table().markdown(lang), *(d.to_markdown(lang) for d in self._diagnoses())])

    def rich(self, lang: str | None = None) -> Group:
        """For ``rich.print``; rich is imported here only."""
        from rich.console import Group

        return Group(self.table().rich(lang), *(Words(f"\n{d.text(lang)}") for d in self._diagnoses()))

    def __rich__(self) -> Group:
        return self.rich()

    def _repr_html_(self) -> str:
        """The deepest table that, with the diagnosis, stays under 20 KB."""
        below = "".join(f"<pre>{escape(d.text()[:_MOST_TEXT])}</pre>" for d in self._diagnoses())
        for depth in range(max((layer.depth for layer in self.layers), default=0), 0, -1):
            text = self.table(depth).html() + below
            if len(text.encode()) < _MOST_HTML:
                return text
        return self.table(0).html() + below

    def _diagnoses(self) -> tuple[Diagnosis, ...]:
        return () if self.diagnosis is None else (self.diagnosis,)

    def _row(self, layer: Layer) -> Row:
        cells = tuple(_CELLS[name](layer) for name in self.columns)
        return Row((layer.path.rpartition(".")[2] or layer.kind, *cells), layer.depth, "bad" if layer.failed else "")

    def _notes(self) -> Iterable[Text]:
        yield sentence(
            "summary",
            "{parameters:,} parameters, {macs:,} multiply-adds (MACs), {flops:,} FLOPs",
            parameters=self.parameters,
            macs=self.macs,
            flops=self.flops,
        )
        if self.uncounted:
            yield sentence(
                "summary",
                "multiply-adds of {kinds} are not counted: there are more",
                kinds=", ".join(self.uncounted),
            )
        if self.understood is not None:
            yield self.understood
        yield from notes(self.hints)
        if self.error is not None:
            yield sentence(
                "summary",
                "it fails here: {kind}: {message}",
                kind=type(self.error).__name__,
                message=str(self.error).partition("\n")[0],
            )


def summary(
    model: nn.Module,
    input_size: Any = None,
    input_data: Any = None,
    *,
    depth: int | None = None,
    col_names: Sequence[str] = _PLAIN,
) -> Summary:
    """What ``model`` does with an input of a size (batch included), or with given tensors; computed on meta tensors.

    ``input_size`` is a shape, or a list of shapes for several inputs; one axis short of a batch, it is read as a batch
    of one, and that is said. ``depth`` leaves out what lies deeper;
    ``col_names`` are keys of ``COLUMNS``; "time" is measured on real tensors. The model's own error is in the summary.
    Raises ``KaiyanError`` where neither a size nor data is given, or a column is not known.
    """
    unknown = [name for name in col_names if name not in COLUMNS]
    if unknown:
        raise KaiyanError(
            "unknown-column", "there is no column {name!r}", "{known}", name=unknown[0], known=", ".join(COLUMNS)
        )
    inputs = _inputs(input_size, input_data)
    found = record(checked(model), inputs)
    understood = None
    if input_data is None and _lacks_batch(found):
        inputs = inputs[None]
        found = record(model, inputs)
        understood = sentence(
            "summary", "input_size {given} has no batch axis: read as {read}",
            given=tuple(inputs.shape[1:]), read=tuple(inputs.shape),
        )  # fmt: skip
    scene = Scene(found)
    times = seconds(model, inputs) if "time" in col_names else {}
    rows = _layers(scene, times, named="algorithm" in col_names)
    layers = tuple(layer for layer in rows if depth is None or layer.depth <= depth or layer.failed)
    parameters = sum(int(p.numel()) for p in model.parameters() if not isinstance(p, torch.nn.UninitializedParameter))
    total = sum(scene.macs[call.number] for call in found.calls if call.parent < 0)
    cause = None if found.error is None else _diagnosed(found.error, model, inputs)
    return Summary(
        layers, parameters, total, found.error, tuple(col_names), hints(scene), cause, understood, uncounted(found)
    )


def _lacks_batch(found: Record) -> bool:
    """Whether the model's one input goes into its first windows with one axis less than a batch of them has."""
    if len(found.inputs) != 1:
        return False
    given = found.inputs[0]
    first = next((call for call in found.calls if rank(call)), None)
    return first is not None and first.inputs[0] == given and len(given.shape) == rank(first) + 1


def _diagnosed(error: BaseException, model: nn.Module, inputs: Any) -> Diagnosis | None:
    """What is known of the failure; inputs by name are not tried on fixes, which take them by position."""
    try:
        if isinstance(inputs, dict):
            return diagnose(f"{type(error).__name__}: {error}")
        return diagnose(error, model, inputs)
    except Exception:  # noqa: BLE001 (the table up to the failure must not be lost to its explanation)
        return None


def _inputs(size: Any, data: Any) -> Any:
    if data is not None:
        return data
    if size is None:
        raise KaiyanError("no-input", "a summary needs a size or data", "input_size=(1, 3, 224, 224)")
    if isinstance(size, (tuple, list)) and size and all(isinstance(shape, (tuple, list)) for shape in size):
        return tuple(torch.empty(shape_of(shape), device="meta") for shape in size)
    return torch.empty(shape_of(size), device="meta")


def _layers(scene: Scene, times: Mapping[Place, float], *, named: bool) -> Iterable[Layer]:
    found = scene.record
    leaves = {call.number for call in found.layers}
    parameters = _parameters(found)
    inside, moved = _windowed(found), _moved(found, leaves)
    turns: Counter[str] = Counter()
    for call in found.calls:
        if call.number not in leaves and not call.is_module:
            continue
        window, pad = inside.get(call.number, (None, ()))
        yield Layer(
            path=call.path if call.is_module else f"{call.path}.{call.kind}".lstrip("."),
            kind=call.kind,
            code=call.code,
            depth=call.depth,
            outputs=call.outputs,
            parameters=parameters.get(call.number, 0),
            macs=scene.macs[call.number],
            bytes=moved[call.number],
            field=scene.sights.get(call.number, UNKNOWN),
            failed=call.failed,
            inputs=call.inputs,
            kernel=tuple(axis.kernel for axis in windows(window)) if window else (),
            pads=pad,
            seconds=times.get((call.path, turns[call.path])) if call.is_module else None,
            algorithm=_algorithm(window) if named and window else None,
        )
        turns[call.path] += call.is_module


def _moved(found: Record, leaves: set[int]) -> dict[int, int]:
    """Bytes of what a layer reads and writes, weights too; of a block, the sum of its layers'."""
    moved = dict.fromkeys((call.number for call in found.calls), 0)
    for call in reversed(found.calls):
        if call.number in leaves:
            held = (*call.inputs, *(call.weights if call.is_module else ()), *call.outputs)
            moved[call.number] = sum(tensor.bytes for tensor in held)
        if call.parent >= 0:
            moved[call.parent] += moved[call.number]
    return moved


def _windowed(found: Record) -> dict[int, tuple[Call, tuple[Pads, ...]]]:
    """The convolution or pool of each layer, by the layer's number, with pads; those of an F.pad before it added."""
    inside: dict[int, tuple[Call, tuple[Pads, ...]]] = {}
    leaves = {call.number for call in found.layers if call.is_module}
    padded: dict[int, Call] = {}
    for call in found.calls:
        place = call.parent if call.parent in leaves else call.number
        if call.kind == "pad":
            padded[place] = call
        if not call.failed and windows(call) and place not in inside:
            inside[place] = (call, _added(pads(call), padded.get(place)))
    return inside


def _added(own: tuple[Pads, ...], pad: Call | None) -> tuple[Pads, ...]:
    """Pads with those of an F.pad, which names the last axis first."""
    if pad is None:
        return own
    flat = argument(pad, 1, "pad", ())
    more = [*zip(flat[::2], flat[1::2], strict=True), *[(0, 0)] * len(own)][: len(own)]
    return tuple((b + x, a + y) for (b, a), (x, y) in zip(own, reversed(more), strict=True))


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


def _parameters(found: Record) -> dict[int, int]:
    """Of a module and of all that was called inside it, a tensor counted once."""
    held: dict[int, dict[int, int]] = {}
    for call in reversed(found.calls):
        own = held.setdefault(call.number, {})
        own.update((weight.name, torch.Size(weight.shape).numel()) for weight in call.weights)
        held.setdefault(call.parent, {}).update(own)
    return {number: sum(sizes.values()) for number, sizes in held.items()}


def _shape(tensors: tuple[Seen, ...]) -> str:
    return ", ".join("x".join(map(str, tensor.shape)) for tensor in tensors) or "-"


def _pads(layer: Layer) -> str:
    """One number where all are alike, else (before, after) an axis."""
    ends = {end for pair in layer.pads for end in pair}
    return str(*ends) if len(ends) == 1 else ", ".join(f"({b}, {a})" for b, a in layer.pads) or "-"


def _field(layer: Layer) -> Text:
    if layer.field.whole:
        return sentence("summary", "all")
    sizes = layer.field.sizes
    if layer.failed or not sizes:
        return "?" if layer.field.status == "unknown" else "-"
    return ("≤ " if layer.field.status == "bound" else "") + "x".join(map(str, sizes))


_CELLS: dict[str, Callable[[Layer], Text]] = {
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
