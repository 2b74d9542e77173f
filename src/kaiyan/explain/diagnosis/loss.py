"""The call of a loss that failed: what it was given, the user's line, and whether it takes other tensors."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.statement import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from kaiyan.trace.record import Line

CLASSES = ("cross_entropy", "nll_loss")
"""Losses whose target is a class a place."""
ELEMENTWISE = (
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss",
    "kl_div", "poisson_nll_loss", "gaussian_nll_loss", "soft_margin_loss", "multilabel_soft_margin_loss",
)  # fmt: skip
"""Losses that compare number by number."""
LOSS_FUNCTIONS = (*CLASSES, *ELEMENTWISE, "ctc_loss")
_INPUTS = {"log_probs": "input", "targets": "target"}


@dataclass(frozen=True)
class Loss:
    """A loss by its name in ``torch.nn.functional``, its two tensors, its other arguments, and the line of the call.

    ``is_inside`` where a model computes it in its own forward.
    """

    name: str
    input: Any
    target: Any
    named: Mapping[str, Any] = field(default_factory=dict)
    line: Line | None = None
    is_inside: bool = False

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """Shapes of input and target; None where one of them is no tensor."""
        if not isinstance(self.input, Tensor) or not isinstance(self.target, Tensor):
            return None
        return tuple(self.input.shape), tuple(self.target.shape)

    def takes(self, scores: Any, target: Any, name: str | None = None, **named: Any) -> bool:
        """Whether the loss, or another by ``name``, gives a number for these tensors, without a warning about them."""
        settings = {k: v for k, v in self.named.items() if name in (None, self.name)} | named
        function = getattr(nn.functional, name or self.name)
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.filterwarnings("error", message="Using a target size")
                result = function(scores.detach(), target.detach(), **settings)
        except Exception:  # noqa: BLE001 (whatever torch raises: then it does not take them)
            return False
        return bool(result.is_meta or not torch.isnan(result).any())

    def call(self) -> LossCall | None:
        """The call in the user's line; None where the line does not hold it whole."""
        return call_in(self.line.text, self.name) if self.line else None


@dataclass(frozen=True)
class LossCall:
    """A call of a loss in a line of code: places of the function, of both tensors, and of the closing bracket."""

    text: str
    function: slice
    input: slice
    target: slice
    end: int

    def put(self, *, scores: str = "{}", target: str = "{}", function: str = "", more: str = "") -> str:
        """The line with both expressions written into forms such as ``"{}.squeeze(1)"``."""
        cuts = [
            (self.input, filled(scores, self.text[self.input])),
            (self.target, filled(target, self.text[self.target])),
            (slice(self.end, self.end), more),
        ]
        if function:
            cuts.append((self.function, function))
        text = self.text
        for place, new in sorted(cuts, key=lambda cut: -cut[0].start):
            text = text[: place.start] + new + text[place.stop :]
        return text


def filled(form: str, expression: str) -> str:
    """The form with the expression in it, in brackets where a method is asked of more than a name or a call."""
    node = ast.parse(expression, mode="eval").body
    plain = isinstance(node, (ast.Name, ast.Call, ast.Attribute, ast.Subscript)) or not form.startswith("{}")
    return form.replace("{}", expression if plain or form == "{}" else f"({expression})")


def call_in(text: str, name: str) -> LossCall | None:
    """The call of a loss in one line of code, found by its name or by its two tensors."""
    line = statement(text)
    calls = [node for node in line.parts(ast.Call) if _tensors(node)]
    if not calls:
        return None
    best = max(calls, key=lambda call: _likeness(call, name))
    scores, target = _tensors(best) or (best, best)
    return LossCall(text, line.span(best.func), line.span(scores), line.span(target), line.span(best).stop - 1)


def _tensors(call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """The expressions of input and target."""
    words = {_INPUTS.get(word.arg or "", word.arg): word.value for word in call.keywords}
    given = [*call.args[:2]]
    if any(isinstance(arg, ast.Starred) for arg in given):
        return None
    for name in ("input", "target")[len(given) :]:
        if name not in words:
            return None
        given.append(words[name])
    return given[0], given[1]


def _likeness(call: ast.Call, name: str) -> int:
    written = ast.unparse(call.func).lower()
    own = written.rpartition(".")[2]
    return 3 if own == name else 2 if "loss" in written or "crit" in written else 1


def called_loss(
    frames: tuple[tuple[FrameType, int], ...],
    is_users: Callable[[FrameType], bool],
    line: Callable[[FrameType, int], Line],
) -> Loss | None:
    """The loss among the frames of an exception, outermost first."""
    places = [i for i, (frame, _) in enumerate(frames) if _is_loss(frame)]
    if not places:
        return None
    before = frames[: places[0]]
    values = frames[places[0]][0].f_locals
    name = frames[places[0]][0].f_code.co_name
    users = [line(frame, number) for frame, number in before if is_users(frame)]
    named = {k: v for k, v in values.items() if k in _SETTINGS and v is not None}
    scores, target = (values.get(k, values.get(other)) for k, other in (("input", "log_probs"), ("target", "targets")))
    return Loss(name, scores, target, named, users[-1] if users else None, any(_is_models(f) for f, _ in before))


_SETTINGS = (
    "weight",
    "pos_weight",
    "ignore_index",
    "label_smoothing",
    "input_lengths",
    "target_lengths",
    "blank",
    "var",
)


def _is_loss(frame: FrameType) -> bool:
    return frame.f_code.co_name in LOSS_FUNCTIONS and frame.f_globals.get("__name__") == "torch.nn.functional"


def is_loss(module: Any) -> bool:
    """Whether a module is one of PyTorch's losses."""
    return type(module).__module__ == "torch.nn.modules.loss"


def _is_models(frame: FrameType) -> bool:
    """Whether the frame is the call of a module that is no loss."""
    module = frame.f_locals.get("self")
    return frame.f_code.co_name == "_call_impl" and isinstance(module, nn.Module) and not is_loss(module)


def written_loss(text: str, line: Line | None) -> str | None:
    """The name of the loss that a traceback or its last line names; None where none is."""
    lower = f"{text}\n{line.text if line else ''}".lower().replace("crossentropy", "cross_entropy")
    squeezed = lower.replace("_", "")
    words = {"bcewithlogits": "binary_cross_entropy_with_logits", "bceloss": "binary_cross_entropy"}
    named = [name for word, name in words.items() if word in squeezed]
    named += [
        name
        for name in LOSS_FUNCTIONS
        if f"in {name}" in lower or f"{name}(" in lower or f"{name.replace('_', '')}" in squeezed
    ]
    return max(named, key=len) if named else None
