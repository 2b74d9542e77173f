"""What a model learns from, in whatever form it came: so many examples, their order, and batches of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset, default_collate

from kaiyan.learn.training.error import TrainingError
from kaiyan.learn.training.random_numbers import draw_from, generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Batch = tuple[Any, Any]


@dataclass(frozen=True)
class Examples:
    """A data set with a length, and how batches of it are made; ``loader`` is the user's, whose batches are taken."""

    dataset: Any
    batch: int
    shuffled: bool = True
    loader: DataLoader[Any] | None = None

    def __len__(self) -> int:
        return len(self.dataset)

    def order(self, seed: int, epoch: int) -> list[list[int]]:
        """The indices of each batch of an epoch: the same for the same seed and epoch."""
        if self.loader is not None:
            return _order_of(self.loader, seed, epoch)
        places = torch.arange(len(self))
        if self.shuffled:
            places = torch.randperm(len(self), generator=generator(seed, "order", epoch))
        return [part.tolist() for part in places.split(self.batch)]  # type: ignore[no-untyped-call]

    def batches(self, order: Sequence[list[int]], seed: int, epoch: int) -> Iterator[Batch]:
        """Input and target of each batch. What a data set draws depends on the seed, the epoch and the index alone."""
        if isinstance(self.dataset, TensorDataset):
            inputs, targets = self.dataset.tensors
            yield from ((inputs[indices], targets[indices]) for indices in order)
            return
        collate = self.loader.collate_fn if self.loader is not None else default_collate
        workers = self.loader.num_workers if self.loader is not None else 0
        prepared = self.loader.worker_init_fn if self.loader is not None else None
        fetched: DataLoader[Any] = DataLoader(
            _Seeded(self.dataset, seed, epoch), batch_sampler=order, collate_fn=collate, num_workers=workers,
            worker_init_fn=prepared,
        )  # fmt: skip
        yield from map(_pair, fetched)

    def first(self, seed: int) -> Batch:
        """Input and target of the first example, as a batch of one."""
        return next(self.batches([[0]], seed, -1))

    @property
    def targets(self) -> Tensor | None:
        """All targets at once, where they are a tensor."""
        return self.dataset.tensors[1] if isinstance(self.dataset, TensorDataset) else None

    def split(self, fraction: float, seed: int) -> tuple[Examples, Examples]:
        """Two parts without a common example, the second of ``fraction`` of them, chosen by the seed."""
        held = round(len(self) * fraction)
        if self.loader is not None or not 0 < held < len(self):
            raise TrainingError(
                "validation-part", "validation={fraction} of {n} examples leaves no two parts to take",
                "validation=(inputs, targets)", fraction=fraction, n=len(self),
            )  # fmt: skip
        order = torch.randperm(len(self), generator=generator(seed, "validation"))
        return self._taken(order[held:]), replace(self._taken(order[:held]), shuffled=False)

    def _taken(self, order: Tensor) -> Examples:
        if isinstance(self.dataset, TensorDataset):
            return replace(self, dataset=TensorDataset(*(column[order] for column in self.dataset.tensors)))
        return replace(self, dataset=Subset(self.dataset, order.tolist()))


def examples(data: Any, batch: int, *, shuffled: bool = True) -> Examples:
    """The examples of a pair (inputs, targets), of inputs that are their own targets, a list, a Dataset, a DataLoader.

    Raises ``TrainingError`` where there are none, where inputs and targets are not as many, or for another form.
    """
    found = _read(data, batch, shuffled)
    if not len(found):
        raise TrainingError("no-examples", "there are no examples to learn from: the data has length 0")
    return found


def _read(data: Any, batch: int, shuffled: bool) -> Examples:
    if isinstance(data, DataLoader):
        if isinstance(data.dataset, IterableDataset) or data.batch_sampler is None:
            raise _without_order(data.dataset)
        return Examples(data.dataset, data.batch_size or 0, loader=data)
    if _is_array(data):
        data = data, data
    if isinstance(data, (tuple, list)) and len(data) == 2 and _is_array(data[0]) and not isinstance(data[1], Dataset):
        return Examples(_columns(*data), batch, shuffled)
    if isinstance(data, IterableDataset) or not (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        raise _without_order(data)
    return Examples(data, batch, shuffled)


def _without_order(data: Any) -> TrainingError:
    return TrainingError(
        "examples-form",
        "a {kind} has no examples that are found by number, so no order of them can be repeated",
        "give (inputs, targets), a list of pairs, a Dataset with a length, or a DataLoader of one with batches",
        kind=type(data).__name__,
    )


def _columns(inputs: Any, targets: Any) -> TensorDataset:
    columns = _tensor(inputs), _tensor(targets)
    counts = [len(column) if column.ndim else 0 for column in columns]
    if counts[0] != counts[1]:
        raise TrainingError(
            "examples-differ", "there are {inputs} inputs and {targets} targets", inputs=counts[0], targets=counts[1]
        )
    return TensorDataset(*columns)


def _is_array(data: Any) -> bool:
    return isinstance(data, (Tensor, np.ndarray))


def _tensor(values: Any) -> Tensor:
    """A tensor; real numbers of NumPy or Python in torch's usual type, as layers have it."""
    if isinstance(values, Tensor):
        return values.detach()
    found = torch.as_tensor(np.ascontiguousarray(values))
    return found.to(torch.get_default_dtype()) if found.is_floating_point() else found


def _pair(batch: Any) -> Batch:
    if isinstance(batch, Tensor):
        return batch, batch
    if isinstance(batch, (tuple, list)) and len(batch) == 2:
        return batch[0], batch[1]
    raise TrainingError(
        "example-form", "an example is a {kind}{count}; it must be a pair (input, target)",
        kind=type(batch).__name__, count=f" of {len(batch)}" if hasattr(batch, "__len__") else "",
    )  # fmt: skip


def _order_of(loader: DataLoader[Any], seed: int, epoch: int) -> list[list[int]]:
    """The batches of the user's own sampler, which draws what belongs to this epoch; its generator is given back."""
    draw_from(seed, "order", epoch)
    samplers: list[Any] = [loader.batch_sampler, loader.sampler]
    drawn: list[tuple[torch.Generator, Tensor]] = []
    for sampler in samplers:
        own = getattr(sampler, "generator", None)
        if isinstance(own, torch.Generator):
            drawn.append((own, own.get_state()))
            own.manual_seed(torch.initial_seed())
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(epoch)
    try:
        assert loader.batch_sampler is not None
        return [list(indices) for indices in loader.batch_sampler]
    finally:
        for own, state in drawn:
            own.set_state(state)


class _Seeded(Dataset[Any]):
    """A data set that draws, for each example, what belongs to it, in whichever process it is fetched."""

    def __init__(self, dataset: Any, seed: int, epoch: int) -> None:
        self._dataset, self._place = dataset, (seed, "example", epoch)

    def __getitem__(self, index: int) -> Any:
        draw_from(*self._place, index)
        return self._dataset[index]
