"""Causes about layers that reorder, resize or normalise: shuffles, Unflatten, Upsample, InstanceNorm, PReLU, groups."""

from __future__ import annotations

from math import isqrt, prod
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix, fed, preceded, replaced
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.explain.diagnosis.ways.grown import used_up, without
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import is_convolution, rebuilt

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape


def _one_place(facts: Facts, found: re.Match[str]) -> Finding:
    shape = facts.given or numbers(found["shape"])
    said = sentence("K040", "InstanceNorm needs more than one position to normalise "
                            "over, but {shape} has one: the feature map is too small", shape=shape)  # fmt: skip
    if facts.model is None:
        larger = Fix(sentence("K040", "use a larger picture, or halve it once less before this layer"))
        return Finding(said, (larger,))
    left_out = without(facts.model, (facts.path,)) if facts.layer is not None and facts.path else None
    return Finding(said, tuple(used_up(facts, *([left_out] if left_out else []))))


def _shuffle(facts: Facts, found: re.Match[str]) -> Finding:
    got, factor = int(found["got"]), int(found["factor"])
    shape = facts.given or ()
    said = sentence("K041", "PixelShuffle({r}) merges "
                            "{r}·{r} channels into one, so "
                            "it needs a multiple of "
                            "{square}; it was given {got}", r=isqrt(factor), square=factor, got=got)  # fmt: skip
    wanted = -(-got // factor) * factor
    if not shape:
        fix = Fix(
            sentence(
                "K041", "make the layer before it output {n} channels, a multiple of {square}", n=wanted, square=factor
            )
        )
        return Finding(said, (fix,))
    return Finding(said, tuple(_shuffle_fixes(facts, got, isqrt(factor))))


def _shuffle_fixes(facts: Facts, got: int, r: int) -> Iterator[Fix]:
    """As many channels as the layer behind takes, times r·r; what came taken for what is to be left; another factor."""
    for wanted in _wanted_channels(facts, got, r * r):
        giving = (s for s in reversed(facts.done) if s.output_shape and s.output_shape[1:2] == (got,))
        maker = next((s for s in giving if _makes(facts, s.path)), None)
        if maker is None or facts.model is None or wanted < 1:
            break
        old = facts.model.get_submodule(maker.path)
        made = rebuilt(old, out_channels=wanted)
        if made:
            said = sentence("K041", "out_channels={n} in {path}: {r}·{r} for each of the {left} channels after it",
                            n=wanted, path=path_title(maker.path), r=r, left=wanted // (r * r))  # fmt: skip
            yield replaced(said, old, maker.path, made)
    smaller = next((n for n in range(r - 1, 0, -1) if got % (n * n) == 0), None)
    if facts.layer is not None and smaller:
        said = sentence("K041", "upscale_factor={n}", n=smaller)
        yield replaced(said, facts.layer, facts.path or "", nn.PixelShuffle(smaller))


def _wanted_channels(facts: Facts, got: int, square: int) -> Iterator[int]:
    """What the next convolution takes, else what the picture itself had, else the multiples nearest by."""
    behind = _taken_behind(facts)
    given = next((x.shape[1] for x in facts.inputs if isinstance(x, Tensor) and x.ndim > 3), 0)
    near = sorted((got // square, got // square + 1), key=lambda n: abs(n * square - got))
    for left in dict.fromkeys((behind, *(() if behind else (given,)), *near, got)):
        if left > 0:
            yield left * square


def _makes(facts: Facts, path: str) -> bool:
    layer = facts.model.get_submodule(path) if facts.model else None
    return is_convolution(layer)


def _taken_behind(facts: Facts) -> int:
    """The channels of the next convolution behind the layer that failed, 0 where there is none."""
    if facts.model is None or not facts.path:
        return 0
    paths = [path for path, _ in facts.model.named_modules()]
    behind = (facts.model.get_submodule(path) for path in paths[paths.index(facts.path) + 1 :])
    return next((int(getattr(layer, "in_channels", 0)) for layer in behind if is_convolution(layer)), 0)


def _unshuffle(facts: Facts, found: re.Match[str]) -> Finding:
    n, r = int(found["n"]), int(found["r"])
    less, more = n // r * r, -(-n // r) * r
    said = sentence("K041", "PixelUnshuffle({r}) takes blocks of "
                            "{r}x{r}, but {n} is not a multiple of "
                            "{r}; {less} and {more} are", r=r, n=n, less=less, more=more)  # fmt: skip
    given = facts.given
    if given is None or len(given) < 3:
        return Finding(
            said, (Fix(sentence("K041", "a size divisible by {r}: {less} or {more}", r=r, less=less, more=more)),)
        )
    pads = (0, -given[-1] % r, 0, -given[-2] % r)
    line = f"x = F.pad(x, {pads})"
    pad = sentence("K041", "pad to the next multiple: {line}", line=line)
    fixes = [fed(pad, line, lambda x: nn.functional.pad(x, pads))] if not facts.done else []
    if facts.layer is not None:
        before = sentence("K041", "pad before it to the next multiple: ZeroPad2d({pads})", pads=pads)
        fixes.append(preceded(before, facts.layer, facts.path or "", nn.ZeroPad2d(pads)))
    return Finding(said, tuple(fixes))


def _unflatten(facts: Facts, found: re.Match[str]) -> Finding:
    sizes, got = numbers(found["sizes"]), int(found["got"])
    wanted = abs(prod(sizes))
    said = sentence("K042", "Unflatten to {sizes} takes {wanted} numbers, but axis {axis} has {got}", sizes=sizes,
                    wanted=wanted, axis=int(found["axis"]), got=got)  # fmt: skip
    layer: Any = facts.layer
    maker = facts.maker()
    fixes: list[Fix] = []
    if maker is not None and maker.is_module and facts.model is not None:
        old = facts.model.get_submodule(maker.path)
        made = rebuilt(old, out_features=wanted) if isinstance(old, nn.Linear) and -1 not in sizes else None
        if made:
            offer = sentence("K042", "out_features={wanted} in {path}", wanted=wanted, path=path_title(maker.path))
            fixes.append(replaced(offer, old, maker.path, made))
    axis = int(found["axis"])
    for other in _other_sizes(sizes, got):
        offer = sentence("K042", "Unflatten({axis}, {other})", axis=axis, other=other)
        made_so = nn.Unflatten(axis, other)
        fixes.append(replaced(offer, layer, facts.path or "", made_so) if layer else Fix(offer, None, f"nn.{made_so}"))
    return Finding(said, tuple(fixes))


def _other_sizes(sizes: Shape, got: int) -> Iterator[Shape]:
    """The same channels with other sides, then the same sides with other channels, as far as the numbers allow."""
    C, *sides = sizes
    if C > 0 and got % C == 0 and len(sides) == 2:
        side = isqrt(got // C)
        if C * side * side == got:
            yield (C, side, side)
    area = prod(sides)
    if area > 0 and got % area == 0 and got // area != C:
        yield (got // area, *sides)


MODES = {3: "linear", 4: "bilinear", 5: "trilinear"}
"""The linear mode of each rank, batch and channels included."""


def _upsample(facts: Facts, found: re.Match[str]) -> Finding:
    words = found.groupdict()
    rank = len(facts.given) if facts.given else int(words["got"] or words["rank"] or 0)
    if words["numbers"]:
        rank = len(numbers(words["numbers"])) + 2
    mode = words["mode"] or getattr(facts.layer, "mode", None) or "nearest"
    wanted = int(words["wanted"] or 0) or next((r for r, m in MODES.items() if m == mode), 4)
    said = sentence("K043", "Upsample with mode={mode!r} takes {wanted} axes, but the input has {rank}", mode=mode,
                    wanted=wanted, rank=rank)  # fmt: skip
    if words["numbers"]:
        said = sentence("K043", "Upsample was "
                                "given {sizes} "
                                "for {axes} "
                                "spatial axes: "
                                "give one "
                                "number per "
                                "axis, or one "
                                "for all", sizes=words["size"] or words["factor"], axes=rank - 2)  # fmt: skip
    return Finding(said, tuple(_upsample_fixes(facts, mode, wanted, rank)))


def _upsample_fixes(facts: Facts, mode: str, wanted: int, rank: int) -> Iterator[Fix]:
    if rank == wanted - 1 and not facts.done:
        line = "x = x.unsqueeze(0)"
        yield fed(sentence("K043", "a batch of one: {line}", line=line), line, lambda x: x.unsqueeze(0))
    layer: Any = facts.layer
    other = MODES.get(rank)
    if mode in MODES.values() and other:
        said = sentence("K043", "mode={mode!r}, which takes {rank} axes", mode=other, rank=rank)
        made = _upsampled(layer, mode=other)
        yield replaced(said, layer, facts.path or "", made) if made else Fix(said, f"mode={mode!r}", f"mode={other!r}")
    if layer is not None and rank > 2:
        for name in ("size", "scale_factor"):
            value = getattr(layer, name, None)
            if isinstance(value, tuple) and len(value) != rank - 2:
                fewer = (*value, *value)[: rank - 2] if len(value) < rank - 2 else value[: rank - 2]
                made = _upsampled(layer, **{name: fewer}, mode=other if mode in MODES.values() and other else mode)
                if made:
                    yield replaced(
                        sentence("K043", "{name}={value}", name=name, value=fewer), layer, facts.path or "", made
                    )


def _upsampled(layer: Any, **changes: Any) -> nn.Module | None:
    if not isinstance(layer, nn.Upsample):
        return None
    names = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor")
    return nn.Upsample(**{name: getattr(layer, name) for name in names} | changes)


def _prelu(facts: Facts, found: re.Match[str]) -> Finding:
    own, got = int(found["own"]), int(found["got"])
    said = sentence("K047", "{path} has num_parameters={own}, one per channel, but was given {got} on axis 1",
                    path=facts.named("PReLU"), own=own, got=got)  # fmt: skip
    each = sentence("K047", "num_parameters={got}", got=got)
    one = sentence("K047", "num_parameters=1: one slope for all channels")
    if not isinstance(facts.layer, nn.PReLU):
        return Finding(said, (Fix(each, f"nn.PReLU({own})", f"nn.PReLU({got})"), Fix(one, None, "nn.PReLU()")))
    path = facts.path or ""
    return Finding(
        said, (replaced(each, facts.layer, path, nn.PReLU(got)), replaced(one, facts.layer, path, nn.PReLU()))
    )


def _grouped(facts: Facts, found: re.Match[str]) -> Finding:
    words = found.groupdict()
    shape = numbers(words["shape"] or "")
    C = int(words["made"] or words["shuffled"] or (shape[1] if len(shape) > 1 else 0))
    G = int(words["groups"] or words["given"] or words["parts"] or 1)
    legal = [g for g in range(1, C + 1) if C % g == 0]
    near = min(legal, key=lambda g: (abs(g - G), g))
    said = sentence("K049", "{groups} groups do not divide {C} channels", groups=G, C=C)
    offer = sentence("K049", "{near} groups; possible values: {legal}", near=near, legal=", ".join(map(str, legal)))
    layer, path = facts.layer, facts.path or ""
    if isinstance(layer, nn.GroupNorm):
        made = rebuilt(layer, num_groups=layer.num_groups if C % layer.num_groups == 0 else near, num_channels=C)
        return Finding(said, (replaced(offer, layer, path, made),) if made else ())
    if isinstance(layer, nn.ChannelShuffle):
        return Finding(said, (replaced(offer, layer, path, nn.ChannelShuffle(near)),))
    return Finding(said, (Fix(offer, str(G), str(near)),))


ROWS = (
    Cause(
        "K040",
        r"Expected more than 1 spatial element when training, got input size (?:torch\.Size\()?(?P<shape>[^)]*)",
        "Expected more than 1 spatial element when training, got input size torch.Size([1, 8, 1, 1])", _one_place,
    ),
    Cause(
        "K041", r"pixel_shuffle expects .*?input\.size\(-3\)=(?P<got>\d+) is not divisible by (?P<factor>\d+)",
        "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
        "input.size(-3)=3 is not divisible by 4", _shuffle,
    ),
    Cause(
        "K041", r"pixel_unshuffle expects .*?input\.size\(-\d\)=(?P<n>\d+) is not divisible by (?P<r>\d+)",
        "pixel_unshuffle expects height to be divisible by downscale_factor, but input.size(-2)=5 is not divisible "
        "by 2",
        _unshuffle,
    ),
    Cause(
        "K042",
        r"unflatten: Provided sizes \[(?P<sizes>[^\]]*)\] don't multiply up to the size of dim (?P<axis>-?\d+) "
        r"\((?P<got>\d+)\)",
        "unflatten: Provided sizes [8, 4, 4] don't multiply up to the size of dim 1 (100) in the input tensor",
        _unflatten,
    ),
    Cause(
        "K043", r"Got (?P<got>\d)D input, but (?P<mode>\w+) mode needs (?P<wanted>\d)D input|"
        r"Only 3D, 4D and 5D input Tensors supported \(got (?P<rank>\d)D\)|"
        r"must have the same number of spatial dimensions, but got input with spatial dimensions of "
        r"\[(?P<numbers>[^\]]*)\] and (?:scale_factor of shape (?P<factor>\([^)]*\))|"
        r"output size of (?P<size>\([^)]*\)))",
        "Got 4D input, but linear mode needs 3D input", _upsample,
    ),
    Cause(
        "K047", r"Found parameter numbers = (?P<own>\d+) and channel size = (?P<got>\d+)",
        "Mismatch of parameter numbers and input channel size. Found parameter numbers = 8 and channel size = 3.",
        _prelu,
    ),
    Cause(
        "K049", r"num_channels \((?P<made>\d+)\) must be divisible by num_groups \((?P<groups>\d+)\)|"
        r"divisible by num_groups, but got input of shape \[(?P<shape>[^\]]*)\] and num_groups=(?P<given>\d+)|"
        r"must be divisible by groups. Got (?P<shuffled>\d+) channels and (?P<parts>\d+) groups",
        "num_channels (20) must be divisible by num_groups (8)", _grouped,
    ),
)  # fmt: skip
