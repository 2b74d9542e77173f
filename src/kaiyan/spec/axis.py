"""All geometry of one axis, forward and transposed: sizes, pads, what each window reads, what is dropped."""

from dataclasses import dataclass, field
from math import gcd

from kaiyan.show.error import ConvError
from kaiyan.spec.conventions import PADDING

Pads = tuple[int, int]
"""Elements (before, after) an axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Window and step along one axis, sizes in elements.

    >>> Axis(kernel=3, dilation=2).reach
    5
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    padding: str | Pads = (0, 0)
    name: str = field(default="n", compare=False)

    @property
    def reach(self) -> int:
        """Inputs from the first tap to the last, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def most_reads(self) -> int:
        """Inputs under one window."""
        return self.kernel

    @property
    def pads_follow_size(self) -> bool:
        """Whether the pads depend on the input's size: "same" at a stride."""
        return isinstance(self.padding, str) and PADDING[self.padding].follows_size and self.stride > 1

    @property
    def keeps_size(self) -> bool:
        """Whether its padding word makes ⌈n / stride⌉ of n inputs (transposed: n·stride), as all but "valid" do."""
        return isinstance(self.padding, str) and PADDING[self.padding].keeps_size

    def pads(self, n: int) -> Pads:
        """Elements added before and after an axis of ``n`` inputs.

        Source: TensorFlow's SAME, ONNX SAME_UPPER and SAME_LOWER; numbers as PyTorch's.

        >>> Axis(kernel=3, stride=2, padding="same").pads(224)
        (0, 1)
        """
        if isinstance(self.padding, str):
            return PADDING[self.padding].pads(self, n)
        return self.padding

    @property
    def half(self) -> int:
        """Half the reach, rounded down: what ``padding=kernel_size // 2`` writes for 'same'.

        With an even reach it gives one output more than there are inputs; ``size_keeping`` never does.

        >>> Axis(kernel=3, dilation=2).half, Axis(kernel=4).half
        (2, 2)
        """
        return self.reach // 2

    @property
    def size_keeping(self) -> int:
        """The largest number for both sides that never makes more than ⌈n / stride⌉ outputs of n inputs.

        Where the reach is odd it is ``half``. At stride 1 'same' has it before the input, in PyTorch and TensorFlow.

        >>> Axis(kernel=3, dilation=2).size_keeping, Axis(kernel=4).size_keeping
        (2, 1)
        """
        return (self.reach - 1) // 2

    def output_size(self, n: int) -> int:
        """Window positions on an axis of ``n`` inputs.

        Raises ``ConvError`` when the window does not fit once; no input under "same" or "causal" gives no output.
        Source: Dumoulin & Visin, arXiv:1603.07285, relationship 6; with dilation, relationship 15.

        >>> Axis(kernel=7, stride=2, padding=(3, 3)).output_size(224)
        112
        """
        room = n + sum(self.pads(n))
        if n == 0 and self.keeps_size:
            return 0
        if room < self.reach:
            raise self._does_not_fit(n, room)
        return (room - self.reach) // self.stride + 1

    def output_sizes(self, n: int) -> range:
        """Every size that is possible: this one."""
        return range(self.output_size(n), self.output_size(n) + 1)

    def unread(self, n: int) -> range:
        """The inputs at the end of an axis of ``n`` that no window reaches, because the size is rounded down.

        >>> Axis(kernel=2, stride=2).unread(7)
        range(6, 7)
        """
        before, _ = self.pads(n)
        end = (self.output_size(n) - 1) * self.stride + self.reach - before
        return range(max(min(end, n), 0), n)

    def reads(self, o: int, before: int) -> range:
        """Inputs under the window of output ``o``, those on the padding too (below 0 or past the end).

        >>> list(Axis(kernel=3, stride=2).reads(1, before=1))
        [1, 2, 3]
        """
        start = o * self.stride - before
        return range(start, start + self.reach, self.dilation)

    def touched(self, n: int) -> int:
        """Pairs of an output and a tap that lies on an input, not on padding.

        >>> Axis(kernel=3, padding=(1, 1)).touched(4)
        10
        """
        before, _ = self.pads(n)
        outputs = self.output_size(n)
        return sum(len(inside(self, t, n, before, outputs)[0]) for t in range(self.kernel))

    def _does_not_fit(self, n: int, room: int) -> ConvError:
        enough = -(-(self.reach - n) // 2)
        return ConvError(
            "window-too-large",
            "on axis {axis} the kernel reaches over {reach} elements (kernel={kernel}, "
            "dilation={dilation}), but the input has {n}, or {room} with padding",
            "use an input of at least {smallest} on axis {axis}",
            "padding={enough}",
            axis=self.name,
            reach=self.reach,
            kernel=self.kernel,
            dilation=self.dilation,
            room=room,
            n=n,
            smallest=self.reach - (room - n),
            enough=enough,
        )


@dataclass(frozen=True, slots=True)
class TransposedAxis(Axis):
    """The adjoint of an ``Axis``: every input lays its window into the output, ``stride`` apart; padding crops.

    >>> TransposedAxis(kernel=3, stride=2).output_size(3)
    7
    """

    output_padding: int = 0

    @property
    def most_reads(self) -> int:
        """Inputs whose windows cover one output, at the most."""
        return -(-self.kernel // (self.stride // gcd(self.stride, self.dilation)))

    @property
    def pads_follow_size(self) -> bool:
        return False

    def pads(self, n: int) -> Pads:
        """Elements cropped before and after the full output; a negative number extends it.

        Source: ONNX ConvTranspose, auto_pad (the odd element is cropped at the end for SAME_UPPER).

        >>> TransposedAxis(kernel=3, stride=2, padding="same").pads(4)
        (0, 1)
        """
        if isinstance(self.padding, str):
            return PADDING[self.padding].crop(self, n)
        return self.padding

    def output_size(self, n: int) -> int:
        """Elements that ``n`` inputs spread to.

        Raises ``ConvError`` when the crop leaves nothing.
        Source: Dumoulin & Visin, arXiv:1603.07285, relationship 14, with output padding.

        >>> TransposedAxis(kernel=3, stride=2, padding=(1, 1), output_padding=1).output_size(112)
        224
        """
        size = (n - 1) * self.stride + self.reach - sum(self.pads(n)) + self.output_padding
        if n == 0:
            return max(size, 0)
        if size < 1:
            raise self._nothing_left(n)
        return size

    def output_sizes(self, n: int) -> range:
        """Every size a legal output_padding can choose, smallest first: max(stride, dilation) of them.

        >>> TransposedAxis(kernel=3, stride=2).output_sizes(3)
        range(7, 9)
        """
        if self.keeps_size:
            return range(self.output_size(n), self.output_size(n) + 1)
        smallest = self.output_size(n) - self.output_padding
        return range(smallest, smallest + max(self.stride, self.dilation))

    def unread(self, n: int) -> range:
        """Nothing: the size of a transposed axis is not rounded."""
        return range(n, n)

    def reads(self, o: int, before: int) -> range:
        """Inputs whose window covers output ``o``, those past the ends too.

        >>> list(TransposedAxis(kernel=3, stride=2).reads(2, before=0))
        [0, 1]
        """
        full = o + before
        hits = [(full - t) // self.stride for t in range(0, self.reach, self.dilation) if (full - t) % self.stride == 0]
        if not hits:
            return range(0)
        step = hits[0] - hits[1] if len(hits) > 1 else 1
        return range(hits[-1], hits[0] + 1, step)

    def touched(self, n: int) -> int:
        """Pairs of an input and a tap that lies on an output, not on the crop.

        >>> TransposedAxis(kernel=3, padding=(1, 1)).touched(4)
        10
        """
        before, _ = self.pads(n)
        size = self.output_size(n)
        return sum(len(inside(self, t, size, before, n)[0]) for t in range(self.kernel))

    def _nothing_left(self, n: int) -> ConvError:
        full = (n - 1) * self.stride + self.reach + self.output_padding
        return ConvError(
            "crop-too-large",
            "on axis {axis} the padding removes {crop} of the {full} outputs that {n} inputs give: nothing is left",
            "padding={most} leaves {left}",
            axis=self.name,
            crop=sum(self.pads(n)),
            full=full,
            n=n,
            most=(full - 1) // 2,
            left=full - 2 * ((full - 1) // 2),
        )


def inside(axis: Axis, tap: int, n: int, before: int, windows: int) -> tuple[range, range]:
    """Windows whose ``tap`` lies on one of ``n`` elements, and those elements, as two ranges of equal length.

    >>> inside(Axis(kernel=3, padding=(1, 1)), tap=0, n=4, before=1, windows=4)
    (range(1, 4), range(0, 3))
    """
    offset = tap * axis.dilation - before
    first = max(-(offset // axis.stride), 0)
    last = max(min((n - 1 - offset) // axis.stride + 1, windows), first)
    start = first * axis.stride + offset
    return range(first, last), range(start, start + (last - first) * axis.stride, axis.stride)
