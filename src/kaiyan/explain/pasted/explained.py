"""What was pasted, explained: the flow of its shapes, the gate where it fails, the diagnosis, fixes tried in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.causes import CAUSES
from kaiyan.explain.diagnosis.diagnose import diagnose
from kaiyan.explain.inputs import FirstRun, run_on
from kaiyan.explain.pasted.edit import changed_text
from kaiyan.explain.pasted.flow import FlowStep, steps_of
from kaiyan.explain.pasted.guess import Given, asked_count, guessed
from kaiyan.explain.pasted.paste import WIDEST, paste
from kaiyan.explain.pasted.read import Reading, read
from kaiyan.explain.pasted.rewriting import ways
from kaiyan.explain.pasted.run import NotUnderstoodError, is_over, within_seconds
from kaiyan.explain.pasted.watching import Watched
from kaiyan.show.error import KaiyanError
from kaiyan.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.diagnose import Diagnosis
    from kaiyan.explain.diagnosis.fixes import Fix
    from kaiyan.explain.pasted.edit import Way
    from kaiyan.show.sentence import Sentence
    from kaiyan.trace.record import Record

Shape = tuple[int, ...]
AGAIN = 8
"""Layers in which one fix is repeated: one line of a class may make many."""


@dataclass(frozen=True)
class Gate:
    """Where the flow ends before its end: the words of the error, the line, and its place in the text."""

    words: str
    line: int
    span: tuple[int, int]
    is_error: bool = True
    """False where the code was not understood: nothing failed."""
    reason: Sentence | None = None


@dataclass(frozen=True)
class TextFix:
    """A fix of the diagnosis. ``text`` (or ``shapes``) is what is pasted with it in, where it can be put in.

    ``outcome`` is what the new text did when it was run: "works", "further" (it fails later), or "" where none was run;
    ``then`` are the words of the next failure.
    """

    sentence: Sentence
    note: Sentence | None
    text: str | None
    shapes: tuple[Shape, ...] | None
    outcome: str
    then: str
    advice: str
    """The code of the fix as the diagnosis writes it: a line before and after, each with its sign."""


@dataclass(frozen=True)
class Explanation:
    """``steps`` in order; ``gate`` where they end; ``diagnosis`` and ``fixes`` of the gate, or of the pasted words."""

    text: str
    steps: tuple[FlowStep, ...]
    gate: Gate | None
    diagnosis: Diagnosis | None
    fixes: tuple[TextFix, ...]
    shapes: tuple[Shape, ...]
    how: str
    outputs: tuple[Shape, ...]
    parameters: int
    remarks: tuple[Sentence, ...]
    unread: tuple[tuple[int, Sentence], ...]
    error: str
    has_code: bool


@dataclass(frozen=True)
class Tried:
    """One run of a text."""

    reading: Reading
    given: Given | None

    @property
    def record(self) -> Record | None:
        return self.given.run.record if self.given else None

    @property
    def error(self) -> BaseException | None:
        """What failed: in the flow, or where the model was to be made."""
        if self.record is not None and self.record.error is not None:
            return self.record.error
        return self.reading.failure

    @property
    def done(self) -> int:
        return len(self.record.done) if self.record else 0

    @property
    def runs(self) -> bool:
        """Whether the flow goes to its end and all of it was understood."""
        if self.record is None or self.error is not None:
            return False
        return bool(self.record.output_shapes) or not self.reading.run.missed


def explained(text: str, shapes: tuple[Shape, ...] = ()) -> Explanation:
    """What pasted code, a pasted error, or both come to; ``shapes`` are of inputs that the text does not make.

    Raises ``KaiyanError`` for what is too long or empty. Nothing of the text is executed.
    """
    parted = paste(text)
    with within_seconds(), Watched():
        reading = read(parted)
        error = parted.error or _told_beside(reading)
        tried = _tried(reading, shapes, error)
        gate = _gate(tried)
        diagnosis, fixes = _diagnosed(tried, gate, error)
    record = tried.record
    return Explanation(
        text=text,
        steps=steps_of(reading, record) if record else (),
        gate=gate,
        diagnosis=diagnosis,
        fixes=fixes,
        shapes=tried.given.shapes if tried.given else (),
        how=tried.given.how if tried.given else "",
        outputs=_outputs(tried),
        parameters=sum(p.numel() for p in reading.model.parameters()) if reading.model is not None else 0,
        remarks=tuple(_remarks(tried)),
        unread=tuple(_unread(tried)),
        error=error,
        has_code=parted.has_code,
    )


def _outputs(tried: Tried) -> tuple[Shape, ...]:
    """What comes out at the end; of a text that only prints it, what the last step gives."""
    record = tried.record
    if record is None or not tried.runs:
        return ()
    last = steps_of(tried.reading, record)[-1:]
    return record.output_shapes or next((step.outputs for step in last if step.outputs), ())


def _told_beside(reading: Reading) -> str:
    """Lines that are no Python and that the catalogue of errors knows."""
    lines = [reading.paste.text.split("\n")[number - 1] for number, _ in reading.paste.unread]
    words = "\n".join(line[:WIDEST] for line in lines)
    return words if words and any(_knows(cause.words, words) for cause in CAUSES) else ""


def _knows(pattern: str, words: str) -> bool:
    return re.search(pattern, words) is not None


def _tried(reading: Reading, shapes: tuple[Shape, ...], error: str = "") -> Tried:
    """A run of what was read; none where there is no time left for it."""
    try:
        return _run(reading, shapes, error)
    except NotUnderstoodError as over:
        reading.run.note(over, reading.paste.tree)
        return Tried(reading, None)


def _run(reading: Reading, shapes: tuple[Shape, ...], error: str) -> Tried:
    model = reading.model
    if model is None:
        return Tried(reading, None)
    if reading.inputs and not reading.names:
        run = FirstRun(reading.inputs, record(model, reading.inputs))
        return Tried(reading, Given(tuple(tuple(x.shape) for x in reading.inputs), run, "text"))
    count = asked_count(model)
    if shapes:
        return Tried(reading, Given(shapes, run_on(model, (shapes * count)[: max(count, len(shapes))]), "given"))
    return Tried(reading, guessed(model, count, error))


def _gate(tried: Tried) -> Gate | None:
    error, reading, record = tried.error, tried.reading, tried.record
    if error is None:
        return _unknown_gate(tried)
    if isinstance(error, NotUnderstoodError):
        return Gate("", error.line, _row(reading, error.line), is_error=False, reason=error.words)
    words = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if record is not None and record.error is not None:
        steps = steps_of(reading, record)
        failed = steps[-1] if steps and steps[-1].failed else None
        line = failed.line if failed and failed.line else _error_line(reading, error)
        return Gate(f"{type(error).__name__}: {words}", line, failed.span if failed else _row(reading, line))
    line = _error_line(reading, error) or getattr(reading.failing, "lineno", 0)
    return Gate(f"{type(error).__name__}: {words}", line, _row(reading, line))


def _unknown_gate(tried: Tried) -> Gate | None:
    """Where the flow ended without an error: something in it was not understood."""
    reading, record = tried.reading, tried.record
    if tried.runs:
        return None
    for line, words in sorted(reading.run.noted.items()):
        if record is not None:
            return Gate("", line, _row(reading, line), is_error=False, reason=words)
    return None


def _error_line(reading: Reading, error: BaseException) -> int:
    """The innermost line of the text that an error came through."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == reading.run.file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _row(reading: Reading, line: int) -> tuple[int, int]:
    return reading.paste.row(line) if 0 < line <= len(reading.paste.lines) else (0, 0)


