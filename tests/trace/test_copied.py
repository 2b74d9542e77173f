"""copied: a copy of any model that computes what the original computes, and an original that does not notice."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from kaiyan.show.error import KaiyanError
from kaiyan.trace.copied import copied

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:.*_norm.* is deprecated:FutureWarning")


class Holds(nn.Module):
    def __init__(self, **parts: Any) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)  # type: ignore[no-any-return]


class Keeps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.feat: Tensor = self.conv(x)
        self.kept: Any = {"views": [self.feat[0]]}
        doubled: Tensor = self.feat * 2
        return doubled


class Frozen(OrderedDict[str, Any]):
    def __setitem__(self, key: str, value: Any) -> None:
        if key in self or key != "a":
            msg = "frozen"
            raise RuntimeError(msg)
        super().__setitem__(key, value)

    def update(self, *_: Any, **__: Any) -> None:
        msg = "frozen"
        raise RuntimeError(msg)


def _old(name: str, layer: nn.Module) -> nn.Module:
    return getattr(torch.nn.utils, name)(layer)  # type: ignore[no-any-return]


def _kept() -> nn.Module:
    model = Keeps()
    model(torch.randn(1, 2, 9))
    return model


MODELS: dict[str, Callable[[], nn.Module]] = {
    "weight_norm": lambda: nn.Sequential(_old("weight_norm", nn.Conv1d(2, 3, 3)), nn.ReLU()),
    "spectral_norm": lambda: nn.Sequential(_old("spectral_norm", nn.Conv1d(2, 3, 3))).eval(),
    "parametrised": lambda: torch.nn.utils.parametrizations.weight_norm(nn.Conv1d(2, 3, 3)),
    "kept activation": _kept,
    "lock": lambda: Holds(lock=threading.Lock(), again=threading.RLock(), signal=threading.Condition()),
    "event": lambda: Holds(event=threading.Event(), local=threading.local()),
    "library": lambda: Holds(library=torch),
    "generator of numbers": lambda: Holds(generator=torch.Generator().manual_seed(3)),
    "frozen mapping": lambda: Holds(config=Frozen(a=[1])),
    "memory file": lambda: Holds(file=io.StringIO("text")),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_copy_computes_the_same_and_shares_no_tensor(name: str) -> None:
    model: Any = MODELS[name]()
    x = torch.randn(1, 2, 9)
    other = copied(model)
    assert type(other) is type(model)
    assert other.training == model.training
    assert torch.equal(other(x), model(x))
    for key, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[key], value)
        assert other.state_dict()[key].data_ptr() != value.data_ptr()


def test_the_recomputed_weight_follows_the_copys_own_parameters() -> None:
    model: Any = _old("weight_norm", nn.Conv1d(2, 3, 3))
    other = copied(model)
    assert torch.equal(other.weight, model.weight)
    with torch.no_grad():
        other.weight_g.mul_(2)
    x = torch.randn(1, 2, 9)
    before = model(x)
    assert torch.allclose(other(x) - other.bias[:, None], 2 * (before - model.bias[:, None]), atol=1e-6)
    assert torch.equal(model(x), before)


def test_views_of_a_kept_activation_are_views_of_its_copy() -> None:
    other: Any = copied(_kept())
    other.feat.zero_()
    assert not other.kept["views"][0].any()


def test_tied_parameters_and_shared_memory_stay_so() -> None:
    model: Any = nn.Sequential(nn.Conv1d(2, 2, 3), nn.Conv1d(2, 2, 3), nn.Conv1d(2, 2, 3))
    model[1].weight = model[0].weight
    model[2].weight = nn.Parameter(model[0].weight.data[:, :1])
    model.register_buffer("view", model[0].weight.data[0])
    other: Any = copied(model)
    assert other[1].weight is other[0].weight
    with torch.no_grad():
        other[0].weight.zero_()
    assert not other[2].weight.any()
    assert not other.view.any()
    assert model[0].weight.any()


def test_the_same_layer_in_two_places_stays_one() -> None:
    layer = _old("weight_norm", nn.Conv1d(2, 2, 3))
    other: Any = copied(nn.Sequential(layer, nn.Sequential(layer)))
    assert other[0] is other[1][0]


class _MadeAnew(nn.Dropout):
    """It keeps what it was made of, as einops' layers do."""

    def __getstate__(self) -> dict[str, float]:
        return {"p": self.p}

    def __setstate__(self, state: dict[str, float]) -> None:
        self.__init__(**state)  # type: ignore[misc]


@pytest.mark.parametrize("training", [False, True])
def test_a_layer_that_is_made_anew_trains_where_the_models_does(training: bool) -> None:
    model = nn.Sequential(_MadeAnew(0.25), nn.Linear(2, 2)).train(training)
    its: Any = copied(model)[0]
    assert its is not model[0]
    assert (its.p, its.training) == (0.25, training)


def test_a_hook_that_closes_over_the_model_writes_into_the_copy() -> None:
    model: Any = Keeps()
    model.seen = None
    model.conv.register_forward_hook(lambda *_: setattr(model, "seen", True))
    other = copied(model)
    other(torch.randn(1, 2, 9))
    assert other.seen
    assert model.seen is None


def test_a_lock_of_the_copy_is_its_own() -> None:
    model: Any = MODELS["lock"]()
    with model.lock:
        assert copied(model).lock.acquire(blocking=False)


def test_a_generator_of_numbers_goes_on_from_its_place() -> None:
    model: Any = MODELS["generator of numbers"]()
    torch.rand(3, generator=model.generator)
    ahead = torch.rand(1, generator=copied(model).generator)
    assert torch.equal(torch.rand(1, generator=model.generator), ahead)


def test_a_file_that_is_read_has_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("one\ntwo\n")
    with (tmp_path / "words.txt").open() as file:
        model: Any = Holds(file=file)
        file.readline()
        other = copied(model)
        assert other.file.readline() == "two\n"
        assert file.readline() == "two\n"
        other.file.close()


def test_a_gradient_is_copied() -> None:
    model: Any = Holds()
    model(torch.randn(1, 2, 9)).sum().backward()
    other = copied(model)
    assert torch.equal(other.conv.weight.grad, model.conv.weight.grad)


def test_what_cannot_be_copied_is_named() -> None:
    with pytest.raises(KaiyanError, match=r"cannot be copied: parts\.numbers is a generator"):
        copied(Holds(parts={"numbers": (i for i in range(3))}))


def test_a_class_that_refuses_is_named() -> None:
    class Refuses:
        def __deepcopy__(self, memo: Any) -> Any:
            msg = "not me"
            raise ValueError(msg)

    with pytest.raises(KaiyanError, match="cannot be copied: deep is a Refuses"):
        copied(nn.Sequential(Holds(deep=Refuses()))[0])
