"""The numbers that ``index_select`` was given: a record has shapes, and the field needs to know which elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from kaiyan.trace.notes import bare_name
from kaiyan.trace.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn

    from kaiyan.trace.record import Record

_FUNCTION = "index_select"


def indices(model: nn.Module, run: Record, shape: Sequence[int], dtype: torch.dtype) -> dict[int, Any]:
    """The numbers of each such call, by the call's number; a run more for models that have some, none for others."""
    calls = [call.number for call in run.calls if call.kind == _FUNCTION]
    if not calls:
        return {}
    kept = _Kept()
    with torch.no_grad(), kept:
        undisturbed(lambda: model(torch.zeros(tuple(shape), dtype=dtype)))
    return dict(zip(calls, kept.found, strict=True)) if len(calls) == len(kept.found) else {}


class _Kept(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []

    def __torch_function__(
        self, func: Callable[..., Any], _: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if bare_name(func).strip("_") == _FUNCTION:
            index: Tensor = named["index"] if "index" in named else args[2]
            self.found.append(index.detach().clone().numpy())
        return func(*args, **named)
