"""What users break in real models: the call, the truth about it in words, and the call that works.

Written from public reports and from how the packages are used, before the rules of ``kaiyan.explain`` were read.
"""

from __future__ import annotations

import os
import runpy
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.zoo_models import zoo
from benchmarks.zoo_outputs import skeleton

if TYPE_CHECKING:
    from collections.abc import Callable

ANY = "anything that runs"
KEPT = "KAIYAN_ZOO_KEPT"
"""Names a file with ``CASES`` that nobody who writes the rules has read; only their total is shown."""


@dataclass(frozen=True, slots=True)
class Breakage:
    """``cause`` is a pattern that the first cause must hold, or ``codes`` the codes that say so.

    ``right`` are the shapes of working answers. ``meant`` is a pattern that the fix must hold besides; of a ``script``,
    whose fix cannot be run here, it decides alone.
    """

    name: str
    cause: str
    codes: str = "-"
    meant: str = ""
    model: Callable[[], Any] | None = None
    inputs: Callable[[], tuple[Any, ...]] | None = None
    right: Callable[[], list[Any]] | None = None
    script: str = ""


@cache
def _models() -> dict[str, Any]:
    return {f"{real.package}: {real.name}": real for real in zoo()}


def fed(
    name: str,
    broken: Callable[[], Any],
    *good: Callable[[], Any],
    cause: str,
    codes: str = "-",
    meant: str = "",
    title: str = "",
    change: Callable[[Any], Any] = lambda model: model,
) -> Breakage:
    """A model of the zoo that is given ``broken`` where ``good`` would do; ``change`` is what the user did to it."""

    def right() -> list[Any]:
        answers = []
        for inputs in good:
            with torch.no_grad():
                answers.append(skeleton(_models()[name].model()(*_tuple(inputs()))))
        return answers or [ANY]

    return Breakage(
        f"{name}: {title or cause}", cause, codes, meant, lambda: change(_models()[name].model()),
        lambda: _tuple(broken()), right,
    )  # fmt: skip


def written(
    name: str,
    source: str,
    *,
    cause: str,
    codes: str = "-",
    meant: str = "",
    mend: tuple[str, str],
    also: tuple[Any, ...] = (),
) -> Breakage:
    """A net of the user's own (``make()``, ``given()``) that works once the first text of ``mend`` is the second.

    ``also`` are shapes of answers that are as good.
    """
    working = source.replace(*mend)

    def right() -> list[Any]:
        space = run(working)
        with torch.no_grad():
            return [skeleton(space["make"]().eval()(*_tuple(space["given"]()))), *also]

    return Breakage(
        name, cause, codes, meant, lambda: run(source)["make"]().eval(), lambda: _tuple(run(source)["given"]()), right
    )


def scripted(name: str, script: str, *, cause: str, codes: str = "-", meant: str) -> Breakage:
    """A script that fails, outside of a model or where one is made."""
    return Breakage(name, cause, codes, meant, script=script)


HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport timm\n\n"


def run(source: str) -> dict[str, Any]:
    """The names that a file of the user's defines; its lines are seen in tracebacks."""
    with tempfile.NamedTemporaryFile("w", suffix=".py", prefix="train_", delete=False, encoding="utf-8") as file:
        file.write(HEAD + source)
    from benchmarks.zoo_models import ready

    ready()
    torch.manual_seed(4)
    return runpy.run_path(file.name)


def _tuple(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


def noise(*shape: int) -> Callable[[], torch.Tensor]:
    """A tensor of normal numbers."""
    return lambda: torch.randn(*shape)


def cases() -> list[Breakage]:
    """Those that are shown."""
    from benchmarks.zoo_cases import CASES
    from benchmarks.zoo_scripts import SCRIPTS

    return [*CASES, *SCRIPTS]


def kept() -> list[Breakage]:
    """Those that are not, where the file is."""
    path = os.environ.get(KEPT, "")
    return list(runpy.run_path(path)["CASES"]) if Path(path).is_file() else []
