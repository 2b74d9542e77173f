"""Causes about sizes: windows that do not fit, maps that shrank, what a Linear expects, sums and concatenations."""

from __future__ import annotations

import ast
import re
from functools import partial
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.explain.causes.finding import Cause, Finding, numbers
from kaiyan.explain.fixes import Fix, edited, fed, followed, preceded, replaced, through
from kaiyan.explain.layers import half, is_convolution, per_axis, rebuilt, written
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.facts import Facts
    from kaiyan.explain.rehearse import Shape, Step


def _linear(facts: Facts, found: re.Match[str]) -> Finding:
    _, got, expected = (int(n) for n in found.groups() if n)
    maps = next((s for s in reversed(facts.done) if s.output and len(s.output) > 2), None)
    shape = facts.given
    if maps and maps.output and _is_single(maps) and facts.inputs:
        return _unbatched(facts, maps.output)
    if shape and maps and maps.output and (len(shape) > 2 or len(shape) == 1):
        return _unflattened(facts, shape, maps.output, expected)
    C, spatial = _factors(maps, got, expected)
    wanted = _expected(C, spatial, expected)
    blamed = _shrinker(facts)
    said = sentence(
        "K012", "{layer} expects {expected}{wanted} numbers a row, but was given {got} = {product}{blame}",
        layer=facts.path or "Linear", expected=expected, got=got,
        wanted=f" = {_times((C, *wanted))}" if wanted else "", product=_times((C, *spatial)), blame=blamed or "",
    )  # fmt: skip
    return Finding(said, tuple(_linear_fixes(facts, maps, got, wanted)))


def _is_single(maps: Step) -> bool:
    """Whether a layer of so many axes took one picture, without a batch."""
    rank = re.search(r"(\d)d$", maps.kind)
    return rank is not None and len(maps.output or ()) == int(rank[1]) + 1


def _unbatched(facts: Facts, maps: Shape) -> Finding:
    said = sentence("K005", "one picture {shape} came without its batch axis: flattening took its {C} channels for a "
                    "batch", shape=tuple(facts.inputs[0].shape), C=maps[0])  # fmt: skip
    offer = sentence("K005", "a batch of one: x = x.unsqueeze(0)")
    return Finding(said, (fed(offer, "x = x.unsqueeze(0)", lambda x: x.unsqueeze(0)),), code="K005")


def _linear_fixes(facts: Facts, maps: Step | None, got: int, wanted: Shape) -> Iterator[Fix]:
    said = sentence("K012", "in_features={got}", got=got)
    made = rebuilt(facts.layer, in_features=got) if facts.layer else None
    if made and facts.layer:
        yield replaced(said, facts.layer, facts.path or "", made)
    if facts.layer is None:
        yield Fix(said, None, f"in_features={got}")
    if wanted and maps:
        yield from _padded(facts)
        yield from _averaged(facts, maps, wanted)
        yield from _resized(facts, maps, wanted)


def _averaged(facts: Facts, maps: Step, wanted: Shape) -> Iterator[Fix]:
    """The maps averaged to the size that the Linear expects, by a layer or in the user's own line."""
    sizes: Any = wanted
    pool = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}[len(wanted)]
    said = sentence("K012", "or average to the size it expects: {pool}({wanted})", pool=pool.__name__, wanted=wanted)
    if facts.model is not None and maps.is_module:
        yield followed(said, facts.model.get_submodule(maps.path), maps.path, pool(sizes))
    elif maps.line is not None:
        target, equals, value = maps.line.text.partition(" = ")
        if equals and target.isidentifier():
            room = "F" if "F." in value else "torch.nn.functional"
            after = f"{target} = {room}.adaptive_avg_pool{len(wanted)}d({value}, {wanted})"
            yield edited(said, maps.line, maps.path, maps.line.text, after)


