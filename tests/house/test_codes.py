"""Every code that a diagnosis can print is in the table of codes, with a title and an example."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import kaiyan
from kaiyan.cli.run import run
from kaiyan.explain.diagnosis.causes import CAUSES
from kaiyan.explain.diagnosis.causes.codes import CODES

SOURCE = Path(kaiyan.__file__).parent / "explain"


def printed(source: str) -> set[str]:
    """Codes that stand in a source: those of rows, of findings and of sentences."""
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str) and re.fullmatch(r"K\d{3}", text)} - {"K000"}


def test_every_code_that_can_be_printed_is_in_the_table() -> None:
    found = set().union(*(printed(path.read_text("utf-8")) for path in SOURCE.rglob("*.py")))
    assert found == {cause.code for cause in CAUSES}


def test_a_code_without_a_row_is_seen() -> None:
    assert printed('Finding(sentence("K001", "x"), code="K999")') == {"K001", "K999"}


def test_every_title_is_of_a_code_that_rows_have() -> None:
    assert set(CODES) == {cause.code for cause in CAUSES}


def test_the_command_line_knows_every_code() -> None:
    assert [code for code in {cause.code for cause in CAUSES} if run(["--lang", "en", "explain", "--code", code])] == []
