"""A bar on standard error for work of more than a second, on a terminal only; nothing below the command line prints."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Step = Callable[[str, int, int], None]
    """Told before each step: what it is called, its number from 1, and how many there are."""

_PATIENCE = 1.0
"""Seconds that pass before a bar is shown."""


@contextmanager
def working(what: str, patience: float = _PATIENCE) -> Iterator[Step]:
    """While it lasts, a bar that moves; what it gives names the step and its number where they are known."""
    if not sys.stderr.isatty():
        yield _silent
        return
    screen = Console(stderr=True, highlight=False)
    bar = Progress(console=screen, transient=True, redirect_stdout=False, redirect_stderr=False)
    task = bar.add_task(what, total=None)
    lock = Lock()
    over = False

    def begin() -> None:
        with lock:
            if not over:
                bar.start()

    def step(name: str, number: int, count: int) -> None:
        bar.update(task, description=name, completed=number - 1, total=count)

    timer = Timer(patience, begin)
    timer.daemon = True
    timer.start()
    try:
        yield step
    finally:
        timer.cancel()
        with lock:
            over = True
            if bar.live.is_started:
                bar.stop()


def _silent(_: str, __: int, ___: int) -> None:
    """Nobody is looking."""
