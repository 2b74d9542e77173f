"""Answers that no page is given: the process that imports this crashes, hangs and says what is open."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, cast

from kaiyan.studio.answers import ANSWERS
from kaiyan.studio.desk import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.studio.desk import Desk


def _raised() -> None:
    raise ZeroDivisionError("by nothing")


def _printed() -> None:
    sys.stdout.write("printed by a network\n")
    sys.stdout.flush()


def _stopped() -> None:
    raise SystemExit(0)


def _filed() -> str:
    """Leaves a file behind, as one does who is killed while a picture is read."""
    folder = Path(mkdtemp())
    (folder / "private.png").write_bytes(b"private")
    return str(folder)


DEEDS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "exit": lambda: os._exit(3),
    "segfault": lambda: ctypes.string_at(0),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hang": lambda: time.sleep(60),
    "hold": lambda: ctypes.PyDLL(None).sleep(60),  # in C, with the interpreter's lock: no other thread runs
    "fill": lambda: bytearray(1 << 45),
    "raise": _raised,
    "nan": lambda: float("nan"),
    "print": _printed,
    "stop": _stopped,
    "file": _filed,
}


def _do(_: Desk, facts: dict[str, Any], __: list[bytes]) -> Reply:
    done = DEEDS[facts["do"]]()
    return Reply({"done": done, "pid": os.getpid(), "threads": os.environ["OMP_NUM_THREADS"], "nice": os.nice(0)})


def _open(desk: Desk, facts: dict[str, Any], _: list[bytes]) -> Reply:
    time.sleep(facts.get("seconds", 0))
    desk.open.clear()
    desk.open["network"] = facts["name"]
    return Reply({})


def _look(desk: Desk, facts: dict[str, Any], parts: list[bytes]) -> Reply:
    time.sleep(facts.get("seconds", 0))
    if parts[0] == b"fatal" and Path(facts["armed"]).exists():
        os._exit(3)
    desk.open[f"slot {facts['slot']}"] = parts[0].decode()
    return Reply({"looked": parts[0].decode()})


def _what(desk: Desk, _: dict[str, Any], __: list[bytes]) -> Reply:
    return Reply({"open": desk.open, "pid": os.getpid()})


cast("dict[str, Any]", ANSWERS).update(
    {"rough": _do, "network.open": _open, "network.look": _look, "rough.open": _what},
)
