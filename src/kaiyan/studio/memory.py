"""How much memory a process may take, so that the machine stays whole."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

LEAST_MEMORY = 1 << 30
"""Bytes that are always allowed: torch alone takes a third of it."""


def free(share: float, root: Path = Path("/")) -> int:
    """Bytes that a process may take: its share of what is free, on this machine and in this container."""
    known = [LEAST_MEMORY * 1024]
    with suppress(OSError, ValueError):
        known.append(1024 * int(*re.findall(r"MemAvailable:\s+(\d+) kB", (root / "proc/meminfo").read_text("ascii"))))
    with suppress(OSError, ValueError):  # a container's own limit; "max" where there is none
        folder = root / "sys/fs/cgroup"
        limit, used = (int((folder / f"memory.{name}").read_text("ascii")) for name in ("max", "current"))
        known.append(limit - used)
    return max(int(share * min(known)), LEAST_MEMORY)
