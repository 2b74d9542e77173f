"""Which library made an array: asked without importing the library."""

from __future__ import annotations

import sys
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from kaiyan.arrays.kind import Kind

LIBRARIES = {"numpy": "ndarray", "torch": "Tensor"}
"""Every library whose arrays are taken, and the name of its type; ``kaiyan.arrays.<library>.ROW`` tells the rest."""


def kind_of(name: str, array: Any) -> Kind:
    """The library of an argument called ``name``; raises ``ConvError`` when it is no array that we know."""
    kind = _kind_of_type(array.__class__)
    if kind is None:
        raise ConvError(
            "not-an-array",
            "{name} is a {kind}, not a NumPy array or a torch tensor",
            "np.asarray({name})",
            name=name,
            kind=type(array).__name__,
        )
    return kind


@cache
def named(library: str) -> Kind:
    """The row of a library of ``LIBRARIES``."""
    row: Kind = import_module(f"kaiyan.arrays.{library}").ROW
    return row


def loaded(library: str) -> Any:
    """The module of a library, if something has imported it; else None."""
    return sys.modules.get(library)


def same_kind(*arrays: Any) -> Kind:
    """The one library of an input, a weight and a bias (or None); raises ``ConvError`` where there are several."""
    names = ("x", "weight", "bias") if len(arrays) > 2 else ("weight", "bias")
    kinds = [kind_of(name, array) for name, array in zip(names, arrays, strict=False) if array is not None]
    if all(kind is kinds[0] for kind in kinds):
        return kinds[0]
    words = [f"{type(a).__module__.partition('.')[0]}.{type(a).__name__}" for a in arrays if a is not None]
    raise ConvError(
        "kinds-differ",
        "the arrays are of different libraries: {kinds}",
        "torch.from_numpy(array) or tensor.numpy() converts one of them",
        kinds=", ".join(words),
    )


@lru_cache(maxsize=256)
def _kind_of_type(kind: type) -> Kind | None:
    if issubclass(kind, np.ma.MaskedArray):
        raise ConvError("masked", "a masked array's mask would be lost", "x.filled(0) fills the gaps")
    for library, array in LIBRARIES.items():
        module = loaded(library)
        if module is not None and issubclass(kind, getattr(module, array)):
            return named(library)
    return None
