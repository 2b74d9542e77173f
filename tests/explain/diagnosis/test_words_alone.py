"""Every code from its message alone, in both languages: no sentence is made of what was not read.

Messages are made from each row's own pattern: every alternative of it, with its optional parts and without them.
"""

from __future__ import annotations

import re
from itertools import product
from re import _parser as parser  # type: ignore[attr-defined]  # the standard library's own tree of a pattern
from typing import TYPE_CHECKING, Any

import pytest

import kaiyan
from kaiyan.explain.diagnosis.causes import CAUSES
from kaiyan.explain.diagnosis.causes.finding import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.causes.finding import Cause
    from kaiyan.explain.diagnosis.diagnose import Diagnosis
    from kaiyan.show.sentence import Sentence

ADVICE = ("least", "padding")
"""Facts that are 0 by the rule, not by what was read: the least setting, no padding."""
DIGITS = ("5", "7", "3", "9", "4", "6")
"""What stands for numbers, one after the other; none of them is 0 or 1."""


def messages(pattern: str) -> Iterator[str]:
    """One message for each alternative of a pattern, and for each choice of its optional parts."""
    tree = parser.parse(pattern)
    for whole in range(2):
        for parts in _texts(list(tree), optional=bool(whole), depth=0):
            text = parts
            for digit in DIGITS * 20:
                if "\0" not in text:
                    break
                text = text.replace("\0", digit, 1)
            yield text


def _texts(tree: list[Any], *, optional: bool, depth: int) -> list[str]:
    choices = [_one(kind, value, optional=optional, depth=depth) for kind, value in tree]
    return ["".join(parts) for parts in product(*choices)][:64]


def _one(kind: Any, value: Any, *, optional: bool, depth: int) -> list[str]:
    name = str(kind)
    if name == "LITERAL":
        return [chr(value)]
    if name == "BRANCH":
        return [text for branch in value[1] for text in _texts(list(branch), optional=optional, depth=depth + 1)]
    if name == "SUBPATTERN":
        return _texts(list(value[3]), optional=optional, depth=depth + 1)
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return _repeated(value, optional=optional, depth=depth)
    if name == "IN":
        return [_member(value)]
    return {"ANY": [" "], "NOT_LITERAL": ["x"]}.get(name, [""])


def _repeated(value: tuple[int, int, Any], *, optional: bool, depth: int) -> list[str]:
    least, _, body = value
    inside = list(body)
    one = str(inside[0][0]) if len(inside) == 1 else ""
    if one == "NOT_LITERAL" and inside[0][1] == ord("\n"):  # to the end of the line
        return ['"\0.weight", "\0.bias"']
    if one == "NOT_LITERAL" or (one == "IN" and str(inside[0][1][0][0]) == "NEGATE"):
        return ["\0, \0, \0, \0"]
    if one == "ANY":
        return ["[\0, \0]"]
    if least == 0 and not optional:
        return [""]
    return _texts(inside, optional=optional, depth=depth + 1)


def _member(value: list[Any]) -> str:
    first, inside = value[0]
    if str(first) == "CATEGORY":
        return {"CATEGORY_DIGIT": "\0", "CATEGORY_WORD": "Float", "CATEGORY_SPACE": " "}.get(str(inside), "x")
    if str(first) == "NEGATE":
        return "x"
    if str(first) == "RANGE":
        return chr(inside[0])
    return chr(inside) if isinstance(inside, int) else ""


ROWS = [pytest.param(cause, id=f"{number}-{cause.code}") for number, cause in enumerate(CAUSES)]


def read(cause: Cause) -> list[str]:
    """Messages that the row's own pattern takes."""
    return [text for text in dict.fromkeys(messages(cause.words)) if re.search(cause.words, text)]


def said(found: Diagnosis) -> Iterator[Sentence]:
    """Every sentence of a diagnosis."""
    yield found.cause
    yield from (fix.sentence for fix in found.fixes)
    yield from found.unknown


@pytest.mark.parametrize("cause", ROWS)
def test_no_sentence_is_made_of_what_was_not_read(cause: Cause) -> None:
    for text in read(cause):
        found = kaiyan.diagnose(text)
        empty = [
            (name, each.text)
            for each in said(found)
            for name, fact in each.facts.items()
            if is_empty(fact, text) and name not in ADVICE
        ]
        assert empty == [], text
        for lang in ("en", "zh"):
            first = found.text(lang).splitlines()[0]
            assert not re.search(r"None(?![,，])|[?？]", first.replace(text, "")), first


def is_empty(fact: object, text: str) -> bool:
    """Whether a fact stands for nothing that was read."""
    if fact == 0 and isinstance(fact, int):
        return 0 not in numbers(text)
    return fact in (None, (), "", "?", "()", "[]", "None")


def test_every_alternative_is_walked() -> None:
    assert [cause.words for cause in CAUSES if len(read(cause)) < cause.words.count("|") // 4 + 1] == []


def test_the_maker_of_messages_makes_every_alternative() -> None:
    made = set(messages(r"a (?P<n>\d+)(?: of (?P<m>\d+))?|b \[(?P<s>[^\]]*)\]"))
    assert made == {"a 5", "a 5 of 7", "b [5, 7, 3, 9]"}


@pytest.mark.parametrize("fact", [None, (), "?", 0])
def test_what_stands_for_nothing_is_seen(fact: object) -> None:
    assert is_empty(fact, "5 and 7")
    assert not is_empty(0, "axis 0")
