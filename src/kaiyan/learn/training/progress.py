"""How far a training has come: a bar where rich is installed, else a line an epoch; on standard error."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from kaiyan.show.i18n import say
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.learn.training.course import Course
    from kaiyan.learn.training.training import Epoch


class Bar(Protocol):
    """What is told while a run goes on."""

    def moved(self, standing: Any) -> None: ...
    def told(self, epoch: Epoch) -> None: ...
    def close(self) -> None: ...


def bar(course: Course, done: int) -> Bar:
    """A bar of all steps, ``done`` of which lie behind."""
    return _Rich(course, done) if find_spec("rich") is not None else _Plain(course)


def epoch_line(epoch: Epoch, epochs: int, lang: str) -> str:
    """One epoch in words."""
    line = sentence("train-epoch", "epoch {number} of {epochs}: loss {loss:.4g}", number=epoch.number, epochs=epochs,
                    loss=epoch.loss)  # fmt: skip
    parts = [say(line, lang)]
    if epoch.validation is not None:
        parts.append(say(sentence("train-held", "validation {value:.4g}", value=epoch.validation), lang))
    if epoch.accuracy is not None:
        parts.append(say(sentence("train-right", "{part:.2%} right", part=epoch.accuracy), lang))
    return ", ".join(parts)


class _Plain:
    def __init__(self, course: Course) -> None:
        self._epochs, self._lang = course.epochs, course.lang

    def moved(self, standing: Any) -> None:
        """Lines are written by epoch: a log is not filled by steps."""

    def told(self, epoch: Epoch) -> None:
        sys.stderr.write(f"{epoch_line(epoch, self._epochs, self._lang)}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Nothing is open."""


class _Rich:
    def __init__(self, course: Course, done: int) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._epochs, self._lang = course.epochs, course.lang
        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("", total=course.steps, completed=done)
        self._progress.start()

    def moved(self, standing: Any) -> None:
        self._progress.update(self._task, completed=standing.step, description=f"{standing.loss / standing.seen:.4g}")

    def told(self, epoch: Epoch) -> None:
        self._progress.console.print(epoch_line(epoch, self._epochs, self._lang), highlight=False)

    def close(self) -> None:
        self._progress.stop()
