"""Causes about losses that compare number by number, and about batches that differ from their targets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.causes.training.batches import rows
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.explain.diagnosis.loss import ELEMENTWISE, written_loss
from kaiyan.explain.diagnosis.ways.mends import Mend, call_of, last_layer, mended, resized, shapes_of
from kaiyan.explain.diagnosis.ways.output_paddings import output_paddings
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape


def _alike(facts: Facts, found: re.Match[str]) -> Finding | None:
    name = facts.loss.name if facts.loss else written_loss(facts.text, facts.line)
    read = found.groupdict()
    shapes = shapes_of(facts, read["input"] or read["second"], read["target"] or read["first"])
    if name is not None and name not in ELEMENTWISE:
        return None
    if shapes is None:
        return _on_axis(facts, read) if name and read["axis"] else _counted(read)
    a, b = shapes
    if a and b and a[0] != b[0] and a[1:] == b[1:]:
        return rows(facts, a[0], b[0])
    said = sentence("K051", "the loss is element-wise: the output is {a}, the target {b}", a=a, b=b)
    fixes = (*_axes(facts, a, b), *_alone(facts, a, b), *_labels(facts, a, b), *_sizes(facts, a, b))
    wanted = None if facts.record is None or facts.record.error else (lambda run: run.output_shapes[:1] == (b,))
    return Finding(said, fixes or tuple(_unknown_way(a, b)), wanted=wanted, is_outside=True)


def _counted(read: dict[str, str | None]) -> Finding | None:
    """From an old message, which counts the numbers only."""
    if read["got"] is None or read["given"] is None:
        return None
    said = sentence("K051", "the loss is element-wise: the output has {given} numbers, the target {got}",
                    given=int(read["given"]), got=int(read["got"]))  # fmt: skip
    return Finding(said, (Fix(sentence("K051", "print both shapes: they must be equal")),), is_outside=True)


def _on_axis(facts: Facts, read: dict[str, str | None]) -> Finding:
    """From a traceback that names the loss, and a message with one axis of both."""
    a, b, axis = (int(read[name] or 0) for name in ("a", "b", "axis"))
    said = sentence("K051", "the loss is element-wise: output and target differ on axis {axis}, {a} and {b}",
                    axis=axis, a=a, b=b)  # fmt: skip
    if axis == 0:
        line = "x = x.view(x.size(0), -1)"
        return Finding(
            said, (Fix(sentence("K050", "keep the batch: {after}", after=line), None, line),), is_outside=True
        )
    if axis == 1:
        return Finding(said, tuple(last_layer(facts, b, lambda code: sentence(
            "K051", "make the last layer output as many as the target has: {code}",
                    code=code))), is_outside=True)  # fmt: skip
    call = call_of(facts)
    mend = Mend(scores=f"F.interpolate({{}}, size={call.text[call.target] if call else 'target'}.shape[2:])")
    return Finding(said, tuple(mended(facts, mend, lambda code: sentence(
        "K051", "resize the output to the target's size: {code}", code=code))), is_outside=True)  # fmt: skip


def _unknown_way(a: Shape, b: Shape) -> Iterator[Fix]:
    yield Fix(sentence("K051", "give the target {b} and the output {a} the same shape", a=a, b=b))


def _axes(facts: Facts, a: Shape, b: Shape) -> Iterator[Fix]:
    """An axis of one that only one of them has; the channels on another axis."""
    for axis in [k for k, n in enumerate(a) if n == 1 and a[:k] + a[k + 1 :] == b][-1:]:
        mend = Mend(target=f"{{}}.unsqueeze({axis})", turn_target=partial(torch.unsqueeze, dim=axis))
        yield from mended(facts, mend, lambda code: sentence(
            "K051", "reshape the target like the output: {code} gives {a}", code=code, a=a))  # fmt: skip
        mend = Mend(scores=f"{{}}.squeeze({axis})", turn_scores=partial(torch.squeeze, dim=axis))
        yield from mended(facts, mend, lambda code: sentence(
            "K051", "or reshape the output like the target: {code} gives {b}", code=code, b=b))  # fmt: skip
    for axis in [k for k, n in enumerate(b) if n == 1 and b[:k] + b[k + 1 :] == a][-1:]:
        mend = Mend(target=f"{{}}.squeeze({axis})", turn_target=partial(torch.squeeze, dim=axis))
        yield from mended(facts, mend, lambda code: sentence(
            "K051", "reshape the target like the output: {code} gives {a}", code=code, a=a))  # fmt: skip
    for order in _orders(a, b):
        mend = Mend(target=f"{{}}.permute{order}", turn_target=partial(torch.permute, dims=order))
        yield from mended(facts, mend, lambda code: sentence(
            "K051", "put the target's axes in the output's order: {code} gives {a}", code=code, a=a))  # fmt: skip


def _alone(facts: Facts, a: Shape, b: Shape) -> Iterator[Fix]:
    """Several axes of one more than the target has, such as a discriminator's (N, 1, 1, 1)."""
    if len(a) - len(b) > 1 and [n for n in a if n != 1] == [n for n in b if n != 1]:
        mend = Mend(scores=f"{{}}.reshape{b}" if len(b) != 1 else "{}.flatten()", turn_scores=lambda x: x.reshape(b))
        yield from mended(facts, mend, lambda code: sentence(
            "K051", "reshape the output like the target: {code} gives {b}", code=code, b=b))  # fmt: skip


