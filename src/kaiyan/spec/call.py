"""One call in a line of Python, read and never executed: its name, what stands before the name, and its arguments."""

from __future__ import annotations

import ast
import operator
import re
from dataclasses import dataclass, replace
from typing import Any

from kaiyan.show.error import ConvError
from kaiyan.spec.spelling import half_width

_NAMED = re.compile(r"^(\(\w+\):|[\w.]+ *=(?!=))\s*")
"""What stands before a call in a printed model or a line of code: (conv1): Conv2d(...), self.conv1 = nn.Conv2d(...)."""
_WORDY = ("padding", "padding_mode", "mode", "activation", "interpolation")
"""Arguments whose values can be words."""
_IGNORED = ("device", "dtype", "name", "inplace", "trainable")
"""Arguments of layers that say nothing of their sizes."""
_KEYWORD = re.compile(r"(?:assert|async|class|def|del|for|from|global|if|import|pass|raise|return|try|while|with)\b")
"""What begins a statement that is no expression."""
_PIECE = re.compile(r"\\\n|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*|.", re.DOTALL)
_LAYER = re.compile(r"Conv(?:Transpose)?[123]d\s*\(")
_LARGEST_WHOLE = 2**53 - 1
"""What is computed in an argument stays as large as a number of JavaScript holds exactly."""
_ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv}


@dataclass(frozen=True, slots=True)
class CodeCall:
    """``name`` of what is called, ``prefix`` before its last dot, the ``node`` of its arguments, the whole ``text``.

    ``order`` has the names of the arguments where it is a function that is read as a layer.
    """

    name: str
    prefix: str
    node: ast.Call
    text: str
    order: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[ast.expr, ...]:
        """The arguments without names."""
        return tuple(self.node.args)

    def named(self, name: str) -> Any:
        """The value of a named argument, None where there is none."""
        return next((literal(self.text, k.value) for k in self.node.keywords if k.arg == name), None)

    @property
    def written(self) -> str:
        """The call as it was written, without what stands before its name."""
        if self.order:
            return short(self.text)
        arguments = [ast.unparse(part) for part in self.node.args]
        arguments += [f"{k.arg or '**'}={ast.unparse(k.value)}" for k in self.node.keywords]
        return f"{self.name}({', '.join(arguments)})"

    def after(self, count: int) -> CodeCall:
        """The same call without its first arguments, such as the input of a function."""
        return replace(self, node=ast.Call(self.node.func, self.node.args[count:], self.node.keywords))

    def bound(self, order: tuple[str, ...]) -> dict[str, Any]:
        """Its arguments by name; raises ``ConvError`` for unknown ones, and for what is no number, word or tuple."""
        return _bound(self.text, self.node, order)


def called(text: Any) -> CodeCall:
    """The call that a text is; the layer in ``Conv2D(8, 3)(x)`` and in ``model.add(Conv2D(8, 3))``.

    >>> called("self.pool = nn.MaxPool2d（3，stride＝2）").bound(("kernel_size", "stride"))
    {'kernel_size': 3, 'stride': 2}
    """
    node = _parsed(text)
    if isinstance(node.func, ast.Call):
        node = node.func
    if isinstance(node.func, ast.Attribute) and node.func.attr == "add" and len(node.args) == 1:
        node = node.args[0] if isinstance(node.args[0], ast.Call) else node
    return of_node(node, text)


def named_or_called(text: Any) -> CodeCall:
    """The call that a text is, or that of a bare name such as "ReLU", with nothing in its brackets.

    >>> named_or_called("nn.ReLU").written
    'ReLU()'
    """
    bare = _NAMED.sub("", half_width(text).strip()).removesuffix(",") if isinstance(text, str) else ""
    return called(f"{bare}()" if re.fullmatch(r"(?:\w+\.)*[A-Z]\w*", bare) else text)


def of_node(node: ast.Call, text: str) -> CodeCall:
    """A call that was parsed already."""
    prefix, _, name = ast.unparse(node.func).rpartition(".")
    return CodeCall(name, prefix, node, text)


def literal(text: str, node: ast.expr) -> Any:
    """The number, word or tuple that an argument is; raises ``ConvError`` for anything else."""
    try:
        return ast.literal_eval(_computed(node))
    except (ValueError, TypeError, MemoryError, RecursionError):
        raise ConvError(
            "not-a-literal",
            "{text!r}: {part!r} is not a number, a word or a tuple of them; code is read, never executed",
            text=short(text),
            part=short(ast.unparse(node)),
        ) from None


