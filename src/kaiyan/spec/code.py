"""PyTorch code in and out: a constructor's text, or a layer, to the arguments of Conv and back; nothing is executed."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import ConvError
from kaiyan.spec.call import CodeCall, called, short
from kaiyan.spec.conventions import PADDING_MODES

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
_Signature = tuple[tuple[str, ...], dict[str, Any]]

SIGNATURES: dict[str, _Signature] = {
    "Conv": (_OURS, {}),
    **{f"Conv{rank}d": (_FORWARD, {"rank": rank}) for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": (_TRANSPOSED, {"rank": rank, "transposed": True}) for rank in (1, 2, 3)},
}
"""What can be read: each call, the order of its arguments, and what its name alone says."""

_DEFAULTS: dict[str, Any] = {
    "stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros",
}  # fmt: skip


def arguments(text: str) -> dict[str, Any]:
    """The arguments of ``Conv`` that one line of PyTorch code spells.

    >>> arguments("nn.ConvTranspose1d(8, 4, 3, 2)")["stride"]
    2
    """
    call = called(text)
    if call.name not in SIGNATURES:
        raise not_a_convolution(call)
    order, implied = SIGNATURES[call.name]
    return call.bound(order if implied else (*order, "rank")) | implied


def module_arguments(module: Any) -> dict[str, Any]:
    """The arguments of ``Conv`` that a torch layer holds as attributes."""
    name = next((kind.__name__ for kind in type(module).__mro__ if kind.__name__ in SIGNATURES), None)
    if name is None or name == "Conv":
        raise ConvError(
            "not-a-layer",
            "{kind} is not a convolution layer",
            "one of {known}",
            kind=type(module).__name__,
            known=", ".join(list(SIGNATURES)[1:]),
        )
    order, implied = SIGNATURES[name]
    settings = {argument: getattr(module, argument) for argument in order if argument != "bias"}
    if not settings["in_channels"]:
        raise ConvError(
            "lazy-layer", "{kind} does not know its channels yet", "run it once on an input", kind=type(module).__name__
        )
    return settings | {"bias": module.bias is not None} | implied


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
    if spec.in_channels is None or spec.rank not in (1, 2, 3) or not _in_torch(spec.padding_mode):
        return False
    words = {a.padding for a in spec.axes if isinstance(a.padding, str)}
    if words:
        same = words == {"same"} and all(a.padding == "same" and a.stride == 1 for a in spec.axes)
        return same and not spec.transposed
    return all(a.padding[0] == a.padding[1] for a in spec.axes)


def _in_torch(mode: str) -> bool:
    return mode in PADDING_MODES and f"torch:{mode}" in PADDING_MODES[mode].names


def _one(values: tuple[Any, ...]) -> Any:
    return values[0] if len(set(values)) == 1 else values


def _short_padding(entries: tuple[str | Pads, ...]) -> Any:
    short = tuple(e[0] if not isinstance(e, str) and e[0] == e[1] else e for e in entries)
    if len(set(short)) > 1:
        return short
    return short[0] if isinstance(short[0], (str, int)) else (short[0],)


def not_a_convolution(call: CodeCall) -> ConvError:
    """The refusal of a call that is no convolution of PyTorch, with what to write instead."""
    facts = {"text": short(call.text), "name": call.name}
    if call.name.startswith("Lazy"):
        return ConvError(
            "lazy-code",
            "{text!r} does not say how many input channels it has",
            "give the number of input channels",
            **facts,
        )
    kind = _KIND_OF.get(call.name.lower().replace("_", ""))
    if kind and f".{call.prefix}".endswith(".nn"):
        return ConvError(
            "wrong-case",
            "torch.nn has no {name}; it has {kind}",
            "{line}",
            kind=kind,
            line=call.text.replace(call.name, kind, 1),
            **facts,
        )
    if call.name in LAYER_OF_FUNCTION:
        return ConvError(
            "a-function",
            "{text!r} is a function: its kernel size comes from its weight tensor, which the text does not show",
            "{line}",
            line=_as_layer(call),
            **facts,
        )
    if re.fullmatch(r"(Depthwise|Separable)?Conv\dD(Transpose)?", call.name):
        return ConvError(
            "keras-code",
            "{text!r} is written as in Keras, without the input's channels",
            *(["{line}"] if "Separable" not in call.name else []),
            'kaiyan derive "{text}" SHAPE reads it: Keras puts channels last',
            line=_from_keras(call),
            **facts,
        )
    window = _pooling(call)
    return ConvError(
        "not-a-convolution",
        "{name} is not a convolution",
        "one of {known}",
        *(["a pooling window has the sizes of {window}"] if window else []),
        *(['kaiyan derive "{text}" SHAPE derives its sizes'] if "Pool" in call.name and not window else []),
        known=", ".join(SIGNATURES),
        window=window,
        **facts,
    )


LAYER_OF_FUNCTION = {
    **{f"conv{rank}d": f"Conv{rank}d" for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": f"ConvTranspose{rank}d" for rank in (1, 2, 3)},
}
"""Functions of torch and the layer that does the same."""
_KIND_OF = {kind.lower(): kind for kind in LAYER_OF_FUNCTION.values()}
"""Layers of torch by their names in small letters."""


def _as_layer(call: CodeCall) -> str:
    """The layer to write instead of a function, with the settings that are written."""
    named = {k.arg: ast.unparse(k.value) for k in call.node.keywords if k.arg not in (None, "input", "weight", "bias")}
    order = [name for name in SIGNATURES[LAYER_OF_FUNCTION[call.name]][0][3:] if name not in ("bias", "padding_mode")]
    given = dict(zip(order, map(ast.unparse, call.node.args[3:]), strict=False)) | named
    settings = "".join(f", {name}={value}" for name, value in given.items())
    return f"{LAYER_OF_FUNCTION[call.name]}(in_channels, out_channels, kernel_size{settings})"


def _from_keras(call: CodeCall) -> str:
    """PyTorch's spelling of a layer of Keras; its channels stay open."""
    words = {"filters": "filters", "kernel_size": "kernel_size"}
    order = ["filters", "kernel_size", "strides", "padding"]
    if call.name.startswith("Depthwise"):
        order.remove("filters")
    given = dict(zip(order, map(ast.unparse, call.node.args), strict=False))
    given |= {k.arg: ast.unparse(k.value) for k in call.node.keywords if k.arg}
    filters = given.get("filters", words["filters"] if "filters" in order else "in_channels")
    rank = re.sub(r"\D", "", call.name.removesuffix("D"))[-1:] or "2"
    kind = f"Conv{'Transpose' if 'Transpose' in call.name else ''}{rank}d"
    settings = [f"kernel_size={given.get('kernel_size', 'kernel_size')}"]
    for ours, theirs in (("stride", "strides"), ("padding", "padding"), ("dilation", "dilation_rate")):
        settings += [f"{ours}={given[theirs]}"] if theirs in given else []
    settings += ["groups=in_channels"] if call.name.startswith("Depthwise") else []
    return f"{kind}(in_channels, {filters}, {', '.join(settings)})"


def _pooling(call: CodeCall) -> str:
    """The convolution that has the sizes of this pooling; empty where none has, as with ceil_mode."""
    order = (
        ("kernel_size", "stride", "padding", "dilation") if "Max" in call.name else ("kernel_size", "stride", "padding")
    )
    if "Pool" not in call.name or call.name.startswith(("Adaptive", "Global", "LP", "Fractional")):
        return ""
    written = dict(zip(order, call.node.args, strict=False)) | {k.arg: k.value for k in call.node.keywords}
    if "ceil_mode" in written or "pool_size" in written or len(call.node.args) > len(order):
        return ""
    given = {name: ast.unparse(written[name]) for name in order if name in written}
    if "kernel_size" not in given:
        return ""
    given.setdefault("stride", given["kernel_size"])
    return "Conv(" + ", ".join(f"{name}={given[name]}" for name in order if name in given) + ")"
