"""The widget in Python: what it is opened with, what is set and observed, what is refused; no page is needed."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

import kaiyan
from kaiyan.studio import beside, worker
from kaiyan.studio.desk import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan import Widget

LINE = "nn.Conv2d(3, 4, kernel_size=3, bias=False)"


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    import ipywidgets

    yield
    ipywidgets.Widget.close_all()


def told(widget: Widget) -> list[str]:
    """Grows by the name of each trait that changes."""
    names: list[str] = []
    widget.observe(lambda change: names.append(change["name"]), [*kaiyan.Widget.class_own_traits()])
    return names


def page(widget: Widget, **changes: Any) -> None:
    """What a page sends: the whole shared state with some of it changed."""
    widget.set_state({"_shared": {**widget._shared, **changes}})


def test_it_opens_on_a_line_a_description_or_nothing() -> None:
    assert kaiyan.Widget("nn.Conv2d(3, 4, 3, bias=False)").recipe == LINE
    assert kaiyan.Widget(kaiyan.Conv(3, 4, 3, bias=False, rank=2)).recipe == LINE
    assert kaiyan.Widget(kaiyan.Conv(kernel_size=5)).recipe == "nn.Conv2d(1, 1, kernel_size=5)"
    assert kaiyan.Widget().recipe is None


def test_a_layer_is_shown_with_its_numbers_and_stays_as_it_is() -> None:
    layer = torch.nn.Conv2d(3, 4, (3, 5))
    before = layer.weight.detach().clone()
    widget = kaiyan.Widget(layer)
    assert np.array_equal(widget.kernel, before.double().numpy())
    assert np.array_equal(widget.bias, layer.bias.detach().double().numpy())  # type: ignore[union-attr]
    widget.kernel = np.zeros((4, 3, 3, 5))
    assert torch.equal(layer.weight, before)
    with pytest.raises(ValueError, match="read-only"):
        widget.kernel[0] = 1


def test_a_model_opens_the_network_tab() -> None:
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    widget = kaiyan.Widget(model)
    assert widget.tab == "network"
    assert widget._desk.model is model


@pytest.mark.parametrize(
    ("kernel", "recipe"),
    [
        ("sobel-x", "Conv(3, 1, kernel_size=3, padding='same', bias=False, rank=2)"),
        ([1, 0, -1], "nn.Conv1d(3, 1, kernel_size=3, padding='same', bias=False)"),
        (np.ones((8, 2, 3, 3)), "nn.Conv2d(2, 8, kernel_size=3, padding='same', bias=False)"),
    ],
    ids=["name", "row", "all"],
)
def test_a_kernel_alone_says_what_is_convolved(kernel: Any, recipe: str) -> None:
    widget = kaiyan.Widget(kernel=kernel)
    assert widget.conv == kaiyan.Conv.parse(recipe)
    assert widget.kernel.shape == widget.conv.weight_shape


def test_what_depends_on_a_change_changes_with_it() -> None:
    widget = kaiyan.Widget(LINE, kernel="sobel-x")
    names = told(widget)
    widget.recipe = "nn.Conv2d(3, 4, 3, stride=2, bias=False)"
    assert widget.conv.stride == (2, 2)
    assert widget.kernel is not None
    widget.conv = kaiyan.Conv(1, 1, 5, rank=1)
    assert widget.recipe == "nn.Conv1d(1, 1, kernel_size=5)"
    assert widget.kernel is None
    widget.change(recipe=LINE, kernel=np.ones((3, 3)), theme="dark")
    assert {"recipe", "conv", "kernel", "theme"} <= set(names)
    assert widget._shared["recipe"] == LINE


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "half a line": ({"recipe": "nn.Conv2d("}, "not-code"),
    "a number": ({"recipe": 3}, "not-code"),
    "a larger layer": ({"recipe": "nn.Conv2d(2048, 2048, 3)"}, "weights-of-a-widget"),
    "another window": ({"kernel": [[1, 2]]}, "kernel-other-size"),
    "letters": ({"kernel": [["a"]]}, "not-numbers"),
    "not finite": ({"kernel": np.full((3, 3), np.nan)}, "not-numbers"),
    "biases": ({"recipe": "nn.Conv2d(3, 4, 3)", "bias": [1.0]}, "bias-other-size"),
    "a place outside": ({"place": (4, 0, 0)}, "no-such-place"),
    "no place": ({"place": 7}, "no-such-place"),
    "a value": ({"value": 1.0}, "value-is-read"),
    "a language": ({"lang": "fr"}, "widget-word"),
    "a height": ({"height": "tall"}, "widget-height"),
    "one of two": ({"theme": "dark", "tab": "nowhere"}, "widget-word"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_changes(case: str) -> None:
    changes, code = REFUSED[case]
    widget = kaiyan.Widget(LINE, kernel="sobel-x")
    names = told(widget)
    with pytest.raises(kaiyan.KaiyanError) as caught:
        widget.change(**changes)
    assert caught.value.code == code
    assert (widget.recipe, widget.theme, names) == (LINE, "auto", [])


def test_setting_one_trait_is_refused_in_the_same_way() -> None:
    with pytest.raises(kaiyan.KaiyanError):
        kaiyan.Widget(LINE).theme = "blue"


def test_what_is_not_shown_yet_has_no_numbers_to_set() -> None:
    with pytest.raises(kaiyan.KaiyanError) as caught:
        kaiyan.Widget().kernel = [[1]]
    assert caught.value.code == "nothing-shown-yet"


def test_anything_else_is_no_widget() -> None:
    with pytest.raises(kaiyan.KaiyanError) as caught:
        kaiyan.Widget(torch.ones(3))
    assert caught.value.code == "not-for-a-widget"


def test_what_the_page_tells_is_read_in_python() -> None:
    widget = kaiyan.Widget(LINE, kernel="sobel-x")
    names = told(widget)
    kernel = np.arange(2 * 1 * 3, dtype=float)
    line = "nn.Conv1d(1, 2, kernel_size=3)"
    page(widget, recipe=line, kernel=memoryview(kernel.tobytes()), bias=memoryview(np.ones(2).tobytes()), lang="zh")
    assert widget.kernel.tolist() == kernel.reshape(2, 1, 3).tolist()
    assert widget.bias.tolist() == [1, 1]
    assert widget.lang == "zh"
    widget.set_state({"_window": {"place": [1, 5], "output": [2, 9], "value": 0.5}})
    assert (widget.place, widget.value) == ((1, 5), 0.5)
    assert {"recipe", "conv", "kernel", "bias", "lang", "place", "value"} <= set(names)
    widget.place = (0, 8)
    assert widget.value is None
    with pytest.raises(kaiyan.KaiyanError):
        widget.place = (0, 9)


def test_questions_are_answered_in_their_order_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = kaiyan.Widget(LINE)
    sent: list[Any] = []
    monkeypatch.setattr(widget, "send", lambda content, buffers: sent.append((content, buffers)))
    monkeypatch.setattr(
        type(widget._desk), "answer", lambda _, facts, parts: Reply({"kind": facts["kind"]}, tuple(parts))
    )
    for ask in ("a 1", "b 1"):
        widget._handle_custom_msg({"ask": ask, "facts": {"kind": "network.look"}}, [memoryview(b"xy")])
    assert sent == [({"ask": ask, "facts": {"kind": "network.look"}}, [b"xy"]) for ask in ("a 1", "b 1")]


def heard(widget: Widget, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, list[bytes]]]:
    """Grows by what is sent to the page."""
    sent: list[tuple[Any, list[bytes]]] = []
    monkeypatch.setattr(
        widget, "send", lambda content, buffers: sent.append((content, [bytes(part) for part in buffers]))
    )
    return sent


def test_what_strangers_wrote_is_read_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = kaiyan.Widget(LINE)
    sent = heard(widget, monkeypatch)
    monkeypatch.setattr(type(widget._desk), "answer", lambda *_: pytest.fail("the kernel answers"))
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    widget._handle_custom_msg({"ask": 1, "facts": {"kind": "picture.read"}}, [memoryview(file.getvalue())])
    text = "import torch\nfrom torch import nn\nnn.Linear(3, 4)(torch.zeros(1, 5))"
    widget._handle_custom_msg({"ask": 2, "facts": {"kind": "diagnose", "text": text}}, [])
    assert sent[0][0]["facts"]["height"] == 2
    assert sent[0][1] == [pixels.tobytes()]
    assert sent[1][0]["facts"]["gate"]["line"] == 3


@pytest.mark.skipif(sys.platform != "linux", reason="signals and limits of Linux")
def test_what_hangs_or_crashes_is_ended_and_the_kernel_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setitem(beside.STRANGE, "rough", ("rough_answers",))
    monkeypatch.setitem(worker.LIMITS, "rough", 1.0)
    with closing(beside.Beside()) as own:
        monkeypatch.setattr("kaiyan.studio.widget.beside", lambda: own)
        widget = kaiyan.Widget(LINE)
        sent = heard(widget, monkeypatch)
        for do in ("hold", "segfault", "fill", "nothing"):
            widget._handle_custom_msg({"ask": do, "facts": {"kind": "rough", "do": do}}, [])
        codes = [content["facts"].get("refusal", {}).get("code") for content, _ in sent]
        assert codes == ["worker-overran", "worker-ended", "out-of-memory", None]
        pid = sent[-1][0]["facts"]["pid"]
        assert pid != os.getpid()
    assert not Path(f"/proc/{pid}").exists()


class Leaving(torch.nn.Module):
    """A network whose code ends its program."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sys.exit(f"no picture {tuple(x.shape)}")


