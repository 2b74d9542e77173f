"""Results made without torch's meta kernels: the same tensor as torch's, and nothing where torch may refuse."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

import kaiyan
from kaiyan.trace.meta import result


def _empty(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


def _real(value: Any) -> Any:
    if isinstance(value, list):
        return [_real(entry) for entry in value]
    return torch.zeros(value.shape, dtype=value.dtype) if isinstance(value, Tensor) else value


Call = tuple[Any, tuple[Any, ...], dict[str, Any]]
"""A function of torch, its arguments by position and by name; it may refuse them."""


def _added(draw: random.Random, x: Tensor) -> Call:
    other = _empty(*draw.choice((x.shape, x.shape, x.shape[1:])), dtype=draw.choice((x.dtype, torch.float64)))
    return draw.choice((Tensor.add, torch.add, Tensor.add_)), (x, other), draw.choice(({}, {}, {"alpha": 2}))


def _activated(draw: random.Random, x: Tensor) -> Call:
    functions = (F.relu, F.silu, F.relu6, F.hardswish, F.hardsigmoid, F.hardtanh)
    bare = (F.gelu, torch.sigmoid, torch.tanh, F.dropout)
    return draw.choice(
        ((draw.choice(functions), (x,), {"inplace": draw.random() < 0.5}), (draw.choice(bare), (x,), {}))
    )


def _scaled(draw: random.Random, x: Tensor) -> Call:
    other = _empty(*(draw.choice((1, n, n)) for n in x.shape), dtype=draw.choice((x.dtype, x.dtype, torch.float64)))
    return torch.mul, draw.choice(((x, other), (other, x), (x, _empty(2)))), {}


def _stacked(draw: random.Random, x: Tensor) -> Call:
    others = [_empty(*(n + draw.choice((0, 0, 0, 0, 1)) for n in x.shape), dtype=x.dtype) for _ in range(2)]
    return torch.cat, ([x, *others], draw.choice((0, 1, -1, 9))), {}


def _linear(draw: random.Random, x: Tensor) -> Call:
    outputs = draw.choice((1, 3))
    return F.linear, (x, _empty(outputs, draw.choice((x.shape[-1], 3))), draw.choice((None, _empty(outputs)))), {}


def _largest(draw: random.Random, x: Tensor) -> Call:
    rank = x.dim() - 2
    sliding = draw.choice((1, 2, (3,) * rank)), draw.choice((None, 1, 2)), draw.choice((0, 1)), draw.choice((1, 2))
    pool: Any = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[rank - 1]
    return pool, (x, *sliding), {"ceil_mode": draw.random() < 0.2}


def _averaged(draw: random.Random, x: Tensor) -> Call:
    rank = x.dim() - 2
    pool: Any = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[rank - 1]
    return pool, (x, draw.choice((1, 2, (1,) * rank, (2,) * 2))), {}


def _normed(draw: random.Random, x: Tensor) -> Call:
    c = x.shape[1]
    stats = [_empty(draw.choice((c, c, c, c + 1))) for _ in range(2)]
    return F.batch_norm, (x, *draw.choice((stats, stats, (None, None)))), {"training": draw.random() < 0.5}


def _convolved(draw: random.Random, x: Tensor) -> Call:
    rank, c = x.dim() - 2, x.shape[1]
    groups, outputs = draw.choice((1, 1, 2)), draw.choice((2, 4, 3))
    kernel = (draw.choice((1, 2, 3)) for _ in range(rank))
    weight = _empty(outputs, draw.choice((c // groups, c // groups, c)), *kernel)
    bias = draw.choice((None, _empty(outputs), _empty(outputs + 1)))
    settings = (draw.choice((1, 2, (2,) * rank, (1, 1))), draw.choice((0, 1, (1,) * rank, "same")))
    conv: Any = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
    return conv, (x, weight, bias, *settings, draw.choice((1, 2)), groups), {}


def _spread(draw: random.Random, x: Tensor) -> Call:
    rank, c = x.dim() - 2, x.shape[1]
    groups, outputs = draw.choice((1, 1, 2)), draw.choice((2, 3))
    weight = _empty(draw.choice((c, c, 3)), outputs, *(draw.choice((1, 2, 3)) for _ in range(rank)))
    bias = draw.choice((None, _empty(outputs * groups), _empty(outputs + 1)))
    settings = (
        draw.choice((1, 2, (2,) * rank)),
        draw.choice((0, 1)),
        draw.choice((0, 0, 1)),
        groups,
        draw.choice((1, 2)),
    )
    conv: Any = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
    return conv, (x, weight, bias, *settings), {}


def _drawn(draw: random.Random) -> Call:
    sizes = [draw.choice((1, 2, 4, 7)) for _ in range(draw.choice((1, 2, 3)))]
    dtype = draw.choice((torch.float32,) * 4 + (torch.float64,))
    x = _empty(draw.choice((1, 2)), draw.choice((2, 4)), *sizes, dtype=dtype)
    kinds = (
        _added,
        _activated,
        _activated,
        _scaled,
        _stacked,
        _linear,
        _largest,
        _averaged,
        _normed,
        _convolved,
        _convolved,
    )
    return draw.choice(kinds)(draw, x)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_what_is_made_is_what_torch_makes_and_what_torch_refuses_is_not_made() -> None:
    draw = random.Random(5)
    count = 0
    for _ in range(1200):
        func, args, named = _drawn(draw)
        ours = result(func, args, named)
        if ours is None:
            continue
        count += 1
        zeros = [_real(a) for a in args]
        real, meta = func(*zeros, **named), func(*args, **named)
        assert ours.shape == meta.shape == real.shape
        assert ours.stride() == meta.stride()
        assert ours.dtype == meta.dtype == real.dtype
        assert (ours is args[0]) == (meta is args[0])
        assert ours.is_contiguous() == real.is_contiguous()
    assert count > 450


@pytest.mark.parametrize(
    ("func", "args"),
    [
        (F.relu, (torch.zeros(1, 2),)),
        (F.relu, (_empty(2, dtype=torch.bool),)),
        (F.relu, (_empty(2, 3).T,)),
        (F.batch_norm, (_empty(1, 2), _empty(2), _empty(2), None, None, True)),
        (F.batch_norm, (_empty(4, 2), None, None)),
        (F.conv2d, (_empty(1, 3, 8, 8), _empty(4, 4, 3, 3))),
        (F.conv2d, (_empty(1, 3, 2, 2), _empty(4, 3, 3, 3))),
        (F.conv2d, (_empty(3, 8, 8), _empty(4, 3, 3, 3))),
        (F.conv2d, (_empty(1, 3, 8, 8), _empty(4, 3, 3, 3), None, 0)),
        (F.conv2d, (_empty(1, 3, 8, 8), _empty(4, 3, 3))),
        (F.conv2d, (_empty(1, 3, 8, 8, dtype=torch.float64), _empty(4, 3, 3, 3))),
        (F.adaptive_avg_pool2d, (_empty(1, 3, 8, 8), (None, 1))),
        (torch.sin, (_empty(2),)),
        (F.hardtanh, (_empty(2), 1.0, -1.0)),
        (torch.mul, (_empty(2, 3), _empty(3))),
        (torch.cat, ([_empty(2, 3), _empty(3, 4)],)),
    ],
)
def test_what_is_not_certain_is_left_to_torch(func: Any, args: tuple[Any, ...]) -> None:
    assert result(func, args, {}) is None


def test_the_first_summary_of_a_process_loads_no_compiler() -> None:
    code = (
        "import sys, kaiyan, benchmarks; from corpus.models import resnet50; "
        "kaiyan.summary(resnet50(), (1, 3, 224, 224)); print({'torch._dynamo', 'sympy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_activation_in_place_keeps_its_tensor() -> None:
    found = kaiyan.summary(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)), (1, 3, 8, 8))
    assert found.layers[-1].field.sizes == (4, 4)
