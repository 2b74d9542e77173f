"""One layer carried from another library: its pads, the lines of code, and what the usual mistake would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.ops.conv import conv
from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines
from kaiyan.spec.code import spelled
from kaiyan.spec.conv import Conv
from kaiyan.spec.conventions import PADDING, foreign, padding_word

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers
    from kaiyan.show.table import Part
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class Port(Shown):
    """A layer under a library's padding: ``pads`` (before, after) an axis; ``usual`` has half the kernel on both sides.

    ``difference`` is the root mean square of what the usual padding would change, as a share of the output's, on
    random numbers; None where the sizes differ already.
    """

    KIND = "port"
    JSON = ("source", "layer", "input_shape", "output_shape", "pads", "pad_line", "torch_line", "layer_line",
            "usual_padding", "difference", "lines")  # fmt: skip

    source: str
    spec: Conv
    usual: Conv
    input_shape: Shape
    output_shape: Shape
    pads: tuple[Pads, ...]
    difference: float | None

    @property
    def layer(self) -> str:
        """The layer with its padding."""
        return str(self.spec)

    @property
    def pad_line(self) -> str:
        """PyTorch's line that pads so; the last axis stands first in it."""
        return f"x = F.pad(x, {tuple(side for sides in reversed(self.pads) for side in sides)})"

    @property
    def torch_line(self) -> str:
        """PyTorch's layer after that line."""
        return str(self.spec.replace(padding=0))

    @property
    def layer_line(self) -> str:
        """The same in one line of ours."""
        return (
            str(self.spec).replace("Conv(", f"kaiyan.nn.Conv{len(self.pads)}d(").replace(f", rank={self.spec.rank}", "")
        )

    @property
    def lines(self) -> tuple[Sentence, ...]:
        """All of it in sentences."""
        lines = [
            sentence(
                "port-pads", "axis {axis}: {before} before and {after} after, so that {n} inputs give {m} outputs",
                axis=axis.name, before=before, after=after, n=n, m=m,
            )
            for axis, n, m, (before, after) in zip(
                self.spec.axes, self.input_shape[2:], self.output_shape[2:], self.pads, strict=True
            )
        ]  # fmt: skip
        lines += [
            sentence("port-torch", "in PyTorch: {pad}; {layer}", pad=self.pad_line, layer=self.torch_line),
            sentence("port-kaiyan", "in one line: {layer}", layer=self.layer_line),
            self._mistake(),
        ]
        return tuple(lines)

    @property
    def _usual_padding(self) -> Any:
        return spelled(self.usual).get("padding", 0)

    def _mistake(self) -> Sentence:
        facts: dict[str, Any] = {"padding": self._usual_padding, "shape": self.usual.output_shape(self.input_shape)}
        if self.difference is None:
            return sentence("port-usual-size", "padding={padding} instead gives the shape {shape}", **facts)
        if not self.difference:
            return sentence("port-usual-same", "padding={padding} gives the same result here", **facts)
        pairs = zip(self.usual.pads(self.input_shape), self.pads, strict=True)
        return sentence(
            "port-usual-shifted",
            "padding={padding} instead gives the same shape, but windows that begin {shift} elements earlier: "
            "the outputs differ by {difference:.0%} of their size",
            shift=", ".join(str(wrong[0] - right[0]) for wrong, right in pairs),
            difference=self.difference,
            **facts,
        )

    @property
    def usual_padding(self) -> str:
        """Half the kernel on both sides, as torch is told."""
        return str(self._usual_padding)

    def parts(self) -> tuple[Part, ...]:
        """The layer, whose padding it has, and the sentences."""
        return Lines((f"{self.spec}: {self.source}",), "title"), Lines(self.lines, "list")


def convention(word: str) -> str:
    """Our word for a library's padding, or "torch": half the kernel on both sides; raises ``ConvError`` for others.

    >>> convention("TF-SAME"), convention("onnx:SAME_LOWER"), convention("torch")
    ('same', 'same_lower', 'torch')
    """
    ours = "torch" if word.lower() == "torch" else padding_word(word)
    if ours is None:
        raise ConvError(
            "unknown-convention",
            "there is no convention {padding!r}",
            "one of {known}",
            padding=word,
            known=", ".join(("torch", *PADDING, *foreign(PADDING))),
        )
    return ours


def padding_of(spec: Conv, word: str) -> Any:
    """What ``Conv`` takes as padding for a convention's word."""
    return tuple(a.half for a in spec.axes) if word == "torch" else word


def port(spec: Conv | str, input_shape: Any, source: str) -> Port:
    """``spec`` as a library pads it, on inputs of a shape: what to write, and what the usual mistake would change.

    ``source`` is "tf_same", "keras_same", "onnx_same_lower", "causal" and the like. Raises ``ConvError`` for a word
    that is not known, or a shape that does not fit.

    >>> ported = port("Conv2d(3, 64, 7, stride=2)", (1, 3, 224, 224), "tf_same")
    >>> print(ported.pad_line)
    x = F.pad(x, (2, 3, 2, 3))
    """
    word = convention(source)
    spec, _ = (Conv.parse(spec) if isinstance(spec, str) else spec).fitted(input_shape)
    shape = tuple(int(n) for n in input_shape)
    shape = shape if len(shape) == len(spec.axes) + 2 else (1, *shape)
    ported = spec.replace(padding=padding_of(spec, word))
    usual = spec.replace(padding=padding_of(spec, "torch"))
    output = ported.output_shape(shape)
    alike = usual.output_shape(shape) == output
    difference = _difference(ported, usual, shape) if alike else None
    return Port(source, ported, usual, shape, output, ported.pads(shape), difference)


def _difference(ported: Conv, usual: Conv, shape: Shape) -> float:
    if ported.pads(shape) == usual.pads(shape):
        return 0.0
    right, wrong = (_computed(spec, shape) for spec in (ported, usual))
    return float(np.sqrt(np.square(wrong - right).mean() / np.square(right).mean()))


def _computed(spec: Conv, shape: Shape) -> Numbers:
    """One channel of it, on the same random numbers each time."""
    random = np.random.default_rng(0)
    x = random.standard_normal((1, 1, *shape[2:]), np.float32)
    w = random.standard_normal((1, 1, *(a.kernel for a in spec.axes)), np.float32)
    settings: dict[str, Any] = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation}
    return conv(x, w, padding_mode=spec.padding_mode, **settings)
