"""A chain of layers on one input, as it is written: sizes, cost and receptive field after each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.show.shown import Shown
from kaiyan.show.table import Lines, Row, Table, headings
from kaiyan.spec import keras, layers, read
from kaiyan.spec.call import CodeCall, named_or_called, short
from kaiyan.spec.conv import Conv, Shape
from kaiyan.spec.field import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kaiyan.show.table import Part
    from kaiyan.spec.step import ChainLayer, Step


class ChainDerivation(Shown, tuple["Step", ...]):
    """The steps of a chain of layers in order; shown as their sentences, and a table where there are several."""

    __slots__ = ()

    KIND = "shapes"
    JSON = ("input_shape", "output_shape", "layers")

    @property
    def input_shape(self) -> Shape:
        """The shape that the first layer is given."""
        return self[0].input_shape

    @property
    def output_shape(self) -> Shape:
        """The shape that the last layer makes."""
        return self[-1].output_shape

    @property
    def layers(self) -> tuple[Step, ...]:
        """The steps."""
        return tuple(self)

    def parts(self) -> Iterator[Part]:
        """What each layer makes of its input and why, then a row a layer."""
        for number, step in enumerate(self, start=1):
            yield Lines(((f"{number}. " * (len(self) > 1), step.becomes),), "title")
            yield Lines((*step.lines, *step.field_lines), "list")
        if len(self) > 1:
            yield Lines(("",))
            yield self.table()

    def table(self) -> Table:
        """A row a layer."""
        names = headings("layer", "output", "parameters", "MACs", "receptive field", "jump", "start")
        return Table(names, tuple(Row((str(number), *step.cells)) for number, step in enumerate(self, start=1)))


def derive(chain: Conv | str | Iterable[Conv | str], input_shape: Any) -> ChainDerivation:
    """The shape, cost and receptive field after each layer of a chain, with the arithmetic in sentences.

    ``chain`` is a layer or several in order, as PyTorch (N, C, *spatial) or Keras (N, *spatial, C) writes them;
    ``input_shape`` may lack the batch. Raises ``ConvError`` for what is no such layer, and where a layer does not fit
    what comes to it.

    >>> [step.output_shape for step in derive(["Conv2d(3, 8, 3, padding=1)", "MaxPool2d(3, 2)"], (1, 3, 10, 10))]
    [(1, 8, 10, 10), (1, 8, 4, 4)]
    """
    texts = [chain] if isinstance(chain, (str, Conv)) else chain
    calls = [named_or_called(str(text) if isinstance(text, Conv) else text) for text in texts]
    shape = read.shape(input_shape)
    if not _in_keras(calls):
        return ChainDerivation(_run([layer for call in calls for layer in layers.of_call(call)], shape))
    sequence = [layer for call in calls for layer in keras.layers(call)]
    if any(_first(call) for call in calls):
        return ChainDerivation(_run(sequence, shape))
    rank = _rank(sequence, shape)
    _check_order(shape, rank)
    batch = max(len(shape) - rank - 1, 0)
    steps = _run(sequence, _moved(shape, batch))
    return ChainDerivation(
        replace(step, input_shape=_back(step.input_shape, batch), output_shape=_back(step.output_shape, batch))
        for step in steps
    )


def _run(chain: list[ChainLayer], shape: tuple[int, ...]) -> Iterator[Step]:
    rank = _rank(chain, shape)
    sees: tuple[Field, ...] | str = (Field(),) * rank if rank else ()
    for number, layer in enumerate(chain, start=1):
        try:
            step = layer.step(shape, sees)
        except ConvError as error:
            raise (error.at(f"{number}. {layer.text}") if len(chain) > 1 else error) from None
        yield step
        shape, sees = step.output_shape, step.sees


def _rank(chain: list[ChainLayer], shape: tuple[int, ...]) -> int:
    return next((layer.rank for layer in chain if layer.rank is not None), max(len(shape) - 2, 0))


def _in_keras(calls: list[CodeCall]) -> bool:
    spoken = {keras.is_keras(call): call for call in calls}
    _check_prefixes(calls)
    if True in spoken and False in spoken:
        raise ConvError(
            "two-libraries",
            "{first!r} is written as in Keras and {second!r} as in PyTorch; the two put the channels "
                "on different axes",
            "write all layers in one of the two styles",
            first=short(spoken[True].text), second=short(spoken[False].text),
        )  # fmt: skip
    if True in spoken:
        for call in calls:
            if call.name not in keras.KERAS_LAYERS:
                raise layers.unknown(call, keras.KERAS_LAYERS)
    return True in spoken


def _check_prefixes(calls: list[CodeCall]) -> None:
    for call in calls:
        library = call.prefix.rpartition(".")[2]
        if (
            library == "nn"
            and call.prefix != "tf.nn"
            and call.name in keras.KERAS_LAYERS
            and not keras.NEUTRAL & {call.name}
        ):
            raise ConvError(
                "nn-ambiguous",
                "{text!r}: a capital D with nn is Paddle's (in_channels, out_channels) or MXNet's (channels)",
                "{torch} with PyTorch's arguments, or keras.layers.{name} with Keras's",
                text=short(call.text), name=call.name, torch=call.name.replace("D", "d"),
            )  # fmt: skip
        if call.prefix in ("tf.nn", "tensorflow.nn"):
            raise ConvError(
                "tf-function",
                "{text!r} is a TensorFlow function, which takes tensors; only layers are read here",
                "Conv2D(filters, kernel_size, strides, padding) or MaxPooling2D(pool_size, strides, padding)",
                text=short(call.text),
            )


def _first(call: CodeCall) -> bool:
    return bool(call.named("data_format") == "channels_first")


def _check_order(shape: tuple[int, ...], rank: int) -> None:
    """A shape with colours first and a square behind them is not meant to have the channels last."""
    if rank > 1 and len(shape) == rank + 2 and shape[1] in (1, 3, 4) and shape[-1] == shape[-2] > 4:
        raise ConvError(
            "keras-order",
            "Keras puts channels last: {shape} would be {n} channels on a picture of {first} x {second}",
            "{moved}",
            "data_format='channels_first'",
            shape=shape, n=shape[-1], first=shape[1], second=shape[2],
            moved="x".join(str(n) for n in (shape[0], *shape[2:], shape[1])),
        )  # fmt: skip


def _moved(shape: tuple[int, ...], batch: int) -> tuple[int, ...]:
    """Channels before the axes of space, behind ``batch`` axes (1, or 0 where there is no batch)."""
    return (*shape[:batch], *shape[-1:], *shape[batch:-1]) if len(shape) > 1 else shape


def _back(shape: tuple[int, ...], batch: int) -> tuple[int, ...]:
    """Channels last again; a shape without space has them there."""
    return (*shape[:batch], *shape[batch + 1 :], *shape[batch : batch + 1])
