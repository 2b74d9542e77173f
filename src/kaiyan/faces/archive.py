"""Files of dlib read without dlib: its numbers, its tensors, and the layers of a network that it has stored.

Source: the formats are those of dlib 19 and 20, dlib/serialize.h and dlib/dnn/{core,input,layers,tensor}.h.
"""

from __future__ import annotations

from math import ldexp, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_PLAIN, _FIRST = 1, 3
"""What stands before a layer that has no numbers (a tag, a jump to one), and before the one that takes the input."""


class Archive:
    """A file's bytes from the first to the last; each method takes the next thing of its kind.

    >>> Archive(bytes([0x02, 0x2C, 0x01])).integer(), Archive(bytes([0x81, 0x05])).integer()
    (300, -5)
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes were not taken."""
        return len(self._content) - self._at

    def taken(self, size: int) -> bytes:
        """The next bytes; raises ``EOFError`` where the file ends before."""
        if size > self.left:
            raise EOFError(size)
        self._at += size
        return self._content[self._at - size : self._at]

    def integer(self) -> int:
        """A byte with the sign and the length, then the number, lowest byte first."""
        (head,) = self.taken(1)
        number = int.from_bytes(self.taken(head & 0x0F), "little")
        return -number if head & 0x80 else number

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def real(self) -> float:
        """A whole number times a power of two."""
        return ldexp(self.integer(), self.integer())

    def reals(self, count: int) -> list[float]:
        return [self.real() for _ in range(count)]

    def text(self) -> str:
        return self.taken(self.integer()).decode()

    def flag(self) -> bool:
        return self.taken(1) == b"1"

    def matrix(self) -> NDArray[np.float64]:
        """Rows and columns, then the numbers row by row."""
        rows, columns = (abs(size) for size in self.integers(2))
        return np.array(self.reals(rows * columns)).reshape(rows, columns)

    def tensor(self) -> NDArray[np.float32]:
        """Version, four sizes, then float32 as they lie in memory."""
        self.integer()
        shape = self.integers(4)
        return np.frombuffer(self.taken(4 * prod(shape)), "<f4").reshape(shape)


class StoredLayer(NamedTuple):
    """A layer as dlib stored it: its kind, its sizes in dlib's order, and its numbers."""

    kind: str
    sizes: tuple[int, ...] = ()
    weight: NDArray[np.float32] | None = None
    bias: NDArray[np.float32] | None = None


def layers(archive: Archive, preparation: Callable[[], object]) -> list[StoredLayer]:
    """The layers of a network from its input to its output; ``preparation`` reads what the input's layer holds.

    dlib's networks are nested types: the outermost layer is written first, with what lies inside it before its own
    numbers, so that all marks come first and the layers follow from the input on.
    """
    marks = [archive.integer()]
    while marks[-1] != _FIRST:
        marks.append(archive.integer())
    archive.text()
    preparation()
    return [StoredLayer("tag") if mark == _PLAIN else _layer(archive, mark) for mark in reversed(marks)]


def _layer(archive: Archive, mark: int) -> StoredLayer:
    kind = archive.text().rstrip("0123456789").rstrip("_")
    layer = _KINDS[kind](archive, kind)
    for _ in range(3):  # what training left
        archive.flag()
    for _ in range(3):
        archive.tensor()
    if mark == _FIRST:
        archive.integer()
    return layer


def _convolution(archive: Archive, kind: str) -> StoredLayer:
    """Its sizes: kernels, then rows and columns of kernel, stride and padding."""
    numbers = archive.tensor().ravel()
    sizes = archive.integers(7)
    shape, places = _view(archive), _view(archive)
    archive.reals(4)
    weight, bias = np.split(numbers, [prod(shape)])
    return StoredLayer(kind, tuple(sizes), weight.reshape(shape), bias.reshape(places)[0, :, 0, 0])


def _affine(archive: Archive, kind: str) -> StoredLayer:
    """A factor and a summand for every channel."""
    numbers = archive.tensor().ravel()
    gamma, _ = _view(archive), _view(archive)
    archive.integer()
    return StoredLayer(kind, (), *np.split(numbers, [prod(gamma)]))


def _normalisation(archive: Archive, _: str) -> StoredLayer:
    """Batch normalisation, which at rest is a factor and a summand for every channel."""
    numbers = archive.tensor().ravel().astype(np.float64)
    shape, _places = _view(archive), _view(archive)
    gamma, beta = np.split(numbers, [prod(shape)])
    _batch_means, _batch_scales, mean, variance = (archive.tensor().ravel() for _ in range(4))
    archive.integers(2)
    archive.reals(4)
    factor = gamma / np.sqrt(variance + archive.real())
    return StoredLayer("affine", (), factor.astype(np.float32), (beta - factor * mean).astype(np.float32))


def _pooling(archive: Archive, kind: str) -> StoredLayer:
    """Its sizes: rows and columns of window, stride and padding; a window of 0 is the whole picture."""
    return StoredLayer(kind, tuple(archive.integers(6)))


def _linear(archive: Archive, kind: str) -> StoredLayer:
    """Its sizes: outputs and inputs; its weight is (inputs, outputs)."""
    sizes = archive.integers(2)
    weight = archive.tensor()[:, :, 0, 0]
    _view(archive), _view(archive)
    archive.integer()
    archive.reals(4)
    return StoredLayer(kind, tuple(sizes), weight)


def _bare(_: Archive, kind: str) -> StoredLayer:
    return StoredLayer(kind)


def _view(archive: Archive) -> list[int]:
    """The shape of a part of a tensor: version, then four sizes."""
    return archive.integers(5)[1:]


_KINDS: dict[str, Callable[[Archive, str], StoredLayer]] = {
    "con": _convolution,
    "affine": _affine,
    "bn_con": _normalisation,
    "relu": _bare,
    "max_pool": _pooling,
    "avg_pool": _pooling,
    "add_prev": _bare,
    "fc": _linear,
}
