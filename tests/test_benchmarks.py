"""The benchmark measures what it says: rows are read, peers agree, times are taken in turns."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import harness, rows
from benchmarks.layers import _operations, layers
from benchmarks.peers import PEERS
from benchmarks.rows import CLASSES, Arrays, Row
from benchmarks.sweep import Swept, shapes, sweep
from benchmarks.truth import error, tolerance, truth
from benchmarks.zoo import scores
from benchmarks.zoo_outputs import faults

if TYPE_CHECKING:
    from pathlib import Path

TINY = {
    "name": "tiny", "op": "conv", "N": 1, "C": 8, "spatial": [9, 11], "K": 12, "kernel": [3, 3], "stride": [1, 1],
    "padding": [1, [0, 2]], "dilation": [1, 1], "groups": 1, "dtype": "f32", "output": [9, 11], "macs": 85536,
    "bytes": 1, "core": True,
}  # fmt: skip


def test_every_row_is_read_and_its_figures_are_ours() -> None:
    found = rows.read()
    assert len(found) == 93
    assert sum(row.core for row in found) > 35
    assert {row.family for row in found} <= set(CLASSES)
    for row in found:
        shape = (row.N, row.C, *row.spatial)
        assert row.spec.output_shape(shape)[2:] == row.output, row.name
        assert row.spec.macs(shape) == row.macs, row.name


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_computes_the_row(peer: Any) -> None:
    pytest.importorskip(peer.package)
    changes = {"name": "gauss"} | ({"op": "filter", "C": 1, "K": 1} if peer.name in ("OpenCV", "SciPy") else {})
    changes |= {"kernel": [9, 9], "padding": [4, 4], "groups": 1, "macs": 1} if peer.name == "SciPy" else {}
    changes |= {"padding": [1, 1]} if peer.name == "OpenCV" else {}
    row = Row.read(json.dumps(TINY | changes))
    assert peer.takes(row)
    arrays = row.arrays()
    right = truth(row, arrays)
    assert error(np.asarray(peer.prepare(row, arrays, 1)()), right) <= tolerance(row, right)


def test_a_wrong_answer_is_seen() -> None:
    row = Row.read(json.dumps(TINY))
    arrays = row.arrays()
    right = truth(row, arrays)
    assert error(right * 1.01, right) > tolerance(row, right)
    assert error(right[:, 1:], right) == error(right * np.nan, right) == float("inf")
    shifted = Arrays(np.roll(arrays.x, 1, -1), arrays.weight, arrays.bias)
    assert error(truth(row, shifted), right) > tolerance(row, right)


def test_calls_are_timed_in_turns() -> None:
    told: list[str] = []
    times = harness.interleaved({"a": lambda: told.append("a"), "b": lambda: told.append("b")}, seconds=5, runs=4)
    assert {name: timing.runs for name, timing in times.items()} == {"a": 4, "b": 4}
    changes = sum(before != after for before, after in pairwise(told))
    assert changes == 7
    assert all(0 < timing.least <= timing.median for timing in times.values())


def test_winograd_is_measured_against_its_own_products() -> None:
    row = Row.read(json.dumps(TINY))
    assert _operations(row, "direct") == 2 * row.macs
    assert _operations(row, "winograd F(4,3)") == pytest.approx(2 * row.macs / 4)
    assert _operations(row, "winograd F(2,3)") == pytest.approx(2 * row.macs / 2.25)
    strided = Row.read(json.dumps(TINY | {"stride": [2, 2], "macs": 16 * 9}))
    assert _operations(strided, "strided F(4,2)") == pytest.approx(2 * 81)


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        layers, ["--match", "convnext_dw7_14", "--peers", "torch NCHW", "--seconds", "0.02", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    assert "convnext_dw7_14" in done.output
    assert "depthwise" in done.output
    (folder,) = tmp_path.iterdir()
    (file,) = folder.glob("*.json")
    facts = json.loads(file.read_text())
    (result,) = facts["results"]
    assert set(result["times"]) == {"kaiyan", "kaiyan NHWC", "torch NCHW"}
    assert result["error"] < 1e-5
    assert facts["card"]["versions"]["torch"]
    assert next(folder.glob("*.png")).stat().st_size > 0


def test_answers_are_compared_whole() -> None:
    import torch

    x = torch.arange(6.0).reshape(2, 3)
    assert not list(faults({"a": x, "b": [None, 3]}, {"a": x.clone(), "b": [None, 3]}))
    wrong = [(x, None), (x, x + 1), (x, x.double()), (x, x.t().contiguous().t()), ({"a": x}, {"b": x}), ([x], (x,))]
    assert all(list(faults(right, answer)) for right, answer in wrong)
    assert "strides" in next(faults(x, x.t().contiguous().t()))


def test_models_that_miss_lower_the_shares() -> None:
    good = {"package": "p", "model": "m", "faults": [], "ratio": 1.2, "parameters_right": True, "inputs": 3}
    bad = good | {"faults": ["accelerate: the model is changed: ['a']"], "ratio": 0.5, "parameters_right": False}
    shares = scores([good, bad])
    assert shares["parameters right"] == shares["untouched"] == shares["accelerate equal, same structure"] == 0.5
    assert shares["slower than 0.97"] == ["p: m 0.5"]


def test_a_sweep_meets_round_numbers_and_odd_sizes() -> None:
    found = set(shapes())
    assert {(1024, 256, 14), (1024, 512, 14), (1024, 256, 17), (768, 192, 17), (1088, 272, 17)} <= found
    assert {2**n for n in range(6, 12)} <= {C for C, _, _ in found}
    assert all(64 <= K <= 2048 for _, K, _ in found)


def test_a_shape_is_as_slow_as_our_worse_layout_beside_torchs_better_one() -> None:
    times = {"kaiyan": 2.0, "kaiyan NHWC": 3.0, "torch NCHW": 4.0, "torch NHWC": 2.0}
    once, twice = Swept(64, 64, 7, times), Swept(64, 64, 7, times | {"kaiyan NHWC": 1.0, "torch NHWC": 5.0})
    assert (once.ratio, twice.ratio, once.least(twice).ratio) == (1.5, 0.5, 1.0)


def test_the_sweep_lists_what_is_slow_and_writes(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    every, file = str(len(list(shapes()))), tmp_path / "sweep.json"
    said = CliRunner().invoke(sweep, ["--runs", "1", "--every", every, "--limit", "0", "--out", str(file)])
    assert said.exit_code == 0, said.output
    assert "1 shapes; ratio: median" in said.output
    assert said.output.count("slow:") == 1
    (row,) = json.loads(file.read_text())["results"]
    assert set(row["seconds"]) == {"kaiyan", "kaiyan NHWC", "torch NCHW", "torch NHWC"}
    assert min(row["seconds"].values()) > 0
