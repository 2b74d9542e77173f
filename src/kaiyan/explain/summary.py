"""``kaiyan.summary``: a model layer by layer: shapes, parameters, multiply-adds, fields, and where it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.explain.diagnosis.diagnose import diagnose
from kaiyan.explain.hints import Analysis, Hint, hints, notes
from kaiyan.explain.inputs import FirstRun, checked, run_on, sizes_of
from kaiyan.explain.rows import CELLS, COLUMNS, LayerRow
from kaiyan.explain.rows import layers as rows_of
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings
from kaiyan.trace.costs import uncounted
from kaiyan.trace.record import record
from kaiyan.trace.timing import seconds
from kaiyan.trace.windows import rank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

    from kaiyan.explain.diagnosis.diagnose import Diagnosis
    from kaiyan.show.sentence import Sentence
    from kaiyan.show.table import Part
    from kaiyan.trace.record import Record

_PLAIN = ("kind", "output_size", "num_params", "mult_adds", "receptive_field")
_PACKED = ("quantized.conv", "quantized.linear")


@dataclass(frozen=True)
class Summary(Shown):
    """Layers in the order in which they were called; ``error`` is the model's own, where it failed.

    ``parameters`` counts a shared tensor once; ``macs`` is of the whole batch, ``flops`` twice that, a lower bound
    where functions are ``uncounted``. ``understood`` says how an input size without a batch was read, ``remarks`` what
    else was taken to be meant, or could not be had.
    """

    KIND = "summary"
    JSON = (
        "layers",
        "parameters",
        "macs",
        "flops",
        "uncounted",
        "understood",
        "remarks",
        "hints",
        "notes",
        "diagnosis",
        "error",
    )

    layers: tuple[LayerRow, ...]
    parameters: int
    macs: int
    error: BaseException | None
    columns: tuple[str, ...] = _PLAIN
    hints: tuple[Hint, ...] = ()
    diagnosis: Diagnosis | None = None
    understood: Sentence | None = None
    uncounted: tuple[str, ...] = ()
    remarks: tuple[Sentence, ...] = ()

    @property
    def flops(self) -> int:
        """Two for a multiply-add."""
        return 2 * self.macs

    def table(self, depth: int | None = None) -> Table:
        """The table down to a depth (all when None)."""
        rows = [self._row(layer) for layer in self.layers if depth is None or layer.depth <= depth or layer.failed]
        heads = headings("layer", *(COLUMNS[name] for name in self.columns))
        left = frozenset({0} | {i for i, name in enumerate(self.columns, start=1) if name in ("kind", "algorithm")})
        return Table(heads, tuple(rows), notes=self.notes, left=left)

    def parts(self) -> Iterator[Part]:
        """The table, and the diagnosis below it where the model fails."""
        yield self.table()
        if self.diagnosis is not None:
            yield from self.diagnosis.parts()

    def _row(self, layer: LayerRow) -> Row:
        cells = tuple(CELLS[name](layer) for name in self.columns)
        return Row((layer.path.rpartition(".")[2] or layer.kind, *cells), layer.depth, "bad" if layer.failed else "")

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """Sums, what was understood, hints, and the error."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Sentence]:
        yield sentence(
            "summary-totals",
            "{parameters:,} parameters, {macs:,} multiply-adds (MACs), {flops:,} FLOPs",
            parameters=self.parameters,
            macs=self.macs,
            flops=self.flops,
        )
        if self.uncounted:
            yield sentence(
                "summary-uncounted",
                "multiply-adds of {kinds} are not counted, so the true number is larger",
                kinds=", ".join(self.uncounted),
            )
        if self.understood is not None:
            yield self.understood
        yield from self.remarks
        yield from notes(self.hints)
        if self.error is not None:
            yield sentence(
                "summary-fails",
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
    dtypes: Any = None,
) -> Summary:
    """What ``model`` does with an input, layer by layer: shapes, parameters, multiply-adds, receptive fields, hints.

    ``input_size`` is a shape with its batch, (N, C, *spatial) or (N, T), or a list of shapes for several inputs; one
    axis short, it is read as a batch of one, and a note says so. ``input_data`` are tensors in its place. ``dtypes`` is
    the type of the inputs ("int64") or a list with one for each; by default float32, or int64 for an input that is
    looked up in a table. ``depth`` leaves out layers that are nested deeper. ``col_names`` are torchinfo's where it has
    one: "kind", "input_size", "output_size", "num_params", "mult_adds", "receptive_field", "kernel_size", "pads",
    "bytes" (read and written), "intensity" (FLOP a byte), "time" (measured, in ms), "algorithm" (Kaiyan's choice).

    It runs on meta tensors, so that nothing is computed unless "time" is asked for. A multiply-add counts as two FLOPs.
    The model's own error is in the summary, with its diagnosis. ``print`` shows the table. Raises ``KaiyanError`` if
    ``model`` is not a model, if neither a size nor data is given, and for an unknown column or type.

    >>> from torch import nn
    >>> found = summary(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (1, 3, 32, 32))
    >>> found.parameters, found.macs, found.layers[1].output_shapes
    (224, 194400, ((1, 8, 30, 30),))
    """
    _check_columns(col_names)
    model = checked(model)
    run, understood = _first_run(model, input_size, input_data, dtypes)
    whole, untrained = _whole(model, run)
    analysis = Analysis(whole)
    times = seconds(model, run.inputs) if "time" in col_names else {}
    rows = rows_of(analysis, times, named="algorithm" in col_names)
    return Summary(
        tuple(layer for layer in rows if depth is None or layer.depth <= depth or layer.failed),
        sum(int(p.numel()) for p in model.parameters() if not isinstance(p, torch.nn.UninitializedParameter)),
        sum(analysis.macs[call.number] for call in whole.calls if call.parent < 0),
        whole.error,
        tuple(col_names),
        hints(analysis),
        None if whole.error is None else _diagnose(whole, model, run.inputs),
        understood,
        uncounted(whole),
        (*run.remarks, *untrained, *_packed(whole)),
    )


