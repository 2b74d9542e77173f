"""Native calls placed in memory and run one after the other, with no Python between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.engine.codegen.language.compile import address
from kaiyan.engine.codegen.running.threads import run_all, sharing
from kaiyan.program.place import Pointer, SharedCalls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kaiyan.program.place import Buffer, Call

_FIELDS = 5
"""Words of a call in the table: function, arguments, tasks, where its flag is or 0, and what to ask for from memory."""


class CallTable:
    """Calls as the native runner reads them; ``bases`` are the addresses at which the buffers begin.

    Where an address changes from run to run, ``patch`` writes it into every argument that names the buffer.
    """

    def __init__(self, calls: Sequence[Call], bases: Mapping[Buffer, int]) -> None:
        self._shares: list[CallTable] = []
        asked = [self._asked(call) for call in calls]
        words = sum(len(arguments) for _, arguments, _ in asked)
        self._arguments: NDArray[np.int64] = np.zeros(max(words, 1), np.int64)
        self._table: NDArray[np.int64] = np.zeros((len(calls), _FIELDS), np.int64)
        self._places: dict[Buffer, list[tuple[int, int]]] = {}
        self._flags: list[int | None] = []
        self.astray = False
        start = 0
        for row, call, (function, arguments, flag) in zip(self._table, calls, asked, strict=True):
            first = self._arguments.ctypes.data + 8 * start
            self._flags.append(None if flag is None else start + flag)
            row[:] = function, first, call.tasks, 0 if flag is None else first + 8 * flag, 0
            for i, argument in enumerate(arguments, start):
                if isinstance(argument, Pointer):
                    self._places.setdefault(argument.buffer, []).append((i, argument.offset))
                else:
                    self._arguments[i] = argument
            start += len(arguments)
        for buffer, base in bases.items():
            self.patch(buffer, base)

    def patch(self, buffer: Buffer, base: int) -> None:
        """The buffer begins at this address from now on."""
        for i, offset in self._places.get(buffer, ()):
            self._arguments[i] = base + offset
        for table in self._shares:
            table.patch(buffer, base)

    def _asked(self, call: Call) -> tuple[int, Sequence[int | Pointer], int | None]:
        """The function of a call, its arguments, which are tables where it is shared, and the one that is its flag."""
        if not isinstance(call, SharedCalls):
            return address(call.routine), call.arguments, call.flag
        tables = [CallTable(share, {}) for share in call.shares]
        self._shares += tables
        return sharing(), [word for table in tables for word in table.words], None

    @property
    def words(self) -> tuple[int, int]:
        """Where its calls begin, and how many they are."""
        return self._table.ctypes.data, len(self._table)

    def run(self, threads: int, first: int = 0, after: int | None = None) -> int:
        """Runs the calls from ``first`` on, up to and with one that raises its flag; the number of the next one.

        Those from ``after`` on are not run.

        ``astray`` says whether the last one that ran raised its flag; the flag is lowered again.
        """
        count = len(self._table) if after is None else after
        done = first + run_all(self._table.ctypes.data + 8 * _FIELDS * first, count - first, threads)
        flag = self._flags[done - 1] if done else None
        self.astray = flag is not None and bool(self._arguments[flag])
        if flag is not None:
            self._arguments[flag] = 0
        return done
