"""The process that answers: it crashes, hangs and is killed, and what was open is there again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kaiyan.studio import running
from kaiyan.studio import worker as workers
from kaiyan.studio.frame import pack, unpack
from kaiyan.studio.memory import LEAST_MEMORY, free
from kaiyan.studio.process import DESKS
from kaiyan.studio.question import Asked
from kaiyan.studio.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and limits of Linux")


@pytest.fixture(autouse=True)
def rough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setattr(workers, "LIMITS", {"rough": 2.0})


def asked(kind: str, *parts: bytes, page: str = "a", **facts: Any) -> Asked:
    whole = {"kind": kind, **facts}
    return Asked(whole, pack(whole, parts), page)


def working(story: Callable[[Worker], Awaitable[Any]]) -> Any:
    """What a story with a worker comes to; no process is left."""

    async def told() -> Any:
        worker = Worker(warm=("rough_answers",))
        try:
            return await asyncio.wait_for(story(worker), 60)
        finally:
            await worker.close()

    return asyncio.run(told())


async def facts_of(worker: Worker, question: Asked) -> dict[str, Any]:
    return unpack(await worker.ask(question))[0]


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_there(pid)


async def killed(worker: Worker) -> None:
    """Kills the process of a worker that waits, and comes back when that is seen."""
    process = (await worker.start()).process
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()


async def laying(worker: Worker) -> None:
    """Comes back when a new process is being asked what was open."""
    while worker._running is None or worker._running.has_ended or not worker._running.is_warm:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("do", "how", "chinese"), [
    ("exit", "exit code 3", "退出码 3"), ("segfault", "SIGSEGV", "SIGSEGV"), ("killed", "SIGKILL", "SIGKILL"),
])  # fmt: skip
def test_a_crash_is_said_and_the_next_question_is_answered(do: str, how: str, chinese: str) -> None:
    async def story(worker: Worker) -> None:
        refusal = (await facts_of(worker, asked("rough", do=do)))["refusal"]
        assert refusal["code"] == "worker-ended"
        assert refusal["words"]["en"] == f"the process that computes ended at rough ({how}); it was started again"
        assert f"（{chinese}）" in refusal["words"]["zh"]
        assert "pid" in await facts_of(worker, asked("rough", do="nothing"))

    working(story)


@pytest.mark.parametrize("do", ["hang", "hold"])
def test_what_runs_over_is_stopped(do: str) -> None:
    async def story(worker: Worker) -> None:
        await facts_of(worker, asked("rough", do="nothing"))
        begun = time.monotonic()
        refusal = (await facts_of(worker, asked("rough", do=do)))["refusal"]
        assert refusal["code"] == "worker-overran"
        assert "2 s" in refusal["words"]["en"]
        assert time.monotonic() - begun < 4
        assert "pid" in await facts_of(worker, asked("rough", do="nothing"))

    working(story)


@pytest.mark.parametrize(
    ("do", "code"),
    [("fill", "out-of-memory"), ("raise", "answer-fails"), ("nan", "answer-fails"), ("stop", "answer-fails")],
)
def test_what_fails_inside_leaves_the_process_and_the_desk(do: str, code: str) -> None:
    async def story(worker: Worker) -> None:
        await worker.ask(asked("network.open", name="n"))
        before = await facts_of(worker, asked("rough.open"))
        refusal = (await facts_of(worker, asked("rough", do=do)))["refusal"]
        assert refusal["code"] == code
        assert await facts_of(worker, asked("rough.open")) == before

    working(story)


def test_what_was_open_is_open_again_after_a_crash() -> None:
    async def story(worker: Worker) -> None:
        await worker.ask(asked("network.open", name="first"))
        await worker.ask(asked("network.look", b"never seen again", slot=1))
        await worker.ask(asked("network.open", name="second"))
        await worker.ask(asked("network.look", b"old", slot=0))
        await worker.ask(asked("network.look", b"cat", slot=0))
        await worker.ask(asked("network.look", b"dog", slot=1))
        before = await facts_of(worker, asked("rough.open"))
        await worker.ask(asked("rough", do="exit"))
        after = await facts_of(worker, asked("rough.open"))
        assert before["open"] == after["open"] == {"network": "second", "slot 0": "cat", "slot 1": "dog"}
        assert before["pid"] != after["pid"]

    working(story)


def test_one_that_dies_while_it_waits_is_replaced_without_a_word() -> None:
    async def story(worker: Worker) -> None:
        await worker.ask(asked("network.open", name="n"))
        pid = (await facts_of(worker, asked("rough.open")))["pid"]
        await killed(worker)
        after = await facts_of(worker, asked("rough.open"))
        assert after["open"] == {"network": "n"}
        assert after["pid"] != pid

    working(story)


def test_each_page_finds_its_own_things_open() -> None:
    async def story(worker: Worker) -> None:
        await worker.ask(asked("network.open", name="of a", page="a"))
        await worker.ask(asked("network.open", name="of b", page="b"))
        await worker.ask(asked("network.look", b"b's", slot=0, page="b"))
        seen = [(await facts_of(worker, asked("rough.open", page=page)))["open"] for page in ("a", "b", "c", "a")]
        assert seen == [{"network": "of a"}, {"network": "of b", "slot 0": "b's"}, {}, {"network": "of a"}]

    working(story)


def test_pages_that_ask_in_turn_share_a_process_and_each_is_laid_out_once() -> None:
    async def story(worker: Worker) -> None:
        for page in ("a", "b"):
            await worker.ask(asked("network.open", name=f"of {page}", page=page, seconds=0.5))
        begun = time.monotonic()
        seen = [(await facts_of(worker, asked("rough.open", page=page))) for page in "abababab"]
        assert time.monotonic() - begun < 0.5
        assert [facts["open"]["network"] for facts in seen] == ["of a", "of b"] * 4
        assert len({facts["pid"] for facts in seen}) == 1

    working(story)


def test_the_page_that_asked_last_long_ago_gives_its_desk_and_finds_its_things_again() -> None:
    async def story(worker: Worker) -> None:
        pages = [f"page {n}" for n in range(DESKS + 1)]
        for page in pages:
            await worker.ask(asked("network.open", name=page, page=page))
        seen = [(await facts_of(worker, asked("rough.open", page=page)))["open"] for page in [*pages, pages[-1]]]
        assert seen == [{"network": page} for page in [*pages, pages[-1]]]

    working(story)


def test_what_is_open_is_not_lost_where_the_page_leaves_while_it_is_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.1)

    async def story(worker: Worker) -> None:
        await worker.ask(asked("network.open", name="slow", seconds=1))
        await worker.ask(asked("network.look", b"cat", slot=0))
        await killed(worker)
        hovering = [asyncio.create_task(worker.ask(asked("rough", do="nothing"))) for _ in range(3)]
        await laying(worker)
        for question in hovering:
            await asyncio.sleep(0.15)
            question.cancel()
        ends = await asyncio.gather(*hovering, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 3
        assert (await facts_of(worker, asked("rough.open")))["open"] == {"network": "slow", "slot 0": "cat"}

    working(story)


def test_what_is_open_is_not_lost_where_the_process_is_killed_while_it_is_laid_out() -> None:
    async def story(worker: Worker) -> None:
        await worker.ask(asked("network.open", name="slow", seconds=1))
        await worker.ask(asked("network.look", b"cat", slot=0))
        await killed(worker)
        again = asyncio.create_task(facts_of(worker, asked("rough.open")))
        await laying(worker)
        await killed(worker)
        assert (await again)["refusal"]["code"] == "worker-ended"
        assert (await facts_of(worker, asked("rough.open")))["open"] == {"network": "slow", "slot 0": "cat"}

    working(story)


def test_only_what_ends_the_process_again_and_again_is_given_up(tmp_path: Path) -> None:
    armed = tmp_path / "armed"

    async def story(worker: Worker) -> None:
        await worker.ask(asked("network.open", name="n"))
        await worker.ask(asked("network.look", b"cat", slot=0))
        await worker.ask(asked("network.look", b"fatal", slot=1, armed=str(armed)))
        armed.touch()
        await worker.ask(asked("rough", do="exit"))
        answers = [await facts_of(worker, asked("rough.open")) for _ in range(3)]
        assert [answer["refusal"]["words"]["en"] for answer in answers[:2]] == [
            "the process that computes ended at network.look (exit code 3); it was started again"
        ] * 2
        assert answers[2]["open"] == {"network": "n", "slot 0": "cat"}

    working(story)


@pytest.mark.parametrize("end", ["exit", "killed", "hang"])
def test_no_picture_is_left_on_the_disk_by_a_process_that_ends(end: str) -> None:
    async def story(worker: Worker) -> Path:
        left = Path((await facts_of(worker, asked("rough", do="file")))["done"])
        assert left.parent.stat().st_mode & 0o777 == 0o700
        assert (left / "private.png").exists()
        await worker.ask(asked("rough", do=end))
        assert not left.exists()
        again = Path((await facts_of(worker, asked("rough", do="file")))["done"])
        assert again.exists()
        return again.parent

    assert not working(story).exists()


def test_it_may_be_closed_twice() -> None:
    async def story(worker: Worker) -> None:
        await worker.ask(asked("rough", do="nothing"))
        await worker.close()

    working(story)


def test_what_it_imports_is_not_counted_as_time_of_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LIMITS", {"rough": 0.2})

    async def story() -> None:
        worker = Worker(warm=("slow_to_import", "rough_answers"))
        assert "pid" in await facts_of(worker, asked("rough", do="nothing"))
        await worker.close()

    asyncio.run(story())


def test_what_takes_too_long_to_begin_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WARMING", 0.1)

    async def story() -> None:
        worker = Worker(warm=("slow_to_import",))
        assert (await facts_of(worker, asked("rough", do="nothing")))["refusal"]["code"] == "worker-overran"
        await worker.close()

    asyncio.run(story())


def test_a_newer_look_takes_the_place_of_one_that_waits() -> None:
    async def story(worker: Worker) -> None:
        looks = [asked("network.look", str(n).encode(), slot=0, seconds=0.2) for n in range(5)]
        other = asked("network.look", b"other slot", slot=1)
        answers = await asyncio.gather(*(facts_of(worker, look) for look in [*looks, other]))
        said = [answer.get("looked") or answer["refusal"]["code"] for answer in answers]
        assert said == ["0", "asked-anew", "asked-anew", "asked-anew", "4", "other slot"]

    working(story)


def test_a_page_that_is_gone_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LIMITS", {"rough": 30.0})
    monkeypatch.setattr(workers, "PATIENCE", 0.2)

    async def story(worker: Worker) -> None:
        await worker.ask(asked("rough", do="nothing"))
        running = asyncio.create_task(worker.ask(asked("rough", do="hang")))
        waiting = asyncio.create_task(worker.ask(asked("network.open", name="never")))
        await asyncio.sleep(0.1)
        waiting.cancel()
        running.cancel()
        assert (await facts_of(worker, asked("rough.open")))["open"] == {}

    begun = time.monotonic()
    working(story)
    assert time.monotonic() - begun < 5


def test_it_is_polite_and_has_one_thread_and_its_prints_go_elsewhere(capfd: pytest.CaptureFixture[str]) -> None:
    async def story(worker: Worker) -> dict[str, Any]:
        return await facts_of(worker, asked("rough", do="print"))

    facts = working(story)
    assert (facts["threads"], facts["nice"]) == ("1", os.nice(0) + 5)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "printed by a network\n")


def test_it_ends_with_its_server_whatever_it_does() -> None:
    async def story(worker: Worker) -> None:
        pid = int((await facts_of(worker, asked("rough", do="nothing")))["pid"])
        busy = asyncio.create_task(worker.ask(asked("rough", do="hang")))
        await asyncio.sleep(0.1)
        (await worker.start()).into.close()  # what a server leaves behind that is killed
        assert await asyncio.to_thread(gone, pid)
        await busy

    working(story)


def test_free_memory_is_the_machines_or_the_containers(tmp_path: Path) -> None:
    assert free(0.5, tmp_path) > LEAST_MEMORY
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   10485760 kB\n")
    assert free(0.5, tmp_path) == int(0.5 * 10 * 2**30)
    folder = tmp_path / "sys" / "fs" / "cgroup"
    folder.mkdir(parents=True)
    (folder / "memory.max").write_text("max\n")
    (folder / "memory.current").write_text("0\n")
    assert free(0.5, tmp_path) == int(0.5 * 10 * 2**30)
    (folder / "memory.max").write_text(f"{6 * 2**30}\n")
    (folder / "memory.current").write_text(f"{2**30}\n")
    assert free(0.5, tmp_path) == int(0.5 * 5 * 2**30)


def test_no_signal_of_the_terminals_reaches_it() -> None:
    async def story(worker: Worker) -> None:
        pid = int((await facts_of(worker, asked("rough", do="nothing")))["pid"])
        os.kill(pid, signal.SIGINT)
        assert (await facts_of(worker, asked("rough", do="nothing")))["pid"] == pid

    working(story)
