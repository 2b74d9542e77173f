"""A model as programs: captured by TorchDynamo, measured inside, and called as the model is."""

from __future__ import annotations

import re
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from kaiyan.engine.wisdom import machine_kind
from kaiyan.nn.acceleration.clock import layer_times, on_one_thread
from kaiyan.nn.acceleration.graph import NotAGraphError
from kaiyan.nn.acceleration.lent import Lent, share_a_part
from kaiyan.nn.acceleration.report import LayerReport
from kaiyan.nn.acceleration.settling import settle_as_it_comes
from kaiyan.nn.capture.captured import Captured, captured
from kaiyan.nn.capture.roads import Roads
from kaiyan.program.choices import Choices, KeptChoices
from kaiyan.program.operations.convolving import convolution_of
from kaiyan.program.program import Program
from kaiyan.show.sentence import sentence
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from kaiyan.nn.acceleration.case import Case
    from kaiyan.nn.acceleration.settling import Settled
    from kaiyan.program.graph import Graph, Node
    from kaiyan.show.sentence import Sentence

_WEIGHT = re.compile(r"\.(weight(_\w+)?|parametrizations\..*)(\.\d+)?'*$")
"""What follows a layer's path in the name of its weight."""
_LAYERS = ("convolution", "linear")
_CHOSEN = (*_LAYERS, "pool")
"""Operations that choices name: a chain in strips may end with a pooling, which has no weight."""
_FOREIGN = 5
"""Operations of torch that are named."""


