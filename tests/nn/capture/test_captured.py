"""Models captured as users write them: what they give, what they change, and what they become."""

from __future__ import annotations

import copy
import threading
import tomllib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch
from corpus.models import ChannelNorm, Inverted, NextBlock, Residual, Squeeze, conv_norm
from torch import nn
from torch.nn import functional as F

from kaiyan.nn.capture.backend import Backend
from kaiyan.nn.capture.captured import Captured, captured
from kaiyan.nn.capture.roads import observed
from kaiyan.program.program import Program
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from kaiyan.program.graph import Graph


class Seeded:
    """Numbers that are the same each time."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(1)

    def __call__(self, *shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=self.generator)


@pytest.fixture
def numbers() -> Seeded:
    return Seeded()


def settled(model: nn.Module) -> nn.Module:
    """In eval mode, with norms that are not trivial."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
    return model.eval()


def assert_as_the_model(model: nn.Module, *inputs: Any, **named: Any) -> Captured:
    """What the model gives, twice, by what was captured."""
    made = captured(model, inputs, named)
    with torch.no_grad():
        for _ in range(2):
            torch.testing.assert_close(made(*inputs, **named), model(*inputs, **named), rtol=1e-4, atol=1e-5)
    return made


def test_networks_of_blocks_are_one_program(numbers: Seeded) -> None:
    body = nn.Sequential(conv_norm(8, 8, 3), conv_norm(8, 12, 3, 2, act=None))
    blocks = [
        conv_norm(3, 8, 3, 2, act=nn.Hardswish), Residual(8, 12, 2, body), nn.MaxPool2d(3, 2, 1),
        Inverted(12, 24, 12, 3, 1, nn.SiLU, Squeeze(24, 6, nn.SiLU, nn.Sigmoid)), NextBlock(12),
        ChannelNorm(12), nn.GroupNorm(3, 12), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(12, 5),
    ]  # fmt: skip
    made = assert_as_the_model(settled(nn.Sequential(*blocks)), numbers(2, 3, 33, 29))
    assert made.is_whole
    assert not made.foreign
    assert "0.0.weight" in made.graphs[0].constants


def test_attention_is_one_program(numbers: Seeded) -> None:
    layer = nn.TransformerEncoderLayer(12, 3, 24, batch_first=True).eval()
    assert assert_as_the_model(layer, numbers(2, 7, 12)).is_whole
    assert assert_as_the_model(nn.MultiheadAttention(12, 3).eval(), *[numbers(5, 2, 12)] * 3).is_whole


def test_reparametrised_weights_are_constants(numbers: Seeded) -> None:
    parametrizations = nn.utils.parametrizations
    layers = [parametrizations.weight_norm(nn.Conv1d(4, 6, 3)), parametrizations.spectral_norm(nn.Conv1d(6, 4, 3))]
    made = assert_as_the_model(nn.Sequential(*layers).eval(), numbers(1, 4, 11))
    assert [node.operation for node in made.graphs[0].nodes] == ["convolution", "convolution"]


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.recurrent, self.head = nn.Conv1d(4, 6, 3), nn.LSTM(6, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x: Any) -> Any:
        y, _ = self.recurrent(self.stem(x).mT)
        return self.head(y[:, -1])


def test_a_recurrent_layer_is_left_to_torch(numbers: Seeded) -> None:
    made = assert_as_the_model(Recurrent().eval(), numbers(2, 4, 11))
    assert made.is_whole
    assert made.foreign == {"aten.lstm.input": 1}
    torch.testing.assert_close(made(x := numbers(2, 4, 13)), made.model(x), rtol=1e-4, atol=1e-5)
    assert len(made.programs) == 1


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Conv1d(4, 4, 3), nn.Conv1d(4, 4, 3)

    def forward(self, x: Any) -> Any:
        y = self.one(x)
        return self.other(y) if y.mean() > 0 else y.relu()


def test_a_branch_on_numbers_makes_several_programs(numbers: Seeded) -> None:
    model, x = Branching(), numbers(1, 4, 11)
    with torch.no_grad():
        model.one.bias.fill_(9)  # type: ignore[union-attr]
    made = assert_as_the_model(model, x)
    assert len(made.graphs) == 2
    assert made.breaks
    torch.testing.assert_close(made(-9 * x), model(-9 * x), rtol=1e-4, atol=1e-5)


