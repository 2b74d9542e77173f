"""Native workers that spin, then park: a fork and join costs under a microsecond while they are awake.

They are pthreads in generated code and never hold Python's lock. One that parked on the processor of its waker is sent
to another first: some systems would leave it there, behind the one that works, until the work is done. Where there is
no futex (outside Linux), one thread does all. The bits of a result do not depend on how many there are: a task's work
is the same whoever does it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock, local
from typing import TYPE_CHECKING, Any

from kaiyan.arrays.memory import LINE
from kaiyan.arrays.table import loaded
from kaiyan.engine.codegen.language.compile import load, machine_code_of, text_of
from kaiyan.engine.codegen.language.target import host
from kaiyan.spec import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SPINS = 5_000
"""Looks at the state before a worker parks, or a caller yields: 50 to 100 microseconds."""
_IDLE = 1 << 62
"""The next task while there is no job: higher than any count."""
_MACHINES = {
    "x86_64": (202, 186, "@llvm.x86.sse2.pause()", ""),
    "aarch64": (98, 178, "@llvm.aarch64.hint(i32)", "i32 1"),
}
"""The numbers of futex (128 waits, 129 wakes, in this process) and gettid; the instruction for a thread that spins."""


class _Record(ctypes.Structure):
    """What the pool keeps of each who works; the names are those of ``threads.ll``."""

    _fields_ = (
        ("next", ctypes.c_int64),
        ("end", ctypes.c_int64),
        ("thread", ctypes.c_int32),
        ("processor", ctypes.c_int32),
    )


class _State(ctypes.Structure):
    """What the pool's threads share, before the records."""

    _fields_ = (
        ("changing", ctypes.c_int64 * 16),
        ("busy", ctypes.c_int32),
        ("sleepers", ctypes.c_int32),
        ("stop", ctypes.c_int32),
        ("all", ctypes.c_int32),
        ("job", ctypes.c_void_p * 2),
        ("came", ctypes.c_int32),
        ("apart", ctypes.c_int32 * 7),
    )


class Pool:
    """``threads`` - 1 native workers; the caller of ``run`` is the other one."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        size = ctypes.sizeof(_State)
        self._memory = ctypes.create_string_buffer(LINE + size + threads * ctypes.sizeof(_Record))
        self._state = -(-ctypes.addressof(self._memory) // LINE) * LINE
        self.records = (_Record * threads).from_address(self._state + size)
        state = _State.from_address(self._state)
        state.all, state.came = threads, 1
        for record in self.records:
            record.next = _IDLE
        for _ in range(threads - 1):
            self._start(_code()["worker"])

    def _start(self, worker: int) -> None:
        process, thread = ctypes.CDLL(None), ctypes.c_ulong()
        refused = process.pthread_create(
            ctypes.byref(thread), None, ctypes.c_void_p(worker), ctypes.c_void_p(self._state)
        )
        if not refused:
            process.pthread_detach(thread)

    def run(self, function: int, arguments: int, tasks: int) -> None:
        """Calls ``void function(arguments, task)`` once for every task; returns when all are done.

        A caller who finds the workers busy for another one does its tasks alone.
        """
        _prototype("run")(self._state, function, arguments, tasks)

    def run_all(self, table: int, count: int) -> int:
        """Runs so many calls of a table, one after the other, each by all workers; see ``threads.ll``."""
        done: int = _prototype("all")(self._state, table, count)
        return done

    def close(self) -> None:
        """Lets the workers go."""
        _KEPT.append(self._memory)
        _prototype("stop")(self._state)


_KEPT: list[Any] = []
"""The memory of closed pools: a worker may look at it once more."""


class _Crew:
    """The process's workers and how many are wanted."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.asked: int | None = None
        self.pool: Pool | None = None

    def of(self, threads: int) -> Pool:
        """The pool, made anew where its size is another."""
        with self.lock:
            if self.pool is None or self.pool.threads != threads:
                if self.pool is not None:
                    self.pool.close()
                self.pool = Pool(threads)
            return self.pool

    def forget(self) -> None:
        """In a forked child: its parent's workers are not there, and a lock may be held by nobody."""
        self.lock, self.pool = Lock(), None


_CREW = _Crew()
os.register_at_fork(after_in_child=_CREW.forget)


def run(function: int, arguments: int, tasks: int, threads: int | None = None) -> None:
    """Does all tasks on so many threads; on as many as are set, where it is not said."""
    threads = 1 if tasks <= 1 else threads or get_num_threads()
    pool = _CREW.pool
    if threads == 1:
        _prototype("serial")(function, arguments, tasks)
    elif pool is not None and pool.threads == threads:
        pool.run(function, arguments, tasks)
    else:
        _CREW.of(threads).run(function, arguments, tasks)


def run_all(table: int, count: int, threads: int) -> int:
    """Runs the calls of a table in order; how many were run, see ``threads.ll``."""
    if threads > 1:
        return _CREW.of(threads).run_all(table, count)
    done: int = _prototype("all")(None, table, count)
    return done


def sharing() -> int:
    """The function of a call whose tasks are tables: their addresses and lengths are its arguments."""
    return _code()["table"]


def set_num_threads(threads: int) -> None:
    """Sets how many threads a convolution may use from now on, in the whole process.

    Raises ``ConvError`` for anything but an integer of at least 1. Without a call, see ``get_num_threads``.
    """
    _CREW.asked = read.number("threads", threads, least=1)


class _Own(local):
    """How many threads the calls of one Python thread use, whatever the others do."""

    threads: int | None = None


_OWN = _Own()


@contextmanager
def holding(threads: int) -> Iterator[None]:
    """Inside, this Python thread's convolutions use so many."""
    before, _OWN.threads = _OWN.threads, threads
    try:
        yield
    finally:
        _OWN.threads = before


def get_num_threads() -> int:
    """How many threads a convolution may use.

    It is what ``set_num_threads`` set; otherwise torch's number if torch is loaded, then OMP_NUM_THREADS, then the
    number of cores. Generated code uses threads on Linux only: elsewhere it is 1.
    """
    if sys.platform != "linux" or _machine() is None:
        return 1
    asked = _OWN.threads or _CREW.asked
    if asked is not None:
        return asked
    torch = loaded("torch")
    if torch is not None and hasattr(torch, "get_num_threads"):
        count: int = torch.get_num_threads()
        return count
    return _environment()


def _environment() -> int:
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    cores = len(os.sched_getaffinity(0))
    return min(int(first), cores) if first.isdecimal() and int(first) else cores


@lru_cache(maxsize=1)
def _machine() -> tuple[int, int, str, str] | None:
    return _MACHINES.get(os.uname().machine)


@lru_cache(maxsize=1)
def _code() -> dict[str, int]:
    futex, gettid, pause, argument = _machine() or (0, 0, "@sched_yield()", "")
    call = pause.replace("(i32)", f"({argument})")
    text = text_of("threads", idle=_IDLE, spins=_SPINS, futex=futex, gettid=gettid, declared=pause, pause=call)
    return load(machine_code_of(text, host()), "all", "run", "stop", "serial", "worker", "table")


@lru_cache(maxsize=8)
def _prototype(name: str) -> Callable[..., Any]:
    pointers = {"all": 2, "run": 3, "stop": 1, "serial": 2}[name]
    counted = [ctypes.c_int64] * (name != "stop")
    given = ctypes.c_int64 if name == "all" else None
    return ctypes.CFUNCTYPE(given, *[ctypes.c_void_p] * pointers, *counted)(_code()[name])
