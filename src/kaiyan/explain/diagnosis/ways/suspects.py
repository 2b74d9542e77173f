"""The usual suspects: what is tried with the inputs when a message is unknown, or when a library's model is given them.

Each is offered only when the model was seen to run with it, and says that it was found by trying.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.model.sizes_named import sizes
from kaiyan.explain.diagnosis.fixes import CASTS, Fix, fed, recast
from kaiyan.explain.diagnosis.ways.colours import recoloured
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.rebuild import Permute, is_convolution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape

MUST_BE_FLOAT = (nn.modules.conv._ConvNd, nn.Linear)  # noqa: SLF001 (the only name of the family)


@dataclass(frozen=True)
class Suspect:
    """What may be wrong with the inputs, said as if it were so, and the fix that would prove it."""

    code: str
    cause: Sentence
    fix: Fix


def suspects(facts: Facts) -> Iterator[Suspect]:
    """From the likeliest to the least; none where the model has no tensor to be given."""
    given = next((x for x in facts.inputs if isinstance(x, (list, tuple)) and x and isinstance(x[0], Tensor)), None)
    if given is not None:
        yield from _stacked(facts, given)
    x = next((x for x in facts.inputs if isinstance(x, Tensor)), None)
    if x is None or facts.model is None:
        return
    C, rank = _first(facts)
    shape = tuple(x.shape)
    yield from _types(facts, x)
    yield from _orders(shape, C, rank)
    yield from _axes(shape, C, rank)
    yield from _colours(shape, C, rank)
    yield from _combined(shape, C, rank)
    yield from _others(facts)
    yield from _resized(facts, shape)
    yield from _shortened(facts, shape)


def _stacked(facts: Facts, given: Any) -> Iterator[Suspect]:
    place = next(n for n, x in enumerate(facts.inputs) if x is given)
    said = sentence("K044", "the input is a {kind} of {count} tensors, but the layer takes one tensor",
                    kind=type(given).__name__, count=len(given))  # fmt: skip
    line = "x = torch.stack(x)"
    stack = sentence("K044", "make a batch of them, if they are all the same size: {line}", line=line)
    yield Suspect("K044", said, fed(stack, line, torch.stack, place))


def _first(facts: Facts) -> tuple[int | None, int | None]:
    """Channels and rank that the first layer with weights takes: of the run, else of the model as it is built."""
    assert facts.model is not None
    ran = (facts.model.get_submodule(s.path) for s in (facts.record.steps if facts.record else ()) if s.is_module)
    for layer in (*ran, *facts.model.modules()):
        weight = getattr(layer, "weight", None)
        if is_convolution(layer) and isinstance(weight, Tensor):
            taken: Any = layer
            return int(taken.in_channels), weight.ndim
        if isinstance(layer, nn.Embedding):
            return None, 2
        if isinstance(layer, (nn.RNNBase, nn.Linear)):
            return None, None
    weight = facts.step.input_shapes[1:2] if facts.step is not None and facts.step.kind.startswith("conv") else ()
    if weight and len(weight[0]) > 1:
        return weight[0][1], len(weight[0])
    return None, None


def _types(facts: Facts, x: Tensor) -> Iterator[Suspect]:
    weight = next((p for p in facts.model.parameters() if p.is_floating_point()), None) if facts.model else None
    if weight is None:
        return
    given, wanted = (str(dtype).removeprefix("torch.") for dtype in (x.dtype, weight.dtype))
    said = sentence("K006", "the input is {given} and the weights are {wanted}; with the same type for both the "
                            "model runs",
                    given=given, wanted=wanted)  # fmt: skip
    first = (
        next((m for m in facts.model.modules() if getattr(m, "weight", None) is not None), None)
        if facts.model
        else None
    )
    if x.is_floating_point() and isinstance(first, nn.Embedding):
        line = "x = x.long()"
        whole = sentence("K048", "an Embedding takes integers, not {kind}", kind=given)
        fix = fed(sentence("K048", "{line}, if they are indices", line=line), line, lambda x: x.long())
        yield Suspect("K048", whole, fix)
    elif x.dtype == torch.uint8:
        line = "x = x.float() / 255"
        yield Suspect(
            "K006",
            said,
            fed(
                sentence("K006", "scale the numbers to the range 0 to 1: {line}", line=line),
                line,
                lambda x: x.to(weight.dtype) / 255,
            ),
        )
    elif x.dtype != weight.dtype and (x.is_floating_point() or isinstance(first, MUST_BE_FLOAT)):
        line = f"x = x{CASTS.get(weight.dtype, f'.to({weight.dtype})')}"
        yield Suspect("K006", said, fed(sentence("K006", "{line}", line=line), line, lambda x: x.to(weight.dtype)))
        if x.is_floating_point():
            yield Suspect("K006", said, recast(x.dtype))


def _orders(shape: Shape, C: int | None, rank: int | None) -> Iterator[Suspect]:
    """Channels that stand last, or elsewhere than on axis 1."""
    if len(shape) < 3 or (rank is not None and len(shape) != rank) or (shape[1] == C and len(shape) > 3):
        return
    near = [axis for axis in range(len(shape) - 1, 1, -1) if shape[axis] == C]
    if not near and shape[-1] in (1, 3, 4) and len(shape) > 3:
        near = [len(shape) - 1]
    for axis in near or ([2] if len(shape) == 3 else []):
        order = (0, axis, *(a for a in range(1, len(shape)) if a != axis))
        line = "x = x.transpose(1, 2)" if len(shape) == 3 else f"x = x.permute{order}"
        moved = tuple(shape[a] for a in order)
        said = sentence("K030", "the channels are on axis {axis} of {shape}; "
                                "with them on axis 1 the model runs (tried)", axis=axis, shape=shape)  # fmt: skip
        yield Suspect("K030", said, fed(sentence("K030", "{line} gives {moved}", line=line, moved=moved), line,
                                        Permute(*order)))  # fmt: skip


def _axes(shape: Shape, C: int | None, rank: int | None) -> Iterator[Suspect]:
    """A batch or a channel axis that is missing, or one axis too many."""
    if rank is not None and len(shape) > rank:
        yield from _fewer(shape, C, rank)
        return
    missing = [0] if rank is None else [0, 1, 2][: max(rank - len(shape), 0) and 3]
    for axis in missing:
        if axis > len(shape):
            continue
        line = f"x = x.unsqueeze({axis})"
        grown = (*shape[:axis], 1, *shape[axis:])
        said = sentence("K005", "{shape} has one axis too few; with one more the model runs (tried)",
                        shape=shape)  # fmt: skip
        which = _AXES[axis]
        offer = sentence("K005", "{which}: {line} gives {moved}", which=which, line=line, moved=grown)
        yield Suspect("K005", said, fed(offer, line, partial(torch.unsqueeze, dim=axis)))


_AXES = (
    sentence("K005", "a batch of one"),
    sentence("K005", "a channel axis of size 1"),
    sentence("K005", "a depth or length of one"),
)


def _fewer(shape: Shape, C: int | None, rank: int) -> Iterator[Suspect]:
    said = sentence("K005", "{shape} has one axis too many; with one fewer the model runs (tried)",
                    shape=shape)  # fmt: skip
    if len(shape) != rank + 1:
        return
    ways: list[tuple[Sentence, str, Callable[[Tensor], Tensor]]] = []
    if 1 in shape[1:]:
        axis = shape.index(1, 1)
        ways.append((sentence("K005", "drop the axis of size 1: {line}", line=f"x = x.squeeze({axis})"),
                     f"x = x.squeeze({axis})", partial(torch.squeeze, dim=axis)))  # fmt: skip
    if shape[1] == C and len(shape) > 4:
        line = f"x = x[:, :, {shape[2] // 2}]"
        ways.append((sentence("K005", "one slice of the volume: {line}", line=line), line,
                     lambda x: x[:, :, x.shape[2] // 2]))  # fmt: skip
        every = "x = x.transpose(1, 2).flatten(0, 1)"
        ways.append((sentence("K005", "treat each slice as a sample: {line}", line=every), every,
                     lambda x: x.transpose(1, 2).flatten(0, 1)))  # fmt: skip
    elif shape[2:3] == (C,):
        ways.append((sentence("K005", "treat the frames as a batch: {line}",
                              line="x = x.flatten(0, 1)"), "x = x.flatten(0, 1)",
                     partial(torch.flatten, start_dim=0, end_dim=1)))  # fmt: skip
    for offer, line, turn in ways:
        yield Suspect("K005", said, fed(offer, line, turn))


def _colours(shape: Shape, C: int | None, rank: int | None) -> Iterator[Suspect]:
    """Alpha, grey and colour on axis 1."""
    if len(shape) < 3 or (rank is not None and len(shape) != rank):
        return
    for wanted in dict.fromkeys((C,) if C else (3, 1)):
        change = recoloured(shape, wanted)
        if change is not None and shape[1] != wanted:
            cause, offer, line, turn = change
            yield Suspect("K001", cause, fed(offer, line, turn))


def _combined(shape: Shape, C: int | None, rank: int | None) -> Iterator[Suspect]:
    """One picture as files give it: channels last and without a batch; or a plain map for a model of colours."""
    if rank is None or C is None:
        return
    if len(shape) == rank - 1 and shape[-1] == C and len(shape) > 2:
        order = (len(shape) - 1, *range(len(shape) - 1))
        line = f"x = x.permute{order}.unsqueeze(0)"
        said = sentence("K030", "the single picture {shape} has its channels last and no batch axis", shape=shape)
        moved = (1, *(shape[a] for a in order))
        yield Suspect("K030", said, fed(sentence("K030", "{line} gives {moved}", line=line, moved=moved), line,
                                        lambda x: x.permute(order).unsqueeze(0)))  # fmt: skip
    if len(shape) == rank - 2:
        line = f"x = x.expand(1, {C}{', -1' * len(shape)})"
        said = sentence("K005", "{shape} has no batch or channel axis", shape=shape)
        offer = sentence("K005", "a batch of one, the picture repeated in {C} channels: {line}", C=C, line=line)
        yield Suspect("K005", said, fed(offer, line, lambda x: x.expand(1, C, *x.shape)))


def _resized(facts: Facts, shape: Shape) -> Iterator[Suspect]:
    """Pictures of a size that the message names, the model's configuration knows, or many models take."""
    if len(shape) < 4 or min(shape) < 1 or (len(shape) == 4 and min(shape[2:]) < 5):
        return
    for wanted in sizes(facts, shape[2:]):
        line = f"x = F.interpolate(x, size={wanted})"
        given, wanted_text = ("x".join(map(str, size)) for size in (shape[2:], wanted))
        said = sentence("K070", "the model does not take a size of {given}; with {wanted} it runs (tried)",
                        given=given, wanted=wanted_text)  # fmt: skip
        offer = sentence("K070", "pictures of {wanted}: {line}", wanted=wanted_text, line=line)
        yield Suspect("K070", said, fed(offer, line, partial(nn.functional.interpolate, size=wanted)))


