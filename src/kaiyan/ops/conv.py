"""conv and conv_transpose: the public functions on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from kaiyan.arrays.table import named, same_kind
from kaiyan.engine import problem as problems
from kaiyan.engine.planner import PLANNER
from kaiyan.ops.flipped import Flipped
from kaiyan.ops.routine import ArrayFacts, facts_of, problem_of
from kaiyan.show.error import ConvError
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.problem import Problem
    from kaiyan.spec.conv import Shape

Array = TypeVar("Array")


def conv(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
    precision: str = "default",
    out_dtype: Any = None,
    saturate: bool = False,
) -> Array:
    """Slides ``weight`` (K, C/groups, *kernel) over ``x`` (N, C, *spatial) or (C, *spatial): (N, K, *output).

    NumPy in, NumPy out; torch in, torch out on the same device, with autograd. The rank is the weight's. What
    ``padding`` and ``padding_mode`` may be: see ``Conv``. ``flip=True`` flips the kernel first: the mathematician's
    convolution; without it this is what deep learning calls one. Types promote by NumPy's rules, but integers are
    summed exactly and come back as int64 (two different integer types that promote to 32 bits or more: as that type);
    ``out_dtype`` asks for another type and ``saturate=True`` clips to it. ``precision`` bounds the error: "exact",
    "default" or "fast".

    Raises ``ConvError`` for shapes, types or numbers that cannot be right, and for an integer its type cannot hold.

    >>> import numpy as np
    >>> conv(np.array([[[1, 2, 3, 4]]]), np.array([[[1, 10]]]), padding="causal")
    array([[[10, 21, 32, 43]]])
    """
    settings = (stride, padding, dilation, groups, padding_mode, 0, precision, out_dtype, saturate, False, bool(flip))
    y: Array = _computed(x, weight, bias, settings)
    return y


def conv_transpose(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    flip: bool = False,
    precision: str = "default",
    out_dtype: Any = None,
    saturate: bool = False,
) -> Array:
    """The adjoint of ``conv``: every input lays ``weight`` (C, K/groups, *kernel) into the output, ``stride`` apart.

    ``padding`` crops the output; the words "same" and "causal" give input·stride. ``output_padding`` chooses among the
    sizes that ``stride`` skips, and is smaller than the larger of stride and dilation. The rest is as in ``conv``.
    Raises ``ConvError`` as ``conv`` does, and where the padding would crop all of the output.

    >>> import numpy as np
    >>> conv_transpose(np.array([[[1, 2]]]), np.array([[[1, 10, 100]]]), stride=2)
    array([[[  1,  10, 102,  20, 200]]])
    """
    beside = (output_padding, precision, out_dtype, saturate, True, bool(flip))
    y: Array = _computed(x, weight, bias, (stride, padding, dilation, groups, "zeros", *beside))
    return y


class _Settings(NamedTuple):
    """What was asked for beside the arrays, as it was written."""

    stride: Any
    padding: Any
    dilation: Any
    groups: Any
    padding_mode: Any
    output_padding: Any
    precision: Any
    out_dtype: Any
    saturate: Any
    transposed: bool
    flip: bool


def _computed(x: Any, weight: Any, bias: Any, settings: tuple[Any, ...]) -> Any:
    kind = same_kind(x, weight, bias)
    facts = facts_of(kind, x, weight) if bias is None else facts_of(kind, x, weight, bias)
    return _routine(facts, *_hashable(settings))(x, weight, bias)


@PLANNER.keep(4096, typed=True)
def _routine(facts: ArrayFacts, *settings: Any) -> Callable[[Any, Any, Any], Any]:
    asked, kind = _Settings(*settings), named(facts.kind)
    problem = problem_of(
        facts,
        _description(facts, asked),
        out_dtype=None if asked.out_dtype is None else kind.dtype_name(asked.out_dtype),
        saturate=bool(asked.saturate),
        precision=problems.precision(asked.precision),
    )
    routine: Any = _tracked(problem) if problem.traced else PLANNER.routine(problem)
    if asked.flip:
        routine = Flipped(kind, routine, traced=facts.traced)
    unbatched = len(facts.arrays[0][0]) == len(facts.arrays[1][0]) - 1
    return (lambda x, w, bias: routine(x[None], w, bias)[0]) if unbatched else routine


def _tracked(problem: Problem) -> Any:
    """The routine of tensors that torch follows, which is loaded with the first of them."""
    from kaiyan.ops.autograd import tracked

    return tracked(problem)


def _description(facts: ArrayFacts, asked: _Settings) -> Conv:
    (x_shape, _, _), (w_shape, _, _), *_ = facts.arrays
    channels = _channels(x_shape, w_shape, asked.groups, transposed=asked.transposed)
    bare: dict[str, Any] = {
        "stride": asked.stride,
        "padding": asked.padding,
        "dilation": asked.dilation,
        "groups": asked.groups,
        "bias": len(facts.arrays) > 2,
        "padding_mode": asked.padding_mode,
        "transposed": asked.transposed,
        "rank": len(w_shape) - 2,
    }
    try:
        return Conv(*channels, w_shape[2:], output_padding=asked.output_padding, **bare)
    except ConvError as error:
        if error.code != "output-padding-too-large":
            raise
        raise _unreachable(error, Conv(*channels, w_shape[2:], **bare), x_shape) from None


def _channels(x_shape: Shape, w_shape: Shape, groups: Any, *, transposed: bool) -> tuple[int, int]:
    rank = len(w_shape) - 2
    if rank < 1:
        raise ConvError(
            "weight-dimensions",
            "the weight {shape} has {count} axes; it needs 3 or more: (out_channels, in_channels/groups, *kernel)",
            shape=tuple(w_shape),
            count=len(w_shape),
        )
    per_group = w_shape[1] * groups if isinstance(groups, int) and groups > 0 else w_shape[1]
    C, K = (w_shape[0], per_group) if transposed else (per_group, w_shape[0])
    alone = not transposed and w_shape[1] == 1 and groups == 1
    if alone and len(x_shape) == rank + 2 and x_shape[1] > 1 and x_shape[-1] != 1:
        raise ConvError(
            "one-channel-kernel",
            "the weight {weight} has kernels of 1 channel, but the input {shape} has {C}",
            "groups={C} with np.concatenate([weight] * {C}) (in torch: torch.cat) filters every channel separately",
            weight=tuple(w_shape),
            shape=tuple(x_shape),
            C=x_shape[1],
        )
    return C, K


def _unreachable(error: ConvError, bare: Conv, x_shape: Shape) -> ConvError:
    sizes = bare.output_sizes(x_shape)
    return ConvError(
        "output-padding-unreachable",
        "on axis {axis} output_padding={value} gives a size that no convolution maps back to this "
        "input; possible sizes: {sizes}",
        "output_padding={most} is the largest",
        sizes=" x ".join("/".join(map(str, choices)) for choices in sizes),
        **{name: error.facts[name] for name in ("axis", "value", "most")},
    )


def _hashable(settings: tuple[Any, ...]) -> tuple[Any, ...]:
    """The settings, lists and arrays among them as tuples and numbers."""
    try:
        hash(settings)
    except TypeError:
        return tuple(_frozen(value) for value in settings)
    return settings


def _frozen(value: Any) -> Any:
    if getattr(value, "ndim", None) == 0:
        return value.item()
    if isinstance(value, (str, bytes, Iterator)) or not isinstance(value, Iterable):
        return value
    return tuple(_frozen(entry) for entry in value)
