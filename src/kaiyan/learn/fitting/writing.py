"""A found kernel on disk: its numbers or its picture, neither of them ever half there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.pictures.error import refused_by_system
from kaiyan.pictures.picture import write
from kaiyan.pictures.whole import whole

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.learn.fitting.result import Fit
    from kaiyan.reference.dtype import Numbers


def save(fit: Fit, path: Path) -> None:
    """Writes the numbers where the suffix is .npy, else the sheet; raises ``PictureError`` where it cannot."""
    if path.suffix.lower() == ".npy":
        _write_numbers(fit.kernel[0, 0] if fit.kernel.shape[:2] == (1, 1) else fit.kernel, path)
    else:
        write(fit.sheet, path)


def _write_numbers(values: Numbers, path: Path) -> None:
    try:
        with whole(path) as beside, beside.open("wb") as file:
            np.save(file, values)
    except OSError as error:
        raise refused_by_system(path, error) from None