class Placed(nn.Module):
    """Places are known of a known size alone, and numbers of torch otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(4, 4, 3)

    def forward(self, x: Any) -> Any:
        return self.convolution(x + torch.arange(x.shape[-1]).sin())


def test_the_first_sizes_keep_their_own_program(numbers: Seeded) -> None:
    model, x = Placed().eval(), numbers(1, 4, 11)
    made = captured(model, (x,))
    (first,) = made.programs
    assert not made.foreign
    with torch.no_grad():
        for size in (13, 14):
            other = numbers(1, 4, size)
            torch.testing.assert_close(made(other), model(other), rtol=1e-4, atol=1e-5)
        with observed() as runs:
            torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-5)
        assert len(made.programs) == 2
        assert [run.plan.held for run in runs if run is not None] == [first]


class Ending(nn.Module):
    """A layer inside which a graph ends."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one, self.other = nn.Conv1d(channels, channels, 3), nn.Conv1d(channels, channels + 1, 1)

    def forward(self, x: Any) -> Any:
        y = self.one(x)
        torch._dynamo.graph_break()
        return self.other(y).relu()


def test_layers_of_a_class_in_which_graphs_end_are_all_programs(numbers: Seeded) -> None:
    count = 2 * torch._dynamo.config.recompile_limit
    made = assert_as_the_model(nn.Sequential(*map(Ending, range(1, count + 1))).eval(), numbers(1, 1, 80))
    layers = [node for graph in made.graphs for node in graph.nodes if node.operation == "convolution"]
    assert len(layers) == 2 * count


def test_they_stay_programs_at_other_sizes_and_batches(numbers: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Program] = []
    computed = Program.__call__

    def noted(program: Program, *arrays: Any) -> Any:
        runs.append(program)
        return computed(program, *arrays)

    monkeypatch.setattr(Program, "__call__", noted)
    with torch._dynamo.config.patch(recompile_limit=2):
        made = assert_as_the_model(nn.Sequential(*map(Ending, range(1, 8))).eval(), numbers(1, 1, 40))
        for shape in ((1, 1, 44), (1, 1, 48), (2, 1, 40), (3, 1, 44)):
            runs.clear()
            made(numbers(*shape))
            assert len(runs) == 14, shape


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(4, 4, 3)
        self.register_buffer("calls", torch.zeros(1))
        self.calls: torch.Tensor

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return self.convolution(x) * self.calls


def test_what_a_call_changes_is_changed_in_the_copy_alone(numbers: Seeded) -> None:
    model, x = Counting(), numbers(1, 4, 11)
    weight = model.convolution.weight.clone()
    made = captured(model, (x,))
    assert model.calls == 0
    for n in (1, 2, 3):
        torch.testing.assert_close(made(x), model.convolution(x) * n, rtol=1e-4, atol=1e-5)
        assert made.model.calls == n
    assert model.calls == 0
    assert torch.equal(model.convolution.weight, weight)
    assert len(made.programs) == 1


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass
class Answer:
    scores: Any
    more: Any = None


class Formed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv1d(4, 4, 3)

    def forward(self, x: Any, scale: float = 2.0, *, form: str = "dict", also: Any = None) -> Any:
        y = self.layer(x) * scale
        y = y if also is None else y + also
        return {"dict": {"y": y, "size": x.shape[0], "none": None}, "pair": Pair(y, [x]), "answer": Answer(y)}[form]


def test_outputs_of_any_form(numbers: Seeded) -> None:
    model, x, also = Formed(), numbers(2, 4, 11), numbers(4, 1)
    made = assert_as_the_model(model, x)
    given = made(x)
    assert list(given) == ["y", "size", "none"]
    assert (given["size"], given["none"]) == (2, None)
    pair = made(x, 3.0, form="pair", also=also)
    assert isinstance(pair, Pair)
    assert pair.right[0] is x
    torch.testing.assert_close(pair.left, model.layer(x) * 3 + also, rtol=1e-4, atol=1e-5)
    answer = made(x, form="answer")
    assert isinstance(answer, Answer)
    torch.testing.assert_close(answer.scores, model.layer(x) * 2, rtol=1e-4, atol=1e-5)


def test_another_size_is_the_same_program(numbers: Seeded) -> None:
    model = settled(nn.Sequential(conv_norm(3, 8, 3, 2), nn.Upsample(scale_factor=2), nn.Conv2d(8, 4, 1)))
    made = captured(model, (numbers(1, 3, 16, 16),))
    for size in (16, 20, 24, 31):
        x = numbers(1, 3, size, size + 4)
        torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-5)
    assert len(made.programs) == 1
    assert len(made.backend.made) <= 2


