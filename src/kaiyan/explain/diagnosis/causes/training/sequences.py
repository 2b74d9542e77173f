"""Causes about what a loss was given in the place of tensors, and about CTC's lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.explain.diagnosis.ways.mends import Mend, call_of, mended
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.loss import Loss


def _several(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A model that gives more than one tensor, or a target that is a list."""
    if found["object"] and (facts.loss is None or isinstance(facts.loss.input, Tensor)):
        return None
    if found["which"] == "target":
        said = sentence("K057", "the target is a {kind}, not a tensor", kind=found["kind"])
        call = call_of(facts)
        name = call.text[call.target] if call else "target"
        line = f"torch.as_tensor({name})"
        after = call.put(target="torch.as_tensor({})") if call else f"target = {line}"
        offer = sentence("K057", "make it a tensor: {line}", line=line)
        tried = _is_taken(facts.loss)
        return Finding(said, (Fix(offer, call.text if call else None, after, tried=tried),), is_outside=True)
    if found["kind"] == "NoneType":
        nothing = sentence("K057", "the loss was given None")
        line = "return x"
        offer = sentence("K024", "forward has no return, so it returns None: end it with {line}", line=line)
        return Finding(nothing, (Fix(offer, None, line),), is_outside=True)
    said = sentence("K057", "the model returns a {kind}, but the loss takes a single tensor",
                    kind=found["kind"] or found["object"])  # fmt: skip
    fixes = tuple(_parts(facts)) or (Fix(sentence("K057", "pass only the scores, such as {line}",
                                                          line="output[0]"), None,
                                         "output = output[0]"),)  # fmt: skip
    return Finding(said, fixes, is_outside=True)


def _is_taken(loss: Loss | None) -> bool:
    """Whether the loss takes its target as a tensor."""
    if loss is None or not isinstance(loss.input, Tensor):
        return False
    try:
        target = torch.as_tensor(loss.target)
    except (TypeError, ValueError, RuntimeError):
        return False
    return loss.takes(loss.input, target)


def _parts(facts: Facts) -> Iterator[Fix]:
    """Each part of the output that the loss takes."""
    loss, call = facts.loss, call_of(facts)
    if loss is None:
        return
    for part, value in _named(loss.input):
        if isinstance(value, Tensor) and isinstance(loss.target, Tensor) and loss.takes(value, loss.target):
            code = f"{call.text[call.input] if call else 'output'}{part}"
            said = sentence("K057", "pass only the scores, such as {line}", line=code)
            after = call.put(scores=f"{{}}{part}") if call else f"output = {code}"
            yield Fix(said, call.text if call else None, after, tried=True, line=loss.line)


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    """Parts of a structure with the code that takes each out."""
    if isinstance(value, dict):
        yield from ((f"[{key!r}]", part) for key, part in value.items())
        return
    if isinstance(value, (tuple, list)):
        yield from ((f"[{i}]", part) for i, part in enumerate(value))
    if hasattr(value, "logits"):
        yield ".logits", value.logits


def _lengths(facts: Facts, found: re.Match[str]) -> Finding:
    T, most = found["T"], found["most"]
    if T:
        said = sentence(
            "K056", "an input length is {got}, but the output has only {T} steps", got=int(found["got"]), T=int(T)
        )
        line = "input_lengths = torch.full((N,), log_probs.size(0))"
    elif most:
        said = sentence("K056", "a target length is {most}, but the targets have only {got}", most=int(most),
                        got=int(found["width"]))  # fmt: skip
        line = "target_lengths = (targets != blank).sum(1)"
    else:
        said = sentence(
            "K056", "ctc_loss takes one input length and one target length per sample, and log_probs (T, N, C)"
        )
        line = "log_probs = log_probs.permute(1, 0, 2)"
        turned = Mend("{}.permute(1, 0, 2)", turn_scores=lambda x: x.permute(1, 0, 2))
        fixes = tuple(
            mended(facts, turned, lambda code: sentence("K056", "put time first, then the batch: {code}", code=code))
        )
        count = Fix(sentence("K056", "give one length per sample: {line}", line="torch.full((N,), T)"))
        return Finding(said, (*fixes, count), is_outside=True)
    offer = sentence("K056", "use lengths that fit: {line}", line=line)
    return Finding(said, (Fix(offer, None, line),), is_outside=True)


def _whole_lengths(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K056", "the lengths of ctc_loss must be integers")
    offer = sentence("K056", "use lengths that fit: {line}", line=f"{found['which']} = {found['which']}.long()")
    return Finding(said, (Fix(offer, None, f"{found['which']} = {found['which']}.long()"),), is_outside=True)


ROWS = (
    Cause(
        "K057",
        r"(?:cross_entropy_loss|nll_loss\w*|mse_loss|l1_loss|smooth_l1_loss|huber_loss|binary_cross_entropy\w*|kl_div|"
        r"ctc_loss)\(\): argument '(?P<which>input|self|target)' \(position \d\) must be Tensor, not (?P<kind>\w+)|"
        r"'(?P<object>tuple|list|dict)' object has no attribute '(?:size|dim|shape|is_floating_point)'",
        "cross_entropy_loss(): argument 'input' (position 1) must be Tensor, not tuple", _several,
    ),
    Cause(
        "K056", r"Expected input_lengths to have value at most (?P<T>\d+), but got value (?P<got>\d+)|"
        r"Expected tensor to have size at least (?P<most>\d+) at dimension 1, but got size (?P<width>\d+) for argument "
        r"#2 'targets'|(?:input|target)_lengths must be of size batch_size",
        "Expected input_lengths to have value at most 50, but got value 60 (while checking arguments for ctc_loss)",
        _lengths,
    ),
    Cause(
        "K056",
        r"(?P<which>(?:input|target)_lengths) must be integral", "input_lengths must be integral", _whole_lengths,
    ),
)  # fmt: skip
