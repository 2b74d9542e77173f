"""What TorchDynamo is told while it traces for us, and for us alone: where a graph need not end.

Torch's settings, and its table of functions that it knows by themselves, are theirs again after each call.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import _jit_internal
from torch._dynamo import config
from torch._dynamo.guards import GuardBuilder
from torch._dynamo.variables.builder import VariableBuilder
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.misc import DebuggingVariable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HOOKED = {"skip_nnmodule_hook_guards": False}
_BARE = (list, tuple, dict)
"""Types that TorchScript wants to be told the elements of."""


def _is_of(thing: Any, kind: Any) -> bool:
    """What ``torch.jit.isinstance`` gives; of types with elements by itself, where a graph ends."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    for one in kinds:
        if not isinstance(one, type) or one in _BARE:
            return bool(_jit_internal._isinstance(thing, kind))  # noqa: SLF001 (what torch.jit's calls)
    return isinstance(thing, kinds)


class _Said(DebuggingVariable):
    """A warning, which is given behind the graph."""

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> Any:
        said = list(args)[:2]
        said += [kwargs["category"]] if "category" in kwargs and len(said) == 1 else []
        tx.output.root_tx.debug_locals.append((self, said))
        return ConstantVariable.create(None)


def _warning(builder: Any, value: Any) -> Any:
    builder.install_guards(GuardBuilder.BUILTIN_MATCH)
    return _Said(value, source=builder.source)


def _comparison(builder: Any, value: Any) -> Any:
    del value
    spelled: Any = _is_of
    builder.install_guards(GuardBuilder.FUNCTION_MATCH)
    return UserFunctionVariable(spelled)


_KNOWN: tuple[tuple[Any, Callable[[Any, Any], Any]], ...] = (
    (warnings.warn, _warning),
    (torch.jit.isinstance, _comparison),
)
"""Functions at which TorchDynamo would end a graph, and what it makes of each here."""


class _Table:
    """Torch's table of functions that it knows; ours are in it while somebody traces for us."""

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._ours: dict[int, Any] = {}

    @contextlib.contextmanager
    def filled(self) -> Iterator[None]:
        table = VariableBuilder._id_dispatch()  # noqa: SLF001 (where substitute_in_graph writes for good)
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._ours = {id(known): made for known, made in _KNOWN if id(known) not in table}
                table.update(self._ours)
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    for key in self._ours:
                        table.pop(key, None)


_TABLE = _Table()


@contextlib.contextmanager
def tracing(*, is_recurrent: bool) -> Iterator[None]:
    """While TorchDynamo may trace: by itself it passes by recurrent layers, and asks for no hook."""
    with config.patch(_HOOKED | {"allow_rnn": True} if is_recurrent else _HOOKED), _TABLE.filled():
        yield
