"""Native workers that spin, then park: a fork and join costs under a microsecond while they are awake.

They are pthreads in generated code and never hold Python's lock. One that parked on the processor of its waker is sent
to another first: some kernels would leave it there, behind the one that works, until the work is done. Where there is
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

from kaiyan.engine.codegen.language.compile import load, objects
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
_RECORD = 8
"""Bytes that the pool's memory keeps of each worker."""

_IR = """
%record = type {{ i32, i32 }}
; thread, the processor on which it parked
%state = type {{
  i32, [15 x i32], i64, [7 x i64], i64, [7 x i64], i32, i32, i32, i32, i64, ptr, ptr, i32, [0 x %record]
}}
; generation, next task, workers inside, busy, sleepers, stop, -, count, function, arguments, workers, their records

declare void {declared}
declare i64 @syscall(i64, ...)
declare i32 @sched_yield()
declare i32 @sched_getcpu()
declare i32 @sched_getaffinity(i32, i64, ptr)
declare i32 @sched_setaffinity(i32, i64, ptr)

define void @serial(ptr %function, ptr %arguments, i64 %count) {{
entry:
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %loop, label %out
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void %function(ptr %arguments, i64 %i)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %loop, label %out
out:
  ret void
}}

define void @share(ptr %s) {{
entry:
  %next = getelementptr %state, ptr %s, i32 0, i32 2
  %count.p = getelementptr %state, ptr %s, i32 0, i32 10
  %function.p = getelementptr %state, ptr %s, i32 0, i32 11
  %arguments.p = getelementptr %state, ptr %s, i32 0, i32 12
  br label %loop
loop:
  %i = atomicrmw add ptr %next, i64 1 seq_cst
  %idle = icmp sge i64 %i, {idle}
  br i1 %idle, label %out, label %read
read:
  %count = load i64, ptr %count.p
  %mine = icmp slt i64 %i, %count
  br i1 %mine, label %work, label %out
work:
  %function = load ptr, ptr %function.p
  %arguments = load ptr, ptr %arguments.p
  call void %function(ptr %arguments, i64 %i)
  br label %loop
out:
  ret void
}}

define ptr @worker(ptr %s) {{
entry:
  %inside = getelementptr %state, ptr %s, i32 0, i32 4
  %sleepers = getelementptr %state, ptr %s, i32 0, i32 7
  %stop.p = getelementptr %state, ptr %s, i32 0, i32 8
  %workers = getelementptr %state, ptr %s, i32 0, i32 13
  %number = atomicrmw add ptr %workers, i32 1 seq_cst
  %thread.p = getelementptr %state, ptr %s, i32 0, i32 14, i32 %number, i32 0
  %processor.p = getelementptr %state, ptr %s, i32 0, i32 14, i32 %number, i32 1
  %thread = call i64 (i64, ...) @syscall(i64 {gettid})
  %thread.short = trunc i64 %thread to i32
  store atomic i32 %thread.short, ptr %thread.p seq_cst, align 4
  br label %wait
wait:
  %seen = phi i32 [ 0, %entry ], [ %now, %leave ]
  br label %spin
spin:
  %turn = phi i32 [ 0, %wait ], [ %turn.next, %again ], [ 0, %woken ]
  %now = load atomic i32, ptr %s seq_cst, align 4
  %changed = icmp ne i32 %now, %seen
  br i1 %changed, label %awake, label %again.or.park
again.or.park:
  %turn.next = add i32 %turn, 1
  %tired = icmp sgt i32 %turn.next, {spins}
  br i1 %tired, label %park, label %again
again:
  call void {pause}
  br label %spin
park:
  %processor = call i32 @sched_getcpu()
  store atomic i32 %processor, ptr %processor.p seq_cst, align 4
  %a = atomicrmw add ptr %sleepers, i32 1 seq_cst
  %b = call i64 (i64, ...) @syscall(i64 {futex}, ptr %s, i32 128, i32 %seen, ptr null, ptr null, i32 0)
  %c = atomicrmw sub ptr %sleepers, i32 1 seq_cst
  br label %woken
woken:
  br label %spin
awake:
  %stop = load atomic i32, ptr %stop.p seq_cst, align 4
  %over = icmp ne i32 %stop, 0
  br i1 %over, label %out, label %enter
enter:
  %d = atomicrmw add ptr %inside, i64 1 seq_cst
  call void @share(ptr %s)
  br label %leave
leave:
  %e = atomicrmw sub ptr %inside, i64 1 seq_cst
  br label %wait
out:
  ret ptr null
}}

define void @settle(ptr %s) {{
entry:
  %inside = getelementptr %state, ptr %s, i32 0, i32 4
  br label %look
look:
  %turn = phi i32 [ 0, %entry ], [ %turn.next, %again ]
  %n = load atomic i64, ptr %inside seq_cst, align 8
  %none = icmp eq i64 %n, 0
  br i1 %none, label %out, label %more
more:
  %turn.next = add i32 %turn, 1
  %tired = icmp sgt i32 %turn.next, {spins}
  br i1 %tired, label %yield, label %again
yield:
  %y = call i32 @sched_yield()
  br label %again
again:
  call void {pause}
  br label %look
out:
  ret void
}}

define void @part(ptr %s) {{
entry:
  %here = call i32 @sched_getcpu()
  %workers = getelementptr %state, ptr %s, i32 0, i32 13
  %count = load atomic i32, ptr %workers seq_cst, align 4
  br label %look
look:
  %i = phi i32 [ 0, %entry ], [ %next, %on ]
  %more = icmp slt i32 %i, %count
  br i1 %more, label %ask, label %out
ask:
  %next = add i32 %i, 1
  %thread.p = getelementptr %state, ptr %s, i32 0, i32 14, i32 %i, i32 0
  %processor.p = getelementptr %state, ptr %s, i32 0, i32 14, i32 %i, i32 1
  %thread = load atomic i32, ptr %thread.p seq_cst, align 4
  %processor = load atomic i32, ptr %processor.p seq_cst, align 4
  %known = icmp ne i32 %thread, 0
  %same = icmp eq i32 %processor, %here
  %both = and i1 %known, %same
  br i1 %both, label %move, label %on
move:
  call void @move(i32 %thread, i32 %here)
  br label %on
on:
  br label %look
out:
  ret void
}}

define void @move(i32 %thread, i32 %here) {{
entry:
  %mask = alloca [16 x i64]
  %failed = call i32 @sched_getaffinity(i32 0, i64 128, ptr %mask)
  %known = icmp eq i32 %failed, 0
  %low = icmp ult i32 %here, 1024
  %able = and i1 %known, %low
  br i1 %able, label %clear, label %out
clear:
  %word = lshr i32 %here, 6
  %place = getelementptr [16 x i64], ptr %mask, i32 0, i32 %word
  %short = and i32 %here, 63
  %shift = zext i32 %short to i64
  %bit = shl i64 1, %shift
  %others = xor i64 %bit, -1
  %old = load i64, ptr %place
  %new = and i64 %old, %others
  store i64 %new, ptr %place
  %r = call i32 @sched_setaffinity(i32 %thread, i64 128, ptr %mask)
  br label %out
out:
  ret void
}}

define void @wake(ptr %s) {{
entry:
  %g = atomicrmw add ptr %s, i32 1 seq_cst
  %sleepers = getelementptr %state, ptr %s, i32 0, i32 7
  %n = load atomic i32, ptr %sleepers seq_cst, align 4
  %none = icmp eq i32 %n, 0
  br i1 %none, label %out, label %call
call:
  call void @part(ptr %s)
  %r = call i64 (i64, ...) @syscall(i64 {futex}, ptr %s, i32 129, i32 1073741824, ptr null, ptr null, i32 0)
  br label %out
out:
  ret void
}}

define void @run(ptr %s, ptr %function, ptr %arguments, i64 %count) {{
entry:
  %next = getelementptr %state, ptr %s, i32 0, i32 2
  %busy = getelementptr %state, ptr %s, i32 0, i32 6
  %count.p = getelementptr %state, ptr %s, i32 0, i32 10
  %function.p = getelementptr %state, ptr %s, i32 0, i32 11
  %arguments.p = getelementptr %state, ptr %s, i32 0, i32 12
  %try = cmpxchg ptr %busy, i32 0, i32 1 seq_cst seq_cst
  %got = extractvalue {{ i32, i1 }} %try, 1
  br i1 %got, label %lead, label %alone
alone:
  call void @serial(ptr %function, ptr %arguments, i64 %count)
  ret void
lead:
  call void @settle(ptr %s)
  store i64 %count, ptr %count.p
  store ptr %function, ptr %function.p
  store ptr %arguments, ptr %arguments.p
  store atomic i64 0, ptr %next seq_cst, align 8
  call void @wake(ptr %s)
  call void @share(ptr %s)
  store atomic i64 {idle}, ptr %next seq_cst, align 8
  call void @settle(ptr %s)
  store atomic i32 0, ptr %busy seq_cst, align 4
  ret void
}}

define void @stop(ptr %s) {{
entry:
  %stop.p = getelementptr %state, ptr %s, i32 0, i32 8
  store atomic i32 1, ptr %stop.p seq_cst, align 4
  call void @wake(ptr %s)
  ret void
}}
"""


class Pool:
    """``threads`` - 1 native workers; the caller of ``run`` is the other one."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._memory = ctypes.create_string_buffer(512 + _RECORD * threads)
        self._state = -(-ctypes.addressof(self._memory) // 64) * 64
        ctypes.c_int64.from_address(self._state + 64).value = _IDLE
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


def set_num_threads(threads: int) -> None:
    """How many threads a convolution may use from now on; raises ``ConvError`` for less than one."""
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
    """What ``set_num_threads`` said; else torch's number where it is loaded, OMP_NUM_THREADS, or the cores we have."""
    if sys.platform != "linux" or _machine() is None:
        return 1
    asked = _OWN.threads or _CREW.asked
    if asked is not None:
        return asked
    torch = sys.modules.get("torch")
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
    text = _IR.format(idle=_IDLE, spins=_SPINS, futex=futex, gettid=gettid, declared=pause, pause=call)
    return load(objects(text, host()), "run", "stop", "serial", "worker")


@lru_cache(maxsize=8)
def _prototype(name: str) -> Callable[..., None]:
    kinds = {"run": 3, "stop": 1, "serial": 2}[name]
    counted = [ctypes.c_int64] * (name != "stop")
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * kinds, *counted)(_code()[name])
