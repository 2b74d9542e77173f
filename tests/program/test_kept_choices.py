"""Choices in a file: the first plan is made of them where they fit, and they change nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from graph_nets import residual_net
from saved_nets import refusal
from torch import nn

from kaiyan.engine.wisdom import machine_kind
from kaiyan.nn.acceleration.accelerated import Accelerated
from kaiyan.nn.acceleration.as_program import Programmed
from kaiyan.program.choices import Choices, KeptChoices
from kaiyan.program.choices_text import choices_of_text, text_of_choices
from kaiyan.program.program import Program
from kaiyan.program.rewrites import rewritten
from kaiyan.program.saved import load, save
from kaiyan.program.tensors_file import DamageError

if TYPE_CHECKING:
    from pathlib import Path

    from kaiyan.program.graph import Graph

SHAPE = (1, 3, 32, 40)
PICTURE = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)


@pytest.fixture(autouse=True)
def own_wisdom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def graph() -> Graph:
    return rewritten(residual_net())


def _direct(graph: Graph) -> Choices:
    """Other choices than those that are expected to be the fastest: all layers direct, all pictures channels first."""
    names = [node.output for node in graph.nodes if node.operation == "convolution"]
    return Choices(dict.fromkeys(names, "direct"), dict.fromkeys(names, False), channels_last=False)


def _planned(graph: Graph, kept: KeptChoices | None) -> dict[str, str]:
    program = Program(graph, kept=kept)
    answers = zip(program(PICTURE), graph.at([SHAPE]).computed([PICTURE]), strict=True)
    assert all(np.abs(answer - wanted).max() < 1e-4 for answer, wanted in answers)
    chosen = program.chosen([SHAPE])
    assert chosen is not None
    return dict(chosen.algorithms)


def test_a_plan_has_the_choices_that_were_kept_for_its_shapes_on_this_machine_alone(graph: Graph) -> None:
    choices, expected = _direct(graph), _planned(graph, None)
    kept = KeptChoices(machine_kind(), (SHAPE,), choices)
    assert set(choices.algorithms.items()) <= set(_planned(graph, kept).items())
    assert not set(choices.algorithms.items()) <= set(expected.items())
    assert _planned(graph, replace(kept, machine="abacus")) == expected
    assert _planned(graph, replace(kept, shapes=((1, 3, 32, 32),))) == expected


def test_what_was_measured_on_this_machine_comes_first(graph: Graph) -> None:
    tuned = Program(graph).tune(PICTURE)
    kept = KeptChoices(machine_kind(), (SHAPE,), _direct(graph))
    assert set(tuned.algorithms.items()) <= set(_planned(graph, kept).items())
    assert tuned.algorithms, "what is expected to be the fastest is named too"


@pytest.mark.parametrize("word", ["no such way", "reference", "torch", "winograd F(4,3)", "phases"])
def test_an_algorithm_that_does_not_compute_a_layer_is_passed_by(graph: Graph, word: str) -> None:
    names = [node.output for node in graph.nodes]
    kept = KeptChoices(machine_kind(), (SHAPE,), Choices(dict.fromkeys(names, word)))
    assert "reference" not in _planned(graph, kept).values()


def test_a_file_gives_back_its_choices_and_plans_with_them(graph: Graph, tmp_path: Path) -> None:
    kept = KeptChoices(machine_kind(), (SHAPE,), _direct(graph))
    for choices in (kept.choices, replace(kept.choices, strips={"y": 3})):
        one = replace(kept, choices=choices)
        assert choices_of_text(text_of_choices(one)) == one
    save(graph, tmp_path / "net.kaiyan", kept=kept)
    network = load(tmp_path / "net.kaiyan")
    program = network._program
    assert program.graph is network.graph, "a graph that no rewrite changes is not rewritten"
    wanted = Program(graph, kept=kept)(PICTURE)
    assert [answer.tobytes() for answer in network(PICTURE)] == [answer.tobytes() for answer in wanted]
    chosen = program.chosen([SHAPE])
    assert chosen is not None
    assert set(kept.choices.algorithms.items()) <= set(chosen.algorithms.items())
    assert not chosen.channels_last


def test_a_graph_that_rewrites_change_is_rewritten_when_it_is_read(tmp_path: Path) -> None:
    graph = residual_net()
    node = graph.nodes[-1]
    twice = replace(node, inputs=(node.output,), output="again", operation="map", settings={"terms": (("neg", 0),)})
    doubled = replace(twice, inputs=("again",), output="more")
    save(replace(graph, nodes=(*graph.nodes, twice, doubled), outputs=("more",)), tmp_path / "net.kaiyan")
    program = load(tmp_path / "net.kaiyan")._program
    assert len(program.graph.nodes) < len(graph.nodes) + 2


FACTS = json.loads(text_of_choices(KeptChoices("here", ((1, 3, 8, 8),), Choices({"y": "direct"}, {"y": True}))))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("machine", 1), ("machine", "x" * 2000), ("machine", None), ("shapes", "1"), ("shapes", [[-1]]),
        ("shapes", [[True]]), ("shapes", [[1.0]]), ("shapes", [[1] * 17]), ("shapes", [1]), ("shapes", [[2**40]]),
        ("algorithms", []), ("algorithms", {"y": 1}), ("algorithms", {"y": ["direct"]}),
        ("algorithms", {"y": "a" * 2000}), ("layouts", {"y": 1}), ("layouts", {"y" * 2000: True}),
        ("channels_last", 0), ("channels_last", None), ("strips", []), ("strips", {"y": 0}), ("strips", {"y": True}),
        ("strips", {"y": 2.0}), ("strips", {"y": 2**40}), ("more", 1),
    ],
)  # fmt: skip
def test_choices_that_nobody_wrote_are_damage(name: str, value: Any) -> None:
    text = json.dumps(FACTS | {name: value})
    with pytest.raises(DamageError):
        choices_of_text(text)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", "{}", '{"machine":"a","machine":"a"}', "[" * 100_000])
def test_a_text_that_is_no_choices_is_damage(text: str) -> None:
    with pytest.raises(DamageError):
        choices_of_text(text)


def test_a_file_with_damaged_choices_is_refused(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    path, kept = tmp_path / "net.kaiyan", KeptChoices("here", (), Choices())
    monkeypatch.setattr("kaiyan.program.saved._read", lambda *_, **__: None)  # what is written is read back
    monkeypatch.setattr("kaiyan.program.saved.text_of_choices", lambda _: "[]")
    save(graph, path, kept=kept)
    monkeypatch.undo()
    assert refusal(path) == "program-damaged"


def test_a_model_is_saved_with_what_was_chosen_for_its_example(tmp_path: Path) -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU()]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 7)).eval()
    x = torch.randn(SHAPE)
    quick = Accelerated(Programmed(model, (x,), "default"), "channels_first", is_laying=False)
    quick.save(tmp_path / "net.kaiyan")
    network = load(tmp_path / "net.kaiyan")
    kept = network._program._kept
    assert kept is not None
    assert (kept.machine, kept.shapes) == (machine_kind(), (SHAPE,))
    names = [node.output for node in network.graph.nodes if node.operation in ("convolution", "linear")]
    assert sorted(kept.choices.algorithms) == sorted(names)
    assert len(names) == 3
    answer = network(x.numpy())
    assert isinstance(answer, np.ndarray)
    assert np.abs(answer - model(x).detach().numpy()).max() < 1e-5
