"""English and Chinese: which language to speak, and every sentence in it."""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence
from kaiyan.show.table import Text

LANGUAGES = ("en", "zh")
_VARIABLES = ("KAIYAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
"""Where a language is looked for when none is asked for, the first that is set."""


def language(choice: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """The language "en" or "zh": what was asked for, else KAIYAN_LANG, else the locale, else English.

    Raises ``KaiyanError`` when a language is asked for that we do not speak.

    >>> language(None, {"LANG": "zh_CN.UTF-8"})
    'zh'
    """
    asked = choice or environment.get("KAIYAN_LANG")
    spoken = asked or next((environment[name] for name in _VARIABLES if environment.get(name)), "en")
    word = spoken.lower().replace("-", "_").partition("_")[0]
    if word in LANGUAGES:
        return word
    if asked:
        raise KaiyanError(
            "unknown-language", "there is no language {language!r}", "one of {known}", language=asked, known="en, zh"
        )
    return "en"


def say(what: Text | KaiyanError, lang: str) -> str:
    """Words in a language: a sentence and those among its facts, an error with its help lines, a string as it is.

    >>> say(("1. ", Sentence("help", "options", {})), "zh")
    '1. 选项'
    """
    match what:
        case str():
            return what
        case tuple():
            return "".join(say(piece, lang) for piece in what)
        case KaiyanError():
            return _error(what, lang)
    text = what.text if lang == "en" else catalogue()[what.code][what.text]
    facts = {name: say(fact, lang) if isinstance(fact, Sentence) else fact for name, fact in what.facts.items()}
    return text.format_map(facts)


def _error(error: KaiyanError, lang: str) -> str:
    mark = say(Sentence("help", "help: {line}", {"line": "{line}"}), lang)
    what = f"{error.place}: {say(error.sentence, lang)}" if error.place else say(error.sentence, lang)
    return "\n  ".join([what, *(mark.format(line=say(line, lang)) for line in error.help)])


@lru_cache
def catalogue() -> dict[str, dict[str, str]]:
    """Chinese by code, and under it by the English text."""
    chinese: dict[str, dict[str, str]] = json.loads((files("kaiyan.show.i18n") / "zh.json").read_text("utf-8"))
    return chinese
