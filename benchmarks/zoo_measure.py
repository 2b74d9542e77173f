"""One real model through summary, accelerate and least_input: what holds, as one flat row."""

from __future__ import annotations

import io
import pickle
import signal
from contextlib import contextmanager
from copy import deepcopy
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import kaiyan
from benchmarks.zoo_outputs import ALLOWED, NUMBERS, apart, faults, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.zoo_models import Real

LIMIT = 150
"""Seconds for one call of ours; what takes longer has failed."""
LEAST_LIMIT = 30
TURNS = 60
LEAST_TURNS = 5
PATIENCE = 4.0
"""Seconds for the race of one model."""


LOST = 0.1
"""From this distance to float64 on a model's own answer says nothing."""


class TooLong(BaseException):
    """It is stopped from outside."""


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def measured(real: Real, *, only_accelerated: bool = False) -> dict[str, Any]:
    """Everything that is known of one model; ``faults`` are sentences."""
    model, example = real.model(), real.inputs(2, real.sizes[0])
    _takes(model, example)  # a first call may leave something in a model: hooks, caches
    wrong: list[str] = []
    row: dict[str, Any] = {"package": real.package, "model": real.name, "faults": wrong}
    for step in (_accelerated,) if only_accelerated else (_summed, _accelerated, _least):
        before = _state(model), _copied(example), torch.get_rng_state()
        try:
            with torch.no_grad(), _within(LIMIT):
                step(real, model, example, row)
        except (Exception, TooLong) as error:  # noqa: BLE001 - a fault is a row, whatever is raised
            wrong.append(f"{step.__name__[1:]}: {type(error).__name__}: {str(error).partition(chr(10))[0]:.160}")
        wrong += [f"{step.__name__[1:]}: {what}" for what in _touched(before, model, example)]
    return row


