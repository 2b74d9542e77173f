"""The way out of maps that are used up: the least picture that works, or poolings that stand there too often."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import partial
from linecache import getline
from math import inf, prod
from time import process_time
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.fixes import Fix, edited_lines, fed
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.show.sentence import sentence
from kaiyan.trace.record import Line, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape
    from kaiyan.trace.record import Call, Record

_MOST = 2**26
"""Numbers in an input beyond which no larger picture is proposed."""
SECONDS = 0.4
"""What the search may take of all processors."""


def used_up(facts: Facts, *between: Fix) -> Iterator[Fix]:
    """The least picture; poolings that stand there too often before it, where no picture runs to the end.

    ``between`` are fixes that come before those that leave layers out.
    """
    larger, runs = _larger(facts)
    repeated = tuple(_repeated(facts))
    if not runs:
        yield from repeated
    if larger:
        yield larger
    yield from between
    yield from repeated
    yield from _unpooled(facts)


def _larger(facts: Facts) -> tuple[Fix | None, bool]:
    """The fix that gives it the least picture, and whether the model runs to its end then."""
    x = next((x for x in facts.inputs if isinstance(x, Tensor) and x.ndim > 1), None)
    if facts.model is None or x is None or 0 in x.shape or not x.is_floating_point():
        return None, False
    sizes, runs = _Search(facts, tuple(x.shape), min(2, x.ndim - 1)).least()
    if not sizes:
        return None, False
    if len(sizes) > 1:  # a sound that is stretched is another sound
        line = f"x = F.interpolate(x, size={sizes})"
        said = sentence("K004", "use pictures of {sizes} or larger: {line}", sizes="x".join(map(str, sizes)), line=line)
        return fed(said, line, partial(nn.functional.interpolate, size=sizes)), runs
    pads = (0, sizes[0] - x.shape[-1])
    line = f"x = F.pad(x, {pads})"
    said = sentence("K004", "use {n} samples or more: {line}", n=sizes[0], line=line)
    return fed(said, line, partial(nn.functional.pad, pad=pads)), runs


@dataclass
class _Search:
    """Sizes that are run until one is found that works and of which no axis can be less."""

    facts: Facts
    shape: Shape
    lead: int
    until: float = inf
    records: dict[Shape, Record] = field(default_factory=dict)
    """The run on each size."""

    def least(self) -> tuple[Shape, bool]:
        """Doubled until it works, then halved in between, and whether it runs to the end; empty where none helps."""
        for works in (self._runs, self._passes):
            large = next((size for size in self._doubled() if works(size)), None)
            if large is not None:
                return self._narrowed(large, works), works == self._runs
        return (), False

    def _doubled(self) -> Iterator[Shape]:
        size = self.shape[self.lead :]
        for _ in range(8):
            size = tuple(2 * n for n in size)
            if prod(size) * prod(self.shape[: self.lead]) > _MOST or process_time() > self.until:
                return
            yield size

    def _narrowed(self, large: Shape, works: Callable[[Shape], bool]) -> Shape:
        """The least size; the axes of a square stay alike, others are each as small as they can be."""
        given = self.shape[self.lead :]
        axes = [range(len(large))] if len(set(given)) == 1 else [range(axis, axis + 1) for axis in range(len(large))]
        for together in axes:
            fails, enough = given[together[0]] - 1, large[together[0]]
            while enough - fails > 1 and process_time() < self.until:
                middle = (enough + fails) // 2
                size = tuple(middle if axis in together else n for axis, n in enumerate(large))
                fails, enough, large = (fails, middle, size) if works(size) else (middle, enough, large)
        return large

    def _recorded(self, size: Shape) -> Record:
        if size not in self.records:
            self.records[size] = self._run(size)
        return self.records[size]

    def _run(self, size: Shape) -> Record:
        assert self.facts.model is not None
        device = "meta" if self.facts.meta else None
        inputs = tuple(
            torch.zeros((*x.shape[: self.lead], *size), dtype=x.dtype, device=device or x.device)
            if isinstance(x, Tensor) and tuple(x.shape[self.lead :]) == self.shape[self.lead :]
            else x
            for x in self.facts.inputs
        )
        run = record(self.facts.model, inputs, meta=self.facts.meta)
        self.until = min(self.until, process_time() + SECONDS)  # from the first run on, which loads torch's tables
        return run

    def _runs(self, size: Shape) -> bool:
        return self._recorded(size).error is None

    def _passes(self, size: Shape) -> bool:
        return len(self._recorded(size).done) > len(self.facts.done)


def _repeated(facts: Facts) -> Iterator[Fix]:
    """Poolings one directly behind the other: those too many left out, the last first."""
    steps = facts.record.steps if facts.record else ()
    behind = next((n for n, step in enumerate(reversed(steps)) if not _pools(step)), len(steps))
    if behind < 2 or facts.model is None:
        return
    row = steps[len(steps) - behind :]
    if row[-1].is_module and row[-1].path != row[-2].path and all(step.is_module for step in row):
        later = _later(facts.model, row[-1].path)
        paths = [*reversed(later), *(step.path for step in reversed(row))]
        for count in range(len(later) + 1, len(paths)):
            yield without(facts.model, tuple(paths[:count]))
        return
    block = _block(row[-1].line) if row[-1].line else []
    owner = _owner(row[-1])
    for count in dict.fromkeys((1, len(block), *range(2, len(block)))):
        if not block:
            break
        lines = block[len(block) - count :]
        said = sentence(
            "K004", "remove {count} of the poolings, beginning with {line}", count=count, line=lines[0].text
        )
        yield edited_lines(said, owner, dict.fromkeys(lines, "pass"))


def _pools(step: Call) -> bool:
    return "pool" in step.kind.lower() and "adaptive" not in step.kind.lower()


def _later(model: nn.Module, path: str) -> list[str]:
    """Poolings that follow directly behind one in a Sequential."""
    parent, _, name = path.rpartition(".")
    names = list(dict(model.get_submodule(parent).named_children()))
    later = []
    for other in names[names.index(name) + 1 :]:
        full = f"{parent}.{other}" if parent else other
        if "Pool" not in type(model.get_submodule(full)).__name__:
            break
        later.append(full)
    return later


def _owner(step: Call) -> str:
    """The module whose forward holds the step's line."""
    return step.path.rpartition(".")[0] if step.is_module else step.path


