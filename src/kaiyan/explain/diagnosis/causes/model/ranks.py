"""Causes about rank: how many axes a layer takes."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix, fed, replaced
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.rebuild import is_convolution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts


def _rank(facts: Facts, found: re.Match[str]) -> Finding | None:
    if found["few"] and not re.search(r"\.shape|\.size\(\)", facts.line.text if facts.line else facts.text):
        return None  # of all that Python unpacks, only a shape is known to be one
    shape = _shape(facts, found["few"] or found["dim"]) or numbers(
        found["shape"] or found["old_shape"] or found["pooled"] or ""
    )
    read = next((found[name] for name in _WANTED if found[name]), None)
    wanted = _number(read)
    if wanted is None or not shape:
        return _written(
            facts.named(found["layer"] or "layer"), wanted, _number(found["got"] or found["dim"] or found["few"])
        )
    said = sentence("K005", "{layer} takes {wanted} axes, batch and channels included, but was given {rank}: {shape}",
                    layer=facts.named(found["layer"] or "layer"), wanted=wanted, rank=len(shape),
                    shape=shape)  # fmt: skip
    return Finding(
        said,
        (
            *_latent(facts, found, shape, wanted),
            *(other_rank(facts, shape) if _is_odd(facts, shape) else ()),
            *_without_one(shape, wanted),
            *_reshaped(_own(facts, shape), wanted, certain=facts.model is None, channels=_channels(facts, found)),
            *_one_frame(shape, wanted),
            *_repeated(facts, shape, wanted),
            *other_rank(facts, shape),
            *_without_flatten(facts, shape, wanted),
        ),
    )


_WANTED = ("batched", "norm", "pool", "most", "weight", "dims", "unpacked")
"""Parts of the messages that say how many axes are taken."""


def _without_flatten(facts: Facts, shape: tuple[int, ...], wanted: int) -> Iterator[Fix]:
    """The layer that flattened maps which this one takes as they were, put out of work."""
    flat = next((step for step in reversed(facts.done) if step.kind == "Flatten" and step.is_module), None)
    if flat is None or facts.model is None or len(shape) >= wanted or len(flat.input_shapes[0]) != wanted:
        return
    said = sentence("K005", "do not flatten before it: {path} made rows of maps {maps}", path=path_title(flat.path),
                    maps=flat.input_shapes[0])  # fmt: skip
    yield replaced(said, facts.model.get_submodule(flat.path), flat.path, nn.Identity())


def _is_odd(facts: Facts, shape: tuple[int, ...]) -> bool:
    """Whether the layer's rank is not that of most layers of the model, or of what came out of the last of them."""
    if facts.model is None or facts.layer is None:
        return False
    ranks = [name[-2:] for name in (type(m).__name__ for m in facts.model.modules()) if re.search(r"[123]d$", name)]
    own, given = type(facts.layer).__name__[-2:], f"{len(shape) - 2}d"
    return own != given and (ranks.count(given) > ranks.count(own) or any(s.output_shape == shape for s in facts.done))


