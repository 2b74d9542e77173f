"""From description to machine code: every target, and a cache that nothing can break."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from kaiyan import Conv
from kaiyan.engine.codegen.language.compile import (
    address,
    cache_folder,
    compiled,
    load,
    machine_code,
    machine_code_of,
    objects,
)
from kaiyan.engine.codegen.language.target import AVX2, TARGETS, Target, host
from kaiyan.engine.codegen.parts.epilogue import Epilogue
from kaiyan.engine.codegen.parts.geometry import geometry, tiles
from kaiyan.engine.codegen.routines import (
    gradient,
    gradient_winograd,
    over_channels,
    over_channels_inside,
    over_columns,
    over_columns_inside,
    over_output_channels_cut,
    winograd_cut,
)
from kaiyan.engine.codegen.running.machine import Products

DENSE = geometry(Conv(20, 40, 3, padding=1, rank=2), (1, 20, 30, 31))[0]
SINGLE = geometry(Conv(20, 20, 3, padding=1, groups=20, rank=2), (1, 20, 30, 31))[0]
GUARD = Path(__file__).parents[1] / "guard_pages.py"


def _kernels(target: Target) -> list[Any]:
    setting = (target, "float32", Epilogue("silu", residual=True), 2)
    made: list[Any] = [
        winograd_cut.cut(DENSE, source, *setting, (4, 4)) for source in ("row_contiguous", "channels_last")
    ]
    made += [
        over_output_channels_cut.cut(DENSE, source, *setting)
        for source in ("row_contiguous", "channels_last", "strided")
    ]
    made += [over_columns.cut(g, "row_contiguous", *setting) for g in (DENSE, SINGLE)]
    for single in (over_channels, over_channels_inside):
        made += [single.cut(SINGLE, source, *setting) for source in ("row_contiguous", "channels_last")]
    made += [over_columns_inside.cut(SINGLE, "row_contiguous", *setting)] * (target.bits >= AVX2.bits)
    for source, last in (("row_contiguous", False), ("channels_last", True)):
        fixed = source, last, target, "float32", 2
        made += [gradient.cut(DENSE, *fixed), gradient_winograd.cut(DENSE, tiles(DENSE, 4)[0], *fixed)]
    return made


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_kernel_compiles_for_every_target(target: Target) -> None:
    for kernel in _kernels(target):
        made = compiled(kernel, target)
        machine = {"x86_64": 62, "aarch64": 183}[target.triple.partition("-")[0]]
        assert made[:4] == b"\x7fELF"
        assert int.from_bytes(made[18:20], "little") == machine


@pytest.mark.parametrize("name", ["avx2", "generic"])
def test_narrower_machines_compute_the_same(name: str, tmp_path: Path) -> None:
    environment = os.environ | {"KAIYAN_CACHE": str(tmp_path), "KAIYAN_TARGET": name}
    done = subprocess.run(
        [sys.executable, str(GUARD), "15", "3", "any", "winograd", "pointwise"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "winograd" in done.stdout


def test_a_wish_names_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in ("avx2", "generic"):
        monkeypatch.setenv("KAIYAN_TARGET", name)
        host.cache_clear()
        found.append(host().name)
    monkeypatch.delenv("KAIYAN_TARGET")
    host.cache_clear()
    assert found == ["avx2", "generic"]


def test_an_unknown_cpu_still_gets_code() -> None:
    for target in TARGETS:
        if target.triple.startswith("x86"):
            assert compiled(Products(), replace(target, cpu="no-such-cpu-2099"))[:4] == b"\x7fELF"


def test_lanes_are_bits_by_size() -> None:
    assert (AVX2.lanes(4), AVX2.lanes(8)) == (8, 4)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "not" / "there"
    monkeypatch.setenv("KAIYAN_CACHE", str(folder))
    return folder


def test_machine_code_is_kept_and_read_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = machine_code(Products(), host())
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr("kaiyan.engine.codegen.language.compile.compiled", None)  # a second compilation would fail
    assert machine_code(Products(), host()) == first


def test_the_machine_code_of_a_text_is_kept_by_the_text(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "define i32 @seven() { ret i32 7 }"
    first = machine_code_of(text, host())
    assert ctypes.CFUNCTYPE(ctypes.c_int32)(load(first, "seven")["seven"])() == 7
    other = machine_code_of(text.replace("7", "8"), host())
    assert ctypes.CFUNCTYPE(ctypes.c_int32)(load(other, "seven")["seven"])() == 8
    monkeypatch.setattr("kaiyan.engine.codegen.language.compile.objects", None)  # a second compilation would fail
    assert machine_code_of(text, host()) == first
    assert len(list(cache.iterdir())) == 2


def test_machine_code_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    place = address(Products())
    monkeypatch.setattr("kaiyan.engine.codegen.language.compile._compiler", None)  # a second link would fail
    address.cache_clear()
    assert address(Products()) == place


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 4096])
def test_a_damaged_file_is_made_again(cache: Path, damage: bytes) -> None:
    first = machine_code(Products(), host())
    (file,) = cache.iterdir()
    file.write_bytes(damage)
    assert machine_code(Products(), host()) == first
    assert file.read_bytes()[32:] == first


def test_a_single_wrong_bit_is_seen(cache: Path) -> None:
    first = machine_code(Products(), host())
    (file,) = cache.iterdir()
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)
    assert machine_code(Products(), host()) == first


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path / "file" / "cache"))
    assert machine_code(Products(), host())[:4] == b"\x7fELF"


def test_a_full_disk_is_no_error_and_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    assert machine_code(Products(), host())[:4] == b"\x7fELF"
    assert list(cache.iterdir()) == []


def test_processes_that_write_at_once_do_not_disturb_one_another(cache: Path) -> None:
    code = (
        "import numpy as np, kaiyan; x = np.arange(80.0).reshape(1, 1, 8, 10);"
        "print(float(kaiyan.conv(x, np.ones((1, 1, 3, 3))).sum()))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {process.communicate(timeout=120)[0] for process in running} == {f"{_sum()}\n"}
    assert not [file for file in cache.iterdir() if file.suffix not in (".o", ".json")]


def _sum() -> float:
    x = np.arange(80.0).reshape(8, 10)
    return float(sum(x[i : i + 6, j : j + 8].sum() for i in range(3) for j in range(3)))


def test_the_users_own_folder_is_taken_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAIYAN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/kaiyan")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert cache_folder() == Path("/home/ada/.cache/kaiyan")


def test_wrong_code_is_refused_by_llvm() -> None:
    with pytest.raises(RuntimeError):
        objects("define void @f() { ret i32 1 }", host())
    assert llvm.llvm_version_info[0] >= 20


WITHOUT = """
import sys, warnings
sys.modules["llvmlite"] = None
import numpy as np, kaiyan
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for _ in range(3):
        y = kaiyan.conv(np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 3, 3), np.float32))
        kaiyan.conv(np.ones((1, 1, 5, 5), np.float32), np.ones((1, 1, 3, 3), np.float32))
print(y.ravel().tolist(), [str(w.message) for w in said])
"""


def test_without_llvmlite_everything_works_and_it_is_said_once() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    answer, _, said = done.stdout.partition("] [")
    assert answer == "[9.0, 9.0, 9.0, 9.0"
    assert said.count("convolutions are slower without it") == 1
