"""Sixty networks that were broken on purpose: the first cause is what was broken, the first fix makes them run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.blind import COUNT, SEED, Verdict, judged, share
from benchmarks.broken import MUTATIONS, broken, failure, load
from benchmarks.working import HEAD, WORKING

ENOUGH = 0.9


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return judged(SEED, COUNT)


def test_the_first_cause_is_the_true_mutation(verdicts: list[Verdict]) -> None:
    assert share(verdicts, "named") >= ENOUGH, [v for v in verdicts if not v.named]


def test_the_first_fix_makes_the_model_run(verdicts: list[Verdict]) -> None:
    assert share(verdicts, "mended") >= ENOUGH, [v for v in verdicts if not v.mended]


def test_a_diagnosis_takes_less_than_two_seconds_of_the_processor(verdicts: list[Verdict]) -> None:
    assert max(verdict.seconds for verdict in verdicts) < 2


def test_every_kind_of_mutation_is_in_the_set_and_every_network_of_it_fails() -> None:
    cases = list(broken(SEED, COUNT))
    assert {case.kind for case in cases} == set(MUTATIONS)
    assert len({case.network for case in cases}) == len(WORKING)
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
    missed = [replace(verdict, named=False) for verdict in verdicts[:30]]
    assert share(missed + verdicts[30:], "named") <= 0.5
