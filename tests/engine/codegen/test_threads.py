"""The native workers: every task once, whoever does it; many callers, forks, sizes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kaiyan import ConvError, conv, get_num_threads, set_num_threads
from kaiyan.arrays.table import kind_of
from kaiyan.engine.codegen.language.compile import load, objects
from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.running import threads
from kaiyan.engine.planner import PLANNER
from kaiyan.ops.prepare import prepare
from kaiyan.ops.routine import facts_of, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = """
define void @count(ptr %counters, i64 %task) {
  %counter = getelementptr i64, ptr %counters, i64 %task
  %old = atomicrmw add ptr %counter, i64 1 seq_cst
  ret void
}
"""

WHO = """
declare i64 @pthread_self()
define void @who(ptr %notes, i64 %task) {
entry:
  %awaited.p = getelementptr i64, ptr %notes, i64 %task
  %awaited = load i64, ptr %awaited.p
  %own.p = getelementptr i64, ptr %awaited.p, i64 8
  %other.place = add i64 %awaited, 8
  %other.p = getelementptr i64, ptr %notes, i64 %other.place
  %self = call i64 @pthread_self()
  store atomic i64 %self, ptr %own.p seq_cst, align 8
  br label %loop
loop:
  %other = load atomic i64, ptr %other.p seq_cst, align 8
  %waits = icmp eq i64 %other, 0
  br i1 %waits, label %loop, label %out
out:
  ret void
}
"""
"""Notes who begins each of eight tasks, and waits until the one that it is told of has begun."""


@pytest.fixture(scope="module")
def count() -> int:
    return load(objects(COUNT, host()), "count")["count"]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    threads._CREW.asked = None


def _counted(function: int, tasks: int, launches: int) -> list[int]:
    counters = (ctypes.c_int64 * (tasks + 1))()
    for _ in range(launches):
        threads.run(function, ctypes.addressof(counters), tasks)
    return list(counters)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
@pytest.mark.parametrize("tasks", [0, 1, 2, 3, 64, 257])
def test_every_task_is_done_once(count: int, number: int, tasks: int) -> None:
    set_num_threads(number)
    assert _counted(count, tasks, 300) == [300] * tasks + [0]


def test_many_callers_at_once_each_get_all_their_tasks(count: int) -> None:
    set_num_threads(3)
    found: list[list[int]] = []
    callers = [threading.Thread(target=lambda: found.append(_counted(count, 50, 2000))) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [[2000] * 50 + [0]] * 8


def _by_caller(awaited: tuple[int, ...]) -> list[bool]:
    """Which of eight tasks the caller did; each waits for one."""
    notes = (ctypes.c_int64 * 16)(*awaited)
    pool = threads.Pool(2)
    pool.run(load(objects(WHO, host()), "who")["who"], ctypes.addressof(notes), 8)
    pool.close()
    return [who == threading.get_ident() for who in notes[8:]]


@pytest.mark.skipif(get_num_threads() < 2, reason="two processors are needed")
def test_each_thread_does_its_own_share_first_and_then_what_is_left_of_the_others() -> None:
    assert _by_caller((4, 5, 6, 7, 0, 1, 2, 3)) == [True] * 4 + [False] * 4
    assert _by_caller((3, 1, 2, 3, 0, 5, 6, 7)) == [True] + [False] * 7


@pytest.mark.skipif(get_num_threads() < 2, reason="two processors are needed")
def test_a_worker_that_parked_beside_its_waker_is_sent_to_another_processor(count: int) -> None:
    ours = os.sched_getaffinity(0)
    here = min(ours)
    pool = threads.Pool(2)
    counters = (ctypes.c_int64 * 8)()
    pool.run(count, ctypes.addressof(counters), 8)
    worker = _worker(pool)
    try:
        os.sched_setaffinity(0, {here})
        os.sched_setaffinity(worker, {here})
        pool.run(count, ctypes.addressof(counters), 8)
        time.sleep(0.05)
        os.sched_setaffinity(0, ours)
        before = _processor()
        pool.run(count, ctypes.addressof(counters), 8)
        if before == _processor() == here:
            assert os.sched_getaffinity(worker) == ours - {here}
        assert list(counters) == [3] * 8
    finally:
        os.sched_setaffinity(0, ours)
        pool.close()


def _worker(pool: threads.Pool) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if pool.records[1].thread:
            return int(pool.records[1].thread)
    pytest.fail("the worker did not start")


def _processor() -> int:
    found: int = ctypes.CDLL(None).sched_getcpu()
    return found


def test_a_closed_pool_lets_its_workers_go(count: int) -> None:
    pool = threads.Pool(3)
    counters = (ctypes.c_int64 * 9)()
    pool.run(count, ctypes.addressof(counters), 9)
    pool.close()
    assert list(counters) == [1] * 9


FORK = """
import os, sys, threading
import numpy as np, kaiyan
kaiyan.set_num_threads(3)
x, w = np.ones((4, 16, 40, 40), np.float32), np.ones((16, 16, 3, 3), np.float32)
right = kaiyan.conv(x, w)
going = True
def work():
    while going:
        kaiyan.conv(x, w)
