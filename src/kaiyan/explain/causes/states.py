"""Causes about a state: BatchNorm of one value, weights of another model, numbers out of order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from kaiyan.explain.causes.finding import Cause, Finding, numbers
from kaiyan.explain.fixes import Fix, edited, fed
from kaiyan.spec.sentence import sentence

if TYPE_CHECKING:
    import re

    from kaiyan.explain.facts import Facts


def _one_value(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K020", "in training BatchNorm needs more than 1 value a channel, and {shape} has one",
                    shape=found["shape"])  # fmt: skip
    evaluated = Fix(sentence("K020", "model.eval() to predict; to train, a batch of 2 or more"), None, "model.eval()",
                    change=lambda model, inputs: (model.eval(), inputs))  # fmt: skip
    batch = fed(sentence("K020", "a batch of two"), "x = torch.cat([x, x])", lambda x: torch.cat([x, x]))
    return Finding(said, (evaluated, batch) if facts.model else (evaluated,))


def _state(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K025", "the weights of {name} are {saved} in the file and {own} in the model",
                    name=found["name"], saved=numbers(found["saved"]), own=numbers(found["own"]))  # fmt: skip
    offer = sentence("K025", "build the layer with the file's sizes, or leave {name} out of the file's weights",
                     name=found["name"])  # fmt: skip
    return Finding(said, (Fix(offer),))


def _keys(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K025", "the names differ: {missing} not in the file", missing=found["missing"].strip())
    return Finding(said, (Fix(sentence("K025", "often a prefix such as module.: rename the keys of the file")),))


def _contiguous(facts: Facts, _: re.Match[str]) -> Finding:
    said = sentence("K029", "view needs numbers that lie in order; after permute or transpose they do not")
    offer, step = sentence("K029", "reshape instead of view"), facts.step
    if facts.model is not None and step is not None and step.line is not None and ".view(" in step.line.text:
        return Finding(said, (edited(offer, step.line, step.path, ".view(", ".reshape("),))
    return Finding(said, (Fix(offer, ".view(", ".reshape("),))


STATES = (
    Cause("K020", sentence("title", "BatchNorm of one value"),
        r"Expected more than 1 value per channel when training, got input size (?P<shape>.*)",
        "Expected more than 1 value per channel when training, got input size torch.Size([1, 8])", _one_value),
    Cause("K025", sentence("title", "weights of another model"),
        r"size mismatch for (?P<name>[\w.]+): copying a param with shape torch.Size\((?P<saved>[^)]*)\) from "
        r"checkpoint, the shape in current model is torch.Size\((?P<own>[^)]*)\)",
        "size mismatch for weight: copying a param with shape torch.Size([8, 4]) from checkpoint, "
        "the shape in current model is torch.Size([8, 3]).", _state),
    Cause("K025", sentence("title", "weights of another model"),
        r"Missing key\(s\) in state_dict: (?P<missing>[^\n]*)", 'Missing key(s) in state_dict: "0.weight"', _keys),
    Cause("K029", sentence("title", "a view of numbers out of order"),
        r"view size is not compatible", "view size is not compatible with input tensor's size and stride", _contiguous),
)  # fmt: skip
