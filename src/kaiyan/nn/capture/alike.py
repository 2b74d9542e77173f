"""Results that lie as their operand does, said at once while torch traces sizes that are open.

Torch reckons each by taking the operation apart in Python, where every step compares symbolic sizes: of 8.2 s in which
MobileNetV2 was traced, ReLU6 took 6.2. A rule answers where the answer is plain, and else asks torch's own.
"""

from __future__ import annotations

import contextlib
import threading
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import torch
from torch._decomp import decomposition_table
from torch._subclasses import fake_impls
from torch._subclasses.fake_tensor import FakeTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Rule = Callable[..., Any]
    _Undo = Callable[[], None]

_OF_ONE = (
    "relu", "hardtanh", "hardswish", "hardsigmoid", "silu", "gelu", "elu", "leaky_relu", "sigmoid", "tanh", "mish",
    "celu", "softplus", "neg", "abs", "exp", "log", "sqrt", "rsqrt", "reciprocal", "floor", "ceil", "sin", "cos", "erf",
    "clamp", "clamp_min", "clamp_max",
)  # fmt: skip
_OF_TWO = ("add", "sub", "mul", "div")
_NORM = "_native_batch_norm_legit_no_training"
_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
"""Types that arithmetic with numbers does not change."""
_LOCK = threading.Lock()
_SAYING: list[_Undo] = []
_WRITING: list[_Undo] = []
"""For each that traces now, how torch becomes what it was."""
_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def said_at_once() -> contextlib.AbstractContextManager[None]:
    """While torch traces, the rules are asked before its own."""
    return _while_any(_SAYING, _say)


def written_at_once() -> contextlib.AbstractContextManager[None]:
    """While torch traces without writes, what is written in place is not first reckoned apart from that."""
    return _while_any(_WRITING, _write)


@contextlib.contextmanager
def _while_any(tracing: list[_Undo], change: Callable[[], _Undo]) -> Iterator[None]:
    """Torch is changed by the first that traces, and as it was when the last of those at once is done."""
    with _LOCK:
        tracing.append(tracing[0] if tracing else change())
    try:
        yield
    finally:
        with _LOCK:
            undo = tracing.pop()
            if not tracing:
                undo()


def _say() -> _Undo:
    known = _known()
    before = {operation: known.get(operation) for operation in _rules()}
    known.update(_rules())

    def undo() -> None:
        for operation, rule in before.items():
            known.pop(operation, None)
            if rule is not None:
                known[operation] = rule

    return undo


def _write() -> _Undo:
    key = torch._C.DispatchKey.Meta  # noqa: SLF001 (it has no other name)
    before = {operation: operation.py_kernels[key] for operation in _written() if key in operation.py_kernels}
    for operation, kernel in before.items():
        _put(operation, _written_to(kernel))

    def undo() -> None:
        for operation, kernel in before.items():
            _put(operation, kernel)

    return undo


def _put(operation: Any, kernel: Rule) -> None:
    operation.py_kernels[torch._C.DispatchKey.Meta] = kernel  # noqa: SLF001 (it has no other name)
    operation._dispatch_cache.clear()  # noqa: SLF001 (as torch.export does)


@cache
def _rules() -> dict[Any, Rule]:
    """What is asked first, by the operation."""
    aten, own = torch.ops.aten, _known()
    ones = {getattr(aten, name).default: _of_one for name in _OF_ONE}
    written = dict.fromkeys(_written(), _of_written)
    apart = {**ones, **written, getattr(aten, _NORM).default: _of_norm}
    rules = {
        operation: make(_apart(operation)) for operation, make in apart.items() if operation in decomposition_table
    }
    pairs = [getattr(aten, name).Tensor for name in _OF_TWO]
    return rules | {operation: _of_two(own[operation]) for operation in pairs if operation in own}


def _known() -> dict[Any, Rule]:
    """Where torch keeps its own rules, which it made for sums and products."""
    known: dict[Any, Rule] = getattr(fake_impls, "get_fast_op_impls", dict)()
    return known


