"""Layers put before or behind one: in its Sequential, on a line of their own, or around its call in the forward."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kaiyan.explain.pasted.edit import Edit, Way, indent_at
from kaiyan.explain.pasted.writing import as_function, as_layer, prefix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.fixes import Fix
    from kaiyan.explain.pasted.read import Reading
    from kaiyan.trace.record import Line


def inserted_ways(fix: Fix, reading: Reading, line: Line | None) -> Iterator[Way]:
    """How the layers of a fix get into the text."""
    model = reading.model
    origin = reading.run.origins.get(id(model.get_submodule(fix.path))) if model is not None else None
    codes = (fix.after or "").split("\n")
    if origin is None or fix.before not in codes:
        return
    place = codes.index(fix.before)
    before, after = codes[:place], codes[place + 1 :]
    call = origin[1]
    if _is_element(reading, call):
        yield from _elements(reading, call, before, after)
        return
    yield from _calls(reading, fix, line, before, after)
    yield from _wrapped(reading, call, before, after)


def _parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def _is_element(reading: Reading, call: ast.Call) -> bool:
    """Whether a layer stands among others: in a Sequential, a list, a tuple, or on a line of its own."""
    parent = _parents(reading.paste.tree).get(call)
    if isinstance(parent, ast.Call):
        return ast.unparse(parent.func).endswith("Sequential") and call in parent.args
    return isinstance(parent, (ast.List, ast.Tuple, ast.Expr))


def _elements(reading: Reading, call: ast.Call, before: list[str], after: list[str]) -> Iterator[Way]:
    prefix = prefix_of(reading.paste.source(call.func))
    codes = [as_layer(code, prefix) for code in (*before, *after)]
    if any(code is None for code in codes):
        return
    start, end = reading.paste.span(call)
    text = reading.paste.text
    row = text[text.rfind("\n", 0, start) + 1 : start]
    apart = f",\n{indent_at(reading, start)}" if not row.strip() else ", "
    if isinstance(_parents(reading.paste.tree).get(call), ast.Expr):
        apart = f"\n{indent_at(reading, start)}"
    known = [code for code in codes if code is not None]
    edits = [Edit(start, start, "".join(code + apart for code in known[: len(before)]))] if before else []
    if after:
        edits.append(Edit(end, end, "".join(apart + code for code in known[len(before) :])))
    yield Way(tuple(edits))


def _calls(reading: Reading, fix: Fix, line: Line | None, before: list[str], after: list[str]) -> Iterator[Way]:
    """Around the call of the layer, in the line that failed or in the only one that calls it."""
    name = fix.path.rpartition(".")[2]
    found = [
        node
        for node in ast.walk(reading.paste.tree)
        if isinstance(node, ast.Call) and node.args and _called(node) == name
    ]
    here = [node for node in found if line is not None and node.lineno == line.number]
    for node in (here if before and here else found)[:2]:
        argument = reading.paste.source(node.args[0])
        start, end = reading.paste.span(node.args[0])
        inner: str | None = argument
        for code in before:
            inner = as_function(code, inner) if inner else None
        whole: str | None = reading.paste.source(node)
        for code in after:
            whole = as_function(code, whole) if whole else None
        if before and inner:
            yield Way((Edit(start, end, inner),))
        elif after and whole:
            yield Way((Edit(*reading.paste.span(node), whole),))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _wrapped(reading: Reading, call: ast.Call, before: list[str], after: list[str]) -> Iterator[Way]:
    prefix = prefix_of(reading.paste.source(call.func))
    around = [*before, "", *after]
    codes = [reading.paste.source(call) if not code else as_layer(code, prefix) for code in around]
    if all(code is not None for code in codes):
        yield Way((Edit(*reading.paste.span(call), f"{prefix}Sequential({', '.join(map(str, codes))})"),))
