"""Which library made an array, asked without importing it, and what has to be known of each library."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.reference.dtype import name_of
from kaiyan.show.error import ConvError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.algorithm import Algorithm, Routine
    from kaiyan.engine.problem import Problem
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Shape


@dataclass(frozen=True, slots=True)
class Kind:
    """One array library: the name of its array type and the few things that libraries spell differently."""

    name: str
    type_name: str
    dtype_name: Callable[[Any], str]
    flipped: Callable[[Any, tuple[int, ...]], Any]
    identity: Callable[[int, Any], Any]
    strides: Callable[[Any], tuple[int, ...]]
    layout: Callable[[Shape, tuple[int, ...], Any], str]
    traced: Callable[[tuple[Any, ...]], bool]
    followed: Callable[[tuple[Any, ...]], bool]
    watched: Callable[[tuple[Any, ...]], bool]
    made: Callable[[Numbers], Any]
    overlap: Callable[[Any, Any], bool]
    dense: Callable[[Any], bool]
    lift: Callable[[Algorithm, Problem], Routine]


def kind_of(name: str, array: Any) -> Kind:
    """The library of an argument called ``name``; raises ``ConvError`` when it is no array that we know."""
    kind = _kind_of_type(array.__class__)
    if kind is None:
        raise ConvError(
            "not-an-array",
            "{name} is a {kind}, not a NumPy array or a torch tensor",
            "np.asarray({name})",
            name=name,
            kind=type(array).__name__,
        )
    return kind


def named(name: str) -> Kind:
    """The library of this name."""
    return next(kind for kind in KINDS if kind.name == name)


def same_kind(*arrays: Any) -> Kind:
    """The one library of an input, a weight and a bias (or None); raises ``ConvError`` where there are several."""
    names = ("x", "weight", "bias") if len(arrays) > 2 else ("weight", "bias")
    kinds = [kind_of(name, array) for name, array in zip(names, arrays, strict=False) if array is not None]
    if all(kind is kinds[0] for kind in kinds):
        return kinds[0]
    words = [f"{type(a).__module__.partition('.')[0]}.{type(a).__name__}" for a in arrays if a is not None]
    raise ConvError(
        "kinds-differ",
        "the arrays are of different libraries: {kinds}",
        "torch.from_numpy(array) or tensor.numpy() makes them the same kind",
        kinds=", ".join(words),
    )


@lru_cache(maxsize=256)
def _kind_of_type(kind: type) -> Kind | None:
    if issubclass(kind, np.ma.MaskedArray):
        raise ConvError("masked", "a masked array's mask would be lost", "x.filled(0) fills the gaps")
    for row in KINDS:
        module = sys.modules.get(row.name)
        if module is not None and issubclass(kind, getattr(module, row.type_name)):
            return row
    return None


def _torch_dtype_name(dtype: Any) -> str:
    name = str(dtype).removeprefix("torch.")
    return name if name == "bfloat16" else name_of(name)


def _torch_made(array: Numbers) -> Any:
    return import_module("torch").from_numpy(array)


def _torch_lift(algorithm: Algorithm, problem: Problem) -> Routine:
    from kaiyan.engine.algorithms.torch import lift

    return lift(algorithm, problem)


def _numpy_layout(shape: Shape, strides: tuple[int, ...], dtype: Any) -> str:
    if not dtype.isnative or any(step % dtype.itemsize for step in strides):
        return "unaligned"
    return _layout(shape, tuple(step // dtype.itemsize for step in strides))


def _layout(shape: Shape, strides: tuple[int, ...]) -> str:
    """Of an array (..., C, *spatial) with strides in elements; axes of one element lie anywhere."""
    C, *sizes = shape[1:]
    across, *steps = strides[1:]
    dense = 1
    planes = True
    for size, step in zip(reversed(sizes), reversed(steps), strict=True):
        planes = planes and (size == 1 or step == dense)
        dense *= size
    if planes:
        return "channels_first"
    if steps[-1] == 1:
        return "row_contiguous"
    return "channels_last" if across == 1 or C == 1 else "strided"


def _is_dense(shape: Shape, strides: tuple[int, ...], step: int) -> bool:
    """Whether the elements fill their memory without a gap, in whatever order."""
    for size, stride in sorted(zip(shape, strides, strict=True), key=lambda axis: (axis[1], axis[0])):
        if size > 1 and stride != step:
            return False
        step *= size
    return True


def _torch_traced(tensors: tuple[Any, ...]) -> bool:
    """Whether torch has to see what is done: for gradients, transforms, compilation, or a tensor of another class."""
    return _torch_followed(tensors) or _torch_watched(tensors)


def _torch_followed(tensors: tuple[Any, ...]) -> bool:
    """Whether torch has to see it, gradients apart."""
    torch = sys.modules["torch"]
    plain = (torch.Tensor, torch.nn.Parameter)
    for t in tensors:  # a loop: a generator costs a microsecond at every call
        if type(t) not in plain or t.is_sparse or t.is_conj() or t.is_neg():
            return True
    return torch._C._functorch.maybe_current_level() is not None or bool(torch.compiler.is_compiling())  # noqa: SLF001


def _torch_watched(tensors: tuple[Any, ...]) -> bool:
    """Whether a gradient is asked of one of them now."""
    return bool(sys.modules["torch"].is_grad_enabled()) and any(t.requires_grad for t in tensors)


KINDS: tuple[Kind, ...] = (
    Kind(
        name="numpy",
        type_name="ndarray",
        dtype_name=name_of,
        flipped=np.flip,
        identity=lambda n, like: np.eye(n, dtype=like.dtype),
        strides=lambda x: x.strides,
        layout=_numpy_layout,
        traced=lambda _: False,
        followed=lambda _: False,
        watched=lambda _: False,
        made=lambda array: array,
        overlap=np.may_share_memory,
        dense=lambda array: array.flags.writeable and _is_dense(array.shape, array.strides, array.itemsize),
        lift=lambda algorithm, problem: algorithm.build(problem),
    ),
    Kind(
        name="torch",
        type_name="Tensor",
        dtype_name=_torch_dtype_name,
        flipped=lambda x, axes: x.flip(axes),
        identity=lambda n, like: like.new_zeros((n, n)).fill_diagonal_(1),
        strides=lambda x: x.stride(),
        layout=lambda shape, strides, _: _layout(shape, strides),
        traced=_torch_traced,
        followed=_torch_followed,
        watched=_torch_watched,
        made=_torch_made,
        overlap=lambda a, b: np.may_share_memory(a.detach().numpy(), b.detach().numpy()),
        dense=lambda tensor: _is_dense(tensor.shape, tensor.stride(), 1),
        lift=_torch_lift,
    ),
)
"""Every library whose arrays are taken."""
