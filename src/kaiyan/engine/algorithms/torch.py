"""PyTorch's own convolution, wherever its answer is right; and the one door through which torch is reached.

It is the fast path for tensors: autograd, devices and layouts are torch's own. What torch refuses in padding is done
by its indexing first; integers (they wrap), empty axes and ranks above 3 are left to the reference.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.engine.algorithm import Plain
from kaiyan.engine.generated import moved
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from kaiyan.engine.algorithm import Algorithm, Routine
    from kaiyan.engine.problem import Problem
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.conv import Conv, Shape

    Function = Callable[[Tensor, Tensor, Tensor | None], Any]

_CALL = 10e-6
_FEW = 4
_USUAL = 60e9, 20e9
"""What is taken for a machine that cannot be measured."""


class Torch:
    """torch.nn.functional.conv{1,2,3}d and conv_transpose{1,2,3}d."""

    name = "torch"
    arrays = ("torch",)

    def refuses(self, problem: Problem) -> Sentence | None:
        whole = _is_whole(problem.promoted_dtype) or _is_whole(problem.out_dtype or "float32")
        reasons = (
            (problem.kind != "torch", sentence("refused-not-torch", "the arrays are not torch tensors")),
            (len(problem.spec.axes) > 3, sentence("refused-torch-rank", "torch has no convolution above rank 3")),
            (whole, sentence("refused-torch-integers", "torch's integers overflow and wrap around")),
            (
                0 in (*problem.input_shape, *problem.weight_shape),
                sentence("refused-torch-empty", "torch fails or is wrong on empty axes"),
            ),
            (
                isinstance(read.constant(problem.spec.padding_mode), complex),
                sentence("refused-torch-padding-value", "torch pads with real numbers only"),
            ),
        )
        return next((reason for holds, reason in reasons if holds), None)

    def error(self, problem: Problem) -> float:
        return 1.0

    def seconds(self, problem: Problem) -> float:
        if problem.device == "meta":  # there are no numbers for NumPy, and torch gives the shape
            return 0.0
        peak, bandwidth = peak_and_bandwidth()
        work = problem.spec.flops(problem.input_shape) / (_share(problem) * peak)
        copied = _converted(problem) + _reordered(problem)
        return _CALL + (max(work, moved(problem) / bandwidth) + copied / bandwidth) / problem.threads

    def build(self, problem: Problem) -> Routine:
        function = composed(problem.spec, problem.input_shape[2:], problem.device)
        return Plain(_in_types(function, problem), _after(problem))


def _converted(problem: Problem) -> int:
    """Bytes of the whole copies that are made where the input or the output is not in the type that is summed."""
    result = problem.promoted_dtype
    held, sizes = (
        _computed_in(result, problem.device),
        (problem.input_shape, problem.output_shape),
    )
    given = (problem.dtype, problem.out_dtype or result)
    return sum(prod(shape) * 2 * 8 for shape, name in zip(sizes, given, strict=True) if name != held)


def _reordered(problem: Problem) -> int:
    """Bytes of the weight, which oneDNN lays out anew at each call.

    In EfficientNet-B0, where weights are cold, a squeeze of 1152 channels to 48 takes it 55 microseconds, and us 28.
    """
    return prod(problem.weight_shape) * 8


def _share(problem: Problem) -> float:
    """Of a core's peak, what torch 2.13 with oneDNN reached on the benchmark's rows of such a kind."""
    spec = problem.spec
    few = spec.channels[0] <= _FEW
    kinds = (
        (few and len(spec.axes) == 1, 0.02),
        (few, 0.3),
        (spec.groups > 1 and spec.transposed, 0.035),
        (spec.groups > 1, 0.1),
        (spec.transposed, 0.55),
        (all(a.kernel == 1 for a in spec.axes), 0.38),
    )
    return next((share for holds, share in kinds if holds), 0.75)


@lru_cache(maxsize=1)
def peak_and_bandwidth() -> tuple[float, float]:
    """FLOP/s of a core, and bytes a second."""
    try:
        from kaiyan.engine.codegen.language.target import host
        from kaiyan.engine.codegen.running.machine import machine

        return 4 * host().lanes(4) * machine().frequency, machine().bandwidth
    except (ImportError, OSError, RuntimeError):
        return _USUAL


def _after(problem: Problem) -> Callable[[Tensor, Tensor | None], Tensor] | None:
    from torch.nn import functional as F

    if problem.activation is None and not problem.residual:
        return None
    activate = getattr(F, problem.activation) if problem.activation else lambda y: y
    return lambda y, residual: activate(y if residual is None else y + residual)


def lift(algorithm: Algorithm, problem: Problem) -> Routine:
    """An algorithm on NumPy arrays as a routine on tensors of any device, with the reference's gradients."""
    result = problem.promoted_dtype
    inner = replace(problem, kind="numpy", device="cpu", activation=None, residual=False)
    if not _is_whole(problem.out_dtype or result):
        inner = replace(inner, out_dtype=None)
    if not _is_whole(result):
        held = _computed_in(result, "cpu")
        inner = replace(inner, dtype=held, weight_dtype=held, bias_dtype=held)
    return Plain(_in_types(_lifted(algorithm.build(inner), problem.spec), problem), _after(problem))


