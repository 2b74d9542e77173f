"""A convolution as an operator of torch: compiled, exported, differentiated any number of times, mapped over batches.

``kaiyan::conv`` takes its description as text, so that an exported graph can be read. On a CPU it runs on the engine;
elsewhere, and in types that kernels do not compute, on torch with the right pads.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import torch
from torch import Tensor

from kaiyan.arrays.table import kind_of
from kaiyan.ops import gradients
from kaiyan.ops.routine import computed
from kaiyan.spec.conv import Conv

Sizes = list[int]

spec_of = lru_cache(maxsize=4096)(Conv.parse)


def conv(x: Tensor, weight: Tensor, bias: Tensor | None, spec: str) -> Tensor:
    """An input (N, C, *spatial) through ``spec``, a description as ``str(Conv)`` gives it: (N, K, *output)."""
    return CONV(x, weight, bias, spec)


def input_gradient(gradient: Tensor, weight: Tensor, sizes: Sizes, spec: str, last: bool) -> Tensor:
    """The gradient of x (N, C, *sizes) from the output's, channels last if asked; complex as torch's, conjugated."""
    return INPUT_GRADIENT(gradient, weight, sizes, spec, last)


def weight_gradient(gradient: Tensor, x: Tensor, spec: str) -> Tensor:
    """The gradient of the weight from the output's; complex as torch's, conjugated."""
    return WEIGHT_GRADIENT(gradient, x, spec)


class Differentiable:
    """A function of tensors with its derivative and its way over a batch.

    It is an operator where torch looks at what is done, and a ``torch.autograd.Function`` where torch computes at once:
    that costs 50 microseconds less, and functorch follows it.
    """

    def __init__(
        self, name: str, compute: Any, fake: Any, keep: Any, backward: Any, forward: Any, over_batch: Any
    ) -> None:
        self._operator: Any = torch.library.custom_op(f"kaiyan::{name}", compute, mutates_args=())
        self._operator.register_fake(fake)
        self._operator.register_autograd(backward, setup_context=keep)
        self._operator.register_vmap(over_batch)
        members = {
            "forward": compute, "setup_context": keep, "backward": backward, "jvp": forward, "vmap": over_batch,
        }  # fmt: skip
        self._function: Any = type(name, (torch.autograd.Function,), {k: staticmethod(v) for k, v in members.items()})

    def __call__(self, *arguments: Any) -> Tensor:
        if torch.compiler.is_compiling():
            traced: Tensor = self._operator(*arguments)
            return traced
        plain = all(_is_plain(a) for a in arguments if isinstance(a, Tensor))
        found: Tensor = (self._function.apply if plain else self._operator)(*arguments)
        return found


_PLAIN = (Tensor, torch.nn.Parameter)


def _is_plain(tensor: Tensor) -> bool:
    """Whether torch computes it at once, or functorch follows it; ``is_grads_batched`` uses torch's older vmap."""
    if type(tensor) not in _PLAIN:
        return False
    return torch._C._has_storage(tensor) or torch._C._functorch.maybe_current_level() is not None  # noqa: SLF001


def _conv(x: Tensor, weight: Tensor, bias: Tensor | None, spec: str) -> Tensor:
    found = spec_of(spec)
    return _laid(computed(found, x, weight, bias, fresh=True), last=_is_last(x))


def _conv_fake(x: Tensor, weight: Tensor, bias: Tensor | None, spec: str) -> Tensor:
    dtype = weight.dtype if bias is None else torch.promote_types(weight.dtype, bias.dtype)
    found = spec_of(spec)
    sizes = [a.output_size(n) for a, n in zip(found.axes, x.shape[2:], strict=True)]
    return _room(x, found.channels[1], sizes, last=_is_last(x)).to(torch.promote_types(x.dtype, dtype))


def _conv_keep(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor | None, str], output: Tensor) -> None:
    del output
    x, weight, bias, ctx.spec = inputs
    ctx.types = x.dtype, weight.dtype, None if bias is None else bias.dtype
    ctx.save_for_backward(x, weight)
    ctx.save_for_forward(x, weight)


