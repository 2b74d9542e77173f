"""Causes about channels: convolutions, normalisations, biases, groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.code.types import picture
from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.causes.model.ranks import other_rank
from kaiyan.explain.diagnosis.fixes import Fix, edited, fed, parameter, replaced
from kaiyan.explain.diagnosis.titles import call_title, path_title
from kaiyan.explain.diagnosis.ways.colours import Change, recoloured
from kaiyan.explain.diagnosis.ways.turned import joined_samples, turned
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.rebuild import Permute, is_convolution, rebuilt

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape


def _convolution(facts: Facts, found: re.Match[str]) -> Finding | None:
    if facts.given and is_convolution(facts.layer):
        layer: Any = facts.layer
        shape, expected, groups = facts.given, layer.in_channels, layer.groups
    elif found.group("shape"):
        shape, expected, groups = numbers(found["shape"]), int(found["expected"]), int(found["groups"])
    else:
        other = sentence("K001", "the input has a different number of channels than the convolution's in_channels")
        return Finding(other, (Fix(sentence("K001", "set in_channels to the size of axis 1 of its input")),))
    got = shape[1] if len(shape) > 2 else shape[0]
    said = _taken(facts, shape, expected, got)
    weight: Any = getattr(facts.layer, "weight", None)
    if weight is not None and len(shape) == weight.ndim - 1 and shape[1] == expected:
        rank = sentence("K005", "{shape} is a batch for a layer with one axis fewer than {path}", shape=shape,
                        path=facts.named("Conv"))  # fmt: skip
        return Finding(rank, tuple(other_rank(facts, shape)), code="K005")
    ungrouped = tuple(_ungrouped(facts, groups))
    axes = len(numbers(found["weight"] or "")) or None
    shape = _unpadded(facts, shape, expected)
    moved = tuple(_moved(facts, shape, expected, axes))
    tokens = () if moved else tuple(_tokens(facts, expected))
    coloured = _recoloured(facts, expected, got)
    if coloured is not None:
        said = coloured[0]
    if moved or tokens:
        said = _elsewhere(shape, expected)
    if ungrouped and numbers(found["weight"] or "")[1:2] == (got,):
        said = sentence("K027", "with groups={groups} the weight, made for {got} channels, takes {expected}, but "
                                "was given {got}",
                        groups=groups, got=got, expected=expected)  # fmt: skip
        return Finding(said, (*ungrouped, *_channels(facts, expected, got, groups)), code="K027")
    fixes = (*ungrouped, *moved, *tokens, *joined_samples(facts, expected), *_channels(facts, expected, got, groups))
    return Finding(said, fixes, code="K030" if moved or tokens else None)


def _ungrouped(facts: Facts, groups: int) -> Iterator[Fix]:
    """A function's groups left out of its call."""
    step = facts.step
    if facts.layer is None and groups > 1 and step and step.line and f", groups={groups}" in step.line.text:
        yield edited(sentence("K027", "groups=1"), step.line, step.path, f", groups={groups}", "")


def _elsewhere(shape: Shape, expected: int) -> Sentence:
    axis = max(a for a in range(1, len(shape)) if shape[a] == expected)
    return sentence(
        "K030", "the channels are on another axis: axis {axis} of {shape} has the expected {expected}",
        axis=axis, shape=shape, expected=expected,
    )  # fmt: skip


def _tokens(facts: Facts, expected: int) -> Iterator[Fix]:
    """Sequences (N, L, C), as an Embedding or a recurrent layer gives them, for a convolution of (N, C, L)."""
    shape, maker = facts.given or (), facts.maker()
    if len(shape) != 3 or shape[2] != expected or shape[1] == expected or not isinstance(facts.layer, nn.Conv1d):
        return
    if maker is not None and "Conv" not in maker.kind:
        yield from turned(facts, shape, lambda code: sentence("K030", "move the features to axis 1: {line}", line=code))


def _unpadded(facts: Facts, shape: Shape, expected: int) -> Shape:
    """The model's input where only layers without weights, such as paddings, stand before, and it has the channels."""
    x = next((tuple(x.shape) for x in facts.inputs if isinstance(x, Tensor)), shape)
    plain = facts.done and not any(_is_weighted(facts, step.path) for step in facts.done)
    return x if plain and len(x) == len(shape) and x[1] == shape[1] and expected in x[2:] else shape


