"""The choice: every algorithm is asked, the fastest that does not refuse is taken, and the plan says why."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kaiyan.engine.algorithm import Algorithm
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.spec.problem import Problem


@dataclass(frozen=True, slots=True)
class Row:
    """One algorithm's answer: the seconds it expects, or why it refuses."""

    name: str
    seconds: float | None
    refusal: str | None

    def __str__(self) -> str:
        said = self.refusal if self.seconds is None else f"{self.seconds * 1e3:.3f} ms expected"
        return f"{self.name:<12} {said}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The algorithm chosen for a problem, and every row's answer; ``str`` is the table."""

    problem: Problem
    algorithm: Algorithm
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        ordered = sorted(self.rows, key=lambda row: (row.name != self.algorithm.name, row.seconds is None))
        return "\n".join(f"{'-> ' if i == 0 else '   '}{row}" for i, row in enumerate(ordered))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        rows = [{"name": row.name, "seconds": row.seconds, "refusal": row.refusal} for row in self.rows]
        return {"problem": str(self.problem), "algorithm": self.algorithm.name, "rows": rows}


@lru_cache(maxsize=4096)
def plan(problem: Problem) -> Plan:
    """The fastest algorithm for ``problem`` by the cost models, with what every row answered."""
    rows = []
    able = []
    for algorithm in ALGORITHMS:
        refusal = algorithm.refuses(problem)
        seconds = None if refusal else algorithm.seconds(problem)
        rows.append(Row(algorithm.name, seconds, refusal))
        if seconds is not None:
            able.append((seconds, algorithm))
    return Plan(problem, min(able, key=lambda pair: pair[0])[1], tuple(rows))
