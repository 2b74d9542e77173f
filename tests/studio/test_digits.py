"""The network that learns digits: against ``kaiyan.train``, plain layers of torch, and scikit-learn's own numbers."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import wire
from sklearn.datasets import load_digits
from torch import nn

from kaiyan.learn import train
from kaiyan.studio.answers.digits.drawing import counted, fitted, ink
from kaiyan.studio.answers.digits.lenet import lenet
from kaiyan.studio.answers.digits.pictures import columns, digit_pictures
from kaiyan.studio.answers.digits.run import DigitRun
from kaiyan.studio.desk import Desk, Reply

EPOCH = 45


def answer(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> Reply:
    return wire.answer(desk, f"digits.{kind}", *parts, **facts)


def ask(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> Reply:
    return wire.ask(desk, f"digits.{kind}", *parts, **facts)


def refusal(desk: Desk, kind: str, *parts: bytes, **facts: Any) -> tuple[str, str]:
    """Code and English sentence; the Chinese is another."""
    told = answer(desk, kind, *parts, **facts).facts["refusal"]
    assert told["words"]["en"] != told["words"]["zh"]
    return told["code"], told["words"]["en"]


@pytest.fixture(scope="module")
def trained() -> Desk:
    desk = Desk()
    ask(desk, "start", seed=0)
    for _ in range(2):
        ask(desk, "advance", steps=6 * EPOCH)
    return desk


def floats(part: bytes | memoryview, *shape: int) -> Any:
    return np.frombuffer(part, "<f4").reshape(shape)


def test_after_some_epochs_19_of_20_held_out_digits_are_told_right(trained: Desk) -> None:
    standing = ask(trained, "advance", steps=1)
    held = standing.facts["held"]
    assert held["pictures"] == 360
    assert held["right"] >= 0.95 * 360
    now, start, shares = standing.parts
    moved = np.linalg.norm((floats(now, 8, 25) - floats(start, 8, 25)), axis=1) / np.linalg.norm(
        floats(start, 8, 25), axis=1
    )
    assert np.allclose(moved, standing.facts["moved"], rtol=1e-5)
    assert np.allclose(floats(shares, 40, 10).sum(1), 1, atol=1e-5)


def test_no_picture_is_both_learned_from_and_held_out_and_together_they_are_all() -> None:
    pictures = digit_pictures()
    both = torch.cat([columns(pictures.learned)[0], columns(pictures.held)[0]]).flatten(1).numpy() * 16
    theirs = load_digits().data
    assert sorted(map(tuple, both)) == sorted(map(tuple, theirs))
    assert pictures.filled == sum((theirs[:, :8].sum(1) > 0) & (theirs[:, -8:].sum(1) > 0))


def test_its_steps_are_those_of_train_to_the_bit() -> None:
    learned = digit_pictures().learned
    model = train(
        partial(lenet, 8), columns(learned), epochs=2, batch=32, seed=3, progress=False,
        optimizer=partial(torch.optim.SGD, lr=0.05, momentum=0.8),
    ).model  # fmt: skip
    desk = Desk()
    ask(desk, "start", seed=3, rate=0.05, momentum=0.8, batch=32, width=8)
    for steps in (1, EPOCH, EPOCH - 1):
        ask(desk, "advance", steps=steps)
    run = desk.open["digits"]
    assert isinstance(run, DigitRun)
    assert run.epoch == 2
    for name, weight in run.model.named_parameters():
        assert torch.equal(weight, model.get_parameter(name)), name


def test_the_same_seed_grows_the_same_bits_and_another_seed_others() -> None:
    grown = []
    for seed, parts in ((7, (60,)), (7, (1, 44, 15)), (8, (60,))):
        desk = Desk()
        ask(desk, "start", seed=seed)
        grown.append([bytes(ask(desk, "advance", steps=steps).parts[0]) for steps in parts][-1])
    assert grown[0] == grown[1] != grown[2]


def test_what_is_read_is_what_plain_layers_of_torch_make_of_it(trained: Desk) -> None:
    run = trained.open["digits"]
    plain = nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10),
    )  # fmt: skip
    for mine, theirs in zip(plain.parameters(), run.model.parameters(), strict=True):
        mine.data.copy_(theirs.data)
    counts = load_digits().images[11].astype(np.uint8)
    reply = ask(trained, "read", counts.tobytes(), height=8, width=8)
    x = torch.tensor(counts / 16, dtype=torch.float32)[None, None]
    seen = []
    with torch.no_grad():
        for layer in plain:
            x = layer(x)
            seen.append(x)
    assert np.allclose(reply.facts["shares"], x.softmax(1)[0].numpy(), atol=1e-5)
    for told, part, wanted in zip(
        reply.facts["layers"], reply.parts[3:], [seen[i][0] for i in (1, 2, 4, 5, 8)], strict=True
    ):
        assert told["shape"] == list(wanted.shape)
        assert np.allclose(floats(part, *wanted.shape), wanted.numpy(), atol=1e-5)


def upright(top: int, bottom: int) -> Any:
    """A stroke of 4 columns in the middle of the frame."""
    drawing = np.zeros((32, 32), np.uint8)
    drawing[top:bottom, 14:18] = 1
    return drawing


def test_a_drawn_1_is_read_as_a_1_where_it_fills_the_frame_and_is_said_to_be_unlike_where_it_does_not(
    trained: Desk,
) -> None:
    small, whole = (
        ask(trained, "read", upright(8, 24).tobytes(), height=32, width=32, fit=fit).facts for fit in (False, True)
    )
    assert np.argmax(whole["shares"]) == whole["nearest"]["digit"] == 1
    assert whole["nearest"]["distance"] < whole["usual"] < small["nearest"]["distance"]
    assert small["ink"] == {"top": 8, "left": 14, "height": 16, "width": 4}
    assert whole["ink"]["height"] == 32


def test_ink_is_counted_in_blocks_as_the_data_set_was() -> None:
    drawing = np.zeros((32, 32), np.uint8)
    drawing[:4, 4:8], drawing[31, 31] = 1, 1
    counts = counted(drawing)
    assert (counts[0, 1], counts[7, 7], counts.sum()) == (16, 1, 17)


@pytest.mark.parametrize(
    ("rows", "places"), [((3, 9), (1, 5)), ((0, 32), (0, 32)), ((30, 32), (2, 30)), ((5, 6), (5, 6))]
)
def test_a_fitted_drawing_is_as_high_as_the_frame_in_the_middle_and_24_wide_at_most(rows: Any, places: Any) -> None:
    drawing = np.zeros((32, 32), np.uint8)
    drawing[slice(*rows), slice(*places)] = 1
    box = ink(fitted(drawing))
    assert (box.top, box.height) == (0, 32)
    assert box.width == min(24, max(1, round(32 * (places[1] - places[0]) / (rows[1] - rows[0]))))
    assert abs(32 - box.width - 2 * box.left) <= 1


def test_mistakes_are_counted_and_shown_the_surest_first(trained: Desk) -> None:
    reply = ask(trained, "confusion")
    table = np.array(reply.facts["table"])
    digits = columns(digit_pictures().held)[1].numpy()
    assert table.sum(1).tolist() == np.bincount(digits, minlength=10).tolist()
    assert reply.facts["wrong"] == 360 - np.trace(table)
    mistaken = reply.facts["mistaken"]
    assert [each["share"] for each in mistaken] == sorted((each["share"] for each in mistaken), reverse=True)
    first = ask(trained, "read", bytes(reply.parts[0][:64]), height=8, width=8).facts["shares"]
    assert np.argmax(first) == mistaken[0]["answer"] != mistaken[0]["digit"]


def test_too_large_a_learning_rate_learns_nothing() -> None:
    desk = Desk()
    ask(desk, "start", rate=5.0)
    assert ask(desk, "advance", steps=2 * EPOCH).facts["learned"]["right"] < 0.2 * 1437


def test_where_the_loss_is_no_number_it_stops_before_that_step() -> None:
    desk = Desk()
    ask(desk, "start")
    ask(desk, "advance", steps=EPOCH + 1)
    weights = desk.open["digits"].model.get_parameter("answer.weight").data
    weights.fill_(3e38)
    code, said = refusal(desk, "advance", steps=5)
    assert code == "loss-not-finite"
    assert said.startswith("training stopped at step 47 (batch 2 of epoch 2)")
    assert bool((weights == weights.new_tensor(3e38)).all())


@pytest.mark.parametrize(
    ("kind", "facts", "part", "code", "said"),
    [
        ("start", {"seed": -1}, b"", "digits-setting", "seed is -1; whole numbers from 0 to 4294967295 can be taken"),
        ("start", {"width": 2.5}, b"", "digits-setting", "width is 2.5; whole numbers from 1 to 16 can be taken"),
        ("start", {"rate": "fast"}, b"", "digits-setting", "rate is 'fast'; numbers from 0.0 to 100.0 can be taken"),
        ("start", {"momentum": 1}, b"", "digits-setting", "momentum is 1; numbers from 0.0 to 0.999 can be taken"),
        ("advance", {"steps": 501}, b"", "digits-setting", "steps is 501; whole numbers from 1 to 500 can be taken"),
        ("read", {"height": 9, "width": 8}, bytes(72), "digits-drawing", "9 x 8 came with 72 bytes"),
        ("read", {"height": 8, "width": 8}, bytes(64), "digits-empty", "the drawing has no ink"),
        ("read", {"height": 32, "width": 32}, b"\2" * 1024, "digits-ink", "is 2; 1 is the most that fits there"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_in_a_sentence(
    kind: str, facts: Any, part: bytes, code: str, said: str
) -> None:
    desk = Desk()
    ask(desk, "start")
    found = refusal(desk, kind, *[part] * bool(part), **facts)
    assert found[0] == code
    assert said in found[1]
    ask(desk, "advance")


def test_without_a_network_and_after_it_was_stopped_one_is_to_be_started(trained: Desk) -> None:
    desk = Desk()
    ask(desk, "start")
    assert ask(desk, "stop").facts == {"stopped": True}
    assert ask(desk, "stop").facts == {"stopped": False}
    assert refusal(desk, "advance")[0] == "digits-none-begun"
    assert ask(trained, "advance").facts["step"] > 1


def test_without_scikit_learn_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    digit_pictures.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    told = answer(Desk(), "start").facts["refusal"]
    assert told["words"]["en"] == "there is no module scikit-learn"
    assert told["ways"][0]["en"] == "pip install 'kaiyan[studio]'"


def test_random_numbers_and_threads_of_the_user_are_left_alone() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    torch.set_num_threads(2)
    desk = Desk()
    ask(desk, "start")
    ask(desk, "advance", steps=3)
    assert torch.equal(torch.rand(1), wanted)
    assert torch.get_num_threads() == 2
