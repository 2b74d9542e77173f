"""Small work done by one thread: several would spend the time waiting for one another."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from kaiyan.engine.codegen.running.threads import holding

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def by_one_thread() -> Iterator[None]:
    """Torch and our engine with one thread inside; the same bits on every machine, too.

    On two busy processors a step and its judgement took 18 ms so, and 180 with two threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with holding(1):
            yield
    finally:
        torch.set_num_threads(before)