def _check_columns(col_names: Sequence[str]) -> None:
    unknown = [name for name in col_names if name not in COLUMNS]
    if unknown:
        raise KaiyanError(
            "unknown-column", "there is no column {name!r}", "{known}", name=unknown[0], known=", ".join(COLUMNS)
        )


def _first_run(model: nn.Module, size: Any, data: Any, dtypes: Any) -> tuple[FirstRun, Sentence | None]:
    """The inputs and what the model did with them; a size that lacks its batch is given one, and that is said."""
    if data is not None:
        return FirstRun(data, record(model, data)), None
    if size is None:
        raise KaiyanError("no-input", "a summary needs a size or data", "input_size=(1, 3, 224, 224)")
    sizes = sizes_of(size)
    run = run_on(model, sizes, dtypes)
    if not _lacks_batch(run.record):
        return run, None
    read = (1, *sizes[0])
    understood = sentence(
        "summary-batch-added", "input_size {given} has no batch axis: read as {read}", given=sizes[0], read=read
    )
    return run_on(model, (read,), dtypes), understood


def _whole(model: nn.Module, run: FirstRun) -> tuple[Record, tuple[Sentence, ...]]:
    """The record; where training has too few values to normalise by, that of eval mode, and what training does."""
    whole, failure = run.record, run.record.failure
    if whole.error is None or failure is None or "Expected more than 1 value per channel" not in str(whole.error):
        return whole, ()
    still = record(model, run.inputs, training=False)
    remark = sentence(
        "summary-eval-shown",
        "in training mode it fails at {path}: {message}; eval mode is shown instead; training needs a batch of 2 "
        "or more",
        path=failure.path or failure.kind, message=str(whole.error).partition("\n")[0],
    )  # fmt: skip
    return (still, (remark,)) if still.error is None else (whole, ())


def _packed(record: Record) -> Iterator[Sentence]:
    kinds = sorted({call.code for call in record.calls if call.code.startswith("quantized.") and not call.is_module})
    if any(kind.startswith(_PACKED) for kind in kinds):
        yield sentence(
            "summary-quantised",
            "it is quantised: weights packed by {kinds} are not counted as parameters",
            kinds=", ".join(kind for kind in kinds if kind.startswith(_PACKED)),
        )


def _lacks_batch(record: Record) -> bool:
    """Whether the model's one input goes into its first windows with one axis less than a batch of them has."""
    if len(record.inputs) != 1:
        return False
    tensor = record.inputs[0]
    first = next((call for call in record.calls if rank(call)), None)
    return first is not None and first.inputs[0] == tensor and len(tensor.shape) == rank(first) + 1


def _diagnose(record: Record, model: nn.Module, inputs: Any) -> Diagnosis | None:
    try:
        return diagnose(record, model, inputs)
    except Exception:  # noqa: BLE001 (the table up to the failure must not be lost to its explanation)
        return None
