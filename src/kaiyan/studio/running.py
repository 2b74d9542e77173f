"""A process that answers, seen from the server: the pipes to it and from it, its time, its memory, its folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import kaiyan
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.studio.memory import free
from kaiyan.studio.process import ASKED, CLEARED, HEAD, framed

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from asyncio.subprocess import Process
    from collections.abc import Iterator

WARMING = 120.0
"""Seconds that a process may take to import what it is warmed with."""
_LAST = 2.0
"""Seconds in which a process that has closed its pipe is seen to end."""
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


@dataclass(slots=True)
class Running:
    """A process and its pipes; ``why`` it was ended, where it was we who ended it."""

    process: Process
    into: StreamWriter
    out: StreamReader
    is_warm: bool = False
    why: KaiyanError | None = None

    @property
    def has_ended(self) -> bool:
        return self.process.returncode is not None

    def clear(self, desk: int) -> None:
        """Empties a desk."""
        self.into.write(framed(CLEARED, desk, b""))

    async def answer(self, desk: int, body: bytes, seconds: float) -> tuple[bytes, bytes]:
        """Mark and body that come back; raises ``EOFError`` where the process ends, or is ended as it runs over."""
        if not self.is_warm:
            with self._within(WARMING):
                await self._heard()
            self.is_warm = True
        with self._within(seconds):
            self.into.write(framed(ASKED, desk, body))
            with suppress(ConnectionError):
                await self.into.drain()
            return await self._heard()

    async def end(self, *, at_once: bool = True) -> int:
        """The exit code of the process, which may have a moment to end by itself."""
        if not at_once:
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(self.process.wait()), _LAST)
        self._kill()
        return await self.process.wait()

    async def _heard(self) -> tuple[bytes, bytes]:
        head = await self.out.readexactly(HEAD)
        return head[8:9], await self.out.readexactly(int.from_bytes(head[:8], "little"))

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        timer = asyncio.get_running_loop().call_later(seconds, self._overrun, seconds)
        try:
            yield
        finally:
            timer.cancel()

    def _overrun(self, seconds: float) -> None:
        self.why = KaiyanError(
            "worker-overran", "it took more than {seconds:g} s and was stopped", "a smaller picture or network",
            seconds=seconds,
        )  # fmt: skip
        self._kill()

    def _kill(self) -> None:
        """Not by the process's own ``kill``, which may take its exit code from who waits for it."""
        if not self.has_ended:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, _KILL)


def ended(kind: str, code: int) -> KaiyanError:
    """What is said of a process that ended by itself at a kind of question."""
    how = signal.Signals(-code).name if code < 0 else sentence("worker-exit-code", "exit code {code}", code=code)
    return KaiyanError(
        "worker-ended", "the process that computes ended at {kind} ({how}); it was started again",
        *(["a smaller picture or network"] if how == "SIGKILL" else []), kind=kind, how=how,
    )  # fmt: skip


async def started(model: str | None, warm: tuple[str, ...], share: float, folder: Path) -> Running:
    """A new process, which may take a ``share`` of the free memory and has its temporary files in ``folder``."""
    package = str(Path(kaiyan.__file__).parents[1])
    paths = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    folders = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    settings = json.dumps({"model": model, "warm": warm, "memory": free(share)})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "kaiyan.studio.process", settings,
        stdin=PIPE, stdout=PIPE, limit=1 << 22, env={**os.environ, **threads, **folders, "PYTHONPATH": paths},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    return Running(process, process.stdin, process.stdout)
