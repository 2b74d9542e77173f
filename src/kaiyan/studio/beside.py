"""Workers for who has no loop of its own: a notebook's kernel asks it and waits."""

from __future__ import annotations

import asyncio
import atexit
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any

from kaiyan.studio.answers.faces import FACES
from kaiyan.studio.desk import Reply
from kaiyan.studio.frame import pack, unpack
from kaiyan.studio.question import Asked
from kaiyan.studio.worker import PASTED, PLAIN, Worker

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

STRANGE = {"diagnose": PASTED, "picture.read": PLAIN, **dict.fromkeys(FACES, PLAIN)}
"""Questions that bring what strangers wrote and need nothing that the kernel has; what their processes import."""


class Beside:
    """Answers as a desk does, in processes that are begun with the first question of a kind and end with this one."""

    def __init__(self) -> None:
        self._workers = {_family(kind): Worker(warm=warm, share=0.2) for kind, warm in STRANGE.items()}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="kaiyan-beside", daemon=True)
        self._thread.start()

    def answer(self, facts: dict[str, Any], parts: Sequence[bytes]) -> Reply:
        """The reply to a question, or its refusal. Interrupted, the question is left and its process ends."""
        asked = Asked(facts, pack(facts, parts))
        answer, sent = unpack(self._awaited(self._workers[_family(asked.kind)].ask(asked)))
        return Reply(answer, tuple(sent))

    def close(self) -> None:
        """Ends the processes."""
        for worker in self._workers.values():
            self._awaited(worker.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _awaited(self, work: Coroutine[None, None, Any]) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise


def _family(kind: str) -> str:
    """Questions of one family have one process, which keeps what it has read."""
    return kind.partition(".")[0]


@cache
def beside() -> Beside:
    """The one of this process."""
    one = Beside()
    atexit.register(one.close)
    return one
