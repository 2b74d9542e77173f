"""A function called in a process of its own, which is ended when it takes too long or too much: a hang is a failure.

The processes are forked from one that has imported what they need, so that each begins at once.
"""

from __future__ import annotations

import sys
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["warm_fixit"])
MEGABYTE = 1 << 20


class Ended(NamedTuple):
    """How a call ended: ``said`` is "" where it came back; ``megabytes`` it held at most, beyond the start."""

    said: str
    megabytes: float = 0.0


def limited(
    function: Callable[..., Any], *args: Any, seconds: float = 20, processor: int = 20, megabytes: int = 4000
) -> Ended:
    """How a call ends that has so long, so long of a processor, and so much memory where the system can limit it."""
    here, there = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_called, args=(there, (processor, megabytes), function, args), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(seconds):
            return Ended(f"it ran for more than {seconds:g} s")
        return Ended(*here.recv())
    except EOFError:
        process.join(5)
        return Ended(f"its process ended: {process.exitcode}")
    finally:
        process.kill()
        process.join()


def _called(pipe: Connection, limits: tuple[int, int], function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    before = _held(limits)
    try:
        function(*args)
    except Exception as error:  # noqa: BLE001 (whatever it raises is told)
        pipe.send((f"{type(error).__name__}: {error}"[:2000], _held() - before))
    else:
        pipe.send(("", _held() - before))


def _held(limits: tuple[int, int] | None = None) -> float:
    """Megabytes of real memory that were held at most; ``limits``: no more of a processor and of memory is given."""
    if sys.platform == "win32":
        return 0.0
    import resource

    if limits:
        resource.setrlimit(resource.RLIMIT_CPU, (limits[0], limits[0]))
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_DATA, (limits[1] * MEGABYTE, limits[1] * MEGABYTE))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (MEGABYTE if sys.platform == "darwin" else 1024)