def _shortened(facts: Facts, shape: Shape) -> Iterator[Suspect]:
    """Sequences and features of a length that the message or the configuration names."""
    if len(shape) not in (2, 3):
        return
    for axis in range(len(shape) - 1, 0, -1):
        for length in _lengths(facts, shape, axis):
            line = _cut(shape, axis, length)
            said = sentence("K070", "axis {axis} of {shape} has {n}; with {length} the model runs (tried)",
                            axis=axis, shape=shape, n=shape[axis], length=length)  # fmt: skip
            offer = sentence("K070", "make axis {axis} {length}: {line}", length=length, axis=axis, line=line)
            yield Suspect("K070", said, fed(offer, line, partial(_of_length, axis=axis, length=length)))


def _lengths(facts: Facts, shape: Shape, axis: int) -> Iterator[int]:
    named = [int(n) for n in re.findall(r"(?<![\w.])\d+(?![\w.])", facts.message)]
    known = [value for name, value in configured(facts.model) if re.search(r"position|length|bins|frames|seq", name)]
    tables = [m.num_embeddings for m in facts.model.modules() if isinstance(m, nn.Embedding)] if facts.model else []
    fixed = [p.shape[1] for p in facts.model.parameters() if p.ndim == 3 and p.shape[0] == 1] if facts.model else []
    short = [n for n in tables if n < shape[axis]]
    for n in dict.fromkeys((*named, *known, *short, *fixed)):
        if 1 < n != shape[axis] and n <= 16 * shape[axis]:
            yield n


