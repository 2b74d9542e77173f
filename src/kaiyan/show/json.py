"""Results as JSON: numbers and words, sentences with their code, in both languages and with their facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from math import isfinite
from typing import Any

from kaiyan.show.i18n import say
from kaiyan.show.sentence import Sentence

SCHEMA = "kaiyan/1"
"""Counts up when a name in the JSON of a result goes or changes its meaning; new names do not count."""


def data(value: Any) -> Any:
    """A value of a result as JSON has it; what is not finite is None.

    A class that declares ``JSON`` is an object of those attributes, any other dataclass one of its fields; what has a
    spelling of its own (``__str__``) is that.

    >>> data({"size": (3, float("nan")), "sentence": Sentence("help", "options", {})})
    {'size': [3, None], 'sentence': {'code': 'help', 'text': 'options', 'zh': '选项', 'facts': {}}}
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Fraction():
            return float(value) if isfinite(value) else None
        case Sentence():
            return {"code": value.code, "text": say(value, "en"), "zh": say(value, "zh"), "facts": data(value.facts)}
        case Mapping():
            return {str(name): data(entry) for name, entry in value.items()}
        case list() | tuple() | set() | frozenset() | range():
            return [data(entry) for entry in value]
    return _other(value)


def document(kind: str, value: Any) -> dict[str, Any]:
    """A whole document: the schema, the kind of result, and the facts of a mapping or the attributes of an object."""
    return {"schema": SCHEMA, "kind": kind, **(data(value) if isinstance(value, Mapping) else attributes(value))}


def text_of(facts: Any) -> str:
    """The text of a JSON document."""
    return json.dumps(data(facts), ensure_ascii=False, indent=2, allow_nan=False)


def attributes(value: Any) -> dict[str, Any]:
    """What a class declares by ``JSON``, or its fields."""
    names = getattr(value, "JSON", None) or [field.name for field in fields(value)]
    return {name.partition(".")[0]: data(_attribute(value, name)) for name in names}


def _attribute(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value


def _other(value: Any) -> Any:
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if hasattr(value, "tolist"):
        return data(value.tolist())
    if hasattr(value, "JSON") or (is_dataclass(value) and "__str__" not in type(value).__dict__):
        return attributes(value)
    return str(value)
