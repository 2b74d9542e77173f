"""The page as it is served: addresses, files, questions, and what becomes of many at once."""

from __future__ import annotations

import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from live_studio import Live, asked, code, started
from PIL import Image

from kaiyan.studio import page as studio_page

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from kaiyan.reference.dtype import Numbers

NET = "from torch import nn\ndef make():\n    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"


def png(pixels: Numbers) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_the_page_is_opened_by_the_address_once_and_then_by_its_cookie(live: Live, page: httpx.Client) -> None:
    answer = page.get("/")
    assert answer.status_code == 200
    assert live.address.partition("token=")[2] not in answer.text
    boot = re.search(r'<script type="application/json" id="kaiyan-boot">(.*?)</script>', answer.text)
    assert boot is not None
    assert json.loads(boot[1])["photograph"] == "/photograph"


def test_a_part_of_the_page_is_kept_by_the_browser_for_good(page: httpx.Client) -> None:
    parts = studio_page.parts()
    names = {address.rpartition("/")[2] for address in parts}
    assert names >= {"page.mjs", "page.css", "network-tab.mjs", "network.css"}
    for address, content in parts.items():
        answer = page.get(address)
        kind = "text/css" if address.endswith(".css") else "text/javascript"
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_another_build_has_other_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = studio_page.parts()
    shutil.copytree(str(studio_page.STATIC), tmp_path / "static")
    monkeypatch.setattr(studio_page, "STATIC", tmp_path / "static")
    assert studio_page.parts() == before
    (tmp_path / "static" / "page" / "network-tab.mjs").write_text("export const mount = 1")
    assert not studio_page.parts().keys() & before.keys()


def test_the_page_begins_with_parts_that_are_there_and_with_no_other(page: httpx.Client) -> None:
    html = page.get("/").text
    named = re.findall(r'(?:href|src)="(/page/[^"]+)"', html)
    first = json.loads((studio_page.STATIC / "page" / "first.json").read_text("utf-8"))
    assert [address.rpartition("/")[2] for address in named] == [*first, "page.mjs"]
    assert set(named) <= studio_page.parts().keys()


def test_what_a_part_imports_is_beside_it() -> None:
    parts = {address.rpartition("/")[2]: content.decode() for address, content in studio_page.parts().items()}
    imported = {name for text in parts.values() for name in re.findall(r'(?:from|import|import\()"\./([^"]+)"', text)}
    assert "network-tab.mjs" in imported
    assert imported <= parts.keys()


@pytest.mark.parametrize(("path", "kind"), [
    ("/icon.svg", "image/svg+xml"), ("/favicon.ico", "image/svg+xml"), ("/photograph", "image/jpeg"),
])  # fmt: skip
def test_a_file_is_kept_by_the_browser_until_it_changes(page: httpx.Client, path: str, kind: str) -> None:
    first = page.get(path)
    assert (first.status_code, first.headers["content-type"]) == (200, kind)
    again = page.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_picture_is_read(page: httpx.Client) -> None:
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    facts, parts = asked(page, {"kind": "picture.read", "name": "cat.png"}, (png(pixels),))
    assert facts == {"height": 4, "width": 5, "name": "cat.png", "notes": []}
    assert parts == [pixels.tobytes()]


def test_the_photograph_is_what_the_package_brings(page: httpx.Client) -> None:
    bundled = files("kaiyan.pictures") / "photograph" / "astronaut.jpg"
    assert page.get("/photograph").content == bundled.read_bytes()


def test_a_hundred_questions_at_once_are_all_answered(live: Live, page: httpx.Client) -> None:
    def ask(n: int) -> int:
        facts, _ = asked(page, {"kind": "picture.read"}, (png(np.full((1, n + 1, 3), n, np.uint8)),))
        return int(facts["width"])

    with ThreadPoolExecutor(100) as crowd:
        assert list(crowd.map(ask, range(100))) == list(range(1, 101))
    assert live.process.poll() is None


def test_what_is_not_known_is_refused_in_both_languages(page: httpx.Client) -> None:
    facts, _ = asked(page, {"kind": "no.such"})
    assert facts["refusal"]["words"] == {
        "en": "the page asks 'no.such', which is unknown here", "zh": "页面问的是 'no.such'，这里不认识",
    }  # fmt: skip


def test_a_file_that_is_no_picture_is_named_as_the_page_names_it(page: httpx.Client) -> None:
    facts, _ = asked(page, {"kind": "picture.read", "name": "../../etc/notes.txt"}, (b"hello",))
    assert facts["refusal"]["words"]["en"] == "notes.txt is not a picture in a format that can be read"


def test_a_question_without_its_picture_is_refused(page: httpx.Client) -> None:
    assert code(asked(page, {"kind": "picture.read"})) == "no-picture"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_worker_recovers_with_the_network_and_the_picture(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    pixels = np.arange(40 * 40 * 3, dtype=np.uint8).reshape(40, 40, 3)
    own = started("--model", "net.py:make", cwd=tmp_path)
    client = own.browser()
    asked(client, {"kind": "network.open", "name": "model"})
    look = {"kind": "network.look", "slot": 0, "height": 40, "width": 40}
    place = {"kind": "network.sum", "slot": 0, "layer": 0, "channel": 1, "row": 2, "column": 3}
    asked(client, look, (pixels.tobytes(),))
    before = asked(client, place)
    killed = own.kill_workers()
    assert asked(client, place) == before
    assert not set(own.workers()) & set(killed)
    client.close()
    assert own.end() == 130
