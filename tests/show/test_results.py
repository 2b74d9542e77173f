"""Every result shows itself in five ways and two languages: text, a screen, HTML, Markdown, JSON with its schema."""

from __future__ import annotations

import inspect
import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import nn

import kaiyan
import kaiyan.learn
import kaiyan.nn
from kaiyan.faces.calibration import Calibration, Errors
from kaiyan.faces.calibration_rates import Rate
from kaiyan.faces.card import card as face_card
from kaiyan.faces.finding import FoundFaces
from kaiyan.faces.gallery_answers import Limits, Recognition
from kaiyan.faces.gallery_recovery import Recovery
from kaiyan.faces.gallery_results import Added, Exported, Imported, People, Person, Recognised, Removed
from kaiyan.faces.passage import Passage
from kaiyan.faces.passage_stages import PassageStage
from kaiyan.faces.recogniser import Face
from kaiyan.networks.card import card
from kaiyan.nn.acceleration.report import LayerReport, Report
from kaiyan.program.answers import Answers, LikelyClass, OutputNumbers
from kaiyan.program.report import ProgramReport, ProgramStep
from kaiyan.show.i18n import say
from kaiyan.show.json import SCHEMA
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.spec.chain import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

STEM = "Conv2d(3, 64, 7, stride=2, padding=3)"
SHAPE = (1, 3, 224, 224)


def _net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2, padding=1), nn.MaxPool2d(2, padding=1), nn.Flatten(), nn.Linear(99, 10))


def _report() -> Report:
    layer = LayerReport("features.0", "nn.Conv2d(3, 8, kernel_size=3)", 1.23456e-3, 0.5e-3, "winograd F(4,3)")
    left = {"head": sentence("left-no-padding", "it has no padding")}
    return Report(2.5e-3, 1.25e-3, "contiguous", True, 1.5e-7, (layer,), left)


def _program() -> ProgramReport:
    steps = ProgramStep("x", "copy", "", (1, 3, 8, 8), True), ProgramStep("y", "convolution", "direct", (1, 8, 8, 8))
    return ProgramReport((*steps, ProgramStep("z", "aten.sort.stable", "abroad", (1, 8, 8, 8))), 4096, 1024)


def _answers() -> Answers:
    likely = LikelyClass(1, "cat", 0.75), LikelyClass(0, "dog", 0.25)
    note = sentence(
        "picture-from-0-to-1", "{path} does not say how a picture becomes numbers: 0 to 1 is taken", path="n"
    )
    return Answers((likely,), (OutputNumbers((1, 2), "float32", -1.0, 0.5, 2.0, 0, (-1.0, 2.0)),), (note,))


def _who() -> Recognised:
    near = Recognition((12, 30, 160, 178), LIMITS, "Ann", 0.31234, "Bob", 0.81234)
    far = Recognition((200, 30, 300, 130), LIMITS, "Bob", 0.71234, "Ann", 0.91234)
    return Recognised("party.jpg", (near, far), 2, LIMITS)


def _calibration() -> Calibration:
    held_out = Errors(0.523456, Rate(4, 12345), Rate(7, 345))
    return Calibration(1e-3, Rate(3, 23456), held_out, Errors(0.6, Rate(40, 12345), Rate(2, 345)), 80, 400)


def _found_faces() -> FoundFaces:
    points = np.array([[105.0, 237], [104, 255], [103, 212], [101, 195], [135, 224]])
    return FoundFaces("party.jpg", "dlib", (Face((69, 168, 164, 263), 1.0625, points),), GREY_PHOTOGRAPH)


def _passage() -> Passage:
    stages = PassageStage(("stem",), np.ones((32, 72, 72)), 1, 7), PassageStage(("a", "b"), np.ones((4, 2, 2)), 9, None)
    numbers = np.full(128, 0.1)
    near = Recognition((69, 168, 164, 263), LIMITS, "Ann", 0.31234, "Bob", 0.81234)
    return Passage("party.jpg", "dlib", near.box, GREY_PHOTOGRAPH, GREY_PHOTOGRAPH, stages, numbers, near, numbers)


