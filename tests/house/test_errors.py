"""Every error code that the source can raise is raised by some test: judged last, and only with the whole suite."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from raised import codes, unraised
from starlette.requests import Request

import kaiyan
from kaiyan.pictures.formats import unreadable
from kaiyan.show.i18n import language, say
from kaiyan.studio.answers.picture import read
from kaiyan.studio.desk import Desk, _answer_to, failure
from kaiyan.studio.frame import pack, unpack
from kaiyan.studio.question import Waiting, arriving
from kaiyan.studio.safety import Door
from kaiyan.trace.copied import copied

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PICTURE = np.zeros((4, 4))


@pytest.mark.whole_suite
def test_every_error_code_is_raised_by_a_test(raised_codes: set[str]) -> None:
    assert ", ".join(sorted(unraised(raised_codes))) == ""


def test_the_code_of_an_error_is_read() -> None:
    assert codes('raise ConvError("too-big", "{n} is too big", n=3)\nprint("a", "b")') == {"too-big"}


class Uncopied(torch.nn.Module):
    def __deepcopy__(self, _: object) -> None:
        raise TypeError("there is one of me")


def _raised(error: Exception) -> None:
    raise error


def _arrives(*pieces: bytes) -> object:
    """A question that comes in pieces, and then in no time that one waits."""
    left = [*pieces]

    async def receive() -> dict[str, Any]:
        if not left:
            raise TimeoutError
        return {"type": "http.request", "body": left.pop(0), "more_body": True}

    return asyncio.run(arriving(receive, "page", Waiting()))


def _foreign_page() -> Exception:
    headers = [(b"host", b"localhost:80"), (b"origin", b"https://elsewhere.example")]
    refusal = Door(80).refuses(Request({"type": "http", "method": "POST", "path": "/ask", "headers": headers}))
    assert refusal
    return refusal


def _written(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


RAISED: dict[str, Callable[[Path], object]] = {
    "keras-code": lambda _: kaiyan.Conv.parse("keras.layers.Conv2D(64, 3)"),
    "kernel-not-text": lambda folder: kaiyan.see(PICTURE, _written(folder / "kernel.txt", b"1 2\x00\x01")),
    "no-such-layer": lambda _: kaiyan.padding(8, 3, rank=4),
    "no-such-row": lambda _: kaiyan.padding(8, 3)["of nobody"],
    "output-size": lambda _: kaiyan.nn.ConvTranspose2d(1, 1, 3, 2)(torch.ones(1, 1, 4, 4), output_size=(99, 99)),
    "pool-bare": lambda _: kaiyan.derive("nn.AvgPool3d(5, padding=2)", (1, 3, 4, 4, 4)),
    "upsample-factor": lambda _: kaiyan.derive("nn.Upsample(scale_factor=-1)", (1, 3, 8, 8)),
    "foreign-body": lambda _: unpack(b"no frame"),
    "foreign-page": lambda _: _raised(_foreign_page()),
    "no-picture": lambda _: read(Desk(), {}, []),
    "no-such-question": lambda _: _answer_to({"kind": "of nobody"}),
    "out-of-memory": lambda _: _raised(failure("picture.read", MemoryError())),
    "too-large": lambda _: _arrives(pack({"kind": "diagnose"}, [bytes(3 << 20)])),
    "too-slow": lambda _: _arrives(b"ha"),
    "no-message": lambda _: kaiyan.diagnose(" "),
    "no-memory": lambda folder: _raised(unreadable(folder / "a.png", MemoryError())),
    "not-copyable": lambda _: copied(Uncopied()),
    "unknown-language": lambda _: language("tlh"),
}


@pytest.mark.parametrize("code", RAISED)
def test_an_error_has_its_code_and_its_chinese(code: str, tmp_path: Path) -> None:
    with pytest.raises(kaiyan.KaiyanError) as caught:
        RAISED[code](tmp_path)
    assert caught.value.code == code
    assert say(caught.value, "zh") != say(caught.value, "en")
