"""An answer of any classes with each of its tensors changed."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[Tensor], Tensor]


def mapped(answer: Any, change: Change) -> Any:
    """The answer with every tensor changed, always in one order; an object or a mapping of the user's stays itself."""
    if isinstance(answer, Tensor):
        return change(answer)
    if isinstance(answer, dict):
        return _mapped_mapping(answer, change)
    if isinstance(answer, (list, tuple)):
        return _mapped_sequence(answer, change)
    if isinstance(answer, slice):
        return slice(*(mapped(end, change) for end in (answer.start, answer.stop, answer.step)))
    for name in _names(answer):
        value = getattr(answer, name)
        new = mapped(value, change)
        if new is not value:
            object.__setattr__(answer, name, new)
    return answer


def _mapped_mapping(answer: Any, change: Change) -> Any:
    for key in list(answer):
        new = mapped(answer[key], change)
        if new is not answer[key]:
            answer[key] = new
    return answer


def _mapped_sequence(answer: Any, change: Change) -> Any:
    entries = [mapped(entry, change) for entry in answer]
    if all(new is old for new, old in zip(entries, answer, strict=True)):
        return answer
    return type(answer)(*entries) if hasattr(answer, "_fields") else type(answer)(entries)


def _names(answer: Any) -> list[str]:
    """The fields of an object of the user's; a module, a class and a function are not looked into."""
    if isinstance(answer, (type, nn.Module)) or callable(answer):
        return []
    if is_dataclass(answer):
        return [field.name for field in fields(answer)]
    slots = getattr(type(answer), "__slots__", ())
    named = [name for name in ((slots,) if isinstance(slots, str) else slots) if hasattr(answer, name)]
    return [*named, *getattr(answer, "__dict__", {})]
