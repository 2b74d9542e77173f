"""``python -m benchmarks calls --beside TREE``: calls whose work is nothing, beside another checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import click

ROOT = Path(__file__).parent.parent
WORKER = """
import json, sys, timeit
import numpy as np, torch, kaiyan
torch.set_num_threads(1)
kaiyan.set_num_threads(1)
x, w = np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 2, 2), np.float32)
tx, tw = torch.from_numpy(x), torch.from_numpy(w)
layer = kaiyan.nn.Conv2d(1, 1, 2).requires_grad_(False)
packed = kaiyan.prepare("Conv2d(1, 1, 2, bias=False)", w)
spec, n = kaiyan.Conv(8, 8, 3, padding=1, rank=2), iter(range(17, 10**6))
calls = {
    "conv of arrays": (lambda: kaiyan.conv(x, w), 200),
    "conv of tensors": (lambda: kaiyan.conv(tx, tw), 200),
    "conv with a list": (lambda: kaiyan.conv(x, w, padding=[1, 1]), 200),
    "conv, flipped": (lambda: kaiyan.conv(x, w, flip=True), 200),
    "layer": (lambda: layer(tx), 100),
    "prepared": (lambda: packed(x), 400),
    "plan, known": (lambda: kaiyan.plan(spec, (1, 8, 16, 16)), 40),
    "plan, new": (lambda: kaiyan.plan(spec, (1, 8, next(n), 16)), 1),
}
for call, _ in calls.values():
    call()
for _ in sys.stdin:
    times = {name: min(timeit.repeat(call, number=count, repeat=3)) / count for name, (call, count) in calls.items()}
    print(json.dumps(times), flush=True)
"""


class Worker:
    """One checkout in a process of its own, which times every call once when it is asked."""

    def __init__(self, tree: Path, cache: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(tree / "src"), "KAIYAN_CACHE": cache, "OMP_NUM_THREADS": "1"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=tree, env=environment, stdin=pipe, stdout=pipe, text=True
        )
        self.least: dict[str, float] = {}

    def round(self) -> None:
        """Times every call, and keeps the least."""
        asked, answers = self._pipes
        asked.write("\n")
        asked.flush()
        for name, seconds in json.loads(answers.readline()).items():
            self.least[name] = min(seconds, self.least.get(name, seconds))

    @property
    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def close(self) -> None:
        """Lets the process end."""
        self._pipes[0].close()
        self._process.wait()


@click.command("calls")
@click.option("--beside", type=click.Path(exists=True, path_type=Path), required=True, help="another checkout")
@click.option("--rounds", default=40, help="of each, in turn")
def calls(beside: Path, rounds: int) -> None:
    """Times calls whose work is nothing, in turn with another checkout: the least of each, in microseconds."""
    with TemporaryDirectory() as ours, TemporaryDirectory() as theirs:
        workers = Worker(ROOT, ours), Worker(beside, theirs)
        for _ in range(rounds):
            for worker in workers:
                worker.round()
        for worker in workers:
            worker.close()
    click.echo(f"{'':20} {'ours':>10} {'beside':>10} {'ours/beside':>12}")
    for name, seconds in workers[0].least.items():
        other = workers[1].least[name]
        click.echo(f"{name:20} {seconds * 1e6:10.2f} {other * 1e6:10.2f} {seconds / other:12.3f}")
