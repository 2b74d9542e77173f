"""A fix as changes of the text that was pasted: at exactly its place, all else as it was written."""

from __future__ import annotations

import ast
import re
from inspect import signature
from typing import TYPE_CHECKING, Any

from kaiyan.explain.pasted.edit import Edit, Way, indent_at
from kaiyan.explain.pasted.feeding import fed_ways
from kaiyan.explain.pasted.inserting import inserted_ways
from kaiyan.explain.pasted.known import layers
from kaiyan.explain.pasted.writing import code_of, prefix_of
from kaiyan.trace.rebuild import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.explain.diagnosis.fixes import Fix
    from kaiyan.explain.pasted.read import Reading
    from kaiyan.explain.pasted.run import Scope
    from kaiyan.trace.record import Line


def ways(fix: Fix, reading: Reading, line: Line | None, path: str | None) -> Iterator[Way]:
    """How a fix can be carried out in the text, the most natural first; ``line`` and ``path`` are of the failure."""
    if fix.parts:
        each = [next(ways(part, reading, line, path), None) for part in fix.parts]
        if all(way is not None for way in each):
            yield Way(tuple(dict.fromkeys(edit for way in each if way for edit in way.edits)))
        return
    if fix.made is not None:
        yield from _of_settings(fix, reading)
        return
    if fix.line is not None and fix.line.file == reading.run.file:
        yield from _of_lines(fix, reading, fix.line)
        return
    if fix.path and fix.before and fix.after:
        yield from inserted_ways(fix, reading, line)
        return
    if fix.change is not None and fix.before is None:
        yield from fed_ways(fix, reading)
        return
    yield from _of_words(fix, reading, line, path)


def _bare(after: str) -> str:
    return re.sub(r"  # the same in .*$", "", after)


def _of_lines(fix: Fix, reading: Reading, line: Line) -> Iterator[Way]:
    before, after = (fix.before or "").split("\n"), _bare(fix.after or "").split("\n")
    rows = list(_rows_of(reading, before, line.number))
    if len(rows) != len(before):
        return
    if len(before) == len(after):
        yield Way(tuple(Edit(*reading.paste.row(n), text) for n, text in zip(rows, after, strict=True)))
        return
    if len(before) == 1 and len(after) == 2 and after[0].startswith("self."):
        made = _end_of_constructor(reading, rows[0], after[0])
        if made:
            yield Way((made, Edit(*reading.paste.row(rows[0]), after[1])))
            return
    if len(before) == 1:
        start, end = reading.paste.row(rows[0])
        yield Way((Edit(start, end, f"\n{indent_at(reading, start)}".join(after)),))


def _rows_of(reading: Reading, texts: list[str], first: int) -> Iterator[int]:
    """The numbers of lines with these texts, the nearest to the first."""
    lines = [row.strip() for row in reading.paste.lines]
    for text in texts:
        found = [number for number, row in enumerate(lines, start=1) if row == text.strip()]
        if found:
            yield min(found, key=lambda number: abs(number - first))


def _end_of_constructor(reading: Reading, row: int, code: str) -> Edit | None:
    """A line more behind the last of the constructor of the class that holds a line."""
    for node in ast.walk(reading.paste.tree):
        if isinstance(node, ast.ClassDef) and node.lineno <= row <= (node.end_lineno or 0):
            start = next((p for p in node.body if isinstance(p, ast.FunctionDef) and p.name == "__init__"), None)
            if start is not None:
                begin, end = reading.paste.span(start.body[-1])
                return Edit(end, end, f"\n{indent_at(reading, begin)}{code}")
    return None


def _of_settings(fix: Fix, reading: Reading) -> Iterator[Way]:
    """A layer made otherwise: the numbers of its call, or the whole of it."""
    model, made = reading.model, fix.made
    if model is None or made is None:
        return
    old = model.get_submodule(fix.path)
    origin = reading.run.origins.get(id(old))
    if origin is None:
        return
    _, call, scope = origin
    if type(old) is type(made) and settings(old):
        before = settings(old)
        new = {name: _one(held) for name, held in settings(made).items() if before.get(name) != held}
        edits = [list(_argument(reading, call, scope, type(old), name, held)) for name, held in new.items()]
        for turn in range(max((len(each) for each in edits), default=0)):
            yield Way(tuple(dict.fromkeys(each[min(turn, len(each) - 1)] for each in edits if each)))
        return
    code = code_of(made, prefix_of(reading.paste.source(call.func)), old, reading.paste.source(call))
    if code:
        yield Way((Edit(*reading.paste.span(call), code),))


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _argument(
    reading: Reading, call: ast.Call, scope: Scope, kind: type[nn.Module], name: str, value: Any
) -> Iterator[Edit]:
    """Where one argument can be written anew: where its number stands, then where it is used."""
    names = list(signature(kind).parameters)
    given = dict(zip(names, call.args, strict=False)) | {word.arg: word.value for word in call.keywords if word.arg}
    node = given.get(name)
    if node is None:
        yield _added(reading, call, f"{name}={value!r}")
        return
    deep = _literal(node, scope)
    if deep is not None and deep is not node:
        yield Edit(*reading.paste.span(deep), repr(value))
    yield Edit(*reading.paste.span(node), repr(value))


def _added(reading: Reading, call: ast.Call, code: str) -> Edit:
    """One argument more, behind the last."""
    parts = [*call.args, *(word.value for word in call.keywords)]
    if parts:
        end = max(reading.paste.span(part)[1] for part in parts)
        return Edit(end, end, f", {code}")
    end = reading.paste.span(call)[1] - 1
    return Edit(end, end, code)


def _literal(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Where the number that an expression stands for is written: followed through the calls that handed it on."""
    seen: Scope | None = scope
    while isinstance(node, ast.Name) and seen is not None and seen.given is not None and node.id in seen.given:
        node, seen = seen.given[node.id], seen.caller
    return node if isinstance(node, (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp)) else None


def _of_words(fix: Fix, reading: Reading, line: Line | None, path: str | None) -> Iterator[Way]:
    """A fix that says what to write in the failing line, or one setting of the failing layer."""
    after = _bare(fix.after or "")
    setting = re.fullmatch(r"(\w+)=(.+)", after)
    layer = reading.model.get_submodule(path) if reading.model is not None and path else None
    origin = reading.run.origins.get(id(layer)) if layer is not None else None
    if setting and origin is not None and fix.before is None:
        yield from _set(reading, origin[1], setting[1], setting[2])
    if line is None or line.file != reading.run.file or not after:
        return
    start, end = reading.paste.row(line.number)
    text = reading.paste.text[start:end]
    if fix.before and fix.before in text and "\n" not in after:
        yield Way((Edit(start, end, text.replace(fix.before, after, 1)),))
    elif setting and fix.before is None:
        for node in ast.walk(reading.paste.tree):
            if isinstance(node, ast.Call) and node.lineno == line.number:
                yield from _set(reading, node, setting[1], setting[2])


def _set(reading: Reading, call: ast.Call, name: str, text: str) -> Iterator[Way]:
    named = {word.arg: word.value for word in call.keywords}
    if name in named:
        yield Way((Edit(*reading.paste.span(named[name]), text),))
        return
    kind = layers().get(ast.unparse(call.func).rpartition(".")[2])
    places = list(signature(kind).parameters) if kind else []
    if name in places and places.index(name) < len(call.args):
        yield Way((Edit(*reading.paste.span(call.args[places.index(name)]), text),))
        return
    yield Way((_added(reading, call, f"{name}={text}"),))
