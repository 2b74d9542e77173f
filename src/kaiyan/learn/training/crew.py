"""Who trains: this process on its CPU, or several processes and other devices through Lightning Fabric.

Fabric places models and data, starts processes and joins their gradients. One process on a CPU needs none of it:
it would cost an import and a wrapped call a step, so it is only asked for where there is something to ask for.
"""

from __future__ import annotations

import copy
import pickle
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.multiprocessing.spawn import ProcessRaisedException

from kaiyan.learn.training.error import TrainingError
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn
    from torch.optim import Optimizer

    from kaiyan.learn.training.course import Course


class Crew(Protocol):
    """What a run asks of those who train: the part of Fabric that is used here."""

    @property
    def global_rank(self) -> int: ...
    @property
    def world_size(self) -> int: ...
    def to_device(self, obj: Any) -> Any: ...
    def setup(self, module: nn.Module, *optimizers: Optimizer) -> Any: ...
    def backward(self, tensor: Tensor) -> None: ...
    def all_reduce(self, data: Any, *, reduce_op: str) -> Any: ...


class Alone:
    """This process on its CPU."""

    global_rank = 0
    world_size = 1

    def to_device(self, obj: Any) -> Any:
        return obj

    def setup(self, module: nn.Module, *optimizers: Optimizer) -> Any:
        return (module, *optimizers)

    def backward(self, tensor: Tensor) -> None:
        tensor.backward()  # type: ignore[no-untyped-call]

    def all_reduce(self, data: Any, *, reduce_op: str) -> Any:
        del reduce_op
        return data


def launched(course: Course, run: Callable[[Crew, Course], dict[str, Any]]) -> dict[str, Any]:
    """What the first of all processes gives back, after every one of them has run the course."""
    if course.devices == 1 and course.accelerator == "cpu":
        return run(Alone(), course)
    fabric = _fabric(course)
    if course.devices == 1:
        fabric.launch()
        return run(fabric, course)
    with TemporaryDirectory() as told:
        try:
            share = partial(_share, course=course, run=run, threads=torch.get_num_threads(), told=Path(told))
            fabric.launch(share)
        except ProcessRaisedException:
            for refusal in sorted(Path(told).glob("*.refusal")):
                raise pickle.loads(refusal.read_bytes()) from None
            raise
        outcome: dict[str, Any] = torch.load(Path(told) / OUTCOME, weights_only=True)
    return outcome


OUTCOME = "outcome.pt"


def _fabric(course: Course) -> Any:
    try:
        from kaiyan.learn.training.several import fabric
    except ModuleNotFoundError as error:
        msg = f"devices={course.devices}, accelerator={course.accelerator!r} need {error.name}: "
        raise ModuleNotFoundError(f"{msg}pip install 'kaiyan[learn]'", name=error.name) from None
    try:
        return fabric(course.devices, course.accelerator)
    except (ValueError, RuntimeError) as error:
        raise TrainingError(
            "devices-refused", "devices={devices}, accelerator={accelerator!r} cannot be had here ({reason})",
            "devices=1, accelerator='cpu'",
            devices=course.devices, accelerator=course.accelerator, reason=str(error).partition("\n")[0],
        ) from None  # fmt: skip


def _share(
    fabric: Any, *, course: Course, run: Callable[[Crew, Course], dict[str, Any]], threads: int, told: Path
) -> None:
    """The run in a process of its own, on its own copy: tensors that came from another process are shared with it.

    What comes of it is left in the folder ``told``: tensors that a process sends are gone when it ends, and of an
    exception only the text arrives.
    """
    torch.set_num_threads(threads)
    try:
        outcome = run(fabric, copy.deepcopy(course))
        if fabric.global_rank == 0:
            torch.save(outcome, told / OUTCOME)
        fabric.barrier()
        torch.distributed.destroy_process_group()  # threads of a group that stands end the process by SIGABRT
    except KaiyanError as error:
        written = told / f"{fabric.global_rank}.unfinished"
        written.write_bytes(pickle.dumps(error))
        written.replace(written.with_suffix(".refusal"))
        raise
