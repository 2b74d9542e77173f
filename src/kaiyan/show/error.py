"""What can be wrong with what a user gave: one sentence with their numbers, and ways out that were checked."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from kaiyan.show.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping


class KaiyanError(ValueError):
    """A refusal as data: ``code``, ``sentence``, ``help`` (each a ``Sentence``) and ``facts``.

    >>> error = KaiyanError("too-small", "{n} is too small", "take {least} or more", n=1, least=2)
    >>> print(error)
    1 is too small
      help: take 2 or more
    >>> error.facts["least"]
    2
    """

    JSON: ClassVar[tuple[str, ...]] = ("code", "place", "sentence", "help", "facts")

    def __init__(self, code: str, text: str, /, *help_: str, **facts: object) -> None:
        self.code = code
        self.place = ""
        self.facts: Mapping[str, object] = facts
        self.sentence = Sentence(code, text, facts)
        self.help = tuple(Sentence(code, line, facts) for line in help_)
        super().__init__("\n  help: ".join(str(s) for s in (self.sentence, *self.help)))

    def at(self, place: str) -> Self:
        """The same refusal with the place where it happened before it, such as a layer's name.

        >>> print(KaiyanError("too-small", "{n} is too small", n=1).at("conv1"))
        conv1: 1 is too small
        """
        placed = type(self)(self.code, self.sentence.text, *(line.text for line in self.help), **self.facts)
        placed.place = place
        placed.args = (f"{place}: {placed}",)
        return placed

    def to_dict(self) -> dict[str, Any]:
        """The code, the sentence, the ways out and the facts, for JSON."""
        from kaiyan.show.json import document

        return document("error", self)

    def __reduce__(self) -> tuple[object, ...]:
        texts = self.sentence.text, tuple(s.text for s in self.help)
        return _rebuild, (type(self), self.code, *texts, dict(self.facts), self.place)


class ConvError(KaiyanError):
    """Raised for a description of a convolution, or an array for one, that cannot be right: a ``KaiyanError``."""


def _rebuild(
    kind: type[KaiyanError], code: str, text: str, help_: tuple[str, ...], facts: dict[str, object], place: str
) -> KaiyanError:
    error = kind(code, text, *help_, **facts)
    return error.at(place) if place else error
