"""A page that is really served: ``kaiyan studio`` in a process of its own, and a browser's manners towards it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from kaiyan.studio.frame import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Live:
    """``kaiyan studio`` while it runs."""

    process: subprocess.Popen[str]
    address: str
    log: IO[bytes]
    errors: str = ""
    rest: str = ""
    """What it said on standard output behind its address, until it ended."""
    _heard: int = 0

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """The processes that answer, on Linux."""
        tasks = list(Path(f"/proc/{self.process.pid}/task").glob("*/children"))
        return [int(child) for task in tasks for child in task.read_text("ascii").split()]

    def kill_workers(self) -> list[int]:
        """Kills those that answer, and comes back when the server has seen it: none of them is its child any more."""
        killed = self.workers()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while set(self.workers()) & set(killed):
            assert time.monotonic() < end
            time.sleep(0.02)
        return killed

    def news(self) -> str:
        """What it has said on standard error since this was asked last."""
        said = os.pread(self.log.fileno(), 1 << 20, self._heard)
        self._heard += len(said)
        return said.decode()

    def browser(self, **headers: str) -> httpx.Client:
        """Who opened the address, and holds its cookie."""
        client = httpx.Client(base_url=self.origin, timeout=60, headers={"Origin": self.origin, **headers})
        assert client.get(self.address).status_code == 303
        return client

    def end(self, how: int = signal.SIGINT, seconds: float = 10) -> int:
        """The exit code after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.rest, _ = self.process.communicate(timeout=seconds)
        finally:
            self.process.kill()
            if not self.log.closed:
                self.errors = os.pread(self.log.fileno(), 1 << 20, 0).decode()
                self.log.close()
        return self.process.returncode


def started(*arguments: str, cwd: Path | None = None, before: str = "", lang: str | None = None) -> Live:
    """A page that is served; ``before`` is Python that its process runs first. torch is imported where it is needed."""
    first = f"from kaiyan.studio import server\nserver.WARM = ()\n{before}"
    code = f"{first}\nimport sys\nfrom kaiyan.cli.run import run\nsys.exit(run(sys.argv[1:]))"
    log = TemporaryFile()  # noqa: SIM115 (it is closed with the process)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *(["--lang", lang] if lang else []), "studio", "--no-browser", *arguments],
        stdout=subprocess.PIPE, stderr=log, text=True, cwd=cwd,
    )  # fmt: skip
    assert process.stdout is not None
    return Live(process, process.stdout.readline().strip(), log)


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """A page that the tests of a file ask."""
    one = started()
    yield one
    one.end()


@pytest.fixture(scope="module")
def page(live: Live) -> Iterator[httpx.Client]:
    """Who has opened it."""
    with closing(live.browser()) as client:
        yield client


def asked(
    client: httpx.Client, facts: dict[str, Any], parts: tuple[bytes, ...] = ()
) -> tuple[dict[str, Any], list[bytes]]:
    """What the page would be answered."""
    answer = client.post("/ask", content=pack(facts, parts))
    assert answer.headers["content-type"] == "application/octet-stream", answer.text
    return unpack(answer.content)


def code(reply: tuple[dict[str, Any], list[bytes]]) -> str:
    """The code of a refusal; an answer has none."""
    return str(reply[0].get("refusal", {}).get("code", ""))
