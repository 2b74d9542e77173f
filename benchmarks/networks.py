"""``python -m benchmarks networks``: whole networks, accelerated, against every peer; ``--train`` one training step."""

from __future__ import annotations

import copy
import json
import platform
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import product
from math import exp, log
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import torch
from corpus.models import NETWORKS
from torch import Tensor, nn

import kaiyan
from benchmarks.harness import REST, Timing, Watch, card, interleaved
from kaiyan.nn import accelerate
from kaiyan.nn.layers import LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from corpus.models import Network

    Call = Callable[[], Any]

OURS = "kaiyan"
TOLERANCE = 1e-3
"""Of the largest output, up to which a peer's answer is right."""
ROUNDED, JUDGED = 4.0, 2
"""Times torch's own distance from the gradients in float64 up to which ours are right, judged on so many images.

A deep network's gradients in float32 are far from those: near 0, rounding decides what ReLU lets through.
"""


@dataclass(slots=True)
class Result:
    """What one network gave: times by name, what was left out, how far our outputs are from torch's."""

    network: str
    batch: int
    threads: int
    task: str
    error: float
    others: float | None = None
    times: dict[str, Timing] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def best(self) -> tuple[str, float] | None:
        """The fastest peer and its median."""
        peers = {name: t.median for name, t in self.times.items() if name != OURS}
        return min(peers.items(), key=lambda peer: peer[1]) if peers else None

    def ratio(self, peer: str | None = None) -> float | None:
        """A peer's time, or the best's, in units of ours; None where either was left out."""
        if OURS not in self.times or not self.best:
            return None
        if peer is None:
            return self.best[1] / self.times[OURS].median
        return self.times[peer].median / self.times[OURS].median if peer in self.times else None

    def __str__(self) -> str:
        name, seconds = self.best or ("-", float("nan"))
        ours = self.times[OURS].median if OURS in self.times else float("nan")
        ratios = [f"{ratio:6.2f}" if ratio else "     -" for ratio in (self.ratio(), self.ratio("torch NCHW"))]
        return (
            f"{self.network:20} {self.batch:3} {ours * 1e3:9.2f} ms  {name:14} "
            f"{seconds * 1e3:9.2f} ms  {ratios[0]} {ratios[1]}  {self.error:.0e}"
        )


HEAD = f"{'network':20} {'n':>3} {'ours':>12}  {'best peer':27} {'ratio':>6} {'torch':>6}  error"


def _eager(model: nn.Module, x: Tensor, threads: int) -> Call:
    del threads
    return lambda: model(x)


def _eager_last(model: nn.Module, x: Tensor, threads: int) -> Call:
    del threads
    if x.ndim != 4:
        msg = "channels last is for pictures"
        raise ValueError(msg)
    last: Any = copy.deepcopy(model)
    last = last.to(memory_format=torch.channels_last)
    laid = x.contiguous(memory_format=torch.channels_last)
    return lambda: last(laid)


def _compiled(model: nn.Module, x: Tensor, threads: int) -> Call:
    del threads
    torch._dynamo.reset()  # noqa: SLF001
    compiled = torch.compile(copy.deepcopy(model))
    compiled(x)
    return lambda: compiled(x)


def _exported(model: nn.Module, x: Tensor) -> bytes:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        torch.onnx.export(model, (x,), path, dynamo=True, external_data=False, verbose=False)
        return path.read_bytes()


def _onnxruntime(model: nn.Module, x: Tensor, threads: int) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(_exported(model, x), options, providers=["CPUExecutionProvider"])
    fed = {session.get_inputs()[0].name: x.numpy()}
    return lambda: torch.from_numpy(session.run(None, fed)[0])


