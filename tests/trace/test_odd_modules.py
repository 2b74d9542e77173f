"""Modules that refuse what Python asks of them are lent all the same, and come out as they went in."""

from __future__ import annotations

import functools
import logging
import threading
import weakref
from typing import Any

import pytest
import torch
from lent import state
from torch import Tensor, nn

import kaiyan


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Any:
        return self.fc(x)


class Slotted(Plain):
    __slots__ = ("calls", "scale")

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.scale = [1], torch.ones(4)

    def forward(self, x: Tensor) -> Any:
        self.calls.append(1)
        return self.fc(x) * self.scale


class Uncopied(Plain):
    def __deepcopy__(self, _: Any) -> Any:
        raise RuntimeError("it is not copied")

    __copy__ = __getstate__ = __reduce_ex__ = __deepcopy__  # type: ignore[assignment]


class Liar(Plain):
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return int


class Circular(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.around = [self]

    def forward(self, x: Tensor) -> Any:
        return self.around[0].fc(self.fc(x))


class Proxied(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.weights = weakref.WeakKeyDictionary({self.fc: 3})
        self.__dict__["near"] = weakref.proxy(self.fc)

    def forward(self, x: Tensor) -> Any:
        return vars(self)["near"](x) * self.weights[self.fc]


class Attached(Plain):
    """What frameworks hang on a module: a logger, an event, an open file, a generator that is not begun."""

    def __init__(self) -> None:
        super().__init__()
        self.log, self.event, self.local = logging.getLogger("net"), threading.Event(), threading.local()
        self.steps = (i for i in range(3))

    def forward(self, x: Tensor) -> Any:
        self.log.debug("a step")
        return self.fc(x)


class Cached(Plain):
    @functools.cached_property
    def scale(self) -> Tensor:
        return torch.ones(4)

    def forward(self, x: Tensor) -> Any:
        return self.fc(x) * self.scale.to(x.device)


class Hooked(Plain):
    """Grad-CAM's habit: hooks that keep what passes, in the module itself."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Any] = {}
        self.fc.register_forward_hook(lambda _m, _i, output: self.kept.__setitem__("fc", output))
        self.fc.register_forward_pre_hook(functools.partial(self.before, 3))

    def before(self, number: int, _: nn.Module, __: Any) -> None:
        self.kept["number"] = number

    def forward(self, x: Tensor) -> Any:
        return self.fc(x) + self.kept["fc"] + self.kept["number"]


class Patched(Plain):
    """A forward that was laid over, as accelerate of transformers does."""

    def __init__(self) -> None:
        super().__init__()
        own = self.fc.forward
        self.fc.forward = lambda x: own(x) * 2  # type: ignore[assignment]


class Unsteady(Plain):
    """Moves what is global."""

    def forward(self, x: Tensor) -> Any:
        torch.set_grad_enabled(True)
        torch.manual_seed(1)
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(torch.get_num_threads() + 1)
        return self.fc(x)


class Unbool(Plain):
    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        raise RuntimeError("it is neither")


KINDS = (Slotted, Uncopied, Liar, Circular, Proxied, Attached, Cached, Hooked, Patched, Unsteady, Unbool)


def _world() -> Any:
    modes = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
    return modes, torch.get_rng_state().tolist()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_odd_module_is_lent_and_comes_back(kind: type[nn.Module]) -> None:
    model, x = kind(), torch.rand(3, 4)
    before = state(model), _world()
    found = kaiyan.summary(model, input_data=x, col_names=("time", "output_size"))
    assert (found.error, found.layers[0].outputs[0].shape) == (None, (3, 4))
    assert kaiyan.least_input(model, (3, 4)).axes == ()
    assert (state(model), _world()) == before
