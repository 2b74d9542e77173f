"""Kernels of one tap over pixels whose channels lie side by side, read where they lie, with vectors of outputs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.ir import Variable
from kaiyan.engine.codegen.parts.extent import Extent
from kaiyan.engine.codegen.parts.rows import broadcast, named
from kaiyan.engine.codegen.parts.strip import Argument, group_base
from kaiyan.engine.codegen.parts.tile import Coming, ahead
from kaiyan.engine.codegen.routines.over_output_channels import OverOutputChannels

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.tile import Tile


@dataclass(frozen=True, slots=True)
class OverOutputChannelsInside(OverOutputChannels):
    """Without a packed strip: a tile's pixels are named by few registers and a step from one to the next."""

    @property
    def widening(self) -> OverOutputChannels:
        """The routine for an input of another type than what is summed: widened once, in a packed strip."""
        return OverOutputChannels(**{field.name: getattr(self, field.name) for field in fields(self)})

    @property
    def _packing(self) -> float:
        return 0.0

    def emit(self, code: Code) -> None:
        """Writes the routine."""
        assert self.chunks == 1, "sums that wait between chunks have no room here"
        sizes = Extent.read(code)
        image, group, *place, part = self._begun(code, sizes)
        base = group_base(code, self.geometry, image, group)
        first = code.at(base, *(code.mul(at, code.number(Argument.STRIDE + axis)) for axis, at in enumerate(place)))
        outlet = self._outlet(code, image, group, place)
        self._tiles(code, sizes, (first, first, 0, group), part, (*place, *outlet))

    def _sum(
        self,
        code: Code,
        tile: Tile,
        packed: Value,
        source: tuple[Value, Value],
        place: tuple[Value, Value],
        corner: tuple[Value, Value, Value],
        sizes: Extent,
        coming: Coming | None,
    ) -> None:
        """Adds all products to the tile, which is at ``place`` of the pixels from ``packed`` on."""
        del corner, sizes
        C, rows = self.geometry.C, self.tile[0]
        columns = len(tile) // rows
        down, step = (code.number(Argument.STRIDE + axis) for axis in (1, 2))
        weights = Variable(code, packed.type)
        weights.put(code.at(code.argument(Argument.WEIGHT), code.mul(source[0], C * self.width)))
        corner_pixel = code.at(packed, code.mul(place[0], down), code.mul(place[1], step))
        names = named(columns)
        early = ahead(self.weights, code.itemsize)
        bases = {(r, base): Variable(code, packed.type) for r in range(rows) for base, _ in names}
        for (r, base), variable in bases.items():
            variable.put(code.at(corner_pixel, code.mul(down, r), code.mul(step, base)))
        next_ = code.at(weights.get(), C * self.width)
        with code.loop(0, C) as c:
            here = weights.get()
            vectors = [code.vector(here, start, lanes=lanes) for start, lanes in self.spans]
            for j in range(self.vectors if early else 0):
                code.prefetch(here, early * self.width + j * code.lanes)
            if coming is not None:
                code.prefetch(coming.place(code, next_, C, c))
            pointers = {name: variable.get() for name, variable in bases.items()}
            pixels = [(pointers[r, base], factor) for r in range(rows) for base, factor in names]
            for (pointer, factor), sums in zip(pixels, tile, strict=True):
                value = broadcast(code, pointer, step, factor, max(self.filled))
                for vector, held in zip(vectors, sums, strict=True):
                    held.put(code.fma(code.first(value, vector.type.count), vector, held.get()))
            weights.put(code.at(here, self.width))
            for name, variable in bases.items():
                variable.put(code.at(pointers[name], 1))