def _taken(facts: Facts, shape: Shape, expected: int, got: int) -> Sentence:
    """What the convolution takes, what it was given, and who made that, as far as it is known."""
    maker = facts.maker()
    if maker:
        return sentence(
            "K001", "{path} has in_channels={expected}, but was given {got} on axis 1: {source} made {shape}",
            path=facts.named("Conv"), expected=expected, got=got, source=call_title(maker), shape=shape,
        )  # fmt: skip
    if facts.done:
        return sentence("K001", "{path} has in_channels={expected}, but axis 1 of {shape} has {got}",
                        path=facts.named("Conv"), expected=expected, got=got, shape=shape)  # fmt: skip
    return sentence(
        "K001", "the convolution has in_channels={expected}, but axis 1 of the input {shape} has {got}",
        expected=expected, got=got, shape=shape,
    )  # fmt: skip


def _moved(facts: Facts, shape: Shape, expected: int, written: int | None) -> Iterator[Fix]:
    """Channels that stand on another axis: offered only where one has exactly their number.

    ``written`` is the rank of the weight as the message has it, for where the layer is not known.
    """
    if facts.model is not None and not any(isinstance(i, Tensor) and tuple(i.shape) == shape for i in facts.inputs):
        return  # a map inside the network: its axes are in order, and equal sizes mean nothing
    weight = getattr(facts.layer, "weight", None)
    rank = weight.ndim if weight is not None else written
    lead = 0 if len(shape) == (3 if rank is None else rank - 1) else 1
    found = [axis for axis in range(len(shape) - 1, lead, -1) if shape[axis] == expected]
    for axis in found[:1]:
        order = (*range(lead), axis, *(a for a in range(lead, len(shape)) if a != axis))
        swap = len(shape) == 3 and lead == 1
        line = "x = x.transpose(1, 2)" if swap else f"x = x.permute({', '.join(str(a) for a in order)})"
        said = sentence(
            "K030", "{line} gives {moved}", line=line, moved=tuple(shape[a] for a in order),
        )  # fmt: skip
        if facts.step and facts.step.inputs and facts.step.inputs[0].dtype == "uint8":
            yield from picture(shape, expected)
        yield fed(said, line, Permute(*order))


def _channels(facts: Facts, expected: int, got: int, groups: int) -> Iterator[Fix]:
    layer: Any = facts.layer
    change = _recoloured(facts, expected, got)
    if change is not None:
        _, offer, line, turn = change
        yield fed(offer, line, turn)
    said = sentence("K001", "change the layer: in_channels={got}", got=got)
    if layer is None:
        yield _weight(facts, expected, got, groups) or Fix(said, f"in_channels={expected}", f"in_channels={got}")
        return
    deep = {"groups": got} | ({"out_channels": got} if layer.out_channels == expected else {})
    for changes in ({}, *([deep if groups == expected else {"groups": 1}] if groups > 1 else [])):
        made = rebuilt(layer, in_channels=got, **changes)
        if made:
            yield replaced(said, layer, facts.path or "", made)
    yield from _earlier(facts, expected)


def _recoloured(facts: Facts, expected: int, got: int) -> Change | None:
    """The change of a picture's channels where the layer is given the model's input itself, at most padded."""
    shape = facts.given
    if facts.model is None or shape is None or len(shape) < 3 or shape[1] != got:
        return None
    inputs = [tuple(x.shape) for x in facts.inputs if isinstance(x, Tensor)]
    if not any(len(x) == len(shape) and x[1] == got for x in inputs) or any(
        _is_weighted(facts, s.path) for s in facts.done
    ):
        return None
    return recoloured(shape, expected)


def _is_weighted(facts: Facts, path: str) -> bool:
    return facts.model is not None and is_convolution(facts.model.get_submodule(path))


