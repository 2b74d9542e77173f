"""How hard hypothesis looks, at the desk and in CI; and a cache and a gallery for these tests alone."""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from functools import cache, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from browsing import browser, served, visitor  # noqa: F401 (fixtures)
from clock import Clock
from hypothesis import settings
from live_studio import live, page  # noqa: F401 (fixtures)
from raised import unraised

from kaiyan.engine.codegen.running.machine import machine
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence

collect_ignore = ["rough_answers.py"]
"""A worker of the studio imports it; the process that collects doctests must not."""

ROOMS = ("spec", "reference", "arrays", "engine")
"""The rooms whose text decides what machine code is made."""

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True)
settings.register_profile("mutant", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("mutant" if "MUTANT_UNDER_TEST" in os.environ else "ci" if os.environ.get("CI") else "dev")


def objects_of(source: Path, kept: Path) -> Path:
    """The folder of the machine code that this source makes; what another source made is thrown away."""
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (source / room).rglob("*") if path.suffix in (".py", ".ll")):
        digest.update(path.read_bytes())
    folder = kept / digest.hexdigest()[:16]
    for other in kept.glob("*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def copied(objects: Path, folder: Path) -> None:
    for path in objects.glob("*.o"):
        if not (folder / path.name).exists():
            shutil.copy(path, folder)


@pytest.fixture(autouse=True, scope="session")
def own_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """What somebody else measured or keeps decides nothing here; what was compiled of the same source is kept."""
    objects = objects_of(request.config.rootpath / "src" / "kaiyan", request.config.rootpath / ".pytest_objects")
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setenv("KAIYAN_CACHE", folder)
        patched.setenv("KAIYAN_HOME", str(Path(folder, "home")))
        copied(objects, Path(folder))
        if seen := getattr(request.config, "workerinput", {}).get("machine"):
            name, content = seen
            Path(folder, name).write_text(content)
            machine()  # remembered by the process, whatever folder a test takes
        yield
        if "MUTANT_UNDER_TEST" not in os.environ:  # a mutant's machine code is nobody else's
            copied(Path(folder), objects)


CODES: set[str] = set()


@pytest.fixture(autouse=True, scope="session")
def raised_codes() -> Iterator[set[str]]:
    """The codes of all errors that these tests made so far."""
    made = KaiyanError.__init__

    @wraps(made)
    def noted(error: KaiyanError, code: str, /, *texts: str, **facts: object) -> None:
        CODES.add(code)
        made(error, code, *texts, **facts)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(KaiyanError, "__init__", noted)
        yield CODES


@cache
def opens_browsers(path: Path) -> bool:
    """Whether a file's tests look at pages."""
    return re.search(r"\b(playwright|visitor)\b", path.read_text("utf-8")) is not None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Processes take folder by folder; all files that open browsers are one, for one browser."""
    from xdist.scheduler import LoadScopeScheduling

    class Folders(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = Path(nodeid.partition("::")[0])
            return "browser" if opens_browsers(config.rootpath / file) else "/".join(file.parts[:2])

    return Folders(config, log)


def is_whole(config: pytest.Config) -> bool:
    """Whether the whole suite runs."""
    return config.args == config.getini("testpaths") and not config.getoption("keyword")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is said of the whole suite is judged after it, and left out where only a part runs, here or in a process."""
    last = [item for item in items if item.get_closest_marker("whole_suite")]
    others = [item for item in items if item not in last]
    runs = is_whole(config) and not hasattr(config, "workerinput")
    if not runs:
        config.hook.pytest_deselected(items=last)
    items[:] = [*others, *last] if runs else others


@cache
def seen_machine() -> tuple[str, str]:
    """What was measured of this machine before tests keep it busy, which decides plans: a file's name and its text."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setenv("KAIYAN_CACHE", folder)
        machine()
        (file,) = Path(folder).glob("machine-*.json")
        return file.name, file.read_text()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a process what machine it runs on."""
    node.workerinput["machine"] = seen_machine()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hears from a process which errors its tests made."""
    CODES.update(getattr(node, "workeroutput", {}).get("codes", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes says which errors its tests made; who started them judges all."""
    config: Any = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["codes"] = sorted(CODES)
    elif config.pluginmanager.has_plugin("dsession") and is_whole(config) and unraised(CODES):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Names the codes that no process raised."""
    if config.pluginmanager.has_plugin("dsession") and is_whole(config) and (missing := unraised(CODES)):
        terminalreporter.write_line(f"FAILED: no test raises the errors {', '.join(sorted(missing))}", red=True)


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences are compared in English, whatever the language of this machine."""
    monkeypatch.setenv("KAIYAN_LANG", "en")


@pytest.fixture(autouse=True)
def one_thread_of_torch(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where another process computes, two threads of torch wait for one another: gradcheck took 70 seconds, not 3."""
    torch = sys.modules.get("torch")
    if torch is None or "engine" in request.path.parts:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def small_models_are_replaced_too(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of a few numbers, which torch computes in less time than a call of ours takes."""
    if "nn" in request.path.parts:
        monkeypatch.setattr("kaiyan.nn.acceleration.slower.SLOWEST", 0.1)


@pytest.fixture(autouse=True)
def the_ways_beside_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are tested as if there were no programs: torch's compiler can take almost any model."""
    beside = "acceleration" in request.path.parts or request.path.name == "test_round2_modules.py"
    if not beside or request.path.name == "test_as_program.py":
        return
    from kaiyan.nn.acceleration.graph import NotAGraphError

    def refused(*_: object) -> None:
        raise NotAGraphError(sentence("program-no-layers", "no layer of it becomes a part of a program"))

    monkeypatch.setattr("kaiyan.nn.acceleration.as_program.as_program", refused)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the stopwatch reads in a test that asks for it: times that no other process changes."""
    own = Clock()
    monkeypatch.setattr("kaiyan.engine.stopwatch.perf_counter", own)
    return own