def _block(line: Line) -> list[Line]:
    """Equal lines around one that each put ``x`` through something and call it ``x`` again."""
    if not _is_repeatable(line.text):
        return []
    first = last = line.number
    while getline(line.file, first - 1).strip() == line.text:
        first -= 1
    while getline(line.file, last + 1).strip() == line.text:
        last += 1
    return [Line(line.file, number, line.text) for number in range(first, last + 1)]


def _is_repeatable(text: str) -> bool:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    node = tree.body[0] if tree.body else None
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call) or not node.value.args:
        return False
    target, given = node.targets[0], node.value.args[0]
    return isinstance(target, ast.Name) and isinstance(given, ast.Name) and target.id == given.id


def _unpooled(facts: Facts) -> Iterator[Fix]:
    """Poolings taken out: the one that failed, then with each before it as well."""
    if facts.model is None or facts.record is None:
        return
    pools = [s for s in facts.record.steps if s.is_module and "Pool" in s.kind and "Adaptive" not in s.kind]
    paths = list(dict.fromkeys(step.path for step in reversed(pools)))
    all_pools = [p for p, m in facts.model.named_modules() if "Pool" in type(m).__name__ and p not in paths
                 and "Adaptive" not in type(m).__name__]  # fmt: skip
    order = list(reversed(all_pools)) + paths
    for count in range(1, len(order) + 1):
        yield without(facts.model, tuple(order[:count]))


def without(model: nn.Module, paths: tuple[str, ...]) -> Fix:
    """A fix that leaves layers out."""
    names = [path_title(path) for path in paths]
    said = sentence("K004", "remove {paths}", paths=", ".join(map(str, names)) if len(names) > 1 else names[0])

    def change(copied: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        for path in paths:
            parent, _, name = path.rpartition(".")
            setattr(copied.get_submodule(parent), name, nn.Identity())
        return copied, inputs

    return Fix(said, "\n".join(str(model.get_submodule(path)) for path in paths), "", change=change)
