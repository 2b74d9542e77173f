"""Programs that are kept while someone runs them, so that the same graph in other sizes is the same program."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kaiyan.program.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.nn.capture.foreign import ForeignCall
    from kaiyan.program.graph import Graph
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


Runs = Callable[..., list[Any]]
"""What a program is to those who run it: arrays in, arrays out."""
Stamp = frozenset[tuple[int, Any]]
"""The addresses of the tensors that a program's constants were, and how often each had been written to."""


class KeptProgram:
    """A program and its graph; a graph of more sizes may take their place."""

    def __init__(self, graph: Graph, stamp: Stamp, make: Callable[[Graph], Runs]) -> None:
        self._make, self.stamp = make, stamp
        self.take(graph)

    def take(self, graph: Graph) -> None:
        """This graph from now on, which is the same for the sizes so far."""
        self.graph, self.program = graph, self._make(graph)


class Programs:
    """The programs that are in use somewhere; ``make`` makes one of a graph."""

    def __init__(self, make: Callable[[Graph], Runs] = Program) -> None:
        self._make = make
        self._held: list[weakref.ref[KeptProgram]] = []
        self._lock = threading.Lock()

    def of(self, graph: Graph, stamp: Stamp = frozenset()) -> KeptProgram:
        """The program of a graph, perhaps one of other sizes; made where there is none."""
        with self._lock:
            alive = [held for reference in self._held if (held := reference()) is not None]
            for held in alive:
                if held.stamp != stamp:
                    continue
                if covers(held.graph, graph):
                    return held
                if covers(graph, held.graph):
                    held.take(graph)
                    return held
            made = KeptProgram(graph, stamp, self._make)
            self._held = [*map(weakref.ref, alive), weakref.ref(made)]
            return made


def covers(wide: Graph, narrow: Graph) -> bool:
    """Whether ``wide`` is ``narrow`` where the sizes are those of ``narrow``."""
    if len(wide.nodes) != len(narrow.nodes) or len(wide.inputs) != len(narrow.inputs) or wide.outputs != narrow.outputs:
        return False
    if wide.constants.keys() != narrow.constants.keys() or wide.foreign.keys() != narrow.foreign.keys():
        return False
    if wide.inputs == narrow.inputs:
        return wide.nodes == narrow.nodes and _same_tensors(wide, narrow, ())
    shapes = [given.shape for given in narrow.inputs]
    if not all(isinstance(size, int) for shape in shapes for size in shape):
        return False
    return _covers_at(wide, narrow, shapes)


def _covers_at(wide: Graph, narrow: Graph, shapes: Sequence[Any]) -> bool:
    from kaiyan.show.error import KaiyanError

    try:
        there = wide.at(shapes)
    except KaiyanError:
        return False
    return there.inputs == narrow.inputs and there.nodes == narrow.nodes and _same_tensors(wide, narrow, shapes)


def _same_tensors(wide: Graph, narrow: Graph, shapes: Sequence[Shape]) -> bool:
    constants = all(_same(array, narrow.constants[name]) for name, array in wide.constants.items())
    calls = ((_call(wide.foreign[name]), _call(narrow.foreign[name])) for name in wide.foreign)
    symbols = {
        size.text: n
        for given, shape in zip(wide.inputs, shapes, strict=False)
        for size, n in zip(given.shape, shape, strict=True)
        if not isinstance(size, int)
    }
    return constants and all(_equal(a.described(symbols), b.described({})) for a, b in calls)


def _call(foreign: Any) -> ForeignCall:
    call: ForeignCall = foreign.call
    return call


def _same(a: Numbers, b: Numbers) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.ctypes.data == b.ctypes.data and a.strides == b.strides:
        return True
    return a.tobytes() == b.tobytes()


def _equal(a: Any, b: Any) -> bool:
    import torch

    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        both = isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)
        return both and _same(a.detach().numpy(), b.detach().numpy())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    return bool(type(a) is type(b) and a == b)
