"""TorchDynamo told to fail where a graph would end, for as long as it traces."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import torch
from torch._dynamo.convert_frame import compile_lock

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Held(threading.local):
    """What a thread holds while it traces."""

    stack: contextlib.ExitStack | None = None


_HELD = _Held()


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Inside, TorchDynamo fails where a graph would end; torch notes that for all threads, so no other may trace."""
    before = _HELD.stack
    with contextlib.ExitStack() as stack:
        stack.enter_context(compile_lock)
        stack.enter_context(getattr(torch._dynamo, "error_on_graph_break", contextlib.nullcontext)(True))  # noqa: SLF001
        _HELD.stack = stack
        try:
            yield
        finally:
            _HELD.stack = before


def let_others_trace() -> None:
    """The graph is traced and begins to run: it may take long, and wait for another thread."""
    if _HELD.stack is not None:
        _HELD.stack.close()