def short(text: object) -> str:
    """At most 80 letters of it."""
    shown = str(text)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _parsed(text: str) -> ast.Call:
    try:
        tree = ast.parse(_NAMED.sub("", half_width(text).strip()).removesuffix(","), mode="eval").body
    except (SyntaxError, ValueError, TypeError, AttributeError, MemoryError, RecursionError):
        raise _unread(text) from None
    if not isinstance(tree, ast.Call):
        raise _no_call(text)
    return tree


def _no_call(text: str) -> ConvError:
    return ConvError(
        "not-a-call",
        "{text!r} is not a call of a convolution",
        'such as "nn.Conv2d(3, 64, 7, stride=2)"',
        text=short(text),
    )


def _several(text: Any, line: str) -> ConvError:
    """Several statements, of which one may be a layer."""
    error = ConvError(
        "several-statements",
        "{text!r} has more than one statement; one layer is read at a time",
        'such as "nn.Conv2d(3, 64, 7, stride=2)"',
        text=short(text),
    )
    return ConvError("several-statements", error.sentence.text, "{line}", **error.facts, line=line) if line else error


def _unread(text: Any) -> ConvError:
    """Why a text is no expression: nothing, a statement, several of them, or no Python."""
    plain = half_width(text).strip() if isinstance(text, str) else repr(text)
    if not plain:
        return ConvError("no-line", "no layer is written yet", 'such as "nn.Conv2d(3, 64, 7, stride=2)"')
    parts = _statements(plain)
    if len(parts) > 1:
        return _several(text, next(filter(_LAYER.search, parts), ""))
    if _KEYWORD.match(plain):
        return _no_call(text)
    return ConvError(
        "not-code", "{text!r} is not a line of Python", 'such as "nn.Conv2d(3, 64, 7, stride=2)"', text=short(text)
    )


def _statements(text: str) -> list[str]:
    """What stands between line ends and ';' outside of brackets, texts and comments."""
    parts: list[list[str]] = [[]]
    depth = 0
    for piece in _PIECE.findall(text):
        depth += (piece in "([{") - (piece in ")]}")
        if depth <= 0 and piece in ";\n":
            parts.append([])
        elif not piece.startswith("#"):
            parts[-1].append(piece)
    return [part for part in ("".join(pieces).strip() for pieces in parts) if part]


def _computed(node: ast.expr) -> ast.expr:
    """The same with sums, differences, products and floor quotients of whole numbers worked out."""
    match node:
        case ast.Tuple(parts) | ast.List(parts):
            return type(node)([_computed(part) for part in parts], node.ctx)
        case ast.UnaryOp(ast.UAdd() | ast.USub() as sign, operand):
            value = _whole(operand)
            return node if value is None else ast.Constant(-value if isinstance(sign, ast.USub) else value)
        case ast.BinOp(left, sign, right):
            value = _result(_whole(left), sign, _whole(right))
            return node if value is None else ast.Constant(value)
    return node


def _whole(node: ast.expr) -> int | None:
    """The whole number that an expression is, as far as it is one."""
    value = getattr(_computed(node), "value", None)
    return value if type(value) is int and abs(value) <= _LARGEST_WHOLE else None


def _result(one: int | None, sign: ast.operator, other: int | None) -> int | None:
    work = _ARITHMETIC.get(type(sign))
    if work is None or one is None or other is None or (other == 0 and isinstance(sign, ast.FloorDiv)):
        return None
    result: int = work(one, other)
    return result if abs(result) <= _LARGEST_WHOLE else None


def _bound(text: str, call: ast.Call, order: tuple[str, ...]) -> dict[str, Any]:
    if len(call.args) > len(order):
        raise ConvError(
            "too-many-arguments",
            "{text!r} has {count} arguments; at most {most} are accepted",
            text=short(text),
            count=len(call.args),
            most=len(order),
        )
    pairs = list(zip(order, call.args, strict=False))
    pairs += [(keyword.arg or "**", keyword.value) for keyword in call.keywords]
    bound: dict[str, Any] = {}
    for name, node in pairs:
        if name in _IGNORED and name not in order:
            continue
        if name not in order or name in bound:
            raise ConvError(
                "unknown-argument",
                "{text!r}: the argument {name!r} is unknown here or given twice",
                "the arguments are {known}",
                text=short(text),
                name=name,
                known=", ".join(order),
            )
        bound[name] = literal(text, _quoted(node) if name in _WORDY else node)
    return bound


def _quoted(node: ast.expr) -> ast.expr:
    """PyTorch prints its layers with bare words: Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=same)."""
    return ast.Constant(node.id) if isinstance(node, ast.Name) else node
