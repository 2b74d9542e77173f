"""Ways out of a loss's failure: its line with other tensors in it, tried on those that it was given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import numbers
from kaiyan.explain.diagnosis.fixes import Fix, edited, replaced
from kaiyan.explain.diagnosis.loss import CLASSES, LossCall, call_in, filled, written_loss
from kaiyan.trace.rebuild import is_convolution, rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.loss import Loss
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.conv import Shape


def _same(tensor: Tensor) -> Tensor:
    return tensor


@dataclass(frozen=True)
class Mend:
    """The two tensors of a loss written otherwise, and the same done to them.

    ``scores`` and ``target`` are forms such as ``"{}.squeeze(1)"``; ``name`` is another loss; ``named`` are settings.
    """

    scores: str = "{}"
    target: str = "{}"
    turn_scores: Callable[[Tensor], Tensor] = _same
    turn_target: Callable[[Tensor], Tensor] = _same
    name: str | None = None
    named: Mapping[str, Any] = field(default_factory=dict)

    @property
    def more(self) -> str:
        """The settings as they are written at the end of a call."""
        return "".join(f", {name}={value!r}" for name, value in self.named.items())

    def code(self, call: LossCall | None) -> str:
        """What is new, as a reader writes it."""
        scores, target = (call.text[call.input], call.text[call.target]) if call else ("output", "target")
        texts = [filled(form, name) for form, name in ((self.scores, scores), (self.target, target))]
        if self.name:
            return f"F.{self.name}({', '.join(texts)}{self.more})"
        return ", ".join(text for text, form in zip(texts, (self.scores, self.target), strict=True) if form != "{}")

    def holds(self, loss: Loss) -> bool:
        """Whether the loss takes the tensors so changed."""
        try:
            scores, target = self.turn_scores(loss.input.detach()), self.turn_target(loss.target.detach())
        except (RuntimeError, IndexError, TypeError, ValueError):
            return False
        return loss.takes(scores, target, self.name, **self.named)


def resized(size: Shape) -> Mend:
    """The output in the target's size, smoothly where it is a picture."""
    mode = "bilinear" if len(size) == 2 else "nearest"
    return Mend(
        scores=f'F.interpolate({{}}, size={size}, mode="{mode}")',
        turn_scores=lambda x: nn.functional.interpolate(x, size=size, mode=mode),
    )


def call_of(facts: Facts) -> LossCall | None:
    """The call of the loss in the user's line, from the exception or from a pasted traceback."""
    if facts.loss is not None:
        return facts.loss.call()
    name = written_loss(facts.text, facts.line)
    return call_in(facts.line.text, name) if facts.line and name else None


def mended(facts: Facts, mend: Mend, words: Callable[[str], Sentence]) -> Iterator[Fix]:
    """The fix, where the loss takes it or nothing is known to try it on; ``words`` say it around its code."""
    loss, call = facts.loss, call_of(facts)
    known = loss is not None and loss.shapes is not None
    if known and loss is not None:
        holding = next((each for each in (mend, _cast(mend, loss)) if each.holds(loss)), None)
        if holding is None:
            return
        mend = holding
    code = mend.code(call)
    line = loss.line if loss else facts.line
    if call is None or line is None:
        yield Fix(words(code), None, _assigned(mend), tried=known)
        return
    after = call.put(scores=mend.scores, target=mend.target, function=f"F.{mend.name}" if mend.name else "",
                     more=mend.more)  # fmt: skip
    if loss is not None and loss.is_inside and facts.record is not None and facts.record.error is not None:
        yield edited(words(code), line, facts.path or "", line.text, after)
        return
    yield Fix(words(code), line.text, after, tried=known, line=line)


def _cast(mend: Mend, loss: Loss) -> Mend:
    """The same with the target in the type that the loss takes, where two things are wrong at once."""
    name = mend.name or loss.name
    method, dtype = (".long()", torch.long) if name in CLASSES else (".float()", torch.float)
    return replace(mend, target=f"{mend.target}{method}", turn_target=lambda t: mend.turn_target(t).to(dtype))


def _assigned(mend: Mend) -> str:
    """The change on lines of its own, where the call is not in sight."""
    if mend.name or mend.named:
        return f"loss = {mend.code(None)}"
    lines = [("output", mend.scores), ("target", mend.target)]
    return "\n".join(f"{name} = {form.replace('{}', name)}" for name, form in lines if form != "{}")


def last_layer(facts: Facts, n: int, words: Callable[[str], Sentence]) -> Iterator[Fix]:
    """The model's last layer with ``n`` outputs; only the words of it where the model is not known."""
    steps = [step for step in facts.done if step.is_module and facts.model is not None]
    layers = [(step, facts.model.get_submodule(step.path)) for step in steps if facts.model is not None]
    last = [(s, m) for s, m in layers if isinstance(m, nn.Linear) or is_convolution(m)][-1:]
    if not last:
        yield Fix(words(f"out_features={n}"), None, f"out_features={n}")
    for step, layer in last:
        name = "out_features" if isinstance(layer, nn.Linear) else "out_channels"
        made = rebuilt(layer, **{name: n})
        if made is not None:
            yield replaced(words(f"{name}={n}"), layer, step.path, made)


def shapes_of(facts: Facts, scores: str | None, target: str | None) -> tuple[Shape, Shape] | None:
    """Shapes of output and target: those of the tensors, else those of the message; None where neither tells."""
    if facts.loss is not None and facts.loss.shapes is not None:
        return facts.loss.shapes
    return None if scores is None or target is None else (numbers(scores), numbers(target))
