"""One axis under every padding convention, side by side: pads, outputs, what the windows read, the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.ops.port import Port
from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, headings
from kaiyan.spec import read
from kaiyan.spec.axis import Axis
from kaiyan.spec.conv import Conv
from kaiyan.spec.conventions import PADDING

if TYPE_CHECKING:
    from kaiyan.spec.axis import Pads

_HEADINGS = headings("convention", "before, after", "output", "first window", "last window", "shift")


def names() -> dict[str, str]:
    """The conventions by key, in the order in which they are shown: PyTorch's two, then every padding word."""
    words = sorted(PADDING, key=lambda word: not PADDING[word].keeps_size)
    torch = {"number": "PyTorch padding={number}", "torch_same": "PyTorch 'same'"}
    return torch | {word: PADDING[word].title for word in words}


@dataclass(frozen=True, slots=True)
class Convention:
    """One convention on an axis of ``n`` inputs; windows are (first, last) input, below 0 or from n on where padding.

    ``shift`` is how many inputs earlier than TensorFlow's SAME its windows begin. PyTorch refuses 'same' at a stride:
    there ``refused`` is true, and there are no numbers and no code.
    """

    JSON = (
        "convention",
        "name",
        "refused",
        "output_size",
        "shift",
        "torch_code",
        "kaiyan_code",
        "pads",
        "first",
        "last",
    )

    key: str
    name: str
    refused: bool = False
    pads: Pads | None = None
    output_size: int | None = None
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None
    shift: int | None = None
    torch_code: tuple[str, ...] = ()
    kaiyan_code: str | None = None

    @property
    def convention(self) -> str:
        """Its key."""
        return self.key

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        if self.pads is None or self.first is None or self.last is None:
            return (self.name, *["-"] * (len(_HEADINGS) - 1))
        spans = (f"{first}..{last}" for first, last in (self.first, self.last))
        return (self.name, f"{self.pads[0]}, {self.pads[1]}", str(self.output_size), *spans, str(self.shift))


@dataclass(frozen=True, repr=False)
class Paddings(Shown):
    """Every convention for one axis; ``lines`` says whether half the kernel is 'same', and what to write in torch."""

    KIND = "padding"
    JSON = ("n", "kernel_size", "stride", "dilation", "number", "is_same", "agree", "conventions", "lines")

    n: int
    kernel_size: int
    stride: int
    dilation: int
    conventions: tuple[Convention, ...]
    agree: tuple[int, ...]

    def __getitem__(self, key: str) -> Convention:
        """The convention "number" (half the kernel), "torch_same", or that of a padding word."""
        convention = next((each for each in self.conventions if each.key == key), None)
        if convention is None:
            raise ConvError("no-such-row", "there is no convention {key!r}", "one of {known}", key=key,
                            known=", ".join(names()))  # fmt: skip
        return convention

    @property
    def number(self) -> int:
        """PyTorch's number: half the window's reach."""
        return Axis(self.kernel_size, dilation=self.dilation).half

    @property
    def is_same(self) -> bool:
        """Whether PyTorch's number pads as TensorFlow's SAME does at this size."""
        return self["number"].pads == self["same"].pads

    def table(self) -> Table:
        """A row a convention, and the answers below."""
        rows = tuple(Row(each.cells) for each in self.conventions)
        return Table(_HEADINGS, rows, notes=self.lines)

    __repr__ = Shown.__str__

    @property
    def lines(self) -> tuple[Sentence, ...]:
        """The answers in sentences."""
        lines = [self._verdict(), self._agreement()]
        if self["torch_same"].refused:
            lines.append(
                sentence(
                    "padding-torch-same-refused",
                    "PyTorch refuses padding='same' at stride={stride}", stride=self.stride
                )
            )  # fmt: skip
        lines.extend(
            sentence(
                "padding-code",
                "{name}: {torch}, or {ours}",
                name=each.name,
                torch="; ".join(each.torch_code),
                ours=each.kaiyan_code,
            )
            for each in self.conventions
            if each.kaiyan_code
        )
        return tuple(lines)

    def _verdict(self) -> Sentence:
        number, same = self["number"], self["same"]
        facts: dict[str, object] = {
            "number": self.number, "n": self.n, "output": same.output_size, "other": number.output_size,
            "shift": number.shift, "pads": same.pads,
        }  # fmt: skip
        if self.is_same:
            return sentence("padding-same-here", "padding={number} is 'same' here: both pad {pads}", **facts)
        if number.output_size == same.output_size:
            return sentence(
                "padding-other-windows",
                "padding={number} is not 'same': both give {output} outputs, but its windows begin {shift} earlier",
                **facts,
            )
        return sentence(
            "padding-other-size",
            "padding={number} is not 'same': it gives {other} outputs, 'same' gives {output}",
            **facts,
        )

    def _agreement(self) -> Sentence:
        facts: dict[str, object] = {"number": self.number, "stride": self.stride}
        if not self.agree:
            return sentence("padding-same-never", "padding={number} is 'same' at no size", **facts)
        if len(self.agree) == self.stride:
            return sentence("padding-same-always", "padding={number} is 'same' at every size", **facts)
        return sentence(
            "padding-same-at-sizes",
            "padding={number} is 'same' at sizes that leave {remainders} when divided by {stride}",
            remainders=", ".join(map(str, self.agree)),
            **facts,
        )


