"""Multiply-adds are half the FLOPs of torch's own counter, of every function that it counts; others by formula."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable


def torchs(model: nn.Module, inputs: Any) -> int:
    """Half of what torch's counter counts in a run on real tensors, without fused kernels that it does not know."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            model(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return int(counter.get_total_flops()) // 2


class Formula(nn.Module):
    """A function as a model."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs)


def _counted(model: nn.Module, *shapes: tuple[int, ...]) -> tuple[int, int, tuple[str, ...]]:
    inputs = [torch.rand(shape) for shape in shapes]
    found = kaiyan.summary(model, input_data=inputs)
    assert found.error is None
    assert found.layers[0].macs == found.macs
    return found.macs, torchs(model, inputs), found.uncounted


FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "mm": (torch.mm, ((3, 4), (4, 5))),
    "@": (lambda a, b: a @ b, ((2, 3, 4), (4, 5))),
    "a batch @": (lambda a, b: a @ b, ((2, 1, 3, 4), (6, 4, 5))),
    "in a list @": (lambda a, b: a.__rmatmul__(b), ((4, 5), (3, 4))),
    "bmm": (torch.bmm, ((2, 3, 4), (2, 4, 5))),
    "baddbmm": (torch.baddbmm, ((2, 3, 5), (2, 3, 4), (2, 4, 5))),
    "addmm": (torch.addmm, ((3, 5), (3, 4), (4, 5))),
    "addmm of a row": (torch.addmm, ((5,), (3, 4), (4, 5))),
    "linear": (F.linear, ((2, 7, 4), (5, 4))),
    "tensordot": (lambda a, b: torch.tensordot(a, b, dims=2), ((3, 4, 5), (4, 5, 6))),
    "tensordot of axes": (lambda a, b: torch.tensordot(a, b, dims=([1, 0], [0, 1])), ((3, 4, 5), (4, 3, 6))),
    "multi_dot": (lambda a, b, c: torch.linalg.multi_dot((a, b, c)), ((3, 10), (10, 2), (2, 30))),
    "chain_matmul": (torch.chain_matmul, ((30, 2), (2, 10), (10, 3))),
    "attention": (F.scaled_dot_product_attention, ((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 4))),
    "attention of 3 axes": (F.scaled_dot_product_attention, ((3, 5, 4), (3, 7, 4), (3, 7, 6))),
    "grouped queries": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
        ((2, 6, 5, 4), (2, 3, 7, 4), (2, 3, 7, 4)),
    ),
    "causal": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        ((2, 3, 5, 4), (2, 3, 5, 4), (2, 3, 5, 4)),
    ),
    "conv1d": (lambda x, w: F.conv1d(x, w, stride=2, groups=2), ((2, 4, 9), (6, 2, 3))),
    "conv3d": (lambda x, w: F.conv3d(x, w, dilation=2), ((1, 2, 7, 6, 5), (3, 2, 2, 2, 2))),
    "conv_transpose2d": (lambda x, w: F.conv_transpose2d(x, w, stride=2, groups=2), ((2, 4, 5, 6), (4, 3, 3, 2))),
}


@pytest.mark.filterwarnings("ignore:.*chain_matmul.*:UserWarning")
@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_function_is_counted_as_torch_counts_it(kind: str) -> None:
    function, shapes = FUNCTIONS[kind]
    ours, right, uncounted = _counted(Formula(function), *shapes)
    assert (ours, uncounted) == (right, ())
    assert ours > 0


@pytest.mark.parametrize(
    ("function", "shapes", "right"),
    [
        (torch.mv, ((3, 4), (4,)), 12),
        (lambda a, b, c: a.addmm_(b, c), ((3, 5), (3, 4), (4, 5)), 60),
        (torch.dot, ((7,), (7,)), 7),
        (torch.matmul, ((2, 3, 4), (4,)), 24),
        (torch.inner, ((3, 4), (5, 4)), 60),
        (torch.addbmm, ((3, 5), (2, 3, 4), (2, 4, 5)), 120),
        (torch.addmv, ((3,), (3, 4), (4,)), 12),
        (F.bilinear, ((2, 3), (2, 4), (5, 3, 4)), 2 * 5 * (12 + 4)),
        (lambda a, b: torch.einsum("i,i->", a, b), ((7,), (7,)), 7),
    ],
)
def test_what_torch_does_not_count_is_counted_by_hand(
    function: Callable[..., Any], shapes: tuple[tuple[int, ...], ...], right: int
) -> None:
    assert _counted(Formula(function), *shapes)[0] == right


EQUATIONS = [
    "bij,bjk->bik", "bhid,bhjd->bhij", "bhij,bhjd->bhid", "nchw,ck->nkhw", "ij,kj->ik", "ij,jk", "...ij,...jk->...ik",
    "bi,bi->bi", "i,j->ij", "ij,ij->", "ij,ij->i", "bci,bcj->bij", "ijk,kl,lm->ijm", "ab,bc,cd,de->ae", "ii->i",
    "ij->ji", "bij,bkj->bk", "nctkv,kvw->nctw", "i...,...j->ij...",
]  # fmt: skip


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum_is_counted_as_torch_counts_it(equation: str) -> None:
    draw = random.Random(equation)
    sizes = {label: draw.randint(2, 6) for label in "abcdefhijklmnotvw"}
    shapes = []
    for part in equation.partition("->")[0].split(","):
        named = tuple(sizes[label] for label in part.replace("...", ""))
        shapes.append((3, 4, *named) if part.startswith("...") else (*named, 3, 4) if "..." in part else named)
    if equation.startswith("i..."):
        shapes = [(5, 3, 4), (3, 4, 6)]
    model = Formula(lambda *given: torch.einsum(equation, *given))
    ours, right, uncounted = _counted(model, *shapes)
    assert uncounted == ()
    assert ours == right or (right == 0 and equation in ("ij,ij->", "ij,ij->i"))


@pytest.mark.parametrize("seed", range(40))
def test_random_equations_are_counted_as_torch_counts_them(seed: int) -> None:
    draw = random.Random(seed)
    sizes = {label: draw.choice((1, 2, 3, 5)) for label in "abcdef"}
    terms = ["".join(draw.sample("abcdef", draw.randint(1, 4))) for _ in range(draw.choice((2, 2, 3, 4)))]
    labels = sorted(set("".join(terms)))
    output = "".join(draw.sample(labels, draw.randint(0, len(labels))))
    equation = f"{','.join(terms)}->{output}"
    model = Formula(lambda *given: torch.einsum(equation, *given))
    ours, right, _ = _counted(model, *(tuple(sizes[label] for label in term) for term in terms))
    assert ours == right, equation


class Attention(nn.Module):
    """Written by hand, as hybrids have it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.qkv, self.out, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads

    def forward(self, x: Tensor) -> Tensor:
        n, t, c = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * c**-0.5).softmax(-1)
        return self.out(torch.einsum("nhij,nhjd->nihd", weights, v).reshape(n, t, c))  # type: ignore[no-any-return]


