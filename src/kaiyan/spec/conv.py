"""Conv: everything about a convolution except its numbers, frozen and checked when it is made."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import gcd, prod
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.spec import code, cost, read

if TYPE_CHECKING:
    from kaiyan.spec.axis import Axis, Pads
    from kaiyan.spec.derivation import Derivation

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Conv:
    """A convolution without its numbers, in PyTorch's words; ``Conv(kernel_size=3)`` leaves channels and rank open.

    ``kernel_size``, ``stride`` and ``dilation`` are one number for all axes or one per axis, in elements: ``stride``
    is the step from one window to the next, ``dilation`` the step from one tap of the kernel to the next, so that a
    window reaches over dilation·(kernel − 1) + 1 elements. ``groups`` cuts the channels into so many parts, and an
    output reads the input channels of its own part only; groups=in_channels is a depthwise convolution.
    ``padding`` is a number, one entry per axis, a pair (before, after) per axis, or a word: "valid", "same" (at every
    stride), "same_lower", "causal". ``padding_mode`` is zeros, constant(v), reflect, replicate, circular or symmetric.
    Raises ``ConvError`` at once for anything that can never work.

    >>> spec = Conv(3, 64, 7, stride=2, padding=3)
    >>> spec.output_shape((1, 3, 224, 224))
    (1, 64, 112, 112)
    >>> print(Conv(kernel_size=3, stride=2, padding="same"))
    Conv(kernel_size=3, stride=2, padding='same')
    """

    in_channels: int | None
    out_channels: int | None
    axes: tuple[Axis, ...]
    rank: int | None
    groups: int
    bias: bool
    padding_mode: str
    transposed: bool

    def __init__(
        self,
        in_channels: int | None = None,
        out_channels: int | None = None,
        kernel_size: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        output_padding: Any = 0,
        transposed: bool = False,
        *,
        rank: int | None = None,
    ) -> None:
        if kernel_size is None:
            raise ConvError("no-kernel", "kernel_size is missing", "Conv(kernel_size=3)")
        C, K, G = _channels(in_channels, out_channels, groups)
        rank = read.rank_of(kernel_size, stride, dilation, output_padding, padding, rank=rank)
        axes = read.axes(kernel_size, stride, padding, dilation, output_padding, transposed=bool(transposed), rank=rank)
        mode = read.padding_mode(padding_mode)
        if transposed and mode != "zeros":
            raise ConvError(
                "transposed-padding-mode",
                "padding_mode={mode!r} has no meaning for a transposed convolution: its padding crops the output",
                "padding_mode='zeros'",
                mode=mode,
            )
        if C is not None and K is not None:
            _check_weights(C, K, G, axes)
        values = (C, K, axes, rank, G, bool(bias), mode, bool(transposed))
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    @classmethod
    def parse(cls, text: str) -> Conv:
        """Reads PyTorch code ("nn.Conv2d(3, 64, 7, stride=2)") or ``Conv(...)`` without executing it.

        Raises ``ConvError`` when the text is anything but one such call with literal arguments.

        >>> Conv.parse("nn.Conv2d(3, 64, 7, stride=2, padding=3)").kernel_size
        (7, 7)
        """
        return cls(**code.arguments(text))

    @classmethod
    def from_module(cls, module: object) -> Conv:
        """Reads a torch layer (Conv1d, Conv2d, Conv3d and their transposes); torch is not imported for it."""
        return cls(**code.module_arguments(module))

    def __str__(self) -> str:
        return code.write(self)

    __repr__ = __str__

    @property
    def kernel_size(self) -> int | Shape:
        """Taps along each axis; one number where the rank is open."""
        return self._each(tuple(a.kernel for a in self.axes))

    @property
    def stride(self) -> int | Shape:
        """Steps along each axis; one number where the rank is open."""
        return self._each(tuple(a.stride for a in self.axes))

    @property
    def dilation(self) -> int | Shape:
        """Distances between taps; one number where the rank is open."""
        return self._each(tuple(a.dilation for a in self.axes))

    @property
    def output_padding(self) -> int | Shape:
        """What chooses among the legal sizes of a transposed convolution; 0 for any other."""
        return self._each(tuple(getattr(a, "output_padding", 0) for a in self.axes))

    @property
    def padding(self) -> str | Pads | tuple[str | Pads, ...]:
        """A word or a pair (before, after) an axis; one entry where the rank is open."""
        entries = tuple(a.padding for a in self.axes)
        return entries if self.rank is not None else entries[0]

    def replace(self, **changes: Any) -> Conv:
        """The same description with some arguments changed, checked again.

        >>> print(Conv(8, 8, 3).replace(groups=8))
        Conv(8, 8, kernel_size=3, groups=8)
        """
        kept = code.spelled(self) | {"rank": self.rank}
        if "kernel_size" in changes or self.rank is None:
            kept.pop("rank")
        return Conv(**(kept | changes))

    def at_rank(self, rank: int) -> Conv:
        """The same description with its rank fixed; raises ``ConvError`` when it is fixed at another."""
        if self.rank == rank:
            return self
        if self.rank is not None:
            raise ConvError(
                "wrong-rank", "{spec} has {rank} spatial axes, not {asked}", spec=str(self), rank=self.rank, asked=rank
            )
        return self.replace(rank=rank)

    def fitted(self, input_shape: Any) -> tuple[Conv, Shape]:
        """This description at the rank of ``input_shape``, and its spatial sizes; the whole shape is checked.

        ``input_shape`` is (N, C, *spatial) or, where the rank is fixed, also (C, *spatial).
        """
        shape = read.shape(input_shape)
        if self.rank is None and len(shape) < 3:
            raise ConvError(
                "open-rank",
                "{spec} fits any rank, and {shape} is too short to tell which: (batch, channels, sizes) is needed",
                "rank=1 also takes (channels, sizes)",
                spec=str(self),
                shape=shape,
            )
        spec = self if self.rank is not None else self.at_rank(len(shape) - 2)
        if len(shape) - len(spec.axes) not in (1, 2):
            raise _wrong_dimensions(spec, shape)
        spatial = shape[-len(spec.axes) :]
        C = shape[-len(spec.axes) - 1]
        if spec.in_channels is not None and spec.in_channels != C:
            raise wrong_channels(shape, C, spec.in_channels, len(spec.axes))
        return spec, spatial

    def output_shape(self, input_shape: Any) -> Shape:
        """Shape of the output for an input (N, C, *spatial) or (C, *spatial).

        Raises ``ConvError`` for wrong channels, a wrong rank, or a window that does not fit.
        """
        spec, spatial = self.fitted(input_shape)
        sizes = tuple(a.output_size(n) for a, n in zip(spec.axes, spatial, strict=True))
        _check_sizes(sizes)
        _check_border(spec, spatial)
        leading = read.shape(input_shape)[: -len(spatial)]
        K = leading[-1] if spec.out_channels is None else spec.out_channels
        return (*leading[:-1], K, *sizes)

    def pads(self, input_shape: Any) -> tuple[Pads, ...]:
        """(before, after) on each spatial axis for this input; for a transposed one, what is cropped.

        >>> Conv(kernel_size=3, stride=2, padding="same").pads((1, 3, 224, 224))
        ((0, 1), (0, 1))
        """
        spec, spatial = self.fitted(input_shape)
        return tuple(a.pads(n) for a, n in zip(spec.axes, spatial, strict=True))

    def unread(self, input_shape: Any) -> tuple[range, ...]:
        """The inputs at the end of each axis that no window reads, because the size is rounded down.

        >>> Conv(kernel_size=2, stride=2).unread((1, 1, 8, 7))
        (range(8, 8), range(6, 7))
        """
        spec, spatial = self.fitted(input_shape)
        return tuple(a.unread(n) for a, n in zip(spec.axes, spatial, strict=True))

    def output_sizes(self, input_shape: Any) -> tuple[range, ...]:
        """The sizes possible on each axis: one for each legal output_padding of a transposed convolution, else one.

        >>> Conv(kernel_size=3, stride=2, transposed=True).output_sizes((1, 1, 3))
        (range(7, 9),)
        """
        spec, spatial = self.fitted(input_shape)
        return tuple(a.output_sizes(n) for a, n in zip(spec.axes, spatial, strict=True))

    @property
    def weight_shape(self) -> Shape:
        """(K, C/groups, *kernel), or (C, K/groups, *kernel) transposed; raises ``ConvError`` without channels."""
        C, K = self.channels
        first, second = (C, K) if self.transposed else (K, C)
        return (first, second // self.groups, *(a.kernel for a in self.axes))

    @property
    def channels(self) -> tuple[int, int]:
        """(in_channels, out_channels); raises ``ConvError`` where the description says nothing of them."""
        if self.in_channels is None or self.out_channels is None:
            raise ConvError(
                "channels-unknown",
                "{spec} does not say how many channels it has, so its weights cannot be counted",
                "Conv(in_channels, out_channels, kernel_size={kernel})",
                spec=str(self),
                kernel=self.kernel_size,
            )
        return self.in_channels, self.out_channels

    @property
    def params(self) -> int:
        """Weights and biases; raises ``ConvError`` when channels or rank are not known.

        >>> Conv(3, 32, 7, stride=2, padding=3, rank=2).params
        4736
        """
        if self.rank is None:
            raise ConvError(
                "rank-unknown",
                "{spec} fits any rank, so its weights cannot be counted",
                "rank=2 for pictures",
                spec=str(self),
            )
        return cost.params(self)

    def macs(self, input_shape: Any) -> int:
        """Multiply-adds for this input, taps on padding counted; raises ``ConvError`` when channels are not known.

        >>> Conv(1, 128, 3).macs((1, 1, 128, 128))
        18289152
        """
        return cost.macs(self, input_shape)

    def flops(self, input_shape: Any) -> int:
        """2·MACs; the bias is not in it."""
        return 2 * self.macs(input_shape)

    def cost(self, input_shape: Any) -> cost.Cost:
        """Parameters, MACs, FLOPs, bytes and the fully-connected equal, each with what is known of it."""
        return cost.cost(self, input_shape)

    def full_weights(self, input_shape: Any) -> int:
        """Weights of the fully-connected layer with the same input and output: the sparse connection's other side.

        >>> Conv(1, 1, 3).full_weights((1, 1, 5, 5))
        225
        """
        return cost.full_weights(self, input_shape)

    def derive(self, input_shape: Any) -> Derivation:
        """How an input (N, C, *spatial) or (C, *spatial) becomes the output, and what it costs, with its own numbers.

        Raises ``ConvError`` as ``output_shape`` does.
        """
        from kaiyan.spec.derivation import derivation

        return derivation(self, input_shape)

    def explain(self, input_shape: Any) -> Derivation:
        """The old name of ``derive``."""
        warnings.warn("Conv.explain is called Conv.derive", DeprecationWarning, stacklevel=2)
        return self.derive(input_shape)

    def _each(self, values: Shape) -> int | Shape:
        return values if self.rank is not None else values[0]


def wrong_channels(shape: Shape, C: int, expected: int, rank: int) -> ConvError:
    """The refusal of an input with other channels, with a way out where its axes show one."""
    facts = {"shape": shape, "C": C, "expected": expected}
    if shape[-1] == expected and len(shape) == rank + 2:
        order = (0, rank + 1, *range(1, rank + 1))
        return ConvError(
            "channels-last",
            "the input {shape} has {C} channels on axis 1, but {expected} are expected",
            "the channels are last: permute{order} (in NumPy: transpose) gives {moved}",
            order=order,
            moved=tuple(shape[i] for i in order),
            **facts,
        )
    return ConvError(
        "wrong-channels",
        "the input {shape} has {C} channels on axis {axis}, but {expected} are expected",
        axis=len(shape) - rank - 1,
        **facts,
    )


def _channels(in_channels: Any, out_channels: Any, groups: Any) -> tuple[int | None, int | None, int]:
    G = read.number("groups", groups, least=1)
    if in_channels is None and out_channels is None:
        if G != 1:
            raise ConvError(
                "groups-without-channels",
                "groups={groups} needs in_channels and out_channels, which are missing",
                "Conv({groups}, {groups}, kernel_size, groups={groups})",
                groups=G,
            )
        return None, None, 1
    if in_channels is None or out_channels is None:
        missing = "in_channels" if in_channels is None else "out_channels"
        raise ConvError("half-channels", "{missing} is missing: give both channels or neither", missing=missing)
    C = read.number("in_channels", in_channels, least=0, offered=G)
    K = read.number("out_channels", out_channels, least=0, offered=G)
    for name, channels in (("in_channels", C), ("out_channels", K)):
        if channels % G:
            raise ConvError(
                "groups-do-not-divide",
                "groups={groups} does not divide {name}={channels}",
                "groups={divisor}",
                groups=G,
                name=name,
                channels=channels,
                divisor=gcd(C, K, G),
            )
    return C, K, G


def _check_sizes(sizes: Shape) -> None:
    if max(sizes) > read.LARGEST_SIZE:
        raise ConvError(
            "absurd-output",
            "the output would be {sizes}; the largest size accepted is {largest}",
            sizes=sizes,
            largest=read.LARGEST_SIZE,
        )


def _check_weights(C: int, K: int, G: int, axes: tuple[Axis, ...]) -> None:
    weights = C // G * K * prod(a.kernel for a in axes)
    if weights > 2**48:
        raise ConvError(
            "absurd-weights",
            "{weights:,} weights do not fit in any memory: {K}·{C}/{G} channels and a kernel of {kernel}",
            weights=weights,
            C=C,
            K=K,
            G=G,
            kernel=tuple(a.kernel for a in axes),
        )


def _check_border(spec: Conv, spatial: Shape) -> None:
    if spec.padding_mode == "zeros" or spec.padding_mode.startswith("constant"):
        return
    for axis, n in zip(spec.axes, spatial, strict=True):
        if n == 0 and any(axis.pads(n)) and axis.output_size(n):
            raise ConvError(
                "border-of-nothing",
                "axis {axis} has 0 elements, so padding mode {mode!r} has nothing to copy from",
                "padding_mode='zeros'",
                axis=axis.name,
                mode=spec.padding_mode,
            )


def _wrong_dimensions(spec: Conv, shape: Shape) -> ConvError:
    rank = len(spec.axes)
    return ConvError(
        "wrong-dimensions",
        "the input {shape} has {count} axes; {rank} spatial axes need {batched} (batch, channels, sizes) "
        "or {unbatched} (channels, sizes)",
        shape=shape,
        count=len(shape),
        rank=rank,
        batched=rank + 2,
        unbatched=rank + 1,
    )