def _summed(real: Real, model: torch.nn.Module, example: Any, row: dict[str, Any]) -> None:
    del real
    began = perf_counter()
    # torch's counter does not know the fused attention of a CPU: it counts what that is made of
    table = kaiyan.summary(model, input_data=example)
    row["summary_s"] = round(perf_counter() - began, 2)
    # nor oneDNN's LSTM
    plain = torch.backends.mkldnn.flags(enabled=False)
    with plain, torch.random.fork_rng(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(*_copied(example))
    row |= {"parameters": table.parameters, "macs": table.macs, "macs_torch": counter.get_total_flops() // 2}
    truth = sum(p.numel() for p in model.parameters())
    row["parameters_right"], row["macs_right"] = table.parameters == truth, table.macs == row["macs_torch"]
    if not row["parameters_right"]:
        row["faults"].append(f"summary: {table.parameters} parameters where there are {truth}")
    if not row["macs_right"]:
        row["faults"].append(f"summary: {table.macs} multiply-adds where torch counts {row['macs_torch']}")


def _accelerated(real: Real, model: torch.nn.Module, example: Any, row: dict[str, Any]) -> None:
    began, spent = perf_counter(), process_time()
    quick = kaiyan.nn.accelerate(model, _copied(example))
    row |= {"made_s": round(perf_counter() - began, 2), "made_processor_s": round(process_time() - spent, 2)}
    row |= _how_it_runs(quick)
    inputs = [example, real.inputs(3, real.sizes[0]), real.inputs(1, real.sizes[1])]
    compared = [_compared(model, quick, given) for given in inputs if _takes(model, given)]
    row |= {"inputs": len(compared), "difference": max(difference for difference, _ in compared)}
    row["faults"] += [f"accelerate: {fault}" for fault in sorted({f for _, some in compared for f in some})]
    ways = (("torch.save", _saved), ("pickle", _pickled))
    row["saved"] = [name for name, way in ways if _kept(model, quick, way, example, row)]
    with torch.random.fork_rng():
        row["ratio"] = _ratio(lambda: model(*example), lambda: quick(*example))


def _how_it_runs(quick: Any) -> dict[str, Any]:
    """In which way, what torch still computes in it, and why the better ways were not taken."""
    report, its = quick.report, getattr(quick.model, "captured", None)
    told = {"layout": report.layout, "layers": len(report.layers), "left": len(report.left)}
    told["reasons"] = sorted({str(reason) for reason in report.left.values()})
    told["notes"] = list(map(str, report.notes))
    if its is None:
        way = "graph" if report.traced else "module by module" if report.layers else "as it is"
        return told | {"way": way}
    foreign = dict(its.foreign.most_common())
    way = "several programs" if its.breaks or its.passed_by or its.left else "one program"
    told |= {"way": way, "programs": len(its.programs), "foreign": foreign, "foreign_steps": sum(foreign.values())}
    return told | {"breaks": list(its.breaks), "passed_by": its.passed_by, "to_torch": its.left}


def _least(real: Real, model: torch.nn.Module, example: Any, row: dict[str, Any]) -> None:
    if len(example) != 1 or not example[0].is_floating_point():
        return
    del real
    began = perf_counter()
    try:
        with _within(LEAST_LIMIT):
            row["least"] = [axis.least for axis in kaiyan.least_input(model, tuple(example[0].shape)).axes]
    finally:
        row["least_s"] = round(perf_counter() - began, 2)


def _takes(model: torch.nn.Module, given: Any) -> bool:
    try:
        with torch.random.fork_rng():
            model(*_copied(given))
    except Exception:  # noqa: BLE001 - a size that the original does not take
        return False
    return True


def _compared(model: torch.nn.Module, quick: Any, given: Any) -> tuple[float, list[str]]:
    right, answer = _seeded(model, given), _seeded(quick, given)
    wrong = list(faults(right, answer))
    if wrong and all(NUMBERS in fault for fault in wrong) and _is_as_near(model, given, right, answer):
        wrong = []
    pairs = list(zip(_tensors(right), _tensors(answer), strict=False))
    return max((apart(a, b) for a, b in pairs if a.shape == b.shape), default=0.0), wrong


def _is_as_near(model: torch.nn.Module, given: Any, right: Any, answer: Any) -> bool:
    """Whether the answer is as near to the model's in float64 as its own in float32, with twice for luck."""
    try:
        doubled = tuple(x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x for x in given)
        exact = deepcopy(model).double()(*doubled)
    except Exception:  # noqa: BLE001 - a model of float32 alone
        return False
    triples = zip(_tensors(exact), _tensors(right), _tensors(answer), strict=True)
    pairs = [(apart(e, theirs), apart(e, ours)) for e, theirs, ours in triples]
    return all(theirs < LOST and ours <= max(ALLOWED, 2 * theirs) for theirs, ours in pairs)


def _seeded(model: Any, given: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        try:
            return model(*_copied(given))
        except Exception as error:  # noqa: BLE001 - it is the answer then
            return f"{type(error).__name__}: {str(error).partition(chr(10))[0]:.120}"


def _kept(model: Any, quick: Any, way: Callable[[Any], Any], example: Any, row: dict[str, Any]) -> bool:
    """Whether it is saved and loaded; a model that is not either is no fault of the copy."""
    try:
        wrong = list(faults(_seeded(quick, example), _seeded(way(quick), example)))
    except Exception as error:  # noqa: BLE001 - a fault is a row
        if not _can(way, model):
            return True
        wrong = [f"{type(error).__name__}: {str(error).partition(chr(10))[0]:.120}"]
    row["faults"] += [f"{way.__name__[1:]}: {fault}" for fault in wrong]
    return not wrong


def _can(way: Callable[[Any], Any], model: Any) -> bool:
    try:
        way(model)
    except Exception:  # noqa: BLE001 - whatever stands in the way
        return False
    return True


def _saved(quick: Any) -> Any:
    memory = io.BytesIO()
    torch.save(quick, memory)
    memory.seek(0)
    return torch.load(memory, weights_only=False)


def _pickled(quick: Any) -> Any:
    return pickle.loads(pickle.dumps(quick))


def _ratio(theirs: Callable[[], Any], ours: Callable[[], Any]) -> float:
    """How many times as fast, the least of turns: what else runs on the machine only adds to a time."""
    times: list[tuple[float, float]] = []
    theirs(), ours()
    began = perf_counter()
    while len(times) < TURNS and (perf_counter() - began < PATIENCE or len(times) < LEAST_TURNS):
        times.append((_seconds(theirs), _seconds(ours)))
    return round(min(first for first, _ in times) / min(second for _, second in times), 3)


def _seconds(call: Callable[[], Any]) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def _copied(given: Any) -> Any:
    return tuple(x.clone() if isinstance(x, torch.Tensor) else x for x in given)


def _tensors(x: Any) -> list[torch.Tensor]:
    if isinstance(x, torch.Tensor):
        return [x]
    return [tensor for part in (parts(x) or {}).values() for tensor in _tensors(part)]


def _state(model: torch.nn.Module) -> dict[str, Any]:
    named = [*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)]
    facts: dict[str, Any] = {name: (id(x), x.device.type, x.requires_grad, x.detach().clone()) for name, x in named}
    for name, module in model.named_modules():
        hooks = len(module._forward_hooks) + len(module._forward_pre_hooks)  # noqa: SLF001 - nothing public tells
        facts[f"{name} (module)"] = (id(module), module.training, hooks, sorted(vars(module)))
    return facts


def _touched(before: tuple[Any, Any, Any], model: torch.nn.Module, example: Any) -> Iterator[str]:
    state, inputs, random = before
    after = _state(model)
    if state.keys() != after.keys():
        yield f"the model has other parts: {sorted(state.keys() ^ after.keys())[:3]}"
    changed = [name for name in state.keys() & after.keys() if not _same(state[name], after[name])]
    if changed:
        yield f"the model is changed: {sorted(changed)[:3]}"
    if any(isinstance(x, torch.Tensor) and not torch.equal(x, y) for x, y in zip(inputs, example, strict=True)):
        yield "the inputs are changed"
    if not torch.equal(random, torch.get_rng_state()):
        yield "the random state is moved"
        torch.set_rng_state(random)


def _same(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    return all(
        torch.equal(a, b) if isinstance(a, torch.Tensor) and a.device == b.device else a is b or bool(a == b)
        for a, b in zip(before, after, strict=True)
        if not (isinstance(a, torch.Tensor) and a.device != b.device)
    )