def test_a_model_that_leaves_or_an_interrupt_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = kaiyan.Widget(Leaving())
    sent = heard(widget, monkeypatch)
    widget._handle_custom_msg({"ask": 1, "facts": {"kind": "network.open", "name": "model"}}, [])

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(widget._desk), "answer", interrupted)
    widget._handle_custom_msg({"ask": 2, "facts": {"kind": "network.list"}}, [])
    assert [content["facts"]["refusal"]["code"] for content, _ in sent] == ["answer-fails", "kernel-interrupted"]


@pytest.mark.parametrize("content", [None, [], "ask", {}, {"facts": {"kind": "network.list"}}])
def test_a_message_that_asks_nothing_is_let_pass(content: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = kaiyan.Widget(LINE)
    sent = heard(widget, monkeypatch)
    widget._asked(widget, content, None)
    assert sent == []


@pytest.mark.parametrize(("content", "code"), [
    ({}, "foreign-body"), ({"facts": None}, "foreign-body"), ({"facts": ["kind"]}, "foreign-body"),
    ({"facts": {}}, "no-such-question"), ({"facts": {"kind": ["diagnose"]}}, "no-such-question"),
    ({"facts": {"kind": "diagnose", "text": 3}}, "paste-empty"), ({"facts": {"kind": "picture.read"}}, "no-picture"),
])  # fmt: skip
def test_a_malformed_question_is_answered(content: dict[str, Any], code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = kaiyan.Widget(LINE)
    sent = heard(widget, monkeypatch)
    widget._asked(widget, {"ask": 1, **content}, None)
    assert [(reply["ask"], reply["facts"]["refusal"]["code"]) for reply, _ in sent] == [(1, code)]


def test_a_picture_comes_along_as_the_page_takes_it() -> None:
    widget = kaiyan.Widget(picture=np.zeros((4, 2000), np.uint8))
    assert widget._boot["photograph"].startswith("data:image/png;base64,")
    with pytest.raises(kaiyan.KaiyanError):
        kaiyan.Widget(picture=3)


def test_without_anywidget_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kaiyan.studio.widget", "anywidget"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delattr(kaiyan, "Widget", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ModuleNotFoundError, match=r"kaiyan.Widget needs anywidget: pip install 'kaiyan\[studio\]'"):
        _ = kaiyan.Widget
