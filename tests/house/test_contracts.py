"""The contracts on imports hold, and a planted violation is found."""

import shutil
import subprocess
import sys
import tomllib
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


PLANTED = [
    ("the house: imports run down only", "reference/taps.py", "from kaiyan.engine import plan"),
    ("the house: imports run down only", "nn/layers.py", "from kaiyan.pictures import see"),
    ("the house: imports run down only", "attic/__init__.py", "A_ROOM = 'that has no place'"),
    ("inside the engine", "engine/problem.py", "from kaiyan.engine import planner"),
    (
        "algorithms do not know one another",
        "engine/algorithms/reference.py",
        "from kaiyan.engine.algorithms import torch",
    ),
    ("spec is the standard library only", "spec/axis.py", "import numpy"),
    ("llvmlite is the generator's", "engine/plan.py", "import llvmlite"),
    ("torch stays upstairs", "ops/conv.py", "import torch"),
    ("languages are spoken upstairs", "engine/plan.py", "from kaiyan.show.i18n import say"),
    ("languages are spoken upstairs", "trace/call.py", "from kaiyan.show.i18n import say"),
    ("results are shown by the standard library, and rich where it is asked for", "show/table.py", "import numpy"),
]


@pytest.mark.parametrize(("contract", "room", "line"), PLANTED)
def test_a_planted_violation_breaks_its_contract(house: Path, contract: str, room: str, line: str) -> None:
    path = house / "src" / "kaiyan" / room
    path.parent.mkdir(exist_ok=True)
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", "utf-8")
    linted = _linted(house)
    assert linted.returncode != 0
    assert f"{contract} BROKEN" in " ".join(linted.stdout.split()) or "exhaustive" in linted.stdout


def test_every_contract_has_its_planted_violation() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == {name for name, _, _ in PLANTED}
