"""conv and conv_transpose: the public functions on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from kaiyan.arrays.table import Kind, same_kind
from kaiyan.engine import problem as problems
from kaiyan.ops import routine
from kaiyan.ops.flipped import Flipped
from kaiyan.ops.routine import Facts, facts_of, problem_of, routine_of
from kaiyan.show.error import ConvError
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Callable

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
    settings = (stride, padding, dilation, groups, padding_mode, 0, precision, out_dtype, saturate)
    y: Array = _computed(x, weight, bias, settings, transposed=False, flip=flip)
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

    ``padding`` crops the output; the words "same" and "causal" give input·stride. Everything else is as in ``conv``.

    >>> import numpy as np
    >>> conv_transpose(np.array([[[1, 2]]]), np.array([[[1, 10, 100]]]), stride=2)
    array([[[  1,  10, 102,  20, 200]]])
    """
    settings = (stride, padding, dilation, groups, "zeros", output_padding, precision, out_dtype, saturate)
    y: Array = _computed(x, weight, bias, settings, transposed=True, flip=flip)
    return y


def _computed(x: Any, weight: Any, bias: Any, settings: tuple[Any, ...], *, transposed: bool, flip: bool) -> Any:
    kind = same_kind(x, weight, bias)
    facts = facts_of(kind, x, weight) if bias is None else facts_of(kind, x, weight, bias)
    try:
        chosen = _routine(kind, facts, transposed, bool(flip), *settings)
    except TypeError:
        chosen = _routine(kind, facts, transposed, bool(flip), *map(_hashable, settings))
    return chosen(x, weight, bias)


@lru_cache(maxsize=4096, typed=True)
def _routine(
    kind: Kind,
    facts: Facts,
    transposed: bool,
    flip: bool,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
    padding_mode: Any,
    output_padding: Any,
    precision: Any,
    out_dtype: Any,
    saturate: Any,
) -> Callable[[Any, Any, Any], Any]:
    (x_shape, _, _), (w_shape, _, _), *_ = facts.arrays
    C, K = _channels(x_shape, w_shape, groups, transposed=transposed)
    description = {
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
        "bias": len(facts.arrays) > 2,
        "padding_mode": padding_mode,
        "transposed": transposed,
        "rank": len(w_shape) - 2,
    }
    try:
        spec = Conv(C, K, w_shape[2:], output_padding=output_padding, **description)
    except ConvError as error:
        if error.code != "output-padding-too-large":
            raise
        raise _unreachable(error, Conv(C, K, w_shape[2:], **description), x_shape) from None
    problem = problem_of(
        kind,
        facts,
        spec,
        out_dtype=None if out_dtype is None else kind.dtype_name(out_dtype),
        saturate=bool(saturate),
        precision=problems.precision(precision),
    )
    chosen: Any = routine_of(kind, problem, facts.threads)
    chosen = Flipped(kind, chosen, traced=facts.traced) if flip else chosen
    unbatched = len(x_shape) == len(w_shape) - 1
    return (lambda x, w, bias: chosen(x[None], w, bias)[0]) if unbatched else chosen


def forget() -> None:
    """Lets go of all routines that were chosen, here and in layers: something better may be known now."""
    _routine.cache_clear()
    routine.forget()


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
            "groups={C} with np.concatenate([weight] * {C}) (in torch: torch.cat) filters every channel by itself",
            weight=tuple(w_shape),
            shape=tuple(x_shape),
            C=x_shape[1],
        )
    return C, K


def _unreachable(error: ConvError, bare: Conv, x_shape: Shape) -> ConvError:
    sizes = bare.output_sizes(x_shape)
    return ConvError(
        "output-padding-unreachable",
        "on axis {axis} output_padding={value} leads to no size that a convolution takes back; reachable: {sizes}",
        "output_padding={most} is the largest",
        sizes=" x ".join("/".join(map(str, choices)) for choices in sizes),
        **{name: error.facts[name] for name in ("axis", "value", "most")},
    )


def _hashable(value: Any) -> Any:
    if getattr(value, "ndim", None) == 0:
        return value.item()
    if isinstance(value, (str, bytes, Iterator)) or not isinstance(value, Iterable):
        return value
    return tuple(_hashable(entry) for entry in value)
