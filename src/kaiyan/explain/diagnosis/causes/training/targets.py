"""Causes about targets that are classes: their range, their type, their shape; and what BCE and CTC ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.causes.training.batches import rows
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.explain.diagnosis.loss import CLASSES, written_loss
from kaiyan.explain.diagnosis.traceback import lines_above
from kaiyan.explain.diagnosis.ways.mends import Mend, call_of, last_layer, mended, resized, shapes_of
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.loss import Loss
    from kaiyan.spec.conv import Shape


def _range(facts: Facts, found: re.Match[str]) -> Finding:
    loss = facts.loss
    if loss is None or loss.shapes is None or loss.target.is_meta or not loss.target.numel():
        return _written_range(facts, int(found["got"]) if found["got"] else None)
    C = loss.input.shape[1 if loss.input.ndim > 1 else 0]
    least, most = int(loss.target.min()), int(loss.target.max())
    said = sentence("K052", "the targets go from {least} to {most}, but there are {C} outputs: classes 0 to {last}",
                    least=least, most=most, C=C, last=C - 1)  # fmt: skip
    fixes = (*_binary(facts, C, most), *_ignored(facts, loss, C)) or tuple(_counted(facts, least, most, C))
    return Finding(said, fixes, wanted=lambda run: run.output_shapes[0][1:2] == (most + 1,), is_outside=True)


def _binary(facts: Facts, C: int, most: int) -> Iterator[Fix]:
    """One output a sample, with targets 0 and 1."""
    if C != 1 or most > 1:
        return
    mend = Mend("{}.squeeze(1)", "{}.float()", lambda x: x.squeeze(1), lambda t: t.float(),
                "binary_cross_entropy_with_logits")  # fmt: skip
    yield from mended(facts, mend, lambda code: sentence("K052", "one output is for two classes: {code}", code=code))


def _ignored(facts: Facts, loss: Loss, C: int) -> Iterator[Fix]:
    """A number that marks what is not to be learned, such as 255 in masks."""
    outside = {int(n) for n in torch.unique(loss.target) if not 0 <= n < C}
    if len(outside) != 1 or not outside & {255, -1, -100}:
        return
    mark = outside.pop()
    if mark == 255 and set(torch.unique(loss.target).tolist()) <= {0, 255} and C > 1:
        mend = Mend(target="{} // 255", turn_target=lambda t: t // 255)
        yield from mended(facts, mend, lambda code: sentence("K052", "for a mask of 0 and 255: {code}", code=code))
    mend = Mend(named={"ignore_index": mark})
    call = call_of(facts)
    if call is not None and call.text[call.function].rpartition(".")[2] != loss.name:
        if loss.takes(loss.input, loss.target, ignore_index=mark):
            line = f"nn.CrossEntropyLoss(ignore_index={mark})"
            yield Fix(sentence("K052", "ignore positions marked {mark}: {line}", mark=mark, line=line), None, line,
                      tried=True)  # fmt: skip
        return
    yield from mended(facts, mend, lambda _: sentence("K052", "ignore positions marked {mark}: {line}", mark=mark,
                                                      line=f"ignore_index={mark}"))  # fmt: skip


def _counted(facts: Facts, least: int, most: int, C: int) -> Iterator[Fix]:
    """Classes numbered from one; more classes than outputs."""
    if least == 1 and most == C:
        mend = Mend(target="{} - 1", turn_target=lambda t: t - 1)
        yield from mended(
            facts, mend, lambda code: sentence("K052", "number the classes from 0, not from 1: {code}", code=code)
        )
    if least >= 0 and most < _MANY:
        yield from last_layer(facts, most + 1, lambda code: sentence(
            "K052", "give the last layer an output for each class: {code}", code=code))  # fmt: skip


_MANY = 100_000
"""More classes than one network gives."""


def _written_range(facts: Facts, got: int | None) -> Finding:
    """From the message alone, which has the class at most."""
    if got is None:
        said = sentence("K052", "a target is not a class of the model: n outputs are the classes 0 to n − 1")
        look = sentence("K052", "print target.min(), target.max() and output.shape[1]")
        return Finding(said, (Fix(look),), is_outside=True)
    said = sentence(
        "K052", "the target {got} is not a class of the model: n outputs are the classes 0 to n − 1", got=got
    )
    ignored = sentence("K052", "if {mark} marks positions to ignore: {line}", mark=got, line=f"ignore_index={got}")
    if got < 0:
        return Finding(said, (Fix(ignored, None, f"ignore_index={got}"),), is_outside=True)
    more = sentence(
        "K052", "if {got} is a class: {outputs} outputs or more in the last layer", got=got, outputs=got + 1
    )
    shifted = mended(facts, Mend(target="{} - 1"), lambda code: sentence(
        "K052", "if the classes are numbered from 1: {code}", code=code))  # fmt: skip
    fixes = (Fix(more, None, f"out_features={got + 1}"), *shifted)
    if got == 255:
        return Finding(said, (Fix(ignored, None, "ignore_index=255"), *fixes), is_outside=True)
    return Finding(said, fixes, is_outside=True)


def _type(facts: Facts, found: re.Match[str]) -> Finding | None:
    loss, read = facts.loss, found.groupdict()
    name = loss.name if loss else written_loss(facts.text, facts.line)
    certain = read["target"] or read["scores"] or read["kind"]
    if name is None and not certain:
        return None
    if loss is not None and isinstance(loss.input, Tensor) and isinstance(loss.target, Tensor):
        return _given_type(facts, loss)
    integers = name in CLASSES or read["target"] or read["scores"]
    wanted, got = ("int64", read["given"]) if integers else (_named(read["type"] or "Float"), read["kind"])
    if got is None:
        got = "int64" if wanted == "float32" else "float32"
    return _cast(facts, wanted, _named(got))


def _named(word: str) -> str:
    return _NAMES.get(word, word.lower())


_NAMES = {"Float": "float32", "Double": "float64", "Half": "float16", "Long": "int64", "Int": "int32", "Bool": "bool",
          "Char": "int8", "Byte": "uint8", "BFloat16": "bfloat16", "Short": "int16"}  # fmt: skip


def _given_type(facts: Facts, loss: Loss) -> Finding | None:
    """From the tensors themselves."""
    given = str(loss.target.dtype).removeprefix("torch.")
    if loss.name in CLASSES and not loss.input.is_floating_point():
        return _scores_lost(facts, loss)
    wanted = "int64" if loss.name in CLASSES else str(loss.input.dtype).removeprefix("torch.")
    if given == wanted:
        return None
    whole = (
        loss.target.is_meta or not loss.target.is_floating_point() or bool((loss.target == loss.target.round()).all())
    )
    if wanted == "int64" and not whole:
        said = sentence("K053", "the targets are numbers such as {value}, not classes: that is regression",
                        value=round(float(loss.target.flatten()[0]), 4))  # fmt: skip
        mend = Mend("{}.squeeze(1)", turn_scores=lambda x: x.squeeze(1), name="mse_loss")
        fixes = tuple(mended(facts, mend, lambda code: sentence("K053", "for regression: {code}", code=code)))
        one = Fix(
            sentence("K053", "for regression, use one output and mse_loss"),
            None,
            "F.mse_loss(output.squeeze(1), target)",
        )
        return Finding(said, fixes or (one,), is_outside=True)
    return _cast(facts, wanted, given)


def _scores_lost(facts: Facts, loss: Loss) -> Finding:
    """Classes in the place of scores: an argmax before the loss."""
    said = sentence("K053", "the loss takes scores, one number per class, but was given {got}: leave out argmax",
                    got=str(loss.input.dtype).removeprefix("torch."))  # fmt: skip
    above = (*(lines_above(*facts.frame) if facts.frame else ()), *([loss.line] if loss.line else []))
    line = next((line for line in above if _ARGMAX.search(line.text)), None)
    offer = sentence("K053", "use the output before argmax")
    if line is None:
        return Finding(said, (Fix(offer),), code="K053", is_outside=True)
    return Finding(said, (Fix(offer, line.text, _ARGMAX.sub("", line.text, count=1), line=line),), code="K053",
                   is_outside=True)  # fmt: skip


_ARGMAX = re.compile(r"\.argmax\((?:dim=)?-?\d*\)")


def _cast(facts: Facts, wanted: str, got: str) -> Finding:
    said = sentence("K053", "the loss takes {wanted} targets but was given {got}", wanted=wanted, got=got)
    method = _METHODS.get(wanted, f".to(torch.{wanted})")
    dtype = getattr(torch, wanted, torch.float32)
    squeeze = _extra_axis(facts, wanted)
    mend = Mend(target=f"{{}}{squeeze}{method}",
                turn_target=lambda t: (t.squeeze(1) if squeeze else t).to(dtype))  # fmt: skip
    return Finding(said, tuple(mended(facts, mend, lambda code: sentence(
        "K053", "convert the target to that type: {code}", code=code))), is_outside=True)  # fmt: skip


def _extra_axis(facts: Facts, wanted: str) -> str:
    shapes = facts.loss.shapes if facts.loss else None
    more = shapes is not None and len(shapes[0]) == len(shapes[1]) > 1 and shapes[1][1] == 1 and wanted == "int64"
    return ".squeeze(1)" if more else ""


_METHODS = {"int64": ".long()", "float32": ".float()", "float64": ".double()", "float16": ".half()"}


def _places(facts: Facts, found: re.Match[str]) -> Finding:
    read = found.groupdict()
    shapes = shapes_of(facts, read["input"], read["target"])
    if shapes is None:
        return _written_places(read)
    a, b = shapes
    if facts.loss is not None and isinstance(facts.loss.input, Tensor) and not facts.loss.input.is_floating_point():
        return _scores_lost(facts, facts.loss)
    if a[:1] != b[:1] and len(a) > 1:
        return rows(facts, a[0], b[0] if b else 1)
    wanted = (a[0], *a[2:]) if len(a) > 1 else ()
    said = (
        sentence("K054", "the targets {b} are one-hot; for an output {a} they are class numbers of shape {wanted}, or "
                 "floats", a=a, b=b, wanted=wanted)
        if a == b and len(a) > 1
        else sentence("K054", "for an output {a} the targets are class numbers of shape {wanted}, not {b}", a=a, b=b,
                      wanted=wanted)
    )  # fmt: skip
    return Finding(said, tuple(_shaped(facts, a, b)), is_outside=True)


def _written_places(read: dict[str, str | None]) -> Finding:
    """From the message alone."""
    if read["got"] is not None:
        wanted, got = numbers(read["wanted"] or ""), numbers(read["got"])
        said = sentence("K054", "the targets are {got} but should be {wanted}: axis 1 of the output is read as "
                                "the classes", got=got, wanted=wanted)  # fmt: skip
        line = "output = output.transpose(1, 2)"
        offer = sentence("K054", "if the classes are on the last axis of the output: {line}", line=line)
        return Finding(said, (Fix(offer, None, line),), is_outside=True)
    said = sentence(
        "K054", "the loss takes one class per position: targets (N,) for an output (N, C), (N, H, W) for (N, C, H, W)"
    )
    one = sentence("K054", "if axis 1 has one number: target.squeeze(1)")
    hot = sentence("K054", "if it is one-hot: target.argmax(1)")
    fixes = (Fix(one, None, "target = target.squeeze(1).long()"), Fix(hot, None, "target = target.argmax(1)"))
    return Finding(said, fixes[::-1] if read["scores"] else fixes, is_outside=True)


def _shaped(facts: Facts, a: Shape, b: Shape) -> Iterator[Fix]:
    """Targets of other axes than a class a place, made so."""
    given = facts.loss.target if facts.loss else None
    long = "" if isinstance(given, Tensor) and not given.is_floating_point() else ".long()"
    both = (
        replace(scores, target=target.target, turn_target=target.turn_target)
        for target in _classes_of(a, b, long)
        for scores in _scores_for(a, (b[0], *b[2:]))
        if scores.name is None
    )
    for mend in (*_classes_of(a, b, long), *_scores_for(a, b), *both):
        yield from mended(facts, mend, lambda code: sentence("K054", "give one class per position: {code}", code=code))


def _classes_of(a: Shape, b: Shape, long: str) -> Iterator[Mend]:
    """Classes from a target that has as many axes as the output."""
    if len(b) != len(a) or len(a) < 2:
        return
    if b[1] == 1:
        yield Mend(target=f"{{}}.squeeze(1){long}", turn_target=lambda t: t.squeeze(1).long())
    if b == a:
        yield Mend(target="{}.argmax(1)", turn_target=lambda t: t.argmax(1))
    if b[-1] == a[1] and b != a:
        yield Mend(target="{}.argmax(-1)", turn_target=lambda t: t.argmax(-1))


def _scores_for(a: Shape, b: Shape) -> Iterator[Mend]:
    """Scores for a target that is right as it is."""
    if len(a) == len(b) + 1 and a[:-1] == b and len(b) > 1:
        yield Mend(scores=_last_first(len(a)), turn_scores=lambda x: x.movedim(-1, 1))
    elif len(a) == len(b) + 1 >= 4 and a[:1] == b[:1] and a[2:] != b[1:]:
        yield resized(b[1:])
    if len(a) > 2 and len(b) == 1 and a[0] == b[0]:
        axes = tuple(range(2, len(a)))
        form = "{}.flatten(1)" if set(a[2:]) == {1} else f"{{}}.mean({axes})"
        yield Mend(scores=form, turn_scores=lambda x: x.mean(axes))
    if len(a) == len(b) == 1 or a[1:2] == (1,):
        yield Mend(target="{}.float()", turn_target=lambda t: t.float(), name="binary_cross_entropy_with_logits")


def _last_first(rank: int) -> str:
    return (
        "{}.transpose(1, 2)" if rank == 3 else f"{{}}.permute(0, {rank - 1}, {', '.join(map(str, range(1, rank - 1)))})"
    )


def _weights(_: Facts, found: re.Match[str]) -> Finding:
    C, got = found["C"], numbers(found["got"] or "")
    if C is None or not got:
        said = sentence("K059", "there must be one class weight per output")
        return Finding(said, (Fix(sentence("K059", "len(weight) == output.shape[1]")),), is_outside=True)
    said = sentence(
        "K059", "there are {C} outputs but {got} class weights: each output needs one", C=int(C), got=got[0]
    )
    line = f"weight = torch.ones({C})"
    offer = sentence("K059", "give one weight per class: {line}", line=line)
    return Finding(said, (Fix(offer, None, line),), is_outside=True)


def _between(facts: Facts, found: re.Match[str]) -> Finding:
    which: Any = found["which"]
    loss = facts.loss
    if loss is not None and loss.shapes and not loss.input.is_meta and bool(torch.isnan(loss.input).any()):
        said = sentence("K055", "the output holds NaN, which is not between 0 and 1: it went wrong before the loss")
        look = sentence("K055", "check torch.isnan(output).any() after each layer; try a smaller learning rate")
        return Finding(said, (Fix(look),), is_outside=True)
    if which == "target":
        return _target_between(facts)
    said = sentence(
        "K055", "binary_cross_entropy takes probabilities from 0 to 1, but the output is outside that range"
    )
    logits = Mend(name="binary_cross_entropy_with_logits")
    squashed = Mend(scores="torch.sigmoid({})", turn_scores=torch.sigmoid)
    return Finding(said, (
        *mended(facts, logits, lambda code: sentence("K055", "use the loss that takes scores: {code}", code=code)),
        *mended(facts, squashed, lambda code: sentence("K055", "or turn the scores into probabilities: {code}",
                                                               code=code)),
    ), is_outside=True)  # fmt: skip


def _target_between(facts: Facts) -> Finding:
    loss = facts.loss
    said = sentence("K055", "binary_cross_entropy takes targets from 0 to 1, but these are outside that range")
    mend = Mend(target="{} / 255", turn_target=lambda t: t / 255)
    most = float(loss.target.max()) if loss and loss.shapes and not loss.target.is_meta else None
    if most is not None and most <= 1:
        return Finding(sentence("K055", "the targets go below 0, but must be from 0 to 1"), is_outside=True)
    if most is not None and most < 128:
        look = sentence("K055", "the targets reach {most}: for class numbers use cross_entropy", most=most)
        return Finding(said, (Fix(look),), is_outside=True)
    return Finding(said, tuple(mended(facts, mend, lambda code: sentence(
        "K055", "for a mask from 0 to 255: {code}", code=code))), is_outside=True)  # fmt: skip


ROWS = (
    Cause(
        "K052",
        r"Target (?P<got>-?\d+) is out of bounds|Class values must be (?:smaller than num_classes|non-negative)|"
        r"`?(?:t|cur_target|label) ?>= ?0 && (?:t|cur_target|label) ?< ?n_classes|Assertion `t >= 0",
        "Target 10 is out of bounds.", _range,
    ),
    Cause(
        "K054", r"multi-target not supported|[Oo]nly batches of (?:spatial )?targets supported|"
        r"Expected target size \[(?P<wanted>[^\]]*)\], got \[(?P<got>[^\]]*)\]|"
        r"size mismatch \(got input: ?\[(?P<input>[^\]]*)\] ?, target: ?\[(?P<target>[^\]]*)\]|"
        r"(?P<scores>Expected floating point type for target with class probabilities)|1D target must have size 1",
        "0D or 1D target tensor expected, multi-target not supported", _places,
    ),
    Cause(
        "K053", r"expected target dtype to be (?P<target>\w+)[\w ]*, but got (?P<given>\w+)|"
        r"(?P<scores>one_hot is only applicable to index tensor)|Found dtype (?P<kind>\w+) but expected (?P<type>\w+)|"
        r"can't be cast to the desired output type|expected scalar type \w+ but found \w+|"
        r"\"(?:nll_loss|log_softmax)\w*\" not implemented for '\w+'|for argument #2 'target'",
        "expected target dtype to be Long or Byte, but got Float", _type,
    ),
    Cause(
        "K059",
        r"weight tensor should be defined either for all (?:(?P<C>\d+) )?(?:classes )?or no(?:ne)?(?: classes)?"
        r"(?: but got weight tensor of shape: \[(?P<got>[^\]]*)\])?",
        "weight tensor should be defined either for all 10 classes or no classes but got weight tensor of shape: [9]",
        _weights,
    ),
    Cause(
        "K055",
        r"all elements of (?P<which>input|target) should be between 0 and 1|input_val >= zero && input_val <= one",
        "all elements of input should be between 0 and 1", _between,
    ),
)  # fmt: skip
