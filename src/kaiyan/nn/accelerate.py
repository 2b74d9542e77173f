"""An inference copy of a model whose convolutions run on prepared kernels, and the report of what it gained."""

from __future__ import annotations

import copy
import operator as op
import statistics
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx, nn

from kaiyan.engine.codegen.threads import get_num_threads, holding
from kaiyan.nn.by_module import by_module
from kaiyan.nn.fuse import Reasons, fused, is_convolution
from kaiyan.nn.layers import Layer
from kaiyan.nn.prepared import Prepared
from kaiyan.nn.undisturbed import undisturbing
from kaiyan.spec.error import KaiyanError
from kaiyan.spec.problem import precision as checked
from kaiyan.spec.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_RUNS = 5
LAYOUTS = {"planes": torch.contiguous_format, "pixels": torch.channels_last}
"""How pictures lie in memory: channel by channel, or channels last."""


@dataclass(frozen=True, slots=True)
class LayerReport:
    """One convolution: its name, what it is, what was computed with it, seconds before and after, the algorithm."""

    name: str
    what: str
    before: float | None
    after: float
    algorithm: str

    def __str__(self) -> str:
        return f"{self.name:30} {_ms(self.before):>9} {_ms(self.after):>9}  {self.algorithm:16} {self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """What ``accelerate`` did: seconds of the whole model before and after, each layer, and what was left with reasons.

    ``difference`` is the largest between the two models' outputs, as a share of the largest output.
    """

    before: float
    after: float
    layout: str
    traced: bool
    difference: float
    layers: tuple[LayerReport, ...]
    left: dict[str, Sentence]

    @property
    def speedup(self) -> float:
        """The time before in units of the time after."""
        return self.before / self.after

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        return asdict(self) | {"left": {name: str(reason) for name, reason in self.left.items()}}

    def __str__(self) -> str:
        rows = [str(row) for row in self.layers]
        left = [f"{name:30} is left: {reason}" for name, reason in self.left.items()]
        total = (
            f"{'all':30} {_ms(self.before):>9} {_ms(self.after):>9}  {self.speedup:.2f} times as fast, "
            f"{self.layout}, outputs differ by {self.difference:.1e}"
        )
        return "\n".join([f"{'layer':30} {'before':>9} {'after':>9}  algorithm", *rows, *left, total])


class Accelerated(nn.Module):
    """What ``accelerate`` gives: called as the model was, for inference."""

    report: Report

    def __init__(self, model: nn.Module, layout: str) -> None:
        super().__init__()
        self.model: Any = model
        self.layout = layout

    @torch.no_grad()
    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The model's outputs."""
        with _undisturbed():
            return self.model(*(_laid(i, self.layout) for i in inputs), **named)

    def train(self, mode: bool = True) -> Accelerated:
        """It is for inference; raises ``KaiyanError`` when it shall train."""
        if mode:
            raise KaiyanError(
                "inference-only",
                "an accelerated model is for inference",
                "train the original, then accelerate it again",
            )
        return super().train(False)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Torch's own operators on one thread: its others spin for milliseconds after each, on processors that we need.

    ResNet-18 on two processors takes 5.6 ms so, and 7.4 with two threads of torch.
    """
    threads, theirs = get_num_threads(), torch.get_num_threads()
    if theirs == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        with holding(threads):
            yield
    finally:
        torch.set_num_threads(theirs)


@undisturbing
def accelerate(model: nn.Module, example_input: Any, precision: str = "default") -> Accelerated:
    """An inference copy of ``model`` on prepared kernels, in the layout that is faster for the whole of it.

    ``example_input`` is an input as the model takes it, or a tuple of them: times are measured on it, other sizes work
    as well. The original is untouched. A BatchNorm after a convolution is folded into it, a sum and an activation are
    fused; a model that torch.fx cannot trace is taken module by module. ``precision`` bounds the error, see
    ``kaiyan.conv``; what was done and gained is in ``report``.

    Raises ``KaiyanError`` when the model fails on the input.
    """
    checked(precision)
    inputs = example_input if isinstance(example_input, tuple) else (example_input,)
    original = copy.deepcopy(model).eval()
    with torch.no_grad():
        right = _flat(_ran(original, inputs))
        quick, made, left, traced, difference = _quick(original, inputs, right, precision)
        with _undisturbed():
            layout = _faster(quick, inputs)
        found = Accelerated(quick, layout).eval()
        before, after = _raced(lambda: original(*inputs), lambda: found(*inputs))
        layers = _layers(original, quick, inputs, layout, made)
    found.report = Report(before, after, layout, traced, difference, layers, left)
    return found


def _ran(model: nn.Module, inputs: tuple[Any, ...]) -> Any:
    try:
        return model(*inputs)
    except Exception as error:
        if isinstance(error, KaiyanError):
            raise
        raise KaiyanError(
            "model-fails", "the model does not run on this input: {error}", error=str(error).partition("\n")[0]
        ) from error


def _quick(
    original: nn.Module, inputs: tuple[Any, ...], right: list[Tensor], precision: str
) -> tuple[nn.Module, dict[str, str], Reasons, bool, float]:
    """The model rewritten by the first way that gives its outputs: as a graph, module by module, or not at all."""
    for way in (_by_graph, by_module):
        try:
            quick, made, left = way(copy.deepcopy(original), inputs, precision)
            difference = _difference(right, _flat(_quietly(quick)(*inputs)))
        except Exception:  # noqa: BLE001 (whatever a model's code raises where it is rewritten)
            continue
        if difference <= _allowed(right):
            return quick, made, left, way is _by_graph, difference
    reason = sentence("left", "the model does not run, or not rightly, where it is replaced")
    left = {name: reason for name, layer in original.named_modules() if is_convolution(layer)}
    return copy.deepcopy(original), {}, left, False, 0.0


def _by_graph(model: nn.Module, inputs: tuple[Any, ...], precision: str) -> tuple[nn.Module, dict[str, str], Reasons]:
    graph = fx.GraphModule(model, _Tracer().trace(model))
    _Shapes(graph).run(*inputs)
    made, left = fused(graph, precision)
    return graph.eval(), made, left


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, Layer) or super().is_leaf_module(m, module_qualified_name)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Written(node, self)


class _Written(fx.Proxy):
    """torch.fx takes ``x += y`` for ``x = x + y``, but whoever else holds x sees the sum."""

    def __iadd__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.iadd, (self, other), {})

    def __isub__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.isub, (self, other), {})

    def __imul__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.imul, (self, other), {})

    def __itruediv__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.itruediv, (self, other), {})


class _Shapes(fx.Interpreter):
    """Notes what each node gives; torch's ``ShapeProp`` prints a traceback where a model cannot be traced."""

    def run_node(self, n: fx.Node) -> Any:
        found = super().run_node(n)
        if isinstance(found, Tensor):
            n.meta["val"] = torch.empty_like(found, device="meta")
        return found


