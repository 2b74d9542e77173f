"""Every family of operations captured, and computed by the definitions of ours: equal to torch's own answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kaiyan.nn.capture.backend import Backend

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.program.graph import Graph


def by_definition(graph: Graph) -> Callable[..., list[Any]]:
    """A graph computed by the definitions of its operations, not by native steps."""
    return lambda *arrays: [np.array(output) for output in graph.at([array.shape for array in arrays]).computed(arrays)]


def assert_captured(
    function: Callable[..., Any], *inputs: torch.Tensor, foreign: tuple[str, ...] = (), moving: int | None = None
) -> Backend:
    """One program, with these operations left to torch, that gives what the function gives.

    The size of the axis ``moving`` of the first input is a symbol. There is no program where torch computes all.
    """
    backend = Backend(by_definition)
    with torch.no_grad():
        expected = function(*(x.clone() for x in inputs))
        copies = [x.clone() for x in inputs]
        if moving is not None:
            torch._dynamo.mark_dynamic(copies[0], moving)
        actual = torch.compile(function, backend=backend)(*copies)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5, check_stride=True)
    (graph,) = [held.graph for executable in backend.made for held in executable.held]
    called = {node.settings["name"] for node in graph.nodes if node.operation == "foreign"}
    assert called == {f"aten.{name}" for name in foreign}
    assert not backend.left
    symbols = {size.text for given in graph.inputs for size in given.shape if not isinstance(size, int)}
    assert len(symbols) == (moving is not None)
    return backend


def operations(backend: Backend) -> list[str]:
    """The operations of the only program."""
    (graph,) = [held.graph for executable in backend.made for held in executable.held]
    return [node.operation for node in graph.nodes]


X = torch.randn(2, 6, 9, 7, generator=torch.Generator().manual_seed(0))
POSITIVE = X.abs() + 0.1


def test_arithmetic_on_elements() -> None:
    def arithmetic(x: Any, y: Any) -> Any:
        z = torch.add(x, y, alpha=2) - 3 * x / (y.abs() + 1)
        z = (1 - z) * 0.5 + z**2 - torch.rsub(z, 2)
        return torch.addcmul(z, x, y, value=0.3), torch.lerp(x, y, 0.25), x.maximum(y).clamp(min=-1), x.clamp(-1, 0.5)

    assert_captured(arithmetic, X, X.flip(0))


def test_activations() -> None:
    slopes = torch.tensor([0.1, 0.2, -0.3, 0.4, 0.5, 0.6])
    functions: list[Any] = [
        F.relu, F.relu6, F.silu, F.gelu, lambda x: F.gelu(x, approximate="tanh"), F.hardswish, F.hardsigmoid, F.mish,
        torch.sigmoid, torch.tanh, F.elu, F.selu, F.celu, F.softplus, F.leaky_relu, F.softsign, F.hardtanh,
        lambda x: F.prelu(x, slopes), lambda x: F.glu(x, 1), F.logsigmoid,
    ]  # fmt: skip
    backend = assert_captured(
        lambda x: [function(x) for function in functions], X, foreign=("log_sigmoid_forward.default",)
    )
    assert set(operations(backend)) == {"map", "reshape", "slice", "foreign"}


def test_functions_of_positive_numbers() -> None:
    assert_captured(lambda x: (x.log(), x.sqrt(), x.rsqrt(), x.exp(), x.sin(), x.pow(0.3), 1 / x), POSITIVE)


@pytest.mark.parametrize("moving", [None, 2])
def test_views_and_parts(moving: int | None) -> None:
    def arranged(x: Any) -> Any:
        y = x.permute(0, 2, 3, 1).flatten(1, 2).transpose(-1, 1)
        a, b, c = x.chunk(3, 1)
        first, *_ = x.unbind(1)
        return (
            y + 1, torch.cat([a * 2, c], 1), torch.stack([b, c], 2), first[None] + 1, x[:, 1, ..., -1] * 2,
            x[:, :, 1:-1, ::2] + 1, x[:, -2:] * 3, x.squeeze().unsqueeze(-1) - 1, x[:, :1].expand(-1, 4, -1, -1) + 0,
            (x[:, :2] * 2).repeat(1, 3, 1, 1),
        )  # fmt: skip

    assert_captured(arranged, X, moving=moving)


def test_what_begins_empty_and_is_joined_to_is_no_part() -> None:
    def joined(x: Any) -> Any:
        cache = torch.cat([torch.tensor([]), x], 1)
        return torch.cat([cache[:, :0], cache, x], 1) * 2, torch.cat([x.new_zeros(2, 0, 9, 7), x], 1) + 1

    assert "concatenate" in operations(assert_captured(joined, X))


def test_a_shift_of_windows() -> None:
    assert_captured(lambda x: torch.roll(x, (-2, 1), (2, 3)) + 1, X)


@pytest.mark.parametrize("moving", [None, 2])
def test_pads_and_crops(moving: int | None) -> None:
    def padded(x: Any) -> Any:
        return (
            F.pad(x, (1, 2, 0, 3), value=2.5), F.pad(x[0], (1, 2), mode="reflect"),
            F.pad(x, (2, 1, 0, 1), mode="replicate"), F.pad(x, (1, 1, 2, 2), mode="circular"),
            F.pad(x, (-1, -2, -3, -1)), F.pad(x, (-2, 3, 1, -2), value=0.5), F.pad(x, (0, -1)),
        )  # fmt: skip

    assert_captured(lambda x: [y + 1 for y in padded(x)], X, moving=moving)


@pytest.mark.parametrize("moving", [None, 2])
def test_upsampling_and_shuffles(moving: int | None) -> None:
    def enlarged(x: Any) -> Any:
        wide = torch.cat([x, x], 1)
        return (
            F.interpolate(x, scale_factor=2), F.interpolate(x, scale_factor=2, mode="bilinear"),
            F.interpolate(x, size=(5, 11), mode="bilinear", align_corners=True), F.interpolate(x[:, :, 0], size=13),
            F.pixel_shuffle(wide, 2), F.pixel_unshuffle(F.interpolate(x, scale_factor=2), 2), F.channel_shuffle(x, 3),
        )  # fmt: skip

    assert_captured(enlarged, X, moving=moving)


def test_a_size_that_cannot_be_written_is_a_graph_for_each_size() -> None:
    def enlarge(x: Any) -> Any:
        return F.interpolate(x, scale_factor=1.5, mode="bilinear") + 1

    backend = Backend(by_definition)
    for size in (9, 10, 11):
        x = X[:, :, :1].repeat(1, 1, size, 1)
        with torch.no_grad():
            actual = torch.compile(enlarge, backend=backend)(x)
        torch.testing.assert_close(actual, enlarge(x), rtol=1e-4, atol=1e-5)
    assert len(backend.made) == 2
    assert len(backend.made[1].held) == 2
    assert not backend.left


def test_bicubic_is_left_to_torch() -> None:
    assert_captured(lambda x: F.interpolate(x, size=5, mode="bicubic") + 1, X, foreign=("upsample_bicubic2d.vec",))


def test_pools_and_means() -> None:
    def pooled(x: Any) -> Any:
        return (
            F.max_pool2d(x, 3, 2, 1), F.max_pool2d(x, 2, ceil_mode=True), F.max_pool2d(x, 3, 1, 1, dilation=2),
            F.avg_pool2d(x, 3, 2, 1), F.avg_pool2d(x, (2, 3), ceil_mode=True, count_include_pad=False),
            F.avg_pool1d(x[:, :, 0], 3), F.max_pool1d(x[:, :, 0], 2), F.adaptive_avg_pool2d(x, 1),
            F.adaptive_avg_pool2d(x, (3, 7)), F.adaptive_max_pool2d(x, 1), x.mean((2, 3)), x.mean(1, keepdim=True),
            x.sum(-1), x.amax((1, 2)), x.max(1).values, x.mean(), F.normalize(x, dim=1),
            F.max_pool2d(x[0], 3, 1, 1), F.avg_pool2d(x[0], (2, 3)), F.max_pool1d(x[0, 0], 2), F.max_pool3d(x, 3),
        )  # fmt: skip

    assert_captured(pooled, X)


def test_pools_whose_windows_differ() -> None:
    def pooled(x: Any) -> Any:
        return (
            F.adaptive_avg_pool2d(x + 1, (4, 5)), F.adaptive_max_pool2d(x, (2, 7)), F.adaptive_avg_pool2d(x, (11, 1)),
            F.adaptive_avg_pool1d(x[0], 4), F.adaptive_max_pool1d(x[0], 4), F.adaptive_avg_pool3d(x[None], (4, 5, 3)),
            F.adaptive_max_pool3d(x[None], (4, 9, 7)),
        )  # fmt: skip

    assert "concatenate" in operations(assert_captured(pooled, X))


def test_a_pool_of_too_many_windows_that_differ_is_left_to_torch() -> None:
    assert_captured(lambda x: F.adaptive_avg_pool2d(x + 1, (64, 7)), X, foreign=("_adaptive_avg_pool2d.default",))


@pytest.mark.parametrize("moving", [None, 2])
def test_variances(moving: int | None) -> None:
    def spread(x: Any) -> Any:
        return (
            x.var(1), x.var(-1, keepdim=True), x.std((1, 3)), x.std(1, unbiased=False), x.std(0, correction=0.5),
            torch.var(x, 3, correction=2, keepdim=True), torch.var(x, None, correction=0),
            torch.std(x, [], correction=0), *torch.var_mean(x, (1, 3), correction=0), *torch.std_mean(x, -1),
            *torch.var_mean(x, 1, keepdim=True),
        )  # fmt: skip

    assert_captured(spread, X, moving=moving)


def test_variances_of_everything() -> None:
    assert_captured(lambda x: (x.var(), x.std(), torch.var(x, None, keepdim=True), *torch.std_mean(x)), X)


def test_a_variance_of_as_many_as_are_not_counted_is_left_to_torch() -> None:
    with pytest.warns(UserWarning, match="degrees of freedom"):
        assert_captured(lambda x: torch.var((x + 1)[:, :2], 1, correction=2), X, foreign=("var.correction",))
    assert_captured(lambda x: (x + 1).var(2), X, foreign=("var.correction",), moving=2)


@pytest.mark.parametrize("moving", [None, 2])
def test_windows_of_an_axis(moving: int | None) -> None:
    def unfolded(x: Any) -> Any:
        return (
            x.unfold(2, 3, 3) + 1, x.unfold(3, 7, 7) * 2, x.unfold(2, 2, 2) * 2, x.unfold(1, 4, 1) + 1,
            x.unfold(-1, 2, 3) + 1, x.unfold(2, 8, 1) + 1, x.unfold(2, 1, 2) + 1, x.unfold(3, 7, 2) + 1,
        )  # fmt: skip

    assert_captured(unfolded, X, moving=moving)


@pytest.mark.parametrize("moving", [None, 2])
def test_what_a_window_sees(moving: int | None) -> None:
    def columns(x: Any) -> Any:
        return (
            F.unfold(x, 3) + 1, F.unfold(x, (2, 3), dilation=(3, 2), padding=(1, 2), stride=(2, 1)),
            F.unfold(x, 1), F.unfold(x, (8, 7)), F.unfold(x, 2, stride=2),
        )  # fmt: skip

    assert_captured(columns, X, moving=moving)


def test_windows_of_one_picture_and_of_numbers() -> None:
    assert_captured(lambda x: (F.unfold(x[0], 2, padding=1), x[0, 0, 0].unfold(0, 3, 2) + 1), X)


def test_places_of_the_greatest_are_left_to_torch() -> None:
    left = "max_pool2d_with_indices.default"
    assert_captured(lambda x: F.max_pool2d(x + 1, 2, return_indices=True), X, foreign=(left,))


@pytest.mark.parametrize("moving", [None, 2])
def test_norms(moving: int | None) -> None:
    layers: list[Any] = [nn.GroupNorm(3, 6), nn.LayerNorm(7), nn.BatchNorm2d(6).eval(), nn.InstanceNorm2d(6)]
    for layer in layers[:3]:
        for parameter in layer.parameters():
            nn.init.uniform_(parameter)
    layers[2].running_mean.fill_(0.3)
    backend = assert_captured(lambda x: [layer(x) for layer in layers] + [x.softmax(1)], X, moving=moving)
    assert operations(backend).count("group_norm") == 2


@pytest.mark.parametrize("moving", [None, 2])
def test_products_and_attention(moving: int | None) -> None:
    linear, plain = nn.Linear(7, 5), nn.Linear(7, 5, bias=False)

    def products(x: Any) -> Any:
        return (
            linear(x), plain(x), x @ x.mT, torch.bmm(x[0], x[1].mT), torch.einsum("nchw,nchv->ncwv", x, x),
            F.scaled_dot_product_attention(x, x, x), F.scaled_dot_product_attention(x, x, x, scale=0.1),
            torch.addmm(plain.weight[:, 0], x[0, 0], plain.weight.T, beta=0.5),
        )  # fmt: skip

    assert_captured(products, X, moving=moving)


def test_what_has_to_be_torchs_to_the_last_bit_is() -> None:
    powers = torch.tensor([2.0**i for i in range(-20, 30)])
    assert_captured(lambda x: x.log2().floor(), powers, foreign=("log2.default",))
    mask = X[:1, :1, :, :1]
    left = ("scaled_dot_product_attention.default",)
    assert_captured(lambda x, m: F.scaled_dot_product_attention(x, x, x + 1, attn_mask=m), X, mask, foreign=left)


def test_attention_with_a_mask_that_is_known() -> None:
    mask = nn.Parameter(torch.eye(9), requires_grad=False)
    assert_captured(lambda x: F.scaled_dot_product_attention(x, x, x, attn_mask=mask), X)


def test_attention_with_truth_values_that_are_known() -> None:
    def attend(x: Any) -> Any:
        places = torch.arange(9)
        near = (places[:, None] - places).abs() < 3
        return F.scaled_dot_product_attention(x, x, x, attn_mask=near)

    assert_captured(attend, X)
    left = ("scaled_dot_product_attention.default",)
    nowhere = nn.Parameter(torch.zeros(9, 9, dtype=torch.bool), requires_grad=False)
    assert_captured(lambda x: F.scaled_dot_product_attention(x, x, x + 1, attn_mask=nowhere), X, foreign=left)


def test_causal_attention() -> None:
    assert_captured(lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True), X)


def test_convolutions_of_every_kind() -> None:
    layers: list[Any] = [
        nn.Conv2d(6, 4, 3), nn.Conv2d(6, 6, (3, 1), stride=2, padding=(1, 0), groups=6, bias=False),
        nn.Conv2d(6, 4, 3, padding="same", dilation=2), nn.Conv2d(6, 4, 4, padding="same", padding_mode="reflect"),
        nn.ConvTranspose2d(6, 4, 3, 2, 1, output_padding=1, groups=2),
    ]  # fmt: skip
    one, three = nn.Conv1d(9, 4, 3), nn.ConvTranspose3d(2, 3, 2)
    assert_captured(lambda x: [layer(x) for layer in layers] + [one(x[:, 0]), three(x[None])], X)


def test_other_types_are_computed_by_torch() -> None:
    def mixed(x: Any) -> Any:
        table = torch.arange(10.0).view(5, 2)
        chosen = torch.where(x > 0, x, -x)
        return F.embedding((x[0, 0] > 0).long(), table), chosen * 2, x.double() + 1, (x > 0).sum()

    left = ("embedding.default", "where.self", "gt.Scalar", "sum.default", "_to_copy.default")
    assert_captured(mixed, X, foreign=left)


def test_several_outputs_of_torch_are_computed_once() -> None:
    backend = assert_captured(lambda x: (x + 1).sort(-1, descending=True), X, foreign=("sort.default",))
    (graph,) = [held.graph for executable in backend.made for held in executable.held]
    assert len({id(part.call) for part in graph.foreign.values()}) == 1  # type: ignore[attr-defined]


def test_double_precision() -> None:
    layer = nn.Conv2d(6, 4, 3).double()
    assert_captured(lambda x: F.relu(layer(x)), X.double())


def test_outputs_that_are_inputs_copies_and_constants() -> None:
    held = torch.randn(3)

    def outputs(x: Any) -> Any:
        return x.clone(), x.view(2, -1), x + 1, held * 2, x.mT.contiguous(), None, x.shape[1]

    assert_captured(outputs, X)


def test_a_write_into_the_input_reaches_the_caller() -> None:
    backend = Backend(by_definition)
    x, y = X.clone(), X.clone()

    def write(x: Any) -> Any:
        x[:, 1] = 3
        x[..., 2:4].mul_(2)
        return x.sum(1)

    with torch.no_grad():
        torch.testing.assert_close(torch.compile(write, backend=backend)(x), write(y))
    torch.testing.assert_close(x, y)
    assert not backend.left
