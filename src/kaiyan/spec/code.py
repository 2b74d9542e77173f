"""PyTorch code in and out: a constructor's text, or a layer, to the arguments of Conv and back; nothing is executed."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from kaiyan.spec.error import ConvError

if TYPE_CHECKING:
    from kaiyan.spec.axis import Pads
    from kaiyan.spec.conv import Conv

_FORWARD = (
    "in_channels", "out_channels", "kernel_size", "stride", "padding",
    "dilation", "groups", "bias", "padding_mode",
)  # fmt: skip
_TRANSPOSED = (
    "in_channels", "out_channels", "kernel_size", "stride", "padding",
    "output_padding", "groups", "bias", "dilation", "padding_mode",
)  # fmt: skip
_OURS = (*_FORWARD, "output_padding", "transposed")
_IGNORED = ("device", "dtype")
"""Arguments of torch's layers that say nothing of the convolution."""

_NAMED = re.compile(r"^(\(\w+\):|[\w.]+ *=)\s*")
"""What stands before a call in a printed model or a line of code: (conv1): Conv2d(...), self.conv1 = nn.Conv2d(...)."""

_WORDY = ("padding", "padding_mode")
"""Arguments whose values can be words."""

_Signature = tuple[tuple[str, ...], dict[str, Any]]

