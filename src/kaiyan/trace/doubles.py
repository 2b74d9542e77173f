"""Doubles of models for one run, and of whatever hangs on them, made without running a line of the user's code.

Nothing is written into what a double is made from. A double of a module is an empty instance that is given doubles of
the attributes, those of tensors by a function: no memory is needed for tensors on meta, and nothing is asked of classes
that refuse ``copy.deepcopy``. What cannot be made so (locks, open files, generators) is shared.
"""

from __future__ import annotations

import copy
import enum
import functools
import itertools
import random
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DICTS: tuple[Any, ...] = (OrderedDict, defaultdict, dict)
_ATOMS = (
    str, bytes, int, float, complex, bool, type(None), type(...), range, type, enum.Enum, types.ModuleType, torch.Size,
    torch.dtype, torch.device, torch.layout, torch.memory_format, types.CodeType, torch.fx.Graph,
)  # fmt: skip
"""What does not change, or is of the program and not of the model."""


_COPIED = (
    np.ndarray, np.random.Generator, np.random.RandomState, random.Random, torch.Generator, itertools.count,
    itertools.cycle, torch.jit.ScriptModule,
)  # fmt: skip
"""What C keeps, and can copy."""


_BY_IDENTITY: tuple[Any, ...] = (object.__hash__, Tensor.__hash__, weakref.ref.__hash__)
"""How what is not told apart by its contents is hashed."""


class Doubles:
    """One double for each object, as long as it lives; ``tensor`` makes those of tensors."""

    def __init__(self, tensor: Callable[[Tensor], Tensor]) -> None:
        self._tensor = tensor
        self._made: dict[int, tuple[Any, Any]] = {}
        self._unfilled: list[tuple[Any, Any]] = []

    def of(self, value: Any) -> Any:
        """The double of a value, whole."""
        double = self._of(value)
        while self._unfilled:
            self._fill(*self._unfilled.pop())
        return double

    def _of(self, value: Any) -> Any:
        kind: Any = type(value)  # isinstance would ask the user's __class__
        way = _way(kind)
        if way is None:
            return value
        if id(value) not in self._made:
            self._made[id(value)] = (value, way(self, value))  # the value is kept, so that its id is not given again
        return self._made[id(value)][1]

    def _key(self, value: Any) -> Any:
        """Of a dict's key or a set's element: what is told apart by its contents stays itself."""
        kind = type(value)
        if kind is tuple:
            return self._same_or(value, map(self._key, value))
        return self._of(value) if kind.__hash__ in _BY_IDENTITY else value

    def _same_or(self, value: Any, entries: Iterable[Any]) -> Any:
        """A tuple or frozenset of other entries; itself where all are the same."""
        doubles = list(entries)
        if all(one is other for one, other in zip(doubles, value, strict=True)):
            return value
        return tuple.__new__(type(value), doubles) if isinstance(value, tuple) else type(value)(doubles)

    def _given_tensor(self, value: Tensor) -> Tensor:
        double = self._tensor(value)
        if double is not value and vars(value):
            self._unfilled.append((value, double))
        return double

    def _tuple(self, value: Any) -> Any:
        return self._same_or(value, map(self._of, value))

    def _frozenset(self, value: Any) -> Any:
        return self._same_or(value, map(self._key, value))

    def _slice(self, value: slice) -> slice:
        return slice(self._of(value.start), self._of(value.stop), self._of(value.step))

    def _method(self, value: types.MethodType) -> Any:
        return types.MethodType(self._of(value.__func__), self._of(value.__self__))

    def _builtin(self, value: types.BuiltinMethodType) -> Any:
        owner = self._of(value.__self__)
        return value if owner is value.__self__ else getattr(owner, value.__name__, value)

    def _partial(self, value: functools.partial[Any]) -> Any:
        named = {name: self._of(entry) for name, entry in value.keywords.items()}
        double = functools.partial(self._of(value.func), *map(self._of, value.args), **named)
        vars(double).update((name, self._of(entry)) for name, entry in vars(value).items())
        return double

    def _reference(self, value: weakref.ref[Any]) -> Any:
        there = value()
        return value if there is None else weakref.ref(self._of(there))

    def _function(self, value: types.FunctionType) -> Any:
        """A function whose closure holds what is doubled is made anew around the doubles."""
        cells = value.__closure__ or ()
        if (value.__module__ or "").startswith("torch.") or not any(_changes(cell) for cell in cells):
            return value
        closure = tuple(types.CellType() for _ in cells)
        double = types.FunctionType(value.__code__, value.__globals__, value.__name__, value.__defaults__, closure)
        double.__kwdefaults__ = value.__kwdefaults__
        vars(double).update(vars(value))
        self._unfilled.extend(zip(cells, closure, strict=True))
        return double

    def _dict(self, value: Any) -> Any:
        kind = type(value)
        if _is_plain(value) and not value:
            return kind()
        family = next(family for family in _DICTS if isinstance(value, family))
        return self._shell(value, family.__new__(kind))

    def _list(self, value: Any) -> Any:
        return self._shell(value, list.__new__(type(value)))

    def _set(self, value: Any) -> Any:
        return self._shell(value, set.__new__(type(value)))

    def _deque(self, value: Any) -> Any:
        double = deque.__new__(type(value))
        deque.__init__(double, (), value.maxlen)
        return self._shell(value, double)

    def _copy(self, value: Any) -> Any:
        return copy.deepcopy(value)

    def _object(self, value: Any) -> Any:
        """An empty instance; the object itself where its state is not Python's, or where its end means something.

        What torch.compile wraps runs as it is written.
        """
        kind = type(value)
        if kind.__module__ == "torch._dynamo.eval_frame" and "_modules" in attributes(value):
            return self._of(attributes(value)["_modules"]["_orig_mod"])
        if hasattr(kind, "__del__"):
            return value
        try:
            return self._shell(value, object.__new__(kind))
        except TypeError:
            return value

    def _shell(self, value: Any, double: Any) -> Any:
        self._unfilled.append((value, double))
        return double

    def _fill(self, value: Any, double: Any) -> None:
        if type(value) is types.CellType:
            if _holds(value):
                double.cell_contents = self._of(value.cell_contents)
            return
        if _is_plain(value):
            for key, entry in value.items():
                double[self._key(key)] = self._of(entry)
            return
        own = attributes(double)
        for name, entry in attributes(value).items():
            own[name] = self._of(entry)
        for slot in slots(type(value)):
            try:
                slot.__set__(double, self._of(slot.__get__(value, type(value))))
            except AttributeError:  # a slot that nothing was put into
                continue
        self._fill_entries(value, double)

    def _fill_entries(self, value: Any, double: Any) -> None:
        """By the families' own methods: a user's may refuse."""
        if isinstance(value, dict):
            family = next(family for family in _DICTS if isinstance(value, family))
            for key, entry in family.items(value):
                family.__setitem__(double, self._key(key), self._of(entry))
        elif isinstance(value, list):
            list.extend(double, map(self._of, list.__iter__(value)))
        elif isinstance(value, deque):
            deque.extend(double, map(self._of, deque.__iter__(value)))
        elif isinstance(value, set):
            set.update(double, map(self._key, set.__iter__(value)))
        if isinstance(value, defaultdict):
            slot: Any = vars(defaultdict)["default_factory"]
            slot.__set__(double, self._of(value.default_factory))