def configured(model: nn.Module | None) -> Iterator[tuple[str, int]]:
    """Numbers that the model's configuration and attributes keep, by name."""
    config = getattr(model, "config", None)
    for holder in (getattr(config, "__dict__", None), dict(vars(model)) if model is not None else None):
        for name, value in (holder or {}).items():
            if isinstance(value, int) and not isinstance(value, bool):
                yield str(name), value


def _cut(shape: Shape, axis: int, length: int) -> str:
    if length < shape[axis]:
        return f"x = x[{':, ' * axis}:{length}]"
    pads = (0, 0) * (len(shape) - 1 - axis) + (0, length - shape[axis])
    return f"x = F.pad(x, {pads})"


def _of_length(x: Tensor, axis: int, length: int) -> Tensor:
    if length < x.shape[axis]:
        return x.narrow(axis, 0, length)
    pads = (0, 0) * (x.ndim - 1 - axis) + (0, length - x.shape[axis])
    return nn.functional.pad(x, pads)


def _others(facts: Facts) -> Iterator[Suspect]:
    """A second map that is as many times larger or smaller as another input would need it."""
    maps = [(n, x) for n, x in enumerate(facts.inputs) if isinstance(x, Tensor) and x.ndim > 3]
    for place, x in maps[1:]:
        for factor in (2.0, 0.5, 4.0, 8.0):
            size = tuple(int(n * factor) for n in x.shape[2:])
            line = f"F.interpolate(inputs[{place}], size={size})"
            said = sentence("K070", "the size of input {place} is {given}; with {size} the model runs (tried)",
                            place=place, given=tuple(x.shape[2:]), size=size)  # fmt: skip
            offer = sentence("K070", "input {place} of {size}: {line}", place=place, size=size, line=line)
            yield Suspect("K070", said, fed(offer, line, partial(nn.functional.interpolate, size=size), place))
