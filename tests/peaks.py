"""What torch has alive at once while a model runs, counted from outside."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_REFERENCE: Any = StorageWeakRef


class _Living(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all memory that operations make, as long as it is alive; ``most`` is what it was at most."""

    def __init__(self, others: list[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._others = {tensor.untyped_storage()._cdata for tensor in others}
        self._made: dict[int, tuple[Any, int]] = {}
        self.most: int = 0

    def __torch_dispatch__(self, function: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor) and (storage := leaf.untyped_storage())._cdata not in self._others:
                self._made[storage._cdata] = _REFERENCE(storage), storage.nbytes()
        self._made = {key: entry for key, entry in self._made.items() if not entry[0].expired()}
        self.most = max(self.most, sum(size for _, size in self._made.values()))
        return made


@torch.no_grad()
def living(model: nn.Module, shape: tuple[int, ...]) -> int:
    """Bytes of a model's intermediate values and outputs that torch has alive at once; of weights and inputs none.

    It runs on tensors without numbers, so what libraries take for a moment inside an operation is not counted.
    """
    with torch.device("meta"):
        x = torch.empty(shape)
    blank = model.to("meta")
    with _Living([x, *blank.parameters(), *blank.buffers()]) as counted:
        blank(x)
    return int(counted.most)