def _quietly(model: nn.Module) -> Callable[..., Any]:
    """The model's call without the traceback that torch prints where a graph fails."""
    return model.forward if isinstance(model, fx.GraphModule) else model


def _faster(model: nn.Module, inputs: tuple[Any, ...]) -> str:
    """The layout in which the whole model is faster; channels first where the other fails."""
    calls = {}
    for layout in LAYOUTS if any(isinstance(i, Tensor) and i.ndim == 4 for i in inputs) else ("planes",):
        laid = tuple(_laid(i, layout) for i in inputs)
        try:
            _quietly(model)(*laid)
        except Exception:  # noqa: BLE001 (a model may view what only lies so in one layout)
            continue
        calls[layout] = lambda laid=laid: model(*laid)
    times = dict(zip(calls, _raced(*calls.values()), strict=True))
    return min(times, key=lambda layout: times[layout])


def _laid(x: Any, layout: str) -> Any:
    if not isinstance(x, Tensor) or x.ndim != 4:
        return x
    return x.contiguous(memory_format=LAYOUTS[layout])


def _raced(*calls: Callable[[], object]) -> list[float]:
    """The median time of each call, in turns."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(_RUNS + 1):
        for call, taken in zip(calls, times, strict=True):
            began = perf_counter()
            call()
            if turn:
                taken.append(perf_counter() - began)
    return [statistics.median(taken) for taken in times]


def _layers(
    original: nn.Module, quick: nn.Module, inputs: tuple[Any, ...], layout: str, made: dict[str, str]
) -> tuple[LayerReport, ...]:
    before = _timed(original, inputs, {name: name for name in made.values()})
    with _undisturbed():
        after = _timed(quick, tuple(_laid(i, layout) for i in inputs), {name: name for name in made})
    rows = []
    for name, source in made.items():
        layer = quick.get_submodule(name)
        if isinstance(layer, Prepared) and name in after:
            rows.append(LayerReport(source, layer.extra_repr(), before.get(source), after[name], layer.algorithm))
    return tuple(rows)


def _timed(model: nn.Module, inputs: tuple[Any, ...], names: dict[str, str]) -> dict[str, float]:
    """The median time of each module of these names; one that is called several times has the sum."""
    runs: list[dict[str, float]] = []
    hooks = list(_watched(model, names, runs))
    for _ in range(_RUNS):
        runs.append({})
        model(*inputs)
    for hook in hooks:
        hook.remove()
    return {name: statistics.median(run.get(name, 0.0) for run in runs) for name in runs[-1]}


def _watched(model: nn.Module, names: dict[str, str], runs: list[dict[str, float]]) -> Iterator[Any]:
    began: dict[str, float] = {}
    for name, module in model.named_modules():
        if name in names:

            def start(*_: Any, name: str = name) -> None:
                began[name] = perf_counter()

            def stop(*_: Any, name: str = name) -> None:
                runs[-1][name] = runs[-1].get(name, 0.0) + perf_counter() - began[name]

            yield module.register_forward_pre_hook(start)
            yield module.register_forward_hook(stop)


def _flat(outputs: Any) -> list[Tensor]:
    if isinstance(outputs, Tensor):
        return [outputs]
    entries = outputs.values() if isinstance(outputs, dict) else outputs if isinstance(outputs, (tuple, list)) else ()
    return [tensor for entry in entries for tensor in _flat(entry)]


def _allowed(right: list[Tensor]) -> float:
    """Of the largest output: far above what rounding makes of a deep model, far below a wrong model."""
    finest = min((torch.finfo(t.dtype).eps for t in right if t.is_floating_point()), default=0.0)
    return float(max(finest**0.4, 1e-3))


def _difference(right: list[Tensor], found: list[Tensor]) -> float:
    """The largest difference as a share of the largest value of an output; what is not finite must agree."""
    return max((_share(a, b) for a, b in zip(right, found, strict=True) if a.numel()), default=0.0)


def _share(right: Tensor, found: Tensor) -> float:
    finite = right.isfinite()
    if not torch.equal(finite, found.isfinite()):
        return float("inf")
    right, found = right[finite].double(), found[finite].double()
    return float((right - found).abs().max() / right.abs().max().clamp_min(1e-30)) if right.numel() else 0.0


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1e3:.3f} ms"
