"""Hooks on the modules of a model while it runs: each call in order, what it took, and what a reader keeps of it.

Nothing stays on a module when the watch ends, whatever ended it. Watch a double or a copy all the same where the model
is a user's: its forward may write into itself.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


@dataclass(slots=True)
class Visit:
    """One call of a module: ``turn`` counts the calls of it that began earlier under the same watch.

    ``args``, ``named`` and ``output`` are there while ``before`` and ``after`` are asked, and are then let go, so that
    no feature map is held for longer than the model holds it; ``kept`` is what ``after`` gave. ``failed`` until the
    module has given something. ``seconds`` are those of all that was called inside it too.
    """

    path: str
    module: nn.Module
    turn: int
    began: float = 0.0
    seconds: float = 0.0
    failed: bool = True
    kept: Any = None
    args: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)
    output: Any = None
    around: BaseException | None = None
    """What was being handled when it began: another at its end means that the module raised it."""

    def elapsed(self) -> float:
        """Seconds since it began."""
        return now() - self.began


@contextmanager
def watch(
    model: nn.Module,
    paths: Iterable[str] | None = None,
    *,
    before: Callable[[Visit], None] | None = None,
    after: Callable[[Visit], Any] | None = None,
    change: Callable[[Any], Any] | None = None,
) -> Iterator[list[Visit]]:
    """The calls of ``model``'s modules, or of those at ``paths``, in the order in which they begin.

    ``before`` is asked when a call begins, before any other hook; ``after`` when it ends, behind all others, also of a
    call that failed: what it returns is kept. ``change`` gives what the caller gets in place of an output. A module
    that stands in several places has the path of the first. TorchScript takes no hooks: its inside is not seen.
    Raises ``AttributeError`` for a path at which there is no module.

    >>> model = nn.Sequential(nn.Conv1d(1, 2, 3), nn.Flatten())
    >>> with watch(model, after=lambda visit: tuple(visit.output.shape)) as visits:
    ...     answer = model(torch.zeros(4, 1, 8))
    >>> [(visit.path, visit.kept) for visit in visits]
    [('', (4, 12)), ('0', (4, 2, 6)), ('1', (4, 12))]
    """
    visits: list[Visit] = []
    hooks = _Hooks(visits, before, after, change)
    modules = [*model.named_modules()] if paths is None else [(path, model.get_submodule(path)) for path in paths]
    modules = [(path, module) for path, module in modules if not isinstance(module, torch.jit.ScriptModule)]
    try:
        try:
            hooks.put_on(modules)
            yield visits
        finally:
            hooks.take_off(modules)
    finally:  # twice: where the one is interrupted the other is not
        hooks.take_off(modules)


class _Hooks:
    """The hooks of one watch."""

    def __init__(
        self,
        visits: list[Visit],
        before: Callable[[Visit], None] | None,
        after: Callable[[Visit], Any] | None,
        change: Callable[[Any], Any] | None,
    ) -> None:
        self._visits, self._before, self._after, self._change = visits, before, after, change
        self._turns: dict[str, int] = {}
        self._open: list[Visit] = []

    def put_on(self, modules: Sequence[tuple[str, nn.Module]]) -> None:
        for path, module in modules:
            module.register_forward_pre_hook(_Hook(self, path, self._begin), with_kwargs=True, prepend=True)
            module.register_forward_hook(_Hook(self, path, self._end), with_kwargs=True, always_call=True)

    def take_off(self, modules: Sequence[tuple[str, nn.Module]]) -> None:
        """By what they are, not by handles: an interruption may come before a handle is given."""
        for _, module in modules:
            own = vars(module)
            for hooks, flags in _TABLES.items():
                for key in [key for key, hook in own[hooks].items() if type(hook) is _Hook and hook.owner is self]:
                    for flag in flags:
                        own[flag].pop(key, None)
                    own[hooks].pop(key, None)

    def _begin(self, path: str, module: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        turn = self._turns.get(path, 0)
        self._turns[path] = turn + 1
        visit = Visit(path, module, turn, args=args, named=named, around=sys.exception())
        self._visits.append(visit)
        self._open.append(visit)
        if self._before is not None:
            self._before(visit)
        visit.args, visit.named = (), {}
        visit.began = now()

    def _end(self, path: str, module: nn.Module, args: tuple[Any, ...], named: dict[str, Any], output: Any) -> Any:
        visit = self._ended(path, module)
        if visit is None:
            return None
        visit.seconds = visit.elapsed()
        visit.failed = sys.exception() is not visit.around
        visit.args, visit.named, visit.output, visit.around = args, named, output, None
        if self._after is not None:
            visit.kept = self._after(visit)
        visit.args, visit.named, visit.output = (), {}, None
        return None if self._change is None or visit.failed else self._change(output)

    def _ended(self, path: str, module: nn.Module) -> Visit | None:
        """The innermost open call of a module; what is open inside it never ended."""
        places = [i for i, visit in enumerate(self._open) if visit.path == path and visit.module is module]
        if not places:
            return None
        visit = self._open[places[-1]]
        del self._open[places[-1] :]
        return visit


@dataclass(frozen=True, slots=True, eq=False)
class _Hook:
    """A hook that is known as one of a watch."""

    owner: _Hooks
    path: str
    call: Callable[..., Any]

    def __call__(self, *seen: Any) -> Any:
        return self.call(self.path, *seen)


_TABLES = {
    "_forward_pre_hooks": ("_forward_pre_hooks_with_kwargs",),
    "_forward_hooks": ("_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
}
"""Where a module of torch keeps its hooks, and what it notes of each."""


def now() -> float:
    """The clock in seconds, read when an accelerator in use has done what it was given."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
    return perf_counter()
