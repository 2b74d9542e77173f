"""What the settings of every operation may be, and how many inputs it has: what a file says is held against this."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.operations.elementwise import ELEMENT_FUNCTIONS
from kaiyan.program.operations.gathering import REDUCTIONS
from kaiyan.program.size import Symbolic
from kaiyan.program.tensors_file import TYPES_IN_FILES
from kaiyan.reference.activation import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from kaiyan.program.graph import Node

_LARGEST = 2**31


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda setting: type(setting) is int and least <= setting <= _LARGEST


def _size(setting: Any) -> bool:
    return isinstance(setting, Symbolic) or (type(setting) is int and -1 <= setting <= _LARGEST)


def _each(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda setting: isinstance(setting, tuple) and len(setting) <= 16 and all(map(check, setting))


def _of(words: Collection[Any]) -> Callable[[Any], bool]:
    return lambda setting: any(type(setting) is type(word) and setting == word for word in words)


def _or(*checks: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda setting: any(check(setting) for check in checks)


def _flag(setting: Any) -> bool:
    return isinstance(setting, bool)


def _number(setting: Any) -> bool:
    return type(setting) in (int, float)


def _pair(setting: Any) -> bool:
    return isinstance(setting, tuple) and len(setting) == 2 and all(_or(_whole(0), _size)(side) for side in setting)


def _term(setting: Any) -> bool:
    if not isinstance(setting, tuple) or not setting or setting[0] not in ELEMENT_FUNCTIONS:
        return False
    return len(setting) - 1 in operands_of(setting[0]) and all(_number(operand) for operand in setting[1:])


def operands_of(word: str) -> range:
    """How many operands a word of a term may have: parameters that come last may be left out."""
    function = ELEMENT_FUNCTIONS[word]
    if isinstance(function, np.ufunc):
        return range(function.nin, function.nin + 1)
    parameters = inspect.signature(function).parameters.values()
    return range(sum(each.default is each.empty for each in parameters), len(parameters) + 1)


def _terms(setting: Any) -> bool:
    return isinstance(setting, tuple) and 0 < len(setting) <= 1000 and all(map(_term, setting))


_NONE = _of((None,))
_LAYER: dict[str, Callable[[Any], bool]] = {
    "bias": _flag, "residual": _flag, "activation": _or(_NONE, _of(ACTIVATIONS)),
}  # fmt: skip

REQUIRED: dict[str, dict[str, Callable[[Any], bool]]] = {
    "convolution": {
        "stride": _each(_whole(1)), "padding": _each(_pair), "dilation": _each(_whole(1)),
    },
    "linear": {},
    "matmul": {},
    "pool": {
        "kind": _of(("max", "average")), "kernel": _each(_whole(1)), "stride": _each(_whole(1)),
        "padding": _each(_whole(0)), "dilation": _each(_whole(1)), "ceil_mode": _flag, "count_include_pad": _flag,
        "divisor_override": _or(_NONE, _whole(1)),
    },
    "map": {"terms": _terms},
    "cast": {"dtype": _of(TYPES_IN_FILES)},
    "reduce": {"axes": _each(_whole(0)), "kind": _of(REDUCTIONS), "keep": _flag},
    "layer_norm": {"axes": _whole(1), "eps": _number, "weight": _flag, "bias": _flag},
    "group_norm": {"groups": _whole(1), "eps": _number, "weight": _flag, "bias": _flag},
    "softmax": {"axis": _whole(0)},
    "reshape": {"sizes": _each(_size)},
    "permute": {"axes": _each(_whole(0))},
    "slice": {"axis": _whole(0), "start": _size, "stop": _size, "step": _whole(1)},
    "expand": {"sizes": _each(_size)},
    "windows": {"axis": _whole(0), "size": _whole(1), "step": _whole(1), "dilation": _whole(1)},
    "concatenate": {"axis": _whole(0)},
    "pad": {"padding": _each(_pair), "mode": _of(("constant", "reflect", "replicate", "circular"))},
    "upsample": {
        "sizes": _each(_size), "mode": _of(("nearest", "linear")), "scales": _each(_or(_NONE, _number)),
        "align_corners": _flag,
    },
}  # fmt: skip
"""By the name of the operation: settings that it must have."""

_OPTIONAL: dict[str, dict[str, Callable[[Any], bool]]] = {
    "convolution": _LAYER | {
        "kernel": _each(_whole(1)), "groups": _whole(1), "transposed": _flag,
        "padding_mode": _of(("zeros", "reflect", "replicate", "circular")),
        "output_padding": _or(_whole(0), _each(_whole(0))),
    },
    "linear": _LAYER,
    "pad": {"value": _number},
}  # fmt: skip

_INPUTS = {"matmul": 2, "pool": 1, "cast": 1, "reduce": 1, "softmax": 1, "reshape": 1, "permute": 1, "slice": 1,
           "expand": 1, "windows": 1, "pad": 1, "upsample": 1}  # fmt: skip


def is_as_asked(node: Node) -> bool:
    """Whether a node has the settings of its operation, of their types, and as many inputs as they say."""
    required, optional = REQUIRED[node.operation], _OPTIONAL.get(node.operation, {})
    settings = node.settings
    if not required.keys() <= settings.keys() <= required.keys() | optional.keys():
        return False
    if not all((required | optional)[name](setting) for name, setting in settings.items()):
        return False
    if node.operation in ("convolution", "linear"):
        return len(node.inputs) == 2 + bool(settings.get("bias", False)) + bool(settings.get("residual", False))
    if node.operation in ("layer_norm", "group_norm"):
        return len(node.inputs) == 1 + bool(settings["weight"]) + bool(settings["bias"])
    if node.operation == "map":
        return _reads_what_is_there(node)
    return len(node.inputs) == _INPUTS.get(node.operation, max(len(node.inputs), 1))


def _reads_what_is_there(node: Node) -> bool:
    """Whether every operand is an input, a term before, or a number."""
    count = len(node.inputs)
    return count > 0 and all(
        isinstance(operand, float) or 0 <= operand < count + number
        for number, term in enumerate(node.settings["terms"])
        for operand in term[1:]
    )
