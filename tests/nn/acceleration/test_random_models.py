"""Random networks through ``accelerate``: the original's answers on three inputs, or a reason that is true.

The right answer is that of the same file's model, made anew and run by torch. ``KAIYAN_RANDOM_MODELS=1000`` tries so
many, ``5000:6000`` those from 5000 on.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import torch
from random_models import Drawn, drawn
from seeds import seeds

from benchmarks.zoo_outputs import faults
from kaiyan.nn import accelerate
from kaiyan.nn.acceleration.fuse import is_convolution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRUE_ONLY_OF: dict[str, Callable[[Drawn], bool]] = {
    r"answers one input in two ways": lambda case: case.is_random or case.has_state,
    r"a call changes": lambda case: case.has_state or "spectral_norm" in case.source,
    r"weight is computed": lambda case: "_norm(" in case.source or "weight" in case.source,
    r"it has hooks": lambda case: "_norm(" in case.source,
    r"no numbers that could be compared": lambda _: False,
    r"is never called": lambda case: "weight" in case.source,
    r"defines its own forward": lambda _: False,
    r"not called with this input": lambda _: False,
}
"""What a reason says, and what is so where it is true."""


def misses(case: Drawn) -> Iterator[str]:
    """What is wrong with the accelerated copy of one network, in words."""
    model, example = case.make(), case.inputs(2, case.size, 1)
    before, given, random = _state(model), example.clone(), torch.get_rng_state()
    quick = accelerate(model, example)
    if not torch.equal(random, torch.get_rng_state()):
        yield "the random state is moved"
    if not torch.equal(given, example):
        yield "the example is changed"
    if _state(model).keys() != before.keys() or not all(_same(before[k], v) for k, v in _state(model).items()):
        yield "the model is changed"
    yield from _reasons(case, model, quick)
    yield from _answers(case, quick)


def _answers(case: Drawn, quick: Any) -> Iterator[str]:
    reference = case.make()
    for number, (batch, size) in enumerate(((2, case.size), (3, case.size), (2, case.size + 4), (1, case.size + 4))):
        right, answer = (_seeded(model, case.inputs(batch, size, 5 + number)) for model in (reference, quick))
        if case.is_random and quick.layout == "channels_last":  # noise is drawn in the order of memory there
            right, answer = torch.empty(0), torch.empty(0)
        for fault in faults(right, answer):
            if batch > 1 or "strides" not in fault:  # of one sample torch chooses how it lies by its size
                yield f"input {number}: {fault}"
    if case.is_random and quick.report.layers:
        x = case.inputs(2, case.size, 9)
        changes = [bool(list(faults(_seeded(model, x, 1), _seeded(model, x, 2)))) for model in (case.make(), quick)]
        if changes == [True, False]:
            yield "what is random is the same with another seed"


def _reasons(case: Drawn, model: Any, quick: Any) -> Iterator[str]:
    left = {name: str(reason) for name, reason in quick.report.left.items()}
    named = {layer.name for layer in quick.report.layers} | left.keys()
    unnamed = {name for name, part in model.named_modules() if is_convolution(part)} - named
    if unnamed:
        yield f"neither in layers nor in left: {sorted(unnamed)}"
    for name, reason in left.items():
        untrue = [words for words, is_true in TRUE_ONLY_OF.items() if re.search(words, reason) and not is_true(case)]
        if untrue or not reason:
            yield f"{name} is left, and it is not so: {reason}"


def _seeded(model: Any, x: Any, seed: int = 3) -> Any:
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        try:
            return model(x)
        except Exception as error:  # noqa: BLE001 - an error is the answer then
            return f"{type(error).__name__}: {error}".partition("\n")[0]


def _state(model: Any) -> dict[str, Any]:
    state = {name: x.detach().clone() for name, x in model.state_dict().items()}
    return state | {f".{name}": value for name, value in vars(model).items() if not name.startswith("_")}


def _same(before: Any, after: Any) -> bool:
    return torch.equal(before, after) if isinstance(before, torch.Tensor) else before is after or bool(before == after)


@pytest.mark.parametrize("seed", seeds("KAIYAN_RANDOM_MODELS", 30))
def test_a_random_network_is_the_original_or_is_left_with_a_true_reason(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of old normed weights
        case = drawn(seed)
        wrong = list(misses(case))
    assert not wrong, f"{wrong}\n{case.source}"


def test_the_networks_hold_what_breaks_copies() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [drawn(seed) for seed in range(120)]
    sources = "\n".join(case.source for case in cases)
    for word in (
        "inplace=True",
        r"\+=",
        "as_strided",
        "unfold",
        "randn|dropout",
        "register_buffer",
        "mask is None",
        r"Answer\(",
    ):
        assert re.search(word, sources), word
    assert {case.rank for case in cases} == {1, 2, 3}
    assert sum(case.has_state for case in cases) > 2
    assert sum(case.is_random for case in cases) > 2


def test_a_copy_that_is_off_by_a_little_is_seen() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case = next(case for case in map(drawn, range(40)) if not case.is_random and case.source.endswith("return y\n"))
    wrong = case.make()
    with torch.no_grad():
        for parameter in wrong.parameters():
            parameter.add_(torch.linspace(0, 1, parameter.numel()).view_as(parameter))
    wrong.report, wrong.layout = accelerate(case.make(), case.inputs(2, case.size, 1)).report, "channels_first"
    assert list(_answers(case, wrong))
