"""An ATen graph that runs as programs of ours: arguments to arrays, arrays to outputs, constants watched."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn

from kaiyan.nn.capture.constants import FrozenTensors
from kaiyan.nn.capture.foreign import laid, tensor_of
from kaiyan.nn.capture.roads import ObservedRun, noticed
from kaiyan.nn.capture.sizes import NeedsNumbersError, number, symbols_of
from kaiyan.nn.capture.translation import Translated, translated
from kaiyan.nn.capture.unbroken import let_others_trace
from kaiyan.program.operations import OPERATIONS
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    import weakref
    from collections.abc import Collection, Mapping

    from torch.fx import GraphModule

    from kaiyan.nn.capture.outside import Outside
    from kaiyan.nn.capture.programs import KeptProgram, Programs
    from kaiyan.nn.capture.translation import OutputOrigin
    from kaiyan.program.graph import Node

_LOADED = 2
"""How often a buffer may be written to, as when weights are loaded, before it is no constant any more."""
_MOST_PLANS = 32
"""Graphs with numbers for sizes that are kept."""
_MOST_MODELS = 256
"""Sets of constants that are kept: layers of one class that run over one graph have each their own."""


Constants = dict[int, tuple[str, "weakref.ref[torch.Tensor]"]]
"""The tensors that a model holds, by id, with their names."""
_Value = TypeVar("_Value")
_Layout = tuple[tuple[int, ...], tuple[int, ...]] | None
"""Shape and strides of an output that is a tensor."""


@dataclass(frozen=True, slots=True)
class TranslatedPlan:
    """A translated graph and its program."""

    translated: Translated
    held: KeptProgram


class Executable:
    """What AOT autograd calls: a list of arguments in, a list of outputs.

    ``constant`` are the tensors of the model by their ids, with names; they are frozen, except what is in ``open``, and
    frozen anew when they were written to; one that is no parameter is then no constant any more. What threads share is
    replaced, never changed, so that it may be looked through at any moment.
    """

    _boxed_call = True

    def __init__(
        self, module: GraphModule, constant: Constants, changed: Collection[int], programs: Programs
    ) -> None:  # fmt: skip
        self.module = module
        self._constant, self._open, self._programs = constant, set(changed), programs
        self._placeholders = [node.meta.get("val") for node in module.graph.nodes if node.op == "placeholder"]
        self._numbered: list[str] = []
        self._frozen: FrozenTensors | None = None
        self._known: Mapping[tuple[int, ...], FrozenTensors] = {}
        self._held_places: list[int] | None = None
        self._moves: Counter[int] = Counter()
        self._where = _places(self._placeholders)
        self._layouts: Mapping[tuple[int, ...], list[_Layout]] = {}
        self._lock = threading.Lock()
        self.left: str | None = None
        self.outside: tuple[Outside, ...] | None = None

    @property
    def frozen(self) -> list[int]:
        """The arguments that are constants now."""
        return [] if self._frozen is None else self._frozen.places

    @property
    def held(self) -> list[KeptProgram]:
        """The programs that have run so far."""
        plans: list[TranslatedPlan] = [plan for frozen in self._known.values() for plan in frozen.plans.values()]
        return list({id(plan.held): plan.held for plan in plans}.values())

    def __call__(self, arguments: list[Any]) -> list[Any]:
        let_others_trace()
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
        noticed(None)
        given: list[Any] = self.module.forward(*arguments)
        return given

    def _plan(self, arguments: list[Any]) -> TranslatedPlan | None:
        with self._lock:
            frozen = self._freeze(arguments)
            plan: TranslatedPlan | None = frozen.plans.get(self._key(arguments))
            return plan if plan is not None else self._new_plan(arguments, frozen)

    def _key(self, arguments: list[Any]) -> tuple[int, ...]:
        return tuple(self._value(symbol, arguments) for symbol in self._numbered)

    def _value(self, symbol: str, arguments: list[Any]) -> int:
        argument, axis = self._where[symbol]
        return int(arguments[argument] if axis is None else arguments[argument].shape[axis])

    def _freeze(self, arguments: list[Any]) -> FrozenTensors:
        """What is constant among the arguments: known, frozen anew where it was written to, or another layer's."""
        if self._frozen is not None and self._frozen.holds(arguments):
            return self._frozen
        key = tuple(id(arguments[i]) for i in self._places_of_constants(arguments))
        known = self._known.get(key)
        if known is None or not known.holds(arguments):
            if (before := known or self._replaced(arguments)) is not None:
                self._count_moves(before, arguments)
            known = FrozenTensors({i: arguments[i] for i in self._places_of_constants(arguments)})
            key = tuple(id(arguments[i]) for i in known.places)
            others = {own: kept for own, kept in self._known.items() if kept is not before and not kept.is_gone}
            self._known = _with(others, key, known, _MOST_MODELS)
        self._frozen = known
        return known

    def _places_of_constants(self, arguments: list[Any]) -> list[int]:
        """The arguments that a model holds, as the first call shows them, without those that are written to."""
        if self._held_places is None:
            self._held_places = [
                i
                for i, argument in enumerate(arguments)
                if isinstance(argument, torch.Tensor) and self._is_constant(argument)
            ]
        return [i for i in self._held_places if i not in self._open]

    def _replaced(self, arguments: list[Any]) -> FrozenTensors | None:
        """The constants of the same model, of which only buffers are others now; None where it is another model's."""
        last = self._frozen
        if last is None:
            return None
        moved = last.moved(arguments)
        parameters = [i for i in last.places if isinstance(arguments[i], nn.Parameter)]
        is_same = not set(parameters) & set(moved) if parameters else last.is_gone
        return last if is_same else None

    def _count_moves(self, before: FrozenTensors, arguments: list[Any]) -> None:
        moved = before.moved(arguments)
        before.forget()
        self._moves.update(i for i in moved if not isinstance(arguments[i], nn.Parameter))
        opened = {i for i, times in self._moves.items() if times > _LOADED} - self._open
        if opened:
            self._open |= opened
            self._known = {}

    def _is_constant(self, argument: torch.Tensor) -> bool:
        return isinstance(argument, nn.Parameter) or self._held_as(argument)

    def _held_as(self, tensor: torch.Tensor) -> bool:
        entry = self._constant.get(id(tensor))
        return entry is not None and entry[1]() is tensor

    def _new_plan(self, arguments: list[Any], frozen: FrozenTensors) -> TranslatedPlan | None:
        tensors = {i: arguments[i] for i in frozen.places}
        names = {i: self._constant[id(tensor)][0] for i, tensor in tensors.items() if self._held_as(tensor)}
        while True:
            key = self._key(arguments)
            try:
                made = translated(self.module, tensors, names, dict(zip(self._numbered, key, strict=True)))
                break
            except NeedsNumbersError as error:
                if not error.symbols <= self._where.keys() or error.symbols <= set(self._numbered):
                    self.left = "sizes"
                    return None
                self._numbered = sorted({*self._numbered, *error.symbols})
                for others in self._known.values():
                    others.plans = {}
        if made.graph.nodes and not any(map(_is_native, made.graph.nodes)):
            self.left = "no step of ours"
            return None
        plan = TranslatedPlan(made, self._programs.of(made.graph, frozen.stamp))
        frozen.plans = _with(frozen.plans, key, plan, _MOST_PLANS)
        return plan

    def _output_layouts(self, plan: TranslatedPlan, arguments: list[Any]) -> list[_Layout]:
        """The shapes and strides of the outputs for the sizes that come."""
        sizes = {symbol: self._value(symbol, arguments) for symbol in self._where}
        key = tuple(sizes.values())
        layouts = self._layouts.get(key)
        if layouts is None:
            layouts = [_layout(given.fake, sizes) for given in plan.translated.outputs]
            self._layouts = _with(self._layouts, key, layouts, _MOST_PLANS)
        return layouts

    def _run(self, plan: TranslatedPlan, layouts: list[_Layout], arguments: list[Any]) -> list[Any]:
        arrays = [_array(arguments[i]) for i in plan.translated.inputs]
        results = plan.held.program(*arrays) if plan.translated.graph.outputs else []
        sizes = {symbol: self._value(symbol, arguments) for symbol in self._where}
        outputs = [
            _give(given, layout, results, arguments, sizes)
            for given, layout in zip(plan.translated.outputs, layouts, strict=True)
        ]
        noticed(ObservedRun(self, plan, layouts, arguments, outputs))
        return outputs


def _with(entries: Mapping[Any, _Value], key: Any, value: _Value, most: int) -> Mapping[Any, _Value]:
    """Entries and one more, without the oldest where there are too many."""
    return dict([*{**entries, key: value}.items()][-most:])


def _is_native(node: Node) -> bool:
    """Whether it is computed by a step of ours: what torch computes alone it computes faster without our arrays."""
    return node.operation != "foreign" and not OPERATIONS[node.operation].is_view


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
