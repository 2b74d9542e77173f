"""Benchmarks: ``python -m benchmarks``. The models that they measure are those of the tests, in tests/corpus."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))
