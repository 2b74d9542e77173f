"""The networks that may be opened, and how: the trained one, the same untrained, the user's own, and zoos' by name."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import random

from kaiyan import networks
from kaiyan.explain import loading
from kaiyan.networks import weights
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.studio.answers.network.opened import Network, opened
from kaiyan.studio.answers.network.preparing import lite0
from kaiyan.studio.desk import words

if TYPE_CHECKING:
    from kaiyan.show.table import Text
    from kaiyan.studio.desk import Desk

TRAINED, UNTRAINED, OWN = "efficientnet_lite0", "efficientnet_lite0-untrained", "model"
_ZOO = re.compile(r"(torchvision|timm):[A-Za-z0-9_.]+")
_EXAMPLES = {"torchvision": "torchvision:resnet18", "timm": "timm:resnet18"}


def listed(desk: Desk) -> list[dict[str, Any]]:
    """What can be opened: the user's own model first, where there is one."""
    own = [_row(OWN, _own_title(desk), (_own_words(),), trained=False)] if desk.model is not None else []
    zoos = [
        _row(name, name, (_zoo_words(),), trained=False)
        for zoo, name in _EXAMPLES.items()
        if find_spec("torchvision") and find_spec(zoo)
    ]
    needs = _needs()
    trained = _row(TRAINED, "EfficientNet-Lite0", _lite0_card(), trained=True)
    return [
        *own,
        {**trained, "needs": words(needs)} if needs else trained,
        _row(UNTRAINED, _untrained_title(), (_untrained_words(),), trained=False),
        *zoos,
    ]


def make(desk: Desk, name: str) -> Network:
    """The network of a name, opened; raises ``KaiyanError`` for one that the page may not name.

    Random weights are the same in every process: what was seen is seen again after a crash.
    """
    with random.fork_rng(devices=[]):
        random.manual_seed(0)
        return _made(desk, name)


def _made(desk: Desk, name: str) -> Network:
    if name == TRAINED:
        return opened(
            networks.efficientnet_lite0(), name, "EfficientNet-Lite0", preparation=lite0(), trained=True,
            card=_lite0_card(), names=networks.classes(),
        )  # fmt: skip
    if name == UNTRAINED:
        made = networks.efficientnet_lite0(trained=False)
        return opened(made, name, _untrained_title(), preparation=lite0(), card=(_untrained_words(),))
    if name == OWN and desk.model is not None:
        model = loading.model(desk.model) if isinstance(desk.model, str) else desk.model
        title = _own_title(desk)
        return opened(model, str(title), title, card=(_own_words(),))
    if _ZOO.fullmatch(name):
        return opened(loading.model(name), name, name, card=(_zoo_words(),))
    raise KaiyanError(
        "network-unknown",
        "the page may not open the network {name!r}",
        "kaiyan studio --model FILE.py:factory",
        name=name,
    )


def _row(name: str, title: Text, card: tuple[Text, ...], *, trained: bool) -> dict[str, Any]:
    return {"name": name, "title": words(title), "trained": trained, "card": [words(line) for line in card]}


def _needs() -> Text | None:
    """How to install what is missing for the trained network."""
    try:
        weights.place()
        networks.classes()
    except KaiyanError as error:
        return error.help[0]
    return None


def _lite0_card() -> tuple[Text, ...]:
    card = networks.card()
    return (
        card.what, card.trained_on, card.input, card.accuracy, card.names, *card.limits, card.source,
        sentence("network-licence", "licence: {licence}", licence=card.licence),
    )  # fmt: skip


def _own_title(desk: Desk) -> str:
    return Path(desk.model).name if isinstance(desk.model, str) else type(desk.model).__name__


def _untrained_title() -> Text:
    return sentence("network-title", "EfficientNet-Lite0, untrained")


def _untrained_words() -> Text:
    return sentence("card-untrained-twin", "the same layers with random weights, as they are before training")


def _own_words() -> Text:
    return sentence(
        "card-own-model", "your own model: a copy of it runs in eval mode; what it was trained on is not known here"
    )


def _zoo_words() -> Text:
    return sentence("card-random", "random weights: nothing is downloaded")
