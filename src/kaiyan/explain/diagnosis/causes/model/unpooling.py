"""Causes about MaxUnpool: it needs the indices of the pooling that it undoes, in the shape of the map it is given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.causes.model.linear import padded
from kaiyan.explain.diagnosis.fixes import Fix, replaced
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts

_POOLED = re.compile(r"\w, *\w+ *= *[\w.]*pool[\w.]*\(", re.IGNORECASE)
"""Two names for what a pooling gives, in a pasted traceback."""
_PASSED = "x, indices = self.pool(x)\nx = self.unpool(x, indices)"


def _shapes(facts: Facts, found: re.Match[str]) -> Finding:
    cause = sentence("K076", "MaxUnpool was given a map {x} but indices {indices}: both must have the same shape",
                     x=numbers(found["x"]), indices=numbers(found["indices"]))  # fmt: skip
    words = Fix(sentence("K076", "layers between pooling and unpooling must keep the size: padding='same'"))
    return Finding(cause, tuple(padded(facts)) or (words,))


def _missing(_: Facts, found: re.Match[str]) -> Finding:
    cause = sentence("K076", "{kind} was called without the indices that its pooling returned", kind=found["kind"])
    return Finding(cause, (_passed_on(),))


def _types(_: Facts, found: re.Match[str]) -> Finding:
    cause = sentence("K076", "the indices of MaxUnpool must be int64, not {kind}", kind=found["kind"])
    if found["kind"] in ("Float", "Double", "Half", "BFloat16"):
        return Finding(cause, (_passed_on(),))
    line = "indices.long()"
    return Finding(cause, (Fix(sentence("K076", "convert them: {line}", line=line), None, line),))


def _passed_on() -> Fix:
    return Fix(sentence("K076", "create the pooling with return_indices=True and pass its indices on"), None, _PASSED)


def _one_tensor(facts: Facts, _: re.Match[str]) -> Finding | None:
    """Two names for what a pooling without indices gives."""
    pool = next(_without_indices(facts), None)
    if pool is None and facts.model is None and _POOLED.search(facts.text):
        alone = sentence("K076", "a pooling returns one tensor; with return_indices=True it returns the indices too")
        return Finding(alone, (_passed_on(),))
    if pool is None:
        return None
    path, layer = pool
    cause = sentence("K076", "{path} returns one tensor; with return_indices=True it returns the indices too",
                     path=path_title(path))  # fmt: skip
    offer = sentence("K076", "return_indices=True in {path}", path=path_title(path))
    with_indices = rebuilt(layer, return_indices=True)
    if with_indices is None:
        return Finding(cause, (Fix(offer),))
    fix = replaced(offer, layer, path, with_indices)
    return Finding(cause, (replace(fix, after=f"{repr(layer)[:-1]}, return_indices=True)"),))


def _without_indices(facts: Facts) -> Iterator[tuple[str, Any]]:
    """The pooling of the line that failed to unpack, as far as the line is a call of it."""
    for step in reversed(facts.done):
        layer: Any = facts.model.get_submodule(step.path) if facts.model and step.is_module else None
        if getattr(layer, "return_indices", None) is False and step.line == facts.line:
            yield step.path, layer


def _size(_: Facts, found: re.Match[str]) -> Finding:
    cause = sentence("K076", "output_size={given} does not fit this unpooling: axis {axis} can be {least} to {most}",
                     given=found["given"], axis=int(found["axis"]), least=int(found["least"]) + 1,
                     most=int(found["most"]) - 1)  # fmt: skip
    line = "self.unpool(x, indices, output_size=before.shape)"
    offer = sentence("K076", "give it the size of the map before the pooling: {line}", line=line)
    return Finding(cause, (Fix(offer, None, line),))


ROWS = (
    Cause(
        "K076", r"Expected shape of indices to be same as that of the input tensor \(\[(?P<x>[\d, ]+)\]\) but got "
        r"indices tensor with shape: \[(?P<indices>[\d, ]+)\]",
        "Expected shape of indices to be same as that of the input tensor ([1, 1, 2, 2]) but got indices tensor with "
        "shape: [1, 1, 4, 4]", _shapes,
    ),
    Cause(
        "K076", r"(?P<kind>MaxUnpool\dd)\.forward\(\) missing \d+ required positional arguments?: 'indices'",
        "MaxUnpool2d.forward() missing 1 required positional argument: 'indices'", _missing,
    ),
    Cause(
        "K076", r"elements in indices should be type int64 but got: (?P<kind>\w+)",
        "elements in indices should be type int64 but got: Int", _types,
    ),
    Cause(
        "K076", r"not enough values to unpack \(expected 2, got 1\)|too many values to unpack \(expected 2",
        "x, indices = self.pool(x)\nnot enough values to unpack (expected 2, got 1)", _one_tensor,
    ),
    Cause(
        "K076", r'invalid output_size "(?P<given>[^"]*)" \(dim (?P<axis>\d+) must be between (?P<least>-?\d+) and '
        r"(?P<most>\d+)\)",
        'invalid output_size "(12, 12)" (dim 0 must be between 6 and 10)', _size,
    ),
)  # fmt: skip
