"""Choices as text, JSON, beside the graph in a file, and read again: every field is looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kaiyan.program.choices import Choices, KeptChoices
from kaiyan.program.tensors_file import DamageError, once

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_LAYERS, _LONGEST_WORD, _MOST_INPUTS, _MOST_AXES = 100_000, 1000, 1000, 16
_LARGEST = 2**31


def text_of_choices(kept: KeptChoices) -> str:
    """The machine, the shapes, and what was chosen."""
    facts = {
        "machine": kept.machine, "shapes": [list(shape) for shape in kept.shapes],
        "algorithms": dict(kept.choices.algorithms), "layouts": dict(kept.choices.layouts),
        "channels_last": kept.choices.channels_last, "strips": dict(kept.choices.strips),
    }  # fmt: skip
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False)


def choices_of_text(text: str) -> KeptChoices:
    """The choices; raises ``DamageError`` where the text is not as ``text_of_choices`` writes it."""
    try:
        facts = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise DamageError from None
    if not isinstance(facts, dict) or set(facts) != set(_FIELDS):
        raise DamageError
    if not all(is_right(facts[name]) for name, is_right in _FIELDS.items()):
        raise DamageError
    shapes = tuple(tuple(shape) for shape in facts["shapes"])
    choices = Choices(facts["algorithms"], facts["layouts"], facts["channels_last"], facts["strips"])
    return KeptChoices(facts["machine"], shapes, choices)


def _is_word(entry: Any) -> bool:
    return isinstance(entry, str) and len(entry) <= _LONGEST_WORD


def _is_shape(entry: Any) -> bool:
    return (
        isinstance(entry, list) and len(entry) <= _MOST_AXES
        and all(type(size) is int and 0 <= size <= _LARGEST for size in entry)
    )  # fmt: skip


def _are_shapes(entry: Any) -> bool:
    return isinstance(entry, list) and len(entry) <= _MOST_INPUTS and all(map(_is_shape, entry))


def _are_algorithms(entry: Any) -> bool:
    return _names_layers(entry) and all(map(_is_word, entry.values()))


def _are_layouts(entry: Any) -> bool:
    return _names_layers(entry) and all(isinstance(last, bool) for last in entry.values())


def _are_strips(entry: Any) -> bool:
    return _names_layers(entry) and all(type(rows) is int and 0 < rows <= _LARGEST for rows in entry.values())


def _names_layers(entry: Any) -> bool:
    return isinstance(entry, dict) and len(entry) <= _MOST_LAYERS and all(map(_is_word, entry))


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "machine": _is_word, "shapes": _are_shapes, "algorithms": _are_algorithms, "layouts": _are_layouts,
    "channels_last": lambda entry: isinstance(entry, bool), "strips": _are_strips,
}  # fmt: skip
