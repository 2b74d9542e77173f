"""Statements of pasted code, read one kind after the other; what is not understood is noted, and reading goes on."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import nn

from kaiyan.explain.pasted.calls import is_pasted
from kaiyan.explain.pasted.expressions import assign, combined, iterated, known, value
from kaiyan.explain.pasted.known import IMPORTED, rooms
from kaiyan.explain.pasted.modules import PastedClass, PastedFunction, module_class
from kaiyan.explain.pasted.run import LaterError, NotUnderstoodError, Unknown, too_many_steps
from kaiyan.explain.pasted.values import Room
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.explain.pasted.run import ReadingRun, Scope


class Ending(NamedTuple):
    """How statements end: by themselves, or by ``how``: "return" with its value, "break", "continue"."""

    how: str = ""
    value: Any = None


_ENDED = Ending()


def executed(run: ReadingRun, body: Sequence[ast.stmt], scope: Scope) -> Ending:
    """Reads statements in order, until one ends them."""
    for node in body:
        ending = statement(run, node, scope)
        if ending.how:
            return ending
    return _ENDED


def statement(run: ReadingRun, node: ast.stmt, scope: Scope) -> Ending:
    """One statement; where it is not understood its names are unknown from then on, unless the answer hangs on it."""
    run.tick(node)
    read = STATEMENTS.get(type(node))
    try:
        return (read or _unread)(run, node, scope) or _ENDED
    except RecursionError:
        error = too_many_steps(node)
    except NotUnderstoodError as raised:
        error = raised
    run.note(error, node)
    if any(isinstance(part, ast.Return) for part in ast.walk(node)) and not isinstance(node, ast.FunctionDef):
        raise error
    for part in ast.walk(node):
        if isinstance(part, (ast.Name, ast.Attribute)) and isinstance(part.ctx, ast.Store):
            _forgotten(run, part, error, scope)
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            scope.names[part.name] = Unknown(error)
    return _ENDED


def _unread(_: ReadingRun, node: ast.stmt, __: Scope) -> None:
    raise NotUnderstoodError(sentence("paste-kind", "{kind} is not read", kind=type(node).__name__), node)


def _forgotten(run: ReadingRun, part: ast.Name | ast.Attribute, error: NotUnderstoodError, scope: Scope) -> None:
    if isinstance(part, ast.Name):
        scope.names[part.id] = Unknown(error)
        return
    try:
        holder = value(run, part.value, scope)
        if isinstance(holder, nn.Module) and is_pasted(holder):
            setattr(holder, part.attr, Unknown(error))
    except (NotUnderstoodError, LaterError, AttributeError, TypeError):
        return


def _assign(run: ReadingRun, node: ast.Assign, scope: Scope) -> None:
    held = value(run, node.value, scope)
    for target in node.targets:
        assign(run, target, held, scope)


def _annotated(run: ReadingRun, node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        assign(run, node.target, value(run, node.value, scope), scope)


def _augmented(run: ReadingRun, node: ast.AugAssign, scope: Scope) -> None:
    target: Any = node.target
    read = type(target)(**{**dict(ast.iter_fields(target)), "ctx": ast.Load()})
    pair = known(run, ast.copy_location(read, target), scope), known(run, node.value, scope)
    if isinstance(pair[0], list) and isinstance(node.op, ast.Add):
        pair[0].extend(iterated(run, pair[1], node))
        return
    assign(run, target, combined(run, node, scope, pair), scope)


def _expression(run: ReadingRun, node: ast.Expr, scope: Scope) -> None:
    if not isinstance(node.value, ast.Constant):
        value(run, node.value, scope)


def _return(run: ReadingRun, node: ast.Return, scope: Scope) -> Ending:
    return Ending("return", None if node.value is None else known(run, node.value, scope))


def _if(run: ReadingRun, node: ast.If, scope: Scope) -> Ending:
    return executed(run, node.body if known(run, node.test, scope) else node.orelse, scope)


def _for(run: ReadingRun, node: ast.For, scope: Scope) -> Ending:
    for one in iterated(run, known(run, node.iter, scope), node.iter):
        assign(run, node.target, one, scope)
        ending = executed(run, node.body, scope)
        if ending.how == "break":
            return _ENDED
        if ending.how == "return":
            return ending
    return executed(run, node.orelse, scope)


def _with(run: ReadingRun, node: ast.With, scope: Scope) -> Ending:
    for entry in node.items:
        words = ast.unparse(entry.context_expr)
        if not words.startswith(_CONTEXTS) or entry.optional_vars is not None:
            raise NotUnderstoodError(sentence("paste-kind", "{kind} is not read", kind="with"), node)
    return executed(run, node.body, scope)


_CONTEXTS = ("torch.no_grad", "torch.inference_mode", "torch.set_grad_enabled", "torch.autocast", "torch.enable_grad")


def _assert(run: ReadingRun, node: ast.Assert, scope: Scope) -> None:
    if not known(run, node.test, scope):
        said = node.msg.value if isinstance(node.msg, ast.Constant) else ""
        run.within(node, scope, lambda: _raised(AssertionError(*([said] if said else []))))


def _raised(error: Exception) -> Any:
    raise error


def _raise(_: ReadingRun, node: ast.Raise, __: Scope) -> None:
    raise NotUnderstoodError(sentence("paste-raise", "the code raises an error of its own here"), node)


def _function(run: ReadingRun, node: ast.FunctionDef, scope: Scope) -> None:
    if any(not ast.unparse(one).startswith(_CONTEXTS) for one in node.decorator_list):
        raise NotUnderstoodError(sentence("paste-decorator", "a decorator is not read"), node)
    scope.names[node.name] = PastedFunction(node, run, scope)


def _class(run: ReadingRun, node: ast.ClassDef, scope: Scope) -> None:
    if node.keywords or node.decorator_list or len(node.bases) > 1:
        raise NotUnderstoodError(sentence("paste-class", "this kind of class is not read"), node)
    base = known(run, node.bases[0], scope) if node.bases else None
    if not (base is None or isinstance(base, PastedClass) or (isinstance(base, type) and issubclass(base, nn.Module))):
        raise NotUnderstoodError(sentence("paste-class", "this kind of class is not read"), node)
    made = PastedClass(node.name, node, run, scope, base)
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and not part.decorator_list:
            made.methods[part.name] = part
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            made.values[part.targets[0].id] = value(run, part.value, scope)
        elif not isinstance(part, (ast.Pass, ast.Expr, ast.AnnAssign)):
            run.note(
                NotUnderstoodError(sentence("paste-kind", "{kind} is not read", kind=type(part).__name__), part), part
            )
    made.kind = module_class(made) if made.root is not None else nn.Module
    scope.names[node.name] = made


def _import(_: ReadingRun, node: ast.Import, scope: Scope) -> None:
    for name in node.names:
        room = IMPORTED.get(name.name)
        if room is None:
            scope.names[name.asname or name.name.partition(".")[0]] = Unknown(_imported(name.name, node))
        elif name.asname:
            scope.names[name.asname] = Room(room)
        else:
            first = name.name.partition(".")[0]
            scope.names[first] = Room(IMPORTED[first])


def _imported(name: str, node: ast.AST) -> NotUnderstoodError:
    return NotUnderstoodError(
        sentence("paste-import", "{name} is not imported: only torch's layers are known", name=name), node
    )


def _import_from(_: ReadingRun, node: ast.ImportFrom, scope: Scope) -> None:
    room = IMPORTED.get(node.module or "")
    for name in node.names:
        whole = f"{node.module}.{name.name}"
        known = rooms().get(room or "", {})
        if name.name == "*":
            scope.names.update(known if room in ("nn", "F") else {})
        elif whole in IMPORTED:
            scope.names[name.asname or name.name] = Room(IMPORTED[whole])
        elif name.name in known:
            scope.names[name.asname or name.name] = known[name.name]
        elif whole == "torch.nn.Module":
            scope.names[name.asname or name.name] = nn.Module
        else:
            scope.names[name.asname or name.name] = Unknown(_imported(whole, node))


STATEMENTS: dict[type[ast.stmt], Callable[[ReadingRun, Any, Scope], Ending | None]] = {
    ast.Assign: _assign, ast.AnnAssign: _annotated, ast.AugAssign: _augmented, ast.Expr: _expression,
    ast.Return: _return, ast.If: _if, ast.For: _for, ast.With: _with, ast.Assert: _assert, ast.Raise: _raise,
    ast.FunctionDef: _function, ast.ClassDef: _class, ast.Import: _import, ast.ImportFrom: _import_from,
    ast.Pass: lambda *_: None, ast.Delete: lambda *_: None, ast.Global: lambda *_: None,
    ast.Break: lambda *_: Ending("break"), ast.Continue: lambda *_: Ending("continue"),
}  # fmt: skip
"""Every kind of statement that is read."""
