"""Arithmetic on elements of ATen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.fx import Node as AtenNode

from kaiyan.nn.capture.row import Row, Written, arguments, given

if TYPE_CHECKING:
    from kaiyan.nn.capture.manuscript import Manuscript


class _Operands:
    """The operands of terms: tensors by their numbers, all else as floats."""

    def __init__(self, draft: Manuscript) -> None:
        self.draft = draft
        self.names: list[str] = []

    def of(self, given: Any) -> int | float | None:
        """The operand, or None where a term cannot have it."""
        if isinstance(given, AtenNode):
            if not isinstance(given.meta["val"], torch.Tensor):
                return float(self.draft.number(given))
            known = self.draft.known.get(given)
            if known is not None and known.dim() == 0:
                return None if known.is_complex() else float(known)
            name = self.draft.value(given)
            if name not in self.names:
                self.names.append(name)
            return self.names.index(name)
        return float(given) if isinstance(given, (int, float)) else None


def _mapped(draft: Manuscript, given: list[Any], terms: Any) -> Written:
    """A node of ``terms(operands, first)``, the first being the number of the first term; one tensor at least."""
    operands = _Operands(draft)
    numbers = [operands.of(entry) for entry in given]
    if None in numbers or not operands.names:
        return None
    return draft.map(operands.names, *terms(numbers, len(operands.names)))


def _word(word: str) -> Row:
    """One tensor and a function of it."""
    return lambda draft, node: _mapped(draft, [given(node)[0]], lambda of, _: [(word, *of)])


def _pair(word: str) -> Row:
    """Two operands, the second perhaps multiplied by ``alpha``."""

    def row(draft: Manuscript, node: AtenNode) -> Written:
        alpha = node.kwargs.get("alpha", 1)
        if node.kwargs.get("rounding_mode") is not None:
            return None

        def terms(of: list[Any], first: int) -> Any:
            if alpha == 1:
                return [(word, *of[:2])]
            return [("mul", of[1], of[2]), (word, of[0], first)]

        return _mapped(draft, [*given(node)[:2], *([] if alpha == 1 else [alpha])], terms)

    return row


def _reversed_difference(draft: Manuscript, node: AtenNode) -> Written:
    if node.kwargs.get("alpha", 1) != 1:
        return None
    return _mapped(draft, list(given(node)[:2]), lambda of, _: [("sub", of[1], of[0])])


def _power(draft: Manuscript, node: AtenNode) -> Written:
    x, exponent = given(node)
    word = {2: "square", 0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}.get(exponent)
    if word is not None:
        return _mapped(draft, [x], lambda of, _: [(word, *of)])
    return _mapped(draft, [x, exponent], lambda of, _: [("pow", *of)])


def _clamp(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    x = settings["self"]
    low, high = (settings.get(name, settings.get(f"{name}_val")) for name in ("min", "max"))
    if low is not None and high is not None:
        if (low, high) == (0, 6):
            return _mapped(draft, [x], lambda of, _: [("relu6", *of)])
        return _mapped(draft, [x, low, high], lambda of, _: [("clip", *of)])
    word, bound = ("maximum", low) if high is None else ("minimum", high)
    return _mapped(draft, [x, bound], lambda of, _: [(word, *of)])


def _gelu(draft: Manuscript, node: AtenNode) -> Written:
    word = "gelu" if arguments(node)["approximate"] == "none" else "gelu_tanh"
    return _mapped(draft, [given(node)[0]], lambda of, _: [(word, *of)])


def _leaky_relu(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    return _mapped(draft, [settings["self"], settings["negative_slope"]], lambda of, _: [("leaky_relu", *of)])


def _elu(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    if settings["input_scale"] != 1:
        return None
    given = [settings["self"], settings["alpha"], settings["scale"]]
    return _mapped(draft, given, lambda of, first: [("elu", *of[:2]), ("mul", first, of[2])])


def _celu(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    alpha = settings["alpha"]

    def terms(of: list[Any], first: int) -> Any:
        return [("div", of[0], of[1]), ("elu", first, 1.0), ("mul", first + 1, of[1])]

    return _mapped(draft, [settings["self"], alpha], terms)


def _softplus(draft: Manuscript, node: AtenNode) -> Written:
    settings = arguments(node)
    if settings["beta"] != 1 or settings["threshold"] < 20:
        return None
    return _mapped(draft, [settings["self"]], lambda of, _: [("softplus", *of)])


def _prelu(draft: Manuscript, node: AtenNode) -> Written:
    """max(x, 0) + slope·min(x, 0); the slopes are in the shape to broadcast."""

    def terms(of: list[Any], first: int) -> Any:
        x, slope = of
        return [("maximum", x, 0.0), ("minimum", x, 0.0), ("mul", slope, first + 1), ("add", first, first + 2)]

    return _mapped(draft, list(given(node)[:2]), terms)


def _added_product(word: str) -> Row:
    """The first and value·(a word b)."""

    def row(draft: Manuscript, node: AtenNode) -> Written:
        value = node.kwargs.get("value", 1)

        def terms(of: list[Any], first: int) -> Any:
            return [(word, of[1], of[2]), ("mul", first, of[3]), ("add", of[0], first + 1)]

        return _mapped(draft, [*given(node)[:3], value], terms)

    return row


def _gated(draft: Manuscript, node: AtenNode) -> Written:
    """glu: the first half times the sigmoid of the second."""
    settings = arguments(node)
    x = settings["self"]
    axis = settings["dim"] % x.meta["val"].dim()
    half = draft.number(node.meta["val"].shape[axis])
    whole = draft.value(x)
    a, b = (draft.add("slice", [whole], axis=axis, start=i * half, stop=(i + 1) * half, step=1) for i in range(2))
    return draft.map([a, b], ("sigmoid", 1), ("mul", 0, 2))


def _between(draft: Manuscript, node: AtenNode) -> Written:
    """lerp: a + share·(b - a)."""

    def terms(of: list[Any], first: int) -> Any:
        return [("sub", of[1], of[0]), ("mul", first, of[2]), ("add", of[0], first + 1)]

    return _mapped(draft, list(given(node)[:3]), terms)


_WORDS = (
    "relu", "silu", "sigmoid", "tanh", "hardswish", "hardsigmoid", "mish", "neg", "abs", "exp", "log", "sqrt",
    "rsqrt", "reciprocal", "floor", "ceil", "round", "sin", "cos", "erf",
)  # fmt: skip
_PAIRS = {"add": "add", "sub": "sub", "mul": "mul", "div": "div"}

ROWS: dict[str, Row] = (
    {f"{word}.default": _word(word) for word in _WORDS}
    | {f"{name}.Tensor": _pair(word) for name, word in _PAIRS.items()}
    | {f"{name}.Scalar": _pair(word) for name, word in _PAIRS.items()}
    | {
        "maximum.default": _pair("maximum"),
        "minimum.default": _pair("minimum"),
        "rsub.Scalar": _reversed_difference,
        "rsub.Tensor": _reversed_difference,
        "pow.Tensor_Scalar": _power,
        "pow.Tensor_Tensor": _pair("pow"),
        "square.default": _word("square"),
        "clamp.default": _clamp,
        "clamp_min.default": _clamp,
        "clamp_max.default": _clamp,
        "hardtanh.default": _clamp,
        "gelu.default": _gelu,
        "leaky_relu.default": _leaky_relu,
        "elu.default": _elu,
        "celu.default": _celu,
        "softplus.default": _softplus,
        "_prelu_kernel.default": _prelu,
        "addcmul.default": _added_product("mul"),
        "addcdiv.default": _added_product("div"),
        "glu.default": _gated,
        "lerp.Scalar": _between,
        "lerp.Tensor": _between,
    }
)