CALLS: dict[str, _Signature] = {
    "Conv": (_OURS, {}),
    **{f"Conv{rank}d": (_FORWARD, {"rank": rank}) for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": (_TRANSPOSED, {"rank": rank, "transposed": True}) for rank in (1, 2, 3)},
}
"""What can be read: each call, the order of its arguments, and what its name alone says."""

_DEFAULTS: dict[str, Any] = {
    "stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros",
}  # fmt: skip
_TORCH_MODES = ("zeros", "reflect", "replicate", "circular")


def arguments(text: str) -> dict[str, Any]:
    """The arguments of ``Conv`` that one line of PyTorch code spells.

    >>> arguments("nn.ConvTranspose1d(8, 4, 3, 2)")["stride"]
    2
    """
    call = _call(text)
    name = ast.unparse(call.func).rpartition(".")[2]
    if name not in CALLS:
        raise _not_a_convolution(text, name)
    order, implied = CALLS[name]
    return _bound(text, call, order if implied else (*order, "rank")) | implied


def module_arguments(module: Any) -> dict[str, Any]:
    """The arguments of ``Conv`` that a torch layer holds as attributes."""
    name = next((kind.__name__ for kind in type(module).__mro__ if kind.__name__ in CALLS), None)
    if name is None or name == "Conv":
        raise ConvError(
            "not-a-layer",
            "{kind} is not a convolution layer",
            "one of {known}",
            kind=type(module).__name__,
            known=", ".join(list(CALLS)[1:]),
        )
    order, implied = CALLS[name]
    held = {argument: getattr(module, argument) for argument in order if argument != "bias"}
    if not held["in_channels"]:
        raise ConvError(
            "lazy-layer", "{kind} does not know its channels yet", "run it once on an input", kind=type(module).__name__
        )
    return held | {"bias": module.bias is not None} | implied


def write(spec: Conv) -> str:
    """PyTorch code where PyTorch can say it, ``Conv(...)`` otherwise; ``arguments`` reads both back."""
    torch = _torch_can_say(spec)
    call = f"nn.Conv{'Transpose' if spec.transposed else ''}{spec.rank}d" if torch else "Conv"
    given = spelled(spec) | ({} if torch or spec.rank is None else {"rank": spec.rank})
    if torch:
        given.pop("transposed", None)
    names = [name for name in given if name in ("in_channels", "out_channels")]
    positional = [repr(given.pop(name)) for name in names]
    named = [f"{name}={value!r}" for name, value in given.items()]
    return f"{call}({', '.join(positional + named)})"


def spelled(spec: Conv) -> dict[str, Any]:
    """The shortest arguments that make this description again: equal entries as one, defaults left out."""
    full = {
        "in_channels": spec.in_channels,
        "out_channels": spec.out_channels,
        "kernel_size": _one(tuple(a.kernel for a in spec.axes)),
        "stride": _one(tuple(a.stride for a in spec.axes)),
        "padding": _short_padding(tuple(a.padding for a in spec.axes)),
        "output_padding": _one(tuple(getattr(a, "output_padding", 0) for a in spec.axes)),
        "dilation": _one(tuple(a.dilation for a in spec.axes)),
        "groups": spec.groups,
        "bias": spec.bias,
        "padding_mode": spec.padding_mode,
    }
    given = {name: value for name, value in full.items() if value is not None and value != _DEFAULTS.get(name)}
    return given | ({"transposed": True} if spec.transposed else {})


def _torch_can_say(spec: Conv) -> bool:
    if spec.in_channels is None or spec.rank not in (1, 2, 3) or spec.padding_mode not in _TORCH_MODES:
        return False
    words = {a.padding for a in spec.axes if isinstance(a.padding, str)}
    if words:
        same = words == {"same"} and all(a.padding == "same" and a.stride == 1 for a in spec.axes)
        return same and not spec.transposed
    return all(a.padding[0] == a.padding[1] for a in spec.axes)


def _one(values: tuple[Any, ...]) -> Any:
    return values[0] if len(set(values)) == 1 else values


def _short_padding(entries: tuple[str | Pads, ...]) -> Any:
    short = tuple(e[0] if not isinstance(e, str) and e[0] == e[1] else e for e in entries)
    if len(set(short)) > 1:
        return short
    return short[0] if isinstance(short[0], (str, int)) else (short[0],)


def _call(text: str) -> ast.Call:
    try:
        tree = ast.parse(_NAMED.sub("", text.strip()).removesuffix(","), mode="eval").body
    except (SyntaxError, ValueError, TypeError, AttributeError, MemoryError, RecursionError):
        raise ConvError(
            "not-code", "{text!r} is not a line of Python", 'such as "nn.Conv2d(3, 64, 7, stride=2)"', text=_short(text)
        ) from None
    if not isinstance(tree, ast.Call):
        raise ConvError(
            "not-a-call",
            "{text!r} is not a call of a convolution",
            'such as "nn.Conv2d(3, 64, 7, stride=2)"',
            text=_short(text),
        )
    return tree


def _not_a_convolution(text: str, name: str) -> ConvError:
    if name.startswith("Lazy"):
        return ConvError("lazy-code", "{text!r} leaves its input channels open", "name them", text=_short(text))
    return ConvError(
        "not-a-convolution",
        "{name} is not a convolution",
        "one of {known}",
        *(["a pooling window has the sizes of Conv(kernel_size=2, stride=2)"] if "Pool" in name else []),
        name=name,
        known=", ".join(CALLS),
    )


def _bound(text: str, call: ast.Call, order: tuple[str, ...]) -> dict[str, Any]:
    if len(call.args) > len(order):
        raise ConvError(
            "too-many-arguments",
            "{text!r} has {count} arguments, at most {most} are known",
            text=_short(text),
            count=len(call.args),
            most=len(order),
        )
    pairs = list(zip(order, call.args, strict=False))
    pairs += [(keyword.arg or "**", keyword.value) for keyword in call.keywords]
    bound: dict[str, Any] = {}
    for name, node in pairs:
        if name in _IGNORED:
            continue
        if name not in order or name in bound:
            raise ConvError(
                "unknown-argument",
                "{text!r}: the argument {name!r} is unknown here or given twice",
                "the arguments are {known}",
                text=_short(text),
                name=name,
                known=", ".join(order),
            )
        bound[name] = _literal(text, _quoted(node) if name in _WORDY else node)
    return bound


def _quoted(node: ast.expr) -> ast.expr:
    """PyTorch prints its layers with bare words: Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=same)."""
    return ast.Constant(node.id) if isinstance(node, ast.Name) else node


def _literal(text: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        raise ConvError(
            "not-a-literal",
            "{text!r}: {part!r} is not a number, a word or a tuple of them; code is read, never executed",
            text=_short(text),
            part=_short(ast.unparse(node)),
        ) from None


def _short(text: object) -> str:
    shown = str(text)
    return shown if len(shown) <= 80 else shown[:77] + "..."
