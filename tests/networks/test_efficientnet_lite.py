"""EfficientNet-Lite0: equal to the network of the package that published its weights, and right about photographs.

What the photographs of scikit-image show (chelsea is a tabby cat, coffee an espresso) is known from their names, and
the shares were measured when the network was chosen.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import kaiyan
from kaiyan import networks
from kaiyan.networks import weights
from kaiyan.networks.preparation import colours, crop, normalised, resized
from kaiyan.nn import Conv2d
from kaiyan.pictures.as_input import as_input
from kaiyan.pictures.picture import picture
from kaiyan.program.picture_input import PictureInput
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable

CATS = slice(281, 286)


@cache
def lite0() -> nn.Module:
    return networks.efficientnet_lite0()


def shares(picture: Any) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = lite0()(networks.prepare(picture))
    return logits.softmax(1)[0]


def photograph(name: str) -> Path:
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        pytest.skip("scikit-image is not installed")
    return Path(spec.origin).parent / "data" / name


def test_the_state_has_296_tensors_under_the_published_names() -> None:
    assert len(lite0().state_dict()) == 296
    assert lite0().state_dict().keys() == weights.state().keys()


def test_answers_are_those_of_the_package_that_published_the_weights() -> None:
    package = pytest.importorskip("efficientnet_lite_pytorch")
    theirs = package.EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(lite0().state_dict())
    x = torch.cat([networks.prepare(), torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))])
    with torch.no_grad():
        assert (theirs(x) - lite0()(x)).abs().max() <= 1e-4


def test_strided_layers_pad_as_tensorflow_does() -> None:
    layers = [layer for layer in lite0().modules() if isinstance(layer, Conv2d) and layer.stride == (2, 2)]
    assert len(layers) == 5
    assert layers[0].spec.pads((1, 3, 224, 224)) == ((0, 1), (0, 1))
    x = networks.prepare()
    with torch.no_grad():
        by_hand = F.conv2d(F.pad(x, (0, 1, 0, 1)), layers[0].weight, stride=2)
        assert torch.allclose(layers[0](x), by_hand, atol=1e-5)


def test_a_cat_is_a_cat() -> None:
    assert shares(photograph("chelsea.png"))[CATS].sum() == pytest.approx(0.92, abs=0.02)


def test_coffee_is_an_espresso() -> None:
    share, label = shares(photograph("coffee.png")).max(0)
    assert networks.classes()[int(label)] == "espresso"
    assert share == pytest.approx(0.95, abs=0.02)


def test_it_can_be_made_faster() -> None:
    x = networks.prepare()
    faster = kaiyan.accelerate(lite0(), x)
    with torch.no_grad():
        assert (faster(x) - lite0()(x)).abs().max() < 1e-3


def test_random_weights_are_other_weights() -> None:
    untrained = networks.efficientnet_lite0(trained=False)
    assert not torch.equal(untrained.get_parameter("_fc.weight"), lite0().get_parameter("_fc.weight"))
    assert not untrained.training


def test_the_crop_is_224_of_256_of_the_shorter_side() -> None:
    assert crop(256, 256) == (16, 16, 224, 224)
    assert crop(512, 1024) == (32, 288, 448, 448)
    assert crop(1, 1) == (0, 0, 1, 1)


def test_a_picture_of_the_right_size_is_not_resampled() -> None:
    pixels = torch.randint(0, 256, (256, 256, 3), generator=torch.Generator().manual_seed(0)).to(torch.uint8).numpy()
    right = (torch.from_numpy(pixels[16:240, 16:240].copy()).permute(2, 0, 1).float() - 127) / 128
    assert torch.equal(networks.prepare(pixels)[0], right)
    assert torch.equal(normalised(resized(pixels, (16, 16, 224, 224), (224, 224)))[0], right)


def test_grey_is_repeated_and_other_ranges_are_brought_to_8_bits() -> None:
    grey = torch.linspace(0, 1, 12).reshape(3, 4).numpy()
    assert (colours(grey)[..., 0] == colours(grey)[..., 2]).all()
    assert colours(grey).max() == 255


def test_there_are_a_thousand_names_and_no_two_alike() -> None:
    assert len(set(networks.classes())) == 1000
    assert [networks.classes()[i] for i in (0, 134, 281, 517, 967)] == [
        "tench", "crane bird", "tabby", "construction crane", "espresso"
    ]  # fmt: skip


def test_the_card_counts_the_weights_and_speaks_both_languages() -> None:
    card = networks.card()
    assert card.parameters == sum(p.numel() for p in lite0().parameters())
    assert card.classes == len(networks.classes())
    assert "75.1" in card.text("en")
    assert "局限" in card.text("zh")
    assert all(say(limit, "zh") != say(limit, "en") for limit in card.limits)


def _gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del tmp_path
    monkeypatch.setattr(weights, "PACKAGE", "kaiyan-no-such-package")


def _changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.pth"
    other.write_bytes(b"other")
    monkeypatch.setattr(weights, "file_of", lambda *_: other)


@pytest.mark.parametrize(
    ("break_it", "code"), [(_gone, "network-package-missing"), (_changed, "weights-not-as-published")]
)
def test_weights_that_are_missing_or_others_are_refused(
    break_it: Callable[[Path, pytest.MonkeyPatch], None], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(tmp_path, monkeypatch)
    with pytest.raises(kaiyan.KaiyanError) as caught:
        networks.efficientnet_lite0()
    assert caught.value.code == code
    assert "pip install" in str(caught.value)


def test_its_preparation_is_said_by_a_picture_input_too() -> None:
    wanted = PictureInput((224, 224), 224 / 256, (127.0,) * 3, (128.0,) * 3, 255.0, resampling="bicubic")
    assert np.abs(as_input(picture(), wanted) - networks.prepare().numpy()).max() < 1e-5
