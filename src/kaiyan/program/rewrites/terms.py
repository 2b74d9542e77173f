"""The terms of a ``map`` while they are worked on: an operand is a value's name, the number of a term, or a float."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.program.graph import Node
from kaiyan.program.rewrites.kinds import broadcast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.program.rewrites.draft import Redraft

Term = tuple[Any, ...]
"""A word and its operands."""


def opened(node: Node) -> list[Term]:
    """The terms of a map, its inputs by their names."""
    count = len(node.inputs)
    return [
        (word, *(_operand(operand, node.inputs, count) for operand in operands))
        for word, *operands in node.settings["terms"]
    ]


def _operand(operand: int | float, inputs: tuple[str, ...], count: int) -> Any:
    if not isinstance(operand, int):
        return operand
    return inputs[operand] if operand < count else operand - count


def closed(terms: list[Term], output: str) -> Node:
    """The map of these terms: each is there once, and those that lead to the last one only."""
    terms = _read(_once(terms))
    inputs = tuple(dict.fromkeys(name for term in terms for name in term[1:] if isinstance(name, str)))
    places: Mapping[Any, int] = {name: i for i, name in enumerate(inputs)}
    settings = tuple(
        (word, *(_number(operand, places, len(inputs)) for operand in operands)) for word, *operands in terms
    )
    return Node("map", inputs, output, {"terms": settings})


def _number(operand: Any, places: Mapping[Any, int], count: int) -> Any:
    if isinstance(operand, float):
        return operand
    return places[operand] if isinstance(operand, str) else operand + count


def _once(terms: list[Term]) -> list[Term]:
    kept: list[Term] = []
    seen: dict[str, int] = {}
    numbers: list[int] = []
    for old in terms:
        term = renumbered(old, dict(enumerate(numbers)))
        key = repr(term)
        if key not in seen:
            seen[key] = len(kept)
            kept.append(term)
        numbers.append(seen[key])
    return kept[: numbers[-1] + 1]


def _read(terms: list[Term]) -> list[Term]:
    read = {len(terms) - 1}
    for number in reversed(range(len(terms))):
        if number in read:
            read |= {operand for operand in terms[number][1:] if isinstance(operand, int)}
    numbers = {old: new for new, old in enumerate(sorted(read))}
    return [renumbered(terms[old], numbers) for old in sorted(read)]


def renumbered(term: Term, by: Mapping[Any, Any]) -> Term:
    """A term whose operands, names or numbers of terms, are others."""
    return (term[0], *(operand if isinstance(operand, float) else by.get(operand, operand) for operand in term[1:]))


def without(terms: list[Term], number: int, by: Any) -> list[Term]:
    """The terms without one of them: what read it reads ``by``, a name or the number of an earlier term."""
    numbers = {old: old if old < number else old - 1 for old in range(len(terms))} | {number: by}
    return [renumbered(term, numbers) for old, term in enumerate(terms) if old != number]


def shapes(draft: Redraft, terms: list[Term]) -> list[tuple[Any, ...] | None]:
    """The shape of every term by itself; None where it is not known."""
    found: list[tuple[Any, ...] | None] = []
    for number, term in enumerate(terms):
        operands = [
            draft.shape(operand) if isinstance(operand, str) else found[operand]
            for operand in term[1:]
            if not isinstance(operand, float)
        ]
        known = [shape for shape in operands if shape is not None]
        found.append(broadcast(known, f"term {number}") if len(known) == len(operands) else None)
    return found
