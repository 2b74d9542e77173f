"""A process that answers questions one by one, killed where it runs over, and begun again with what was open."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import kaiyan
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.studio.desk import refused
from kaiyan.studio.frame import pack
from kaiyan.studio.memory import free
from kaiyan.studio.process import ANSWERED, ASKED, CLEARED, framed

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from asyncio.subprocess import Process

    from kaiyan.studio.question import Asked

LIMITS = {"network.open": 120.0, "network.look": 60.0, "network.excite": 120.0, "page.html": 300.0}
"""What a question may take, by its kind."""
LIMIT_OF_OTHERS = 30.0
PATIENCE = 5.0
"""Seconds that are left to a question whose page does not wait for it any more."""
KEPT: dict[str, str] = {"network.open": "", "network.look": "slot"}
"""Questions that lay something on the desk: the last of each is asked again in a new process, one for each value of the
fact that is named."""
SUPERSEDED: dict[str, str] = {"network.look": "slot"}
"""Questions that a newer one of the same page makes needless while they wait."""
_MOST_PAGES = 8
"""Pages whose open things are remembered."""

Key = tuple[str, str]


class Running(NamedTuple):
    """A process, and the pipes to it and from it."""

    process: Process
    into: StreamWriter
    out: StreamReader

    def kill(self) -> None:
        """Ends it at once. Not by its own ``kill``, which may take its exit code from who waits for it."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, _KILL)


_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


@dataclass(slots=True)
class Worker:
    """Answers as a desk does, in a process of its own; ``warm`` are modules that it imports before it is asked."""

    model: str | None = None
    warm: tuple[str, ...] = ()
    _line: asyncio.Lock = field(default_factory=asyncio.Lock)
    _running: Running | None = None
    _laid_for: str | None = None
    _kept: OrderedDict[str, dict[Key, Asked]] = field(default_factory=OrderedDict)
    _newest: dict[tuple[str, Key], Asked] = field(default_factory=dict)
    _why: KaiyanError | None = None
    _closed: bool = False

    async def ask(self, question: Asked) -> bytes:
        """The body of the answer, or of a refusal. Cancelled, a question that has begun is left a few seconds."""
        key = question.page, _key(question, SUPERSEDED)
        if question.kind in SUPERSEDED:
            self._newest[key] = question
        try:
            async with self._line:
                if self._newest.get(key, question) is not question:
                    newer = KaiyanError("asked-anew", "a newer question took the place of this one")
                    return pack(refused(newer).facts)
                return await self._begun(question)
        finally:
            if self._newest.get(key) is question:
                del self._newest[key]

    async def start(self) -> Running:
        """The process; where none is running, a new one."""
        if self._running is None or self._running.process.returncode is not None:
            self._laid_for = None
            self._running = await _started(self.model, self.warm)
        return self._running

    async def close(self) -> None:
        """Ends the process."""
        self._closed = True
        await self._end()

    async def _begun(self, question: Asked) -> bytes:
        """The answer of a question whose turn it is: the line waits for it even where its page does not."""
        task = asyncio.create_task(self._answered(question))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                await asyncio.wait_for(task, PATIENCE)
            raise

    async def _answered(self, question: Asked) -> bytes:
        try:
            await self._lay(question.page)
            mark, body = await self._exchange(question)
        except EOFError:
            return await self._ended(question)
        if mark == ANSWERED and question.kind in KEPT:
            self._keep(question)
        return body

    async def _lay(self, page: str) -> None:
        """Puts on the desk what is open in a page: in a new process, and where another page asked last."""
        running = await self.start()
        if self._laid_for == page:
            return
        kept, self._laid_for = self._kept.pop(page, {}), None
        running.into.write(framed(CLEARED, b""))
        for question in kept.values():
            await self._exchange(question)
        self._kept[page], self._laid_for = kept, page
        while len(self._kept) > _MOST_PAGES:
            self._kept.popitem(last=False)

    def _keep(self, question: Asked) -> None:
        kept = self._kept.setdefault(question.page, {})
        key = _key(question, KEPT)
        if question.kind == "network.open" and (key not in kept or kept[key].body != question.body):
            kept.clear()
        kept[key] = question

    async def _exchange(self, question: Asked) -> tuple[bytes, bytes]:
        """Mark and body that the process sends back; raises ``EOFError`` where it ends, or had to be ended."""
        running = await self.start()
        seconds = LIMITS.get(question.kind, LIMIT_OF_OTHERS)
        timer = asyncio.get_running_loop().call_later(seconds, self._overrun, running, seconds)
        try:
            running.into.write(framed(ASKED, question.body))
            with suppress(ConnectionError):
                await running.into.drain()
            head = await running.out.readexactly(9)
            return head[8:], await running.out.readexactly(int.from_bytes(head[:8], "little"))
        except asyncio.CancelledError:
            await self._end()
            raise
        finally:
            timer.cancel()

    def _overrun(self, running: Running, seconds: float) -> None:
        self._why = KaiyanError(
            "worker-overran", "it took more than {seconds:g} s and was stopped", "a smaller picture or network",
            seconds=seconds,
        )  # fmt: skip
        running.kill()

    async def _ended(self, question: Asked) -> bytes:
        """The refusal of a question at which the process ended; another is there already."""
        code = await self._end(_LAST)
        error, self._why = self._why or _end_of(question.kind, code), None
        if not self._closed:
            await self.start()
        return pack(refused(error).facts)

    async def _end(self, seconds: float = 0) -> int:
        """The exit code of the process, which has so long to end by itself."""
        running, self._running, self._laid_for = self._running, None, None
        if running is None:
            return 0
        with suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(running.process.wait()), seconds)
        running.kill()
        return await running.process.wait()


_LAST = 2.0
"""Seconds in which a process that has closed its pipe is seen to end."""


def _end_of(kind: str, code: int) -> KaiyanError:
    how = signal.Signals(-code).name if code < 0 else sentence("worker-exit-code", "exit code {code}", code=code)
    return KaiyanError(
        "worker-ended", "the process that computes ended at {kind} ({how}); it was started again",
        *(["a smaller picture or network"] if how == "SIGKILL" else []), kind=kind, how=how,
    )  # fmt: skip


def _key(question: Asked, facts: dict[str, str]) -> Key:
    return question.kind, str(question.facts.get(facts.get(question.kind, "")))


async def _started(model: str | None, warm: tuple[str, ...]) -> Running:
    package = str(Path(kaiyan.__file__).parents[1])
    paths = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    settings = json.dumps({"model": model, "warm": warm, "memory": free()})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "kaiyan.studio.process", settings,
        stdin=PIPE, stdout=PIPE, limit=1 << 22, env={**os.environ, **threads, "PYTHONPATH": paths},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    return Running(process, process.stdin, process.stdout)
