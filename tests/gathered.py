"""Cases of the steps that gather many numbers into one, drawn at random, with what torch gives for them.

``python tests/gathered.py SEED COUNT`` runs so many of each; ``KAIYAN_TARGET`` names another kind of CPU.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from placed import Laid, defined, run
from torch.nn import functional

from kaiyan.program.graph import Node
from kaiyan.program.steps import gathering, norms, pooling, products

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.steps.step import NativeStep

NATIVE_STEPS: dict[str, NativeStep] = {
    row.operation: row for family in (gathering, norms, pooling, products) for row in family.ROWS
}  # fmt: skip
SIZES = (1, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33)
_MOST = 12_000
"""Elements of an array."""
_ROUNDING = {"float32": 2.0**-23, "float64": 2.0**-52}
_POOLS = (
    # kernel, stride, padding, dilation
    ((3, 3), (2, 2), (1, 1), (1, 1)),
    ((2, 2), (2, 2), (0, 0), (1, 1)),
    ((3, 3), (1, 1), (1, 1), (1, 1)),
    ((5, 5), (1, 1), (2, 2), (1, 1)),
    ((3, 2), (1, 3), (1, 0), (1, 1)),
    ((2, 3), (4, 5), (0, 1), (1, 1)),
    ((2, 3), (1, 2), (1, 1), (3, 2)),
    ((5, 18), (2, 9), (1, 5), (1, 1)),
    ((3,), (2,), (1,), (1,)),
    ((4,), (4,), (2,), (1,)),
    ((2, 2, 2), (2, 2, 2), (0, 1, 0), (1, 1, 1)),
    ((3, 3, 3), (1, 2, 1), (1, 1, 1), (1, 1, 1)),
)


class Case(NamedTuple):
    """A node, its inputs, torch's output, and how far from it rounding may lead."""

    node: Node
    arrays: list[Any]
    expected: Any
    apart: float