def _weight(facts: Facts, expected: int, got: int, groups: int) -> Fix | None:
    """The module's own weight of F.conv2d made for the channels that come; groups are those of the call."""
    step = facts.step
    if facts.model is None or step is None or len(step.input_shapes) < 2 or got % groups:
        return None
    old = step.input_shapes[1]
    new = (old[0], got // groups, *old[2:])
    said = sentence("K001", "the weight must be {new} for {got} channels, not {old} for {expected}",
                    new=new, got=got, old=old, expected=expected)  # fmt: skip
    return parameter(said, facts.model.get_submodule(step.path), step.path, old, new)


def _earlier(facts: Facts, expected: int) -> Iterator[Fix]:
    """The convolution before it made to give what is expected."""
    steps = [s for s in facts.done if facts.model and is_convolution(facts.model.get_submodule(s.path))]
    for step in steps[-1:]:
        old = facts.model.get_submodule(step.path) if facts.model else None
        made = rebuilt(old, out_channels=expected) if old else None
        if old and made:
            said = sentence(
                "K001",
                "make {path} output {expected} channels: out_channels={expected}",
                path=path_title(step.path),
                expected=expected,
            )
            yield replaced(said, old, step.path, made)


def _norm(facts: Facts, found: re.Match[str]) -> Finding | None:
    layer: Any = facts.layer
    read = found["got"] or (*numbers(found["shape"] or ""), 0, 0)[1]
    got = facts.given[1] if facts.given and len(facts.given) > 1 else int(read)
    expected = (getattr(layer, "num_features", None) or getattr(layer, "num_channels", None)
                or found["expected"] or found["weight"])  # fmt: skip
    if not got or not expected:
        said = sentence("K018", "the normalisation was built for a different number of channels than it was given")
        return Finding(said, (Fix(sentence("K018", "set num_features to the size of axis 1 of its input")),))
    name = "num_channels" if isinstance(layer, nn.GroupNorm) else "num_features"
    kind = "BatchNorm" if layer is None else type(layer).__name__
    said = sentence("K018", "{path} has {name}={expected}, but was given {got} on axis 1", path=facts.named(kind),
                    name=name, expected=expected, got=got)  # fmt: skip
    offer = sentence("K018", "{name}={got}", name=name, got=got)
    made = rebuilt(layer, **{name: got}) if layer else None
    fix = replaced(offer, layer, facts.path or "", made) if made else Fix(offer, f"{name}={expected}", f"{name}={got}")
    return Finding(said, (fix,))


def _layer_norm(facts: Facts, found: re.Match[str]) -> Finding | None:
    expected, shape = numbers(found["expected"]), facts.given or numbers(found["shape"])
    kind = type(facts.layer).__name__ if facts.layer else "LayerNorm"
    if len(expected) == 1 and len(shape) > 2 and shape[1] == expected[0]:
        return _channels_first(facts, kind, expected[0], shape)
    tail = shape[-len(expected) :]
    said = sentence("K018", "{kind} normalises over the last axes {expected}, but {shape} ends with {tail}", kind=kind,
                    expected=expected, shape=shape, tail=tail)  # fmt: skip
    offer = sentence("K018", "normalized_shape={tail}", tail=tail)
    made = rebuilt(facts.layer, normalized_shape=tail) if facts.layer else None
    if made and facts.layer:
        return Finding(said, (replaced(offer, facts.layer, facts.path or "", made),))
    return Finding(said, (Fix(offer, f"normalized_shape={expected}", f"normalized_shape={tail}"),))


def _channels_first(facts: Facts, kind: str, C: int, shape: Shape) -> Finding:
    """A norm over the last axis, given maps whose channels stand on axis 1."""
    said = sentence("K018", "{kind}({C}) normalises over the last axis, but in {shape} the {C} channels are on axis 1",
                            kind=kind, C=C, shape=shape)  # fmt: skip
    last, first = (0, *range(2, len(shape)), 1), (0, len(shape) - 1, *range(1, len(shape) - 1))
    name = (facts.path or "norm").rpartition(".")[2]
    line = f"x = {'norm' if name.isdecimal() else f'self.{name}'}(x.permute{last}).permute{first}"
    place = sentence("K018", "to normalise the channels at each position, as ConvNeXt does: {line}", line=line)
    whole = sentence("K018", "to normalise each picture as a whole: GroupNorm(1, {C})", C=C)
    layer, path = facts.layer, facts.path or ""
    if layer is None:
        return Finding(said, (Fix(place, None, line), Fix(whole, f"nn.LayerNorm({C})", f"nn.GroupNorm(1, {C})")))
    turned = replaced(place, layer, path, nn.Sequential(Permute(*last), layer, Permute(*first)))
    fixes = [replace(turned, before=None, after=line, made=None)]
    if isinstance(layer, nn.LayerNorm):
        fixes.append(replaced(whole, layer, path, nn.GroupNorm(1, C)))
    return Finding(said, tuple(fixes))


def _bias(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K023", "the bias has {got} numbers, but there are {expected} output channels: one each",
                    got=int(found["got"]), expected=int(found["expected"]))  # fmt: skip
    offer = sentence("K023", "give a bias of shape ({expected},)", expected=int(found["expected"]))
    step, fix = facts.step, None
    if facts.model is not None and step is not None:
        module = facts.model.get_submodule(step.path)
        fix = parameter(offer, module, step.path, (int(found["got"]),), (int(found["expected"]),))
    return Finding(said, (fix or Fix(offer),))


def _functional_groups(facts: Facts, found: re.Match[str]) -> Finding:
    K, G = int(found["K"]), int(found["groups"])
    said = sentence("K027", "groups={groups} does not divide the {K} output channels of the weight", groups=G, K=K)
    step = facts.step
    offer = sentence("K027", "groups=1")
    if step and step.line and f"groups={G}" in step.line.text:
        return Finding(said, (edited(offer, step.line, step.path, f"groups={G}", "groups=1"),))
    return Finding(said, (Fix(offer, f"groups={G}", "groups=1"),))


def _groups(facts: Facts, _: re.Match[str]) -> Finding:
    given = facts.settings or {}
    C, K, G = (given.get(name) for name in ("in_channels", "out_channels", "groups"))
    if not (isinstance(C, int) and isinstance(K, int) and isinstance(G, int)):
        return Finding(sentence("K027", "groups must divide in_channels and out_channels both"))
    legal = [g for g in range(1, min(C, K) + 1) if C % g == 0 and K % g == 0]
    said = sentence("K027", "groups={groups} does not divide both in_channels={C} and out_channels={K}",
                    groups=G, C=C, K=K)  # fmt: skip
    near = min(legal, key=lambda g: abs(g - G))
    offer = sentence("K027", "groups={near}; possible values: {legal}", near=near, legal=", ".join(map(str, legal)))
    return Finding(said, (Fix(offer, f"groups={G}", f"groups={near}"),))


def _transposed(facts: Facts, found: re.Match[str]) -> Finding:
    weight, expected, got = numbers(found["weight"]), int(found["expected"]), int(found["got"])
    said = sentence(
        "K002",
        "the transposed convolution has in_channels={expected}, but was given {got}; its weight {weight} is "
        "(in_channels, out_channels / groups, kernel), the reverse of a convolution's",
        expected=expected, got=got, weight=weight,
    )  # fmt: skip
    groups = getattr(facts.layer, "groups", 1)
    shape = facts.given or numbers(found["shape"])
    fixes = (*_moved(facts, shape, expected, len(weight)), *_channels(facts, expected, got, groups))
    return Finding(said, fixes)


_CONVOLUTION = (
    r"Given groups=(?P<groups>\d+), weight of size \[(?P<weight>[^\]]*)\], expected input\[(?P<shape>[^\]]*)\] "
    r"to have (?P<expected>\d+) channels|Invalid channel dimensions"
)

ROWS = (
    Cause(
        "K002",
        r"Given transposed=1, weight of size \[(?P<weight>[^\]]*)\], expected input\[(?P<shape>[^\]]*)\] to have "
        r"(?P<expected>\d+) channels, but got (?P<got>\d+)(?P<groups>)",
        "Given transposed=1, weight of size [1, 8, 3, 3], expected input[1, 3, 8, 8] to have 1 channels, but got 3",
        _transposed,
    ),
    Cause(
        "K001", _CONVOLUTION,
        "Given groups=1, weight of size [8, 1, 3, 3], expected input[2, 3, 32, 32] to have 1 channels, but got 3",
        _convolution,
    ),
    Cause(
        "K030", _CONVOLUTION,
        "Given groups=1, weight of size [10, 3, 3, 3], expected input[1, 36, 42, 3] to have 3 channels, but got 36",
        _convolution,
    ),
    Cause(
        "K018", r"running_mean should contain (?P<got>\d+) elements not (?P<expected>\d+)|"
        r"number of channels in input, but got weight of shape \[(?P<weight>\d+)\](?: and input of shape "
        r"\[(?P<shape>[^\]]*)\])?",
        "running_mean should contain 3 elements not 8", _norm,
    ),
    Cause(
        "K018", r"Given normalized_shape=\[(?P<expected>[^\]]*)\].*?size\D*(?P<shape>[\d, ]+)",
        "Given normalized_shape=[8, 4], expected input with shape [*, 8, 4], but got input of size[2, 6, 4, 4]",
        _layer_norm,
    ),
    Cause(
        "K023",
        r"expected bias to be 1-dimensional with (?P<expected>\d+) elements, but got bias of size \[(?P<got>\d+)",
        "expected bias to be 1-dimensional with 8 elements, but got bias of size [5] instead", _bias,
    ),
    Cause(
        "K027",
        r"Given groups=(?P<groups>\d+), expected weight to be divisible by \d+ at dimension 0, but got weight of size "
        r"\[+(?P<K>\d+)",
        "Given groups=7, expected weight to be divisible by 7 at dimension 0, but got weight of size [[16, 1, 3, 3]]",
        _functional_groups,
    ),
    Cause(
        "K027", r"(in|out)_channels must be divisible by groups", "in_channels must be divisible by groups", _groups,
    ),
)  # fmt: skip