def test_weights_that_are_written_to_are_read_again(numbers: Seeded) -> None:
    model: Any = nn.Sequential(nn.Conv1d(4, 4, 3), nn.BatchNorm1d(4)).eval()
    x = numbers(1, 4, 11)
    backend = Backend()
    run: Any = torch.compile(model, backend=backend)
    with torch.no_grad():
        run(x)
        model[0].weight.fill_(2)
        torch.testing.assert_close(run(x), model(x), rtol=1e-4, atol=1e-5)
        model.load_state_dict(copy.deepcopy(nn.Sequential(nn.Conv1d(4, 4, 3), nn.BatchNorm1d(4)).state_dict()))
        torch.testing.assert_close(run(x), model(x), rtol=1e-4, atol=1e-5)
    assert not backend.left


def test_gradients_are_torchs(numbers: Seeded) -> None:
    model, x = nn.Sequential(nn.Conv1d(4, 4, 3), nn.Tanh()), numbers(1, 4, 11).requires_grad_()
    backend = Backend()
    torch.compile(model, backend=backend)(x).sum().backward()
    taken, x.grad = x.grad, None
    model(x).sum().backward()
    torch.testing.assert_close(taken, x.grad)
    assert list(backend.left) == ["gradients"]
    x.grad = None
    captured(model, (x,))(x).sum().backward()
    torch.testing.assert_close(x.grad, taken)


class Drawing(nn.Module):
    def forward(self, x: Any) -> Any:
        return F.conv1d(x, torch.ones(4, 4, 3)) + torch.rand(4, 1) + F.dropout(x[..., :1], 0.5, training=True)


def test_random_numbers_are_drawn_as_torch_draws_them(numbers: Seeded) -> None:
    x = numbers(1, 4, 11)
    before = torch.get_rng_state()
    made = captured(Drawing(), (x,))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(7)
    expected = [Drawing()(x) for _ in range(2)]
    torch.manual_seed(7)
    torch.testing.assert_close([made(x) for _ in range(2)], expected, rtol=1e-4, atol=1e-5)


def test_channels_last_stays(numbers: Seeded) -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    x = numbers(2, 3, 9, 9).to(memory_format=torch.channels_last)
    made = captured(model, (x,))
    assert made(x).stride() == model(x).stride()


def test_several_threads_call_at_once(numbers: Seeded) -> None:
    class Sorting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv1d(4, 4, 3)

        def forward(self, x: Any) -> Any:
            values, places = self.layer(x).sort(-1)
            return self.layer(values), places

    model, inputs = Sorting(), [numbers(1, 4, 40) for _ in range(4)]
    made = captured(model, (inputs[0],))
    wrong: list[int] = []

    def call(i: int) -> None:
        with torch.no_grad():
            expected = model(inputs[i])
            for _ in range(20):
                values, places = made(inputs[i])
                if not (torch.allclose(values, expected[0], atol=1e-4) and torch.equal(places, expected[1])):
                    wrong.append(i)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_nothing_is_printed(numbers: Seeded, capfd: pytest.CaptureFixture[str]) -> None:
    captured(Branching(), (numbers(1, 4, 11),))
    assert capfd.readouterr() == ("", "")


def test_the_backend_is_registered() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    module, _, name = project["entry-points"]["torch_dynamo_backends"]["kaiyan"].partition(":")
    backend = getattr(import_module(module), name)
    x = torch.ones(1, 3, 5)
    layer = nn.Conv1d(3, 2, 3)
    with torch.no_grad():
        torch.testing.assert_close(torch.compile(layer, backend=backend)(x), layer(x))


