"""An accelerated model wherever torch looks on, and after its weights were written: what the model itself answers."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.flop_counter import FlopCounterMode

from kaiyan.nn import accelerate
from kaiyan.nn.acceleration.accelerated import Accelerated

if TYPE_CHECKING:
    from collections.abc import Callable


class Graph(nn.Module):
    """Is taken as a graph."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.norm, self.b = nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.Conv2d(32, 32, 3, padding=1)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.a(x)).relu()
        y = self.b(y) + y
        return self.head(y.flatten(2).transpose(1, 2))  # type: ignore[no-any-return]


class Modules(Graph):
    """Is taken module by module."""

    def forward(self, x: Tensor, _: None = None) -> Tensor:
        return super().forward(x)


@pytest.fixture(params=(Graph, Modules), name="pair")
def _pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    model = request.param().eval()
    quick = accelerate(model, torch.randn(2, 3, 16, 16))
    assert quick.report.layers
    assert quick.report.traced is (request.param is Graph)
    return model, quick


def _tangent(model: Any, x: Tensor) -> Any:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, x)  # type: ignore[no-untyped-call]
        return forward_ad.unpack_dual(model(dual)).tangent.clone()  # type: ignore[no-untyped-call]


LOOKS: dict[str, Callable[[Any, Tensor], Any]] = {
    "vmap": lambda model, x: torch.vmap(model)(x[:, None]),
    "jvp": lambda model, x: torch.func.jvp(model, (x,), (x,))[1],
    "forward mode": _tangent,
    "jit.trace": lambda model, x: torch.jit.trace(model, x)(x * 2),  # type: ignore[no-untyped-call]
    "export": lambda model, x: torch.export.export(model, (x,)).module()(x * 2),
    "make_fx": lambda model, x: make_fx(model)(x)(x * 2),
    "functional_call": lambda model, x: torch.func.functional_call(
        model, {name: p + 1 for name, p in model.named_parameters()}, (x,)
    ),
}


@pytest.mark.parametrize("look", [name for name in LOOKS if name != "functional_call"])
@pytest.mark.filterwarnings("ignore")
def test_torch_sees_what_is_done_also_at_a_size_that_is_known(look: str, pair: tuple[Any, Any]) -> None:
    model, quick = pair
    x = torch.randn(2, 3, 16, 16)
    quick(x)
    quick(x[:1])
    with torch.no_grad():
        right, answer = (LOOKS[look](each, x) for each in (model, quick))
    torch.testing.assert_close(answer, right, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("look", ["vmap", "jvp", "make_fx"])
def test_a_model_whose_pictures_are_laid_out_anew_is_looked_at_as_well(look: str) -> None:
    model, x = Graph().eval(), torch.randn(2, 3, 16, 16)
    quick = Accelerated(accelerate(model, x).model, "channels_last", is_laying=True)
    quick.lay_out_as(model(x).detach(), quick(x), (x,))
    with torch.no_grad():
        right, answer = (LOOKS[look](each, x) for each in (model, quick))
    torch.testing.assert_close(answer, right, rtol=1e-3, atol=1e-3)


def test_a_tensor_without_numbers_gives_one_without_numbers(pair: tuple[Any, Any]) -> None:
    _, quick = pair
    x = torch.randn(2, 3, 16, 16)
    right = quick(x)
    answer = copy.deepcopy(quick).to("meta")(x.to("meta"))
    assert (answer.shape, answer.dtype, answer.device.type) == (right.shape, right.dtype, "meta")


def test_a_graph_given_a_tensor_without_numbers_at_a_known_size_gives_one() -> None:
    quick, x = accelerate(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()).eval(), torch.randn(1, 3, 9, 9)), None
    for device in ("cpu", "meta", "cpu"):
        x = quick(torch.ones(1, 3, 9, 9, device=device))
        assert (tuple(x.shape), x.device.type) == ((1, 8, 7, 7), device)


