# mypy: disable-error-code="misc, operator, call-overload, list-item, arg-type"
"""Slips that are asked about every day: forgotten calls, brackets and returns; files, workers and transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

import kaiyan
from kaiyan.cli.run import run

if TYPE_CHECKING:
    from collections.abc import Callable


class Small(nn.Module):
    """Two layers, and a way from one to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.layers = nn.ModuleList([nn.Conv2d(4, 4, 1), nn.ReLU()])


class Uncalled(Small):
    """An activation that is made of the map."""

    def forward(self, x: Tensor) -> Any:
        return self.conv2(nn.ReLU(self.conv1(x)))


class Held(Small):
    """A list of layers that is called."""

    def forward(self, x: Tensor) -> Any:
        return self.layers(self.conv1(x))


class Misspelt(Small):
    """A name that is none."""

    def forward(self, x: Tensor) -> Any:
        return self.con1(x)


class Apart(Small):
    """Tensors that are not in a list."""

    def forward(self, x: Tensor) -> Any:
        a, b = self.conv1(x), self.conv1(x)
        return torch.cat(a, b)


class ApartOnAxis(Small):
    """The same with an axis."""

    def forward(self, x: Tensor) -> Any:
        a, b = self.conv1(x), self.conv1(x)
        return torch.cat(a, b, dim=2)


class Stacked(Small):
    """The same with another function."""

    def forward(self, x: Tensor) -> Any:
        a, b = self.conv1(x), self.conv1(x)
        return torch.stack(a, b)


@pytest.mark.parametrize(
    ("model", "after", "shape"),
    [
        (Uncalled(), "nn.ReLU()(self.conv1(x))", (2, 4, 4, 4)),
        (Misspelt(), "self.conv1(x)", (2, 4, 6, 6)),
        (Apart(), "torch.cat([a, b], dim=1)", (2, 8, 6, 6)),
        (ApartOnAxis(), "torch.cat([a, b], dim=2)", (2, 4, 12, 6)),
        (Stacked(), "torch.stack([a, b], dim=0)", (2, 2, 4, 6, 6)),
    ],
)
def test_a_slip_in_a_forward_is_mended_in_its_line(model: nn.Module, after: str, shape: tuple[int, ...]) -> None:
    x = torch.rand(2, 3, 8, 8)
    with pytest.raises((TypeError, AttributeError, NotImplementedError)) as caught:
        model(x)
    why = kaiyan.diagnose(caught.value, model, x)
    assert (why.code in ("K033", "K034"), why.fixes[0].tried) == (True, True)
    assert after in str(why.fixes[0].after)
    fixed, inputs = why.fixes[0].apply(model, x)
    assert fixed(*inputs).shape == shape


class Early(nn.Module):
    """Layers before super().__init__()."""

    def __init__(self) -> None:
        self.conv = nn.Conv2d(3, 4, 3)


