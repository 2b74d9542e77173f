"""Sources as files, as a user has them: tracebacks show their lines. The files are gone when the process ends."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

_NUMBERS = count()


def written(source: str, stem: str) -> Path:
    """The path of a new file of this source; its name begins with ``stem``."""
    path = _folder() / f"{stem}_{next(_NUMBERS)}.py"
    path.write_text(source, "utf-8")
    return path


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kaiyan_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
