"""Slips beside those of ``calls``: tensors that are not in a list, a method asked of a layer, old words of Python."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.code.calls import uncalled
from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.failing_line import failing_line
from kaiyan.explain.diagnosis.fixes import Fix, edited_lines
from kaiyan.explain.diagnosis.source import is_library
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts


def _made_again(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A method of tensors asked of a layer: ``nn.ReLU(x)`` makes one with a setting of x and does not call it."""
    kind = found["kind"]
    if not isinstance(vars(nn).get(kind), type) or not hasattr(Tensor, found["attribute"]):
        return None
    return uncalled(facts, kind)


def _missing(_: Facts, found: re.Match[str]) -> Finding:
    """In the words of Python before 3.10, which do not name the class."""
    names = ", ".join(re.findall(r"'(\w+)'", found["names"]))
    said = sentence("K034", "forward was called without {names}", names=names)
    line = f"model(..., {names})"
    return Finding(
        said, (Fix(sentence("K034", "pass what is missing: {line}", line=line), None, line),), is_outside=True
    )


def _apart(facts: Facts, found: re.Match[str]) -> Finding:
    name = found["name"]
    said = sentence("K034", "{name} takes one list of tensors, not tensors one by one", name=name)
    offer = sentence("K034", "put them in brackets: {line}", line=f"torch.{name}([a, b], dim=1)")
    fixes = [edited_lines(sentence("K034", "put them in brackets: {line}", line=text), place.path, {place.line: text})
             for place, text in _bracketed(facts, name)]  # fmt: skip
    return Finding(said, tuple(fixes) or (Fix(offer, None, f"torch.{name}([a, b], dim=1)"),))


def _bracketed(facts: Facts, name: str) -> Iterator[tuple[Any, str]]:
    place = failing_line(facts)
    node = place.part if place is not None else None
    if place is None or not isinstance(node, ast.Call) or is_library(place.line.file):
        return
    parts = [ast.unparse(part) for part in node.args if not isinstance(part, ast.Constant)]
    numbered = [ast.unparse(part) for part in node.args if isinstance(part, ast.Constant)]
    axes = [f"dim={numbered[0]}"] if numbered else [ast.unparse(word) for word in node.keywords]
    for axis in axes or (["dim=1"] if name == "cat" else ["dim=0"]):
        yield place, place.code.put(node, f"{ast.unparse(node.func)}([{', '.join(parts)}], {axis})")


def _one_state(facts: Facts, _: re.Match[str]) -> Finding | None:
    """An LSTM that was given h alone: it takes the pair (h, c), and takes h apart for one."""
    if facts.model is None and ("LSTM" in facts.text or "rnn.py" in facts.text):
        line = "y, (h, c) = lstm(x, (h, c))"
        pair = sentence("K045", "an LSTM takes a state of two tensors, (h, c), and {own} is one", own="hx")
        return Finding(pair, (Fix(sentence("K045", "pass both: {line}", line=line), None, line),))
    place = failing_line(facts) if isinstance(facts.layer, nn.LSTM) else None
    node = place.part if place is not None else None
    if place is None or not isinstance(node, ast.Call) or len(node.args) != 2 or is_library(place.line.file):
        return None
    own = ast.unparse(node.args[1])
    text = place.code.put(node.args[1], f"({own}, torch.zeros_like({own}))")
    said = sentence("K045", "an LSTM takes a state of two tensors, (h, c), and {own} is one", own=own)
    offer = sentence("K045", "pass both: {line}", line=text)
    return Finding(said, (edited_lines(offer, place.path, {place.line: text}),))


ROWS = (
    Cause(
        "K045", r"index 1 is out of bounds for dimension 0 with size 1",
        "LSTM: index 1 is out of bounds for dimension 0 with size 1", _one_state,
    ),
    Cause(
        "K034", r"'(?P<kind>[A-Z]\w+)' object has no attribute '(?P<attribute>\w+)'",
        "'ReLU' object has no attribute 'sum'", _made_again,
    ),
    Cause(
        "K034", r"(?<![\w.])forward\(\) missing \d+ required positional arguments?: (?P<names>'\w+'.*)",
        "forward() missing 1 required positional argument: 'x'", _missing,
    ),
    Cause(
        "K034",
        r"(?P<name>cat|stack|concat)\(\): argument 'tensors' \(position 1\) must be tuple of Tensors, not Tensor",
        "cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor", _apart,
    ),
)  # fmt: skip