class Own(nn.Module):
    """Attention of torch's, with keys of another width."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.needs = settings.pop("needs", True)
        self.attention = nn.MultiheadAttention(8, 2, **settings)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Any:
        return self.attention(q, k, v, need_weights=self.needs)


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[tuple[int, ...], ...]]] = {
    "by hand": (lambda: Attention(8, 2), ((2, 5, 8),)),
    "encoder layer": (lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), ((2, 5, 8),)),
    "encoder layer, eval": (lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval(), ((2, 5, 8),)),
    "decoder layer": (lambda: nn.TransformerDecoderLayer(8, 2, 16), ((4, 3, 8), (6, 3, 8))),
    "transformer": (lambda: nn.Transformer(8, 2, 1, 1, 16).eval(), ((4, 3, 8), (6, 3, 8))),
    "attention": (Own, ((5, 2, 8), (7, 2, 8), (7, 2, 8))),
    "attention without weights": (lambda: Own(needs=False), ((5, 2, 8), (7, 2, 8), (7, 2, 8))),
    "attention, batch first": (lambda: Own(batch_first=True), ((2, 5, 8), (2, 7, 8), (2, 7, 8))),
    "attention of one": (Own, ((5, 8), (7, 8), (7, 8))),
    "attention of other widths": (lambda: Own(kdim=6, vdim=4), ((5, 2, 8), (7, 2, 6), (7, 2, 4))),
    "attention with added keys": (
        lambda: Own(add_bias_kv=True, add_zero_attn=True),
        ((5, 2, 8), (7, 2, 8), (7, 2, 8)),
    ),
    "mixed": (
        lambda: nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.Flatten(2), Formula(lambda x: x.mT), Attention(8, 2)),
        ((2, 3, 16, 16),),
    ),
    "bilinear-free mixer": (
        lambda: nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8), nn.LayerNorm(8)),
        ((2, 5, 8),),
    ),
}


@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
@pytest.mark.parametrize("kind", MODELS)
def test_a_model_is_counted_as_torch_counts_it(kind: str) -> None:
    make, shapes = MODELS[kind]
    ours, right, uncounted = _counted(make(), *shapes)
    assert (ours, uncounted) == (right, ())


RECURRENT: dict[str, tuple[nn.Module, tuple[int, ...], int]] = {
    "LSTM": (nn.LSTM(5, 7, 2, bidirectional=True), (4, 3, 5), 12 * 2 * 28 * (5 + 7 + 14 + 7)),
    "LSTM with a projection": (nn.LSTM(5, 7, proj_size=3), (4, 3, 5), 12 * (28 * (5 + 3) + 7 * 3)),
    "GRU": (nn.GRU(5, 7, batch_first=True), (3, 4, 5), 12 * 21 * (5 + 7)),
    "RNN": (nn.RNN(5, 7, nonlinearity="relu"), (4, 3, 5), 12 * 7 * (5 + 7)),
    "one sequence": (nn.LSTM(5, 7), (4, 5), 4 * 28 * (5 + 7)),
    "LSTMCell": (nn.LSTMCell(5, 7), (3, 5), 3 * 28 * (5 + 7)),
    "GRUCell": (nn.GRUCell(5, 7), (3, 5), 3 * 21 * (5 + 7)),
    "RNNCell": (nn.RNNCell(5, 7), (3, 5), 3 * 7 * (5 + 7)),
}


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_recurrent_layer_multiplies_all_its_weights_at_every_step(kind: str) -> None:
    model, shape, right = RECURRENT[kind]
    found = kaiyan.summary(model, shape)
    assert (found.macs, found.uncounted) == (right, ())
    assert "are not counted" not in str(found)


def test_a_packed_sequence_is_counted_by_its_steps() -> None:
    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(5, 7, batch_first=True)

        def forward(self, x: Tensor) -> Any:
            packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([4, 2, 1]), batch_first=True)
            return self.rnn(packed)[1]

    assert kaiyan.summary(Packed(), (3, 4, 5)).macs == 7 * 21 * (5 + 7)
