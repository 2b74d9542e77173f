"""The contracts on imports hold, and a planted violation is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _linted(root: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src")
    return tmp_path


def test_imports_run_down_only(house: Path) -> None:
    assert _linted(house).returncode == 0


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("spec/axis.py", "import numpy"),
        ("show/table.py", "import numpy"),
        ("trace/call.py", "from kaiyan.show.i18n import say"),
        ("reference/taps.py", "from kaiyan.engine import plan"),
        ("ops/conv.py", "import torch"),
        ("engine/plan.py", "from kaiyan.show.i18n import say"),
        ("engine/algorithms/reference.py", "from kaiyan.engine.algorithms import torch"),
    ],
)
def test_a_planted_violation_is_found(house: Path, room: str, line: str) -> None:
    path = house / "src" / "kaiyan" / room
    path.write_text(path.read_text("utf-8") + f"\n{line}\n", "utf-8")
    assert _linted(house).returncode != 0