def test_a_gradient_asked_of_the_model_inside_is_given(pair: tuple[Any, Any]) -> None:
    model, quick = pair
    x = torch.randn(2, 3, 16, 16)
    quick(x)
    gradients = []
    for each in (model, quick.model):
        own = x.clone().requires_grad_()
        each(own).square().sum().backward()
        gradients.append(own.grad)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-3, atol=1e-3)


def test_operations_are_counted_as_the_models(pair: tuple[Any, Any]) -> None:
    model, quick = pair
    counts = []
    for each in (model, quick):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            each(torch.randn(2, 3, 16, 16))
        counts.append(counter.get_total_flops())
    assert counts[1] == counts[0] > 0


WRITES: dict[str, Callable[[nn.Parameter], Any]] = {
    "in place": lambda p: p.mul_(1.5),
    "copied": lambda p: p.copy_(p * 1.5),
    "in inference mode": lambda p: torch.inference_mode()(p.mul_)(1.5),
    "other numbers": lambda p: _give(p, 1),
    "other numbers, twice": lambda p: _give(p, 2),
    "an initialisation": lambda p: nn.init.constant_(p, 0.1),
}


def _give(parameter: nn.Parameter, times: int) -> None:
    for _ in range(times):
        parameter.data = parameter.data * 1.5


@pytest.mark.parametrize("write", WRITES)
def test_weights_that_are_written_to_are_packed_again(write: str, pair: tuple[Any, Any]) -> None:
    _, quick = pair
    x = torch.randn(2, 3, 16, 16)
    before = quick(x)
    with torch.no_grad():
        for parameter in quick.parameters():
            WRITES[write](parameter)
    after = quick(x)
    assert not torch.allclose(after, before)
    torch.testing.assert_close(after, copy.deepcopy(quick)(x), rtol=1e-4, atol=1e-4)


def test_parameters_that_a_call_is_given_are_those_it_computes_with(pair: tuple[Any, Any]) -> None:
    _, quick = pair
    x = torch.randn(2, 3, 16, 16)
    before = quick(x)
    twice = copy.deepcopy(quick)
    with torch.no_grad():
        for parameter in twice.parameters():
            parameter.add_(1)
    torch.testing.assert_close(LOOKS["functional_call"](quick, x), twice(x), rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(quick(x), before)


def test_a_hook_on_every_module_sees_numbers(pair: tuple[Any, Any]) -> None:
    _, quick = pair
    seen: list[type] = []
    hook = nn.modules.module.register_module_forward_hook(lambda _, __, output: seen.append(type(output)))
    try:
        quick(torch.randn(2, 3, 32, 32))
    finally:
        hook.remove()
    assert set(seen) == {Tensor}


class WritesOver(Graph):
    """Writes over what a convolution read before its output is read, on some inputs."""

    def forward(self, x: Tensor, _: None = None) -> Tensor:
        read = self.a(x) * 1
        y = self.b(read)
        if float(x.max()) > 100:
            read.zero_()
        return torch.relu(self.norm(y))


def test_in_inference_mode_where_torch_counts_no_writes_nothing_waits() -> None:
    model, x = WritesOver().eval(), torch.randn(2, 3, 32, 32)
    quick = accelerate(model, x)
    with torch.inference_mode():
        for scale in (1, 1000):
            torch.testing.assert_close(quick(x * scale), model(x * scale), rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("kind", [Graph, Modules])
def test_a_model_made_and_accelerated_in_inference_mode_is_packed_again_when_written_to(kind: type[Graph]) -> None:
    with torch.inference_mode():
        x = torch.randn(2, 3, 16, 16)
        quick = accelerate(kind().eval(), x)
        before = quick(x)
        for parameter in quick.parameters():
            parameter.mul_(1.5)
        assert not torch.allclose(quick(x), before)
        torch.testing.assert_close(quick(x), copy.deepcopy(quick)(x))
