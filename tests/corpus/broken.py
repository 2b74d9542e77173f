"""Working networks broken the way people break them: one edit of the source or of the input, and the truth about it."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import torch

from corpus.broken_layers import LAYERS
from corpus.working import HEAD, WORKING, Working
from corpus.written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIES = 200


@dataclass(frozen=True, slots=True)
class Edit:
    """One mutation: the source and the input after it, and what was done in words."""

    source: str
    inputs: torch.Tensor
    truth: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A network that does not run, with its true mutation.

    ``lines`` are the numbers of the lines that were changed; ``places`` the paths of the modules whose settings were,
    where the model could be made at all. ``meant`` is a pattern that a fix must hold which restores.
    """

    network: str
    kind: str
    edit: Edit
    lines: frozenset[int]
    places: frozenset[str]
    expected: tuple[int, ...]
    meant: str = ""

    def __str__(self) -> str:
        return f"{self.network}, {self.kind}: {self.edit.truth}"


def load(source: str) -> Any:
    """The model a file of this source makes; its lines are seen in tracebacks."""
    path = written(source, "user")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make()


def _replaced(source: str, match: re.Match[str], group: int, text: str) -> str:
    return source[: match.start(group)] + text + source[match.end(group) :]


def _sites(pattern: str, source: str) -> list[re.Match[str]]:
    return list(re.finditer(pattern, source))


def _tensor(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(5))


def _edited(working: Working, match: re.Match[str], group: int, text: str) -> Edit:
    return Edit(
        _replaced(working.source, match, group, text),
        _tensor(working.shape),
        f"{match.group(group).strip()!r} -> {text.strip()!r} in {match.group(0).strip()!r}",
    )


