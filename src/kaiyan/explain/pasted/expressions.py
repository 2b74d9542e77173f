"""Expressions of pasted code, read one kind after the other: the table at the end is all that is understood."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.pasted.attributes import attribute, item
from kaiyan.explain.pasted.calls import call, is_pasted
from kaiyan.explain.pasted.known import QUIET, UNDERSTOOD, layers
from kaiyan.explain.pasted.plain import BUILTINS
from kaiyan.explain.pasted.run import Later, LaterError, NotUnderstoodError, Scope, Unknown
from kaiyan.explain.pasted.values import Room, bounded
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kaiyan.explain.pasted.run import ReadingRun


def value(run: ReadingRun, node: ast.expr, scope: Scope) -> Any:
    """What an expression gives; raises ``NotUnderstoodError`` for what is not read, and whatever torch raises."""
    run.tick(node)
    read = EXPRESSIONS.get(type(node))
    if read is None:
        raise NotUnderstoodError(sentence("paste-kind", "{kind} is not read", kind=type(node).__name__), node)
    return bounded(read(run, node, scope), node)


def known(run: ReadingRun, node: ast.expr, scope: Scope) -> Any:
    """The same, where it is known."""
    found = value(run, node, scope)
    if isinstance(found, Unknown):
        raise NotUnderstoodError(found.why.words, node)
    return found


def _constant(_: ReadingRun, node: ast.Constant, __: Scope) -> Any:
    if isinstance(node.value, (complex, bytes)):
        raise NotUnderstoodError(sentence("paste-kind", "{kind} is not read", kind=type(node.value).__name__), node)
    return node.value


def _name(run: ReadingRun, node: ast.Name, scope: Scope) -> Any:
    try:
        found = scope.find(node.id)
    except KeyError:
        found = None
    else:
        if isinstance(found, Later):
            raise LaterError
        return found
    if node.id in UNDERSTOOD:
        return Room(UNDERSTOOD[node.id])
    found = BUILTINS.get(node.id) or layers().get(node.id)
    if found is not None:
        return found
    if run.is_flowing and scope.around is not None and _is_of_self(node.id, scope):
        name = node.id
        return run.within(node, scope, lambda: _raise(NameError(f"name {name!r} is not defined", name=name)))
    raise NotUnderstoodError(
        sentence("paste-undefined", "{name} is not defined in what was pasted", name=node.id), node
    )


def _is_of_self(name: str, scope: Scope) -> bool:
    owner = scope.names.get("self")
    return isinstance(owner, nn.Module) and hasattr(owner, name)


def _raise(error: Exception) -> Any:
    raise error


def _attribute(run: ReadingRun, node: ast.Attribute, scope: Scope) -> Any:
    holder = known(run, node.value, scope)
    return run.within(node, scope, lambda: attribute(run, holder, node.attr, node))


def _subscript(run: ReadingRun, node: ast.Subscript, scope: Scope) -> Any:
    holder = known(run, node.value, scope)
    index = known(run, node.slice, scope)
    if isinstance(holder, Tensor):
        later(run, scope)
    return run.within(node, scope, lambda: item(holder, index, node))


def _slice(run: ReadingRun, node: ast.Slice, scope: Scope) -> slice:
    return slice(*(None if end is None else known(run, end, scope) for end in (node.lower, node.upper, node.step)))


def _call(run: ReadingRun, node: ast.Call, scope: Scope) -> Any:
    if node in run.inputs and run.is_flowing:
        return scope.find(run.inputs[node][0])
    if isinstance(node.func, ast.Name) and node.func.id in QUIET:
        return _said(run, node, scope)
    if isinstance(node.func, ast.Name) and node.func.id == "super":
        return super_of(node, scope)
    function = known(run, node.func, scope)
    args = tuple(_spread(run, node.args, scope))
    named = {word.arg: known(run, word.value, scope) for word in node.keywords if word.arg}
    for word in node.keywords:
        named.update(known(run, word.value, scope) if word.arg is None else {})
    return run.within(node, scope, lambda: call(run, function, args, named, node=node, scope=scope))


def _said(run: ReadingRun, node: ast.Call, scope: Scope) -> None:
    """What is only shown is read for the tensors that it makes."""
    for part in node.args:
        try:
            value(run, part, scope)
        except NotUnderstoodError:
            continue


def super_of(node: ast.Call, scope: Scope) -> Any:
    """``super()``, of the class whose method runs."""
    from kaiyan.explain.pasted.values import Super

    if scope.owner is None or "self" not in scope.names:
        raise NotUnderstoodError(
            sentence("paste-undefined", "{name} is not defined in what was pasted", name="super"), node
        )
    return Super(scope.owner, scope.names["self"])


def _spread(run: ReadingRun, nodes: list[ast.expr], scope: Scope) -> Iterator[Any]:
    for node in nodes:
        if isinstance(node, ast.Starred):
            yield from iterated(run, known(run, node.value, scope), node)
        else:
            yield known(run, node, scope)


def iterated(run: ReadingRun, values: Any, node: ast.AST) -> Iterator[Any]:
    """What a loop goes over, counted; layers and lists, no tensor of unknown length."""
    if isinstance(values, (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList)):
        values = list(values)
    if isinstance(values, Tensor):
        values = values.unbind(0)
    if not isinstance(values, (list, tuple, range, dict, str)):
        raise NotUnderstoodError(
            sentence("paste-loop", "a loop over {kind} is not read", kind=type(values).__name__), node
        )
    for one in values:
        run.tick(node)
        yield one


def later(run: ReadingRun, scope: Scope) -> None:
    """Leaves a statement of the text itself for the flow, where it works with tensors."""
    if scope.around is None and not run.is_flowing and run.depth == 0:
        raise LaterError


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
}  # fmt: skip
_INPLACE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
}  # fmt: skip
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


def _binary(run: ReadingRun, node: ast.BinOp, scope: Scope) -> Any:
    left, right = known(run, node.left, scope), known(run, node.right, scope)
    return combined(run, node, scope, (left, right))


def combined(run: ReadingRun, node: ast.BinOp | ast.AugAssign, scope: Scope, pair: tuple[Any, Any]) -> Any:
    """Two operands, put together; ``x += y`` writes into a tensor."""
    left, right = pair
    table = _INPLACE if isinstance(node, ast.AugAssign) and isinstance(left, Tensor) else _BINARY
    function = table.get(type(node.op))
    if function is None or not may_meet(left, right, node.op):
        raise NotUnderstoodError(sentence("paste-calculation", "this calculation is not read"), node)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        later(run, scope)
    return run.within(node, scope, lambda: function(left, right))


def may_meet(left: Any, right: Any, sign: ast.operator) -> bool:
    """Whether an operation stays small: numbers of a few digits, lists of a few entries, no formatted text."""
    numbers = (int, float, bool)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return all(isinstance(end, (Tensor, *numbers)) for end in (left, right))
    if isinstance(left, numbers) and isinstance(right, numbers):
        return not isinstance(sign, ast.Pow) or _bits(left) * abs(right) <= 64
    if isinstance(sign, ast.Add):
        alike = type(left) is type(right) or (isinstance(left, tuple) and isinstance(right, tuple))
        return alike and isinstance(left, (str, list, tuple)) and len(left) + len(right) <= 4096
    series, count = (left, right) if isinstance(left, (list, tuple)) else (right, left)
    return isinstance(sign, ast.Mult) and isinstance(series, (list, tuple)) and isinstance(count, int) and \
        len(series) * count <= 4096  # fmt: skip


def _bits(number: float) -> int:
    return abs(int(number)).bit_length() if abs(number) < 2.0**64 else 65


def _unary(run: ReadingRun, node: ast.UnaryOp, scope: Scope) -> Any:
    held = known(run, node.operand, scope)
    sign = _SIGNS.get(type(node.op))
    if sign is None or not (isinstance(held, (int, float, Tensor)) or isinstance(node.op, ast.Not)):
        raise NotUnderstoodError(sentence("paste-calculation", "this calculation is not read"), node)
    if isinstance(held, Tensor):
        later(run, scope)
    return run.within(node, scope, lambda: sign(held))


def _compare(run: ReadingRun, node: ast.Compare, scope: Scope) -> Any:
    left = known(run, node.left, scope)
    for sign, end in zip(node.ops, node.comparators, strict=True):
        right = known(run, end, scope)
        result = _COMPARED[type(sign)](left, right)
        if not isinstance(result, bool):
            return result
        if not result:
            return False
        left = right
    return True


def _bool(run: ReadingRun, node: ast.BoolOp, scope: Scope) -> Any:
    held: Any = None
    for part in node.values:
        held = known(run, part, scope)
        if bool(held) is isinstance(node.op, ast.Or):
            return held
    return held


def _choice(run: ReadingRun, node: ast.IfExp, scope: Scope) -> Any:
    return value(run, node.body if known(run, node.test, scope) else node.orelse, scope)


def _list(run: ReadingRun, node: ast.List, scope: Scope) -> list[Any]:
    return list(_spread(run, node.elts, scope))


def _tuple(run: ReadingRun, node: ast.Tuple, scope: Scope) -> tuple[Any, ...]:
    return tuple(_spread(run, node.elts, scope))


def _dict(run: ReadingRun, node: ast.Dict, scope: Scope) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key, one in zip(node.keys, node.values, strict=True):
        if key is None:
            made.update(known(run, one, scope))
        else:
            made[known(run, key, scope)] = known(run, one, scope)
    return made


def _comprehension(run: ReadingRun, node: Any, scope: Scope) -> Any:
    inner = Scope({}, scope.name, scope.first, scope, scope.owner)
    inner.names.update({"self": scope.names["self"]} if "self" in scope.names else {})
    made = [
        (known(run, node.key, inner), known(run, node.value, inner))
        if isinstance(node, ast.DictComp)
        else known(run, node.elt, inner)
        for _ in _rounds(run, node.generators, inner)
    ]
    return dict(made) if isinstance(node, ast.DictComp) else made


def _rounds(run: ReadingRun, loops: list[ast.comprehension], scope: Scope) -> Iterator[None]:
    if not loops:
        yield None
        return
    first, *others = loops
    for one in iterated(run, known(run, first.iter, scope), first.iter):
        assign(run, first.target, one, scope)
        if all(known(run, test, scope) for test in first.ifs):
            yield from _rounds(run, others, scope)


def assign(run: ReadingRun, target: ast.expr, held: Any, scope: Scope) -> None:
    """Gives a name, an attribute of a module or several at once what they hold from now on."""
    if isinstance(target, ast.Name):
        scope.names[target.id] = held
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpacked(run, target, held, scope)
    elif isinstance(target, ast.Attribute):
        _set(run, target, held, scope)
    elif isinstance(target, ast.Subscript):
        holder, index = known(run, target.value, scope), known(run, target.slice, scope)
        if not isinstance(holder, (list, dict, nn.Sequential, nn.ModuleList, nn.ModuleDict, Tensor)):
            raise _not_assigned(target)
        put: Any = operator.setitem
        run.within(target, scope, lambda: put(holder, index, held))
    else:
        raise _not_assigned(target)


def _not_assigned(target: ast.AST) -> NotUnderstoodError:
    return NotUnderstoodError(sentence("paste-assignment", "this assignment is not read"), target)


def _unpacked(run: ReadingRun, target: ast.Tuple | ast.List, held: Any, scope: Scope) -> None:
    if isinstance(held, Unknown):
        for part in target.elts:
            assign(run, part, held, scope)
        return
    if any(isinstance(part, ast.Starred) for part in target.elts):
        raise _not_assigned(target)

    def parts() -> list[Any]:
        got = list(iterated(run, held, target))
        wanted = len(target.elts)
        if len(got) > wanted:
            raise ValueError(f"too many values to unpack (expected {wanted})")
        if len(got) < wanted:
            raise ValueError(f"not enough values to unpack (expected {wanted}, got {len(got)})")
        return got

    for part, one in zip(target.elts, run.within(target, scope, parts), strict=True):
        assign(run, part, one, scope)


def _set(run: ReadingRun, target: ast.Attribute, held: Any, scope: Scope) -> None:
    holder = known(run, target.value, scope)
    name = target.attr
    if not isinstance(holder, nn.Module) or not _is_free(holder, name):
        raise _not_assigned(target)
    run.within(target, scope, lambda: setattr(holder, name, held))


_TORCHS_OWN = frozenset(vars(nn.Module()))


def _is_free(holder: nn.Module, name: str) -> bool:
    """Whether a text may give an attribute of this name to a module: none that torch's own code reads."""
    if name in _TORCHS_OWN or name.startswith("__") or hasattr(type(holder), name):
        return False
    is_plain = type(holder) is nn.Module or (is_pasted(holder) and type(holder).pasted.root is nn.Module)  # type: ignore[attr-defined]
    return is_plain or not name.startswith("_")


def _text(run: ReadingRun, node: ast.JoinedStr, scope: Scope) -> str:
    parts: list[str] = []
    for part in node.values:
        held = part.value if isinstance(part, ast.Constant) else None
        if isinstance(part, ast.FormattedValue) and part.format_spec is None and part.conversion == -1:
            held = known(run, part.value, scope)
        if not isinstance(held, (str, int)):
            raise NotUnderstoodError(sentence("paste-text", "this text is not read"), node)
        parts.append(str(held))
    return "".join(parts)


EXPRESSIONS: dict[type[ast.expr], Callable[[ReadingRun, Any, Scope], Any]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript, ast.Slice: _slice,
    ast.Call: _call, ast.BinOp: _binary, ast.UnaryOp: _unary, ast.Compare: _compare, ast.BoolOp: _bool,
    ast.IfExp: _choice, ast.List: _list, ast.Tuple: _tuple, ast.Dict: _dict, ast.JoinedStr: _text,
    ast.ListComp: _comprehension, ast.GeneratorExp: _comprehension, ast.DictComp: _comprehension,
}  # fmt: skip
"""Every kind of expression that is read. A lambda, an await, a set or a walrus is not."""