def _remarks(tried: Tried) -> Iterator[Sentence]:
    yield from tried.reading.remarks
    if tried.given is not None:
        yield from tried.given.run.remarks
        if tried.given.remark is not None:
            yield tried.given.remark


def _unread(tried: Tried) -> Iterator[tuple[int, Sentence]]:
    yield from tried.reading.paste.unread
    yield from sorted(tried.reading.run.noted.items())


def _diagnosed(tried: Tried, gate: Gate | None, error: str) -> tuple[Diagnosis | None, tuple[TextFix, ...]]:
    if gate is not None and gate.is_error:
        try:
            found = _why(tried)
        except NotUnderstoodError:  # no time is left to look for more than the words tell
            return diagnose(str(tried.error)), ()
        return found, tuple(_mended(fix, tried, found) for fix in found.fixes)
    if not error:
        return None, ()
    told = diagnose(error)
    return told, tuple(_mended(fix, tried, told) for fix in told.fixes)


def _why(tried: Tried) -> Diagnosis:
    record, model = tried.record, tried.reading.model
    error = tried.error
    assert error is not None
    is_made = record is not None and record.error is error and error not in tried.reading.run.failures
    if is_made and model is not None and tried.given is not None and record is not None:
        return diagnose(record, model, tried.given.run.inputs)
    return diagnose(error)


