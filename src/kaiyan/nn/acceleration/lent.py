"""Children of a module that say whether anyone was handed one: until then nobody else can have changed them."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


def _lending(name: str) -> Any:
    """The dictionary's method of this name, after which what it holds is lent."""
    method = getattr(dict, name)

    def lending(self: Lent, *arguments: Any, **named: Any) -> Any:
        self.is_lent = True
        return method(self, *arguments, **named)

    return lending


class Lent(dict[str, nn.Module | None]):
    """A module's children; ``is_lent`` once one of them was asked for, or another put in its place."""

    is_lent = False
    __getitem__, get, items, values = map(_lending, ("__getitem__", "get", "items", "values"))
    __setitem__, __delitem__, update = map(_lending, ("__setitem__", "__delitem__", "update"))
    __iter__, copy, pop, popitem = map(_lending, ("__iter__", "copy", "pop", "popitem"))
    setdefault, __or__, __ror__, __ior__ = map(_lending, ("setdefault", "__or__", "__ror__", "__ior__"))


def share_a_part(model: nn.Module, other: nn.Module) -> bool:
    """Whether two models hold a module, a tensor, a list or a dictionary together."""
    return bool(_parts(model) & _parts(other))


def _parts(model: nn.Module) -> set[int]:
    found: set[int] = set()
    for module in model.modules():
        things = (*module.parameters(recurse=False), *module.buffers(recurse=False), *vars(module).values())
        found |= {id(module), *(id(thing) for thing in things if isinstance(thing, (Tensor, list, dict, set)))}
    return found
