"""The page in one file: whole, closed to the world, and never half written."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from kaiyan.cli.run import run
from kaiyan.studio import export, page, recording
from kaiyan.studio.desk import Desk
from kaiyan.studio.photograph import of

if TYPE_CHECKING:
    from pathlib import Path

    from browsing import Visitor

NET = "import torch\nfrom torch import nn\ndef make():\n    torch.manual_seed(0)\n    stem = [nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1)]\n    nn.init.normal_(stem[1].weight)\n    return nn.Sequential(*stem, nn.Flatten(), nn.Linear(4, 5))\n"  # noqa: E501


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(40 * 30 * 3, dtype=np.uint8).reshape(40, 30, 3)).save("cat.png")
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def boot(html: str) -> dict[str, Any]:
    found = re.search(r'id="kaiyan-boot">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    opened: dict[str, Any] = json.loads(found[1])
    return opened


def whole(part: Any, before: list[bytes]) -> bytes:
    """What the page makes of a part."""
    if isinstance(part, str):
        return zlib.decompress(b64decode(part))
    rest = np.frombuffer(zlib.decompress(b64decode(part["rest"])), np.uint8).reshape(len(part["turned"]), -1)
    maps = np.frombuffer(before[part["after"]], np.uint8).reshape(rest.shape)
    turned = np.array([flag == "1" for flag in part["turned"]])[:, None]
    return (rest + np.where(turned, ~maps, maps)).astype(np.uint8).tobytes()


def test_it_runs_its_own_script_and_style_and_asks_nobody() -> None:
    html = export.html(of(None), {})
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', html, re.DOTALL)
    module = re.search(r'<script type="module">(.*?)</script>', html, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert policy is not None
    assert module is not None
    assert style is not None
    for text in (module[1], style[1]):
        assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "'self'" not in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.findall(r'(?:src|href)="(?!data:)', html.replace(module[1], ""))
    assert html.count("</script>") == 2
    assert "<!--" not in module[1]


def test_the_photograph_is_in_it() -> None:
    shown = of(None)
    assert boot(export.html(shown, {}))["photograph"] == f"data:image/jpeg;base64,{b64encode(shown.content).decode()}"


def test_the_text_of_a_module_means_the_same(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "studio.css").write_text("a{}")
    (folder / "mark.svg").write_text("<svg/>")
    (folder / "studio.mjs").write_text("const a = '</script><!--<script>', b = /<!--/u")
    monkeypatch.setattr(page, "STATIC", folder)
    html = export.html(of(None), {})
    assert r"const a = '\x3c/script>\x3c!--<script>', b = /\x3c!--/u" in html


def test_what_a_network_is_asked_is_recorded_with_its_answers(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(["studio", "--export", "page.html", "--model", "net.py:make", "--picture", "cat.png"]) == 0
    html = (folder / "page.html").read_text("utf-8")
    assert capsys.readouterr().out == f"page.html, {len(html.encode()) / 1e6:.1f} MB\n"
    recorded = {entry["asked"]["kind"]: entry for entry in boot(html)["recorded"]}
    words = ("list", "open", "look", "fields", "kernels", "moved", "convention")
    assert list(recorded) == [f"network.{word}" for word in words]
    assert [row["name"] for row in recorded["network.list"]["answer"]["networks"]] == ["model"]
    pixels = np.asarray(Image.open("cat.png"))
    look = {"kind": "network.look", "slot": 0, "height": 40, "width": 30}
    assert recorded["network.look"]["asked"] == look
    desk = Desk("net.py:make")
    desk.answer({"kind": "network.open", "name": "model"}, [])
    again = desk.answer(look, [pixels.tobytes()])
    parts: list[bytes] = []
    for part in recorded["network.look"]["parts"]:
        parts.append(whole(part, parts))
    assert parts == [bytes(part) for part in again.parts]
    assert isinstance(recorded["network.look"]["parts"][2], dict)  # a norm is its convolution, stretched or turned
    assert len(recorded["network.look"]["like"][0]) == recording.SAMPLES


def test_without_a_model_or_a_picture_no_network_is_asked(folder: Path) -> None:
    assert run(["--lang", "zh", "studio", "--export", "page.html"]) == 0
    html = (folder / "page.html").read_text("utf-8")
    assert boot(html)["recorded"] == []
    assert '<html lang="zh-CN">' in html


def test_the_page_asks_for_itself() -> None:
    pixels = np.full((4, 5, 3), 7, np.uint8)
    asked = {"kind": "page.html", "link": "tab=fixit", "lang": "zh", "evil": "x", "height": 4, "width": 5}
    facts, parts = Desk().answer(asked, [pixels.tobytes()])
    opened = boot(bytes(parts[0]).decode())
    assert facts == {"name": "kaiyan.html"}
    assert {name: opened.get(name) for name in ("link", "lang", "evil")} == {
        "link": "tab=fixit",
        "lang": "zh",
        "evil": None,
    }
    assert opened["photograph"].startswith("data:image/png;base64,")


def test_a_link_cannot_leave_its_data(folder: Path) -> None:
    link = "</script><script>alert(1)</script><!--"
    _, parts = Desk().answer({"kind": "page.html", "link": link}, [])
    html = bytes(parts[0]).decode()
    assert "alert(1)</script>" not in html
    assert boot(html)["link"] == link
    assert folder.exists()


def test_what_was_there_stays_until_the_page_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "page.html").write_text("before")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.write_bytes", full)
        assert run(["studio", "--export", "page.html"]) == 2
    assert (folder / "page.html").read_text() == "before"
    assert sorted(path.name for path in folder.iterdir()) == ["cat.png", "net.py", "page.html"]


def test_opened_from_disk_a_kernel_learns_and_what_needs_python_says_how_to_have_it(
    visitor: Visitor, folder: Path
) -> None:
    assert run(["studio", "--export", "page.html"]) == 0
    bench = "document.querySelector('[data-bench]')?.kaiyan?.facts()"
    address = (folder / "page.html").as_uri()
    page = visitor.opens("tab=train&pace=960", address=address, wait=f"() => {bench}?.rest === 'arrived'")
    assert page.evaluate(f"{bench}.kernels[0]") == pytest.approx([-1, 0, 1, -2, 0, 2, -1, 0, 1], abs=1e-2)
    page.locator(".train .lessons button").last.click()
    page.locator(".train .alone", has_text="trained by Python").wait_for()
    assert page.locator(".train .alone pre").inner_text() == "kaiyan studio"
    page.get_by_role("tab", name="Faces").click()
    page.locator(".faces", has_text="Faces need Python").wait_for()
    assert page.locator(".faces pre").inner_text() == "pip install 'kaiyan[faces,studio]'\nkaiyan studio"
