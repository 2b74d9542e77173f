"""The inverse question: which kernel, stride and padding turn n into m, simplest first."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.axis import Axis
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Iterator

_KERNELS = (3, 1, 5, 7, 2, 4, 9, 11)
"""Common kernels, in the order in which published networks use them."""

_TRIED = 64
"""Strides for a kernel, and paddings for a stride, the smallest: the simplest ways are among them."""

_Step = tuple[int, int, int, int]
"""kernel, stride, padding, output_padding"""


def layers_between(n: Any, m: Any, *, limit: int = 8) -> tuple[Conv, ...]:
    """Descriptions that turn an input of size ``n`` into an output of size ``m``, the simplest first.

    ``n`` and ``m`` are sizes of one axis, or tuples of equal length. A larger ``m`` gives transposed convolutions.
    Simple means: nothing left unread, the same numbers on every axis, a common kernel or patches side by side, a small
    stride, little padding.
    Raises ``ConvError`` when a size is below 1, or no window of any size leads there.

    >>> print(layers_between(224, 112)[0])
    Conv(kernel_size=3, stride=2, padding=1)
    >>> print(layers_between(7, 14)[0])
    Conv(kernel_size=3, stride=2, padding=1, output_padding=1, transposed=True)
    """
    inputs, outputs = _sizes("n", n), _sizes("m", m)
    if len(inputs) != len(outputs):
        raise ConvError(
            "lengths-differ",
            "{n} has {inputs} sizes, but {m} has {outputs}",
            "give one output size for each input size",
            n=n,
            m=m,
            inputs=len(inputs),
            outputs=len(outputs),
        )
    transposed = any(b > a for a, b in zip(inputs, outputs, strict=True))
    ways = [list(islice(_steps(a, b, transposed=transposed), _TRIED)) for a, b in zip(inputs, outputs, strict=True)]
    shared = [(way,) * len(ways) for way in ways[0] if all(way in other for other in ways[1:])]
    mixed = sorted(product(*(way[:5] for way in ways)), key=lambda steps: len({step[0] for step in steps}))
    chosen = list(dict.fromkeys([*shared, *mixed]))[:limit]
    rank = None if isinstance(n, int) else len(inputs)
    return tuple(_conv(steps, transposed=transposed, rank=rank) for steps in chosen)


def _steps(n: int, m: int, *, transposed: bool) -> Iterator[_Step]:
    ways = _upward(n, m) if transposed else _downward(n, m)
    return iter(sorted(ways, key=lambda step: _effort(n, step, transposed=transposed)))


def _downward(n: int, m: int) -> Iterator[_Step]:
    for kernel, stride in product(_kernels(n, m), range(1, n // m + 2 if m > 1 else 2)):
        needed = (m - 1) * stride + kernel - n
        for padding in {max(-(-needed // 2), 0), max((needed + stride - 1) // 2, 0)}:
            if padding <= kernel // 2 and needed <= 2 * padding < needed + stride:
                yield kernel, stride, padding, 0


def _upward(n: int, m: int) -> Iterator[_Step]:
    for kernel in _kernels(m, n):
        strides = range(1, m // n + 2 if n > 1 else 2)
        for stride in {*strides[:_TRIED], *((kernel,) if kernel in strides else ())}:
            spare = m - (n - 1) * stride - kernel
            paddings = range(max(-(spare // 2), 0), min(kernel // 2, (stride - 1 - spare) // 2) + 1)
            for padding in paddings[:_TRIED]:
                yield kernel, stride, padding, spare + 2 * padding


def _kernels(larger: int, smaller: int) -> tuple[int, ...]:
    exact = max(larger - smaller + 1, 1)
    return tuple(dict.fromkeys((*_KERNELS, exact, larger, -(-larger // smaller))))


def _effort(n: int, step: _Step, *, transposed: bool) -> tuple[int, ...]:
    kernel, stride, padding, output_padding = step
    unread = 0 if transposed else len(Axis(kernel, stride, padding=(padding, padding)).unread(n))
    skipped = max(stride - kernel, 0)
    rare = _KERNELS.index(kernel) if kernel in _KERNELS else len(_KERNELS) + kernel
    if (stride, padding, output_padding) == (kernel, 0, 0) and kernel > 1:
        rare = 1  # patches side by side
    return skipped + unread, rare, stride, padding, output_padding


def _conv(steps: tuple[_Step, ...], *, transposed: bool, rank: int | None) -> Conv:
    kernels, strides, paddings, output_paddings = ((c[0] if rank is None else c) for c in zip(*steps, strict=True))
    return Conv(
        kernel_size=kernels,
        stride=strides,
        padding=paddings,
        output_padding=output_paddings,
        transposed=transposed,
        rank=rank,
    )


def _sizes(name: str, value: Any) -> tuple[int, ...]:
    entries = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(read.number(name, entry, least=1) for entry in entries)
