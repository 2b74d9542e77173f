"""Wisdom: nothing that a process learns is lost, what another learns is seen, and a broken file costs one warning."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from kaiyan.engine import wisdom
from kaiyan.engine.problem import Problem
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from pathlib import Path

WRITES = 60
WRITER = """
import sys
from kaiyan.engine import wisdom
from kaiyan.engine.problem import Problem
name, writes = sys.argv[1], int(sys.argv[2])
for n in range(3, 3 + writes):
    wisdom.learn(Problem.parse(f"n1 c1 {n} k1 3 f32"), {name: float(n)})
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    return tmp_path


def _problem(n: int = 9, **facts: Any) -> Problem:
    return Problem(Conv(1, 1, 3, rank=1), (1, 1, n), **facts)


def test_two_processes_that_write_at_once_lose_nothing(cache: Path) -> None:
    environment = os.environ | {"KAIYAN_CACHE": str(cache)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WRITER, name, str(WRITES)],
            env=environment, stderr=subprocess.PIPE, text=True,
        )
        for name in ("one", "other")
    ]  # fmt: skip
    assert [(writer.communicate(timeout=120)[1], writer.returncode) for writer in writers] == [("", 0)] * 2
    for n in range(3, 3 + WRITES):
        assert wisdom.known(_problem(n)) == {"one": n, "other": n}


def test_what_another_process_learned_is_seen_and_an_unchanged_file_is_read_once(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wisdom.learn(_problem(), {"direct": 1.0})
    opened: list[str] = []
    connect = sqlite3.connect

    def counted(name: str, **options: Any) -> sqlite3.Connection:
        opened.append(name)
        connection: sqlite3.Connection = connect(name, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", counted)
    assert [wisdom.known(_problem(n)) for n in (9, 10, 9)] == [{"direct": 1.0}, {}, {"direct": 1.0}]
    assert len(opened) == 1
    with closing(connect(next(cache.glob("wisdom-*.sqlite")))) as other, other:
        other.execute("UPDATE wisdom SET seconds = 2.0")
    assert wisdom.known(_problem()) == {"direct": 2.0}


def test_the_threads_are_part_of_what_is_known() -> None:
    wisdom.learn(_problem(), {"direct": 1.0})
    wisdom.learn(_problem(threads=4), {"direct": 0.5})
    assert [wisdom.known(_problem(threads=count)) for count in (1, 2, 4)] == [{"direct": 1.0}, {}, {"direct": 0.5}]


def test_learning_again_keeps_the_others_and_the_last() -> None:
    wisdom.learn(_problem(), {"direct": 1.0, "stem": 3.0})
    wisdom.learn(_problem(), {"direct": 2.0})
    assert wisdom.known(_problem()) == {"direct": 2.0, "stem": 3.0}


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE wisdom (what TEXT)")


def _text(path: Path) -> None:
    path.write_text("{ not a database, and longer than the header of one would be: " + "x" * 100)


def _words(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE wisdom (problem TEXT, algorithm TEXT, seconds TEXT)")
        file.execute("INSERT INTO wisdom VALUES ('p', 'direct', 'soon')")


@pytest.mark.parametrize("spoil", [_foreign, _text, _words])
def test_a_file_that_is_none_of_ours_costs_one_warning_and_is_left(spoil: Any, cache: Path) -> None:
    wisdom.learn(_problem(), {"direct": 1.0})
    path = next(cache.glob("wisdom-*.sqlite"))
    path.unlink()
    spoil(path)
    before = path.read_bytes()
    with pytest.warns(RuntimeWarning, match="delete it to start again") as warned:
        assert [wisdom.known(_problem()) for _ in range(3)] == [{}] * 3
    assert len(warned) == 1
    with pytest.warns(RuntimeWarning, match="is not kept"):
        wisdom.learn(_problem(), {"direct": 1.0})
    assert path.read_bytes() == before


def test_no_file_is_no_error(cache: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert wisdom.known(_problem()) == {}
    assert list(cache.iterdir()) == []
