"""A graph of torch's calls traced to ATen: without writes in place, with what we have as wholes left whole."""

from __future__ import annotations

import contextlib
import operator
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.backends.common import aot_autograd

from kaiyan.nn.capture.alike import said_at_once, written_at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch.fx import GraphModule

_WHOLE = (
    "linear.default", "matmul.default", "scaled_dot_product_attention.default", "pad.default",
    "channel_shuffle.default",
    "upsample_nearest1d.vec", "upsample_nearest2d.vec", "upsample_nearest3d.vec",
    "upsample_linear1d.vec", "upsample_bilinear2d.vec", "upsample_trilinear3d.vec", "upsample_bicubic2d.vec",
    "_upsample_nearest_exact1d.vec", "_upsample_nearest_exact2d.vec",
    "_upsample_bilinear2d_aa.vec", "_upsample_bicubic2d_aa.vec", "grid_sampler.default",
    "lstm.input", "gru.input", "rnn_tanh.input", "rnn_relu.input",
)  # fmt: skip
"""What torch would write as many operations, and we, or torch itself, compute as one."""


def _composites() -> list[Any]:
    """The operations in ``_WHOLE`` that this torch has, and would take apart."""
    composite = torch._C.DispatchKey.CompositeImplicitAutograd  # noqa: SLF001 (torch.export's own way)
    pairs = (name.split(".") for name in _WHOLE)
    packets = [(getattr(torch.ops.aten, name, None), overload) for name, overload in pairs]
    whole = [getattr(packet, overload) for packet, overload in packets if hasattr(packet, overload)]
    return [operation for operation in whole if operation.has_kernel_for_dispatch_key(composite)]


def traced(
    module: GraphModule, inputs: Sequence[Any], compiler: Callable[[GraphModule, list[Any]], Any]
) -> Callable[..., Any]:
    """What computes ``module``, by what ``compiler`` makes of its ATen graph; what it writes to is written back."""
    trace = aot_autograd(fw_compiler=compiler, inference_compiler=compiler)
    with _whole(), said_at_once(), written_at_once():
        return trace(module, inputs)


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    """While torch traces, the operations in ``_WHOLE`` are not taken apart: torch.export's own way to do it."""
    from torch.export.exported_program import _override_composite_implicit_decomp

    with _override_composite_implicit_decomp(dict.fromkeys(_composites(), _left)):
        yield


def _left(*arguments: Any, **named: Any) -> Any:
    del arguments, named
    return NotImplemented


def is_ours(module: GraphModule) -> str | None:
    """Why an ATen graph cannot be a graph of ours, or None where it can."""
    from kaiyan.nn.capture.foreign import DTYPES

    for node in module.graph.nodes:
        if node.op == "call_function" and not _is_known_kind(node):
            return str(node.target)
        values = node.meta.get("val")
        if isinstance(values, torch.Tensor) and is_nothing(values) and not _only_joined(node):
            return "no elements"
        for value in values if isinstance(values, (list, tuple)) else [values]:
            if isinstance(value, torch.Tensor) and not _is_plain(value, DTYPES):
                return f"{value.dtype} on {value.device}"
            if isinstance(value, (torch.SymFloat, torch.SymBool)) or _is_unbacked(value):
                return str(value)
    return None


def _is_known_kind(node: Any) -> bool:
    is_aten = isinstance(node.target, torch._ops.OpOverload)  # noqa: SLF001 (the class has no other name)
    values = node.meta.get("val")
    several = values if isinstance(values, (list, tuple)) else [values]
    return is_aten or node.target is operator.getitem or not any(isinstance(value, torch.Tensor) for value in several)


def _is_plain(value: torch.Tensor, dtypes: Any) -> bool:
    return (
        value.dtype in dtypes and value.device.type == "cpu" and value.layout is torch.strided
        and not any(map(_is_unbacked, value.shape))
    )  # fmt: skip


def is_nothing(value: torch.Tensor) -> bool:
    """Whether a tensor has no elements, whatever its open sizes are."""
    sizes: tuple[Any, ...] = tuple(value.shape)
    return any(isinstance(size, int) and size == 0 for size in sizes)


def _only_joined(node: Any) -> bool:
    """Whether what comes of a call, no argument, is only joined to other things, as a cache that begins empty is."""
    if node.op == "placeholder":
        return False
    return all(str(reader.target) == "aten.cat.default" or _hands_on(reader) for reader in node.users)


def _hands_on(reader: Any) -> bool:
    value = reader.meta.get("val")
    return isinstance(value, torch.Tensor) and is_nothing(value) and _only_joined(reader)


def _is_unbacked(value: Any) -> bool:
    return isinstance(value, torch.SymInt) and not value.node.has_hint()
