"""The CPUs that code is generated for: how wide a vector is, how many registers there are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of CPU. ``bits`` is the width of a vector register; ``cpu`` and ``features`` are LLVM's words.

    >>> AVX2.lanes(4)
    8
    """

    name: str
    bits: int
    registers: int
    triple: str
    cpu: str
    features: str

    def lanes(self, itemsize: int) -> int:
        """Numbers of ``itemsize`` bytes in one register."""
        return self.bits // 8 // itemsize


_LINUX = "unknown-linux-gnu"
_AVX512 = "+64bit,+avx2,+fma,+avx512f,+avx512vl,+avx512dq,+avx512bw,+avx512cd,-prefer-256-bit"
AVX512 = Target("avx512", 512, 32, f"x86_64-{_LINUX}", "x86-64-v4", _AVX512)
AVX2 = Target("avx2", 256, 16, f"x86_64-{_LINUX}", "x86-64-v3", "+64bit,+avx2,+fma")
NEON = Target("neon", 128, 32, f"aarch64-{_LINUX}", "generic", "+neon")
GENERIC = Target("generic", 128, 16, f"x86_64-{_LINUX}", "x86-64", "+64bit,+sse2")
TARGETS = (AVX512, AVX2, NEON, GENERIC)
"""The kinds of CPU, widest first; a machine that is none of the first three is taken as the last.

The features are all named: a CPU whose name LLVM does not know would have none, and LLVM ends the process over that.
"""

CHOICE = "KAIYAN_TARGET"
"""The environment's word for another kind than the one found: a name of ``TARGETS``."""


@lru_cache(maxsize=1)
def host() -> Target:
    """This machine, tuned to its own CPU; ``KAIYAN_TARGET=avx2`` (or generic) asks for less than it can."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    triple = llvm.get_process_triple()
    asked = os.environ.get(CHOICE)
    for row in TARGETS[:-1]:
        if row.name == asked or (asked is None and _runs(row, features, triple)):
            cpu = row.cpu if asked else llvm.get_host_cpu_name()
            words = row.features if asked else ",".join(filter(None, (features.flatten(), row.features)))
            return Target(row.name, row.bits, row.registers, triple, cpu, words)
    return Target(GENERIC.name, GENERIC.bits, GENERIC.registers, triple, "", "")  # whatever LLVM takes it for


def _runs(row: Target, features: dict[str, bool], triple: str) -> bool:
    if not triple.startswith(row.triple.partition("-")[0]):
        return False
    needed = {"avx512": ("avx512f", "avx512vl", "avx512dq", "avx512bw"), "avx2": ("avx2", "fma"), "neon": ("neon",)}
    return all(features.get(word, False) for word in needed[row.name])
