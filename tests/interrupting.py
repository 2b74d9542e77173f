"""Interruptions at a chosen line of a call, as a person at a keyboard makes them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SWALLOWED = frozenset(
    ("__del__", "remove", "gc_callback", "ExactWeakKeyDictionary.__setitem__.<locals>.<lambda>", "_remove_id")
)
"""Functions, by bare or qualified name, that Python calls as it collects garbage: what they raise goes no further."""


class Interrupter:
    """Notes every line that is passed; raises where the count of lines is ``at``, never where that is below 0."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.lines: list[tuple[str, int]] = []
        self._within = self._line

    def __call__(self, frame: FrameType, _: str, __: object) -> Any:
        code = frame.f_code
        return None if code.co_name in SWALLOWED or code.co_qualname in SWALLOWED else self._within

    def _line(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            lines = self.lines
            lines.append((frame.f_code.co_filename, frame.f_lineno))
            if len(lines) - 1 == self.at:
                raise KeyboardInterrupt
        return self._within

    def of(self, act: Callable[[], object]) -> list[tuple[str, int]]:
        """The lines that ``act`` passes, up to the interruption."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            act()
        except (KeyboardInterrupt, KaiyanError):
            pass
        finally:
            sys.settrace(before)
        return self.lines
