"""A process that answers questions one by one, killed where it runs over, and begun again with what was open."""

from __future__ import annotations

import asyncio
import shutil
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, TypeVar

from kaiyan.show.error import KaiyanError
from kaiyan.studio.desk import refused
from kaiyan.studio.frame import pack
from kaiyan.studio.process import ANSWERED, DESKS
from kaiyan.studio.running import Running, ended, started

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from kaiyan.studio.question import Asked

PLAIN = ("kaiyan.studio.answers",)
"""What a process imports before it is asked."""
PASTED = (*PLAIN, "kaiyan.explain.pasted.explained")
"""What one imports that reads pasted code."""
LIMITS = {"diagnose": 10.0, "network.open": 120.0, "network.look": 60.0, "network.excite": 120.0, "page.html": 300.0,
          "faces.find": 120.0}  # fmt: skip
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
_TRIALS = 2
"""How often a question may end the process before it is not asked again."""

Key = tuple[str, str]
T = TypeVar("T")


@dataclass(slots=True)
class Kept:
    """A question to be asked again, and how often it has ended the process."""

    question: Asked
    failures: int = 0


@dataclass(slots=True)
class Worker:
    """Answers as a desk does, in a process of its own.

    ``warm`` are modules that it imports before it is asked, ``share`` how much of the free memory it may take.
    """

    model: str | None = None
    warm: tuple[str, ...] = ()
    share: float = 0.5
    _line: asyncio.Lock = field(default_factory=asyncio.Lock)
    _folder: Path | None = None
    _running: Running | None = None
    _laid: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _kept: OrderedDict[str, dict[Key, Kept]] = field(default_factory=OrderedDict)
    _newest: dict[tuple[str, Key], Asked] = field(default_factory=dict)
    _closed: bool = False

    async def ask(self, question: Asked) -> bytes:
        """The body of the answer, or of a refusal. Cancelled, a question that has begun is left a few seconds."""
        key = question.page, _key(question, SUPERSEDED)
        if question.kind in SUPERSEDED:
            self._newest[key] = question
        try:
            async with self._line:
                self._check(question, key)
                return await self._begun(question)
        except KaiyanError as error:
            return pack(refused(error).facts)
        finally:
            if self._newest.get(key) is question:
                del self._newest[key]

    def _check(self, question: Asked, key: tuple[str, Key]) -> None:
        if self._newest.get(key, question) is not question:
            raise KaiyanError("asked-anew", "a newer question replaced this one")

    async def start(self) -> Running:
        """The process; where none is running, a new one."""
        if self._running is None or self._running.has_ended:
            await self._end()
            self._folder = self._folder or Path(mkdtemp(prefix="kaiyan-"))
            self._running = await started(self.model, self.warm, self.share, self._folder)
        return self._running

    async def close(self) -> None:
        """Ends the process; nothing of it is left."""
        self._closed = True
        await self._end()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    async def _begun(self, question: Asked) -> bytes:
        """The answer of a question whose turn it is: the line waits for it even where its page does not.

        What is open is laid out to the end: the next question of the page needs it as well.
        """
        desk = await _to_its_end(self._lay(question.page))
        return await _to_its_end(self._answered(question, desk), PATIENCE)

    async def _answered(self, question: Asked, desk: int) -> bytes:
        mark, body = await self._exchange(question, desk)
        if mark == ANSWERED and question.kind in KEPT:
            self._keep(question)
        return body

    async def _lay(self, page: str) -> int:
        """The number of the desk on which lies what is open in a page."""
        running = await self.start()
        if page in self._laid:
            self._laid.move_to_end(page)
            return self._laid[page]
        desk = self._free_desk()
        running.clear(desk)
        for key, kept in list(self._kept.get(page, {}).items()):
            await self._lay_again(page, key, kept, desk)
        self._laid[page] = desk
        return desk

    def _free_desk(self) -> int:
        """One that no page has, or that of the page which has not asked for the longest time."""
        if len(self._laid) == DESKS:
            return self._laid.popitem(last=False)[1]
        return min(set(range(DESKS)) - set(self._laid.values()))

    async def _lay_again(self, page: str, key: Key, kept: Kept, desk: int) -> None:
        """Raises ``KaiyanError`` where the process ends at it; what does so again and again is given up."""
        try:
            await self._exchange(kept.question, desk)
        except KaiyanError:
            kept.failures += 1
            if kept.failures == _TRIALS:
                self._forget(page, key)
            raise
        kept.failures = 0

    def _keep(self, question: Asked) -> None:
        kept = self._kept.setdefault(question.page, {})
        self._kept.move_to_end(question.page)
        key = _key(question, KEPT)
        if question.kind == "network.open" and (key not in kept or kept[key].question.body != question.body):
            kept.clear()
        kept[key] = Kept(question)
        while len(self._kept) > _MOST_PAGES:
            self._kept.popitem(last=False)

    def _forget(self, page: str, key: Key) -> None:
        """Without its network, a page has nothing open."""
        if key[0] == "network.open":
            del self._kept[page]
        else:
            del self._kept[page][key]

    async def _exchange(self, question: Asked, desk: int) -> tuple[bytes, bytes]:
        """Mark and body that the process sends back.

        Raises ``KaiyanError`` where it ends, or had to be ended; then another is there already.
        """
        running = await self.start()
        try:
            return await running.answer(desk, question.body, LIMITS.get(question.kind, LIMIT_OF_OTHERS))
        except asyncio.CancelledError:
            await self._end()
            raise
        except EOFError:
            error = ended(question.kind, await self._end(at_once=False))
        if not self._closed:
            await self.start()
        raise running.why or error

    async def _end(self, *, at_once: bool = True) -> int:
        """The exit code of the process; what it has written lies nowhere any more."""
        running, self._running = self._running, None
        self._laid.clear()
        code = 0 if running is None else await running.end(at_once=at_once)
        if self._folder is not None:
            _empty(self._folder)
        return code


async def _to_its_end(work: Coroutine[None, None, T], seconds: float | None = None) -> T:
    """What work comes to. Cancelled, it is waited for, or cut short after some seconds."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(TimeoutError, KaiyanError):
            await asyncio.wait_for(task, seconds)
        raise


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _key(question: Asked, facts: dict[str, str]) -> Key:
    return question.kind, str(question.facts.get(facts.get(question.kind, "")))
