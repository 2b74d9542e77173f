"""Causes about a state: BatchNorm of one value, weights of another model, numbers out of order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import torch

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix, edited, fed
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.facts import Facts


def _one_value(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K020", "in training, BatchNorm needs more than 1 value per channel, but {shape} has one",
                    shape=numbers(found["shape"]) or found["shape"])  # fmt: skip
    evaluated = Fix(
        sentence("K020", "to predict, call model.eval(); to train, use a batch of 2 or more (drop_last=True)"),
        None,
        "model.eval()",
        change=lambda model, inputs: (model.eval(), inputs),
    )
    batch = fed(sentence("K020", "use a batch of two"), "x = torch.cat([x, x])", lambda x: torch.cat([x, x]))
    return Finding(said, (evaluated, batch) if facts.model else (evaluated,))


def _state(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K025", "the weights of {name} are {saved} in the file and {own} in the model",
                    name=found["name"], saved=numbers(found["saved"]), own=numbers(found["own"]))  # fmt: skip
    offer = sentence("K025", "build the layer with the file's sizes, or leave {name} out of the file's weights",
                     name=found["name"])  # fmt: skip
    return Finding(said, (Fix(offer, None, f"state.pop({found['name']!r})  # then strict=False"),))


def _keys(_: Facts, found: re.Match[str]) -> Finding:
    missing, more = (re.findall(r'"([^"]+)"', found[name] or "") for name in ("missing", "more"))
    prefix = _prefix(missing, more)
    if prefix and more:
        said = sentence("K025", "every name in the file begins with {prefix!r}, but the model's do not", prefix=prefix)
        line = f"state = {{k.removeprefix({prefix!r}): v for k, v in state.items()}}"
        return Finding(said, (Fix(sentence("K025", "remove it: {line}", line=line), None, line),))
    added = _prefix(more, missing)
    if added and missing:
        said = sentence("K025", "every name in the model begins with {prefix!r}, but the file's do not", prefix=added)
        line = f"state = {{{added!r} + k: v for k, v in state.items()}}"
        return Finding(said, (Fix(sentence("K025", "add it: {line}", line=line), None, line),))
    whole = next((name for name in ("state_dict", "model_state_dict", "model", "net") if name in more), None)
    if whole:
        said = sentence("K025", "the file holds more than the weights: they are under {name!r}", name=whole)
        line = f"model.load_state_dict(checkpoint[{whole!r}])"
        return Finding(said, (Fix(sentence("K025", "load them: {line}", line=line), None, line),))
    return _others(missing, more)


def _prefix(names: list[str], longer: list[str]) -> str | None:
    """What stands before every name of one list in the other, such as "module."; None where nothing does."""
    first = next((name for name in longer if names and name.endswith(names[0])), None)
    prefix = first.removesuffix(names[0]) if first else ""
    alike = {prefix + name for name in names} <= set(longer) and all(name.startswith(prefix) for name in longer)
    return prefix if prefix and alike else None


def _others(missing: list[str], more: list[str]) -> Finding:
    """Names that only one side has: the first few, and how many."""
    strict = Fix(sentence("K025", "if that is intended: {line}",
                                  line="model.load_state_dict(state, strict=False)"), None,
                 "model.load_state_dict(state, strict=False)")  # fmt: skip
    prefix = Fix(sentence("K025", "often a prefix such as module.: rename the keys of the file"))
    if not missing:
        said = sentence("K025", "the file has {count} names that the model lacks: {names}", count=len(more),
                        names=", ".join(more[:3]))  # fmt: skip
        return Finding(said, (strict, prefix))
    said = sentence("K025", "the model has {count} names that the file lacks: {names}", count=len(missing),
                    names=", ".join(missing[:3]))  # fmt: skip
    return Finding(said, (prefix, strict))


def _contiguous(facts: Facts, _: re.Match[str]) -> Finding:
    said = sentence("K029", "view needs a contiguous tensor; after permute or transpose it is not")
    offer, step = sentence("K029", "reshape instead of view"), facts.step
    if facts.model is not None and step is not None and step.line is not None and ".view(" in step.line.text:
        return Finding(said, (edited(offer, step.line, step.path, ".view(", ".reshape("),))
    return Finding(said, (Fix(offer, ".view(", ".reshape("),))


ROWS = (
    Cause("K020", r"Expected more than 1 value per channel when training, got input size (?P<shape>.*)",
        "Expected more than 1 value per channel when training, got input size torch.Size([1, 8])", _one_value),
    Cause("K025",
        r"size mismatch for (?P<name>[\w.]+): copying a param with shape torch.Size\((?P<saved>[^)]*)\) from "
        r"checkpoint, the shape in current model is torch.Size\((?P<own>[^)]*)\)",
        "size mismatch for weight: copying a param with shape torch.Size([8, 4]) from checkpoint, "
        "the shape in current model is torch.Size([8, 3]).", _state),
    Cause("K025", r"Missing key\(s\) in state_dict: (?P<missing>[^\n]*)"
        r"(?:\s*Unexpected key\(s\) in state_dict: (?P<more>[^\n]*))?",
        'Missing key(s) in state_dict: "0.weight"', _keys),
    Cause("K025", r"Unexpected key\(s\) in state_dict: (?P<more>[^\n]*)(?P<missing>)",
        'Unexpected key(s) in state_dict: "fc.weight"', _keys),
    Cause("K029",
        r"view size is not compatible", "view size is not compatible with input tensor's size and stride", _contiguous),
)  # fmt: skip
