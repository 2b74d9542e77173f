"""Causes about products of matrices: what a Linear expects, maps that were not flattened or shrank before it."""

from __future__ import annotations

import re
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix, edited, fed, followed, preceded, replaced
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.explain.diagnosis.ways.wide import wide_sequences
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.rebuild import is_convolution, per_axis, rebuilt, size_keeping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape
    from kaiyan.trace.record import Call


def _linear(facts: Facts, found: re.Match[str]) -> Finding:
    rows, got, expected = (int(n) for n in found.groups() if n)
    shape = facts.given
    maps = _maps(facts, shape)
    taken = next((s for s in reversed(facts.done) if _gives_maps(s)), None)
    if taken and taken.output_shape and _is_single(taken) and facts.inputs:
        return _unbatched(facts, taken.output_shape)
    if shape and maps and maps.output_shape and (len(shape) > 2 or len(shape) == 1):
        return _unflattened(facts, shape, maps.output_shape, expected)
    alone = not facts.done and len(shape or ()) != 2
    if alone and (unflattened := _written_unflattened(rows, got, expected)):
        return unflattened
    if shape and len(shape) > 2 and facts.model is not None and _is_linear(facts):
        return wide_sequences(facts, shape, got, expected)
    C, spatial = _factors(maps, got, expected)
    wanted = _expected(C, spatial, expected)
    numbers = {
        "got": f"{got}{_product(C, spatial)}",
        "expected": f"{expected}{_product(C, wanted)}",
    }
    if not _is_linear(facts):
        return _matrices(facts, got, numbers)
    said = sentence("K012", "{layer} expects {expected} features a sample, but was given {got}{blame}",
                    layer=facts.named("Linear"), blame=_shrinker(facts) or "", **numbers)  # fmt: skip
    return Finding(said, tuple(_linear_fixes(facts, maps, got, wanted)))


def _maps(facts: Facts, shape: Shape | None) -> Call | None:
    """The last maps of a convolution or a pooling before it; what else has many axes is a sequence.

    Three axes behind maps of four are tokens, made of them on purpose.
    """
    made = next((s for s in facts.done if _gives_maps(s)), None)
    maps = next((s for s in reversed(facts.done) if s.output_shape and len(s.output_shape) > 2), None) if made else None
    if maps and shape and len(shape) > 2 and maps.output_shape and _is_tokens(facts, shape):
        return None
    return maps


def _gives_maps(step: Call) -> bool:
    return bool(re.search(r"conv|pool", step.kind, re.IGNORECASE)) and len(step.output_shape or ()) > 2


def _is_tokens(facts: Facts, shape: Shape) -> bool:
    last = next((s.output_shape for s in reversed(facts.done) if _gives_maps(s)), None)
    return last is not None and shape != last and (len(shape) < len(last) or sorted(shape) != sorted(last))


def _product(C: int, sizes: Shape) -> str:
    """Channels times sizes, as the other side of an equals sign; empty where there is nothing to multiply."""
    return f" = {'·'.join(str(n) for n in (C, *sizes))}" if sizes else ""


def _is_linear(facts: Facts) -> bool:
    """Whether a Linear is known to have failed: as a layer, as a function, or in the words of the traceback."""
    if facts.step is not None:
        return facts.layer is not None or facts.step.kind == "linear"
    return "linear" in f"{facts.text} {facts.line.text if facts.line else ''}".lower()


def _matrices(facts: Facts, got: int, numbers: dict[str, str]) -> Finding:
    said = sentence("K012", "columns of the left matrix: {got}; rows of the right one: {expected}; they must be equal",
                    **numbers)  # fmt: skip
    if facts.line is None:
        return Finding(said, (Fix(sentence("K012", "if it is a Linear: in_features={got}", got=got), None,
                                  f"in_features={got}"),))  # fmt: skip
    return Finding(
        said, (Fix(sentence("K012", "transpose one of them, as in a @ b.T, if both have rows of the same length")),)
    )


