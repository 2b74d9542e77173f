"""Placeholder until the elementwise branch lands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kaiyan.program.place import Call, Place
from kaiyan.program.room import Room
from kaiyan.program.steps.step import Step

ROWS: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class NaiveCopy:
    rank: int
    dtype: str = "float32"

    def emit(self, code: Any) -> None:
        from contextlib import ExitStack

        with ExitStack() as stack:
            a: Any = 0
            b: Any = 0
            for axis in range(self.rank):
                i = stack.enter_context(code.loop(0, code.number(2 + axis)))
                a = code.add(a, code.mul(i, code.number(2 + self.rank + axis)))
                b = code.add(b, code.mul(i, code.number(2 + 2 * self.rank + axis)))
            code.store(code.load(code.argument(0), a), code.argument(1), b)


def copied(source: Place, target: Place, room: Room) -> list[Call]:
    del room
    rank = len(source.shape)
    arguments = (source.pointer, target.pointer, *source.shape, *source.strides, *target.strides)
    return [Call(NaiveCopy(rank, source.dtype), arguments, 1)]
