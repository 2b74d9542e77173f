"""The line of a user's constructor that made a layer, and the same line with other settings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.trace.rebuild import settings
from kaiyan.trace.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@dataclass(frozen=True)
class ConstructorCall:
    """A call that makes a module: its node, its class, its line without indentation, and how much that was.

    ``holder`` is the path of the module whose constructor holds it; ``space`` are the names that its code can see.
    """

    call: ast.Call
    kind: type[nn.Module]
    line: Line
    column: int
    holder: str
    space: dict[str, Any]

    def arguments(self) -> dict[str, ast.expr]:
        """What the call gives, by the constructor's names; empty where it is spread from a list or a dict."""
        call = self.call
        if any(isinstance(a, ast.Starred) for a in call.args) or any(word.arg is None for word in call.keywords):
            return {}
        by_place = dict(zip(self.names(), call.args, strict=False))
        return by_place | {word.arg: word.value for word in call.keywords if word.arg}

    def names(self) -> tuple[str, ...]:
        """What the constructor takes."""
        try:
            return tuple(inspect.signature(self.kind).parameters)
        except (TypeError, ValueError):
            return ()

    def parameter(self, node: ast.expr | None) -> str | None:
        """The node where it is a plain parameter of the constructor that holds the call."""
        return node.id if isinstance(node, ast.Name) else None


def rewritten(model: nn.Module, path: str, new: nn.Module) -> tuple[Line, str] | None:
    """The user's line that made the layer at ``path``, and that line making ``new``; None where it cannot be found.

    Found are ``self.fc = nn.Linear(...)`` and what is written in ``self.features = nn.Sequential(...)``, on one line.
    A setting that a block is given from outside is changed where the block is made: ``Block(16, 32)``.
    """
    changed = _changed(model.get_submodule(path), new)
    made = _maker(model, path) if changed else None
    if made is None:
        return None
    if _spread(made):
        return None
    outer = _given_from_outside(model, made, changed)
    if outer is not None:
        return _put(*outer)
    return _put(made, changed) if _is_alone(model, made, changed) else None


def library(model: nn.Module, path: str) -> str | None:
    """The installed package whose code made the layer at ``path``; None where it is the user's own."""
    holder = type(model.get_submodule(path.rpartition(".")[0])) if path else type(model)
    file = file_of(holder)
    return package(file) if is_library(file) and holder.__module__.partition(".")[0] != "torch" else None


def file_of(kind: type) -> str:
    """The file in which a class is written; empty where it has none, such as one that was typed into an interpreter."""
    try:
        return inspect.getsourcefile(kind) or ""
    except (OSError, TypeError):
        return ""


def is_library(file: str) -> bool:
    """Whether a file belongs to an installed package and is not the user's to change."""
    return "site-packages" in file or "dist-packages" in file


def package(file: str) -> str:
    """The installed package that a file belongs to.

    >>> package("/usr/lib/python3/site-packages/timm/models/vit.py")
    'timm'
    """
    return file.replace("\\", "/").rpartition("-packages/")[2].partition("/")[0]


def _spread(made: ConstructorCall) -> bool:
    return bool(made.call.args or made.call.keywords) and not made.arguments()


def _given_from_outside(
    model: nn.Module, made: ConstructorCall, changed: dict[str, Any]
) -> tuple[ConstructorCall, dict[str, Any]] | None:
    """The call that made the block around the layer, with the changed settings under the block's own names."""
    arguments = made.arguments()
    names = {name: made.parameter(arguments.get(name)) for name in changed}
    above = _maker(model, made.holder) if made.holder and all(names.values()) else None
    if above is None:
        return None
    given = above.arguments()
    values = {str(names[name]): value for name, value in changed.items()}
    return (above, values) if all(isinstance(given.get(name), ast.Constant) for name in values) else None


def _is_alone(model: nn.Module, made: ConstructorCall, changed: dict[str, Any]) -> bool:
    """Whether the line makes this one layer, or the setting is written there as a number and not as a name."""
    arguments = made.arguments()
    if all(isinstance(arguments.get(name), (ast.Constant, ast.BinOp, ast.Tuple, type(None))) for name in changed):
        return True
    kind = type(model.get_submodule(made.holder))
    return sum(type(module) is kind for module in model.modules()) == 1


def _put(made: ConstructorCall, changed: dict[str, Any]) -> tuple[Line, str] | None:
    """The line with the settings in the place of those that stand there."""
    call, column = made.call, made.column
    if call.lineno != call.end_lineno or is_library(made.line.file):
        return None
    arguments = made.arguments()
    if any(name not in made.names() for name in changed):
        return None
    text = made.line.text
    for name in sorted(changed, key=lambda name: -arguments[name].col_offset if name in arguments else 0):
        given = arguments.get(name)
        if given is None:
            end = (call.end_col_offset or 0) - column - 1
            text = f"{text[:end]}{', ' if call.args or call.keywords else ''}{name}={changed[name]!r}{text[end:]}"
        else:
            text = f"{text[: given.col_offset - column]}{changed[name]!r}{text[(given.end_col_offset or 0) - column :]}"
    return made.line, text


