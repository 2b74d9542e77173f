"""``kaiyan studio`` as it is typed: what it prints, what it refuses, how it ends and what it leaves behind: nothing."""

from __future__ import annotations

import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import httpx
import pytest
from live_studio import Live, asked, started

from kaiyan.cli.run import run
from kaiyan.studio import server
from kaiyan.studio.frame import pack

if TYPE_CHECKING:
    from kaiyan.studio.server import Studio

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def are_gone(pids: list[int], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def ready(live: Live) -> Live:
    """It has answered once."""
    client = live.browser()
    asked(client, {"kind": "picture.read"})
    client.close()
    return live


@linux
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_it_ends_and_leaves_no_process(how: int, code: int) -> None:
    live = ready(started())
    workers = live.workers()
    assert len(workers) == 2
    assert live.end(how) == code
    assert are_gone(workers)


@linux
def test_an_interrupt_does_not_wait_for_a_question(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ndef make():\n    time.sleep(60)\n")
    live = ready(started("--model", "slow.py:make", cwd=tmp_path))
    workers = live.workers()
    with httpx.Client(timeout=0.5) as impatient:
        own = {"Origin": live.origin}
        impatient.get(live.address)
        with pytest.raises(httpx.ReadTimeout):
            impatient.post(f"{live.origin}/ask", content=OPEN, headers=own)
    begun = time.monotonic()
    assert live.end() == 130
    assert time.monotonic() - begun < 5
    assert (live.rest, live.errors) == ("", "\n")
    assert are_gone(workers)


OPEN = pack({"kind": "network.open", "name": "model"})


def test_the_address_is_alone_on_its_line_and_nothing_else_is_said() -> None:
    live = ready(started())
    assert live.address.startswith("http://127.0.0.1:")
    assert live.end() == 130
    assert (live.rest, live.errors) == ("", "\n")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is served and what the browser is given, without either."""
    seen: list[Any] = []

    def interrupted(studio: Studio) -> None:
        seen.append(studio)
        raise KeyboardInterrupt

    monkeypatch.setattr(server.Studio, "serve", interrupted)
    monkeypatch.setattr(click, "launch", seen.append)
    monkeypatch.setenv("DISPLAY", ":0")
    return seen


def test_the_browser_is_opened_with_a_token_of_one_time(stage: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["studio"]) == 130
    address, studio = stage
    printed = capsys.readouterr().out.strip()
    assert printed == studio.door.address
    assert address != printed
    token = address.partition("token=")[2]
    assert [studio.door.opens(token), studio.door.opens(token)] == [True, False]


@pytest.mark.parametrize("screen", [True, False])
def test_no_browser_is_opened_where_none_can_be_or_is_wanted(
    stage: list[Any], monkeypatch: pytest.MonkeyPatch, *, screen: bool
) -> None:
    if not screen:
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
            monkeypatch.delenv(name, raising=False)
    assert run(["studio"] if not screen else ["studio", "--no-browser"]) == 130
    assert len(stage) == (1 if sys.platform == "linux" or screen else 2)


def test_the_page_speaks_the_language_that_is_asked_for(stage: list[Any]) -> None:
    assert run(["--lang", "zh", "studio", "--no-browser"]) == 130
    assert run(["studio", "--no-browser"]) == 130
    assert [studio.lang for studio in stage] == ["zh", None]


def test_a_network_is_let_in_only_where_it_is_asked_for_and_that_is_said(
    stage: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["studio", "--no-browser", "--host", "0.0.0.0"]) == 130
    assert "is not encrypted" in capsys.readouterr().err
    assert stage[0].door.is_open


@pytest.mark.parametrize(("arguments", "said"), [
    (["--picture", "no.png"], "there is no file no.png"),
    (["--picture", "text.png"], "text.png is not a picture in a format that can be read"),
    (["--model", "net.py"], "'net.py' does not name a model"),
    (["--model", "no.py:make"], "there is no file no.py"),
    (["--model", "broken.py:make"], "broken.py fails: SyntaxError"),
    (["--model", "no_such_zoo:net"], "there is no module no_such_zoo"),
    (["--host", "203.0.113.7"], "203.0.113.7 is not an address of this machine"),
    (["--host", "no.such.host.invalid"], "no.such.host.invalid is not an address of this machine"),
    (["--port", "70000"], "--port cannot be 70000"),
    (["--export", "no/folder/page.html"], "there is no folder no/folder"),
    (["--export", "."], ". is a folder; the page is one file"),
    (["--export", "page.html", "--picture", "no.png"], "there is no file no.png"),
    (["--export", "page.html", "--model", "net.py:nothing"], "net.py has no nothing"),
    (["--export", "page.html", "--model", "net.py:fails"], "ZeroDivisionError"),
])  # fmt: skip
def test_bad_input_gets_one_sentence_and_writes_nothing(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "broken.py").write_text("def make(:\n")
    (tmp_path / "net.py").write_text("def fails():\n    return 1 / 0\n")
    before = sorted(tmp_path.iterdir())
    assert run(["studio", "--no-browser", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert sorted(path for path in tmp_path.iterdir() if path.name != "__pycache__") == before


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run(["--lang", "zh", "studio", "--no-browser", "--port", str(port)]) == 2
    assert f"端口 {port} 已被占用" in capsys.readouterr().err


@pytest.mark.parametrize("library", ["uvicorn", "starlette"])
def test_without_its_extra_it_says_what_to_install(
    library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library or name == "kaiyan.studio.server"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("kaiyan.studio.server", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    assert run(["studio", "--no-browser"]) == 2
    err = capsys.readouterr().err
    assert f"there is no module {library}" in err
    assert "pip install 'kaiyan[studio]'" in err


def test_a_page_that_was_not_built_says_how(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("kaiyan.studio.page.STATIC", tmp_path)
    assert run(["studio", "--export", str(tmp_path / "page.html")]) == 2
    assert run(["studio", "--no-browser"]) == 2
    assert capsys.readouterr().err.count("npm run build") == 2


def test_the_picture_that_is_given_is_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    from PIL import Image

    Image.new("RGB", (30, 20), "orange").save("cat.tiff")
    live = started("--picture", "cat.tiff", cwd=tmp_path)
    client = live.browser()
    answer = client.get("/photograph")
    assert answer.headers["content-type"] == "image/png"
    assert '"name": "cat"' in client.get("/").text
    client.close()
    live.end()
