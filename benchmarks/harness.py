"""Timing that can be trusted on a shared machine: interleaved, by medians, with the interference it met."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.engine.codegen.language.target import host
from kaiyan.engine.codegen.running.machine import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

RUNS = 30
REST = 20e-3
"""Seconds after which the threads of every peer sleep."""
QUIET = 0.05
"""Cores that everything else may use while a row is timed."""

_SHORT = 1e-3
_WAKING = 20e-3
_LONG = 1.0
"""Seconds of a call that needs no other before it to warm it."""
_PACKAGES = ("numpy", "torch", "onnxruntime", "openvino", "ncnn", "opencv-python-headless", "scipy", "llvmlite")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one call: the median and the least of ``runs``."""

    median: float
    least: float
    runs: int


def interleaved(
    calls: Mapping[str, Callable[[], object]], seconds: float, runs: int = RUNS, rest: float = 0.0
) -> dict[str, Timing]:
    """The time of every call, taken in turns; a call leaves after ``runs`` turns, or once it has had ``seconds``.

    Minutes differ more than calls do: in turns two timings of one work agreed to 0.6 %, in blocks to 16 %. Seconds of
    ``rest`` before each turn let the threads of the one before fall asleep: while they spin, a core is not free.
    """
    turns = {name: _Turns(call, rest) for name, call in calls.items()}
    while playing := [turn for turn in turns.values() if len(turn.times) < runs and turn.spent < seconds]:
        for turn in playing:
            turn.take()
    return {name: Timing(statistics.median(t.times), min(t.times), len(t.times)) for name, t in turns.items()}


@dataclass(slots=True)
class _Turns:
    call: Callable[[], object]
    rest: float = 0.0
    times: list[float] = field(default_factory=list)
    spent: float = 0.0
    repeats: int = 0

    def take(self) -> None:
        """One time, of as many calls in a row as make a millisecond.

        Short calls are preceded by one that nobody times: the caches are another peer's, its threads still spin.
        """
        sleep(self.rest)
        began = perf_counter()
        if not self.repeats:
            first = _seconds(self.call)
            if first > _LONG:
                self.times.append(first)
                self.spent += first
                return
            self.repeats = max(1, round(_SHORT / _seconds(self.call)))
        if not self.times or self.times[-1] < _WAKING:
            self.call()
        started = perf_counter()
        for _ in range(self.repeats):
            self.call()
        ended = perf_counter()
        self.times.append((ended - started) / self.repeats)
        self.spent += ended - began


def _seconds(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return max(perf_counter() - began, 1e-7)


class Watch:
    """Cores that others used between its making and ``others``; None where the system does not say."""

    def __init__(self) -> None:
        self._began = self._now()

    @staticmethod
    def _now() -> tuple[float, float | None, float]:
        return perf_counter(), _busy(), process_time()

    def others(self) -> float | None:
        """Cores used by everything but this process, the hypervisor's other guests included."""
        (t0, busy0, own0), (t1, busy1, own1) = self._began, self._now()
        if busy0 is None or busy1 is None:
            return None
        return max(0.0, (busy1 - busy0) - (own1 - own0)) / max(t1 - t0, 1e-9)


def _busy() -> float | None:
    try:
        with Path("/proc/stat").open(encoding="ascii") as status:
            user, nice, system, _idle, _wait, irq, softirq, steal = map(int, status.readline().split()[1:9])
    except OSError:
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine can do at best: multiply-adds and memory traffic a second."""

    flops: float
    bandwidth: float

    def seconds(self, flops: float, moved: float) -> float:
        """The least time of a work of ``flops`` operations that moves so many bytes."""
        return max(flops / self.flops, moved / self.bandwidth)


def limits(threads: int, megabytes: int = 128) -> Limits:
    """The peak by a kernel of nothing but products in registers, times the threads; the bandwidth by copying."""
    source = np.ones(megabytes << 18, np.float32)
    target = np.empty_like(source)
    times = interleaved({"copy": lambda: np.copyto(target, source)}, seconds=2)
    peak = 4 * host().lanes(4) * machine().frequency
    return Limits(peak * threads, 2 * source.nbytes / times["copy"].least)


def card(packages: Iterable[str] = _PACKAGES) -> dict[str, Any]:
    """The machine and the versions, for the file of a run."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "versions": {name: found for name in packages if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    lines = [line.partition(":") for line in cpuinfo.read_text().splitlines()]
    facts = {name.strip(): value.strip() for name, _, value in lines}
    return (
        f"{facts.get('model name', platform.machine())} (family {facts.get('cpu family')}, model {facts.get('model')})"
    )
