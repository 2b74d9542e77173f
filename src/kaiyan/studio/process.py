"""What runs in the process that answers questions: it may be killed at any moment, and dies with the page's server.

Frames come in through standard input and go out through standard output: eight bytes of length, little-endian, one byte
of what it is (``ASKED`` or ``CLEARED`` in, ``WARMED``, ``ANSWERED`` or ``REFUSED`` out), one of the desk that is meant,
and a body as ``kaiyan.studio.frame`` packs it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO

from kaiyan.studio.desk import LOG, Desk, failure, refused
from kaiyan.studio.frame import pack, unpack

ASKED, CLEARED = b"?", b"0"
"""A question, which is answered; a word that the desk is to be empty, which is not."""
ANSWERED, REFUSED, WARMED = b"!", b"-", b"+"
"""An answer, a refusal; and once, before the first of them, that all is imported."""
DESKS = 3
"""As many pages have their things open at once."""
HEAD = 10
"""Bytes before a body."""

Frame = tuple[bytes, int, bytes]


def framed(mark: bytes, desk: int, body: bytes) -> bytes:
    """What is written: length, mark, desk, body."""
    return len(body).to_bytes(8, "little") + mark + bytes([desk]) + body


def main() -> None:
    """Answers until standard input ends."""
    source, sink = _pipes()
    settings = json.loads(sys.argv[1])
    _settle(settings["memory"])
    frames: SimpleQueue[Frame] = SimpleQueue()
    Thread(target=_read, args=(source, frames), daemon=True).start()
    _warm(settings["warm"])
    _write(sink, framed(WARMED, 0, b""))
    desks = [Desk(settings["model"]) for _ in range(DESKS)]
    while True:
        mark, desk, body = frames.get()
        if mark == CLEARED:
            desks[desk] = Desk(settings["model"])
            continue
        how, answer = _answered(desks[desk], body)
        _write(sink, framed(how, desk, answer))


def _write(sink: IO[bytes], frame: bytes) -> None:
    sink.write(frame)
    sink.flush()


def _answered(desk: Desk, body: bytes) -> tuple[bytes, bytes]:
    reply = desk.answer(*unpack(body))
    try:
        return REFUSED if "refusal" in reply.facts else ANSWERED, pack(reply.facts, reply.parts)
    except (TypeError, ValueError) as error:  # a fault of ours: what JSON does not have
        LOG.exception("an answer cannot be written")
        return REFUSED, pack(refused(failure("answer", error)).facts)


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Standard input and output for frames alone: what the user's code prints goes to standard error."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return source, sink


def _read(source: IO[bytes], frames: SimpleQueue[Frame]) -> None:
    """Frames into the queue; the end of the pipe is the server's end, and so ours, whatever we are computing."""
    while head := source.read(HEAD):
        frames.put((head[8:9], head[9], source.read(int.from_bytes(head[:8], "little"))))
    os._exit(0)


def _settle(memory: int) -> None:
    """Interrupts are the server's, others come first, memory has an end, and death of the server is death."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, AttributeError):
        os.nice(5)
    if sys.platform == "linux":
        import resource

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500", "ascii")


def _warm(modules: list[str]) -> None:
    """Imports what the first question would wait for; what is not there is said when it is asked for."""
    for name in modules:
        with suppress(ImportError):
            import_module(name)


if __name__ == "__main__":
    main()