def _orders(a: Shape, b: Shape) -> Iterator[Shape]:
    """Channels last made channels first, and back."""
    rank = len(a)
    if rank < 3 or rank != len(b) or a == b:
        return
    for order in ((0, rank - 1, *range(1, rank - 1)), (0, *range(2, rank), 1)):
        if tuple(b[axis] for axis in order) == a:
            yield order
            return


def _labels(facts: Facts, a: Shape, b: Shape) -> Iterator[Fix]:
    """A class a sample given to a loss that wants a number for each class."""
    if len(a) < 2 or a[1] < 2 or b not in ((a[0], *a[2:]), (a[0], 1, *a[2:])) or len(a) > 2:
        return
    C, flat = a[1], ".squeeze(1)" if len(b) == 2 else ""
    one_hot = Mend(
        target=f"F.one_hot({{}}{flat}.long(), {C}).float()",
        turn_target=lambda t: nn.functional.one_hot((t.squeeze(1) if flat else t).long(), C).float(),
    )
    entropy = Mend(
        target=f"{{}}{flat}.long()",
        turn_target=lambda t: (t.squeeze(1) if flat else t).long(),
        name="cross_entropy",
    )
    name = facts.loss.name if facts.loss else written_loss(facts.text, facts.line)
    classes = mended(
        facts, entropy, lambda code: sentence("K051", "each sample is one of {C} classes: {code}", C=C, code=code)
    )
    hot = mended(
        facts,
        one_hot,
        lambda code: sentence("K051", "give a number for each of the {C} outputs: {code}", C=C, code=code),
    )
    if name == "binary_cross_entropy_with_logits":
        yield from classes
    if name != "kl_div":
        yield from hot
    if name in ("mse_loss", "l1_loss"):
        yield from classes


def _sizes(facts: Facts, a: Shape, b: Shape) -> Iterator[Fix]:
    """Maps of another size or another number of channels than the target's."""
    if len(a) == len(b) > 2 and a[:2] == b[:2]:
        yield from output_paddings(facts, b[2:])
        yield from mended(facts, resized(b[2:]), lambda code: sentence(
            "K051", "resize the output to the target's size: {code}", code=code))  # fmt: skip
    if len(a) == len(b) > 1 and a[0] == b[0] and a[1] != b[1] and a[2:] == b[2:]:
        yield from last_layer(facts, b[1], lambda code: sentence(
            "K051", "make the last layer output as many as the target has: {code}", code=code))  # fmt: skip


def _batch(facts: Facts, found: re.Match[str]) -> Finding:
    return rows(facts, int(found["input"]), int(found["target"]))


def _integral(facts: Facts, _: re.Match[str]) -> Finding:
    said = sentence("K053", "kl_div compares distributions: its target is floats, its input log-probabilities")
    shapes = facts.loss.shapes if facts.loss else None
    if shapes and len(shapes[0]) == 2 and shapes[1] == shapes[0][:1]:
        mend = Mend(name="nll_loss")
        return Finding(said, tuple(mended(facts, mend, lambda code: sentence(
            "K053", "for class numbers: {code}", code=code))), is_outside=True)  # fmt: skip
    mend = Mend(target="{}.float()", turn_target=lambda t: t.float())
    return Finding(said, tuple(mended(facts, mend, lambda code: sentence(
        "K053", "convert the target to floats: {code}", code=code))), is_outside=True)  # fmt: skip


ROWS = (
    Cause(
        "K050", r"Expected input batch_size \((?P<input>\d+)\) to match target batch_size \((?P<target>\d+)\)",
        "Expected input batch_size (169) to match target batch_size (25).", _batch,
    ),
    Cause(
        "K051",
        r"Using a target size \((?:torch\.Size\()?\[(?P<target>[^\]]*)\]\)?\) that is different to the input size "
        r"\((?:torch\.Size\()?\[(?P<input>[^\]]*)\]|Target size \((?:torch\.Size\()?\[(?P<first>[^\]]*)\]\)?\) must be "
        r"the same as input size \((?:torch\.Size\()?\[(?P<second>[^\]]*)\]|target nelement \((?P<got>\d+)\) != input "
        r"nelement \((?P<given>\d+)\)|size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) "
        r"at "
        r"non-singleton dimension (?P<axis>\d+)",
        "Target size (torch.Size([4])) must be the same as input size (torch.Size([4, 1]))", _alike,
    ),
    Cause(
        "K053", r"kl_div: Integral inputs not supported", "kl_div: Integral inputs not supported.", _integral,
    ),
)  # fmt: skip
