"""Code and errors that were pasted: the question ``diagnose``.

Asked: {text, shape?}. ``text`` is what was pasted, code or an error or both; ``shape`` ("1x3x224x224", several with a
comma between) is of inputs that the text does not make. Answered:

- ``flow``: [{path, kind, code, line, called, span, in, out, parameters, failed, layer}], in order, to the end or to the
  gate; spans are [from, to] in the text, as JavaScript counts; ``out`` is null where it fails
- ``gate``: {words, line, span, kind: "error" | "unread", reason} or null; ``output`` shapes; ``parameters``
- ``input``: {shape, how: "text" | "given" | "guessed" | "", remarks}
- ``diagnosis``: {code, title, cause, unknown} or null
- ``fixes``: [{words, note, outcome: "works" | "further" | "", then, text, shape, diff, advice}]: ``text`` is what was
  pasted with the fix in, which was read and run again before it is offered as one that works; ``diff`` are rows
  {sign, line, text, mark}; without ``text`` and ``shape`` it is advice
- ``unread``: [{line, words}], what was not understood; ``error``: the words of an error that stood in the text

Nothing that was pasted is executed. Words are {en, zh}; raised is ``KaiyanError``.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.studio.desk import Reply, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.pasted.explained import Explanation, TextFix
    from kaiyan.explain.pasted.flow import FlowStep
    from kaiyan.studio.desk import Desk

Shape = tuple[int, ...]
CONTEXT = 1
"""Lines that are shown around a change."""
_LARGEST = 10**9
_UNITS = 0x10000


def diagnose(_: Desk, facts: dict[str, Any], __: list[bytes]) -> Reply:
    """The answer to ``diagnose``."""
    from kaiyan.explain.pasted.explained import explained

    text = facts.get("text")
    if not isinstance(text, str):
        raise KaiyanError("paste-empty", "nothing was pasted", "paste a model, a traceback, or both")
    return Reply(_facts(explained(text.replace("\r\n", "\n"), shapes_of(facts.get("shape")))))


def shapes_of(written: Any) -> tuple[Shape, ...]:
    """Shapes as they are written in the field; none where it is empty.

    >>> shapes_of("1x3x224x224, 1×10")
    ((1, 3, 224, 224), (1, 10))
    """
    if not isinstance(written, str) or not written.strip():
        return ()
    shapes = []
    for part in re.split(r"[,;，；]", written)[:8]:
        sizes = re.split(r"\s*[x×*X]\s*", part.strip())
        if len(sizes) > 6 or not all(map(_is_size, sizes)):
            raise KaiyanError("paste-shape", "{text!r} is not a shape", "1x3x224x224", text=part.strip()[:40])
        shapes.append(tuple(int(size) for size in sizes))
    return tuple(shapes)


def _is_size(size: str) -> bool:
    return size.isdecimal() and size.isascii() and 0 < int(size[:12]) < _LARGEST


def _facts(found: Explanation) -> dict[str, Any]:
    units = _counter(found.text)
    diagnosis = found.diagnosis
    return {
        "text": found.text,
        "code": found.has_code,
        "error": found.error,
        "flow": [_step(step, units) for step in found.steps],
        "gate": _gate(found, units),
        "output": [list(shape) for shape in found.outputs],
        "parameters": found.parameters,
        "input": {"shape": _written(found.shapes), "how": found.how, "remarks": [words(r) for r in found.remarks]},
        "diagnosis": diagnosis and _diagnosis(found),
        "fixes": [_fix(fix, found) for fix in found.fixes],
        "unread": [{"line": line, "words": words(said)} for line, said in found.unread],
    }


def _counter(text: str) -> Any:
    """From a place in Python's text to JavaScript's, which counts signs beyond the first plane twice."""
    if all(ord(sign) < _UNITS for sign in text):
        return lambda place: place
    return lambda place: len(text[:place].encode("utf-16-le")) // 2


def _written(shapes: tuple[Shape, ...]) -> str:
    return ", ".join("x".join(map(str, shape)) for shape in shapes)


def _step(step: FlowStep, units: Any) -> dict[str, Any]:
    return {
        "path": step.path,
        "kind": step.kind,
        "code": step.code[:200],
        "line": step.line,
        "called": step.called,
        "span": [units(place) for place in step.span],
        "in": [list(shape) for shape in step.inputs[:4]],
        "out": None if step.outputs is None else [list(shape) for shape in step.outputs[:4]],
        "parameters": step.parameters,
        "failed": step.failed,
        "layer": step.is_layer,
    }


def _gate(found: Explanation, units: Any) -> dict[str, Any] | None:
    gate = found.gate
    if gate is None:
        return None
    return {
        "words": gate.words[:2000],
        "line": gate.line,
        "span": [units(place) for place in gate.span],
        "kind": "error" if gate.is_error else "unread",
        "reason": words(gate.reason) if gate.reason else None,
    }


def _diagnosis(found: Explanation) -> dict[str, Any]:
    from kaiyan.explain.diagnosis.causes.codes import CODES

    diagnosis = found.diagnosis
    assert diagnosis is not None
    title = CODES.get(diagnosis.code) or sentence("title", "not in the catalogue")
    untried = [said for said in diagnosis.unknown if said.code != "fixes-not-tried"]
    return {
        "code": diagnosis.code,
        "title": words(title),
        "cause": words(diagnosis.cause),
        "unknown": [words(said) for said in untried],
    }


def _fix(fix: TextFix, found: Explanation) -> dict[str, Any]:
    return {
        "words": words(fix.sentence),
        "note": words(fix.note) if fix.note else None,
        "outcome": fix.outcome,
        "then": fix.then[:400],
        "text": fix.text,
        "shape": _written(fix.shapes) if fix.shapes else None,
        "diff": list(_diff(fix, found)),
        "advice": fix.advice,
    }


def _diff(fix: TextFix, found: Explanation) -> Iterator[dict[str, Any]]:
    """Rows with their signs: "-" and "+", " " for what stands around; ``mark`` is the changed part of a row."""
    if fix.text is None:
        if fix.shapes:
            yield {"sign": "-", "line": 0, "text": _written(found.shapes), "mark": None}
            yield {"sign": "+", "line": 0, "text": _written(fix.shapes), "mark": None}
        return
    before, after = found.text.split("\n"), fix.text.split("\n")
    for a, b, c, d in _changes(before, after):
        yield from _around(before, range(max(a - CONTEXT, 0), a))
        marks = _marks(before[a:b], after[c:d])
        for sign, rows, first, kept in (("-", before, range(a, b), marks[0]), ("+", after, range(c, d), marks[1])):
            for place, row in enumerate(first):
                yield {"sign": sign, "line": row + 1, "text": rows[row], "mark": kept[place] if kept else None}
        yield from _around(before, range(b, min(b + CONTEXT, len(before))))


def _changes(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Rows from a to b that became those from c to d; those alike at both ends are not compared with one another."""
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    parts = before[head : len(before) - tail], after[head : len(after) - tail]
    matcher = difflib.SequenceMatcher(None, *parts, autojunk=True)  # a row that is there a hundred times tells nothing
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield a + head, b + head, c + head, d + head


def _alike(rows: list[str], others: list[str]) -> int:
    """How many rows are the same from the first on."""
    return next((n for n, (row, other) in enumerate(zip(rows, others, strict=False)) if row != other),
                min(len(rows), len(others)))  # fmt: skip


def _around(rows: list[str], places: range) -> Iterator[dict[str, Any]]:
    for place in places:
        if rows[place].strip():
            yield {"sign": " ", "line": place + 1, "text": rows[place], "mark": None}


def _marks(before: list[str], after: list[str]) -> tuple[list[list[int]], list[list[int]]]:
    """What differs in rows that stand for one another."""
    if len(before) != len(after):
        return [], []
    pairs = [_differing(one, other) for one, other in zip(before, after, strict=True)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _differing(one: str, other: str) -> tuple[list[int], list[int]]:
    """From where to where two rows differ.

    >>> _differing("Linear(400, 10)", "Linear(3600, 10)")
    ([7, 8], [7, 9])
    """
    least = min(len(one), len(other))
    head = next((n for n in range(least) if one[n] != other[n]), least)
    tail = next((n for n in range(least - head) if one[-1 - n] != other[-1 - n]), least - head)
    return [head, len(one) - tail], [head, len(other) - tail]


FIXIT = {"diagnose": diagnose}
