"""A line of a method put another way, in one module of a copied model: how a fix of the user's code is tried."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FunctionType

    from torch import nn

    from kaiyan.trace.record import Line

_LINES = "_kaiyan_lines"
"""Where a rewritten class keeps the lines of its methods, so that a second change does not undo the first."""


def rewrite(module: nn.Module, line: Line, text: str) -> None:
    """Gives this one module a class whose method that holds the line is compiled anew, with ``text`` in its place.

    A class of pasted code is read anew instead, by its own ``with_line``: such code is never compiled.
    Raises ``LookupError`` where no method of its class holds the line.
    """
    read = getattr(type(module), "with_line", None)
    if read is not None:
        module.__class__ = read(line.number, text)
        return
    kept: dict[str, list[str]] = getattr(type(module), _LINES, {})
    for name, method in inspect.getmembers(type(module), inspect.isfunction):
        if method.__code__.co_filename != line.file:  # before the source is read, which takes a millisecond a method
            continue
        lines, start = inspect.getsourcelines(method)
        lines = kept.get(name, lines)
        if start <= line.number < start + len(lines):
            old = lines[line.number - start]
            indent = old[: len(old) - len(old.lstrip())]
            changed = [*lines]
            changed[line.number - start] = f"{indent}{text}\n"
            own = {name: _compiled(module, method, "".join(changed), start), _LINES: kept | {name: changed}}
            module.__class__ = type(type(module).__name__, (type(module),), own)
            return
    message = f"no method of {type(module).__name__} holds line {line.number}"
    raise LookupError(message)


def _compiled(module: nn.Module, method: FunctionType, source: str, start: int) -> Any:
    """The method of another source, in a class of the same name and with the same closure; lines keep their numbers."""
    free = [name for name in method.__code__.co_freevars if name != "__class__"]
    cells = dict(zip(method.__code__.co_freevars, method.__closure__ or (), strict=True))
    owner = method.__qualname__.rpartition(".")[0].rpartition(".")[2] or type(module).__name__
    outer = f"def make({', '.join(free)}):\n class {owner}:\n{source}\n return {owner}.__dict__[{method.__name__!r}]\n"
    space: dict[str, Any] = {}
    exec(compile("\n" * (start - 3) + outer, method.__code__.co_filename, "exec"), method.__globals__, space)
    made = space["make"](*(cells[name].cell_contents for name in free))
    for name, cell in zip(made.__code__.co_freevars, made.__closure__ or (), strict=True):
        if name == "__class__":  # what super() asks for
            cell.cell_contents = cells["__class__"].cell_contents
    return made
