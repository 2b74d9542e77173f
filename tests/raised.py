"""The codes of errors: those that the source makes, and those of them that no test has raised."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import kaiyan

SOURCE = Path(kaiyan.__file__).parent


def codes(source: str) -> set[str]:
    """The codes of the errors that a source makes."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and len(node.args) > 1)
    first = (call.args[0] for call in calls if ast.unparse(call.func).rpartition(".")[2].endswith("Error"))
    return {str(code.value) for code in first if isinstance(code, ast.Constant)}


@cache
def _in_source() -> set[str]:
    return set().union(*(codes(path.read_text("utf-8")) for path in SOURCE.rglob("*.py")))


def unraised(raised: set[str]) -> set[str]:
    """The codes in the source that are not among those that were raised."""
    return _in_source() - raised
