"""Calls that do not fit what they call: what beginners write, and what Python and PyTorch define (round 2, own nets).

What is right stands in PyTorch's documentation: a module has a forward, a Sequential holds modules, an optimizer takes
parameters, a layer is made before it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from failing import diagnosed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (its usual name, in lines as users write them)

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable


x = torch.zeros(2, 3, 8, 8)


class Foward(nn.Module):
    def foward(self, x: Tensor) -> Tensor:
        return x


class Selfless(nn.Module):
    def forward(x) -> Any:  # noqa: N805 (what is tested)
        return x


class Bare(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Any:
        return conv1(x)  # type: ignore[name-defined]  # noqa: F821 (what is tested)


class Mute(nn.Module):
    def forward(self, x: Tensor) -> None:
        x.relu()


class Uncalled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)

    def forward(self, x: Tensor) -> Any:
        return self.conv(nn.ReLU(x))  # type: ignore[arg-type]


class Shortcut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 6, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.a(x) + x)


def _class() -> None:
    Mute: Any = globals()["Mute"]
    out = Mute(x)
    print(out)


def _mute() -> Any:
    out: Any = Mute()(x)
    return out.argmax(1)


def _unmade() -> Any:
    made: Any = nn.ReLU
    return made(x).mean()


torchs: Any = nn
optim: Any = torch.optim
some: Any = x
F_: Any = F
CALLS: dict[str, tuple[Callable[[], Any], str, str, str]] = {
    "forward misspelt": (lambda: Foward()(x), "K034", "it has foward", "def forward("),
    "no self": (lambda: Selfless()(x), "K034", "without self", "def forward(self, x):"),
    "self. forgotten": (lambda: Bare()(x), "K034", "conv1 is an attribute of Bare", "self.conv1(x)"),
    "a class called": (_class, "K034", "Mute is a class", "out = Mute()(x)"),
    "one input too many": (lambda: Mute()(x, x), "K034", "takes 1 besides self, but was given 2", ""),
    "no input": (Mute(), "K034", "without x", ""),
    "a list of layers called": (lambda: nn.ModuleList([nn.ReLU()])(x), "K034", "a ModuleList keeps", "for layer in"),
    "a list in Sequential": (lambda: torchs.Sequential([nn.ReLU()]), "K034", "list is not a layer", "Sequential(*["),
    "a function in Sequential": (lambda: torchs.Sequential(F.relu), "K034", "relu is not a layer", "nn.ReLU()"),
    "a class in Sequential": (lambda: torchs.Sequential(nn.ReLU), "K034", "ReLU is not a layer", "nn.ReLU()"),
    "a layer not called": (lambda: Uncalled()(x), "K034", "nn.ReLU(x) makes a layer", "nn.ReLU()(x)"),
    "a layer as a result": (_unmade, "K034", "nn.ReLU(x) makes a layer", "nn.ReLU()(x)"),
    "a setting misspelt": (lambda: torchs.Conv2d(3, 8, kernel=3), "K034", "no setting kernel;", "kernel_size"),
    "a plural forgotten": (lambda: torchs.Conv2d(in_channels=3, out_channel=8, kernel_size=3), "K034",
                           "no setting out_channel;", "out_channels=8"),
    "a setting missing": (lambda: torchs.Conv2d(3, 8), "K034", "Conv2d needs kernel_size", "nn.Conv2d(in_channels,"),
    "upper case": (lambda: torchs.Conv2D(3, 8, 3), "K034", "torch.nn has no Conv2D; it has Conv2d", ".Conv2d(3, 8, 3)"),
    "a layer among functions": (lambda: F_.ReLU(x), "K034", "it has relu", ".relu(x)"),
    "no return": (_mute, "K024", "forward of Mute has no return", "return x"),
    "item before backward": (lambda: some.mean().item().backward(), "K061", "a plain float", "some.mean().backward()"),
    "a model for an optimizer": (lambda: optim.SGD(nn.Linear(2, 1)), "K067", "not the Linear itself",
                                 "model.parameters()"),
    "parameters not called": (lambda: optim.SGD(nn.Linear(2, 1).parameters), "K067", "parameters is a method",
                              ".parameters()"),
}  # fmt: skip


@pytest.mark.parametrize(("script", "code", "says", "fix"), CALLS.values(), ids=CALLS)
def test_a_call_that_does_not_fit_is_named_and_mended(script: Any, code: str, says: str, fix: str) -> None:
    found = diagnosed(script)
    assert found.code == code
    assert says in str(found.cause)
    assert fix in (found.fixes[0].after or "")


class Listed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: Any = [nn.ReLU(), nn.Flatten()]

    def forward(self, x: Tensor) -> Any:
        return self.blocks(x)


def test_a_python_list_of_layers_is_called_layer_by_layer() -> None:
    found = diagnosed(lambda: Listed()(x))
    assert "self.blocks is a Python list of layers" in str(found.cause)
    assert found.fixes[0].after == "for layer in self.blocks: x = layer(x)"


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()


def test_a_number_too_many_for_a_constructor_is_no_input() -> None:
    plain: Any = Plain
    assert "Plain is made with 0 settings besides self, but was given 1" in str(diagnosed(lambda: plain(10)).cause)


def test_what_is_nothing_for_another_reason_is_left_alone() -> None:
    weight: Any = nn.Linear(2, 2).weight
    assert diagnosed(lambda: weight.grad.zero_() + 1).code == "K000"


def test_nothing_in_a_pasted_traceback_is_no_module() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/lib/site-packages/torch/nn/modules/module.py", line 1, in _call\n'
        '    return f(x)\n  File "net.py", line 3, in forward\n    n = self.cache.shape\n'
        "AttributeError: 'NoneType' object has no attribute 'shape'\n"
    )
    assert kaiyan.diagnose(text).code == "K000"


def test_a_forgotten_self_is_tried() -> None:
    with pytest.raises(NameError) as caught:
        Bare()(x)
    assert kaiyan.diagnose(caught.value).fixes[0].tried


def test_names_of_the_users_own_that_are_not_defined_stay_unknown() -> None:
    assert kaiyan.diagnose("NameError: name 'train_loader' is not defined").code == "K000"


def test_an_end_of_a_sum_whose_name_stands_earlier_in_the_line_goes_through_a_shortcut() -> None:
    with pytest.raises(RuntimeError) as caught:
        Shortcut()(x)
    first = kaiyan.diagnose(caught.value).fixes[0]
    assert first.tried
    assert first.after is not None
    assert first.after.splitlines()[-1] == "return F.relu(self.a(x) + self.shortcut(x))"