def _own(facts: Facts, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the model's input where that has as many axes as the layer was given."""
    first = next((x for x in facts.inputs if isinstance(x, Tensor)), None)
    return tuple(first.shape) if first is not None and facts.done and first.ndim == len(shape) else shape


def _one_frame(shape: tuple[int, ...], wanted: int) -> Iterator[Fix]:
    """One frame of each clip, which keeps the batch."""
    if len(shape) == wanted + 1:
        line = f"x = x[:, {shape[1] // 2}]"
        yield fed(
            sentence("K005", "take one frame of each clip: {line}", line=line), line, lambda x: x[:, x.shape[1] // 2]
        )


def _without_one(shape: tuple[int, ...], wanted: int) -> Iterator[Fix]:
    """An axis of one too many, such as the channel of grey pictures whose rows are a sequence's features."""
    if len(shape) == wanted + 1 and 1 in shape[1:]:
        axis = shape.index(1, 1)
        line = f"x = x.squeeze({axis})"
        yield fed(sentence("K005", "drop the axis of size 1: {line}", line=line), line, lambda x: x.squeeze(axis))


def _shape(facts: Facts, rank: str | None) -> tuple[int, ...]:
    """What the failing layer was given; where the code between layers failed, the input of that many axes."""
    if facts.given or rank is None:
        return facts.given or ()
    given = (tuple(x.shape) for x in facts.inputs if isinstance(x, Tensor))
    return next((shape for shape in given if len(shape) == int(rank)), ())


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _written(layer: Sentence | str, wanted: int | None, got: int | None) -> Finding:
    """From a message without the shape: what can be said of the two ranks."""
    if wanted is None:
        said = sentence("K005", "{layer} was given a tensor with the wrong number of axes", layer=layer)
        return Finding(said, (Fix(sentence("K005", "print its shape: (N, C, H, W) is usual for pictures")),))
    if got is None:
        said = sentence(
            "K005",
            "{layer} takes {wanted} axes, batch and channels included, but its input has a different number",
            layer=layer,
            wanted=wanted,
        )
        return Finding(said, (Fix(sentence("K005", "print its shape: (N, C, H, W) is usual for pictures")),))
    said = sentence("K005", "{layer} takes {wanted} axes, batch and channels included, but was given {rank}",
                    layer=layer, wanted=wanted, rank=got)  # fmt: skip
    if got == wanted - 1:
        single = sentence("K005", "a batch of one: x = x.unsqueeze(0)")
        return Finding(said, (Fix(single, None, "x = x.unsqueeze(0)"),))
    if got > wanted:
        line = f"x = x.flatten(0, {got - wanted})"
        return Finding(said, (Fix(sentence("K005", "treat the frames as a batch: {line}", line=line), None, line),))
    return Finding(said, (Fix(sentence("K005", "print its shape: (N, C, H, W) is usual for pictures")),))


def _latent(facts: Facts, found: re.Match[str], shape: tuple[int, ...], wanted: int) -> Iterator[Fix]:
    """Rows (N, C) for a layer of maps (N, C, 1, 1): their second axis is the channels' already."""
    C = getattr(facts.layer, "in_channels", None) or getattr(facts.layer, "num_features", None)
    if len(shape) != 2 or wanted <= 2 or (shape[1] != C if C else "transpose" not in (found["layer"] or "")):
        return
    line = f"x = x[:, :{', None' * (wanted - 2)}]"
    moved = (*shape, *(1,) * (wanted - 2))
    said = sentence("K005", "axis 1 has the {C} channels already: {line} gives {moved}", C=shape[1], line=line,
                    moved=moved)  # fmt: skip
    yield fed(said, line, lambda x: x.reshape(moved))


def _reshaped(shape: tuple[int, ...], wanted: int, *, certain: bool, channels: int | None) -> Iterator[Fix]:
    """Axes merged or added; ``certain`` keeps to the rank that is asked for, where nothing can be tried."""
    if len(shape) > wanted:
        line = f"x = x.flatten(0, {len(shape) - wanted})"
        moved = (torch.Size(shape[: len(shape) - wanted + 1]).numel(), *shape[len(shape) - wanted + 1 :])
        said = sentence("K005", "frames as a batch: {line} gives {moved}", line=line, moved=moved)
        yield fed(said, line, lambda x: x.flatten(0, len(shape) - wanted))
        return
    for axes in ((0,), (0, 0), (1,), (0, 0, 0)):
        if certain and len(shape) + len(axes) != wanted:
            continue
        line = "x = x" + "".join(f".unsqueeze({axis})" for axis in axes)
        grown = list(shape)
        for axis in axes:
            grown.insert(axis, 1)
        if channels is not None and grown[1] != channels:
            continue
        said = sentence("K005", "a batch or a channel of one: {line} gives {moved}", line=line, moved=tuple(grown))
        yield fed(said, line, partial(_unsqueezed, axes=axes))


def _channels(facts: Facts, found: re.Match[str]) -> int | None:
    """Channels that the weight takes, from a message that has its shape; None where a run can tell."""
    weight = numbers(found["shape_of_weight"] or "")
    return weight[1] if facts.model is None and len(weight) > 1 else None


def _repeated(facts: Facts, shape: tuple[int, ...], wanted: int) -> Iterator[Fix]:
    """A picture without channels for a layer that takes several."""
    C = getattr(facts.layer, "in_channels", 1)
    if len(shape) != wanted - 2 or C == 1 or shape[-1] == C:
        return
    grown = (1, C, *shape)
    line = f"x = x.expand({', '.join(map(str, grown))})"
    said = sentence(
        "K005",
        "{layer} takes {C} channels, but the input has no channel axis: repeat it {C} times, {line}",
        layer=facts.named(type(facts.layer).__name__),
        C=C,
        line=line,
    )
    yield fed(said, line, lambda x: x.expand(grown))


def _unsqueezed(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    for axis in axes:
        x = x.unsqueeze(axis)
    return x


def other_rank(facts: Facts, shape: tuple[int, ...]) -> Iterator[Fix]:
    """The layer of the rank that the input has."""
    layer: Any = facts.layer
    least = 2 if "BatchNorm" in type(layer).__name__ else 3  # BatchNorm1d takes (N, C) and (N, C, L)
    if layer is None or not least <= len(shape) <= 5:
        return
    name = re.sub(r"\dd$", f"{max(len(shape) - 2, 1)}d", type(layer).__name__)
    kind = getattr(nn, name, None)
    made = _of_rank(layer, kind) if kind and name != type(layer).__name__ else None
    if made:
        said = sentence("K005", "use {name}, which takes {shape}", name=name, shape=shape)
        yield replaced(said, layer, facts.path or "", made)


def _of_rank(layer: Any, kind: Any) -> nn.Module | None:
    names = (
        "in_channels",
        "out_channels",
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "groups",
        "num_features",
        "output_size",
        "p",
    )
    settings = {n: getattr(layer, n) for n in names if hasattr(layer, n)}
    rank = int(kind.__name__[-2])
    settings = {n: _per_axis(v, rank) for n, v in settings.items()}
    if is_convolution(layer):
        settings["bias"] = layer.bias is not None
    try:
        made: nn.Module = kind(**settings)
    except (TypeError, ValueError):
        return None
    return made.train(layer.training)


def _per_axis(value: Any, rank: int) -> Any:
    """The last axes where there are fewer, the first for all where there are more."""
    if not isinstance(value, tuple):
        return value
    return value[-rank:] if len(value) >= rank else value[0]


ROWS = (
    Cause("K005",
        r"Expected \dD \(unbatched\) or (?P<batched>\d)D \(batched\) input to (?P<layer>\w+), but got input of size: "
        r"\[(?P<shape>[^\]]*)\]|expected (?:2D or )?(?P<norm>\d)D input \(got (?P<got>\d)D|"
        r"(?:non-empty|[Ee]xpected) \dD or (?P<pool>\d)D(?:[^\n]*? for input, but got:? ?\[(?P<pooled>[^\]]*)\])?|"
        r"Expected \d to (?P<most>\d) dimensions|"
        r"[Dd]imension specified as -\d but tensor|permute\(.*?input\.dim\(\) = (?P<dim>\d+) is not equal to "
        r"len\(dims\) = (?P<dims>\d+)|not enough values to unpack \(expected (?P<unpacked>\d+), got (?P<few>\d+)\)|"
        r"Got 3D input, but bilinear mode|"
        r"Expected \d-dimensional input for (?P<weight>\d)-dimensional weight (?:\[(?P<shape_of_weight>[^\]]*)\])?.*?"
        r"but got \d-dimensional input of size \[(?P<old_shape>[^\]]*)\]",
        "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [2, 4, 3, 32, 32]", _rank),
)  # fmt: skip
