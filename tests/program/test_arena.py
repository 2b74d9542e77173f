"""What the report says of memory, and what the system counts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MEASURED = """
import gc, re
import numpy as np
from pathlib import Path
from graph_nets import residual_net
from kaiyan.program.program import Program

def held(name):
    return 1024 * int(re.search(name + r":\\s*(\\d+)", Path("/proc/self/status").read_text())[1])

program, x = Program(residual_net()), np.ones((4, 3, 640, 640), np.float32)
program(x[:, :, :64, :64])
program.planned([x])
gc.collect()
Path("/proc/self/clear_refs").write_text("5")
before = held("VmRSS")
outputs = program(x)
most = held("VmHWM") - before
print(most, program.report(x).arena, sum(y.nbytes for y in outputs))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system's count of memory is Linux's")
def test_a_call_takes_what_the_report_says() -> None:
    here = {"PYTHONPATH": os.pathsep.join(sys.path)}  # where the tests' own modules lie
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True, env=os.environ | here
    )
    most, arena, outputs = map(int, ran.stdout.split())
    assert arena > 40e6
    assert most == pytest.approx(arena + outputs, rel=0.1)