def test_a_program_of_weights_as_they_were_is_not_taken_for_one_of_weights_as_they_are(numbers: Seeded) -> None:
    model: Any = nn.Sequential(nn.Conv1d(4, 4, 3))
    backend = Backend()
    run: Any = torch.compile(model, backend=backend)
    short, long = numbers(1, 4, 11), numbers(1, 4, 15)
    with torch.no_grad():
        run(short)
        model[0].weight.fill_(2)
        torch.testing.assert_close(run(long), model(long), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(run(short), model(short), rtol=1e-4, atol=1e-5)
    assert len({id(held) for made in backend.made for held in made.held}) == 1


def test_what_has_no_elements_and_what_arrays_cannot_hold_is_torchs(numbers: Seeded) -> None:
    backend, layer = Backend(), nn.Conv1d(4, 4, 3)
    nothing = numbers(0, 4, 11)
    with torch.no_grad():
        assert torch.compile(layer, backend=backend)(nothing).shape == (0, 4, 9)
        half = torch.compile(lambda x: x.bfloat16() @ x.bfloat16().mT, backend=backend)(numbers(4, 5))
    assert half.dtype == torch.bfloat16
    assert "no elements" in backend.left
    assert "torch.bfloat16 on cpu" in backend.left
    assert backend.made == []


def test_a_step_that_refuses_leaves_the_graph_to_torch(numbers: Seeded) -> None:
    def refuse(graph: Any) -> Any:
        raise KaiyanError("refused", "this graph has {count} nodes", count=len(graph.nodes))

    model, x = nn.Conv1d(4, 4, 3), numbers(1, 4, 11)
    made = captured(model, (x,), make=refuse)
    torch.testing.assert_close(made(x), model(x))
    assert made.left == ["this graph has 1 nodes"]
    assert not made.is_whole


def test_numbers_that_a_module_keeps_are_as_before_the_example(numbers: Seeded) -> None:
    class Lazy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.calls, self.table = nn.Conv1d(4, 4, 3), 0, None

        def forward(self, x: Any) -> Any:
            self.calls += 1
            return self.layer(x) + self.calls

    model, x = Lazy(), numbers(1, 4, 11)
    made = captured(model, (x,))
    torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-5)
    assert made.model.calls == model.calls == 2


class Spectral(nn.Module):
    """A product in the domain of frequencies, which are shifted, turned and joined."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 3, 3, padding=1)
        self.gains = nn.Parameter(torch.randn(3, 10, dtype=torch.complex64))

    def forward(self, x: Any) -> Any:
        waves = torch.fft.rfft(self.conv(x)) * self.gains
        turned = waves.permute(2, 0, 1)[1:].flip(0)
        return torch.fft.irfft(waves, n=18), turned.transpose(0, 1).contiguous(), torch.view_as_real(waves) * 2


def test_complex_numbers_are_moved_and_computed_by_torch(numbers: Seeded) -> None:
    made = assert_as_the_model(Spectral().eval(), numbers(2, 2, 18))
    assert made.is_whole
    assert {"aten._fft_r2c.default", "aten._fft_c2r.default"} <= set(made.foreign)


def test_complex_numbers_of_double_precision_are_torchs(numbers: Seeded) -> None:
    made = assert_as_the_model(Spectral().double().eval(), numbers(2, 2, 18).double())
    assert made.left == ["torch.complex128 on cpu"]


class Asking(nn.Module):
    """A block at which each graph ends: what it is asked for torch cannot trace."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv1d(channels, channels, 3, padding=1), nn.BatchNorm1d(channels)

    def forward(self, x: Any) -> Any:
        torch._dynamo.graph_break()
        return self.norm(self.conv(x)).relu()


def test_blocks_that_share_one_graph_keep_a_program_each(numbers: Seeded) -> None:
    model, x = settled(nn.Sequential(*(Asking(4) for _ in range(3)))), numbers(2, 4, 11)
    graphs: list[Graph] = []

    def make(graph: Graph) -> Program:
        graphs.append(graph)
        return Program(graph)

    made = captured(model, (x,), make=make)
    assert len(graphs) == 3
    weights = [node.inputs[1] for graph in graphs for node in graph.nodes if node.operation == "convolution"]
    assert weights == ["0.conv.weight", "1.conv.weight", "2.conv.weight"]
    for _ in range(3):
        torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        own: Any = made.model
        own[1].conv.weight.fill_(0.5)
        torch.testing.assert_close(made(x), own(x), rtol=1e-4, atol=1e-5)
    assert len(graphs) == 4
    assert not made.foreign


class Sorting(nn.Module):
    def forward(self, x: Any) -> Any:
        return x.transpose(1, 2).sort(-1).values.cumsum(1)


def test_a_graph_of_which_torch_computes_all_is_torchs(numbers: Seeded) -> None:
    made = assert_as_the_model(Sorting(), numbers(2, 4, 11))
    assert made.left == ["no step of ours"]
    assert made.graphs == []
