"""Inputs that a model does not take, where a tensor came from, and where a fix may be written (F17, F25 to F28, F39).

Sizes are counted by hand: four halvings and a kernel of 5 need 5·16 = 80; kernels of 4 and 9 need 3 + 9 = 12; a U-Net
of two halvings takes multiples of 4. The models fail as those of transformers, monai, kornia and timm do.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from failing import diagnosed_model as diagnosed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (its usual name, in lines as users write them)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kaiyan.explain.diagnosis.diagnose import Diagnosis

Shape = tuple[int, ...]
S = nn.Sequential


def answer(model: nn.Module, found: Diagnosis, *x: Any, number: int = 0) -> Shape:
    """The shape of the answer with a fix in, on real tensors."""
    assert found.fixes[number].tried
    mended, inputs = found.fixes[number].apply(model, x)
    return tuple(mended(*inputs).shape)


def zeros(*shape: int) -> Tensor:
    return torch.zeros(shape)


def halvings(count: int, channels: int = 3) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for number in range(count):
        layers += [nn.Conv2d(channels if number == 0 else 8, 8, 3, padding=1), nn.MaxPool2d(2)]
    return layers


class UNet(nn.Module):
    """Two halvings, joined by concatenation."""

    def __init__(self) -> None:
        super().__init__()
        self.d1, self.d2, self.b = (nn.Conv2d(c, k, 3, padding=1) for c, k in ((3, 8), (8, 16), (16, 32)))
        self.u2, self.c2 = nn.ConvTranspose2d(32, 16, 2, 2), nn.Conv2d(32, 16, 3, padding=1)
        self.u1, self.c1 = nn.ConvTranspose2d(16, 8, 2, 2), nn.Conv2d(16, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        d1 = self.d1(x)
        d2 = self.d2(F.max_pool2d(d1, 2))
        b = self.b(F.max_pool2d(d2, 2))
        u2 = self.u2(b)
        u2 = self.c2(torch.cat([u2, d2], dim=1))
        u1 = self.u1(u2)
        return self.c1(torch.cat([u1, d1], dim=1))


class WrongSkip(UNet):
    def forward(self, x: Tensor) -> Any:
        d1 = self.d1(x)
        d2 = self.d2(F.max_pool2d(d1, 2))
        b = self.b(F.max_pool2d(d2, 2))
        u2 = self.u2(b)
        u2 = self.c2(torch.cat([u2, d1], dim=1))
        u1 = self.u1(u2)
        return self.c1(torch.cat([u1, d1], dim=1))


class Residual(nn.Module):
    """A sum whose one end was halved by a pooling of odd sizes and enlarged again."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        y = self.a(x)
        low = F.avg_pool2d(F.avg_pool2d(y, 2), 2)
        return y + F.interpolate(low, scale_factor=4)