class Programmed(nn.Module):
    """A copy of a model that runs as programs; ``model`` is the copy, whose parameters are computed with.

    What it computes for ``inputs`` is measured in its place when it is captured; one made of a model that is ``own``
    already is captured at its first call.
    """

    lies_as_traced = True
    """Torch's trace says how its outputs lie, for each layout of its inputs."""

    def __init__(
        self, model: nn.Module, inputs: tuple[Any, ...], precision: str,
        *, own: bool = False, is_one_graph: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.inputs, self._precision = inputs, precision
        make = _Maker(precision)
        self._captured = Captured(model, make) if own else captured(model, inputs, make=make)
        self._captured.is_one_graph |= is_one_graph
        self.model = self._captured.model
        self.__dict__["_modules"] = self._children = Lent(self._modules)
        self._is_shared = own or share_a_part(model, self._captured.model)
        self._children.is_lent = self._is_shared
        self._roads = Roads(self._captured.model, self._travelled, on_one_thread, self._lend)
        make.is_measuring = False
        for program in self.programs:  # nobody waits for another size or layout to be measured
            program.is_tuning = False

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the model gives."""
        if self._children.is_lent:
            self._roads.forget()
        elif not torch.compiler.is_compiling():
            return self._roads(*inputs, **named)
        return self._travelled(*inputs, **named)

    def _travelled(self, *inputs: Any, **named: Any) -> Any:
        with on_one_thread():
            return self._captured(*inputs, **named)

    def keep_to_itself(self) -> None:
        """From now on nobody else holds the model, until a module or a tensor of it is asked for."""
        self._children.is_lent = self._is_shared

    def _lend(self) -> None:
        self._children.is_lent = True

    @property
    def captured(self) -> Captured:
        """The model over TorchDynamo, which holds it."""
        self._lend()
        return self._captured

    def train(self, mode: bool = True) -> Programmed:
        """As the model; for inference its parts are told without being handed out."""
        if mode:
            super().train()
        else:
            self.training = False
            self._captured.model.eval()
        return self

    def __copy__(self) -> Programmed:
        """Another one of the same model."""
        self._lend()
        return _restored(*self._parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, self._parts

    @property
    def _parts(self) -> tuple[nn.Module, tuple[Any, ...], str, bool]:
        """What another one is made of."""
        return self._captured.model, self.inputs, self._precision, self._captured.is_one_graph

    def read_state(self, state: Mapping[str, Any], **how: bool) -> Any:
        """The copy's ``load_state_dict``, by which nobody is handed a part unless it keeps the tensors of ``state``."""
        if "assign" in how:
            self._lend()
        try:
            return self._captured.model.load_state_dict(state, **how)
        finally:
            self._roads.forget()

    @property
    def layout(self) -> str:
        """How pictures lie between its layers."""
        return "channels_last" if all(program.is_channels_last for program in self.programs) else "channels_first"

    @property
    def programs(self) -> list[Program]:
        """Those that have run."""
        return [held.program for held in self._captured.programs if isinstance(held.program, Program)]

    def kept_choices(self, graph: Graph) -> KeptChoices | None:
        """What was chosen for the example, for another graph of the same model: layers are known by their weights."""
        shapes = [tuple(x.shape) for x in tree_leaves(self.inputs) if isinstance(x, Tensor)]
        for program in self.programs:
            chosen, names = program.chosen(shapes), _other_names(program.graph, graph)
            if chosen is not None and names:
                algorithms = {names[name]: row for name, row in chosen.algorithms.items()}
                layouts = {names[name]: last for name, last in chosen.layouts.items() if name in names}
                strips = {names[name]: rows for name, rows in chosen.strips.items()}
                choices = Choices(algorithms, layouts, chosen.channels_last, strips)
                return KeptChoices(machine_kind(), tuple(shapes), choices)
        return None


def _other_names(graph: Graph, other: Graph) -> dict[str, str]:
    """The outputs of another graph's layers by those of this one's, where both have the same layers in turn."""
    ours, theirs = ([node for node in nodes if node.operation in _CHOSEN] for nodes in (graph.nodes, other.nodes))
    if [node.inputs[1:2] for node in ours] != [node.inputs[1:2] for node in theirs]:
        return {}
    return {node.output: same.output for node, same in zip(ours, theirs, strict=True)}


def _restored(model: nn.Module, inputs: tuple[Any, ...], precision: str, is_one_graph: bool) -> Programmed:
    return Programmed(model, inputs, precision, own=True, is_one_graph=is_one_graph)


class _Maker:
    """Makes programs; it holds nothing else, for torch keeps it as long as the model's class."""

    def __init__(self, precision: str) -> None:
        self.precision, self.is_measuring = precision, True

    def __call__(self, graph: Graph) -> Program:
        program = Program(graph, self.precision)
        program.is_tuning = self.is_measuring
        return program


def as_program(case: Case, precision: str) -> tuple[Settled, dict[str, str], tuple[Sentence, ...]]:
    """The model as programs that give its answers, the layers that they compute, and what should be known.

    Raises ``NotAGraphError`` where no layer becomes a part of one, ``NotEqualError`` where the answers are others.
    """
    inputs = case.questions[0].inputs
    try:
        model = Programmed(case.model, inputs, precision)
    except Exception as error:
        text = str(error).partition("\n")[0] or type(error).__name__
        raise NotAGraphError(
            sentence("program-cannot-capture", "the model cannot be captured: {error}", error=text)
        ) from error
    sources = {output: path for program in model.programs for output, (path, _) in _layers(program.graph).items()}
    if not sources:
        raise NotAGraphError(sentence("program-no-layers", "no layer of it becomes a part of a program"))
    notes = tuple(_notes(model.captured))  # other sizes, which come later, may be programs of their own
    model.keep_to_itself()  # it is timed as it will be called
    return settle_as_it_comes(case, model), sources, notes


def _notes(made: Captured) -> list[Sentence]:
    notes = []
    foreign: Counter[str] = made.foreign
    if foreign:
        names = ", ".join(f"{name} ({count})" for name, count in foreign.most_common(_FOREIGN))
        count = foreign.total()
        notes.append(
            sentence("accelerate-torch-steps", "torch computes {count} of its steps: {names}", count=count, names=names)
        )
    parts = len(made.programs) + len(made.left)
    if parts > 1:
        notes.append(sentence("accelerate-parts", "it runs in {parts} parts, with Python between them", parts=parts))
    return notes


def _layers(graph: Graph) -> dict[str, tuple[str, str]]:
    """The convolutions and linear layers by their outputs: the layer whose weight each has, and what it is."""
    found = {}
    for node in graph.nodes:
        if node.operation in _LAYERS:
            found[node.output] = _WEIGHT.sub("", node.inputs[1]), _described(node, graph)
    return found


def _described(node: Node, graph: Graph) -> str:
    weight = graph.constants[node.inputs[1]]
    if node.operation == "linear":
        spec = Conv(weight.shape[1], weight.shape[0], 1, bias=node.settings.get("bias", False))
    else:
        transposed, groups = node.settings.get("transposed", False), node.settings.get("groups", 1)
        channels = weight.shape[0] if transposed else weight.shape[1] * groups
        spec = convolution_of(node, channels, weight.shape)
    activation = node.settings.get("activation")
    return str(spec) if activation is None else f"{spec}, activation={activation!r}"


def program_layers(case: Case, model: Programmed) -> tuple[LayerReport, ...]:
    """A row for each layer, timed where it runs; layers that run together in strips have one."""
    inputs = case.questions[0].inputs
    rows = []
    with ExitStack() as stack, on_one_thread():
        spent = [(program, stack.enter_context(program.timing())) for program in model.programs]
        for _ in range(case.turns):
            model(*inputs)
    layers = {program: _layers(program.graph) for program, _ in spent}
    before = layer_times(
        case.spent, inputs, {path for found in layers.values() for path, _ in found.values()}, case.turns
    )
    for program, times in spent:
        for name in dict.fromkeys(name for run in times for name in run):
            listed = [layers[program].get(output) for output in (*program.within(name), name)]
            together = [layer for layer in listed if layer is not None]
            if together:
                theirs = [None if layer is None else before.get(layer[0]) for layer in listed]
                own = [run[name] for run in times if name in run]
                rows.append(LayerReport.joined(together, theirs, median(own), program.algorithm(name)))
    return tuple(rows)
