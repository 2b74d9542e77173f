"""The cause of a failure, where it is, and ways out that were tried."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from time import process_time
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.causes import CAUSES
from kaiyan.explain.diagnosis.causes.finding import Finding
from kaiyan.explain.diagnosis.facts import gathered
from kaiyan.explain.diagnosis.suspicion import suspected
from kaiyan.explain.diagnosis.titles import call_line
from kaiyan.explain.diagnosis.trial import applied, tried
from kaiyan.explain.inputs import checked
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines
from kaiyan.trace.record import Record
from kaiyan.trace.undisturbed import undisturbing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

    from kaiyan.explain.diagnosis.causes.finding import Cause
    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.fixes import Fix
    from kaiyan.show.table import Text
    from kaiyan.trace.record import Call, Line

_NOTE = re.compile(r"\nK\d{3}: ")
CHAIN = 4
"""Failures one behind the other that are followed."""
FIX_SECONDS = 0.8
"""Seconds of all processors after which no more fixes are tried."""


@dataclass(frozen=True)
class Diagnosis(Shown):
    """What failed: ``code`` ("K012"), the cause, the layer's path, the user's line, the last steps, fixes in order.

    ``then`` is the next failure, once the first fix is in; None where the model runs then.
    """

    code: str
    cause: Sentence
    path: str | None
    line: Line | None
    ledger: tuple[Call, ...]
    fixes: tuple[Fix, ...]
    unknown: tuple[Sentence, ...]
    then: Diagnosis | None = None

    KIND = "diagnosis"

    def parts(self) -> tuple[Lines, ...]:
        """All of it, line by line."""
        return (Lines(tuple(self._lines()), "code"),)

    def _lines(self) -> Iterator[Text]:
        yield f"{self.code}: ", self.cause
        if self.line:
            yield f"  {self.line.file}:{self.line.number}: {self.line.text}".removesuffix(": ")
        for step in self.ledger:
            yield f"  {'→' if step.output_shape is None else ' '} {call_line(step)}"
        for number, fix in enumerate(self.fixes, start=1):
            yield f"  {number}. ", fix.sentence, *((" (", fix.note, ")") if fix.note else ())
            if fix.line and fix.line != self.line:
                yield f"       {fix.line.file}:{fix.line.number}"
            yield from (f"       {line}" for line in fix.diff.splitlines())
        for unknown in self.unknown:
            yield "  ? ", unknown
        if self.then:
            yield sentence("diagnosis-then", "and then:")
            yield from (line for part in self.then.parts() for line in part.lines)


@undisturbing
def diagnose(error: BaseException | str | Record, model: nn.Module | None = None, inputs: Any = None) -> Diagnosis:
    """Why a model failed and how to fix it; ``error`` is an exception, a pasted traceback, a message or a record.

    Model and inputs are taken from the exception's frames unless given; fixes are tried on them, and
    neither is modified. A record is that of this model on these inputs: the model is not run again as it is.
    Raises ``KaiyanError`` for an error without a message.

    >>> print(diagnose("mat1 and mat2 shapes cannot be multiplied (4x3 and 5x2)").code)
    K012
    """
    given: Any = error.error if isinstance(error, Record) else error
    if not isinstance(given, (str, BaseException)) or (isinstance(given, str) and not given.strip()):
        raise KaiyanError("no-message", "there is no error to explain", "kaiyan diagnose < traceback.txt")
    if model is not None:
        model = checked(model)
    facts = gathered(error, model, inputs)
    if facts.model is not None:
        import_module("kaiyan.trace.copied")  # half a second, once: before the clock of the fixes starts
    return _diagnosed(facts, CHAIN, process_time() + FIX_SECONDS)


def _diagnosed(facts: Facts, chain: int, until: float) -> Diagnosis:
    began = process_time()
    code, finding = _reason(facts)
    until += process_time() - began  # a search for sizes does not take from the time of the fixes
    trials = tried(facts, code, finding, until, _reason)
    code, finding, trials = suspected(facts, code, finding, trials)
    unknown = (*finding.unknown, *_unknown(facts, finding))
    then = None
    first = trials[0].record if trials else None
    if first is not None and first.error is not None and chain and process_time() < until:
        model, inputs = applied(trials[0].fix, facts)
        then = _diagnosed(gathered(first, model, inputs, meta=facts.meta), chain - 1, until)
    ledger = facts.record.steps[-8:] if facts.record and facts.record.error else ()
    fixes = tuple(t.fix if facts.model is None else t.fix.found_in(facts.model) for t in trials)
    return Diagnosis(code, finding.cause, facts.path, facts.line, ledger, fixes, unknown, then)


def _reason(facts: Facts) -> tuple[str, Finding]:
    """The code and what it finds: of the first row that understands the facts."""
    for cause in CAUSES:
        finding = _asked(cause, facts)
        if finding:
            return finding.code or cause.code, finding
    return "K000", Finding(sentence("K000", "this failure is not in the catalogue: {text}", text=facts.message))


def _asked(cause: Cause, facts: Facts) -> Finding | None:
    """What a row finds; from the words alone where it cannot read inputs of a kind that it does not know."""
    for known in (facts, replace(facts, model=None, inputs=(), record=None, loss=None, frame=None)):
        try:
            return cause(known)
        except Exception:  # noqa: BLE001 (a row that stumbles must not hide the user's error)
            continue
    return None


def _unknown(facts: Facts, finding: Finding) -> Iterator[Sentence]:
    if facts.model is None and facts.loss is None:
        yield sentence("fixes-not-tried", "the fixes were not tried: the model and its inputs are not known")
    elif facts.is_outside and finding.is_outside:
        yield sentence("fails-after-model", "the model itself runs on these inputs: the failure comes after it")
    elif facts.is_outside:
        yield sentence(
            "fails-outside-model",
            "the model runs on these inputs: the error came from other inputs, or from code outside it",
        )


@contextmanager
def explaining() -> Iterator[None]:
    """A context in which failures are explained, in a note added to the user's own exception.

    Raises whatever is raised inside, with the diagnosis among its ``__notes__``, which the traceback prints.

    >>> error = RuntimeError("mat1 and mat2 shapes cannot be multiplied (4x3 and 5x2)")
    >>> try:
    ...     with explaining():
    ...         raise error
    ... except RuntimeError as explained:
    ...     print("K012" in explained.__notes__[0])
    True
    """
    try:
        yield
    except Exception as error:
        _noted(error)
        raise


def _noted(error: BaseException) -> None:
    if any(_NOTE.match(note) for note in getattr(error, "__notes__", ())):
        return
    try:
        found = diagnose(error)
    except Exception:  # noqa: BLE001 (an explanation that fails must not hide the user's error)
        return
    if found.code != "K000":
        error.add_note(f"\n{found}")


def install_explainer() -> Callable[[], None]:
    """Explains every exception that ends the program or an IPython cell; returns the function that undoes this.

    >>> remove = install_explainer()
    >>> remove()
    """
    removers = [_installed_hook()]
    shell = _ipython()
    if shell is not None:
        removers.append(_installed_in(shell))

    def remove() -> None:
        while removers:
            removers.pop()()

    return remove


def _installed_hook() -> Callable[[], None]:
    before, asked = sys.excepthook, [True]

    def explain(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if asked and isinstance(error, Exception):
            _noted(error)
        before(kind, error, trace)

    def remove() -> None:
        asked.clear()  # a hook that was installed after this one may still call it
        if sys.excepthook is explain:
            sys.excepthook = before

    sys.excepthook = explain
    return remove


def _ipython() -> Any:
    module = sys.modules.get("IPython")
    return module.get_ipython() if module else None


def _installed_in(shell: Any) -> Callable[[], None]:
    def explain(own: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> None:
        _noted(error)
        own.showtraceback((kind, error, trace), tb_offset=tb_offset)

    shell.set_custom_exc((Exception,), explain)
    return lambda: shell.set_custom_exc((), None)