def _conv_backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
    x, weight = ctx.saved_tensors
    for_x, for_weight, for_bias, _ = ctx.needs_input_grad
    over = (0, *range(2, gradient.ndim))
    return (
        input_gradient(gradient, weight, list(x.shape[2:]), _linear(ctx.spec), _is_last(x)).to(ctx.types[0])
        if for_x
        else None,
        weight_gradient(gradient, x, ctx.spec).to(ctx.types[1]) if for_weight else None,
        gradient.sum(over).to(ctx.types[2]) if for_bias else None,
        None,
    )


def _conv_tangent(ctx: Any, x: Tensor | None, weight: Tensor | None, bias: Tensor | None, spec: None) -> Tensor:
    del spec
    held, linear = ctx.saved_tensors, _linear(ctx.spec)
    parts = [] if x is None else [conv(x, held[1], None, linear)]
    parts += [] if weight is None else [conv(held[0], weight, None, ctx.spec)]
    parts += [] if bias is None else [bias.reshape(-1, *[1] * len(spec_of(ctx.spec).axes))]
    return _summed(parts)


def _conv_over_batch(
    info: Any, dims: Any, x: Tensor, weight: Tensor, bias: Tensor | None, spec: str
) -> tuple[Tensor, int]:
    if dims[1] is None and dims[2] is None:
        many = x.movedim(dims[0], 0)
        return _split(conv(many.flatten(0, 1), weight, bias, spec), many), 0
    return _one_by_one(conv, info, dims, x, weight, bias, spec)


def _input_gradient(gradient: Tensor, weight: Tensor, sizes: Sizes, spec: str, last: bool) -> Tensor:
    found = spec_of(spec)
    shape = (gradient.shape[0], found.channels[0], *sizes)
    if not (gradient.numel() and prod(shape)):
        return gradient.new_zeros(shape)
    return _laid(gradients.input_gradient(found, _known(gradient), _known(weight), shape), last=last)


def _input_gradient_fake(gradient: Tensor, weight: Tensor, sizes: Sizes, spec: str, last: bool) -> Tensor:
    dtype = torch.promote_types(gradient.dtype, weight.dtype)
    return _room(gradient, spec_of(spec).channels[0], sizes, last=last).to(dtype)


def _input_gradient_keep(ctx: Any, inputs: tuple[Tensor, Tensor, Sizes, str, bool], output: Tensor) -> None:
    del output
    gradient, weight, ctx.sizes, ctx.spec, ctx.last = inputs
    ctx.save_for_backward(gradient, weight)
    ctx.save_for_forward(gradient, weight)


def _input_gradient_backward(ctx: Any, second: Tensor) -> tuple[Tensor | None, ...]:
    gradient, weight = ctx.saved_tensors
    return (
        conv(second, weight, None, ctx.spec) if ctx.needs_input_grad[0] else None,
        weight_gradient(gradient, second, ctx.spec) if ctx.needs_input_grad[1] else None,
        None,
        None,
        None,
    )


def _input_gradient_tangent(
    ctx: Any, gradient: Tensor | None, weight: Tensor | None, sizes: None, spec: None, last: None
) -> Tensor:
    del sizes, spec, last
    held, sizes_ = ctx.saved_tensors, ctx.sizes
    parts = [] if gradient is None else [input_gradient(gradient, held[1], sizes_, ctx.spec, ctx.last)]
    parts += [] if weight is None else [input_gradient(held[0], weight, sizes_, ctx.spec, ctx.last)]
    return _summed(parts)


def _input_gradient_over_batch(
    info: Any, dims: Any, gradient: Tensor, weight: Tensor, sizes: Sizes, spec: str, last: bool
) -> tuple[Tensor, int]:
    if dims[1] is None:
        many = gradient.movedim(dims[0], 0)
        return _split(input_gradient(many.flatten(0, 1), weight, sizes, spec, last), many), 0
    return _one_by_one(input_gradient, info, dims, gradient, weight, sizes, spec, last)


def _weight_gradient(gradient: Tensor, x: Tensor, spec: str) -> Tensor:
    if not (gradient.numel() and x.numel()):
        return gradient.new_zeros(spec_of(spec).weight_shape)
    y: Tensor = gradients.weight_gradient(spec_of(spec), _known(gradient), _known(x))
    return y.contiguous()


