"""Random problems between guard pages, in a process of their own; see ``guard_pages``."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("guard_pages.py")
NAMES = (
    "direct'", "direct turned", "stem", "depthwise", "pointwise", "winograd F(4,3)", "winograd F(2,5)", "phases F(4,2)",
    "interleaved", "gradient",
    "over_channels'", "over_channels_inside", "over_columns'", "over_columns_inside",
)  # fmt: skip
COUNT = 150 if os.environ.get("CI") else 40


def _run(count: int, cache: Path, target: str | None = None) -> subprocess.CompletedProcess[str]:
    asked = {"KAIYAN_CACHE": str(cache)} | ({} if target is None else {"KAIYAN_TARGET": target})
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(count), "2029"], capture_output=True, text=True, check=False,
        env=os.environ | asked,
    )  # fmt: skip


def test_no_kernel_leaves_its_buffers(tmp_path: Path) -> None:
    done = _run(COUNT, tmp_path)
    assert done.returncode == 0, (done.stdout[-500:], done.stderr[-3000:])
    ran = done.stdout.rstrip().rpartition("\n")[2]
    for name in NAMES:
        assert name in ran


@pytest.mark.parametrize("target", ["avx2", "generic"])
def test_nor_does_one_for_another_kind_of_processor(target: str, tmp_path: Path) -> None:
    done = _run(COUNT // 8, tmp_path, target)
    assert done.returncode == 0, (done.stdout[-500:], done.stderr[-3000:])


def test_a_trespass_ends_the_run(tmp_path: Path) -> None:
    assert _run(0, tmp_path).returncode == -signal.SIGSEGV
