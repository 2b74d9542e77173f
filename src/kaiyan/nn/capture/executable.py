"""An ATen graph that runs as programs of ours: arguments to arrays, arrays to outputs, constants watched."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.nn.capture.foreign import laid, tensor_of
from kaiyan.nn.capture.sizes import NeedsNumbersError, number, symbols_of
from kaiyan.nn.capture.translation import Translated, translated
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from torch.fx import GraphModule

    from kaiyan.nn.capture.programs import KeptProgram, Programs, Stamp
    from kaiyan.nn.capture.translation import OutputOrigin

_LOADED = 2
"""How often a buffer may be written to, as when weights are loaded, before it is no constant any more."""
_MOST_PLANS = 32
"""Graphs with numbers for sizes that are kept."""


class _Frozen:
    """Tensors as they were when they became constants, by the numbers of the arguments that they are.

    They are not kept alive: torch keeps what it compiled for a class, models that are gone among it. ``gone`` is called
    when one of them goes.
    """

    def __init__(self, tensors: Mapping[int, torch.Tensor], gone: Callable[[Any], None]) -> None:
        kept = list(tensors.values())
        self.places = list(tensors)
        self._gone: list[Any] = []
        self._references = [weakref.ref(tensor, self._gone.append) for tensor in kept]
        self._watched = [weakref.ref(tensor, gone) for tensor in kept]
        counted = not any(tensor.is_inference() for tensor in kept)
        self._version: Callable[[torch.Tensor], int] = attrgetter("_version") if counted else _version
        self._marks = self._marked(kept)

    def _marked(self, tensors: list[torch.Tensor]) -> tuple[list[int], list[int], list[int]]:
        """What says, of tensors that live, which they are, how often they were written to and where they lie."""
        return list(map(id, tensors)), list(map(self._version, tensors)), list(map(torch.Tensor.data_ptr, tensors))

    def holds(self, arguments: list[Any]) -> bool:
        """Whether what comes is still those tensors, never written to since, as torch counts it."""
        return self._marked(list(map(arguments.__getitem__, self.places))) == self._marks and not self._gone

    def moved(self, arguments: list[Any]) -> list[int]:
        """The arguments that are not any more what they were."""
        given = list(map(arguments.__getitem__, self.places))
        now, before = (zip(*marks, strict=True) for marks in (self._marked(given), self._marks))
        watched = zip(self.places, self._references, now, before, strict=True)
        return [i for i, reference, mark, kept in watched if reference() is None or mark != kept]

    @property
    def stamp(self) -> Stamp:
        """What tells these tensors, as they are, from all others."""
        _, versions, addresses = self._marks
        return frozenset(zip(addresses, versions, strict=True))


def _version(tensor: torch.Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version  # noqa: SLF001 (torch's count of writes)


Constants = dict[int, tuple[str, "weakref.ref[torch.Tensor]"]]
"""The tensors that a model holds, by id, with their names."""
_Layout = tuple[tuple[int, ...], tuple[int, ...]] | None
"""Shape and strides of an output that is a tensor."""


@dataclass(frozen=True, slots=True)
class _Plan:
    translated: Translated
    held: KeptProgram


class Executable:
    """What AOT autograd calls: a list of arguments in, a list of outputs.

    ``constant`` are the tensors of the model by their ids, with names; they are frozen, except what is in ``open``, and
    frozen anew when they were written to; one that is no parameter is then no constant any more.
    """

    _boxed_call = True

    def __init__(
        self, module: GraphModule, constant: Constants, changed: Collection[int], programs: Programs
    ) -> None:  # fmt: skip
        self.module = module
        self._constant, self._open, self._programs = constant, set(changed), programs
        self._placeholders = [node.meta.get("val") for node in module.graph.nodes if node.op == "placeholder"]
        self._numbered: list[str] = []
        self._frozen: _Frozen | None = None
        self._moves: Counter[int] = Counter()
        self._plans: dict[tuple[int, ...], _Plan] = {}
        self._where = _places(self._placeholders)
        self._layouts: dict[tuple[int, ...], list[_Layout]] = {}
        self._lock = threading.Lock()
        self.left: str | None = None

    @property
    def held(self) -> list[KeptProgram]:
        """The programs that have run so far."""
        return list({id(plan.held): plan.held for plan in self._plans.values()}.values())

    def __call__(self, arguments: list[Any]) -> list[Any]:
        if self.left is None:
            try:
                plan = self._plan(arguments)
                layouts = None if plan is None else self._output_layouts(plan, arguments)
            except Exception as error:  # noqa: BLE001 (whatever cannot be translated torch can still run)
                self.left, plan = str(error).partition("\n")[0] or type(error).__name__, None
            try:
                if plan is not None and layouts is not None:
                    return self._run(plan, layouts, arguments)
            except KaiyanError as error:  # what a step of ours refuses, torch computes
                self.left = str(error)
        given: list[Any] = self.module.forward(*arguments)
        return given

    def _plan(self, arguments: list[Any]) -> _Plan | None:
        with self._lock:
            self._freeze(arguments)
            plan = self._plans.get(self._key(arguments))
            return plan if plan is not None else self._new_plan(arguments)

    def _key(self, arguments: list[Any]) -> tuple[int, ...]:
        return tuple(self._value(symbol, arguments) for symbol in self._numbered)

    def _value(self, symbol: str, arguments: list[Any]) -> int:
        argument, axis = self._where[symbol]
        return int(arguments[argument] if axis is None else arguments[argument].shape[axis])

    def _freeze(self, arguments: list[Any]) -> None:
        if self._frozen is not None:
            if self._frozen.holds(arguments):
                return
            moved = self._frozen.moved(arguments)
            self._moves.update(i for i in moved if not isinstance(arguments[i], nn.Parameter))
            self._open.update(i for i, times in self._moves.items() if times > _LOADED)
            self._plans.clear()
        self._frozen = _Frozen(
            {
                i: argument
                for i, argument in enumerate(arguments)
                if isinstance(argument, torch.Tensor) and i not in self._open and self._is_constant(argument)
            },
            partial(_forget_plans, weakref.ref(self)),
        )

    def _is_constant(self, argument: torch.Tensor) -> bool:
        return isinstance(argument, nn.Parameter) or self._held_as(argument)

    def _held_as(self, tensor: torch.Tensor) -> bool:
        entry = self._constant.get(id(tensor))
        return entry is not None and entry[1]() is tensor

    def _new_plan(self, arguments: list[Any]) -> _Plan | None:
        assert self._frozen is not None
        frozen = {i: arguments[i] for i in self._frozen.places}
        names = {i: self._constant[id(tensor)][0] for i, tensor in frozen.items() if self._held_as(tensor)}
        while True:
            key = self._key(arguments)
            try:
                made = translated(self.module, frozen, names, dict(zip(self._numbered, key, strict=True)))
                break
            except NeedsNumbersError as error:
                if not error.symbols <= self._where.keys() or error.symbols <= set(self._numbered):
                    self.left = "sizes"
                    return None
                self._numbered = sorted({*self._numbered, *error.symbols})
                self._plans.clear()
        plan = _Plan(made, self._programs.of(made.graph, self._frozen.stamp))
        while len(self._plans) >= _MOST_PLANS:
            del self._plans[next(iter(self._plans))]
        self._plans[key] = plan
        return plan

    def _output_layouts(self, plan: _Plan, arguments: list[Any]) -> list[_Layout]:
        """The shapes and strides of the outputs for the sizes that come."""
        sizes = {symbol: self._value(symbol, arguments) for symbol in self._where}
        key = tuple(sizes.values())
        layouts = self._layouts.get(key)
        if layouts is None:
            layouts = [_layout(given.fake, sizes) for given in plan.translated.outputs]
            self._layouts = {**self._layouts, key: layouts} if len(self._layouts) < _MOST_PLANS else {key: layouts}
        return layouts

    def _run(self, plan: _Plan, layouts: list[_Layout], arguments: list[Any]) -> list[Any]:
        arrays = [_array(arguments[i]) for i in plan.translated.inputs]
        results = plan.held.program(*arrays) if plan.translated.graph.outputs else []
        sizes = {symbol: self._value(symbol, arguments) for symbol in self._where}
        return [
            _give(given, layout, results, arguments, sizes)
            for given, layout in zip(plan.translated.outputs, layouts, strict=True)
        ]


def _forget_plans(owner: weakref.ref[Executable], _: object) -> None:
    """A model is gone, and with it the programs that hold its numbers."""
    executable = owner()
    if executable is not None:
        executable._plans.clear()  # noqa: SLF001


def _places(placeholders: list[Any]) -> dict[str, tuple[int, int | None]]:
    """For every symbol the argument that it is, or whose axis it is."""
    places: dict[str, tuple[int, int | None]] = {}
    for i, fake in enumerate(placeholders):
        if isinstance(fake, torch.SymInt) and str(fake) in symbols_of(fake):
            places.setdefault(str(fake), (i, None))
        elif isinstance(fake, torch.Tensor):
            for axis, size in enumerate(fake.shape):
                if str(size) in symbols_of(size):
                    places.setdefault(str(size), (i, axis))
    return places


def _array(tensor: torch.Tensor) -> Any:
    return tensor.detach().resolve_conj().resolve_neg().numpy()


def _layout(fake: torch.Tensor | None, sizes: Mapping[str, int]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The shape and the strides of an output as torch has them."""
    if fake is None:
        return None
    return tuple(number(n, sizes) for n in fake.shape), tuple(number(n, sizes) for n in fake.stride())


def _give(given: OutputOrigin, layout: Any, results: list[Any], arguments: list[Any], sizes: Mapping[str, int]) -> Any:
    if given.output is not None:
        return laid(tensor_of(results[given.output]), *layout)
    if given.argument is not None:
        argument = arguments[given.argument]
        return laid(argument.detach().clone(), *layout) if given.copied else argument
    if given.known is not None:
        return laid(given.known.clone(), *layout)
    return number(given.size, sizes) if given.size is not None else given.plain
