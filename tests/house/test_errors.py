"""Every error code that the source can raise is raised by some test; it runs last, and only with the whole suite."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import kaiyan

SOURCE = Path(kaiyan.__file__).parent


def codes(source: str) -> set[str]:
    """The codes of the errors that a source makes."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and len(node.args) > 1)
    first = (call.args[0] for call in calls if ast.unparse(call.func).rpartition(".")[2].endswith("Error"))
    return {str(code.value) for code in first if isinstance(code, ast.Constant)}


@pytest.mark.whole_suite
def test_every_error_code_is_raised_by_a_test(raised_codes: set[str]) -> None:
    in_source = set().union(*(codes(path.read_text("utf-8")) for path in SOURCE.rglob("*.py")))
    assert ", ".join(sorted(in_source - raised_codes)) == ""


def test_the_code_of_an_error_is_read() -> None:
    assert codes('raise ConvError("too-big", "{n} is too big", n=3)\nprint("a", "b")') == {"too-big"}
