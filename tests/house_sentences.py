"""Every sentence that the package can say, read from its source: (code, English text) pairs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import kaiyan
from kaiyan.explain.rows import COLUMNS
from kaiyan.pictures.named import KERNELS

SOURCE = Path(kaiyan.__file__).parent


def spoken() -> set[tuple[str, str]]:
    """All sentences: raised, derived, printed, and the help of the command line."""
    found = {("heading", heading) for heading in COLUMNS.values()}
    found |= {("kernels", recipe.does) for recipe in KERNELS.values()}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                found |= set(sentences(node))
    return found


def sentences(call: ast.Call) -> Iterator[tuple[str, str]]:
    """What one call says: an error with its help, a sentence, or an option's help."""
    name = ast.unparse(call.func).rpartition(".")[2]
    if (name.endswith("Error") or name in ("sentence", "Sentence")) and len(call.args) > 1:
        yield from _coded(call)
    if name in ("Option", "Command", "Group"):
        for keyword in call.keywords:
            if keyword.arg in ("help", "summary") and isinstance(keyword.value, ast.Constant):
                yield "help", str(keyword.value.value)
            if keyword.arg == "exits" and isinstance(keyword.value, ast.Dict):
                yield from (("help", text) for value in keyword.value.values for text in _texts(value))
    if name == "headings":
        yield from (("heading", word) for argument in call.args for word in _texts(argument) if word)
    if name == "_label" and isinstance(call.args[1], ast.Constant):
        yield "help", str(call.args[1].value)


def _coded(call: ast.Call) -> Iterator[tuple[str, str]]:
    code, *texts = call.args
    if not isinstance(code, ast.Constant):
        return
    for argument in texts:
        for text in _texts(argument):
            yield str(code.value), text


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Starred(value=inner) | ast.BinOp(left=inner):
            yield from _texts(inner)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one), *_texts(other))
        case ast.List(elts=entries):
            for entry in entries:
                yield from _texts(entry)
