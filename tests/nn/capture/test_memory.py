"""What programs of real networks take for the values that pass, in units of what torch has alive at once.

Torch's is counted from outside, as its operations run; the bounds are what was measured. A program needs what goes into
and comes out of its widest step, where torch has a convolution's output, the norm's and the activation's. Half of
torch's is had where that is less: wide values behind a narrow pointwise layer (MobileNetV2, ConvNeXt), a stem and its
pooling (ResNet-18), and what waits for the other end of a U-Net are more.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from corpus.models import NETWORKS
from peaks import living
from torch import nn

from kaiyan.nn.capture.captured import captured
from kaiyan.program.arena import arranged, lives
from kaiyan.program.choices import Choices
from kaiyan.program.lowering import Native, lowered
from kaiyan.program.place import Pointer, kernels
from kaiyan.program.program import Program
from kaiyan.program.room import PlanningRoom
from kaiyan.program.strips import chains

if TYPE_CHECKING:
    from kaiyan.program.graph import Graph

MOST = {
    "resnet50": 0.501, "mobilenet_v2": 0.58, "efficientnet_b0": 0.58, "convnext_tiny": 0.61, "resnet18": 0.63,
    "unet": 0.88,
}  # fmt: skip


def _unrun(graph: Graph) -> Any:
    """In the place of a program: outputs that nobody looks at."""
    kinds = graph.kinds()
    outputs = [np.zeros([int(n) for n in kinds[name].shape], kinds[name].dtype) for name in graph.outputs]
    return lambda *_: outputs


def _graph(name: str, batch: int) -> tuple[Graph, int]:
    """A network's graph, and what torch has alive while it computes it."""
    network = NETWORKS[name]
    model = network.make().eval()
    torch.compiler.reset()  # a size that torch met before would leave the next one open
    made = captured(model, (torch.zeros(batch, *network.shape),), make=_unrun)
    (graph,) = made.graphs
    return graph, living(copy.deepcopy(model), (batch, *network.shape))


@pytest.mark.parametrize(("name", "batch"), [*((name, 1) for name in MOST), ("resnet50", 8), ("mobilenet_v2", 8)])
def test_a_program_takes_a_share_of_what_torch_has_alive(name: str, batch: int) -> None:
    graph, torchs = _graph(name, batch)
    program, x = Program(graph), np.zeros((batch, *NETWORKS[name].shape), np.float32)
    outputs = sum(int(np.prod(place.shape)) * place.itemsize for place in program.planned([x]).lowered.outputs)
    assert program.report(x).arena + outputs <= MOST[name] * torchs


def test_layers_in_strips_take_a_quarter() -> None:
    graph, torchs = _graph("mobilenet_v2", 1)
    program, x = Program(graph), np.zeros((1, 3, 224, 224), np.float32)
    found = chains(program.graph.at([x.shape]))
    program.choose(Choices(strips={chain[-1].output: 8 for chain in found}), x)
    assert program.report(x).arena <= 0.26 * torchs


def test_values_lie_as_close_as_they_can() -> None:
    graph, _ = _graph("mobilenet_v2", 1)
    shape = (1, 3, 224, 224)
    plan = lowered(Program(graph).graph.at([shape]), [(150528, 50176, 224, 1)], PlanningRoom(), Choices())
    native = [item for item in plan.items if isinstance(item, Native)]
    used = [
        [p.buffer for call in kernels(item.calls) for p in call.arguments if isinstance(p, Pointer)] for item in native
    ]
    assert len(native) == len(plan.items)
    found = lives(used)
    together = [sum(b.size for b, (first, last) in found.items() if first <= i <= last) for i in range(len(used))]
    widest = max(sum(buffer.size for buffer in {*buffers} & found.keys()) for buffers in used)
    assert arranged(found)[1] == pytest.approx(max(together), rel=0.01)
    assert max(together) == pytest.approx(widest, rel=0.01)


def test_what_torch_has_alive_is_counted_by_hand() -> None:
    layers = nn.Sequential(nn.Conv1d(2, 8, 1), nn.ReLU(), nn.Conv1d(8, 4, 1), nn.Flatten())
    assert living(layers, (3, 2, 10)) == 4 * 3 * 10 * (8 + 8)
    in_place = nn.Sequential(nn.Conv1d(2, 8, 1), nn.ReLU(inplace=True), nn.Conv1d(8, 4, 1))
    assert living(in_place, (3, 2, 10)) == 4 * 3 * 10 * (8 + 4)