def _written_unflattened(rows: int, got: int, expected: int) -> Finding | None:
    """A flatten that is missing or took the batch, from the numbers alone; None where they tell nothing of it.

    A Linear takes the last axis of maps (N, C, H, W) as rows of W numbers: rows · W is then a multiple of C · H · W,
    and W is at most √(C · H · W) for maps no wider than high.
    """
    line = "x = torch.flatten(x, 1)"
    if rows == 1 and got > expected and got % expected == 0:
        said = sentence("K031", "it was given one row of {got} = {N}·{expected} numbers: flatten took in the "
                                "batch of {N} too",
                        got=got, N=got // expected, expected=expected)  # fmt: skip
        single = sentence("K031", "if it is a batch of one: in_features={got}", got=got)
        offers = (
            fed(sentence("K031", "keep the batch: {line}", line=line), line, lambda x: x.reshape(-1, expected)),
            Fix(single, None, f"in_features={got}"),
        )
        return Finding(said, offers, code="K031")
    whole = expected % got == 0 and rows % (expected // got) == 0
    square = rows == got and expected % (rows * got) == 0
    if got > 1 and got * got <= expected and (whole or square):
        said = sentence("K031", "{expected} features per sample are expected, not {rows} rows of {got}: the "
                                "feature maps were not flattened", expected=expected, rows=rows, got=got)  # fmt: skip
        flat = fed(sentence("K031", "keep the batch: {line}", line=line), line, lambda x: x.flatten(1))
        return Finding(said, (flat,), code="K031")
    return None


def _is_single(maps: Call) -> bool:
    """Whether a layer of so many axes took one picture, without a batch."""
    rank = re.search(r"(\d)d$", maps.kind)
    return rank is not None and len(maps.output_shape or ()) == int(rank[1]) + 1


def _unbatched(facts: Facts, maps: Shape) -> Finding:
    said = sentence("K005", "the single picture {shape} has no batch axis: flattening took its {C} channels for a "
                            "batch", shape=tuple(facts.inputs[0].shape), C=maps[0])  # fmt: skip
    offer = sentence("K005", "a batch of one: x = x.unsqueeze(0)")
    return Finding(said, (fed(offer, "x = x.unsqueeze(0)", lambda x: x.unsqueeze(0)),), code="K005")


def _linear_fixes(facts: Facts, maps: Call | None, got: int, wanted: Shape) -> Iterator[Fix]:
    said = sentence("K012", "in_features={got}", got=got)
    made = rebuilt(facts.layer, in_features=got) if facts.layer else None
    if made and facts.layer:
        yield replaced(said, facts.layer, facts.path or "", made)
    if facts.layer is None:
        yield Fix(said, None, f"in_features={got}")
    if wanted and maps:
        yield from padded(facts)
        yield from _averaged(facts, maps, wanted)
        yield from _resized(facts, maps, wanted)


def _averaged(facts: Facts, maps: Call, wanted: Shape) -> Iterator[Fix]:
    """The maps averaged to the size that the Linear expects, by a layer or in the user's own line."""
    sizes: Any = wanted
    pool = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}[len(wanted)]
    said = sentence("K012", "average to the size it expects: {pool}({wanted})", pool=pool.__name__, wanted=wanted)
    if facts.model is not None and maps.is_module:
        yield followed(said, facts.model.get_submodule(maps.path), maps.path, pool(sizes))
    elif maps.line is not None:
        target, equals, value = maps.line.text.partition(" = ")
        if equals and target.isidentifier():
            room = "F" if "F." in value else "torch.nn.functional"
            after = f"{target} = {room}.adaptive_avg_pool{len(wanted)}d({value}, {wanted})"
            yield edited(said, maps.line, maps.path, maps.line.text, after)


def _resized(facts: Facts, maps: Call, wanted: Shape) -> Iterator[Fix]:
    """Pictures as many times larger as the maps are too small."""
    got = (maps.output_shape or ())[2:]
    if len(facts.inputs) != 1 or len(got) != len(wanted) or not all(got):
        return
    x = facts.inputs[0]
    if not isinstance(x, torch.Tensor) or x.ndim != len(got) + 2 or not x.is_floating_point():
        return
    sizes = tuple(n * w // g for n, w, g in zip(x.shape[2:], wanted, got, strict=True))
    said = sentence("K012", "give it pictures of {sizes}", sizes=sizes)
    yield fed(said, f"x = F.interpolate(x, {sizes})", lambda x: nn.functional.interpolate(x, sizes))


def _unflattened(facts: Facts, shape: Shape, maps: Shape, expected: int) -> Finding:
    N = maps[0]
    said = (
        sentence(
            "K031", "{layer} was given {shape}: flatten took the batch too; {maps} has {N} pictures of {features}",
            layer=facts.named("Linear"), shape=shape, maps=maps, N=N, features=prod(maps[1:]),
        )
        if len(shape) == 1
        else sentence(
            "K031", "{layer} expects {expected} features, but was given maps {shape}: there is no flatten before it",
            layer=facts.named("Linear"), expected=expected, shape=shape,
        )
    )  # fmt: skip
    return Finding(said, tuple(_flattening(facts, shape, N, maps, expected)), code="K031")


def _flattening(facts: Facts, shape: Shape, N: int, maps: Shape, expected: int) -> Iterator[Fix]:
    layer, path = facts.layer, facts.path or ""
    if layer is None:
        return
    said = sentence("K031", "keep the batch: x = torch.flatten(x, 1) gives ({N}, {features})", N=N,
                    features=prod(maps[1:]))  # fmt: skip
    if len(shape) == 1:
        yield from _batched(facts, said)
        yield preceded(said, layer, path, nn.Unflatten(0, (N, -1)))
        return
    if shape[1] == expected:
        pool = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}[len(shape) - 2]
        average = sentence("K031", "average each map, then flatten: {shape} gives ({N}, {features})", shape=shape, N=N,
                           features=expected)  # fmt: skip
        yield preceded(average, layer, path, pool(1), nn.Flatten(1))
    yield preceded(said, layer, path, nn.Flatten(1))
    made = rebuilt(layer, in_features=prod(shape[1:])) if prod(shape[1:]) != expected else None
    if made:
        both = sentence("K031", "flatten, and in_features={features}", features=prod(shape[1:]))
        yield replaced(both, layer, path, nn.Sequential(nn.Flatten(1), made))


def _batched(facts: Facts, said: Sentence) -> Iterator[Fix]:
    """The flatten that took the batch, made to leave it."""
    for step in [step for step in facts.done if step.kind in ("flatten", "Flatten")][-1:]:
        if step.is_module and facts.model is not None:
            yield replaced(said, facts.model.get_submodule(step.path), step.path, nn.Flatten(1))
        changes = (("flatten(x)", "flatten(x, 1)"), ("flatten()", "flatten(1)"), ("))", "), 1)"))
        for before, after in changes if step.line and not step.is_module else ():
            if step.line and before in step.line.text:
                yield edited(said, step.line, step.path, before, after)


def _factors(maps: Call | None, got: int, expected: int) -> tuple[int, Shape]:
    """Channels and sizes of the maps that were flattened; from the message alone, the two numbers decide."""
    if maps and maps.output_shape and prod(maps.output_shape[1:]) == got:
        return maps.output_shape[1], maps.output_shape[2:]
    for C in range(min(got, expected), 1, -1):
        sides = isqrt(got // C), isqrt(expected // C)
        if C * sides[0] ** 2 == got and C * sides[1] ** 2 == expected:
            return C, (sides[0], sides[0])
    return got, ()


def _expected(C: int, spatial: Shape, expected: int) -> Shape:
    if not spatial or expected % C:
        return ()
    area = expected // C
    if len(spatial) == 1:
        return (area,)
    side = isqrt(area)
    if len(spatial) == 2 and side * side == area:
        return (side, side)
    if len(spatial) == 2:
        ratio = spatial[0] / spatial[1]
        return min(((h, area // h) for h in range(1, area + 1) if area % h == 0),
                   key=lambda pair: abs(pair[0] / pair[1] - ratio))  # fmt: skip
    return ()


def _shrinker(facts: Facts) -> Sentence | None:
    """The layer that lost most beyond what its stride divides away."""
    worst, most = None, 0
    for step in facts.done:
        layer = facts.model.get_submodule(step.path) if facts.model and step.is_module else None
        if layer is None or not step.input_shapes or len(step.output_shape or ()) < 3:
            continue
        if not hasattr(layer, "kernel_size"):
            continue
        stride = per_axis(layer.stride, 1)[0]
        lost = step.input_shapes[0][-1] - (step.output_shape or (0,))[-1] * stride
        if lost > most:
            worst, most = (step, stride), lost
    if worst is None:
        return None
    step, stride = worst
    return sentence(
        "K012", "; the stride-{stride} {kind} {path} took {n} to {m}",
        stride=stride, kind=step.kind, path=path_title(step.path), n=step.input_shapes[0][-1],
        m=(step.output_shape or (0,))[-1],
    )  # fmt: skip


def padded(facts: Facts) -> Iterator[Fix]:
    """Each convolution before it padded so that only its stride shrinks."""
    for step in reversed(facts.done):
        old = facts.model.get_submodule(step.path) if facts.model and step.is_module else None
        if old is None or not is_convolution(old) or isinstance(old, nn.ConvTranspose2d):
            continue
        for padding in _paddings(old):
            made = rebuilt(old, padding=padding)
            if made:
                said = sentence("K012", "padding={padding} in {path}", padding=padding, path=path_title(step.path))
                yield replaced(said, old, step.path, made)


def _paddings(layer: Any) -> list[Any]:
    most = max(per_axis(layer.dilation, 1)[0] * (k - 1) for k in per_axis(layer.kernel_size, 1))
    usual = size_keeping(layer)
    return [p for p in (usual, *range(1, min(most, 8) + 1)) if p != layer.padding]


_PRODUCT = (
    r"shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x\d+\)|got \[(\d+), (\d+)\] X \[(\d+), \d+\]|"
    r"size mismatch, m1: \[(\d+) x (\d+)\], m2: \[(\d+) x \d+\]"
)

ROWS = (
    Cause(
        "K012", _PRODUCT,
        "mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)", _linear,
    ),
    Cause(
        "K031", _PRODUCT,
        "mat1 and mat2 shapes cannot be multiplied (1x576 and 288x10)", _linear,
    ),
)  # fmt: skip