class EarlyParameter(nn.Module):
    """A parameter before super().__init__()."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(torch.ones(1))


class Nothing(Small):
    """A block that returns nothing."""

    def block(self, x: Tensor) -> Any:
        self.conv1(x)

    def forward(self, x: Tensor) -> Any:
        return self.conv2(self.block(x))


class Pair(Small):
    """Two inputs."""

    def forward(self, x: Tensor, mask: Tensor) -> Any:
        return self.conv1(x) * mask


X = torch.rand(2, 3, 8, 8)


@pytest.mark.parametrize(
    ("call", "code", "says"),
    [
        (Early, "K033", "super().__init__()"),
        (EarlyParameter, "K033", "super().__init__()"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU), "K034", "nn.ReLU()"),
        (lambda: nn.ModuleList([nn.BatchNorm2d]), "K034", "nn.BatchNorm2d()"),
        (lambda: nn.ReLU(X).sum(), "K034", "nn.ReLU()(x)"),
        (lambda: Held()(X), "K034", "nn.Sequential"),
        (lambda: Nothing()(X), "K024", "return x"),
        (lambda: Pair()(X), "K034", "mask"),
        (lambda: Misspelt()(X, X), "K034", "def forward(self, x1, x2)"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3))(X, X), "K034", "Sequential passes one input on"),
        (lambda: nn.Module()(X), "K034", "forward"),
    ],
)
def test_a_slip_is_named_and_what_to_write_is_shown(call: Callable[[], Any], code: str, says: str) -> None:
    with pytest.raises((TypeError, AttributeError, NotImplementedError)) as caught:
        call()
    why = kaiyan.diagnose(caught.value)
    assert (why.code, says in str(why)) == (code, True)


@pytest.mark.parametrize(
    "error", [AttributeError("'DataFrame' object has no attribute 'append'"), AttributeError("'Net' has no 'x'")]
)
def test_an_attribute_of_what_is_no_model_is_not_explained(error: Exception) -> None:
    assert kaiyan.diagnose(error).code == "K000"


@pytest.mark.parametrize(
    ("message", "code", "first"),
    [
        ("output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, "
         "28]", "K073", "Normalize((0.5,), (0.5,))"),
        ("output with shape [4] doesn't match the broadcast shape [2, 4]", "K073", "x = x + y"),
        ("AttributeError: 'NoneType' object has no attribute 'shape'", "K074", "assert img is not None"),
        ("TypeError: 'NoneType' object is not subscriptable", "K074", "assert img is not None"),
        ("cv2.error: OpenCV(4.5.5) error: (-215:Assertion failed) !ssize.empty() in function "
         "'resize'", "K074", "assert img"),
        ("cv2.error: (-215:Assertion failed) !_src.empty() in function 'cvtColor'", "K074", "assert img"),
        ("ValueError: cannot reshape array of size 2352 into shape (28,28)", "K026", "reshape(28, 28, 3)"),
        ("ValueError: cannot reshape array of size 7840 into shape (28,28)", "K026", "reshape(-1, 28, 28)"),
        ("operands could not be broadcast together with shapes (224,224,4) (3,) ", "K021", "x[..., :3]"),
        ("operands could not be broadcast together with shapes (3,224,224) (3,) ", "K021", "mean[:, None, None]"),
        ("operands could not be broadcast together with shapes (28,28) (3,) ", "K021", "np.stack"),
        ("TypeError: img should be PIL Image. Got <class 'numpy.ndarray'>", "K073", "ToPILImage()"),
        ("TypeError: Cannot handle this data type: (1, 1, 3), <f4", "K073", "astype(np.uint8)"),
        ("AssertionError: Torch not compiled with CUDA enabled", "K075", "torch.cuda.is_available()"),
        ("RuntimeError: Attempting to deserialize object on a CUDA device but "
         "torch.cuda.is_available() is False.", "K075", 'map_location="cpu"'),
        ("RuntimeError: An attempt has been made to start a new process before the current process "
         "has finished", "K075", "__main__"),
        ("RuntimeError: DataLoader worker (pid 12345) is killed by signal: Bus error.", "K075", "num_workers=0"),
        ("RuntimeError: Cannot re-initialize CUDA in forked subprocess.", "K075", "training loop"),
        ("_pickle.UnpicklingError: Weights only load failed.", "K075", "weights_only=False"),
        ("RuntimeError: Only batches of spatial targets supported (non-empty 3D tensors) but got "
         "targets of size: : [8, 256, 256, 3]", "K054", "target"),
        ("TypeError: forward() missing 1 required positional argument: 'x'", "K034", "model(..., x)"),
    ],
)  # fmt: skip
def test_what_comes_before_a_model_is_known_from_the_message(message: str, code: str, first: str) -> None:
    why = kaiyan.diagnose(message)
    assert (why.code, first in str(why.fixes[0].after)) == (code, True)


@pytest.mark.parametrize(
    "message",
    [
        "RuntimeError：Given groups=1，weight of size [64，3，7，7]，expected input[1，1，224，224] to have 3 channels",
        "报错：mat1 and mat2 shapes cannot be multiplied（2x288 and 1568x10）",
        "Target １０ is out of bounds。",
    ],
)
def test_a_message_in_full_width_signs_is_read(message: str) -> None:
    assert kaiyan.diagnose(message).code != "K000"


@pytest.mark.parametrize(
    "chain", ["Conv2d(3, 16, 3), ReLU(), MaxPool2d(2)", "nn.Conv2d(3, 16, 3),\nnn.ReLU(),\nnn.MaxPool2d(2),"]
)
def test_layers_with_commas_between_are_a_chain(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "derive", chain, "1x3x32x32"]) == 0
    assert "1x16x15x15" in capsys.readouterr().out