@cache
def _written() -> tuple[Any, ...]:
    packets = [getattr(torch.ops.aten, f"{name}_", None) for name in _OF_ONE]
    return tuple(packet.default for packet in packets if packet is not None)


def _apart(operation: Any) -> Rule:
    """Torch's own way: an operation taken apart."""

    def rule(mode: Any, *arguments: Any, **named: Any) -> Any:
        with mode:
            return decomposition_table[operation](*arguments, **named)

    return rule


def _of_one(own: Rule) -> Rule:
    def rule(mode: Any, x: Any, *arguments: Any, **named: Any) -> Any:
        alike = _like(mode, x) if _are_plain((*arguments, *named.values())) else None
        return own(mode, x, *arguments, **named) if alike is None else alike

    return rule


def _of_two(own: Rule) -> Rule:
    def rule(mode: Any, x: Any, y: Any, **named: Any) -> Any:
        alike = _like(mode, x) if _lie_alike(x, y) and _are_plain(named.values()) else None
        return own(mode, x, y, **named) if alike is None else alike

    return rule


def _of_written(own: Rule) -> Rule:
    return lambda mode, *arguments, **named: _written_to(partial(own, mode))(*arguments, **named)


def _written_to(own: Rule) -> Rule:
    def kernel(x: Any, *arguments: Any, **named: Any) -> Any:
        is_plain = x.dtype in _FLOATS and _are_plain((*arguments, *named.values()))
        return x if is_plain else own(x, *arguments, **named)

    return kernel


def _of_norm(own: Rule) -> Rule:
    """On the processor the statistics of a norm that knows them are empty."""

    def rule(mode: Any, x: Any, *arguments: Any, **named: Any) -> Any:
        vectors = [entry for entry in (*arguments, *named.values()) if isinstance(entry, torch.Tensor)]
        fits = x.dim() > 1 and all(len(v.shape) == 1 and _equal(v.shape[0], x.shape[1]) for v in vectors)
        alike = _like(mode, x) if fits and x.device.type == "cpu" else None
        if alike is None:
            return own(mode, x, *arguments, **named)
        return alike, *(_made(mode, x, (0,), torch.contiguous_format) for _ in range(2))

    return rule


def _are_plain(arguments: Iterable[Any]) -> bool:
    return all(type(argument) in (int, float, bool, str) for argument in arguments)


def _like(mode: Any, x: Any) -> Any:
    """A result of the shape, type and layout of ``x``; None where that does not lie dense whatever its sizes are."""
    if x.dtype not in _FLOATS or x.layout is not torch.strided:
        return None
    axes = tuple(range(x.dim()))
    if _is_dense(x, axes):
        return _made(mode, x, x.shape, torch.contiguous_format)
    is_alone = any(_expression(size) == 1 for size in x.shape)  # then torch's operations do not agree on its stride
    if x.dim() in _LAST and not is_alone and _is_dense(x, (0, *axes[2:], 1)):
        return _made(mode, x, x.shape, _LAST[x.dim()])
    return None


def _made(mode: Any, x: Any, shape: Sequence[Any], layout: torch.memory_format) -> Any:
    return FakeTensor(mode, torch.empty(shape, dtype=x.dtype, device="meta", memory_format=layout), x.device)


def _is_dense(x: Any, order: Sequence[int]) -> bool:
    """Whether the axes, from the widest, follow one another in memory, by the expressions: nothing is guarded."""
    step: Any = 1
    for axis in reversed(order):
        if _expression(x.stride(axis)) != step:
            return False
        step = step * _expression(x.shape[axis])
    return True


def _lie_alike(x: Any, y: Any) -> bool:
    if not (isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor)):
        return False
    if (x.dtype, x.device, x.dim()) != (y.dtype, y.device, y.dim()):
        return False
    return all(map(_equal, (*x.shape, *x.stride()), (*y.shape, *y.stride())))


def _equal(a: Any, b: Any) -> bool:
    return a is b or bool(_expression(a) == _expression(b))


def _expression(size: Any) -> Any:
    return size.node.expr if isinstance(size, torch.SymInt) else size
