"""Large outputs ask the system for large pages: seen in its own table of this process's memory."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import kaiyan
from kaiyan.arrays import memory
from kaiyan.nn import Conv2d

_TABLE = Path("/proc/self/smaps")


def _flags(address: int) -> set[str]:
    """The flags of the stretch of memory that holds this address."""
    inside = False
    for line in _TABLE.read_text("ascii").splitlines():
        first, *rest = line.split()
        if "-" in first and not first.endswith(":"):
            start, stop = (int(end, 16) for end in first.split("-"))
            inside = start <= address < stop
        elif inside and first == "VmFlags:":
            return set(rest)
    return set()


def _supported() -> bool:
    return _TABLE.exists() and Path("/sys/kernel/mm/transparent_hugepage/enabled").exists()


@pytest.mark.skipif(not _supported(), reason="the system has no large pages, or does not show who asked for them")
def test_a_large_output_and_a_large_gradient_lie_in_large_pages() -> None:
    x = torch.randn(1, 16, 320, 320, requires_grad=True)
    y = Conv2d(16, 24, 3, padding=1, bias=False)(x)  # Winograd: no machine leaves it to torch
    y.backward(torch.ones_like(y))
    assert x.grad is not None
    for large in (y, x.grad):
        assert "hg" in _flags(large.data_ptr() + large.nbytes // 2)


@pytest.mark.skipif(not _supported(), reason="the system has no large pages, or does not show who asked for them")
def test_what_is_asked_for_ends_where_the_array_does(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(memory, "_advise", lambda: lambda *stretch: asked.append(stretch[:2]))
    kaiyan.conv(torch.ones(1, 1, 64, 64), torch.ones(1, 1, 3, 3))
    assert asked == []
    y = kaiyan.conv(torch.ones(1, 1, 1100, 1100), torch.ones(1, 1, 3, 3))
    (start, size), *others = asked
    assert not others
    assert 0 <= start - y.data_ptr() < 2**16
    assert start + size == y.data_ptr() + y.nbytes


def test_without_large_pages_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_advise", lambda: None)
    y = kaiyan.conv(torch.ones(1, 1, 1100, 1100), torch.ones(1, 1, 3, 3))
    assert y.shape == (1, 1, 1098, 1098)
    assert (y == 9).all()
