"""One place where types promote: what is accumulated in, what comes back, and integers that never wrap."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import ConvError
from kaiyan.spec import read

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    Numbers = NDArray[Any]
else:
    Numbers = np.ndarray  # numpy.typing takes 3 ms to load
_FOREIGN = 2
"""What NumPy's isbuiltin says of types that another package brought, such as float8."""
_KINDS = "biufc"
"""NumPy's letters for bool, signed, unsigned, float and complex: what can be convolved."""


def name_of(dtype: DTypeLike) -> str:
    """A type's name; raises ``ConvError`` for one that has no products, such as text."""
    try:
        parsed = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        parsed = np.dtype(object)
    if (parsed.kind in _KINDS and parsed.isbuiltin != _FOREIGN) or parsed.name == "bfloat16":
        return parsed.name
    raise ConvError(
        "not-numeric",
        "an array of {dtype} cannot be convolved",
        "convert to numbers: x.astype(float)",
        dtype=str(dtype),
    )


def result_type(*names: str, mode: str = "zeros") -> str:
    """The type that comes back for arrays of these types: NumPy's promotion, with room for sums of integers.

    Integers come back as int64, unless the types differ and promote to an integer of 32 bits or more, which then is
    the accumulator that the caller named. A border constant that is not whole makes integers float64.

    >>> result_type("uint8", "uint8"), result_type("uint8", "int32"), result_type("bfloat16", "bfloat16")
    ('int64', 'int32', 'bfloat16')
    """
    distinct = set(names)
    if distinct == {"bfloat16"}:
        return "bfloat16"
    promoted = np.result_type(*("float32" if name == "bfloat16" else name for name in sorted(distinct)))
    integers = all(np.dtype(name).kind in "biu" for name in distinct - {"bfloat16"}) and "bfloat16" not in distinct
    if integers:
        wide = len(distinct) > 1 and promoted.kind in "iu" and promoted.itemsize >= 4
        promoted = promoted if wide else np.dtype(np.int64)
    return np.result_type(promoted, *_constant_type(mode, integers=integers)).name


def work_type(name: str) -> np.dtype[Any]:
    """What sums are accumulated in before they are rounded once: float64, complex128, or int64.

    >>> work_type("float16").name
    'float64'
    """
    if name == "bfloat16":
        return np.dtype(np.float64)
    dtype = np.dtype(name)
    if dtype.kind in "biu":
        return np.dtype(np.int64)
    return np.result_type(dtype, np.float64)


def exact_type(x: Numbers, w: Numbers, bias: Numbers | None, work: np.dtype[Any]) -> np.dtype[Any]:
    """``work``, or Python's own integers where a sum of these arrays could leave int64."""
    if work.kind != "i":
        return work
    sums = np.abs(w.astype(np.float64)).reshape(len(w), -1).sum(1).max(initial=0)
    largest = _magnitude(x) * max(float(sums), 1.0) * max(len(w), 1) + (0 if bias is None else _magnitude(bias))
    return work if largest < 2**62 else np.dtype(object)


def rounded(y: Numbers, dtype: np.dtype[Any], *, saturate: bool) -> Numbers:
    """``y`` in another type, rounded once; raises ``ConvError`` for an integer that the type cannot hold."""
    if dtype.kind in "iu" and y.size:
        y = _within(y if y.dtype.kind in "iuO" else np.rint(y), dtype, saturate=saturate)
    with np.errstate(over="ignore", invalid="ignore"):
        return y.astype(dtype, copy=False)


def _within(y: Numbers, dtype: np.dtype[Any], *, saturate: bool) -> Numbers:
    limits = np.iinfo(dtype)
    low, high = np.asarray([y.min(), y.max()]).tolist()
    if limits.min <= low and high <= limits.max:
        return y
    if saturate and low == low:
        return y.clip(limits.min, limits.max)
    worst = high if high > limits.max or low != low else low
    raise ConvError(
        "does-not-fit",
        "the result reaches {value}, which {dtype} cannot hold",
        *(["saturate=True clips it"] if low == low else []),
        *(["out_dtype='float64' can hold it (rounded)"] if isfinite(worst) else []),
        value=worst,
        dtype=dtype.name,
    )


def _constant_type(mode: str, *, integers: bool) -> list[str]:
    value = read.constant(mode)
    if np.iscomplexobj(value):
        return ["complex64"]
    return ["float64"] if integers and value.real % 1 != 0 else []


def _magnitude(a: Numbers) -> float:
    return max(abs(float(a.max())), abs(float(a.min()))) if a.size else 0.0
