"""The operator under everything that torch does to operators."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from kaiyan import nn as ours
from kaiyan.ops import operator

if TYPE_CHECKING:
    from pathlib import Path

DESCRIPTIONS = (
    "nn.Conv2d(3, 4, kernel_size=3, padding=1)",
    "Conv(3, 4, kernel_size=3, stride=2, padding='same', rank=2)",
    "Conv(3, 4, kernel_size=3, padding=1, padding_mode='reflect', rank=2)",
    "Conv(3, 4, kernel_size=3, stride=2, padding='same', transposed=True, rank=2)",
)
BORDERS = ("zeros", "reflect", "replicate", "circular", "symmetric", "constant(2.5)")


def _arrays(text: str, dtype: torch.dtype, *, last: bool = False) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    spec = operator.spec_of(text)
    x = torch.randn(2, spec.channels[0], 9, 8, dtype=dtype)
    x = x.contiguous(memory_format=torch.channels_last) if last else x
    weight, bias = torch.randn(spec.weight_shape, dtype=dtype), torch.randn(spec.channels[1], dtype=dtype)
    return x.requires_grad_(), weight.requires_grad_(), bias.requires_grad_()


@pytest.mark.parametrize("text", DESCRIPTIONS)
@pytest.mark.parametrize(("dtype", "last"), [(torch.float32, False), (torch.float32, True), (torch.float64, False)])
def test_torch_finds_nothing_wrong_with_the_operators(text: str, dtype: torch.dtype, last: bool) -> None:
    x, weight, bias = _arrays(text, dtype, last=last)
    torch.library.opcheck(torch.ops.kaiyan.conv.default, (x, weight, bias, text))
    torch.library.opcheck(torch.ops.kaiyan.conv.default, (x, weight, None, text))
    gradient = torch.randn_like(torch.ops.kaiyan.conv(x, weight, bias, text).detach()).requires_grad_()
    torch.library.opcheck(torch.ops.kaiyan.conv_input_gradient.default, (gradient, weight, [9, 8], text, last))
    torch.library.opcheck(torch.ops.kaiyan.conv_weight_gradient.default, (gradient, x, text))


@pytest.mark.parametrize("mode", BORDERS)
def test_gradients_of_gradients_through_every_border(mode: str) -> None:
    layer = ours.Conv2d(2, 3, 3, padding=((1, 2), (0, 1)), padding_mode=mode, dtype=torch.float64)
    _check(layer, torch.randn(2, 2, 4, 3, dtype=torch.float64))


@pytest.mark.parametrize("layer", [
    ours.Conv1d(4, 6, 3, stride=2, padding="same", groups=2), ours.Conv3d(2, 2, (1, 2, 3), padding="causal"),
    ours.ConvTranspose2d(2, 3, 3, stride=2, padding="same"),
    ours.ConvTranspose1d(2, 4, 4, stride=3, padding=((1, 0),), groups=2),
    ours.ConvTranspose2d(2, 3, 2, stride=3, padding="same"), ours.Conv2d(2, 3, 3, stride=2, dilation=2, padding=2),
])  # fmt: skip
def test_gradients_of_gradients_of_every_kind(layer: Any) -> None:
    sizes = (4, 3, 3)[: layer.weight.ndim - 2]
    _check(layer.double(), torch.randn(2, layer.in_channels, *sizes, dtype=torch.float64))


def _check(layer: Any, x: torch.Tensor) -> None:
    def run(*inputs: torch.Tensor) -> Any:
        return torch.func.functional_call(layer, {"weight": inputs[1], "bias": inputs[2]}, (inputs[0],))

    inputs = (x.requires_grad_(), layer.weight, layer.bias)
    assert torch.autograd.gradcheck(run, inputs)
    assert torch.autograd.gradgradcheck(run, inputs)


@pytest.mark.parametrize("shape", [(2, 16, 20, 20), (1, 16, 9, 30)])
@pytest.mark.parametrize("settings", [
    {"padding": 1}, {"stride": 2, "padding": 1}, {"groups": 16, "padding": 1}, {"groups": 4},
    {"dilation": 2, "padding": 2},
])  # fmt: skip
def test_float32_gradients_are_torchs(shape: tuple[int, ...], settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    a, b = nn.Conv2d(16, 32, 3, **settings), ours.Conv2d(16, 32, 3, **settings)
    b.load_state_dict(a.state_dict())
    found = []
    for layer in (a, b):
        x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).requires_grad_()
        layer(x).square().sum().backward()
        found.append([tensor.grad for tensor in (x, *layer.parameters())])
    for right, ours_ in zip(*found, strict=True):
        torch.testing.assert_close(ours_, right, rtol=1e-4, atol=1e-4 * float(right.abs().max()))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forward_mode_and_jacobians() -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same").double()
    x, direction = torch.randn(2, 1, 2, 6, 5, dtype=torch.float64)
    y, tangent = torch.func.jvp(layer, (x,), (direction,))  # type: ignore[misc]
    step = 1e-6
    torch.testing.assert_close(tangent, (layer(x + step * direction) - y) / step, rtol=1e-5, atol=1e-5)
    jacobian = torch.func.jacrev(layer)(x)
    torch.testing.assert_close(torch.tensordot(jacobian, direction, 4), tangent)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_tangent_of_the_bias_alone_has_the_outputs_shape() -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same")
    x, direction = torch.randn(2, 2, 6, 5), torch.tensor([1.0, 2.0, 3.0])

    def run(bias: torch.Tensor) -> Any:
        return torch.func.functional_call(layer, {"bias": bias}, (x,))

    _, tangent = torch.func.jvp(run, (layer.bias.detach(),), (direction,))  # type: ignore[misc, union-attr]
    assert torch.equal(tangent, direction.reshape(1, 3, 1, 1).expand(2, 3, 3, 3))


@pytest.mark.filterwarnings("ignore:There is a performance drop", "ignore::DeprecationWarning")
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobians_are_computed_at_once(strategy: str) -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same").double()
    x = torch.randn(1, 2, 4, 3, dtype=torch.float64)
    found = torch.autograd.functional.jacobian(layer, x, vectorize=True, strategy=strategy)  # type: ignore[no-untyped-call]
    wide = functional.pad(x, (1, 1, 0, 1))
    right = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
        lambda wide: functional.conv2d(wide, layer.weight, layer.bias, stride=2), wide
    )
    torch.testing.assert_close(found, right[..., :-1, 1:-1])


def test_maps_over_inputs_and_over_weights() -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same")
    xs = torch.randn(4, 2, 2, 6, 5)
    torch.testing.assert_close(torch.func.vmap(layer)(xs), torch.stack([layer(x) for x in xs]))
    many = {name: torch.stack([p, 2 * p, -p]).detach() for name, p in layer.named_parameters()}
    mapped = torch.func.vmap(lambda p: torch.func.functional_call(layer, p, (xs[0],)))(many)
    torch.testing.assert_close(mapped[1], 2 * layer(xs[0]))

    def loss(p: Any, x: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(layer, p, (x[None],)).square().sum()  # type: ignore[no-any-return]

    own = {name: p.detach() for name, p in layer.named_parameters()}
    each = torch.func.vmap(torch.func.grad(loss), (None, 0))(own, xs[0])
    torch.testing.assert_close(each["weight"][1], torch.func.grad(loss)(own, xs[0][1])["weight"])


def test_compiles_whole_and_for_any_size() -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same")
    transposed = ours.ConvTranspose2d(2, 3, 3, stride=2)
    fixed = torch.compile(layer, backend="aot_eager", fullgraph=True)
    dynamic = torch.compile(layer, backend="aot_eager", fullgraph=True, dynamic=True)
    for size in (9, 12):
        x = torch.randn(2, 2, size, size)
        right = layer(x)
        torch.testing.assert_close(fixed(x), right)
        torch.testing.assert_close(dynamic(x), right)
    y = dynamic(x)
    y.sum().backward()
    assert layer.weight.grad is not None
    sized = torch.compile(lambda x: transposed(x, output_size=(20, 20)), backend="aot_eager", fullgraph=True)
    assert sized(torch.randn(1, 2, 9, 9)).shape == (1, 3, 20, 20)


def test_what_is_compiled_follows_its_layer() -> None:
    torch.compiler.reset()  # torch counts what a process has compiled, other tests' models among it
    layer = ours.Conv2d(2, 3, 3, padding=1)
    compiled = torch.compile(nn.Sequential(layer), backend="aot_eager", fullgraph=True)
    x = torch.randn(2, 2, 9, 8)
    for name, value in (("stride", (2, 2)), ("padding", "same"), ("padding_mode", "reflect"), ("dilation", (2, 1))):
        before = compiled(x)
        setattr(layer, name, value)
        torch.testing.assert_close(compiled(x), layer(x))
        assert not (compiled(x).shape == before.shape and torch.allclose(compiled(x), before))


def test_exports_with_a_batch_of_any_size() -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same")
    shapes = {"input": {0: torch.export.Dim("batch", min=1, max=64)}}
    program = torch.export.export(layer, (torch.randn(2, 2, 9, 8),), dynamic_shapes=shapes)
    assert "torch.ops.kaiyan.conv.default" in program.graph_module.code
    x = torch.randn(5, 2, 9, 8)
    torch.testing.assert_close(program.module()(x), layer(x))


@pytest.mark.parametrize(("layer", "first"), [
    (ours.Conv2d(2, 3, 3, stride=2, padding="same"), "Conv"),
    (ours.ConvTranspose2d(2, 3, 3, stride=2, padding="same"), "ConvTranspose"),
    (ours.Conv2d(2, 3, 3, padding=1, padding_mode="symmetric"), "Gather"),
])  # fmt: skip
def test_onnx_runtime_gives_the_same(layer: Any, first: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    x, path = torch.randn(2, 2, 10, 9), tmp_path / "layer.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(layer, (x,), path, dynamo=True, verbose=False)
    nodes = onnx.load(path).graph.node
    assert nodes[0].op_type == first
    if first == "Conv":
        assert list(next(a for a in nodes[0].attribute if a.name == "pads").ints) == [0, 1, 1, 1]
    session = onnxruntime.InferenceSession(path)
    found = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
    np.testing.assert_allclose(found, layer(x).detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_traces() -> None:
    layer = ours.Conv2d(2, 3, 3, stride=2, padding="same")
    x = torch.randn(2, 2, 9, 8)
    torch.testing.assert_close(torch.jit.trace(layer, x)(x), layer(x))  # type: ignore[no-untyped-call]
    torch.testing.assert_close(torch.fx.symbolic_trace(nn.Sequential(layer))(x), layer(x))


@pytest.mark.filterwarnings("ignore")
def test_trains_in_a_process_group(tmp_path: Path) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    try:
        wrapped = nn.parallel.DistributedDataParallel(ours.Conv2d(2, 3, 3, stride=2, padding="same"))
        wrapped(torch.randn(2, 2, 9, 8)).sum().backward()
        assert wrapped.module.weight.grad is not None
    finally:
        torch.distributed.destroy_process_group()
