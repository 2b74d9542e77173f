"""Networks and losses that were broken on purpose: the cause is what was broken, the first fix restores them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus.blind_losses import LossVerdict, judged_losses, losses
from corpus.broken import MUTATIONS, broken, failure, load
from corpus.broken_layers import LAYERS
from corpus.working import HEAD, WORKING

from benchmarks.blind import COUNT, LOSSES, SEED, Verdict, judged, share

ENOUGH = 0.9
FIRST = 0.85
"""In which the fix that restores stands first; in ``ENOUGH`` some offered one restores."""


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return judged(SEED, COUNT)


def test_the_first_cause_is_the_true_mutation(verdicts: list[Verdict]) -> None:
    assert share(verdicts, "named") >= ENOUGH, [v for v in verdicts if not v.named]


def test_the_first_fix_makes_the_model_run(verdicts: list[Verdict]) -> None:
    assert share(verdicts, "mended") >= ENOUGH, [v for v in verdicts if not v.mended]


def test_an_offered_fix_gives_back_what_worked_and_mostly_the_first(verdicts: list[Verdict]) -> None:
    assert share(verdicts, "any") >= ENOUGH, [v for v in verdicts if not v.any]
    assert share(verdicts, "restored") >= FIRST, [v for v in verdicts if not v.restored]


@pytest.fixture(scope="module")
def lost() -> list[LossVerdict]:
    return judged_losses(SEED, LOSSES)


def test_a_loss_that_fails_is_named_and_the_line_that_is_offered_gives_the_loss_that_was_meant(
    lost: list[LossVerdict],
) -> None:
    assert share(lost, "named") >= ENOUGH, [v for v in lost if not v.named]
    assert share(lost, "any") >= ENOUGH, [v for v in lost if not v.any]
    assert share(lost, "restored") >= FIRST, [v for v in lost if not v.restored]


def test_a_seed_gives_the_same_losses() -> None:
    assert losses(7, 20) == losses(7, 20)
    assert losses(7, 20) != losses(8, 20)


def test_a_diagnosis_takes_less_than_two_seconds_of_the_processor(verdicts: list[Verdict]) -> None:
    assert max(verdict.seconds for verdict in verdicts) < 2


def test_every_kind_of_mutation_is_in_the_set_and_every_network_of_it_fails() -> None:
    cases = list(broken(SEED, COUNT))
    assert {case.kind for case in cases} == {*MUTATIONS, *LAYERS}
    assert {case.network for case in cases} >= set(WORKING)
    assert all(failure(case.edit.source, case.edit.inputs) is not None for case in cases)


def test_a_seed_gives_the_same_set() -> None:
    assert [str(case) for case in broken(7, 20)] == [str(case) for case in broken(7, 20)]
    assert [str(case) for case in broken(7, 20)] != [str(case) for case in broken(8, 20)]


@pytest.mark.parametrize("name", WORKING)
def test_a_network_runs_before_it_is_broken(name: str) -> None:
    from random import Random

    import torch

    for seed in range(5):
        working = WORKING[name](Random(seed))
        assert load(HEAD + working.source)(torch.rand(working.shape)).shape[0] == working.shape[0]


def test_a_verdict_that_misses_lowers_the_share(verdicts: list[Verdict]) -> None:
    missed = [replace(verdict, named=False) for verdict in verdicts[:38]]
    assert share(missed + verdicts[38:], "named") <= 0.5