def padding(n: int, kernel_size: int, *, stride: int = 1, dilation: int = 1, rank: int = 2) -> Paddings:
    """Every padding convention on an axis of ``n`` inputs, side by side: pads, outputs, windows, lines of code.

    Sizes are in elements; ``rank`` is the number of spatial axes of the layers in the lines of code, 1 to 3. A
    convention whose window does not fit has no row. Raises ``ConvError`` for settings that make no convolution.

    >>> conventions = padding(224, 3, stride=2)
    >>> conventions["number"].pads, conventions["same"].pads, conventions["number"].shift, conventions.is_same
    ((1, 1), (0, 1), 1, False)
    """
    size = read.number("n", n, least=1)
    numbers: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation}
    numbers = {name: read.number(name, value, least=1) for name, value in numbers.items()}
    spec = Conv(1, 1, **numbers, rank=_rank(rank))
    axis = spec.axes[0]
    rows = (_convention(key, spec, size) for key in names())
    settings = (axis.kernel, axis.stride, axis.dilation)
    return Paddings(size, *settings, tuple(row for row in rows if row), _agreeing(spec))


def _rank(rank: int) -> int:
    if rank not in (1, 2, 3):
        raise ConvError("no-such-layer", "torch has layers with 1 to 3 spatial axes, not {rank}", "rank=2", rank=rank)
    return rank


def _agreeing(spec: Conv) -> tuple[int, ...]:
    """Remainders of the size, divided by the stride, at which PyTorch's number pads as SAME does."""
    number, same = (_padded(spec, key).axes[0] for key in ("number", "same"))
    stride = number.stride
    return tuple(r for r in range(stride) if number.pads(stride + r) == same.pads(stride + r))


def _padded(spec: Conv, key: str) -> Conv:
    words: dict[str, Any] = {"number": spec.axes[0].half, "torch_same": "same", "valid": 0}
    return spec.replace(padding=words.get(key, key))


def _convention(key: str, spec: Conv, n: int) -> Convention | None:
    padded = _padded(spec, key)
    axis = padded.axes[0]
    name = names()[key].format(number=axis.half)
    if key == "torch_same" and axis.stride > 1:
        return Convention(key, name, refused=True)
    pads = axis.pads(n)
    if n + sum(pads) < axis.reach:
        return None
    output = axis.output_size(n)
    first, last = (_window(axis, o, pads[0]) for o in (0, output - 1))
    shift = pads[0] - _padded(spec, "same").axes[0].pads(n)[0]
    return Convention(key, name, False, pads, output, first, last, shift, *_code(key, spec, padded, n))


def _window(axis: Axis, o: int, before: int) -> tuple[int, int]:
    reads = axis.reads(o, before)
    return reads[0], reads[-1]


def _code(key: str, spec: Conv, padded: Conv, n: int) -> tuple[tuple[str, ...], str]:
    """PyTorch's lines and ours; C and K stand for the channels."""
    shape = (1, 1, *[n] * len(padded.axes))
    port = Port(key, padded, spec, shape, padded.output_shape(shape), padded.pads(shape), None)
    if key in ("number", "valid"):
        torch_code: tuple[str, ...] = (str(padded),)
    elif key == "torch_same":
        torch_code = (port.torch_line.removesuffix(")") + ", padding='same')",)
    else:
        torch_code = (port.pad_line, port.torch_line)
    ours = f"kaiyan.{padded}" if str(padded).startswith("nn.") else port.layer_line
    return tuple(_channels(line) for line in torch_code), _channels(ours)


def _channels(line: str) -> str:
    return line.replace("d(1, 1, ", "d(C, K, ")
