"""The line of a user's constructor that made a layer, and the same line with other settings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Any

from kaiyan.explain.layers import SETTINGS
from kaiyan.explain.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


def rewritten(model: nn.Module, path: str, new: nn.Module) -> tuple[Line, str] | None:
    """The user's line that made the layer at ``path``, and that line making ``new``; None where it cannot be found.

    Found are ``self.fc = nn.Linear(...)`` and what is written in ``self.features = nn.Sequential(...)``, on one line.
    """
    made = _constructor(model, path)
    if made is None:
        return None
    call, line, column = made
    old = model.get_submodule(path)
    changed = _changed(old, new)
    if not changed or call.lineno != call.end_lineno:
        return None
    arguments = _arguments(call, type(old))
    text = line.text
    for name in sorted(changed, key=lambda name: -arguments[name].col_offset if name in arguments else 0):
        given = arguments.get(name)
        if given is None:
            end = (call.end_col_offset or 0) - column - 1
            text = f"{text[:end]}{', ' if call.args or call.keywords else ''}{name}={changed[name]!r}{text[end:]}"
        else:
            text = f"{text[: given.col_offset - column]}{changed[name]!r}{text[(given.end_col_offset or 0) - column :]}"
    return line, text


def _changed(old: nn.Module, new: nn.Module) -> dict[str, Any]:
    names = next((names for family, names in SETTINGS.items() if isinstance(old, family)), ())
    if type(old) is not type(new):
        return {}
    return {name: _plain(getattr(new, name)) for name in names if getattr(old, name) != getattr(new, name)}


def _plain(value: Any) -> Any:
    """One number where all axes have the same."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _arguments(call: ast.Call, kind: type[nn.Module]) -> dict[str, ast.expr]:
    """What the call gives, by the constructor's names."""
    names = list(inspect.signature(kind).parameters)
    by_place = dict(zip(names, call.args, strict=False))
    return by_place | {word.arg: word.value for word in call.keywords if word.arg}


def _constructor(model: nn.Module, path: str) -> tuple[ast.Call, Line, int] | None:
    """The call, its line without the indentation, and how much that was; the columns of the call count it."""
    owner, _, name = path.rpartition(".")
    holder = model.get_submodule(owner) if path else None
    if holder is None:
        return None
    found = next(_assigned(holder, name), None)
    if found is None and name.isdecimal():
        above, _, own = owner.rpartition(".")
        outer = next(_assigned(model.get_submodule(above), own), None) if owner else None
        found = _element(outer, int(name))
    return found


def _element(outer: tuple[ast.Call, Line, int] | None, place: int) -> tuple[ast.Call, Line, int] | None:
    """The ``place``-th call written in a ``Sequential(...)``."""
    if outer is None or place >= len(outer[0].args) or any(isinstance(a, ast.Starred) for a in outer[0].args):
        return None
    inner = outer[0].args[place]
    if not isinstance(inner, ast.Call):
        return None
    whole = outer[1]
    lines = whole.text.splitlines()
    text = lines[inner.lineno - outer[0].lineno] if len(lines) > inner.lineno - outer[0].lineno else ""
    indent = len(text) - len(text.lstrip())
    shift = 0 if inner.lineno > outer[0].lineno else outer[2]
    number = whole.number + inner.lineno - outer[0].lineno
    return inner, Line(whole.file, number, text.strip()), indent + shift


def _assigned(holder: nn.Module, name: str) -> Iterator[tuple[ast.Call, Line, int]]:
    """Calls whose result becomes ``self.name`` in the constructor of the holder's class."""
    try:
        lines, start = inspect.getsourcelines(type(holder).__init__)
        file = inspect.getsourcefile(type(holder).__init__) or "?"
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return
    cut = textwrap.dedent("".join(lines)).splitlines()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        if any(isinstance(t, ast.Attribute) and t.attr == name and _is_self(t.value) for t in node.targets):
            text = "\n".join(cut[node.lineno - 1 : node.end_lineno])
            indent = len(text) - len(text.lstrip())
            yield node.value, Line(file, start + node.lineno - 1, text.lstrip()), indent


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
