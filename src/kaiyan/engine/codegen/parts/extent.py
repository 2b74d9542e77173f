"""Sizes as arguments: what machine code reads when it runs, so that it serves pictures of every size."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kaiyan.engine.codegen.parts.blocks import tiled
from kaiyan.engine.codegen.parts.geometry import Run
from kaiyan.engine.codegen.parts.strip import Argument, Strip

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.geometry import Geometry


_FEW = 64
"""Terms of a sum."""


class Extent(NamedTuple):
    """Numbers where a routine is cut, values of the IR where it is written: the order is that of the arguments.

    ``planes``, ``bands``, ``stretches`` and ``parts`` are the grid of a group's tasks: planes, strips of rows and
    of columns, shares of the channels; a task takes one of ``bundles`` of ``bundle`` groups. Outputs have
    ``height`` and ``width``, those of a strip ``rows`` and ``columns``, in ``down`` by ``across`` tiles, of which the
    first ``wider`` in a row have one output more than ``narrow``. Packed, a
    strip has ``packed_rows``, ``packed_columns`` and ``size`` elements in all: ``pitch`` from a row to the next,
    ``channel_step`` from a channel, ``phase_pitch`` from a phase. The runs of the extended rows and columns are the
    input itself.
    """

    planes: Value
    bands: Value
    stretches: Value
    parts: Value
    height: Value
    width: Value
    rows: Value
    columns: Value
    down: Value
    across: Value
    narrow: Value
    wider: Value
    packed_rows: Value
    packed_columns: Value
    pitch: Value
    size: Value
    channel_step: Value
    phase_pitch: Value
    bundle: Value
    bundles: Value
    row_start: Value
    row_stop: Value
    row_first: Value
    column_start: Value
    column_stop: Value
    column_first: Value

    @classmethod
    def read(cls, code: Code) -> Extent:
        """The sizes that this call has; what is not used is not loaded."""
        return cls(*(code.number(Argument.SIZES + place) for place in range(len(cls._fields))))

    @property
    def grid(self) -> tuple[Value, Value, Value, Value]:
        """Of the tasks of a group."""
        return self.planes, self.bands, self.stretches, self.parts

    @property
    def runs(self) -> tuple[Run, Run]:
        """Of the rows and of the columns."""
        return (
            Run(self.row_start, self.row_stop, self.row_first),
            Run(self.column_start, self.column_stop, self.column_first),
        )

    def strip(self, strip: Strip) -> Strip:
        """A strip of these sizes, of whatever sizes the given one is."""
        geometry = replace(strip.geometry, runs=(strip.geometry.runs[0], *self.runs))
        given = {field.name: getattr(strip, field.name) for field in fields(strip)}
        sizes = {"geometry": geometry, "rows": self.packed_rows, "columns": self.packed_columns}
        return _MeasuredStrip(**given | sizes, extent=self)


class _Cut(Protocol):
    """What ``extent`` asks of a routine."""

    @property
    def geometry(self) -> Geometry: ...
    @property
    def rows(self) -> int: ...
    @property
    def columns(self) -> int: ...
    @property
    def strip(self) -> Strip: ...


def extent(routine: _Cut, grid: tuple[int, ...], tiles: tuple[int, int] = (1, 1), bundle: int = 1) -> Extent:
    """The sizes of a routine, whose tasks have this grid and whose strips so many tiles."""
    _, height, width = routine.geometry.outputs
    strip = routine.strip
    across = divmod(routine.columns, tiles[1])
    packed = strip.rows, strip.columns, strip.pitch, strip.size, strip.channel_step, strip.phase_pitch
    runs = [number for run in routine.geometry.runs[1:] for number in (run.start, run.stop, run.first)]
    bundles = bundle, tiled(routine.geometry.groups, bundle)
    return Extent(*grid, height, width, routine.rows, routine.columns, *tiles, *across, *packed, *bundles, *runs)  # type: ignore[call-arg]


def has_short_sums(geometry: Geometry) -> bool:
    """Whether reading sizes takes more than 2 % of the time: in groups of 4 channels 3 to 4 %."""
    return geometry.groups > 1 and geometry.C * geometry.taps < _FEW


def structure(geometry: Geometry) -> Geometry:
    """What is left of a geometry without its sizes: of each axis whether all of it is the input."""
    runs = tuple(Run(0, int(run.stop - run.start == n), 0) for run, n in zip(geometry.runs, geometry.room, strict=True))
    one = (1, 1, 1)
    return replace(geometry, outputs=one, whole=one, room=one, runs=runs)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeasuredStrip(Strip):
    """A strip whose sizes are arguments."""

    extent: Extent

    @property
    def phase_pitch(self) -> Value:
        return self.extent.phase_pitch

    @property
    def pitch(self) -> Value:
        return self.extent.pitch

    @property
    def size(self) -> Value:
        return self.extent.size

    @property
    def channel_step(self) -> Value:
        return 1 if self.last else self.extent.channel_step
