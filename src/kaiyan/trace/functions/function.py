"""What is known of one of torch's functions, and one of its calls with the arguments by name."""

from __future__ import annotations

import dataclasses
from ast import literal_eval
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

    from kaiyan.spec.axis import Axis
    from kaiyan.trace.call import Call, TensorSpec
    from kaiyan.trace.functions.receptive import ReceptiveField

    WindowsRule = Callable[["Bound"], tuple[Axis, ...]]
    FieldRule = Callable[["Bound", list[ReceptiveField]], ReceptiveField]
    CountRule = Callable[["Bound"], int]
    MetaRule = Callable[..., Tensor | None]


class UnreadableError(ValueError):
    """Tensors or settings of a call that are of another form than is read here; torch may take them."""


@dataclass(frozen=True)
class TorchFunction:
    """One row of the table: everything that is known of a function of torch.

    ``name`` is its bare name without underscores, as records have it. ``order`` spells its arguments as torch's
    documentation does, "input kernel_size stride=None": behind a ``*`` they are taken by name alone. ``rank`` counts
    the axes of space of its windows. ``modules`` are the layers of torch.nn that call it.

    The rules read a ``Bound`` call, and raise ``UnreadableError`` where its tensors or numbers are of another form:
    ``windows`` gives an ``Axis`` for each axis of space, ``field`` what an output sees by what the inputs see,
    ``macs`` multiply-adds, ``terms`` how many products or numbers each sum has. ``meta`` has a rule for each of torch's
    own spellings: called with the arguments of ``order``, it gives the result on meta tensors, or None where that is
    not certain. ``is_view`` says that the result may share the memory of the first input; ``wraps`` that it keeps a
    small integer type, whose sums and products it outgrows.
    """

    name: str
    order: str = ""
    rank: int = 0
    modules: tuple[type[nn.Module], ...] = ()
    windows: WindowsRule | None = None
    field: FieldRule | None = None
    macs: CountRule | None = None
    terms: CountRule | None = None
    meta: Mapping[Callable[..., Any], MetaRule] = dataclasses.field(default_factory=dict)
    is_view: bool = False
    wraps: bool = False

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """Its arguments in order with what each is by itself; None where it must be given."""
        spelled = (word.partition("=") for word in self.order.split() if word != "*")
        return {name: literal_eval(default) if default else None for name, _, default in spelled}

    @cached_property
    def by_place(self) -> tuple[str, ...]:
        """Those of its arguments that may be given by position."""
        return tuple(word.partition("=")[0] for word in self.order.partition("*")[0].split())

    @cached_property
    def required(self) -> frozenset[str]:
        """Those that must be given."""
        return frozenset(word for word in self.order.split() if "=" not in word) - {"*"}

    @property
    def is_convolution(self) -> bool:
        """Whether it slides a weight over its input, transposed or not."""
        return self.windows is not None and "weight" in self.arguments

    def bound(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any] | None:
        """Every argument by its name; None where some are not known here, or missing, or given twice."""
        by_place = dict(zip(self.by_place, args, strict=False))
        is_twice = not by_place.keys().isdisjoint(named)
        if len(args) > len(self.by_place) or is_twice or not named.keys() <= self.arguments.keys():
            return None
        values = {**by_place, **named}
        return {**self.arguments, **values} if self.required <= values.keys() else None


@dataclass(frozen=True, slots=True)
class Bound:
    """A call of a function that is a row: its tensors by place, its settings by name."""

    call: Call
    function: TorchFunction

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The tensors that went in."""
        return self.call.inputs

    @property
    def output(self) -> TensorSpec:
        """The first tensor that came out."""
        return self.call.outputs[0]

    def __getitem__(self, name: str) -> Any:
        """A setting, what it is by itself where it was not given or is None."""
        place, by_place = list(self.function.arguments).index(name), self.call.arguments
        value = by_place[place] if place < len(by_place) else self.call.named.get(name)
        return self.function.arguments[name] if value is None else value

    def shape(self, place: int) -> tuple[int, ...]:
        """The shape of the tensor at a place among the inputs.

        Raises ``UnreadableError`` where there is none, as of packed weights of a quantised layer.
        """
        if place >= len(self.inputs):
            raise UnreadableError(f"no tensor at {place}")
        return self.inputs[place].shape

    def each(self, name: str) -> tuple[Any, ...]:
        """A setting for each axis of space: whole numbers or words.

        Raises ``UnreadableError`` for another count, and for what is neither, such as a tensor.
        """
        value = self[name]
        entries = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        entries = entries * self.function.rank if len(entries) == 1 else entries
        if len(entries) != self.function.rank or not all(isinstance(entry, (Integral, str)) for entry in entries):
            raise UnreadableError(f"{name}={value}")
        return entries