@lru_cache(maxsize=1024)
def _way(kind: type) -> Callable[[Doubles, Any], Any] | None:
    """How the double of an object of a kind is made; None where it is its own."""
    return None if issubclass(kind, _ATOMS) else next(way for kinds, way in _WAYS if issubclass(kind, kinds))


def attributes(value: Any) -> dict[str, Any]:
    """An object's own attributes, past any ``__getattribute__`` or ``__getattr__``; empty where it has none."""
    try:
        found: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found


def _is_plain(value: Any) -> bool:
    """Whether it is a dict of Python's own without attributes: most of what a module holds, so it takes a short way."""
    kind = type(value)
    return kind is dict or (kind is OrderedDict and not attributes(value))


def _changes(cell: types.CellType) -> bool:
    """Whether what a closure holds may have another double than itself."""
    if not _holds(cell):
        return True  # filled later, by the function that it belongs to
    value = cell.cell_contents
    plain = (*_ATOMS, types.BuiltinFunctionType)
    return not isinstance(value, plain) and not (type(value) is types.FunctionType and not value.__closure__)


def _holds(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 (reading it is the only way to ask)
    except ValueError:
        return False
    return True


def slots(kind: type) -> Iterator[Any]:
    """The descriptors of the slots that a class and its parents declare."""
    for family in kind.__mro__:
        if "__slots__" in vars(family):
            yield from (slot for slot in vars(family).values() if type(slot) is types.MemberDescriptorType)


_WAYS: tuple[tuple[Any, Callable[[Doubles, Any], Any]], ...] = (
    (Tensor, Doubles._given_tensor),  # noqa: SLF001
    (tuple, Doubles._tuple),  # noqa: SLF001
    (frozenset, Doubles._frozenset),  # noqa: SLF001
    (slice, Doubles._slice),  # noqa: SLF001
    (types.MethodType, Doubles._method),  # noqa: SLF001
    (types.BuiltinMethodType, Doubles._builtin),  # noqa: SLF001
    (types.FunctionType, Doubles._function),  # noqa: SLF001
    (functools.partial, Doubles._partial),  # noqa: SLF001
    (weakref.ref, Doubles._reference),  # noqa: SLF001
    (_DICTS, Doubles._dict),  # noqa: SLF001
    (list, Doubles._list),  # noqa: SLF001
    (set, Doubles._set),  # noqa: SLF001
    (deque, Doubles._deque),  # noqa: SLF001
    (_COPIED, Doubles._copy),  # noqa: SLF001
    (object, Doubles._object),  # noqa: SLF001
)
"""How the double of each kind of object is made; the first that fits."""