def _resized(facts: Facts, maps: Step, wanted: Shape) -> Iterator[Fix]:
    """Pictures as many times larger as the maps are too small."""
    got = (maps.output or ())[2:]
    if len(facts.inputs) != 1 or len(got) != len(wanted) or not all(got):
        return
    x = facts.inputs[0]
    if not isinstance(x, torch.Tensor) or x.ndim != len(got) + 2 or not x.is_floating_point():
        return
    sizes = tuple(n * w // g for n, w, g in zip(x.shape[2:], wanted, got, strict=True))
    said = sentence("K012", "or give it pictures of {sizes}", sizes=sizes)
    yield fed(said, f"x = F.interpolate(x, {sizes})", lambda x: nn.functional.interpolate(x, sizes))


def _unflattened(facts: Facts, shape: Shape, maps: Shape, expected: int) -> Finding:
    N = maps[0]
    said = (
        sentence(
            "K031", "{layer} was given {shape}: flatten took the batch too; {maps} has {N} pictures of {features}",
            layer=facts.path, shape=shape, maps=maps, N=N, features=prod(maps[1:]),
        )
        if len(shape) == 1
        else sentence(
            "K031", "{layer} expects {expected} features, but was given maps {shape}: there is no flatten before it",
            layer=facts.path, expected=expected, shape=shape,
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
    made = rebuilt(layer, in_features=prod(shape[1:]))
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


def _factors(maps: Step | None, got: int, expected: int) -> tuple[int, Shape]:
    """Channels and sizes of the maps that were flattened; from the message alone, the two numbers decide."""
    if maps and maps.output and prod(maps.output[1:]) == got:
        return maps.output[1], maps.output[2:]
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


def _times(factors: Shape) -> str:
    return "·".join(str(n) for n in factors)


def _shrinker(facts: Facts) -> Sentence | None:
    """The layer that lost most beyond what its stride divides away."""
    worst, most = None, 0
    for step in facts.done:
        layer = facts.model.get_submodule(step.path) if facts.model and step.is_module else None
        if layer is None or not hasattr(layer, "kernel_size") or not step.inputs or len(step.output or ()) < 3:
            continue
        stride = per_axis(layer.stride, 1)[0]
        lost = step.inputs[0][-1] - (step.output or (0,))[-1] * stride
        if lost > most:
            worst, most = (step, stride), lost
    if worst is None:
        return None
    step, stride = worst
    return sentence(
        "K012", "; the stride-{stride} {kind} {path} took {n} to {m}",
        stride=stride, kind=step.kind, path=step.path, n=step.inputs[0][-1], m=(step.output or (0,))[-1],
    )  # fmt: skip


def _padded(facts: Facts) -> Iterator[Fix]:
    """Each convolution before it padded so that only its stride shrinks."""
    for step in reversed(facts.done):
        old = facts.model.get_submodule(step.path) if facts.model and step.is_module else None
        if old is None or not is_convolution(old) or isinstance(old, nn.ConvTranspose2d):
            continue
        for padding in _paddings(old):
            made = rebuilt(old, padding=padding)
            if made:
                said = sentence("K012", "or padding={padding} in {path}", padding=padding, path=step.path)
                yield replaced(said, old, step.path, made)


def _paddings(layer: Any) -> list[Any]:
    most = max(per_axis(layer.dilation, 1)[0] * (k - 1) for k in per_axis(layer.kernel_size, 1))
    usual = half(layer)
    return [p for p in (usual, *range(1, min(most, 8) + 1)) if p != layer.padding]


def _window(facts: Facts, found: re.Match[str]) -> Finding:
    room, kernel = numbers(found["room"]), numbers(found["kernel"])
    layer: Any = facts.layer
    spatial = facts.given[-len(room) :] if facts.given else room
    said = sentence("K003", "the kernel of {path} reaches {kernel}, but there are {spatial}, {room} with padding",
                    path=facts.path or "Conv", kernel=kernel, spatial=spatial,
                    room=room)  # fmt: skip
    unknown: tuple[Sentence, ...] = ()
    if facts.given is None and 2 in room:
        unknown = (sentence("K003", "a padded size of 2 is often a size of 0 with padding=1: look at the input"),)
    if 0 in spatial:  # nothing in the model is wrong: the picture is empty
        return Finding(said, (), unknown)
    return Finding(said, tuple(_window_fixes(facts, layer, spatial, kernel)), unknown)


def _window_fixes(facts: Facts, layer: Any, spatial: Shape, kernel: Shape) -> Iterator[Fix]:
    enough = max(-(-(k - n) // 2) for k, n in zip(kernel, spatial, strict=False))
    offer = sentence("K003", "padding={padding}: then the kernel fits once", padding=enough)
    if layer is not None and is_convolution(layer):
        for padding in (half(layer), enough):
            made = rebuilt(layer, padding=padding)
            if made:
                yield replaced(
                    sentence("K003", "padding={padding}: then the kernel fits once", padding=padding),
                    layer, facts.path or "", made,
                )  # fmt: skip
        made = rebuilt(layer, kernel_size=tuple(max(1, min(k, n)) for k, n in zip(kernel, spatial, strict=False)))
        if made:
            yield replaced(sentence("K003", "a kernel no larger than the map"), layer, facts.path or "", made)
    else:
        yield Fix(offer, None, f"padding={enough}")
    yield from _unpooled(facts)
    yield from _enlarged(facts)


def _pooled(facts: Facts, found: re.Match[str]) -> Finding:
    shape = facts.given or numbers(found["shape"] or "")
    halvings = max(0, min(facts.inputs[0].shape[2:], default=0)).bit_length() - 1 if facts.inputs else None
    said = sentence("K004", "{path} was given {shape} and leaves nothing: the map is used up",
                    path=facts.path or "Pool", shape=shape)  # fmt: skip
    if halvings is not None and facts.inputs:
        said = sentence(
            "K004", "{path} was given {shape} and leaves nothing: an input of {sizes} bears {halvings} halvings",
            path=facts.path or "Pool", shape=shape, sizes=tuple(facts.inputs[0].shape[2:]), halvings=halvings,
        )  # fmt: skip
    return Finding(said, (*_unpooled(facts), *_enlarged(facts)))


def _unpooled(facts: Facts) -> Iterator[Fix]:
    """Poolings taken out: the one that failed, then with each before it as well."""
    if facts.model is None or facts.run is None:
        return
    pools = [s for s in facts.run.steps if s.is_module and "Pool" in s.kind and "Adaptive" not in s.kind]
    paths = list(dict.fromkeys(step.path for step in reversed(pools)))
    all_pools = [p for p, m in facts.model.named_modules() if "Pool" in type(m).__name__ and p not in paths
                 and "Adaptive" not in type(m).__name__]  # fmt: skip
    later = list(reversed(all_pools))
    order = later + paths
    for count in range(1, len(order) + 1):
        yield _without(facts.model, tuple(order[:count]))


def _without(model: nn.Module, paths: tuple[str, ...]) -> Fix:
    said = sentence("K004", "without {paths}", paths=", ".join(paths))

    def change(copied: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        for path in paths:
            parent, _, name = path.rpartition(".")
            setattr(copied.get_submodule(parent), name, nn.Identity())
        return copied, inputs

    return Fix(said, "\n".join(str(model.get_submodule(path)) for path in paths), "", change=change)


def _enlarged(facts: Facts) -> Iterator[Fix]:
    """A larger input: doubled until it is large enough."""
    for factor in (2, 4, 8, 16, 32, 64):
        sizes = tuple(factor * n for n in facts.inputs[0].shape[2:]) if facts.inputs else ()
        if not sizes or prod(sizes) * prod(facts.inputs[0].shape[:2]) > 2**24:
            return
        line = f"x = F.interpolate(x, size={sizes})"
        said = sentence("K004", "or a larger input: {line}", line=line)
        yield fed(said, line, partial(nn.functional.interpolate, size=sizes))


def _sum(facts: Facts, found: re.Match[str]) -> Finding:
    a, b, axis = int(found["a"]), int(found["b"]), int(found["axis"])
    shapes = facts.step.inputs[:2] if facts.step else ()
    what = " + ".join(str(s) for s in shapes)
    said = sentence("K021", "the two ends of the sum differ on axis {axis}: {a} and {b} {what}", axis=axis, a=a, b=b,
                    what=what)  # fmt: skip
    return Finding(said, (*_projected(facts, shapes), *_joined(facts, shapes)))


def _projected(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """The larger end of a sum through a 1x1 convolution with a stride, as residual networks do it."""
    step = facts.step
    if step is None or step.line is None or len(shapes) < 2 or len(shapes[0]) != len(shapes[1]):
        return
    larger = 0 if prod(shapes[0][2:]) >= prod(shapes[1][2:]) else 1
    (_, C, *sizes), (_, K, *wanted) = shapes[larger], shapes[1 - larger]
    strides = {-(-n // m) for n, m in zip(sizes, wanted, strict=True) if m}
    operands = _operands(step.line.text)
    if len(strides) != 1 or len(sizes) not in _POINTWISE or operands is None:
        return
    stride = strides.pop()
    if [-(-n // stride) for n in sizes] != wanted:
        return
    layer = _POINTWISE[len(sizes)](C, K, 1, stride=stride)
    said = sentence("K021", "{operand} through {layer}, as residual networks do", operand=operands[larger],
                    layer=written(layer))  # fmt: skip
    yield through(said, step.line, step.path, operands[larger], "shortcut", layer)


def _operands(line: str) -> tuple[str, str] | None:
    """Both ends of the first sum in a line of code; None where there is none, or one stands there twice."""
    try:
        tree = ast.parse(f"def f():\n {line}")
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        ends = (node.left, node.right) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else None
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            return None
        if ends:
            left, right = (ast.get_source_segment(f"def f():\n {line}", end) or "" for end in ends)
            return left, right
    return None


def _concat(facts: Facts, found: re.Match[str]) -> Finding:
    a, b, number = int(found["a"]), int(found["b"]), int(found["number"])
    shapes = facts.step.inputs if facts.step else ()
    said = sentence("K022", "tensor {number} of the concatenation has {b}, the first has {a} {what}", number=number,
                    a=a, b=b, what=", ".join(str(s) for s in shapes))  # fmt: skip
    return Finding(said, tuple(_joined(facts, shapes)))


def _joined(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """What makes the branches alike: padding, stride, channels of the layers that made them; then a layer after one."""
    if facts.model is None or len(shapes) < 2:
        return
    for step in [s for s in reversed(facts.done) if s.is_module and s.output in shapes][:6]:
        old: Any = facts.model.get_submodule(step.path)
        other = shapes[1] if step.output == shapes[0] else shapes[0]
        yield from _fitted(old, step, other)
    yield from _padded(facts)


_POINTWISE: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def _fitted(old: Any, step: Step, other: Shape) -> Iterator[Fix]:
    mine = step.output or ()
    if is_convolution(old):
        sizes: list[dict[str, Any]] = [
            {"padding": half(old)},
            {"stride": 1},
            {"stride": 2},
            {"stride": 1, "padding": half(old)},
        ]
        channels: dict[str, Any] = {"out_channels": other[1]} if other[1] != mine[1] else {}
        for changes in ([channels] if channels else []) + [size | channels for size in sizes]:
            made = rebuilt(old, **changes)
            if made:
                settings = ", ".join(f"{k}={v}" for k, v in changes.items())
                said = sentence("K021", "{written} in {path}", written=settings, path=step.path)
                yield replaced(said, old, step.path, made)
    rank = len(mine) - 2
    if rank not in _POINTWISE or len(other) != len(mine):
        return
    if mine[2:] == other[2:]:
        said = sentence("K021", "a 1x1 convolution after {path}, to {n} channels", path=step.path, n=other[1])
        yield followed(said, old, step.path, _POINTWISE[rank](mine[1], other[1], 1))
    else:
        said = sentence("K021", "resize what {path} gives to {size}", path=step.path, size=other[2:])
        resize: list[nn.Module] = [nn.Upsample(size=other[2:])]
        if mine[1] != other[1]:
            resize.append(_POINTWISE[rank](mine[1], other[1], 1))
        yield followed(said, old, step.path, *resize)


def _view(facts: Facts, found: re.Match[str]) -> Finding:
    wanted, size = numbers(found["wanted"]), int(found["size"])
    shape = facts.given
    said = sentence("K026", "{shape} has {size} numbers, which do not fill {wanted}", shape=shape or "x",
                    size=size, wanted=wanted)  # fmt: skip
    fixes: list[Fix] = []
    step = facts.step
    offer = sentence("K026", "flatten(x, 1): one row a picture; then in_features must be {features}",
                     features=prod(shape[1:]) if shape else size)  # fmt: skip
    if step and step.line and "x.view(" in step.line.text:
        call = step.line.text[step.line.text.index("x.view(") :]
        fixes.append(edited(offer, step.line, step.path, call[: call.index(")") + 1], "torch.flatten(x, 1)"))
    return Finding(said, tuple(fixes) or (Fix(offer, None, "x = torch.flatten(x, 1)"),))


def _border(facts: Facts, found: re.Match[str]) -> Finding:
    layer: Any = facts.layer
    spatial = facts.given[2:] if facts.given else ()
    circular = "wrapping" in found[0]
    said = (
        sentence("K013", "circular padding wraps once: it can be {n} at most on an axis of {n}; you have {padding}",
                 n=min(spatial, default=0), padding=getattr(layer, "padding", None))
        if circular
        else sentence("K013", "reflection leaves the edge out: padding {padding} needs more than {n} inputs, "
                      "{most} is the most", padding=getattr(layer, "padding", None) or numbers(found[0])[1:3],
                      n=min(spatial, default=0), most=max(min(spatial, default=1) - 1, 0))
    )  # fmt: skip
    if layer is None or not spatial:
        return Finding(said)
    most = min(spatial) - (0 if circular else 1)
    made = rebuilt(layer, padding=most)
    other = rebuilt(layer, padding_mode="replicate")
    offers = [(made, sentence("K013", "padding={most}", most=most)),
              (other, sentence("K013", "padding_mode='replicate', which has no limit"))]  # fmt: skip
    return Finding(said, tuple(replaced(text, layer, facts.path or "", new) for new, text in offers if new))


def _negative(facts: Facts, found: re.Match[str]) -> Finding:
    n, m = numbers(found["n"]), numbers(found["m"])
    layer: Any = facts.layer
    said = sentence("K017", "(n − 1)·stride − 2·padding + reach + output_padding gives {m} from {n}: less than 1",
                    n=n, m=m)  # fmt: skip
    made = [rebuilt(layer, padding=p) for p in range(9, -1, -1)] if layer else []
    fixes = [
        replaced(
            sentence("K017", "padding={padding}", padding=getattr(new, "padding", 0)), layer, facts.path or "", new
        )
        for new in made
        if new
    ]
    return Finding(said, tuple(fixes) or (Fix(sentence("K017", "padding={padding}", padding=0), None, "padding=0"),))


SIZES = (
    Cause(
        "K012", sentence("title", "a Linear after convolutions"),
        r"shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x\d+\)|got \[(\d+), (\d+)\] X \[(\d+), \d+\]",
        "mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)", _linear,
    ),
    Cause(
        "K017", sentence("title", "a transposed convolution that leaves nothing"),
        r"input size per channel: [(\[](?P<n>[^)\]]*)[)\]]. Calculated output size per channel: [(\[](?P<m>[^)\]]*)",
        "Given input size per channel: (2 x 2). Calculated output size per channel: (-4 x -4)", _negative,
    ),
    Cause(
        "K003", sentence("title", "a kernel larger than its input"),
        r"Calculated padded input size per channel: \((?P<room>[^)]*)\). Kernel size: \((?P<kernel>[^)]*)\)",
        "Calculated padded input size per channel: (32 x 32). Kernel size: (40 x 40)", _window,
    ),
    Cause(
        "K004", sentence("title", "pooled to nothing"),
        r"Given input size: \((?P<shape>[^)]*)\).*Output size is too small|Invalid computed output size",
        "Given input size: (3x1x1). Calculated output size: (3x0x0). Output size is too small", _pooled,
    ),
    Cause(
        "K021", sentence("title", "a sum of different sizes"),
        r"size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) at non-singleton dimension "
        r"(?P<axis>\d+)",
        "The size of tensor a (8) must match the size of tensor b (16) at non-singleton dimension 1", _sum,
    ),
    Cause(
        "K022", sentence("title", "a concatenation of different sizes"),
        r"Sizes of tensors must match except in dimension \d+. Expected (?:size )?(?P<a>\d+)\D+?(?:in dimension \d+ )?"
        r"(?:but )?got (?:size )?(?P<b>\d+) for tensor number (?P<number>\d+)",
        "Sizes of tensors must match except in dimension 1. Expected size 4 but got size 5 for tensor number 1",
        _concat,
    ),
    Cause(
        "K026", sentence("title", "a view of another size"),
        r"shape '\[(?P<wanted>[^\]]*)\]' is invalid for input of size (?P<size>\d+)",
        "shape '[-1, 1568]' is invalid for input of size 576", _view,
    ),
    Cause(
        "K013", sentence("title", "padding that reflects or wraps too far"),
        r"Padding size should be less than .*|causes wrapping around more than once",
        "Padding size should be less than the corresponding input dimension, but got: padding (4, 4) at dimension 3",
        _border,
    ),
)  # fmt: skip
