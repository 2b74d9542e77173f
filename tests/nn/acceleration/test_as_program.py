"""accelerate gives programs: answers, state and copies are the model's, whatever torch's compiler makes of it."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import kaiyan
from kaiyan import KaiyanError
from kaiyan.engine.codegen.running.threads import holding
from kaiyan.nn import accelerate
from kaiyan.nn.acceleration import settling, slower
from kaiyan.nn.acceleration.as_program import Programmed

if TYPE_CHECKING:
    from pathlib import Path


class Gated(nn.Module):
    """A stem, an inverted residual with a gate, a join of an upsampled half, and a dictionary of answers."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU6())
        self.wide = nn.Sequential(nn.Conv2d(16, 48, 1), nn.BatchNorm2d(48), nn.Hardswish())
        self.each = nn.Conv2d(48, 48, 3, 1, 1, groups=48)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(48, 12, 1), nn.ReLU(), nn.Conv2d(12, 48, 1))
        self.narrow = nn.Conv2d(48, 16, 1)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor, scale: float = 1.0, *, wants_maps: bool = True) -> dict[str, Any]:
        x = self.stem(x)
        y = self.each(self.wide(x))
        y = self.narrow(y * functional.hardsigmoid(self.gate(y))) + x
        half = functional.interpolate(functional.max_pool2d(y, 2), scale_factor=2.0, mode="nearest")
        joined = torch.cat([y, half], 1)
        answer = {"classes": self.head(y.mean((-1, -2))) * scale, "none": None}
        return answer | {"maps": joined} if wants_maps else answer


class Plain(nn.Module):
    """A classifier of pictures of any size."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.head = nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.head(self.body(x).mean((-1, -2)))
        return answer


class Counting(nn.Module):
    """It counts its calls and keeps a running mean, in evaluation too."""

    calls: Tensor
    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 4, 3, padding=1)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        self.calls += 1
        self.mean.mul_(0.5).add_(y.mean((0, 2)), alpha=0.5)
        counted: Tensor = y - self.mean[:, None]
        return counted


class Branching(nn.Module):
    """What it does depends on what comes: torch's graph ends there."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x).relu()
        answer: Tensor = self.b(y) if y.sum() > 0 else y
        return answer


def made(model: nn.Module, *inputs: Any) -> Any:
    torch.manual_seed(0)
    return Programmed(model.eval(), inputs, "default")


