"""Calls, and the tensors that went in and came out, without their values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor without its values: shape, dtype ("float32"), the device it has in the user's hands.

    ``name`` is a number that two places share when they hold the same tensor: the edges of the data flow.
    """

    JSON = ("shape", "dtype", "device")

    shape: tuple[int, ...]
    dtype: str
    device: str
    name: int = field(default=-1, compare=False)

    @property
    def bytes(self) -> int:
        """What its elements take."""
        size: int = getattr(torch, self.dtype).itemsize
        return torch.Size(self.shape).numel() * size


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the user's own source: ``file``, ``number`` from 1, ``text`` without its indentation."""

    file: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a module or a function, in the order in which it began.

    ``path`` of a function is that of the module whose forward called it. ``line`` is None where no line of the user's
    calls it. ``outputs`` is empty where it failed. ``parent`` is the number of the call around it, -1 for none.
    ``arguments`` are a function's, by position and by name, each tensor replaced by its ``TensorSpec``. ``package`` is
    where a module's class comes from ("torch", "timm", "__main__").
    """

    JSON = ("path", "code", "input_shapes", "output_shape")

    number: int
    path: str
    depth: int
    kind: str
    code: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...] = ()
    line: Line | None = None
    failed: bool = False
    parent: int = -1
    is_module: bool = True
    is_leaf: bool = True
    parameters: int = 0
    weights: tuple[TensorSpec, ...] = ()
    training: bool = False
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    package: str = ""

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shapes that it was given."""
        return tuple(seen.shape for seen in self.inputs)

    @property
    def output_shape(self) -> Shape | None:
        """The shape of its first result: None where it failed, () where it gave no tensor."""
        if self.failed:
            return None
        return self.outputs[0].shape if self.outputs else ()