def _mended(fix: Fix, tried: Tried, found: Diagnosis) -> TextFix:
    """The fix in the text; as advice where there is no time left to try it."""
    try:
        return _text_fix(fix, tried, found)
    except NotUnderstoodError:
        return TextFix(fix.sentence, fix.note, None, None, "", "", fix.diff)


def _text_fix(fix: Fix, tried: Tried, found: Diagnosis) -> TextFix:
    """The fix put into the text and run there: the first way that brings the flow to its end, or at least further."""
    best: TextFix | None = None
    plain = TextFix(fix.sentence, fix.note, None, None, "works" if fix.tried else "", "", fix.diff)
    reading = replace(tried.reading, inputs=tuple(tried.given.run.inputs) if tried.given else tried.reading.inputs)
    for way in _ways(fix, reading, found):
        if is_over():
            break
        run, text, shapes = _with_way(way, tried)
        if run is None:
            continue
        if not run.runs:
            run, text, shapes = _repeated(fix, found, run, text, shapes)
        made = replace(plain, text=text, shapes=shapes, note=None)
        if run.runs:
            return replace(made, outcome="works")
        if best is None and run.error is not None and _is_further(run, tried):
            best = replace(made, outcome="further", then=_gate_words(run))
    if best is not None:
        return best
    return plain if fix.note or not fix.tried else replace(plain, note=None)


def _ways(fix: Fix, reading: Reading, found: Diagnosis) -> list[Way]:
    try:
        return list(ways(fix, reading, found.line, found.path))
    except (AttributeError, LookupError, TypeError, ValueError):  # a fix of a place that the text has not
        return []


def _gate_words(run: Tried) -> str:
    gate = _gate(run)
    return gate.words if gate else ""


def _is_further(run: Tried, before: Tried) -> bool:
    was_made = before.reading.failure is None and not before.reading.run.failures
    is_made = run.reading.failure is None and len(run.reading.run.failures) < max(len(before.reading.run.failures), 1)
    return run.done > before.done or (is_made and not was_made)


def _with_way(way: Way, tried: Tried) -> tuple[Tried | None, str | None, tuple[Shape, ...] | None]:
    """The text with a change in it, run; None where it is no text any more."""
    shapes = tried.given.shapes if tried.given and tried.given.how != "text" else ()
    before = tried.reading.paste
    if way.shapes is not None:
        return _tried(tried.reading, way.shapes), None, way.shapes
    text = changed_text(before.text, way.edits)
    try:
        after = paste(text)
    except KaiyanError:
        return None, None, None
    if len(after.unread) > len(before.unread) or not after.has_code:
        return None, None, None
    return _tried(read(after), shapes), text, None


def _repeated(
    fix: Fix, found: Diagnosis, run: Tried, text: str | None, shapes: tuple[Shape, ...] | None
) -> tuple[Tried, str | None, tuple[Shape, ...] | None]:
    """The same fix in the places that fail next for the same reason."""
    first = (run, text, shapes)
    for _ in range(AGAIN):
        if is_over() or run.runs or run.error is None or text is None or isinstance(run.error, NotUnderstoodError):
            break
        again = _why(run)
        same = next((one for one in again.fixes if one.sentence.text == fix.sentence.text), None)
        if again.code != found.code or same is None:
            break
        further = next(
            (w for way in _ways(same, run.reading, again) if (w := _with_way(way, run))[0] is not None), None
        )
        if further is None or further[0] is None or (further[0].done <= run.done and not further[0].runs):
            break
        run, text, shapes = further[0], further[1], further[2]
    return (run, text, shapes) if run.runs else first