def settled(model: nn.Module) -> Any:
    """With the statistics of a BatchNorm that has seen something."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for statistics in layer.buffers():
                statistics.copy_(torch.rand(statistics.shape) + 0.5)
    return model.eval()


@torch.no_grad()
def test_a_model_is_one_program_and_answers_as_it_does() -> None:
    model, x = settled(Gated()), torch.randn(2, 3, 20, 24)
    quick = made(model, x)
    assert quick.captured.is_whole
    assert not quick.captured.foreign
    for given, named in (((x,), {}), ((x, 3.0), {"wants_maps": False}), ((x[:1, :, :12, :16],), {"scale": 0.5})):
        right, found = model(*given, **named), quick(*given, **named)
        assert found.keys() == right.keys()
        assert found["none"] is None
        torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_answers_lie_as_the_models_for_layouts_that_come_later() -> None:
    model = settled(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 6, 1), nn.MaxPool2d(2)))
    quick = accelerate(model, torch.randn(2, 3, 20, 18))
    captures = len(quick.model.captured.backend.made)
    assert captures <= 2  # the example, and another size where torch expected none: no layout in advance
    for shape in ((2, 3, 20, 18), (1, 3, 20, 18), (3, 3, 12, 14)):
        x = torch.randn(shape)
        for given in (x, x.to(memory_format=torch.channels_last), x.transpose(2, 3)):
            right = model(given)
            torch.testing.assert_close(quick(given), right, rtol=1e-4, atol=1e-5, check_stride=True)


def test_it_is_timed_as_it_will_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[bool] = []

    def times(models: Any, _: Any, turns: int) -> Any:
        timed.append(models[1].model._children.is_lent)
        return [(2.0, 1.0)] * turns

    monkeypatch.setattr(settling, "times_in_turns", times)
    quick = accelerate(settled(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())), torch.randn(2, 3, 20, 18))
    assert isinstance(quick.model, Programmed)
    assert timed == [False]


@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_it_is_timed_once_and_again_only_where_it_seems_slower(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def times(name: str) -> Any:
        def taken(_: Any, __: Any, turns: int) -> Any:
            asked.append((name, turns))
            return [(2.0, seconds)] * turns

        return taken

    monkeypatch.setattr(settling, "times_in_turns", times("settling"))
    monkeypatch.setattr(slower, "times_in_turns", times("slower"))
    monkeypatch.setattr(slower, "SLOWEST", 0.98)
    quick = accelerate(settled(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())), torch.randn(2, 3, 20, 18))
    (first, turns), *again = asked
    assert first == "settling"
    assert again[:1] == ([] if seconds < 2 else [("slower", 3 * turns)])
    assert isinstance(quick.model, Programmed) is (seconds < 2)


def test_the_report_has_every_layer_with_its_own_name() -> None:
    model, x = settled(Gated()), torch.randn(1, 3, 32, 32)
    quick = accelerate(model, x)
    assert isinstance(quick.model, Programmed)
    names = {name for row in quick.report.layers for name in row.names}
    assert names == {name for name, layer in model.named_modules() if isinstance(layer, (nn.Conv2d, nn.Linear))}
    assert all(row.after > 0 and row.algorithm for row in quick.report.layers)
    assert not quick.report.left
    assert quick.report.difference < 1e-5
    torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_layers_that_run_together_in_strips_share_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_WORTH", 1e9), ("_BEHIND", 1e9), ("_SURE", 0.0)):  # in strips, however long it takes
        monkeypatch.setattr(f"kaiyan.program.tuning.{name}", value)
    model, x = settled(Gated()), torch.randn(1, 3, 36, 36)
    with holding(1):
        rows = {row.name: row for row in accelerate(model, x).report.layers}
    together = rows["wide.0 + each"]
    assert together.algorithm == "strips"
    assert together.what.count("nn.Conv2d(") == 2
    assert together.before is not None
    assert not rows.keys() & {"wide.0", "each"}


@torch.no_grad()
def test_state_is_the_models_at_every_call() -> None:
    model, x = Counting().eval(), torch.randn(2, 2, 10)
    quick = accelerate(model, x)
    assert int(model.calls) == 0
    for _ in range(3):
        torch.testing.assert_close(quick(x), model(x))
    states = [dict(net.named_buffers()) for net in (model, quick)]
    assert {name.rpartition(".")[2]: float(value.sum()) for name, value in states[1].items()} == pytest.approx(
        {name: float(value.sum()) for name, value in states[0].items()}, rel=1e-5
    )


@torch.no_grad()
def test_a_graph_that_ends_is_several_programs_and_takes_both_branches() -> None:
    model: Any = Branching().eval()
    x = torch.randn(1, 3, 8, 8)
    quick = made(model, x)
    assert len(quick.programs) == 2
    torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-5)
    model.a.bias.fill_(-100)
    quick.model.a.bias.fill_(-100)
    assert quick(x).shape == (1, 8, 6, 6)
    torch.testing.assert_close(quick(x), model(x))


@torch.no_grad()
def test_what_is_written_to_a_weight_is_computed_with() -> None:
    model: Any = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 1))
    x = torch.randn(1, 3, 8, 8)
    quick = made(model, x)
    quick.model[0].weight.mul_(2)
    model[0].weight.mul_(2)
    torch.testing.assert_close(quick(x), model(x), rtol=1e-4, atol=1e-5)
    other = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 1))
    quick.model.load_state_dict(other.state_dict())
    torch.testing.assert_close(quick(x), other(x), rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("way", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_lives_by_itself(way: Any) -> None:
    quick = made(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), x := torch.randn(1, 3, 8, 8))
    right = quick(x)
    twin = way(quick)
    quick.model[0].weight.zero_()
    torch.testing.assert_close(twin(x), right)


@torch.no_grad()
def test_the_bits_are_the_same_on_any_number_of_threads() -> None:
    quick = made(settled(Gated()), x := torch.randn(1, 3, 40, 32))
    answers = []
    for threads in (1, 2, 3):
        with holding(threads):
            answers.append(quick(x))
    assert all(torch.equal(answer[name], answers[0][name]) for answer in answers for name in ("classes", "maps"))


@torch.no_grad()
def test_inputs_random_state_and_the_model_are_untouched() -> None:
    model, x = settled(Gated()), torch.randn(1, 3, 16, 16)
    before = copy.deepcopy((x, model.state_dict())), torch.random.get_rng_state()
    accelerate(model, x)
    assert torch.equal(x, before[0][0])
    assert all(torch.equal(value, before[0][1][name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), before[1])


def test_the_backend_is_known_to_torch_by_name() -> None:
    model, x = settled(Gated()), torch.randn(1, 3, 16, 16)
    compiled: Any = torch.compile(model, backend="kaiyan")
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), model(x), rtol=1e-4, atol=1e-4)
    found, right = (torch.autograd.grad(net(x)["classes"].sum(), model.head.weight) for net in (compiled, model))
    torch.testing.assert_close(found, right)


@torch.no_grad()
@pytest.mark.parametrize("strips", [False, True])
def test_a_saved_model_answers_other_sizes_and_numbers_without_torch(
    strips: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = (("_WORTH", 1e9 if strips else 0.0), ("_BEHIND", 1e9), ("_SURE", 0.0 if strips else 1.0))
    for name, value in values:  # in strips, however long it takes, or never
        monkeypatch.setattr(f"kaiyan.program.tuning.{name}", value)
    model, side = settled(Plain()), 26 if strips else 24  # what was chosen for one size is remembered
    with holding(1):
        quick = accelerate(model, torch.randn(1, 3, side, side))
    rows = {row.name: row.algorithm for row in quick.report.layers}
    assert rows.keys() == {"body.0", "head"}
    assert (rows["body.0"] == "strips") is strips
    quick.save(path := tmp_path / "net.kaiyan", classes=["cat", "dog"])
    loaded = kaiyan.load(path)
    for shape in ((1, 3, side, side), (3, 3, 40, 33)):
        x = torch.randn(shape)
        with holding(1):
            torch.testing.assert_close(torch.from_numpy(loaded(x.numpy())), model(x), rtol=1e-4, atol=1e-4)
            assert bool(loaded._program.planned([x.numpy()]).lowered.within) is (strips and len(x) == 1)


class Swapped(nn.Module):
    """The second input is used first."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(8, 16, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        answer: Tensor = self.b(b).relu() - 2 * self.a(a).relu()
        return answer


