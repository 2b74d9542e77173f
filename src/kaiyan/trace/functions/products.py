"""Products of matrices, chains and sums of them, attention."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

from kaiyan.trace.functions.einsum import einsum
from kaiyan.trace.functions.function import Bound, TorchFunction, UnreadableError
from kaiyan.trace.functions.receptive import over_features
from kaiyan.trace.functions.tensors import is_plain

if TYPE_CHECKING:
    from kaiyan.trace.functions.function import CountRule


def _product(first: int, second: int) -> CountRule:
    """Of two matrices at their places among the tensors: the last axis of the first is summed over."""

    def macs(call: Bound) -> int:
        call.shape(max(first, second))  # a packed weight is no tensor
        return prod(call.output.shape) * call.shape(first)[-1]

    return macs


def _summed_product(call: Bound) -> int:
    """addbmm: of every matrix of the batch."""
    batch, rows, inner = call.shape(1)
    return batch * rows * inner * call.shape(2)[-1]


def _contracted(call: Bound) -> int:
    """tensordot: what the output has, times what is summed over."""
    dims, own = call["dims"], call.shape(0)
    if isinstance(dims, int):
        return prod(call.output.shape) * prod(own[len(own) - dims :])
    if not isinstance(dims, (list, tuple)):
        raise UnreadableError("axes in a tensor")
    summed: tuple[int, ...] = tuple(own[axis] for axis in dims[0])
    return prod(call.output.shape) * prod(summed)


def _bilinear(call: Bound) -> int:
    """x1 · W, then · x2."""
    outputs, one, two = call.shape(2)
    return prod(call.shape(0)[:-1]) * outputs * (one * two + two)


def _chained(call: Bound) -> int:
    """The cheapest order of a chain of matrices. Source: Cormen et al., Introduction to Algorithms, 15.2."""
    shapes = [tensor.shape for tensor in call.inputs]
    sizes = [shapes[0][0] if len(shapes[0]) > 1 else 1, *(shape[0] for shape in shapes[1:])]
    sizes.append(shapes[-1][1] if len(shapes[-1]) > 1 else 1)
    if len(shapes[0]) == 1:
        sizes[1] = shapes[0][0]
    count = len(shapes)
    least: dict[tuple[int, int], int] = {(i, i): 0 for i in range(count)}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            splits = (least[i, k] + least[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j))
            least[i, j] = min(splits)
    return least[0, count - 1]


def _attention(call: Bound) -> int:
    query, key, output = call.shape(0), call.shape(1), call.output.shape
    return prod(output[:-1]) * key[-2] * (query[-1] + output[-1])


def _many_headed(call: Bound) -> int:
    """Three projections, scores, their sums, the projection of the answer."""
    query, key, value = (call.shape(place) for place in range(3))
    width, extra = query[-1], sum(call[name] is not None for name in ("bias_k", "bias_v"))
    batch = query[1] if len(query) == 3 else 1
    keys = key[0] + extra // 2 + bool(call["add_zero_attn"])
    projected = prod(query) * width + prod(key) * width + prod(value) * width
    return projected + 2 * batch * query[0] * keys * width + prod(query) * width


def _linear_terms(call: Bound) -> int:
    return prod(call.shape(1)[1:])


def _linear_meta(input: Any, weight: Any, bias: Any) -> Tensor | None:
    if not is_plain(input, weight, optional=[bias]) or weight.dim() != 2 or input.dim() < 2:
        return None
    outputs, inputs = weight.shape
    if 0 in input.shape or not outputs or input.shape[-1] != inputs or (bias is not None and bias.shape != (outputs,)):
        return None
    return input.new_empty(*input.shape[:-1], outputs) if input.is_contiguous() else None


_HEADS = (
    "query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn dropout_p "
    "out_proj_weight out_proj_bias"
)

PRODUCT_ROWS = (
    TorchFunction(
        "linear", "input weight bias=None", modules=(nn.Linear,), field=over_features, macs=_product(0, 1),
        terms=_linear_terms, meta={functional.linear: _linear_meta}, wraps=True,
    ),
    *(TorchFunction(name, "input mat2", macs=_product(0, 1), wraps=True) for name in ("mm", "bmm")),
    TorchFunction("matmul", "input other", macs=_product(0, 1), wraps=True),
    TorchFunction("imatmul", "input other", macs=_product(0, 1)),
    TorchFunction("rmatmul", "input other", macs=_product(1, 0)),
    TorchFunction("mv", "input vec", macs=_product(0, 1)),
    TorchFunction("dot", "input tensor", macs=_product(0, 1)),
    TorchFunction("vdot", "input other", macs=_product(0, 1)),
    TorchFunction("inner", "input other", macs=_product(0, 1)),
    TorchFunction("addmm", "input mat1 mat2 * beta=1 alpha=1", macs=_product(1, 2)),
    TorchFunction("baddbmm", "input batch1 batch2 * beta=1 alpha=1", macs=_product(1, 2)),
    TorchFunction("addmv", "input mat vec * beta=1 alpha=1", macs=_product(1, 2)),
    TorchFunction("addbmm", "input batch1 batch2 * beta=1 alpha=1", macs=_summed_product),
    TorchFunction("tensordot", "a b dims=2", macs=_contracted),
    TorchFunction("bilinear", "input1 input2 weight bias=None", macs=_bilinear),
    TorchFunction("chain_matmul", macs=_chained),
    *(TorchFunction(name, macs=_chained) for name in ("multi_dot", "linalg_multi_dot")),
    TorchFunction("einsum", "equation tensors", macs=einsum),
    TorchFunction("scaled_dot_product_attention", "query key value attn_mask=None dropout_p=0.0", macs=_attention),
    TorchFunction("multi_head_attention_forward", _HEADS, modules=(nn.MultiheadAttention,), macs=_many_headed),
)  # fmt: skip