worker = threading.Thread(target=work)
worker.start()
codes = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(kaiyan.conv(x, w), right) else 1)
    codes.append(os.waitpid(child, 0)[1])
going = False
worker.join()
sys.exit(any(codes))
"""


def test_a_fork_while_another_thread_computes_leaves_both_able() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("shape", "weight", "options"),
    [
        ((1, 32, 40, 40), (32, 32, 3, 3), {"padding": 1}),
        ((2, 24, 33, 31), (40, 24, 3, 3), {"stride": 2}),
        ((1, 40, 50, 50), (40, 1, 5, 5), {"groups": 40, "padding": 2}),
        ((1, 64, 60, 60), (96, 64, 1, 1), {}),
        ((1, 8, 3000), (16, 8, 5), {"padding": "causal"}),
    ],
)
def test_the_bits_do_not_depend_on_the_number_of_threads(
    shape: tuple[int, ...], weight: tuple[int, ...], options: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(shape, np.float32), rng.standard_normal(weight, np.float32)
    found = []
    for number in (1, 2, 3, 7):
        set_num_threads(number)
        PLANNER.forget()
        found.append(conv(x, w, **options))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_work_is_cut_anew_for_another_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 64, 56, 56), np.float32), rng.standard_normal((64, 64, 3, 3), np.float32)
    layer = prepare("Conv2d(64, 64, 3, padding=1, bias=False)", w)
    kind, tasks = kind_of("x", x), []
    for number in (1, 2):
        set_num_threads(number)
        layer(x)
        routine: Any = PLANNER.routine(problem_of(facts_of(kind, x, w), layer.spec))
        tasks.append(routine._launch._tasks)
    assert len(layer._ready) == 2
    assert tasks[0] < tasks[1]


def test_callers_on_many_python_threads_get_right_answers() -> None:
    set_num_threads(2)
    rng = np.random.default_rng(0)
    problems = [
        (rng.integers(-4, 5, (1, c, 30, 30)).astype("f4"), rng.integers(-4, 5, (c, c, 3, 3)).astype("f4"))
        for c in (3, 8, 17)
    ]
    right = [conv(x.astype(np.int64), w.astype(np.int64)) for x, w in problems]
    wrong: list[int] = []

    def work() -> None:
        for _ in range(100):
            for (x, w), y in zip(problems, right, strict=True):
                if np.abs(conv(x, w) - y).max() > 0.01:
                    wrong.append(1)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_the_number_is_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    set_num_threads(3)
    assert get_num_threads() == 3
    threads._CREW.asked = None
    torch = sys.modules["torch"] if "torch" in sys.modules else pytest.importorskip("torch")
    assert get_num_threads() == torch.get_num_threads()
    monkeypatch.delitem(sys.modules, "torch")
    cores = len(os.sched_getaffinity(0))
    for text, expected in (("1", 1), ("1,4", 1), ("", cores), ("zero", cores), ("0", cores), ("999", cores)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert get_num_threads() == expected


@pytest.mark.parametrize("number", [0, -1, 1.5, "two", None])
def test_a_number_that_makes_no_sense_is_refused(number: object) -> None:
    with pytest.raises(ConvError, match="threads"):
        set_num_threads(number)  # type: ignore[arg-type]
