"""What was measured on this machine, kept on disk: seconds by problem, number of threads and algorithm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.language.compile import cache_folder, keep

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.engine.problem import Problem

Wisdom = dict[str, dict[str, float]]


def known(problem: Problem, threads: int) -> dict[str, float]:
    """Seconds by the name of the algorithm, as far as they were measured on so many threads."""
    return _read(_path()).get(_key(problem, threads), {})


def learn(problem: Problem, threads: int, seconds: dict[str, float]) -> None:
    """Keeps what was measured beside what other processes kept; a disk that cannot be written is no error."""
    path = _path()
    held = _read(path)
    key = _key(problem, threads)
    held[key] = held.get(key, {}) | seconds
    keep(path, json.dumps(held, indent=1, sort_keys=True).encode())


def _key(problem: Problem, threads: int) -> str:
    return f"{problem} t{threads}"


def _path() -> Path:
    try:
        from kaiyan.engine.codegen.language.target import host

        machine = f"{host().name}-{host().cpu or 'generic'}"
    except ImportError:
        machine = "plain"
    return cache_folder() / f"wisdom-{machine}.json"


def _read(path: Path) -> Wisdom:
    try:
        held = json.loads(path.read_text("utf-8"))
        return {str(key): {str(n): float(s) for n, s in times.items()} for key, times in held.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
