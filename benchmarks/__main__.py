"""``python -m benchmarks``: three figures, import time, overhead of a call, memory; ``layers`` measures real layers."""

import json
import statistics
import subprocess
import sys
from time import perf_counter
from typing import TYPE_CHECKING

import click

from benchmarks.blind import blind
from benchmarks.calls import calls as beside
from benchmarks.faces import faces
from benchmarks.layers import layers
from benchmarks.networks import networks
from benchmarks.replay import replay
from benchmarks.studio import studio
from benchmarks.sweep import sweep
from benchmarks.training import training
from benchmarks.zoo import zoo
from benchmarks.zoo_judge import breakages

if TYPE_CHECKING:
    from collections.abc import Callable

IMPORT = "from time import perf_counter as t; b = t(); import kaiyan; print(t() - b)"
MEMORY = """
import numpy as np, kaiyan
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
x, w = np.ones((2, 64, 224, 224)), np.ones((3, 64, 9, 9))
before = peak()
kaiyan.conv(x, w)
print((peak() - before) / 1024)
"""
RUNS = 31


def fresh(code: str) -> float:
    """What a line of Python prints in a process of its own."""
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def overhead() -> dict[str, float]:
    """Microseconds of one call on a tiny input: torch's own and ours, interleaved, medians."""
    import torch
    from torch.nn import functional

    import kaiyan

    torch.set_num_threads(1)
    x, w = torch.ones(1, 1, 8, 8), torch.ones(1, 1, 3, 3)
    calls: dict[str, Callable[[], object]] = {
        "torch": lambda: functional.conv2d(x, w, padding=1),
        "kaiyan": lambda: kaiyan.conv(x, w, padding=1),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(RUNS):
        for name, call in calls.items():
            began = perf_counter()
            for _ in range(1000):
                call()
            times[name].append((perf_counter() - began) * 1e3)
    return {name: statistics.median(measured) for name, measured in times.items()}


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Prints the figures as JSON, where no command is given."""
    if context.invoked_subcommand is not None:
        return
    imports = [fresh(IMPORT) * 1e3 for _ in range(RUNS)]
    calls = overhead()
    figures = {
        "import_ms": statistics.median(imports),
        "call_us": calls,
        "overhead_us": calls["kaiyan"] - calls["torch"],
        "memory_added_mb": fresh(MEMORY),
    }
    print(json.dumps(figures, indent=2))


main.add_command(blind)
main.add_command(beside)
main.add_command(faces)
main.add_command(layers)
main.add_command(networks)
main.add_command(replay)
main.add_command(studio)
main.add_command(sweep)
main.add_command(training)
zoo.add_command(breakages)
main.add_command(zoo)
if __name__ == "__main__":
    main()
