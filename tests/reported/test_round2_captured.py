"""Round two, F29: TorchScript, exported programs, quantised, compiled and traced models: numbers, or one sentence."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
SIZE = (1, 3, 8, 8)
JIT: Any = torch.jit
QUANTIZATION: Any = torch.ao.quantization


def net() -> nn.Sequential:
    layers = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Flatten(), nn.Linear(64, 2)
    return nn.Sequential(*layers).eval()


def _static() -> nn.Module:
    q = QUANTIZATION
    model = nn.Sequential(q.QuantStub(), *net(), q.DeQuantStub()).eval()
    model.qconfig = q.get_default_qconfig(
        "fbgemm" if "fbgemm" in torch.backends.quantized.supported_engines else "qnnpack"
    )
    q.prepare(model, inplace=True)(torch.rand(SIZE))
    return q.convert(model, inplace=True)  # type: ignore[no-any-return]


SCRIPTED: dict[str, tuple[Callable[[], Any], str]] = {
    "scripted": (lambda: torch.jit.script(net()), "the model is TorchScript"),
    "traced": (lambda: JIT.trace(net(), torch.rand(SIZE)), "the model is TorchScript"),
    "frozen": (lambda: torch.jit.freeze(torch.jit.script(net())), "the model is TorchScript"),
    "a scripted part": (lambda: nn.Sequential(nn.ReLU(), torch.jit.script(net())), "1 is TorchScript"),
    "a traced part": (
        lambda: nn.ModuleDict({"trunk": JIT.trace(net(), torch.rand(SIZE))}),
        "trunk is TorchScript",
    ),
}
SEEN: dict[str, Callable[[], Any]] = {
    "exported": lambda: torch.export.export(net(), (torch.rand(SIZE),)),
    "an exported module": lambda: torch.export.export(net(), (torch.rand(SIZE),)).module(),
    "compiled": lambda: torch.compile(net()),
    "traced by fx": lambda: torch.fx.symbolic_trace(net()),
    "in DataParallel": lambda: nn.DataParallel(net()),
}
QUANTISED: dict[str, Callable[[], Any]] = {
    "quantised dynamically": lambda: QUANTIZATION.quantize_dynamic(net(), {nn.Linear}),
    "quantised": _static,
}
CALLS: dict[str, Callable[[Any], object]] = {
    "summary": lambda model: kaiyan.summary(model, SIZE),
    "summary of data": lambda model: kaiyan.summary(
        model, input_data=torch.rand(SIZE), col_names=("time", "algorithm")
    ),
    "least_input": lambda model: kaiyan.least_input(model, SIZE),
    "whole_sizes": lambda model: kaiyan.whole_sizes(model, SIZE),
    "shift_report": lambda model: kaiyan.shift_report(model, torch.rand(SIZE), 2),
    "diagnose": lambda model: kaiyan.diagnose(
        "mat1 and mat2 shapes cannot be multiplied", model, torch.rand(1, 3, 9, 9)
    ),
}


@cache
def made(kind: str) -> Any:
    """One for all tests: no call of ours changes it."""
    make = SCRIPTED[kind][0] if kind in SCRIPTED else (SEEN | QUANTISED)[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", SCRIPTED)
def test_torchscript_is_refused_in_a_sentence(kind: str, call: str) -> None:
    words = SCRIPTED[kind][1]
    with pytest.raises(kaiyan.KaiyanError, match=words) as refused:
        CALLS[call](made(kind))
    assert "scripted or traced from" in str(refused.value)


@pytest.mark.parametrize("kind", SEEN)
def test_what_runs_in_python_is_counted_as_the_model(kind: str) -> None:
    model, right = made(kind), kaiyan.summary(net(), SIZE)
    found = kaiyan.summary(model, SIZE)
    assert (found.parameters, found.macs, found.error) == (right.parameters, right.macs, None)
    assert found.layers[0].parameters == right.parameters
    assert not any(layer.failed for layer in found.layers)
    assert [a.least for a in kaiyan.least_input(model, SIZE).axes] == [8, 8]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [*SEEN, *QUANTISED])
def test_no_call_ends_in_anothers_traceback(kind: str, call: str) -> None:
    CALLS[call](made(kind))


BOTH: dict[str, Callable[[Any], object]] = {
    "accelerate": lambda model: kaiyan.nn.accelerate(model, torch.rand(SIZE)),
    "convert": lambda model: kaiyan.nn.convert(model, "tf_same"),
}


@pytest.mark.parametrize("call", BOTH)
@pytest.mark.parametrize("kind", [*SCRIPTED, *SEEN, *QUANTISED])
def test_neither_do_those_that_change_a_model(kind: str, call: str) -> None:
    model = made(kind)
    try:
        assert BOTH[call](model) is not None
    except kaiyan.KaiyanError as error:
        assert str(error)  # noqa: PT017 (one sentence of ours is as good as a copy)


@pytest.mark.parametrize("kind", QUANTISED)
def test_what_a_quantised_model_keeps_packed_is_said(kind: str) -> None:
    found = kaiyan.summary(made(kind), SIZE)
    assert "are not counted as parameters" in str(found)
    assert "linear_dynamic" in found.uncounted or {"conv2d", "linear"} <= set(found.uncounted)