def shape_of(draw: np.random.Generator, rank: int, least: Sequence[int] = ()) -> list[int]:
    """Sizes of so many axes, not too many elements together."""
    shape = [int(draw.choice(SIZES)) for _ in range(rank)]
    shape = [max(pair) for pair in zip(shape, [*least, *[1] * rank], strict=False)]
    while np.prod(shape) > _MOST:
        axis = int(draw.integers(rank))
        shape[axis] = max(shape[axis] // 2, [*least, *[1] * rank][axis])
    return shape


def numbers(draw: np.random.Generator, shape: Sequence[int], dtype: str) -> Any:
    """Numbers about 0 or far from it, now and then one that is none."""
    x = (draw.standard_normal(shape) + draw.choice([0, 0, 4])).astype(dtype)
    if draw.random() < 0.2:
        x.flat[draw.integers(x.size, size=2)] = draw.choice([np.nan, np.inf, -np.inf], size=2)
    return x


def pool(draw: np.random.Generator, dtype: str) -> Case:
    kernel, stride, padding, dilation = _POOLS[draw.integers(len(_POOLS))]
    rank, greatest = len(kernel), bool(draw.random() < 0.5) or max(dilation) > 1
    reaches = [d * (k - 1) + 1 - 2 * p * (rank < 3) for k, d, p in zip(kernel, dilation, padding, strict=True)]
    x = numbers(draw, shape_of(draw, rank + 2, (1, 1, *reaches)), dtype)
    ceil_mode, counted = bool(draw.random() < 0.5), bool(draw.random() < 0.5)
    settings: dict[str, Any] = {
        "kind": "max" if greatest else "average", "kernel": kernel, "stride": stride, "padding": padding,
        "dilation": dilation, "ceil_mode": ceil_mode, "count_include_pad": counted, "divisor_override": None,
    }  # fmt: skip
    module: Any = functional
    if greatest:
        pooled = getattr(module, f"max_pool{rank}d")(torch.from_numpy(x), kernel, stride, padding, dilation, ceil_mode)
    else:
        more: dict[str, Any] = {"ceil_mode": ceil_mode, "count_include_pad": counted}
        if rank > 1 and draw.random() < 0.3:
            more["divisor_override"] = settings["divisor_override"] = 3
        pooled = getattr(module, f"avg_pool{rank}d")(torch.from_numpy(x).double(), kernel, stride, padding, **more)
    return Case(Node("pool", ("x",), "y", settings), [x], pooled.numpy(), 0.0 if greatest else np.prod(kernel) / 2)


def reduce(draw: np.random.Generator, dtype: str) -> Case:
    rank = int(draw.integers(1, 6))
    x = numbers(draw, shape_of(draw, rank), dtype)
    axes = tuple(sorted(draw.choice(rank, size=int(draw.integers(1, rank + 1)), replace=False).tolist()))
    kind, keep = str(draw.choice(["sum", "mean", "max", "min"])), bool(draw.random() < 0.5)
    words: dict[str, Callable[..., Any]] = {
        "sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin
    }  # fmt: skip
    reduced = words[kind](torch.from_numpy(x).double(), axes, keepdim=keep).numpy()
    node = Node("reduce", ("x",), "y", {"kind": kind, "axes": axes, "keep": keep})
    count = x.size / max(reduced.size, 1)
    return Case(node, [x], reduced, {"sum": 8 * count, "mean": 2.0}.get(kind, 0.0))


def layer_norm(draw: np.random.Generator, dtype: str) -> Case:
    rank = int(draw.integers(1, 6))
    x = numbers(draw, shape_of(draw, rank), dtype)
    count = int(draw.integers(1, rank + 1))
    parts, settings = _weights(draw, x.shape[rank - count :], dtype)
    weight, bias = _tensors(parts)
    norm = functional.layer_norm(torch.from_numpy(x).double(), x.shape[rank - count :], weight, bias, 1e-3)
    node = Node("layer_norm", ("x", "w", "b"), "y", {"axes": count, "eps": 1e-3, **settings})
    return Case(node, [x, *(part for part in parts if part is not None)], norm.numpy(), 800.0)


def group_norm(draw: np.random.Generator, dtype: str) -> Case:
    rank = int(draw.integers(2, 6))
    x = numbers(draw, shape_of(draw, rank), dtype)
    channels = x.shape[1]
    groups = int(draw.choice([n for n in range(1, channels + 1) if channels % n == 0]))
    parts, settings = _weights(draw, (channels,), dtype)
    weight, bias = _tensors(parts)
    N, pixels = x.shape[0], int(np.prod(x.shape[2:]))
    normed = torch.native_group_norm(torch.from_numpy(x).double(), weight, bias, N, channels, pixels, groups, 1e-3)[0]
    node = Node("group_norm", ("x", "w", "b"), "y", {"groups": groups, "eps": 1e-3, **settings})
    return Case(node, [x, *(part for part in parts if part is not None)], normed.numpy(), 800.0)


def softmax(draw: np.random.Generator, dtype: str) -> Case:
    rank = int(draw.integers(1, 5))
    x = numbers(draw, shape_of(draw, rank), dtype) * np.dtype(dtype).type(draw.choice([1, 30]))
    axis = int(draw.integers(rank))
    shares = torch.softmax(torch.from_numpy(x).double(), axis).numpy()
    return Case(Node("softmax", ("x",), "y", {"axis": axis}), [x], shares, 60.0)


def matmul(draw: np.random.Generator, dtype: str) -> Case:
    lead = [int(draw.choice([1, 2, 3])) for _ in range(draw.integers(0, 4))]
    M, C, K = (int(draw.choice([*SIZES, 4, 13, 40])) for _ in range(3))
    a, b = (
        numbers(draw, [*(1 if draw.random() < 0.25 else n for n in lead[draw.integers(0, 2) :]), *sizes], dtype)
        for sizes in ((M, C), (C, K))
    )
    product = torch.from_numpy(a).double() @ torch.from_numpy(b).double()
    return Case(Node("matmul", ("a", "b"), "y", {}), [a, b], product.numpy(), 30.0 * C)


def _weights(draw: np.random.Generator, shape: Sequence[int], dtype: str) -> tuple[list[Any], dict[str, bool]]:
    parts = [draw.standard_normal(shape).astype(dtype) if draw.random() < 0.6 else None for _ in range(2)]
    return parts, {"weight": parts[0] is not None, "bias": parts[1] is not None}


def _tensors(parts: Sequence[Any]) -> list[Any]:
    return [None if part is None else torch.from_numpy(part).double() for part in parts]


CASES: dict[str, Callable[[np.random.Generator, str], Case]] = {
    "pool": pool, "reduce": reduce, "layer_norm": layer_norm, "group_norm": group_norm, "softmax": softmax,
    "matmul": matmul,
}  # fmt: skip


def placed(draw: np.random.Generator, array: Any) -> Laid:
    """The array in memory: as it stands, channels last, or its axes in any order; gaps behind its lines or none."""
    laid = room(draw, array.shape, array.dtype.name)
    laid.array[...] = array
    return laid


def room(draw: np.random.Generator, shape: Sequence[int], dtype: str) -> Laid:
    rank = len(shape)
    orders: list[list[int] | None] = [None, None, draw.permutation(rank).tolist()]
    if rank > 2:
        orders.append([0, *range(2, rank), 1])
    order = orders[draw.integers(len(orders))]
    return Laid(shape, dtype, order, int(draw.choice([0, 0, 3])))


def differs(draw: np.random.Generator, case: Case, threads: int = 1) -> str:
    """How the native step's output, or the definition's, is not torch's; nothing where both are."""
    node, arrays = case.node, case.arrays
    dtype = arrays[0].dtype.name
    step = NATIVE_STEPS[node.operation]
    inputs, output = [placed(draw, array) for array in arrays], room(draw, case.expected.shape, dtype)
    if step.refuses(node, [laid.place for laid in inputs], output.place):
        many = sum(size > 1 for size in arrays[0].shape) > 3
        return "" if many else f"{node} refused for {[array.shape for array in arrays]}"
    with np.errstate(all="ignore"):
        answers = {"definition": defined(node, arrays), "native": run(step, node, inputs, output, threads)}
    largest = max([1.0, *(float(np.abs(array[np.isfinite(array)]).max(initial=0)) for array in arrays)])
    apart = case.apart * _ROUNDING[dtype] * largest
    for word, answer in answers.items():
        if not np.allclose(answer, case.expected, rtol=8 * _ROUNDING[dtype], atol=apart, equal_nan=True):
            strides = [laid.place.strides for laid in (*inputs, output)]
            return f"{word}: {node} of {[array.shape for array in arrays]} {dtype} with {strides}"
    return ""


def main(seed: int, count: int) -> None:
    """Draws so many cases of each operation, and stops at the first that is wrong."""
    for word, draws in CASES.items():
        draw = np.random.default_rng(seed)
        for _ in range(count):
            wrong = differs(draw, draws(draw, str(draw.choice(["float32", "float32", "float64"]))))
            if wrong:
                sys.exit(wrong)
        print(word, count)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
