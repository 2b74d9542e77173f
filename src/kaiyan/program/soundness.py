"""Whether shapes, types and settings of a graph fit together: a graph read from a file is run only where they do.

Native routines trust what they are given: a weight of another shape than its layer needs would be read past its end.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.program.graph import ValueKind
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.settings import is_as_asked
from kaiyan.program.size import Symbolic
from kaiyan.program.tensors_file import TYPES_IN_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.program.graph import Graph, Node
    from kaiyan.spec.conv import Shape

_LARGEST_VALUE = 2**40
"""Elements of a value."""
_SOME = 1_000_003
"""A size for every symbol, to see that expressions can be reckoned."""


def ill_formed(graph: Graph) -> str | None:
    """The name of the first input or node that cannot be right whatever the sizes are; None where all may be."""
    symbols = {size.text: _SOME for given in graph.inputs for size in given.shape if isinstance(size, Symbolic)}
    for given in graph.inputs:
        if given.dtype not in TYPES_IN_FILES:
            return given.name
    for node in graph.nodes:
        if not is_as_asked(node) or not _can_be_reckoned(tuple(node.settings.values()), symbols):
            return node.output
    return None


def _can_be_reckoned(setting: Any, symbols: dict[str, int]) -> bool:
    if isinstance(setting, tuple):
        return all(_can_be_reckoned(entry, symbols) for entry in setting)
    if not isinstance(setting, Symbolic):
        return True
    try:
        setting.value(symbols)
    except (ValueError, RecursionError):
        return False
    return True


def unsound(graph: Graph) -> str | None:
    """The name of the first node of a graph without symbols that does not fit its inputs; None where all do."""
    kinds = {given.name: ValueKind(given.shape, given.dtype) for given in graph.inputs}  # type: ignore[arg-type]
    kinds |= {name: ValueKind(array.shape, array.dtype.name) for name, array in graph.constants.items()}
    for node in graph.nodes:
        inputs = [kinds[name] for name in node.inputs]
        if not is_as_asked(node) or not _fits(node, inputs):
            return node.output
        kind = _kind(node, inputs)
        if kind is None or prod(kind.shape) > _LARGEST_VALUE:
            return node.output
        if node.settings.get("residual", False) and inputs[-1] != kind:
            return node.output
        kinds[node.output] = kind
    return None


def _kind(node: Node, inputs: Sequence[ValueKind]) -> ValueKind | None:
    """What a node gives by its own rule, which refuses much."""
    try:
        kind = OPERATIONS[node.operation].kind(node, inputs)
    except (ValueError, TypeError, LookupError, ArithmeticError, MemoryError):
        return None
    return kind if all(size >= 0 for size in kind.shape) else None


def _fits(node: Node, inputs: Sequence[ValueKind]) -> bool:
    one_type = node.operation == "cast" or len({kind.dtype for kind in inputs}) == 1
    if node.operation in _OF_FLOATS and inputs[0].dtype not in ("float16", "float32", "float64"):
        return False
    rule = _RULES.get(node.operation)
    return one_type and (rule is None or rule(node, [kind.shape for kind in inputs]))


_OF_FLOATS = ("convolution", "linear", "matmul", "layer_norm", "group_norm", "softmax")


def _convolution(node: Node, shapes: Sequence[Shape]) -> bool:
    (x, weight), settings = shapes[:2], node.settings
    axes, groups = len(x) - 2, settings.get("groups", 1)
    each = [settings[name] for name in ("stride", "padding", "dilation")]
    more = settings.get("output_padding", 0)
    each += [more] if isinstance(more, tuple) else []
    if axes < 1 or len(weight) != axes + 2 or any(len(entries) != axes for entries in each) or 0 in weight:
        return False
    if tuple(settings.get("kernel", weight[2:])) != weight[2:] or x[1] % groups:
        return False
    C, K = (weight[0], weight[1] * groups) if settings.get("transposed", False) else (weight[1] * groups, weight[0])
    return x[1] == C and K % groups == 0 and (not settings.get("bias", False) or shapes[2] == (K,))


def _linear(node: Node, shapes: Sequence[Shape]) -> bool:
    x, weight = shapes[:2]
    fits = len(x) > 0 and len(weight) == 2 and weight[1] == x[-1]
    return fits and (not node.settings.get("bias", False) or shapes[2] == weight[:1])


def _matmul(node: Node, shapes: Sequence[Shape]) -> bool:
    del node
    a, b = shapes
    return min(len(a), len(b)) >= 2 and a[-1] == b[-2]


def _pool(node: Node, shapes: Sequence[Shape]) -> bool:
    settings, sizes = node.settings, shapes[0][2:]
    if not sizes or any(len(settings[name]) != len(sizes) for name in ("kernel", "stride", "padding", "dilation")):
        return False
    axes = list(zip(sizes, settings["kernel"], settings["padding"], settings["dilation"], strict=True))
    return all(d * (k - 1) + 1 <= n + 2 * p and 2 * p <= d * (k - 1) + 1 for n, k, p, d in axes) and (
        settings["kind"] == "max" or all(d == 1 for _, _, _, d in axes)
    )


def _reduce(node: Node, shapes: Sequence[Shape]) -> bool:
    axes, shape = node.settings["axes"], shapes[0]
    return len(set(axes)) == len(axes) > 0 and max(axes) < len(shape) and all(shape[axis] for axis in axes)


def _layer_norm(node: Node, shapes: Sequence[Shape]) -> bool:
    count, x = node.settings["axes"], shapes[0]
    return count <= len(x) and all(shape == x[len(x) - count :] for shape in shapes[1:])


def _group_norm(node: Node, shapes: Sequence[Shape]) -> bool:
    x = shapes[0]
    return len(x) >= 2 and x[1] > 0 and x[1] % node.settings["groups"] == 0 and all(s == x[1:2] for s in shapes[1:])


def _softmax(node: Node, shapes: Sequence[Shape]) -> bool:
    return bool(node.settings["axis"] < len(shapes[0]))


def _reshape(node: Node, shapes: Sequence[Shape]) -> bool:
    sizes = node.settings["sizes"]
    given, whole = [size for size in sizes if size != -1], prod(shapes[0])
    if len(sizes) - len(given) > 1 or any(size < 0 for size in given):
        return False
    held: int = prod(given)
    return held == whole if len(sizes) == len(given) else held > 0 and whole % held == 0


def _permute(node: Node, shapes: Sequence[Shape]) -> bool:
    return sorted(node.settings["axes"]) == list(range(len(shapes[0])))


def _slice(node: Node, shapes: Sequence[Shape]) -> bool:
    axis, start, stop = (node.settings[name] for name in ("axis", "start", "stop"))
    fits: bool = axis < len(shapes[0]) and 0 <= start <= stop <= shapes[0][axis]
    return fits


def _expand(node: Node, shapes: Sequence[Shape]) -> bool:
    sizes, shape = node.settings["sizes"], shapes[0]
    if len(sizes) < len(shape) or min(sizes, default=0) < 0:
        return False
    return all(n in (1, size) for n, size in zip(reversed(shape), reversed(sizes), strict=False))


def _windows(node: Node, shapes: Sequence[Shape]) -> bool:
    axis, size, dilation = (node.settings[name] for name in ("axis", "size", "dilation"))
    fits: bool = axis < len(shapes[0]) and dilation * (size - 1) < shapes[0][axis]
    return fits


def _concatenate(node: Node, shapes: Sequence[Shape]) -> bool:
    axis = node.settings["axis"]
    return axis < len(shapes[0]) and len({(*shape[:axis], -1, *shape[axis + 1 :]) for shape in shapes}) == 1


def _pad(node: Node, shapes: Sequence[Shape]) -> bool:
    pairs, mode, shape = node.settings["padding"], node.settings["mode"], shapes[0]
    if len(pairs) != len(shape) or any(side < 0 for pair in pairs for side in pair):
        return False
    most = {"reflect": 1, "circular": 0}
    if mode in most:
        return all(max(pair) <= max(n - most[mode], 0) for n, pair in zip(shape, pairs, strict=True))
    return mode == "constant" or all(n or not any(pair) for n, pair in zip(shape, pairs, strict=True))


def _upsample(node: Node, shapes: Sequence[Shape]) -> bool:
    sizes, scales, shape = node.settings["sizes"], node.settings["scales"], shapes[0]
    if len(sizes) != len(shape) - 2 or len(scales) != len(sizes) or not sizes:
        return False
    return min(*sizes, *shape[2:]) > 0 and all(scale is None or 1e-6 < scale < 1e6 for scale in scales)


_RULES: dict[str, Callable[[Node, Sequence[Shape]], bool]] = {
    "convolution": _convolution, "linear": _linear, "matmul": _matmul, "pool": _pool, "reduce": _reduce,
    "layer_norm": _layer_norm, "group_norm": _group_norm, "softmax": _softmax, "reshape": _reshape,
    "permute": _permute, "slice": _slice, "expand": _expand, "windows": _windows, "concatenate": _concatenate,
    "pad": _pad, "upsample": _upsample,
}  # fmt: skip
"""What shapes of inputs an operation asks for beyond what its own rule refuses."""
