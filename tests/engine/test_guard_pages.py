"""Random problems between guard pages, in a process of their own; see ``guard_pages``."""

import os
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("guard_pages.py")
NAMES = (
    "direct", "stem", "depthwise", "pointwise", "winograd F(4,3)", "winograd F(2,5)", "gradient",
    "over_channels'", "over_channels_inside", "over_columns'", "over_columns_inside",
)  # fmt: skip
COUNT = 150 if os.environ.get("CI") else 40


def _run(count: int, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(count), "2029"], capture_output=True, text=True, check=False,
        env=os.environ | {"KAIYAN_CACHE": str(cache)},
    )  # fmt: skip


def test_no_kernel_leaves_its_buffers(tmp_path: Path) -> None:
    done = _run(COUNT, tmp_path)
    assert done.returncode == 0, (done.stdout[-500:], done.stderr[-3000:])
    ran = done.stdout.rstrip().rpartition("\n")[2]
    for name in NAMES:
        assert name in ran


def test_a_trespass_ends_the_run(tmp_path: Path) -> None:
    assert _run(0, tmp_path).returncode == -signal.SIGSEGV