def wrong_in_channels(working: Working, random: Random) -> Edit:
    """The first number of a convolution is another than the channels that come."""
    layers = r"(?:nn\.Conv\dd|nn\.ConvTranspose\dd|Block|InvertedResidual|TemporalBlock|Inception|double)\((\d+), "
    weights = r"torch\.randn\(\d+, (\d+), 3, 3\)"
    match = random.choice(_sites(layers, working.source) + _sites(weights, working.source))
    n = int(match.group(1))
    others = {1, 3, n * 2, max(n // 2, 1), n + 4} - {n}
    return _edited(working, match, 1, str(random.choice(sorted(others))))


def wrong_linear(working: Working, random: Random) -> Edit | None:
    """in_features was counted for another picture or another layer before it."""
    sites = _sites(r"nn\.Linear\((\d+), ", working.source)
    if not sites:
        return None
    match = random.choice(sites)
    n = int(match.group(1))
    return _edited(working, match, 1, str(random.choice((n * 4, n * 2, n // 2, n + 16, 512, 1024))))


FLATTENS = (
    r"( *x = torch\.flatten\(x, 1\)\n"
    r"| *x = x\.(?:view|reshape)\(x\.\w+(?:\(0\)|\[0\]), -1\)\n| *nn\.Flatten\(\),\n"
    r"| *x = x\.flatten\(1\)\n|\.flatten\(1\)| *x = x\.mean\(\[2, 3\]\)\n)"
)


def missing_flatten(working: Working, random: Random) -> Edit | None:
    """The line that makes (N, C, H, W) into (N, features) is gone, or takes the batch with it."""
    sites = _sites(FLATTENS, working.source)
    if not sites:
        return None
    match = random.choice(sites)
    text = match.group(0)
    joined = text.replace("(x, 1)", "(x)").replace("flatten(1)", "flatten()")
    return _edited(working, match, 1, joined if joined != text and random.random() < 0.3 else "")


def swapped_axes(working: Working, random: Random) -> Edit:
    """The channels come last, or change places with another axis."""
    x = _tensor(working.shape)
    last = random.random() < 0.7 or x.ndim == 3
    moved = x.movedim(1, -1) if last else x.transpose(1, 2)
    return Edit(working.source, moved.contiguous(), f"input {tuple(x.shape)} came as {tuple(moved.shape)}")


POOLINGS = r"( *x = self\.pool\(.*\)\n| *x = F\.max_pool2d\(.*\)\n| *nn\.MaxPool2d\(2\),\n)"
AGAIN = {"self.pool": "        x = self.pool(x)\n", "F.max": "        x = F.max_pool2d(x, 2)\n"}


def too_many_poolings(working: Working, random: Random) -> Edit | None:
    """One pooling after another until the picture is used up."""
    sites = _sites(POOLINGS, working.source)
    if not sites:
        return None
    match = random.choice(sites)
    text = next((line for word, line in AGAIN.items() if word in match.group(0)), "        nn.MaxPool2d(2),\n")
    times = random.randint(1, 6)
    edit = _edited(working, match, 1, match.group(0) + text * times)
    return Edit(edit.source, edit.inputs, f"{times} more of {text.strip()!r}")


def wrong_groups(working: Working, random: Random) -> Edit:
    """A number of groups that does not divide the channels, or a weight cut for other groups."""
    convolutions = r"nn\.Conv(?:Transpose)?\dd\(\w+, \w+, [^()\n]*?(groups=hidden|(?=\)))"
    match = random.choice(
        _sites(convolutions, working.source) + _sites(r"F\.conv2d\([^()\n]*?((?=\)))", working.source)
    )
    groups = random.choice((2, 3, 4, 5, 7))
    lead = "" if match.group(1) else ", "
    return _edited(working, match, 1, f"{lead}groups={groups}")


def wrong_rank(working: Working, random: Random) -> Edit:
    """An axis too few or too many in the input, or a layer of another rank."""
    x = _tensor(working.shape)
    sites = _sites(r"nn\.(?:Conv|BatchNorm|MaxPool|ConvTranspose)(\d)d\(", working.source)
    way = random.choice(("frames", "bare", "unbatched", "layer"))
    if way == "layer" and sites:
        match = random.choice(sites)
        return _edited(working, match, 1, str(random.choice([d for d in (1, 2, 3) if d != int(match.group(1))])))
    shapes = {"frames": x[:, None].expand(-1, 3, *x.shape[1:]), "bare": x[0, 0], "unbatched": x[0], "layer": x[0, 0]}
    return Edit(working.source, shapes[way].contiguous(), f"input {tuple(x.shape)} came as {tuple(shapes[way].shape)}")


def wrong_dtype(working: Working, random: Random) -> Edit:
    """Bytes or doubles from NumPy, or a model that was cast while its input was not."""
    x = _tensor(working.shape)
    if random.random() < 0.3:
        cast = random.choice((".half()", ".double()"))
        source = re.sub(r"(def make\(\):\n    return )([\s\S]*\))\n", rf"\1\2{cast}\n", working.source)
        return Edit(source, x, f"the model is {cast}, the input float32")
    dtype = random.choice((torch.uint8, torch.float64, torch.float16, torch.int64))
    return Edit(working.source, (x * 255).to(dtype), f"the input is {dtype}")


WORDS = ("'SAME'", "'Same'", "'same'", "'full'", "'VALID'", "'zeros'", "'half'", "(1, 1, 1, 1)")


def wrong_padding(working: Working, random: Random) -> Edit | None:
    """A word of another library, 'same' where torch has none, or a number for every side."""
    given = _sites(r"nn\.Conv(?:Transpose)?\dd\([^()\n]*padding=(self\.trim|\d+)", working.source)
    sites = given + _sites(r"F\.conv2d\([^()\n]*padding=(\d)", working.source)
    if not sites:
        return None
    return _edited(working, random.choice(sites), 1, random.choice(WORDS))


def wrong_skip(working: Working, random: Random) -> Edit | None:
    """The two ends of an addition or a concatenation do not fit."""
    if not working.skips:
        return None
    before, after = random.choice(working.skips)
    assert before in working.source
    source = working.source.replace(before, after)
    return Edit(source, _tensor(working.shape), f"{before!r} -> {after!r}")


MUTATIONS: dict[str, Callable[[Working, Random], Edit | None]] = {
    change.__name__.replace("_", " "): change
    for change in (
        wrong_in_channels,
        wrong_linear,
        missing_flatten,
        swapped_axes,
        too_many_poolings,
        wrong_groups,
        wrong_rank,
        wrong_dtype,
        wrong_padding,
        wrong_skip,
    )
}
"""Every way to break a network, by name."""


def failure(source: str, inputs: torch.Tensor) -> Exception | None:
    """What torch raises when this file is made and run; None where it runs."""
    try:
        load(source)(inputs)
    except Exception as error:  # noqa: BLE001 - whatever the user would see
        return error
    return None


def _changed(working: str, broken: str) -> frozenset[int]:
    """Numbers of the broken file's lines that the working file does not have there; those beside a removed line."""
    before, after = working.split("\n"), broken.split("\n")
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(after))
    tail = next(
        (i for i, (a, b) in enumerate(zip(reversed(before), reversed(after), strict=False)) if a != b), len(after)
    )
    return frozenset(range(same + 1, max(len(after) - tail, same + 1) + 1))


def _places(working: str, broken: str) -> frozenset[str]:
    """Paths of the modules that are written differently in the two models, or hold weights of another shape."""
    try:
        made = load(broken)
    except Exception:  # noqa: BLE001 - it is broken: it may not be made at all
        return frozenset()
    before = {path: _look(module) for path, module in load(working).named_modules()}
    return frozenset(path for path, module in made.named_modules() if before.get(path) != _look(module))


def _look(module: Any) -> tuple[str, list[Any]]:
    written = "" if list(module.children()) else str(module)
    return written, [weight.shape for weight in module.parameters(recurse=False)]


def _exhausted(error: Exception) -> bool:
    """Whether the picture is used up: a Linear that no longer fits is a fault of another kind."""
    return "mat1" not in str(error)


def broken(seed: int, count: int = 60) -> Iterator[Broken]:
    """``count`` networks that fail, as many of each kind as can be, the same for the same seed."""
    random = Random(seed)
    kinds = [*MUTATIONS, *LAYERS]
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield _one(kind, random) if kind in MUTATIONS else _own(kind, random)


def _own(kind: str, random: Random) -> Broken:
    """A network that is broken in the way that is its own."""
    pair = LAYERS[kind](random)
    source = HEAD + pair.source
    broken = source.replace(pair.before, pair.after) if pair.before else source
    given = pair.inputs if pair.given is None else pair.given
    truth = f"{pair.before!r} -> {pair.after!r}" if pair.before else f"given {tuple(given.shape)} {given.dtype}"
    edit, expected = Edit(broken, given, truth), tuple(load(source).eval()(pair.inputs).shape)
    lines = _changed(source, broken) if broken != source else frozenset()
    return Broken(kind, kind, edit, lines, _places(source, broken), expected, pair.meant)


def _one(kind: str, random: Random) -> Broken:
    for _ in range(TRIES):
        name = random.choice(list(WORKING))
        working = WORKING[name](random)
        working = Working(HEAD + working.source, working.shape, working.skips)
        edit = MUTATIONS[kind](working, random)
        if edit is None:
            continue
        error = failure(edit.source, edit.inputs)
        if error is None or (kind == "too many poolings" and not _exhausted(error)):
            continue
        output = load(working.source)(_tensor(working.shape))
        lines, places = _changed(working.source, edit.source), _places(working.source, edit.source)
        return Broken(name, kind, edit, lines if edit.source != working.source else frozenset(), places, output.shape)
    message = f"no {kind} found in {TRIES} tries"
    raise RuntimeError(message)