def _lifted(routine: Routine, spec: Conv) -> Function:
    import torch

    class Lifted(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, w: Tensor, bias: Tensor | None) -> Tensor:
            ctx.save_for_backward(x, w)
            return torch.from_numpy(routine(*(None if t is None else _array(t) for t in (x, w, bias)))).to(x.device)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
            from kaiyan.reference.backward import bias_gradient, input_gradient, weight_gradient

            x, w = ctx.saved_tensors
            g = _array(gradient)
            finders: tuple[Callable[[], Any], ...] = (
                lambda: input_gradient(g, _array(w), spec, tuple(x.shape)),
                lambda: weight_gradient(g, _array(x), spec),
                lambda: bias_gradient(g),
            )
            needed = zip(finders, ctx.needs_input_grad, strict=True)
            return tuple(torch.from_numpy(find()).to(x.device) if need else None for find, need in needed)

    def apply(x: Tensor, w: Tensor, bias: Tensor | None) -> Any:
        return Lifted.apply(x, w, bias)  # type: ignore[no-untyped-call]

    return apply


def _array(tensor: Tensor) -> Any:
    return tensor.detach().cpu().resolve_conj().resolve_neg().numpy()


def _in_types(routine: Function, problem: Problem) -> Function:
    """``routine`` between the type that is computed in and the type that comes back; tensors keep their graph."""
    import torch

    result = problem.promoted_dtype
    wanted = problem.out_dtype or result
    if _is_whole(result):
        whole = getattr(torch, wanted)
        return lambda x, w, bias: routine(x, w, bias).to(whole)
    held = _computed_in(result, problem.device)
    if {problem.dtype, problem.weight_dtype, problem.bias_dtype, wanted} == {held}:
        return routine
    inner, outer = getattr(torch, held), getattr(torch, wanted)

    def typed(x: Tensor, w: Tensor, bias: Tensor | None) -> Any:
        return routine(x.to(inner), w.to(inner), None if bias is None else bias.to(inner)).to(outer)

    return typed


def _computed_in(result: str, device: str) -> str:
    """Halves are summed in float32 and rounded once; GPUs do so by themselves."""
    return "float32" if result in ("float16", "bfloat16") and device == "cpu" else result


def _is_whole(name: str) -> bool:
    return name.startswith(("int", "uint", "bool"))


def composed(spec: Conv, sizes: Shape, device: str) -> Function:
    """``spec`` on inputs of these spatial sizes in torch's own operators: its pads, then its convolution."""
    return _transposed(spec, sizes) if spec.transposed else _forward(spec, sizes, device)


def bordered(spec: Conv, sizes: Shape, device: str) -> Callable[[Tensor], Tensor]:
    """What puts the padding of ``spec`` round an input."""
    from torch.nn import functional as F

    pads = _pads(spec, sizes)
    if not spec.padding_mode.startswith(("zeros", "constant")):
        return _indexed(spec.padding_mode, sizes, pads, device)
    last_axis_first = [side for sides in reversed(pads) for side in sides]
    value = read.constant(spec.padding_mode).real
    return lambda x: F.pad(x, last_axis_first, value=value)


def _pads(spec: Conv, sizes: Shape) -> tuple[Pads, ...]:
    return tuple(a.pads(n) for a, n in zip(spec.axes, sizes, strict=True))


def _forward(spec: Conv, sizes: Shape, device: str) -> Function:
    from torch.nn import functional as F

    pads = _pads(spec, sizes)
    convolve = getattr(F, f"conv{len(pads)}d")
    stride, dilation, groups = spec.stride, spec.dilation, spec.groups
    padding = tuple(before for before, _ in pads)
    if spec.padding_mode == "zeros" and all(before == after for before, after in pads):
        return lambda x, w, bias: convolve(x, w, bias, stride, padding, dilation, groups)
    extended = bordered(spec, sizes, device)
    return lambda x, w, bias: convolve(extended(x), w, bias, stride, 0, dilation, groups)


def _indexed(mode: str, sizes: Shape, pads: tuple[Pads, ...], device: str) -> Callable[[Tensor], Tensor]:
    import torch

    from kaiyan.reference.border import index_map

    maps = [index_map(mode, int(n), sides) for n, sides in zip(sizes, pads, strict=True)]
    places = [(axis, torch.from_numpy(places).to(device)) for axis, places in enumerate(maps, start=2)]

    def extended(x: Tensor) -> Tensor:
        for axis, indices in places:
            x = x.index_select(axis, indices)
        return x

    return extended


def _transposed(spec: Conv, sizes: Shape) -> Function:
    from torch.nn import functional as F

    crops = _pads(spec, sizes)
    convolve = getattr(F, f"conv_transpose{len(crops)}d")
    stride, dilation, groups = spec.stride, spec.dilation, spec.groups
    padding = tuple(max(min(crop), 0) for crop in crops)
    grown = [getattr(a, "output_padding", 0) - min(after, 0) for a, (_, after) in zip(spec.axes, crops, strict=True)]
    if all(before == after for before, after in crops):
        return lambda x, w, bias: convolve(x, w, bias, stride, padding, grown, groups, dilation)
    outputs = [a.output_size(n) for a, n in zip(spec.axes, sizes, strict=True)]
    starts = [before - p for (before, _), p in zip(crops, padding, strict=True)]
    kept = (..., *(slice(start, start + size) for start, size in zip(starts, outputs, strict=True)))
    return lambda x, w, bias: convolve(x, w, bias, stride, padding, grown, groups, dilation)[kept]
