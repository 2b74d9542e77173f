"""Terms of maps that a word says in one."""

from __future__ import annotations

from math import isclose, sqrt
from typing import TYPE_CHECKING, Any

from kaiyan.program.rewrites.joining import fills
from kaiyan.program.rewrites.terms import Term, closed, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kaiyan.program.rewrites.draft import Redraft


def shorter_words(draft: Redraft) -> None:
    """Writes x * sigmoid(x) as silu(x), clip(x, 0, 6) as relu6(x), and so on."""
    for node in draft.listed("map"):
        terms = opened(node)
        words = list(terms)
        for number, term in enumerate(words):
            words[number] = next((found for rule in _RULES if (found := rule(words, term)) is not None), term)
        if words != terms:
            shorter = closed(words, node.output)
            if fills(draft, shorter):
                draft.put(shorter)


def _term(terms: list[Term], operand: Any, *words: str) -> Term | None:
    """The term that an operand is, where it is one of these words."""
    is_term = isinstance(operand, int) and terms[operand][0] in words
    return terms[operand] if is_term else None


def _sides(term: Term, *words: str) -> Iterator[tuple[Any, Any]]:
    """The operands of a term of two, either way round."""
    if term[0] in words:
        yield term[1], term[2]
        yield term[2], term[1]


def _is(operand: Any, number: float) -> bool:
    return isinstance(operand, float) and isclose(operand, number, rel_tol=1e-6)


def _clipped(terms: list[Term], term: Term) -> Term | None:
    if term[0] == "clip" and term[2:] == (0.0, 6.0):
        return ("relu6", term[1])
    for x, number in _sides(term, "maximum"):
        if isinstance(number, float) and number == 0.0 and not isinstance(x, float):
            return ("relu", x)
    for x, number in _sides(term, "minimum"):
        inner = _term(terms, x, "relu")
        if inner is not None and isinstance(number, float) and number == 6.0:
            return ("relu6", inner[1])
    return None


def _gated(terms: list[Term], term: Term) -> Term | None:
    """Products of x with a function of x."""
    for x, gate in _sides(term, "mul"):
        inner = _term(terms, gate, *_GATES)
        if inner is not None and inner[1] == x and type(inner[1]) is type(x):
            return (_GATES[inner[0]], x)
        tanh = _term(terms, gate, "tanh")
        soft = None if tanh is None else _term(terms, tanh[1], "softplus")
        if soft is not None and len(soft) == 2 and soft[1] == x and type(soft[1]) is type(x):
            return ("mish", x)
    return None


_GATES = {"sigmoid": "silu", "hardsigmoid": "hardswish"}


def _hard(terms: list[Term], term: Term) -> Term | None:
    """relu6(x + 3) / 6, and that times x."""
    share = _divided(term, 6.0)
    if share is None:
        return None
    over = _three_more(terms, share)
    if over is not None:
        return ("hardsigmoid", over)
    product = _term(terms, share, "mul")
    for x, gate in _sides(product, "mul") if product is not None else ():
        over = _three_more(terms, gate)
        if over is not None and over == x and type(over) is type(x):
            return ("hardswish", x)
    return None


def _three_more(terms: list[Term], operand: Any) -> Any:
    """The x of relu6(x + 3)."""
    clipped = _term(terms, operand, "relu6")
    added = None if clipped is None else _term(terms, clipped[1], "add")
    return next((x for x, number in _sides(added, "add") if _is(number, 3.0)), None) if added is not None else None


def _divided(term: Term, by: float) -> Any:
    """The x of x / by or x * (1 / by)."""
    if term[0] == "div" and _is(term[2], by):
        return term[1]
    return next((x for x, number in _sides(term, "mul") if _is(number, 1 / by)), None)


def _gelu(terms: list[Term], term: Term) -> Term | None:
    """x, 1/2 and 1 + erf(x / sqrt(2)), multiplied in any order."""
    factors = _factors(terms, term)
    if len(factors) != 3:
        return None
    halves = [factor for factor in factors if _is(factor, 0.5)]
    for factor in factors:
        x = _bell(terms, factor)
        others = [other for other in factors if other is not factor and not _is(other, 0.5)]
        if x is not None and len(halves) == 1 and len(others) == 1 and others[0] == x and type(others[0]) is type(x):
            return ("gelu", x)
    return None


def _factors(terms: list[Term], term: Term) -> list[Any]:
    if term[0] == "div" and _is(term[2], 2.0):
        inner = _term(terms, term[1], "mul")
        return [] if inner is None else [*inner[1:], 0.5]
    if term[0] != "mul":
        return []
    inner, other = _term(terms, term[1], "mul"), term[2]
    if inner is None:
        inner, other = _term(terms, term[2], "mul"), term[1]
    return [] if inner is None else [*inner[1:], other]


def _bell(terms: list[Term], operand: Any) -> Any:
    """The x of 1 + erf(x / sqrt(2))."""
    added = _term(terms, operand, "add")
    for inner, number in _sides(added, "add") if added is not None else ():
        erf = _term(terms, inner, "erf")
        scaled = None if erf is None or not isinstance(erf[1], int) else terms[erf[1]]
        if _is(number, 1.0) and scaled is not None:
            return _divided(scaled, sqrt(2))
    return None


_RULES: tuple[Callable[[list[Term], Term], Term | None], ...] = (_clipped, _gated, _hard, _gelu)
