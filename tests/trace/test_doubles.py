"""A double has its own of everything, and what it was made from is not written into; the kinds of what models keep."""

from __future__ import annotations

import functools
import threading
import weakref
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from lent import seen, state
from torch import Tensor, nn
from torch.nn.utils import parametrize, weight_norm

import kaiyan
from kaiyan.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = namedtuple("Pair", "one two")


class Frozen(dict[str, Any]):
    """A mapping that refuses to be written to."""

    def update(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("frozen")

    clear = __setitem__ = __delitem__ = pop = setdefault = update


class FrozenOrder(OrderedDict[str, Any]):
    """The same, as diffusers writes it."""

    def __setitem__(self, *_: Any) -> None:
        raise RuntimeError("frozen")

    update = clear = pop = __setitem__  # type: ignore[assignment]


class Silent(list[Any]):
    """A list that forgets what it is told to hold."""

    def __setitem__(self, *_: Any) -> None:
        return

    def append(self, _: Any) -> None:
        return

    extend = append


@dataclass(frozen=True, slots=True)
class Slots:
    tensor: Tensor
    count: list[int]


class Guarded(nn.Module):
    """Refuses to be written to and lies when it is read, except for what torch needs."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        object.__setattr__(self, "ready", True)

    def __setattr__(self, name: str, value: Any) -> None:
        if "ready" in vars(self):
            raise AttributeError(f"{name} is guarded")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name} is guarded")

    def __getattr__(self, name: str) -> Any:
        if name == "fc":
            return super().__getattr__(name)
        raise AttributeError(name)

    @property
    def twice(self) -> Tensor:
        return self.fc.weight * 2

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) @ self.twice  # type: ignore[no-any-return]


class Half(nn.Module):
    def forward(self, w: Tensor) -> Tensor:
        return w / 2


class Keeper(nn.Module):
    """Keeps something in an attribute, and uses and changes it in every call."""

    def __init__(self, kept: Any, use: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.kept = kept
        self.use = use

    def forward(self, x: Tensor) -> Tensor:
        return self.use(self.kept, self.fc(x))


def _appended(kept: Any, x: Tensor) -> Tensor:
    list.append(kept, x)
    return x + kept[0]  # type: ignore[no-any-return]


def _counted(kept: Any, x: Tensor) -> Tensor:
    kept.count.append(1)
    return x + kept.tensor  # type: ignore[no-any-return]


def _turned(kept: Any, x: Tensor) -> Tensor:
    kept.rotate(1)
    kept.append(x)
    return x + kept[0]  # type: ignore[no-any-return]


def _moved(kept: Any, x: Tensor) -> Tensor:
    kept["n"] += 1
    kept["new"] = x
    return x + kept["t"]  # type: ignore[no-any-return]


def _once(kept: Any, x: Tensor) -> Tensor:
    kept.clear()
    return x


def _drawn(kept: Any, x: Tensor) -> Tensor:
    return x + float(kept.random() if hasattr(kept, "random") else torch.rand(1, generator=kept))


def _added(kept: Any, x: Tensor) -> Tensor:
    kept += 1
    return x + float(kept.sum())


def _locked(kept: Any, x: Tensor) -> Tensor:
    with kept:
        return x


def _closed() -> Any:
    state: dict[str, Any] = {"n": 0, "t": torch.ones(4)}
    return lambda x: _moved(state, x)


def _order() -> FrozenOrder:
    made = FrozenOrder()
    OrderedDict.__setitem__(made, "t", torch.ones(4))
    return made


def _silent() -> Silent:
    made = Silent()
    list.append(made, torch.ones(4))
    return made


def _parametrized() -> nn.Module:
    layer = nn.Linear(4, 4)
    parametrize.register_parametrization(layer, "weight", Half())
    return nn.Sequential(layer)


def _tied() -> nn.Module:
    one, two = nn.Linear(4, 4), nn.Linear(4, 4)
    two.weight = one.weight
    return nn.Sequential(one, two)


def _referring() -> nn.Module:
    model = Keeper(None, lambda kept, x: kept().fc(x))
    model.kept = weakref.ref(model)
    return model


KEEPERS: dict[str, Callable[[], nn.Module]] = {
    "a frozen mapping": lambda: Keeper(Frozen(t=torch.ones(4)), lambda kept, x: x + kept["t"]),
    "a frozen ordered mapping": lambda: Keeper(_order(), lambda kept, x: x + kept["t"]),
    "a silent list": lambda: Keeper(_silent(), _appended),
    "a list": lambda: Keeper([torch.ones(4)], _appended),
    "a dict": lambda: Keeper({"n": 1, "t": torch.ones(4)}, _moved),
    "a default dict": lambda: Keeper(defaultdict(int, n=1, t=torch.ones(4)), _moved),
    "a counter": lambda: Keeper(Counter("abc"), _once),
    "a set": lambda: Keeper({1, 2, 3}, _once),
    "a deque": lambda: Keeper(deque([torch.ones(4), torch.ones(4)], maxlen=2), _turned),
    "a named tuple": lambda: Keeper(Pair([1], torch.ones(4)), lambda kept, x: _once(kept.one, x) + kept.two),
    "slots": lambda: Keeper(Slots(torch.ones(4), []), _counted),
    "nested": lambda: Keeper([{"a": ({"n": 1, "t": torch.ones(4)},)}], lambda kept, x: _moved(kept[0]["a"][0], x)),
    "a lock": lambda: Keeper(threading.Lock(), _locked),
    "an array": lambda: Keeper(np.ones(3), _added),
    "a generator of torch": lambda: Keeper(torch.Generator().manual_seed(3), _drawn),
    "a generator of numpy": lambda: Keeper(np.random.default_rng(3), _drawn),
    "an activation": lambda: Keeper(nn.Linear(2, 4)(torch.ones(1, 2)), lambda kept, x: x + kept),
    "a closure": lambda: Keeper(_closed(), lambda kept, x: kept(x)),
    "a partial": lambda: Keeper(functools.partial(_moved, {"n": 1, "t": torch.ones(4)}), lambda kept, x: kept(x)),
    "a bound method": lambda: Keeper(nn.Linear(4, 4).forward, lambda kept, x: kept(x)),
    "guarded": Guarded,
    "weight_norm": lambda: nn.Sequential(weight_norm(nn.Linear(4, 4)), nn.ReLU()),
    "spectral_norm": lambda: nn.Sequential(nn.utils.spectral_norm(nn.Linear(4, 4)), nn.ReLU()),
    "parametrized": _parametrized,
    "a shared layer": lambda: nn.Sequential(*[nn.Linear(4, 4)] * 3),
    "tied": _tied,
    "recurrent": lambda: nn.Sequential(nn.LSTM(4, 4)),
    "lazy": lambda: nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d()),
    "a weak reference": _referring,
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("kind", KEEPERS)
@pytest.mark.parametrize("meta", [True, False], ids=["meta", "real"])
def test_a_model_runs_as_a_double_and_is_not_touched(kind: str, meta: bool) -> None:
    model, x = KEEPERS[kind](), torch.rand(5, 4)
    before = state(model)
    found = record(model, x, meta=meta)
    assert found.error is None
    assert found.outputs[0].shape[0] == 5
    assert state(model) == before


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("kind", KEEPERS)
def test_it_runs_again_and_again_and_still_by_itself(kind: str) -> None:
    model, x = KEEPERS[kind](), torch.rand(5, 4)
    first, second = (str(kaiyan.summary(model, input_data=x)) for _ in range(2))
    assert first == second
    assert len(kaiyan.least_input(model, (2, 4)).axes) == 0
    output = model(x)
    assert all(tensor.device.type == "cpu" for tensor in (*model.parameters(), *model.buffers()))
    assert (output[0] if isinstance(output, tuple) else output).device.type == "cpu"


def test_a_change_of_each_kept_thing_is_seen() -> None:
    for kind, make in KEEPERS.items():
        if kind in ("a list", "a dict", "a set", "a deque", "slots", "an array", "a closure", "a generator of torch"):
            model = make()
            before = state(model)
            model(torch.rand(5, 4))
            assert state(model) != before, kind


class Fickle(nn.Module):
    """Replaces and deletes what it has, registers what it had not, and then fails."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.bn = nn.BatchNorm1d(4)
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x: Tensor) -> Tensor:
        self.fc.weight = nn.Parameter(torch.zeros(4, 4))
        self.mean = torch.ones(4)
        self.extra = nn.Linear(2, 2)
        del self.fc.bias
        del self._modules["bn"]
        self.register_forward_hook(lambda *_: None)
        self.eval().requires_grad_(False)
        x.fill_(3)
        raise MemoryError


def test_a_model_that_takes_itself_apart_and_fails_is_whole() -> None:
    model, x = Fickle(), torch.rand(5, 4)
    before = seen(model, x), state(model)
    assert isinstance(record(model, x).error, MemoryError)
    assert (seen(model, x), state(model)) == before


def test_an_end_that_means_something_is_not_doubled() -> None:
    ended = []

    class Handle:
        def __del__(self) -> None:
            ended.append(1)

    model = Keeper(Handle(), lambda _, x: x)
    record(model, torch.rand(5, 4))
    assert not ended