# F17: the least size that works is the first fix
SMALL: dict[str, tuple[Callable[[], nn.Module], Shape, str, Shape]] = {
    "four halvings and a kernel of 5": (lambda: S(*halvings(4), nn.Conv2d(8, 8, 5)), (1, 3, 32, 32), "80x80",
        (1, 8, 1, 1)),
    "four halvings and a kernel of 3": (lambda: S(*halvings(4), nn.Conv2d(8, 8, 3)), (1, 3, 32, 32), "48x48",
        (1, 8, 1, 1)),
    "kernels of 4 and 9": (lambda: S(nn.Conv2d(3, 8, 4), nn.Conv2d(8, 8, 9)), (1, 3, 11, 11), "12x12", (1, 8, 1, 1)),
    "pooled to nothing": (lambda: S(*halvings(5)), (2, 3, 20, 20), "32x32", (2, 8, 1, 1)),
    "one axis too small": (lambda: S(nn.Conv2d(3, 8, 3), nn.AvgPool2d(8)), (1, 3, 9, 200), "10x200", (1, 8, 1, 24)),
    "a sequence": (lambda: S(nn.Conv1d(3, 8, 9), nn.AvgPool1d(8), nn.Conv1d(8, 8, 3)), (1, 3, 20), "32", (1, 8, 1)),
    "a volume": (lambda: S(nn.Conv3d(1, 4, 3, padding=1), nn.AvgPool3d(4)), (1, 1, 2, 16, 16), "4x16x16", (1,
        4, 1, 4, 4)),
    "a Linear of one size": (
        lambda: S(nn.Conv2d(3, 8, 5), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 10)),
        (1, 3, 8, 8), "32x32", (1, 10)),
    "blocks that unfold": (lambda: S(nn.Conv2d(1, 1, 3, 2), nn.Unfold(5)), (1, 1, 8, 8), "11x11", (1, 25, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_the_least_picture_is_the_first_fix(name: str) -> None:
    make, shape, least, right = SMALL[name]
    model = make()
    found = diagnosed(model, zeros(*shape))
    smallest = f"pictures of {least} or larger" if len(shape) > 3 else f"{least} samples or more"
    assert smallest in str(found.fixes[0].sentence)
    assert answer(model, found, zeros(*shape)) == right
    smaller = [n - 1 if n > given else n for n, given in zip(map(int, least.split("x")), shape[2:], strict=True)]
    if "Linear" not in name:
        with pytest.raises(RuntimeError):
            model(zeros(*shape[:2], *smaller))


class Raw(nn.Module):
    """Takes samples without a channel axis, as models of speech do."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = S(nn.Conv1d(1, 4, 10, 5), nn.Conv1d(4, 4, 3, 2), nn.Conv1d(4, 4, 3, 2))

    def forward(self, x: Tensor) -> Any:
        return self.layers(x.unsqueeze(1))


def test_a_clip_too_short_is_told_how_many_samples_are_needed() -> None:
    model, x = Raw(), zeros(2, 24)  # 7 places before the last two layers: 5·6 + 10 = 40 samples
    found = diagnosed(model, x)
    assert "40 samples or more" in str(found.fixes[0].sentence)
    assert answer(model, found, x) == (2, 4, 1)


def test_a_layer_of_a_sequential_is_told_from_a_number() -> None:
    found = diagnosed(S(*halvings(4), nn.Conv2d(8, 8, 5)), zeros(1, 3, 32, 32))
    assert "the kernel of layer '8' reaches (5, 5)" in str(found.cause)
    assert not any("without 7" in str(fix.sentence) for fix in found.fixes)
    assert "层 '8'" in found.text("zh")


# F27: tried to the end; a size that halves evenly; the variable that was meant
@pytest.mark.parametrize(
    ("size", "first"),
    [((30, 30), "28x28"), ((66, 66), "64x64"), ((65, 64), "64x64"), ((34, 50), "32x48"), ((29, 31), "28x28")],
)
def test_a_skip_that_a_size_spoils_is_given_one_that_halves_evenly(size: Shape, first: str) -> None:
    model, x = UNet(), zeros(1, 3, *size)
    found = diagnosed(model, x)
    assert found.code == "K022"
    assert f"pictures of {first}" in str(found.fixes[0].sentence)
    assert answer(model, found, x)[2:] == tuple(int(n) for n in first.split("x"))


def test_a_sum_that_a_size_spoils_is_given_one_that_halves_evenly() -> None:
    model, x = Residual(), zeros(1, 3, 18, 18)
    found = diagnosed(model, x)
    assert "pictures of 16x16" in str(found.fixes[0].sentence)
    assert answer(model, found, x) == (1, 8, 16, 16)


def test_the_variable_that_fits_is_offered_for_one_that_does_not() -> None:
    model, x = WrongSkip(), zeros(1, 3, 32, 32)
    found = diagnosed(model, x)
    assert found.fixes[0].after == "u2 = self.c2(torch.cat([u2, d2], dim=1))"
    assert answer(model, found, x) == (1, 8, 32, 32)


def test_a_fix_that_only_brings_it_further_is_not_marked_as_tried_and_says_what_fails_then() -> None:
    model, x = S(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(100, 10)), zeros(2, 3, 8, 8)
    found = diagnosed(model, x)
    fix = next(fix for fix in found.fixes if fix.note)
    assert not fix.tried
    assert "cannot be multiplied" in str(fix.note)
    assert "the model runs further" in str(found)


# F25: who made a tensor
class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(5, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        return self.a(x) + self.b(x)


class Cut(Two):
    def forward(self, x: Tensor) -> Any:
        return self.b(self.a(x)[:, :4])


class Padded(Two):
    def forward(self, x: Tensor) -> Any:
        return self.b(F.pad(self.a(x), (1, 1)))


class Weighted(Two):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.utils.parametrizations.weight_norm(self.a)

    def forward(self, x: Tensor) -> Any:
        return self.b(self.a(x))


class Chosen(Two):
    def forward(self, x: Tensor) -> Any:
        parts = {"low": self.a(x), "high": x}
        return self.b(parts["low"])


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Two, "axis 1 of (1, 3, 9, 9) has 3"),
        (Cut, "an index or a slice made (1, 4, 9, 9)"),
        (Padded, "pad made (1, 8, 9, 11)"),
        (Weighted, "made (1, 8, 9, 9)"),
        (Chosen, "a (Conv2d) made (1, 8, 9, 9)"),
    ],
)
def test_who_made_a_tensor_is_read_from_the_data(kind: type[nn.Module], says: str) -> None:
    cause = str(diagnosed(kind(), zeros(1, 3, 9, 9)).cause)
    assert says in cause
    assert "weight.0" not in cause
    assert ": (" not in cause.replace("1: ", "1:")


# F26: where a fix may be written
def wrapped(layer: nn.Module, _norm: str) -> nn.Module:
    return layer


def factory(channels: int) -> nn.Module:
    return nn.Conv2d(channels, 8, 3)


class Wrapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = wrapped(nn.Conv2d(5, 8, 3), "none")

    def forward(self, x: Tensor) -> Any:
        return self.conv(x)


class Spread(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        settings: Any = [5, 8, 3]
        self.conv = wrapped(nn.Conv2d(*settings), "none")


class Made(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        self.conv = factory(5)


class Either(Wrapped):
    def __init__(self, deep: bool = True) -> None:
        super().__init__()
        if not deep:
            self.conv = nn.Conv2d(4, 8, 3)
        else:
            self.conv = nn.Conv2d(5, 8, 3)


class Several(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(5, 8, 3), nn.Conv2d(8, 8, 3))


class Named(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        for number in range(1):
            setattr(self, f"conv{number}", nn.Conv2d(5, 8, 3))

    def forward(self, x: Tensor) -> Any:
        conv: Any = self.conv0
        return conv(x)


class Block(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3)

    def forward(self, x: Tensor) -> Any:
        return self.conv(x)


class Blocks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Block(3, 8)
        self.second = Block(6, 8)

    def forward(self, x: Tensor) -> Any:
        return self.second(self.first(x))


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (Wrapped, 'self.conv = wrapped(nn.Conv2d(3, 8, 3), "none")'),
        (Spread, None),
        (Made, None),
        (Either, "self.conv = nn.Conv2d(3, 8, 3)"),
        (Several, "self.conv = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3))"),
        (Named, None),
        (Blocks, "self.second = Block(8, 8)"),
    ],
)
def test_a_fix_is_written_only_where_the_layers_own_number_stands(kind: type[nn.Module], after: str | None) -> None:
    model, x = kind(), zeros(1, 3, 9, 9)
    fix = next(fix for fix in diagnosed(model, x).fixes if "in_channels" in str(fix.sentence))
    assert fix.tried
    if after is None:
        assert fix.line is None
        assert (fix.after or "").startswith("Conv2d(3, 8")
    else:
        assert fix.after == after


LIBRARY = """
import torch
from torch import nn
class Encoder(nn.Module):
    def __init__(self, in_chans=3):
        super().__init__()
        self.conv = nn.Conv2d(in_chans, 8, 3, padding=1)
        self.out = nn.Conv2d(8, 4, 1)
    def forward(self, x):
        if x.shape[-1] % 32 or x.shape[-2] % 32:
            raise ValueError(f"Wrong input shape height={x.shape[-2]}, width={x.shape[-1]}. Expected image height and "
                             "width divisible by 32.")
        return self.out(self.conv(x))
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package as pip installs it."""
    folder = tmp_path / "site-packages" / "netlib"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(LIBRARY, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    yield importlib.import_module("netlib")
    del sys.modules["netlib"]


def test_a_librarys_line_is_not_the_users_to_change(library: Any) -> None:
    model, x = library.Encoder(), zeros(1, 4, 32, 32)
    found = diagnosed(model, x)
    assert "alpha" in str(found.cause)
    assert "x[:, :3]" in str(found.fixes[0].sentence)
    inside = next(fix for fix in found.fixes if "in_channels" in str(fix.sentence))
    assert inside.line is None
    assert "netlib" in str(inside.note)


def test_a_librarys_multiple_is_rounded_to(library: Any) -> None:
    model, x = library.Encoder(), zeros(1, 3, 50, 70)
    found = diagnosed(model, x)
    assert found.code == "K070"
    assert answer(model, found, x) == (1, 4, 32, 64)


# F28 and F39: the usual suspects
class Grouped(nn.Module):
    """Asks as transformers' models do, before the first layer."""

    size = 16

    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, 8, 4, 4)
        self.position = nn.Parameter(torch.zeros(1, 16, 8))

    def forward(self, x: Tensor) -> Any:
        _, c, h, w = x.shape
        if c != 3:
            raise ValueError(
                "Make sure that the channel dimension of the pixel values match with the one set in the configuration."
            )
        if (h, w) != (self.size, self.size):
            raise ValueError(f"Input image size ({h}*{w}) doesn't match model ({self.size}*{self.size}).")
        return self.proj(x).flatten(2).transpose(1, 2) + self.position


class Positions(Grouped):
    """The same without a question: torch's own sum fails."""

    def forward(self, x: Tensor) -> Any:
        return self.proj(x).flatten(2).transpose(1, 2) + self.position


class Assertive(Grouped):
    """As timm's patch embedding asks."""

    def forward(self, x: Tensor) -> Any:
        _, _, h, _ = x.shape
        assert h == self.size, f"Input height ({h}) doesn't match model ({self.size})."
        return self.proj(x)


class Shaped(Grouped):
    """As kornia's checks tell it."""

    def forward(self, x: Tensor) -> Any:
        if x.shape[1:] != (3, 16, 16):
            raise TypeError(
                f"Shape mismatch.\n  Expected shape: ['B', '3', '16', '16']\n  Actual shape: {list(x.shape)}"
            )
        return self.proj(x)


class Divisible(nn.Module):
    """As monai's checks tell it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        if any(n % 16 for n in x.shape[2:]):
            raise ValueError(
                f"spatial dimensions [2, 3] of input image (spatial shape: {x.shape[2:]}) must be divisible by 2**4."
            )
        return self.conv(x)


class Normalised(nn.Module):
    """Three means in a buffer."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Any:
        return self.conv(x - self.mean)


class Speech(nn.Module):
    """Pads along the time before its first convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(40, 8, 5)

    def forward(self, x: Tensor) -> Any:
        return self.conv(F.pad(x, (2, 2)))


class Bins(nn.Module):
    """As Whisper asks for its frames."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(8, 4, 3)

    def forward(self, x: Tensor) -> Any:
        if x.shape[-1] != 100:
            raise ValueError(f"Expected the mel input features to be of length 100, but found {x.shape[-1]}.")
        return self.conv(x)


class Held(nn.Module):
    """A weight held by hand, as StyleGAN's layers hold theirs."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 3, 3, 3, dtype=dtype))

    def forward(self, x: Tensor) -> Any:
        return F.conv2d(x, self.weight)


class Unpacked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Any:
        n, _, h, w = x.size()
        return self.conv(x).reshape(n, 8, (h - 2) * (w - 2))


SUSPECTS: dict[str, tuple[Callable[[], nn.Module], Any, str, str, Shape]] = {
    "NHWC, a library's words": (Grouped, zeros(2, 16, 16, 3), "K001", "permute(0, 3, 1, 2)", (2, 16, 8)),
    "RGBA, a library's words": (Grouped, zeros(2, 4, 16, 16), "K001", "x[:, :3]", (2, 16, 8)),
    "grey, a library's words": (Grouped, zeros(2, 1, 16, 16), "K001", "expand", (2, 16, 8)),
    "a named size": (Grouped, zeros(2, 3, 24, 24), "K070", "16x16", (2, 16, 8)),
    "no batch": (Grouped, zeros(3, 16, 16), "K005", "unsqueeze(0)", (1, 16, 8)),
    "one HWC picture": (Grouped, zeros(16, 16, 3), "K030", "unsqueeze(0)", (1, 16, 8)),
    "positions of another size": (Positions, zeros(2, 3, 24, 24), "K070", "16x16", (2, 16, 8)),
    "a height by name": (Assertive, zeros(2, 3, 20, 20), "K070", "16x16", (2, 8, 4, 4)),
    "an expected shape": (Shaped, zeros(2, 3, 32, 32), "K070", "16x16", (2, 8, 4, 4)),
    "an expected shape, NHWC": (Shaped, zeros(2, 16, 16, 3), "K030", "permute", (2, 8, 4, 4)),
    "a power of two": (Divisible, zeros(1, 1, 50, 50), "K070", "48x48", (1, 4, 48, 48)),
    "three means for four channels": (Normalised, zeros(2, 4, 9, 9), "K001", "x[:, :3]", (2, 8, 7, 7)),
    "time first, padded": (Speech, zeros(2, 60, 40), "K030", "transpose(1, 2)", (2, 8, 60)),
    "frames of another number": (Bins, zeros(2, 8, 80), "K070", "F.pad(x, (0, 20))", (2, 4, 98)),
    "more frames": (Bins, zeros(2, 8, 130), "K070", "x[:, :, :100]", (2, 4, 98)),
    "half pictures for a float weight": (lambda: Held(torch.float32), zeros(1, 3, 5, 5).half(), "K006",
        "x.float()", (1, 4, 3, 3)),
    "float pictures for a half weight": (lambda: Held(torch.float16), zeros(1, 3, 5, 5), "K006", "x.half()",
        (1, 4, 3, 3)),
    "unpacked without a batch": (Unpacked, zeros(3, 9, 9), "K005", "unsqueeze(0)", (1, 8, 49)),
    "a list of pictures": (Unpacked, [zeros(3, 9, 9), zeros(3, 9, 9)], "K044", "torch.stack", (2, 8, 49)),
    "a slice for a volume": (lambda: S(nn.Conv3d(1, 4, (1, 3, 3))), zeros(2, 1, 9, 9), "K005", "Conv2d", (2, 4, 7, 7)),
}  # fmt: skip


@pytest.mark.parametrize("name", SUSPECTS)
def test_what_makes_the_model_run_is_offered_before_it_is_called_unknown(name: str) -> None:
    make, x, code, fix, right = SUSPECTS[name]
    model = make()
    found = diagnosed(model, x)
    assert found.code == code
    assert fix in f"{found.fixes[0].sentence}\n{found.fixes[0].after}"
    assert answer(model, found, x) == right


class Controlled(nn.Module):
    """A second picture, eight times as large as the maps that it is added to."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(4, 8, 3, padding=1), nn.Conv2d(3, 8, 8, 8)

    def forward(self, x: Tensor, control: Tensor) -> Any:
        if control.shape[-1] != 8 * x.shape[-1]:
            raise ValueError("the control picture has another size")
        return self.a(x) + self.b(control)


def test_a_second_picture_is_resized_to_what_the_first_needs() -> None:
    model, x, control = Controlled(), zeros(1, 4, 8, 8), zeros(1, 3, 32, 32)
    found = diagnosed(model, x, control)
    assert "(64, 64)" in str(found.fixes[0].sentence)
    assert answer(model, found, x, control) == (1, 8, 8, 8)


def test_both_casts_are_offered_for_a_weight_held_by_hand() -> None:
    found = diagnosed(Held(torch.float32), zeros(1, 3, 5, 5).half())
    assert [fix.after for fix in found.fixes] == ["x = x.float()", "model = model.half()"]
    assert "target" not in str(found.cause)


def test_what_nothing_mends_stays_unknown() -> None:
    class Never(nn.Module):
        def forward(self, x: Tensor) -> Any:
            raise ValueError("the moon is not full" + "!" * x.ndim)

    found = diagnosed(Never(), zeros(1, 3, 8, 8))
    assert found.code == "K000"
    assert found.fixes == ()


@pytest.mark.filterwarnings("ignore:.*weight_norm")
def test_the_weights_of_a_weight_normed_net_do_not_lose_it_its_fixes() -> None:
    model = S(torch.nn.utils.weight_norm(nn.Conv1d(4, 8, 3)), nn.Conv1d(6, 8, 3))
    found = diagnosed(model, zeros(1, 4, 30))
    assert "in_channels=8" in str(found.fixes[0].sentence)
    assert answer(model, found, zeros(1, 4, 30)) == (1, 8, 26)