def _changed(old: nn.Module, new: nn.Module) -> dict[str, Any]:
    if type(old) is not type(new):
        return {}
    before = settings(old)
    return {name: _plain(value) for name, value in settings(new).items() if before.get(name) != value}


def _plain(value: Any) -> Any:
    """One number where all axes have the same."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _maker(model: nn.Module, path: str) -> ConstructorCall | None:
    """The call that made the module at ``path``, where it is written in a constructor."""
    if not path:
        return None
    module = model.get_submodule(path)
    owner, _, name = path.rpartition(".")
    proposed = list(_assigned(model, owner, name))
    if not proposed and name.isdecimal() and owner:
        above, _, own = owner.rpartition(".")
        proposed = [made for outer in _assigned(model, above, own) if (made := _element(outer, int(name)))]
    found = (_of_class(made, type(module)) for made in proposed)
    return next((made for made in found if made and _agrees(made, module)), None)


def _agrees(made: ConstructorCall, module: nn.Module) -> bool:
    """Whether every number that is written in the call is what the module has: of two branches only one made it."""
    for name, node in made.arguments().items():
        own, written = getattr(module, name, None), number(node)
        if written is not None and isinstance(own, (int, tuple)) and _plain(own) != _plain(written):
            return False
    return True


def number(node: ast.expr) -> Any:
    """A number, a product of numbers or a tuple of them; None for anything else."""
    plain = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.Tuple, ast.operator, ast.unaryop, ast.expr_context)
    if not all(isinstance(part, plain) and not isinstance(part, ast.Pow) for part in ast.walk(node)):
        return None
    try:
        value = eval(compile(ast.Expression(node), "?", "eval"), {"__builtins__": {}})
    except (ArithmeticError, TypeError, ValueError):
        return None
    return value if isinstance(value, (int, tuple)) and not isinstance(value, bool) else None


def _of_class(made: ConstructorCall, kind: type[nn.Module]) -> ConstructorCall | None:
    """The one call, itself or written inside it, whose name is that class; None where there is none, or several."""
    calls = [
        node for node in ast.walk(made.call) if isinstance(node, ast.Call) and _named(node.func, made.space) is kind
    ]
    if len(calls) != 1 or calls[0].lineno != made.call.lineno:
        return None
    return ConstructorCall(calls[0], kind, made.line, made.column, made.holder, made.space)


def _named(node: ast.expr, space: dict[str, Any]) -> Any:
    """What a name, dotted or not, stands for."""
    if isinstance(node, ast.Name):
        return space.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_named(node.value, space), node.attr, None)
    return None


def _element(outer: ConstructorCall | None, place: int) -> ConstructorCall | None:
    """The ``place``-th call written in a ``Sequential(...)``."""
    if outer is None or place >= len(outer.call.args) or any(isinstance(a, ast.Starred) for a in outer.call.args):
        return None
    inner = outer.call.args[place]
    if not isinstance(inner, ast.Call):
        return None
    row = inner.lineno - outer.call.lineno
    lines = outer.line.text.splitlines()
    text = lines[row] if len(lines) > row else ""
    indent = len(text) - len(text.lstrip())
    shift = 0 if row else outer.column
    line = Line(outer.line.file, outer.line.number + row, text.strip())
    return ConstructorCall(inner, outer.kind, line, indent + shift, outer.holder, outer.space)


def _assigned(model: nn.Module, owner: str, name: str) -> Iterator[ConstructorCall]:
    """Calls whose result becomes ``self.name`` in the constructor of the class of the module at ``owner``."""
    kind = type(model.get_submodule(owner))
    try:
        lines, start = inspect.getsourcelines(kind.__init__)
        file = inspect.getsourcefile(kind.__init__) or "?"
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return
    space = _space(kind)
    cut = textwrap.dedent("".join(lines)).splitlines()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        if any(isinstance(t, ast.Attribute) and t.attr == name and _is_self(t.value) for t in node.targets):
            text = "\n".join(cut[node.lineno - 1 : node.end_lineno])
            indent = len(text) - len(text.lstrip())
            line = Line(file, start + node.lineno - 1, text.lstrip())
            yield ConstructorCall(node.value, kind, line, indent, owner, space)


def _space(kind: type[nn.Module]) -> dict[str, Any]:
    """The names that the code of a constructor sees: those of its file, and of the functions around its class."""
    code: Any = kind.__init__
    cells = zip(code.__code__.co_freevars, code.__closure__ or (), strict=True) if hasattr(code, "__code__") else ()
    inner = {name: cell.cell_contents for name, cell in cells if name != "__class__"}
    return {**getattr(code, "__globals__", {}), **inner}


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
