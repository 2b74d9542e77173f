"""The input of a model whose text does not give one: the usual sizes in turn, the first that runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from kaiyan.explain.inputs import FirstRun, run_on
from kaiyan.explain.pasted.run import NotUnderstoodError
from kaiyan.explain.sizes.least import least_input
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.trace.record import Record

Shape = tuple[int, ...]
COLOUR = (224, 32, 64, 28, 96, 128, 256, 299, 227, 84, 48)
GREY = (28, 32, 64, 96, 128, 224)
LONG = (64, 128, 100, 256, 1000, 16000)
DEEP = (16, 32, 64)


@dataclass(frozen=True)
class Given:
    """The inputs that a flow was run with, its record, and how they came: "text", "given", "guessed"."""

    shapes: tuple[Shape, ...]
    run: FirstRun
    how: str
    remark: Sentence | None = None


def guessed(model: nn.Module, count: int, message: str = "") -> Given:
    """The first usual size with which the model runs, or fails as ``message`` says; else that which goes furthest."""
    best: Given | None = None
    shapes = list(dict.fromkeys(_shapes(model, message)))
    for shape in shapes:
        try:
            run = run_on(model, (shape,) * count)
        except NotUnderstoodError:
            if best is None:
                raise
            return best
        given = Given((shape,) * count, run, "guessed", _said(run.record, shape, message))
        if _is_meant(run.record, message):
            return given
        if best is None or len(run.record.done) > len(best.run.record.done):
            best = given
    grown = None if message or count > 1 else _grown(model, shapes[0])
    assert best is not None
    return grown or best


def _is_meant(record: Record, message: str) -> bool:
    if message:
        return record.error is not None and bool(_words(record)) and _words(record) in message
    return record.error is None


def _words(record: Record) -> str:
    return str(record.error).strip().partition("\n")[0]


def _said(record: Record, shape: Shape, message: str) -> Sentence:
    written = "×".join(map(str, shape))
    if message and _is_meant(record, message):
        return sentence(
            "paste-same-words", "with an input of {shape} it fails with exactly this message", shape=written
        )
    return sentence("paste-input-taken", "the text gives no input: {shape} is assumed", shape=written)


def _grown(model: nn.Module, shape: Shape) -> Given | None:
    """A size near the first that runs, where there is one: ``kaiyan.least_input`` finds it."""
    try:
        found = least_input(model, shape, seconds=0.4).shape
    except KaiyanError:
        return None
    run = run_on(model, (found,))
    return Given((found,), run, "guessed", _said(run.record, found, "")) if run.record.error is None else None


def _shapes(model: nn.Module, message: str) -> Iterator[Shape]:
    batch = _batch(message)
    for layer in _first_layers(model):
        for shape in _of_layer(layer):
            yield (batch, *shape[1:]) if shape else shape
    yield (batch, 3, 224, 224)


def _batch(message: str) -> int:
    """The batch that a message tells of."""
    found = re.search(r"shapes cannot be multiplied \((\d+)x|input\[(\d+),", message)
    return int(next(n for n in found.groups() if n)) if found else 1


def _first_layers(model: nn.Module) -> Iterator[nn.Module]:
    """The layers whose settings tell what comes in: convolutions before all others."""
    layers = [module for module in model.modules() if type(module) in _READERS]
    convolutions = [module for module in layers if "Conv" in type(module).__name__]
    yield from (convolutions or layers)[:1]


def _of_layer(layer: nn.Module) -> Iterator[Shape]:
    yield from _READERS[type(layer)](layer)


def _pictures(layer: Any) -> Iterator[Shape]:
    C = getattr(layer, "in_channels", getattr(layer, "num_features", 3))
    if isinstance(layer, nn.ConvTranspose2d):
        yield from ((1, C, n, n) for n in (1, 4, 7, 8, 16, 32))
        return
    yield from ((1, C, n, n) for n in (GREY if C == 1 else COLOUR))


def _lengths(layer: Any) -> Iterator[Shape]:
    yield from ((1, layer.in_channels, n) for n in LONG)


def _volumes(layer: Any) -> Iterator[Shape]:
    yield from ((1, layer.in_channels, n, n, n) for n in DEEP)
    yield (1, layer.in_channels, 16, 112, 112)


def _rows(layer: Any) -> Iterator[Shape]:
    F = getattr(layer, "in_features", 0) or getattr(layer, "num_features", 16)
    yield (1, F)
    side = round(F**0.5)
    if side * side == F:
        yield (1, 1, side, side)
    yield (1, 16, F)


def _ids(_: Any) -> Iterator[Shape]:
    yield (1, 16)


def _steps(layer: Any) -> Iterator[Shape]:
    yield (1, 16, layer.input_size) if layer.batch_first else (16, 1, layer.input_size)


def _tokens(layer: Any) -> Iterator[Shape]:
    width = layer.self_attn.embed_dim
    yield (1, 16, width)


_READERS: dict[type[nn.Module], Any] = {
    nn.Conv2d: _pictures, nn.ConvTranspose2d: _pictures, nn.BatchNorm2d: _pictures, nn.InstanceNorm2d: _pictures,
    nn.Conv1d: _lengths, nn.ConvTranspose1d: _lengths, nn.Conv3d: _volumes, nn.ConvTranspose3d: _volumes,
    nn.Linear: _rows, nn.BatchNorm1d: _rows, nn.Embedding: _ids, nn.LSTM: _steps, nn.GRU: _steps, nn.RNN: _steps,
    nn.TransformerEncoderLayer: _tokens,
}  # fmt: skip
"""What the first layer of a kind tells of the input."""


def asked_count(model: nn.Module) -> int:
    """Inputs that a forward asks for."""
    from kaiyan.explain.pasted.modules import PastedModule
    from kaiyan.explain.pasted.script import Script

    if isinstance(model, Script):
        return max(len(type(model).inputs), 1)
    if isinstance(model, PastedModule):
        forward = type(model).pasted.method("forward")
        if forward is not None:
            spec = forward.node.args
            return max(len(spec.args) - 1 - len(spec.defaults), 1)
    return 1