GREY_PHOTOGRAPH = np.full((150, 150, 3), 128, np.uint8)
LIMITS = Limits(0.6, 0.6)
TOLD_AT = "2026-11-27T09:41:00+00:00"
RESULTS: dict[str, Callable[[], Shown]] = {
    "derivation": lambda: kaiyan.Conv.parse(STEM).derive(SHAPE),
    "shapes": lambda: derive([STEM, "MaxPool2d(3, 2, ceil_mode=True)", "Flatten()"], SHAPE),
    "plan": lambda: kaiyan.plan(STEM, SHAPE),
    "port": lambda: kaiyan.port("Conv2d(3, 64, 7, stride=2)", SHAPE, "tf_same"),
    "padding": lambda: kaiyan.padding(224, 3, stride=2),
    "see": kaiyan.see,
    "acceleration": _report,
    "program": _program,
    "answers": _answers,
    "conversion": lambda: kaiyan.nn.convert(_net(), "tf_same").conversion,
    "summary": lambda: kaiyan.summary(_net(), (1, 3, 33, 33)),
    "diagnosis": lambda: kaiyan.diagnose("mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)"),
    "least-input": lambda: kaiyan.least_input(nn.Sequential(nn.Conv2d(1, 1, 5), nn.MaxPool2d(2)), (1, 1, 32, 32)),
    "whole-sizes": lambda: kaiyan.whole_sizes(nn.MaxPool2d(4), (1, 1, 32, 32)),
    "model-card": card,
    "face-card": face_card,
    "fit": lambda: kaiyan.learn.fit_kernel(
        kaiyan.see(None, grey=True).picture.pixels, kaiyan.see(None, "gaussian:1", grey=True).output
    ),
    "training": lambda: kaiyan.learn.train(lambda: nn.Linear(2, 2), torch.ones(9, 2), epochs=2, seed=0, validation=0.3),
    "shift": lambda: kaiyan.shift_report(nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU()), torch.rand(1, 3, 32, 32)),
    "face-added": lambda: Added("Ann", 2, 1, 3, 0.41234, ("Bob", 0.51234), LIMITS),
    "face-calibration": _calibration,
    "face-exported": lambda: Exported("people.json", 3, 12),
    "face-find": _found_faces,
    "face-imported": lambda: Imported("people.json", 3, 12, 1),
    "face-layers": _passage,
    "face-people": lambda: People("faces.sqlite", "dlib", (Person("Ann", 3, "agreed in writing", TOLD_AT),)),
    "face-recovery": lambda: Recovery("new.sqlite", 40, 1234, ("Ann", "Bob")),
    "face-removed": lambda: Removed("Ann", 3, is_rebuilt=False),
    "face-who": _who,
}
"""A result of each kind."""
NO_RESULTS = ("accelerate", "join_fields", "load", "prepare")
"""Functions that give a model, a field or a layer: things to compute with."""
NUMBER = re.compile(r"\d[\d,]*,\d{3}|\d+(?:x\d+)+|\d+\.\d+")


@pytest.fixture(scope="module")
def results() -> dict[str, Shown]:
    return {kind: make() for kind, make in RESULTS.items()}


def _screen(result: Shown, lang: str, columns: int) -> str:
    console = Console(width=columns, file=io.StringIO())
    console.print(result.rich(lang))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _shown(result: Shown, lang: str) -> dict[str, str]:
    views = {"text": result.text(lang), "screen": _screen(result, lang, 300)}
    return views | {"html": result.to_html(lang), "markdown": result.to_markdown(lang)}


def _sentences(facts: Any) -> Iterator[dict[str, Any]]:
    if isinstance(facts, dict):
        if set(facts) == {"code", "text", "zh", "facts"}:
            yield facts
        for entry in facts.values():
            yield from _sentences(entry)
    if isinstance(facts, list):
        for entry in facts:
            yield from _sentences(entry)


def _returned() -> Iterator[tuple[str, type]]:
    """What the public functions give, where that is a class of ours; it may be imported for its type only."""
    ours = [module for name, module in [*sys.modules.items()] if name.startswith("kaiyan.")]
    classes = {name: kind for module in ours for name, kind in vars(module).items() if isinstance(kind, type)}
    for module in (kaiyan, kaiyan.nn, kaiyan.learn):
        for name in {*dir(module)} - {"learn", "nn"}:
            function = inspect.unwrap(getattr(module, name))
            given = getattr(function, "__annotations__", {}).get("return")
            kind = vars(sys.modules[function.__module__]).get(given) or classes.get(given) if given else None
            if isinstance(kind, type) and kind.__module__.startswith("kaiyan."):
                yield name, kind