def _weight_gradient_fake(gradient: Tensor, x: Tensor, spec: str) -> Tensor:
    dtype = torch.promote_types(gradient.dtype, x.dtype)
    return gradient.new_empty(spec_of(spec).weight_shape, dtype=dtype)


def _weight_gradient_keep(ctx: Any, inputs: tuple[Tensor, Tensor, str], output: Tensor) -> None:
    del output
    gradient, x, ctx.spec = inputs
    ctx.save_for_backward(gradient, x)
    ctx.save_for_forward(gradient, x)


def _weight_gradient_backward(ctx: Any, second: Tensor) -> tuple[Tensor | None, ...]:
    gradient, x = ctx.saved_tensors
    like_x = list(x.shape[2:]), _linear(ctx.spec), _is_last(x)
    return (
        conv(x, second, None, ctx.spec) if ctx.needs_input_grad[0] else None,
        input_gradient(gradient, second, *like_x) if ctx.needs_input_grad[1] else None,
        None,
    )


def _weight_gradient_tangent(ctx: Any, gradient: Tensor | None, x: Tensor | None, spec: None) -> Tensor:
    del spec
    held = ctx.saved_tensors
    parts = [] if gradient is None else [weight_gradient(gradient, held[1], ctx.spec)]
    parts += [] if x is None else [weight_gradient(held[0], x, _linear(ctx.spec))]
    return _summed(parts)


def _weight_gradient_over_batch(info: Any, dims: Any, gradient: Tensor, x: Tensor, spec: str) -> tuple[Tensor, int]:
    return _one_by_one(weight_gradient, info, dims, gradient, x, spec)


def _known(tensor: Tensor) -> Tensor:
    """The tensor with its numbers in memory, where it is kept as another's conjugate."""
    return tensor.resolve_conj() if tensor.is_complex() else tensor


def _summed(parts: list[Tensor]) -> Tensor:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


@lru_cache(maxsize=4096)
def _linear(spec: str) -> str:
    """The part of a convolution whose adjoint the input's gradient is: a constant border is left out."""
    found = spec_of(spec)
    return str(found.replace(padding_mode="zeros")) if found.padding_mode.startswith("constant") else spec


def _split(y: Tensor, many: Tensor) -> Tensor:
    """The first axis of y as the first two of ``many`` that it was made of."""
    return y.reshape(*many.shape[:2], *y.shape[1:])


def _one_by_one(operator: Any, info: Any, dims: tuple[int | None, ...], *arguments: Any) -> tuple[Tensor, int]:
    rows = [
        [a if dim is None else a.select(dim, i) for a, dim in zip(arguments, dims, strict=True)]
        for i in range(info.batch_size)
    ]
    return torch.stack([operator(*row) for row in rows]), 0


def _room(like: Tensor, channels: int, sizes: Sizes, *, last: bool) -> Tensor:
    """Room for a picture (N, channels, *sizes): channels last, or dense in its axes' order."""
    if not last:
        return like.new_empty((like.shape[0], channels, *sizes))
    return like.new_empty((like.shape[0], *sizes, channels)).movedim(-1, 1)


def _laid(y: Tensor, *, last: bool) -> Tensor:
    """y, or a copy of it that lies as asked."""
    return y.movedim(1, -1).contiguous().movedim(-1, 1) if last else y.contiguous()


def _is_last(x: Tensor) -> bool:
    return kind_of("x", x).layout(x.shape, x.stride(), x.dtype) == "channels_last"


CONV = Differentiable("conv", _conv, _conv_fake, _conv_keep, _conv_backward, _conv_tangent, _conv_over_batch)
INPUT_GRADIENT = Differentiable(
    "conv_input_gradient", _input_gradient, _input_gradient_fake, _input_gradient_keep, _input_gradient_backward,
    _input_gradient_tangent, _input_gradient_over_batch,
)  # fmt: skip
WEIGHT_GRADIENT = Differentiable(
    "conv_weight_gradient", _weight_gradient, _weight_gradient_fake, _weight_gradient_keep, _weight_gradient_backward,
    _weight_gradient_tangent, _weight_gradient_over_batch,
)  # fmt: skip
