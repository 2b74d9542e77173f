"""Every sentence exists in both languages, with the same places; found by reading the source, not by listing."""

import ast
import re
from collections import Counter
from string import Formatter

import pytest
from house_sentences import sentences, spoken

from kaiyan.show.error import ConvError
from kaiyan.show.i18n import catalogue, say
from kaiyan.show.sentence import Sentence


def _places(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _translated() -> dict[tuple[str, str], str]:
    return {(code, text): chinese for code, texts in catalogue().items() for text, chinese in texts.items()}


def test_every_sentence_has_its_chinese_and_every_chinese_its_sentence() -> None:
    assert spoken() == set(_translated())


def test_there_are_as_many_sentences_as_a_floor_needs() -> None:
    assert len(spoken()) > 150  # were the reader of the source broken, both sides above could be empty


def test_both_languages_have_the_same_places() -> None:
    assert [text for (_, text), chinese in _translated().items() if _places(text) != _places(chinese)] == []


def test_places_that_differ_are_found() -> None:
    assert _places("{n} of {m:,}") != _places("{n}")


def test_prose_is_translated_and_only_code_is_alike() -> None:
    alike = [text for (_, text), chinese in _translated().items() if text == chinese]
    assert [text for text in alike if re.search(r"[a-z]+ [a-z]+ [a-z]+", text)] == []


def test_the_reader_finds_what_a_call_says() -> None:
    call = ast.parse('ConvError("a-code", "text {n}", *(["help"] if x else []), *["near"] * 2, n=1)', mode="eval").body
    assert isinstance(call, ast.Call)
    assert set(sentences(call)) == {("a-code", "text {n}"), ("a-code", "help"), ("a-code", "near")}


def test_an_unknown_sentence_cannot_be_said_in_chinese() -> None:
    with pytest.raises(KeyError):
        say(Sentence("no-such-code", "text", {}), "zh")


def test_an_error_is_said_with_its_help_and_numbers() -> None:
    error = ConvError("too-small", "{name} is {value}; it must be at least {least}", "{name}={offered}",
                      name="stride", value=0, least=1, offered=1)  # fmt: skip
    assert say(error, "zh") == "stride 是 0；至少应为 1\n  办法：stride=1"
    assert say(error, "en") == "stride is 0; it must be at least 1\n  help: stride=1"
