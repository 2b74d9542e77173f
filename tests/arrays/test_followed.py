"""What torch follows is never hidden from it: tangents, traces and counters see a convolution as torch's own."""

from collections.abc import Callable
from typing import Any

import pytest

import kaiyan

torch = pytest.importorskip("torch")

from torch.autograd import forward_ad  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore:.torch.jit:DeprecationWarning",  # torch's own: the first tangent loads a script
    "ignore::torch.jit.TracerWarning",
)

W = (torch.arange(8 * 4 * 3 * 3) % 7 - 3.0).reshape(8, 4, 3, 3)
X, OTHER = ((torch.arange(4 * 6 * 5) % n - 2.0).reshape(1, 4, 6, 5) for n in (5, 11))
TANGENT = (torch.arange(4 * 6 * 5) % 3 - 1.0).reshape(1, 4, 6, 5)


def _layer() -> Any:
    layer = kaiyan.nn.Conv2d(4, 8, 3, padding=1, bias=False).requires_grad_(False)
    layer.weight.copy_(W)
    return layer


WAYS: dict[str, Callable[[], Callable[[Any], Any]]] = {
    "conv": lambda: lambda x: kaiyan.conv(x, W, padding=1),
    "prepare": lambda: kaiyan.prepare("Conv2d(4, 8, 3, padding=1, bias=False)", W),
    "layer": _layer,
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """A convolution that was called on plain tensors before."""
    function = WAYS[request.param]()

    def convolved(x: Any) -> Any:
        return function(x)

    assert torch.equal(convolved(X), functional.conv2d(X, W, padding=1))
    return convolved


def test_a_tangent_goes_through(way: Callable[[Any], Any]) -> None:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(X, TANGENT)  # type: ignore[no-untyped-call]
        primal, tangent = forward_ad.unpack_dual(way(dual))  # type: ignore[no-untyped-call]
    assert torch.equal(primal, functional.conv2d(X, W, padding=1))
    assert torch.equal(tangent, functional.conv2d(TANGENT, W, padding=1))


def test_a_trace_is_no_constant(way: Callable[[Any], Any]) -> None:
    traced = torch.jit.trace(way, X)
    assert torch.equal(traced(OTHER), functional.conv2d(OTHER, W, padding=1))


def test_a_graph_of_real_tensors_is_no_constant(way: Callable[[Any], Any]) -> None:
    graph = make_fx(way, tracing_mode="real")(X)
    assert torch.equal(graph(OTHER), functional.conv2d(OTHER, W, padding=1))


def test_a_counter_of_operations_sees_it(way: Callable[[Any], Any]) -> None:
    with FlopCounterMode(display=False) as counter:
        way(X)
    assert counter.get_total_flops() == 2 * 6 * 5 * 8 * 4 * 9


@pytest.mark.parametrize("size", [6, 56])
def test_autocast_gives_its_type_whichever_road_is_the_faster(size: int) -> None:
    x, weight = torch.ones(4, 32, size, size), torch.ones(32, 32, 3, 3, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = kaiyan.conv(x, weight)
    y.float().sum().backward()
    assert (y.dtype, weight.grad.dtype) == (torch.bfloat16, torch.float32)
    assert torch.equal(y, torch.full_like(y, 288.0))
