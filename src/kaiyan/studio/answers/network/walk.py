"""One run of a network, step by step: every module without modules in it, and every function outside of those.

The steps are those of ``Record.layers``, in the same order, but with the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch._C import DisableTorchFunction
from torch.overrides import TorchFunctionMode

from kaiyan.trace.notes import bare_name, is_a_step
from kaiyan.trace.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.trace.watch import Visit

    Reader = Callable[["RunStep"], None]


@dataclass(slots=True)
class RunStep:
    """One step while it is read: ``output`` is None before it ended. A module, or a function with its arguments."""

    index: int
    name: str
    call: Callable[..., Any]
    args: tuple[Any, ...]
    named: dict[str, Any] = field(default_factory=dict)
    output: Any = None

    @property
    def module(self) -> nn.Module | None:
        """The module; None for a function."""
        return self.call if isinstance(self.call, nn.Module) else None


class Enough(Exception):  # noqa: N818 (it ends a run, nothing is wrong)
    """Raised by a reader that has what it wants: the run ends there."""


def walk(model: nn.Module, x: Tensor, *, before: Reader | None = None, after: Reader | None = None) -> Any:
    """The model's output on a copy of ``x``; ``before`` and ``after`` read each step. None where a reader had enough.

    Without gradients. A reader copies what it keeps: the next step may write into it.
    """
    walker = _Walker(before, after)
    given = x.clone()
    leaves = [path for path, module in model.named_modules() if not any(True for _ in module.children())]
    try:
        with torch.no_grad(), watch(model, leaves, before=walker.enter, after=walker.leave), walker:
            return model(given)
    except Enough:
        return None


class _Walker(TorchFunctionMode):
    """Counts the steps of one run, and shows them to the readers."""

    def __init__(self, before: Reader | None, after: Reader | None) -> None:
        super().__init__()
        self._before, self._after = before, after
        self._count = 0
        self._open: list[RunStep] = []

    def __torch_function__(
        self, func: Callable[..., Any], _: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if self._open or not self._steps(func, args):
            return func(*args, **named)
        step = RunStep(self._next(), bare_name(func).strip("_"), func, args, named)
        self._read(self._before, step)
        result = func(*args, **named)
        step.output = result
        self._read(self._after, step)
        return result

    def _steps(self, func: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        """Whether the record has it: what makes a tensor, and an attribute that is one, such as ``x.T``."""
        if is_a_step(bare_name(func)):
            return True
        return func.__name__ == "__get__" and isinstance(_got(func, args), Tensor)

    def enter(self, visit: Visit) -> None:
        """A module begins."""
        step = RunStep(self._next(), type(visit.module).__name__, visit.module, visit.args, visit.named)
        self._open.append(step)
        self._read(self._before, step)

    def leave(self, visit: Visit) -> None:
        """A module ends."""
        step = self._open.pop()
        if not visit.failed:
            step.output = visit.output
            self._read(self._after, step)

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    @staticmethod
    def _read(reader: Reader | None, step: RunStep) -> None:
        if reader is not None:
            with DisableTorchFunction():
                reader(step)


def _got(func: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    with DisableTorchFunction():
        return func(*args)
