"""Packages that a model's package imports and a model does not need: found, and empty.

torchvision and torchaudio come as builds for one build of torch; of what the zoo runs none is called.
"""

from __future__ import annotations

import enum
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import torch

ABSENT = frozenset({
    "argbind", "audiotools", "docopt", "hyperpyyaml", "imageio", "lameenc", "librosa", "linear_operator",
    "matplotlib", "mne", "openunmix", "pandas", "skimage", "sklearn", "skorch", "soundfile",
    "torch_geometric", "torchaudio", "torchvision", "torchmetrics", "wandb", "wfdb",
})  # fmt: skip


class _Empty(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return KNOWN.get(name, cls)

    def __iter__(cls) -> Any:
        return iter(())


class _Interpolation(enum.Enum):
    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


class _Codec(torch.nn.Module):
    INTERN: list[str] = []  # noqa: RUF012 - as audiotools has it
    EXTERN: list[str] = []  # noqa: RUF012


KNOWN: dict[str, Any] = {"InterpolationMode": _Interpolation, "BaseModel": _Codec}
"""What must be more than a name, for a class that is made of it."""


class _Absent(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "0.26.0"
        if name.startswith("__"):
            raise AttributeError(name)
        return KNOWN.get(name) or _Empty(name, (), {"__init__": _ignored, "__call__": _first})


def _ignored(*_: Any, **__: Any) -> None:
    return None


def _first(_: Any, *given: Any, **__: Any) -> Any:
    return given[0] if given else None


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        del path, target
        known = fullname.partition(".")[0] in ABSENT
        return ModuleSpec(fullname, self, is_package=True) if known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Absent(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


def stand_in() -> None:
    """From now on an import of one of these that is not installed gives an empty module."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
