"""Every code that a diagnosis can print is in the table of codes, with a title and an example."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import kaiyan
from kaiyan.cli.run import run
from kaiyan.explain.diagnosis.causes import CAUSES
from kaiyan.explain.diagnosis.causes.codes import CODES
from kaiyan.explain.diagnosis.causes.finding import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    codes = {cause.code for cause in CAUSES}
    assert [code for code in codes if run(["--lang", "en", "diagnose", "--code", code])] == []


OVERLAPS = {
    ("K058", "K050"), ("K058", "K051"), ("K058", "K002"), ("K058", "K001"), ("K058", "K030"), ("K058", "K018"),
    ("K058", "K012"), ("K058", "K031"), ("K058", "K021"), ("K058", "K005"), ("K058", "K020"), ("K058", "K006"),
    ("K057", "K044"), ("K057", "K024"), ("K044", "K024"), ("K001", "K030"), ("K012", "K031"), ("K027", "K070"),
    ("K051", "K021"), ("K053", "K006"), ("K024", "K033"), ("K024", "K034"), ("K061", "K033"), ("K033", "K034"),
    ("K076", "K034"), ("K058", "K076"), ("K076", "K005"),
}  # fmt: skip
"""Codes whose rows read some of the same words: the first of a pair is asked before the second, and may decline."""


def overlaps(rows: Iterable[Cause]) -> set[tuple[str, str]]:
    """Pairs of codes, the earlier first, where the words of one row match the example of the other's."""
    rows = list(rows)
    return {(first.code, then.code) for at, first in enumerate(rows) for then in rows[at + 1 :]
            if first.code != then.code
            and (re.search(first.words, then.example) or re.search(then.words, first.example))}  # fmt: skip


def test_the_order_of_the_rows_decides_only_where_it_is_said() -> None:
    assert overlaps(CAUSES) == OVERLAPS


def test_a_row_that_reads_the_words_of_another_is_found() -> None:
    rows = [
        Cause("K001", r"too \w+", "too small", lambda *_: None),
        Cause("K002", "small$", "so small", lambda *_: None),
    ]
    assert overlaps(rows) == {("K001", "K002")}
