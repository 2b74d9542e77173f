"""A run of the original in which each of its layers is computed a second time as it would be, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from kaiyan.engine.stopwatch import seconds_of
from kaiyan.nn.acceleration import replacement as settings
from kaiyan.nn.acceleration.checking import share
from kaiyan.nn.acceleration.deferred import read
from kaiyan.nn.acceleration.own_forward import OwnForward, replacement_for
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kaiyan.nn.acceleration.replacement import Replacement
    from kaiyan.trace.watch import Visit

_CALLS = 2
_RACES = 7
_SHORT = 0.02
SLOWER = 1.0
"""A factor of the times that a layer may take."""


def rehearsed(model: nn.Module, inputs: Iterable[Any], waits: Mapping[str, str], precision: str) -> dict[str, Sentence]:
    """Why layers are left, by name, of those that ``waits`` names with what their outputs wait for.

    ``model`` is a copy that is run, and not to be used again.
    """
    watchers = {
        name: _Watcher(replacement_for(model.get_submodule(name), precision), until) for name, until in waits.items()
    }
    with watch(model, waits, after=lambda visit: watchers[visit.path].compare(visit)):
        run(model, inputs)
    idle = [name for name, watcher in watchers.items() if not watcher.calls]
    reasons = {name: watcher.reason for name, watcher in watchers.items() if watcher.reason is not None}
    return reasons | (_uncalled(model, inputs, idle) if idle else {})


def run(model: nn.Module, inputs: Iterable[Any]) -> Any:
    """The model's outputs on copies of the inputs; torch's random numbers are where they were."""
    own = tree_map(lambda entry: entry.detach().clone() if isinstance(entry, Tensor) else entry, tuple(inputs))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        return model(*own)


class _Watcher:
    """Computes a layer again as it would be computed, and keeps why it must not be."""

    def __init__(self, replacement: Replacement, until: str) -> None:
        self.replacement, self.calls = replacement, 0
        self._until = until
        self.reason: Sentence | None = None

    def compare(self, visit: Visit) -> None:
        """After each of the first calls of the layer."""
        self.calls += not visit.failed
        if visit.failed or self.calls > _CALLS or self.reason is not None:
            return
        args, kwargs, output = visit.args, visit.named, visit.output
        self.reason = self._computed(args, kwargs, output)
        if self.calls == 1 and self.reason is None:
            self.reason = self._varying(args, kwargs) or self._slow(args, kwargs, output)
        if self.calls == _CALLS or self.reason is not None:
            self.replacement.forget()

    def _computed(self, args: Any, kwargs: Any, output: Any) -> Sentence | None:
        try:
            ours = self.replacement(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 (whatever a layer's own forward raises)
            return sentence(
                "left-replacement-fails", "its replacement fails: {error}", error=str(error).partition("\n")[0]
            )
        if not self.replacement.convs():
            return self.replacement.idle(*args, **kwargs)
        return _unlike(ours, output)

    def _varying(self, args: Any, kwargs: Any) -> Sentence | None:
        """Of a forward of its own: on another input the same weight must come again."""
        if not isinstance(self.replacement, OwnForward):
            return None
        known = len(self.replacement.convs())
        other = tree_map(_otherwise, (args, kwargs))
        unlike = _unlike(self.replacement(*other[0], **other[1]), self.replacement.plain(*other[0], **other[1]))
        if len(self.replacement.convs()) != known:
            return sentence("left-weight-from-input", "its weight is computed from its input")
        return unlike

    def _slow(self, args: Any, kwargs: Any, output: Any) -> Sentence | None:
        """Where torch is faster, and nothing that follows is saved."""
        ours, theirs = [], []
        for _ in range(_RACES):
            theirs.append(_timed(self.replacement.plain, args, kwargs))
            ours.append(_timed(self.replacement, args, kwargs))
            if sum(theirs) > _SHORT:
                break
        numbers = sum(leaf.numel() for leaf in tree_leaves(output) if isinstance(leaf, Tensor))
        allowed = _saved if self._until and numbers >= settings.WORTH_WAITING else _noise
        if min(ours) <= SLOWER * allowed(min(theirs)):
            return None
        facts = {"theirs": min(theirs) * 1e3, "ours": min(ours) * 1e3}
        return sentence("left-slower", "torch computes it in {theirs:.3f} ms, this in {ours:.3f} ms", **facts)


class _Reads(TorchFunctionMode):
    """Which tensors functions are given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        self.seen |= {id(leaf) for leaf in tree_leaves((args, kwargs)) if type(leaf) is nn.Parameter}
        return func(*args, **(kwargs or {}))


def _uncalled(model: nn.Module, inputs: Iterable[Any], names: list[str]) -> dict[str, Sentence]:
    """Of layers whose forward is not called: whether their weight is read."""
    with _Reads() as reads:
        run(model, inputs)
    read_alone = sentence("left-only-weight-read", "its forward is never called, only its weight is read")
    unused = sentence("left-not-called", "it is not called with this input")
    return {name: read_alone if id(model.get_submodule(name).weight) in reads.seen else unused for name in names}


def _unlike(ours: Any, theirs: Any) -> Sentence | None:
    pairs = [(a, b) for a, b in zip(tree_leaves(read(ours)), tree_leaves(theirs), strict=True) if isinstance(b, Tensor)]
    difference = max((_difference(a, b) for a, b in pairs), default=0.0)
    if difference > max(*(torch.finfo(b.dtype).eps ** 0.4 for _, b in pairs), 1e-3):
        return sentence(
            "left-own-output-differs",
            "its own output differs by {difference:.1e} of its largest value",
            difference=difference,
        )
    return None


def _difference(ours: Tensor, theirs: Tensor) -> float:
    """As a share of the largest value."""
    return share(theirs, ours) if (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype) else float("inf")


def _otherwise(entry: Any) -> Any:
    """Another input of the same shape."""
    return entry.flip(-1) * 0.5 if isinstance(entry, Tensor) and entry.is_floating_point() and entry.ndim else entry


def _noise(seconds: float) -> float:
    """What a layer may take that takes nothing in."""
    return 1.03 * seconds + 2e-6


def _saved(seconds: float) -> float:
    """What a layer may take that takes in what follows it."""
    return 1.1 * seconds + 1e-5


def _timed(call: Any, args: Any, kwargs: Any) -> float:
    return seconds_of(lambda: call(*args, **kwargs))