def _openvino(model: nn.Module, x: Tensor, threads: int) -> Call:
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(core.read_model(_exported(model, x)), "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(x.numpy(), shared_memory=True))

    def call() -> Tensor:
        request.infer()
        return torch.from_numpy(request.get_output_tensor().data)

    return call


def _ncnn(model: nn.Module, x: Tensor, threads: int) -> Call:
    import ncnn
    import pnnx

    if len(x) > 1:
        msg = "ncnn takes one input at a time"
        raise ValueError(msg)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.pt")
        with suppress(SyntaxError):  # it reads back a Python file that it wrote, where 0 is a layer's name
            pnnx.export(model, path, (x,), fp16=False)
        net = ncnn.Net()
        net.opt.num_threads = threads
        for name in ("use_bf16_storage", "use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
            setattr(net.opt, name, False)
        net.load_param(path.replace(".pt", ".ncnn.param"))
        net.load_model(path.replace(".pt", ".ncnn.bin"))
    mat = ncnn.Mat(x[0].numpy())

    def call() -> Tensor:
        with net.create_extractor() as run:
            run.input("in0", mat)
            return torch.from_numpy(run.extract("out0")[1].numpy())[None]

    return call


PEERS: dict[str, Callable[[nn.Module, Tensor, int], Call]] = {
    "torch NCHW": _eager,
    "torch NHWC": _eager_last,
    "torch.compile": _compiled,
    "ONNX Runtime": _onnxruntime,
    "OpenVINO": _openvino,
    "ncnn": _ncnn,
}


@click.command("networks")
@click.option("--threads", multiple=True, type=int, default=(1,), help="how many, each in turn")
@click.option("--batch", multiple=True, type=int, default=(1,), help="how many pictures at once, each in turn")
@click.option("--match", default="", help="only networks whose name contains this")
@click.option("--peers", default="", help="only these, with commas between")
@click.option("--train", is_flag=True, help="one training step, forward and backward, against torch's layers")
@click.option("--seconds", default=3.0, help="for each network and peer, about")
@click.option("--out", type=click.Path(path_type=Path), help="a folder for the JSON")
def networks(
    threads: tuple[int, ...],
    batch: tuple[int, ...],
    *,
    match: str,
    peers: str,
    train: bool,
    seconds: float,
    out: Path | None,
) -> None:
    """Times whole networks in float32, ours against every peer installed, interleaved."""
    chosen = [name for name in NETWORKS if match in name]
    names = [word.strip() for word in peers.split(",") if word.strip()] or list(PEERS)
    results = []
    for count in threads:
        click.echo(f"\n{count} thread(s){', one training step' if train else ''}\n{HEAD}")
        for size, name in product(batch, chosen):
            results.append(_alone(name, size, count, names, seconds, train=train))
            for peer, reason in results[-1].left_out.items():
                click.echo(f"{name:20} {peer} is left out: {reason}")
            click.echo(results[-1])
        _summary([result for result in results if result.threads == count])
    if out is not None:
        _written(out, results)


def _alone(name: str, size: int, threads: int, names: list[str], seconds: float, *, train: bool) -> Result:
    """One network in a process of its own: what others left of memory would be a part of its time."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measured, name, size, threads, names, seconds, train).result()


def _measured(name: str, size: int, threads: int, names: list[str], seconds: float, train: bool) -> Result:
    torch.set_num_threads(threads)
    kaiyan.set_num_threads(threads)
    network = NETWORKS[name]
    x = torch.randn(size, *network.shape, generator=torch.Generator().manual_seed(0))
    result = Result(name, size, threads, "train" if train else "infer", 0.0)
    return _trained(result, network, x, seconds) if train else _inferred(result, network, x, names, seconds)


@torch.no_grad()
def _inferred(result: Result, network: Network, x: Tensor, names: list[str], seconds: float) -> Result:
    model = network.made()
    right = model(x)
    quick = accelerate(model, x)
    result.error = _error(quick(x), right)
    calls: dict[str, Call] = {}
    _admit(result, calls, OURS, lambda: quick(x), result.error)
    for name in names:
        try:
            call = PEERS[name](model, x, result.threads)
            wrong = _error(call(), right)
        except Exception as error:  # noqa: BLE001 (a peer may fail in any way; it is said)
            result.left_out[name] = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:120]}"
            continue
        _admit(result, calls, name, call, wrong)
    return _timed(result, calls, seconds)


def _admit(
    result: Result, calls: dict[str, Call], name: str, call: Call, wrong: float, allowed: float = TOLERANCE
) -> None:
    """Who is right is timed; who is not, ourselves included, is left out. NaN is not right."""
    if wrong <= allowed:
        calls[name] = call
    else:
        result.left_out[name] = f"its error is {wrong:.1e}"


def _trained(result: Result, network: Network, x: Tensor, seconds: float) -> Result:
    model = network.made().train()
    ours = with_our_layers(model)
    truth = copy.deepcopy(model).double()
    few = x[:JUDGED]
    for net in (ours, model, truth):
        torch.manual_seed(0)
        _step(net, few.to(next(net.parameters()).dtype))
    result.error, usual = _gradient_error(ours, truth), _gradient_error(model, truth)
    del truth
    steps: dict[str, Call] = {"torch NCHW": lambda: _step(model, x)}
    _admit(result, steps, OURS, lambda: _step(ours, x), result.error, max(usual * ROUNDED, TOLERANCE))
    return _timed(result, steps, seconds)


def _gradient_error(found: nn.Module, right: nn.Module) -> float:
    """The largest difference of a gradient as a share of the largest gradient; infinite where only one model has it."""
    pairs = [(a.grad, b.grad) for a, b in zip(found.parameters(), right.parameters(), strict=True)]
    if any((a is None) != (b is None) for a, b in pairs):
        return float("inf")
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    differences = torch.stack([(a - b).abs().max() for a, b in both])
    return float(differences.max() / max(b.abs().max() for _, b in both))


def with_our_layers(model: nn.Module) -> nn.Module:
    """A copy whose convolutions are ours, with the same weights."""
    found = copy.deepcopy(model)
    for name, layer in list(found.named_modules()):
        if type(layer) in LAYERS:
            ours = LAYERS[type(layer)].of(layer)
            parent, _, own = name.rpartition(".")
            setattr(found.get_submodule(parent), own, ours)
    return found


def _step(model: nn.Module, x: Tensor) -> None:
    model.zero_grad(set_to_none=True)
    model(x).square().mean().backward()


def _timed(result: Result, calls: dict[str, Call], seconds: float) -> Result:
    watch = Watch()
    result.times = interleaved(calls, seconds, rest=REST if result.threads > 1 else 0.0)
    result.others = watch.others()
    return result


def _error(found: Tensor, right: Tensor) -> float:
    return float((found - right).abs().max() / right.abs().max())


def _summary(results: list[Result]) -> None:
    ratios = _mean(r.ratio() for r in results), _mean(r.ratio("torch NCHW") for r in results)
    click.echo(f"\ngeometric mean of {len(results)}: best/ours {ratios[0]:.2f}, torch NCHW/ours {ratios[1]:.2f}")


def _mean(ratios: Iterable[float | None]) -> float:
    known = [log(ratio) for ratio in ratios if ratio]
    return exp(sum(known) / len(known)) if known else float("nan")


def _written(out: Path, results: list[Result]) -> None:
    folder = out / f"{datetime.now(UTC):%Y-%m-%d}-{platform.node() or 'machine'}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"networks-{datetime.now(UTC):%H%M%S}.json"
    facts = {"card": card(), "results": [asdict(result) for result in results]}
    path.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    click.echo(f"written to {path}")
