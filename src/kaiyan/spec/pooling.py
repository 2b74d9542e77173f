"""The windows of pooling: an axis whose size can be rounded up, and what libraries refuse of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.axis import Axis

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class PoolAxis(Axis):
    """An ``Axis`` of pooling; ``ceil`` lets a last window hang over the end, unless it would begin in the padding.

    ``bare`` asks for an input that holds the window without padding, as AvgPool3d does.

    >>> PoolAxis(kernel=3, stride=2, ceil=True).output_size(10)
    5
    """

    ceil: bool = False
    bare: bool = False

    def output_size(self, n: int) -> int:
        """Windows on an axis of ``n`` inputs. Source: PyTorch, pooling_output_shape (aten/native/Pool.h)."""
        if self.bare and n < self.kernel:
            raise ConvError(
                "pool-bare", "on axis {axis} this pooling needs an input of at least {kernel} before padding, not {n}",
                axis=self.name, kernel=self.kernel, n=n,
            )  # fmt: skip
        rounded = self.rounded(n)
        size = rounded - (self.ceil and (rounded - 1) * self.stride >= n + self.pads(n)[0])
        if size < 1:
            raise self._does_not_fit(n, n + sum(self.pads(n)))
        return size

    def rounded(self, n: int) -> int:
        """Windows before one that begins in the padding is dropped."""
        slack = self.stride - 1 if self.ceil else 0
        return (n + sum(self.pads(n)) - self.reach + slack) // self.stride + 1


def pool_axes(rank: int, kernel: Any, stride: Any, padding: Any, dilation: Any, *, ceil: bool) -> tuple[PoolAxis, ...]:
    """The axes of a pooling of ``rank``; without a stride it is the kernel.

    Raises ``ConvError`` as ``Conv`` does, and where more than half the kernel is padding, which no library pools.
    """
    if kernel is None:
        raise ConvError("no-kernel", "kernel_size is missing", "Conv(kernel_size=3)")
    step = kernel if stride is None or stride == () else stride
    axes = read.axes(kernel, step, padding, dilation, 0, transposed=False, rank=rank)
    for axis in axes:
        if not isinstance(axis.padding, str) and 2 * max(axis.padding) > axis.kernel:
            raise ConvError(
                "pool-padding",
                "padding={padding} is more than half of the pooling kernel of {kernel}",
                "padding={most} is the largest",
                padding=max(axis.padding), kernel=axis.kernel, most=axis.kernel // 2,
            )  # fmt: skip
    return tuple(PoolAxis(a.kernel, a.stride, a.dilation, a.padding, a.name, ceil) for a in axes)


def each(name: str, value: Any, rank: int, *, least: int = 1) -> tuple[int, ...]:
    """A number for every axis of space; raises ``ConvError`` for another count."""
    entries: Sequence[Any] = list(value) if isinstance(value, (tuple, list)) else [value] * rank
    if len(entries) == 1:
        entries = [entries[0]] * rank
    if len(entries) != rank:
        raise ConvError(
            "wrong-length",
            "{name}={value} has {length} entries; spatial axes: {count}",
            "give one number for all axes, or one per axis",
            name=name, value=tuple(entries), length=len(entries), count=rank,
        )  # fmt: skip
    return tuple(read.number(name, entry, least=least) for entry in entries)
