"""The cause of a failure, where it is, and ways out that were tried."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from time import process_time
from typing import TYPE_CHECKING, Any

import torch

from kaiyan.explain.causes import CAUSES
from kaiyan.explain.facts import gathered
from kaiyan.explain.record import checked
from kaiyan.explain.rehearse import rehearse
from kaiyan.explain.table import said
from kaiyan.i18n import language
from kaiyan.spec.error import KaiyanError
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

    from kaiyan.explain.causes.finding import Finding
    from kaiyan.explain.facts import Facts
    from kaiyan.explain.fixes import Fix
    from kaiyan.explain.record import Line
    from kaiyan.explain.rehearse import Rehearsal, Step

_NOTE = re.compile(r"\nK\d{3}: ")
OFFERED = 4
"""Fixes that are shown."""
TRIED = 24
"""Fixes that are tried, at most."""
CHAIN = 4
"""Failures one behind the other that are followed."""
PATIENCE = 0.8
"""Seconds of all processors after which no more fixes are tried."""


@dataclass(frozen=True)
class Diagnosis:
    """What failed: ``code`` ("K012"), the cause, the layer's path, the user's line, the last steps, fixes in order.

    ``then`` is the next failure, once the first fix is in; None where the model runs then.
    """

    code: str
    cause: Sentence
    path: str | None
    line: Line | None
    ledger: tuple[Step, ...]
    fixes: tuple[Fix, ...]
    unknown: tuple[Sentence, ...]
    then: Diagnosis | None = None

    def text(self, lang: str | None = None) -> str:
        """The whole of it in a language, line by line."""
        return "\n".join(self._lines(language(lang)))

    def __str__(self) -> str:
        return self.text()

    def __rich__(self) -> str:
        from rich.markup import escape as plain

        return plain(self.text())

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())[:19_000]}</pre>"

    def to_markdown(self, lang: str | None = None) -> str:
        """The whole of it as a block of Markdown."""
        return f"```text\n{self.text(lang)}\n```"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        line = self.line
        return {
            "code": self.code,
            "cause": said(self.cause, "en"),
            "path": self.path,
            "line": {"file": line.file, "number": line.number, "text": line.text} if line else None,
            "ledger": [step.to_dict() for step in self.ledger],
            "fixes": [fix.to_dict() for fix in self.fixes],
            "unknown": [said(line, "en") for line in self.unknown],
            "then": self.then.to_dict() if self.then else None,
        }

    def _lines(self, lang: str) -> Iterator[str]:
        yield f"{self.code}: {said(self.cause, lang)}"
        if self.line:
            yield f"  {self.line.file}:{self.line.number}: {self.line.text}"
        for step in self.ledger:
            yield f"  {'→' if step.output is None else ' '} {step}"
        for number, fix in enumerate(self.fixes, start=1):
            yield f"  {number}. {said(fix.sentence, lang)}"
            if fix.line and fix.line != self.line:
                yield f"       {fix.line.file}:{fix.line.number}"
            yield from (f"       {line}" for line in fix.diff.splitlines())
        for unknown in self.unknown:
            yield f"  ? {said(unknown, lang)}"
        if self.then:
            yield said(sentence("diagnosis", "and then:"), lang)
            yield self.then.text(lang)


def diagnose(error: BaseException | str, model: nn.Module | None = None, inputs: Any = None) -> Diagnosis:
    """Why it failed and what to do; ``error`` is an exception, a pasted traceback or a message.

    Model and inputs are found in the exception's frames where they are not given; fixes are tried on them. Nothing of
    the user's is changed. Raises ``KaiyanError`` for an error that says nothing.
    """
    given: Any = error
    if not isinstance(given, (str, BaseException)) or (isinstance(given, str) and not given.strip()):
        raise KaiyanError("no-message", "there is no error to explain", "kaiyan explain < traceback.txt")
    if model is not None:
        checked(model)
    with torch.random.fork_rng(devices=[]):
        return _diagnosed(gathered(error, model, inputs), CHAIN, process_time() + PATIENCE)


def _diagnosed(facts: Facts, chain: int, until: float) -> Diagnosis:
    code, finding = _found(facts)
    tried = _tried(facts, finding, until)
    unknown = (*finding.unknown, *_unknown(facts))
    then = None
    if tried and chain and facts.model is not None and process_time() < until:
        fix, run = tried[0]
        if run is not None and run.error is not None:
            model, inputs = _applied(fix, facts)
            then = _diagnosed(gathered(run.error, model, inputs), chain - 1, until)
    ledger = facts.run.steps[-8:] if facts.run and facts.run.error else ()
    fixes = tuple(fix if facts.model is None else fix.found_in(facts.model) for fix, _ in tried)
    return Diagnosis(code, finding.cause, facts.path, facts.line, ledger, fixes, unknown, then)


def _found(facts: Facts) -> tuple[str, Finding]:
    from kaiyan.explain.causes.finding import Finding

    for cause in CAUSES:
        finding = cause(facts)
        if finding:
            return finding.code or cause.code, finding
    first = facts.text.strip().splitlines()[-1] if facts.text.strip() else ""
    return "K000", Finding(sentence("K000", "this failure is not in the catalogue: {text}", text=first))


def _unknown(facts: Facts) -> Iterator[Sentence]:
    if facts.model is None:
        yield sentence("diagnosis", "the fixes were not tried: the model and its inputs are not known")
    elif facts.run and facts.run.error is None:
        yield sentence("diagnosis", "the model runs on these inputs: what failed must have been given others")


def _tried(facts: Facts, finding: Finding, until: float) -> list[tuple[Fix, Rehearsal | None]]:
    """Fixes after which the model runs, then those that bring it further; all of them where there is no model."""
    if facts.model is None or facts.run is None or facts.run.error is None:
        return [(fix, None) for fix in finding.fixes[:OFFERED]]
    runs: list[tuple[Fix, Rehearsal | None]] = []
    further: list[tuple[Fix, Rehearsal | None]] = []
    for proposed in finding.fixes[:TRIED]:
        if process_time() > until:
            break
        first = _run(proposed, facts)
        if first is None:
            continue
        gained = first.error is not None and len(first.done) > len(facts.done)
        fix, run = _carried(proposed, first, facts, until) if gained else (proposed, first)
        if run.error is None:
            runs.append((replace(fix, tried=True), run))
        elif len(run.done) > len(facts.done):
            further.append((replace(fix, tried=True), run))
        if len(runs) == OFFERED:
            break
    return (runs + further)[:OFFERED]


def _carried(fix: Fix, run: Rehearsal, facts: Facts, until: float) -> tuple[Fix, Rehearsal]:
    """The same fix in the layers that fail next for the same reason: one line of code may make many layers."""
    reason = _found(facts)[0]
    places: list[str] = []
    while run.error is not None and fix.before and len(places) < TRIED and process_time() < until:
        model, inputs = _applied(fix, facts)
        ahead = gathered(run.error, model, inputs)
        code, finding = _found(ahead)
        same = next((f for f in finding.fixes if f.sentence.text == fix.sentence.text and f.change), None)
        further = _run(same, ahead) if same and code == reason else None
        if same is None or further is None or (further.error and len(further.done) <= len(run.done)):
            break
        places.append(ahead.path or "")
        fix, run = replace(fix, change=_both(fix, same)), further
    if places and fix.after and "\n" not in fix.after:
        fix = replace(fix, after=f"{fix.after}  # the same in {', '.join(places)}")
    return fix, run


def _both(first: Fix, second: Fix) -> Callable[[nn.Module, tuple[Any, ...]], tuple[nn.Module, tuple[Any, ...]]]:
    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        for fix in (first, second):
            if fix.change:
                model, inputs = fix.change(model, inputs)
        return model, inputs

    return change


def _applied(fix: Fix, facts: Facts) -> tuple[nn.Module, tuple[Any, ...]]:
    """Model and inputs with the fix in; on meta inputs where they do, since a fix may ask for a very large one."""
    assert facts.model is not None
    light = tuple(x.to("meta") if facts.meta and isinstance(x, torch.Tensor) else x for x in facts.inputs)
    return fix.apply(facts.model, light)


def _run(fix: Fix, facts: Facts) -> Rehearsal | None:
    """The rehearsal with the fix in; None where it cannot be put in."""
    if fix.change is None or facts.model is None:
        return None
    try:
        model, inputs = _applied(fix, facts)
    except Exception:  # noqa: BLE001 (a proposal that cannot be carried out is not offered)
        return None
    return rehearse(model, inputs, meta=facts.meta)


@contextmanager
def explaining() -> Iterator[None]:
    """What fails inside is explained in a note on the exception, which stays the user's own."""
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
    """Explains every exception that ends the program or an IPython cell; gives the function that takes this back."""
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