def missing(classes: Iterable[type], results: Iterable[Shown]) -> set[str]:
    """Names of result classes that do not show themselves, or of which no example is listed."""
    listed = {_name(type(result)) for result in results}
    return {_name(kind) for kind in classes if not issubclass(kind, Shown) or _name(kind) not in listed}


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_every_class_of_results_is_listed(results: dict[str, Shown]) -> None:
    assert missing(Shown.__subclasses__(), results.values()) == set()
    given = {name: kind for name, kind in _returned() if name not in NO_RESULTS}
    assert {kind.__name__ for kind in given.values()} >= {
        "Plan",
        "Port",
        "Paddings",
        "Summary",
        "Diagnosis",
        "Filtered",
        "Training",
    }
    assert missing(given.values(), results.values()) == set()


def test_a_result_that_shows_nothing_is_found(results: dict[str, Shown]) -> None:
    @dataclass
    class Bare:
        n: int

    @dataclass
    class Unlisted(Shown):
        n: int

    classes = [Bare, Unlisted, *map(type, results.values())]
    assert {name.rpartition(".")[2] for name in missing(classes, results.values())} == {"Bare", "Unlisted"}


@pytest.mark.parametrize("kind", RESULTS)
def test_a_result_shows_itself_in_five_ways_and_two_languages(results: dict[str, Shown], kind: str) -> None:
    result = results[kind]
    english, chinese = (_shown(result, lang) for lang in ("en", "zh"))
    for view in english:
        assert len(english[view]) > 20
        assert re.search("[一-鿿]", chinese[view])
        assert english[view] != chinese[view]
    assert result.text("en") == str(result)
    assert result._repr_html_() == english["html"]
    assert len(english["html"].encode()) < 20_000
    assert "<script" not in english["html"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", RESULTS)
def test_numbers_are_whole_on_every_screen(results: dict[str, Shown], kind: str, lang: str) -> None:
    whole = set(NUMBER.findall(results[kind].text(lang)))
    for columns in (100, 60, 40):
        assert set(NUMBER.findall(_screen(results[kind], lang, columns))) <= whole


@pytest.mark.parametrize("kind", RESULTS)
def test_json_is_read_back_with_its_schema_and_sentences_in_both_languages(
    results: dict[str, Shown], kind: str
) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    result = results[kind]
    facts = json.loads(result.to_json(), parse_constant=refuse)
    assert facts == json.loads(json.dumps(result.to_dict()))
    assert (facts["schema"], facts["kind"]) == (SCHEMA, kind) == ("kaiyan/1", result.KIND)
    said = list(_sentences(facts))
    assert said
    assert any(entry["zh"] != entry["text"] for entry in said)


def test_what_is_shown_is_escaped() -> None:
    left = {
        "<b>": sentence(
            "left-pads-by-itself",
            "{layer} is a pooling with its own padding; pad before it instead",
            layer="<script>|`*",
        )
    }
    layer = LayerReport("a|b", "<img onerror=1>", None, 1.0, "```")
    report = Report(1.0, 1.0, "<i>", True, 0.0, (layer,), left)
    html = report.to_html("en")
    assert not re.search(r"<(b|script|img|i)\b", html)
    assert "&lt;script&gt;" in html
    assert "a\\|b" in report.to_markdown("en")


def test_a_block_of_text_is_fenced_even_where_it_holds_a_fence() -> None:
    markdown = kaiyan.diagnose("RuntimeError: ```\n# not a heading").to_markdown("en")
    assert markdown.startswith("````text\n")
    assert markdown.endswith("\n````")


def test_a_sentence_within_a_sentence_is_said_in_the_language_too() -> None:
    inner = sentence("left-no-padding", "it has no padding")
    outer = sentence("unchanged", "{name} is unchanged: {reason}", name="head", reason=inner)
    assert say(inner, "zh") in say(outer, "zh")
    assert isinstance(outer.facts["reason"], Sentence)


def test_rich_and_numpy_are_not_loaded_to_show_a_result() -> None:
    code = (
        "import sys, kaiyan; found = kaiyan.derive('Conv2d(3, 8, 3)', (1, 3, 9, 9)); "
        "str(found), found.to_html(), found.to_markdown(), found.to_json(); "
        "print(sorted({'rich', 'numpy', 'torch'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
