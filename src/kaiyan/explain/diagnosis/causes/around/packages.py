"""Causes in the words of packages of models, which check sizes themselves: timm, transformers, monai, kornia, "
"einops."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix, fed
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape


def _fixed(facts: Facts, found: re.Match[str]) -> Finding:
    """An input of another size than the model was built for."""
    got, wanted = int(found["length"] or found["here"]), int(found["steps"] or found["there"])
    said = sentence("K070", "the model was built for {wanted} but was given {got}", wanted=wanted, got=got)
    shape = _picture(facts)
    if found["axis"] == "1":
        return Finding(said, tuple(_kinds(facts, wanted)))
    if len(shape) == 3:
        return Finding(said, (*_turned(shape, wanted), *_padded(shape[2:], (wanted,))))
    size = (wanted,) * max(len(shape) - 2, 1)
    return Finding(said, (*_last(facts), *_resized(size)))


def _times(size: Shape) -> str:
    return "x".join(map(str, size))


def _picture(facts: Facts) -> Shape:
    """The first input that has room for channels and sizes."""
    return next((tuple(x.shape) for x in facts.inputs if isinstance(x, Tensor) and x.ndim > 2), ())


def _resized(size: Shape) -> Iterator[Fix]:
    line = f"x = F.interpolate(x, size={size if len(size) > 1 else size[0]})"
    said = sentence("K070", "resize to the size that it takes: {line}", line=line)
    yield fed(said, line, partial(_interpolated, size=size))


def _interpolated(x: Any, size: Shape) -> Any:
    if not isinstance(x, Tensor) or x.ndim < 3:
        return x
    return nn.functional.interpolate(x, size=size if len(size) == x.ndim - 2 else size * (x.ndim - 2))


def _last(facts: Facts) -> Iterator[Fix]:
    """Channels on the last axis, made the second."""
    shape = _picture(facts)
    if len(shape) < 4 or shape[-1] not in (1, 3, 4) or shape[1] in (1, 3, 4):
        return
    order = (0, len(shape) - 1, *range(1, len(shape) - 1))
    line = f"x = x.permute{order}"
    said = sentence("K030", "{line} gives {moved}", line=line, moved=tuple(shape[axis] for axis in order))
    yield fed(said, line, partial(torch.permute, dims=order))


def _turned(shape: Shape, wanted: int) -> Iterator[Fix]:
    """Time and features the other way round."""
    if shape[1] == wanted:
        line = "x = x.transpose(1, 2)"
        said = sentence("K030", "{line} gives {moved}", line=line, moved=(shape[0], shape[2], shape[1]))
        yield fed(said, line, lambda x: x.transpose(1, 2))


def _padded(sizes: Shape, wanted: Shape) -> Iterator[Fix]:
    """Padded at the end up to what is wanted."""
    if len(sizes) != len(wanted) or any(n > m for n, m in zip(sizes, wanted, strict=True)):
        return
    pads = tuple(p for n, m in reversed(list(zip(sizes, wanted, strict=True))) for p in (0, m - n))
    line = f"x = F.pad(x, {pads})"
    said = sentence("K070", "pad to {wanted}: {line}", wanted=_times(wanted), line=line)
    yield fed(said, line, partial(nn.functional.pad, pad=pads))


def _multiple(facts: Facts, found: re.Match[str]) -> Finding:
    """Sizes that are not divisible by the side of a patch."""
    n, by = int(found["length"]), int(found["chunks"])
    said = sentence("K071", "sizes must be multiples of {by}, but {got} is not", by=by, got=n)
    spatial = _picture(facts)[2:] or (n,)
    more, fewer = tuple(-(-m // by) * by for m in spatial), tuple(max(m // by, 1) * by for m in spatial)
    return Finding(said, (*_padded(spatial, more), *_resized(more), *_resized(fewer)))


def _channels(facts: Facts, _: re.Match[str]) -> Finding:
    said = sentence("K001", "the picture does not have the number of channels that the model is configured for")
    config = Fix(sentence("K001", "or change the number in the configuration: {line}", line="num_channels=n"))
    return Finding(said, (*_last(facts), *_kinds(facts, 3), *_kinds(facts, 1), config))


def _kinds(facts: Facts, wanted: int) -> Iterator[Fix]:
    """A picture of another kind made one of ``wanted`` channels."""
    shape = _picture(facts)
    got = shape[1] if shape else None
    if wanted == 3 and got in (4, None):
        said = sentence("K001", "drop the alpha channel: {line}", line="x = x[:, :3]")
        yield fed(said, "x = x[:, :3]", lambda x: x[:, :3])
    if wanted == 3 and got in (1, None):
        line = "x = x.expand(-1, 3, -1, -1)"
        yield fed(sentence("K001", "repeat the grey channel three times: {line}", line=line), line,
                  lambda x: x.expand(-1, 3, *x.shape[2:]))  # fmt: skip
    if wanted == 1 and got == 3:
        line = "x = x.mean(1, keepdim=True)"
        yield fed(
            sentence("K001", "average the colour channels: {line}", line=line), line, lambda x: x.mean(1, keepdim=True)
        )


ROWS = (
    Cause(
        "K070", r"features to be of length (?P<steps>\d+), but found (?P<length>\d+)|"
        r"Shape mismatch at dimension (?P<axis>\d+): expected (?P<there>\d+), got (?P<here>\d+)",
        "Whisper expects the mel input features to be of length 100, but found 80.", _fixed,
    ),
    Cause(
        "K071", r"can't divide axis of length (?P<length>\d+) in chunks of (?P<chunks>\d+)",
        "Shape mismatch, can't divide axis of length 60 in chunks of 16", _multiple,
    ),
    Cause(
        "K001", r"channel dimension of the pixel values match with the one set in the configuration",
        "Make sure that the channel dimension of the pixel values match with the one set in the configuration.",
        _channels,
    ),
)  # fmt: skip