class Sized(nn.Module):
    """What it does depends on the size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y * 2 if x.shape[2] > 30 else -y


@torch.no_grad()
def test_a_saved_model_takes_its_inputs_in_the_models_order_and_its_weights_as_they_are(tmp_path: Path) -> None:
    a, b = torch.randn(2, 2, 8, 32, 32)
    model = Swapped().eval()
    quick = accelerate(model, (a, b))
    assert isinstance(quick.model, Programmed)
    for net in (model, quick.model.model):
        net.load_state_dict({name: value * 0.5 + 0.1 for name, value in net.state_dict().items()})
    quick.save(path := tmp_path / "net.kaiyan")
    found = kaiyan.load(path)(a.numpy(), b.numpy())
    torch.testing.assert_close(torch.from_numpy(found), model(a, b), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_model_that_asks_for_the_size_is_saved_for_its_own(tmp_path: Path) -> None:
    model, x = Sized().eval(), torch.randn(1, 3, 56, 56)
    accelerate(model, x).save(path := tmp_path / "net.kaiyan")
    loaded = kaiyan.load(path)
    torch.testing.assert_close(torch.from_numpy(loaded(x.numpy())), model(x), rtol=1e-4, atol=1e-4)
    with pytest.raises(KaiyanError) as caught:
        loaded(x[..., :16, :16].numpy())
    assert caught.value.code == "program-input-shape"


@torch.no_grad()
def test_what_is_no_program_is_not_saved(tmp_path: Path) -> None:
    parts = accelerate(Branching(), torch.randn(1, 3, 48, 48))
    plain = accelerate(nn.Sequential(nn.Flatten(), nn.Softmax(1)), torch.randn(1, 3, 4, 4))
    for quick, code in ((parts, "save-not-one-program"), (plain, "save-no-program")):
        with pytest.raises(KaiyanError) as caught:
            quick.save(path := tmp_path / "net.kaiyan")
        assert caught.value.code == code
        assert not path.exists()


@torch.no_grad()
def test_a_model_that_is_gone_leaves_no_weights_behind() -> None:
    quick = made(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 1)), torch.randn(1, 3, 8, 8))
    quick(torch.randn(2, 3, 9, 9))
    alive = [weakref.ref(thing) for thing in (quick.model[0].weight, *quick.programs)]
    del quick
    gc.collect()
    assert [thing() for thing in alive] == [None] * len(alive)


@torch.no_grad()
def test_a_copy_may_have_been_changed_to_another_type() -> None:
    quick = made(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), torch.randn(1, 3, 8, 8)).double()
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(copy.deepcopy(quick)(x), quick(x))


@torch.no_grad()
def test_rows_that_look_at_nothing_are_nought_as_in_torch() -> None:
    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lift = nn.Linear(16, 16)

        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            y = self.lift(x)
            return functional.scaled_dot_product_attention(y, y, y, attn_mask=mask)

    mask = torch.zeros(5, 5)
    mask[2] = -torch.inf
    model, x = Attending().eval(), torch.randn(2, 3, 5, 16)
    torch.testing.assert_close(made(model, x, mask)(x, mask), model(x, mask), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_what_cannot_be_translated_torch_computes() -> None:
    class Expanding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = self.conv(x).mean((2, 3), keepdim=True).expand(-1, -1, 8, 8)
            return answer

    model, x = Expanding().eval(), torch.randn(1, 3, 8, 8)
    found = made(model, x)(x)
    assert found.stride() == model(x).stride()
    torch.testing.assert_close(found, model(x), rtol=1e-4, atol=1e-5)


def test_a_model_of_no_layer_of_ours_is_left_with_its_reason() -> None:
    quick = accelerate(nn.Sequential(nn.Flatten(), nn.Softmax(1)), torch.randn(1, 3, 4, 4))
    assert not isinstance(quick.model, Programmed)


def test_kaiyan_speaks_of_what_torch_computes() -> None:
    class Sorting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sort(self.conv(x), dim=1).values

    quick = kaiyan.accelerate(Sorting(), torch.randn(1, 3, 32, 32))
    assert any("aten.sort" in str(note) for note in quick.report.notes)
