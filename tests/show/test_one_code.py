"""A code says one thing: an error's, a refusal's, a note's; read from the source."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from house_sentences import SOURCE

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Iterable

LABELS = ("heading", "help", "kernels", "network-number", "title")
"""Words of tables, of the command line and of lists: their code says where they stand."""


def sentences_of(sources: Iterable[str]) -> dict[str, set[str]]:
    """The sentences of every code, without the help lines of errors; K… are tables of their own."""
    found: dict[str, set[str]] = {}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            name, code, text = ast.unparse(node.func).rpartition(".")[2], *node.args[:2]
            if not isinstance(code, ast.Constant) or not (name.endswith("Error") or name.lower() == "sentence"):
                continue
            for part in ast.walk(text):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.setdefault(str(code.value), set()).add(part.value)
    return {code: texts for code, texts in found.items() if code not in LABELS and not re.match(r"K\d{3}$", code)}


def test_a_code_says_one_thing() -> None:
    found = sentences_of(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    assert len(found) > 250
    assert {code: texts for code, texts in found.items() if len(texts) > 1} == {}


def test_a_code_of_two_things_is_found() -> None:
    found = sentences_of(['sentence("refused", "its dilation is not 1"); sentence("refused", "an axis is empty")'])
    assert found == {"refused": {"its dilation is not 1", "an axis is empty"}}


def test_a_program_can_tell_why_an_algorithm_refused() -> None:
    rows = kaiyan.plan("Conv2d(4, 4, 3, dilation=2)", (1, 4, 9, 9)).to_dict()["rows"]
    codes = {row["refusal"]["code"] for row in rows if row["refusal"]}
    assert {"refused-dilated", "refused-not-pointwise", "refused-channels-mixed"} <= codes
