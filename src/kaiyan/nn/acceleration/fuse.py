"""A model's graph with every convolution, and what follows it, made one prepared layer.

A BatchNorm is folded into the weight; a sum with another tensor and an activation are computed while the result is
still in registers. A convolution moves down to the last node that it takes in, so that all it needs is there.
"""

from __future__ import annotations

import operator as op
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import fx, nn

from kaiyan.nn.acceleration.activations import FUNCTIONS, METHODS, MODULES
from kaiyan.nn.acceleration.function_call import CONVOLVING, FunctionCall
from kaiyan.nn.acceleration.prepared import Prepared, PreparedLinear, Weighted
from kaiyan.nn.acceleration.shadow import Shadow
from kaiyan.nn.layers import LAYERS, Layer
from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec.conv import Conv

if TYPE_CHECKING:
    from collections.abc import Container

Reasons = dict[str, Sentence]

_SUMS = (op.add, op.iadd, torch.add, "add", "add_")
_IN_PLACE = ("iadd", "isub", "imul", "itruediv", "ifloordiv", "ipow", "imod", "iand", "ior", "ixor", "setitem")
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_TAKEN = (*_CONVOLUTIONS, nn.Linear)


def weighted(layer: Any) -> Weighted:
    """A layer's description and numbers; raises ``ConvError`` where they are not those of a plain convolution."""
    bias = None if layer.bias is None else layer.bias.detach()
    if isinstance(layer, nn.Linear):
        spec = Conv(layer.in_features, layer.out_features, 1, bias=bias is not None, rank=1)
        return Weighted(spec, layer.weight.detach()[..., None], bias)
    spec = layer.spec if isinstance(layer, Layer) else Conv.from_module(layer)
    return Weighted(spec, layer.weight.detach(), bias)


def refusal(layer: Any) -> Sentence | None:
    """Why a layer is left as it is, or None."""
    if is_hooked(layer):
        return sentence("left-hooks", "it has hooks")
    plain = next(kind for kind in (*LAYERS.values(), *_TAKEN) if isinstance(layer, kind))
    pairs = [(getattr(type(layer), name, None), getattr(plain, name, None)) for name in ("forward", "_conv_forward")]
    if "forward" in vars(layer) or any(own is not theirs for own, theirs in pairs):
        return sentence("left-own-forward", "{kind} defines its own forward", kind=type(layer).__name__)
    if not layer.weight.dtype.is_floating_point:
        return sentence("left-weight-dtype", "its weight is {dtype}", dtype=str(layer.weight.dtype))
    return None


def is_hooked(layer: Any) -> bool:
    """Whether something else runs before or after the layer."""
    return bool(layer._forward_hooks or layer._forward_pre_hooks)  # noqa: SLF001


def is_convolution(layer: object) -> bool:
    """Whether it is one of torch's layers or of ours."""
    return isinstance(layer, _CONVOLUTIONS)


def is_taken(layer: object) -> bool:
    """Whether it becomes a prepared layer: a convolution, or a linear layer, which is one of one tap."""
    return isinstance(layer, _TAKEN)


def prepared_layer(convolution: Weighted, layer: object, precision: str) -> Prepared:
    """The prepared layer in the place of ``layer``."""
    return (PreparedLinear if isinstance(layer, nn.Linear) else Prepared)(convolution, precision)


def fuse(
    model: fx.GraphModule, precision: str, without: Container[str] = (), shadowed: bool = False
) -> tuple[dict[str, str], Reasons]:
    """Rewrites the graph in place; what became of each convolution by the name of its layer, and what was left.

    Layers named in ``without`` stay. Where ``shadowed``, all stay, and the prepared ones are computed beside them.
    """
    sources, left = {}, {}
    for node in list(model.graph.nodes):
        name = _name(node)
        if name in without:
            continue
        try:
            convolution = _convolution(model, node)
        except ConvError as error:
            left[name] = error.sentence
            continue
        if isinstance(convolution, Sentence):
            left[name] = convolution
        elif convolution is not None:
            target = _replace(model, node, convolution, precision, shadowed)
            sources[target] = name
    model.delete_all_unused_submodules()
    model.graph.lint()
    model.recompile()
    return sources, left


def _replace(model: fx.GraphModule, node: fx.Node, convolution: Weighted, precision: str, shadowed: bool) -> str:
    """Puts one prepared layer in the place of the chain that begins at ``node``; its name."""
    chain, residual = [node], None
    layer, after = _module(model, node), _following(model, [node])
    linear = isinstance(layer, nn.Linear)
    if after is not None and not linear and isinstance(norm := _module(model, after), _NORMS) and _is_fixed(norm):
        convolution = convolution.with_norm(norm)
        chain.append(after)
        after = _following(model, chain)
    other = None if after is None or linear else _other_summand(model, after, chain[-1])
    if after is not None and other is not None:
        residual = other
        chain.append(after)
        after = _following(model, chain)
    if after is not None and (activation := _activation(model, after)) is not None:
        convolution = replace(convolution, activation=activation)
        chain.append(after)
    target = _free(model, node)
    model.add_submodule(target, prepared_layer(convolution, layer, precision))
    x = node.args[0] if node.args else node.kwargs["input"]
    with model.graph.inserting_before(chain[-1]):
        prepared = model.graph.call_module(target, (x,) if residual is None else (x, residual))
    if shadowed:
        _shadow(model, chain, prepared)
        return target
    chain[-1].replace_all_uses_with(prepared, propagate_meta=True)
    for old in reversed(chain):
        model.graph.erase_node(old)
    return target


def _shadow(model: fx.GraphModule, chain: list[fx.Node], prepared: fx.Node) -> None:
    """The chain stays, moved down to where the prepared layer stands, and is compared with it."""
    for node in chain[:-1]:
        chain[-1].prepend(node)
    model.add_submodule(name := f"{prepared.target}{SHADOW}", Shadow())
    with model.graph.inserting_after(chain[-1]):
        shadow = model.graph.call_module(name)
    chain[-1].replace_all_uses_with(shadow, propagate_meta=True)
    shadow.args = chain[-1], prepared


SHADOW = "_shadow"
"""What ends the name of the comparison of a prepared layer."""


def _convolution(model: fx.GraphModule, node: fx.Node) -> Weighted | Sentence | None:
    layer = _module(model, node)
    if is_taken(layer):
        settings = (*node.args[1:], *(value for name, value in node.kwargs.items() if name != "input"))
        if any(value is not None for value in settings):
            return sentence("left-output-size", "output_size is given when it is called")
        return refusal(layer) or weighted(layer)
    if node.op != "call_function" or node.target not in CONVOLVING:
        return None
    call = FunctionCall.of(node.target, node.args, node.kwargs)
    weight, bias = _constant(model, call.weight), _constant(model, call.bias)
    if weight is None or any(isinstance(value, fx.Node) for value in (weight, bias, *call.settings.values())):
        return sentence("left-settings-computed", "its weight or settings are computed")
    return call.weighted(weight, bias)


def _constant(model: fx.GraphModule, value: Any) -> Any:
    if not isinstance(value, fx.Node):
        return value
    if value.op != "get_attr":
        return value
    tensor: Any = model
    for part in str(value.target).split("."):
        tensor = getattr(tensor, part)
    return tensor.detach()


def _module(model: fx.GraphModule, node: fx.Node) -> Any:
    return model.get_submodule(str(node.target)) if node.op == "call_module" else None


def _following(model: fx.GraphModule, chain: list[fx.Node]) -> fx.Node | None:
    """The only reader of what a chain gives, where nothing before it writes over what the chain has read.

    Names may share memory, so a write is allowed only into what a layer made meanwhile.
    """
    if len(chain[-1].users) != 1:
        return None
    after = next(iter(chain[-1].users))
    new: set[fx.Node] = set()
    between = chain[0].next
    while between is not after:
        if between in chain:
            new.clear()  # a summand is among it
        elif _is_new(model, between):
            new.add(between)
        elif _writes(model, between) and not (between.args and between.args[0] in new):
            return None
        between = between.next
    return after


def _is_new(model: fx.GraphModule, node: fx.Node) -> bool:
    """Whether what the node gives lies in memory of its own."""
    return node.target in CONVOLVING or isinstance(_module(model, node), (Prepared, *_TAKEN, *_NORMS))


def _is_fixed(norm: Any) -> bool:
    return not norm.training and norm.running_mean is not None and not is_hooked(norm)


def _other_summand(model: fx.GraphModule, node: fx.Node, one: fx.Node) -> fx.Node | None:
    """The other tensor of a sum of two of one shape, where the sum is not written over one that is read again."""
    if node.target not in _SUMS or len(node.args) != 2 or node.kwargs:
        return None
    first, second = node.args
    other = second if first is one else first
    if not isinstance(other, fx.Node) or other is one:
        return None
    if _writes(model, node) and other is first and not (_is_new(model, other) and len(other.users) == 1):
        return None
    facts = [(n.meta["val"].shape, n.meta["val"].dtype) for n in (one, other) if "val" in n.meta]
    return other if len(facts) == 2 and facts[0] == facts[1] else None


def _writes(model: fx.GraphModule, node: fx.Node) -> bool:
    name = getattr(node.target, "__name__", str(node.target))
    return bool(
        getattr(_module(model, node), "inplace", False)
        or node.kwargs.get("inplace")
        or "out" in node.kwargs
        or any(argument is True for argument in node.args)  # F.leaky_relu(x, 0.1, True)
        or name in _IN_PLACE
        or (name.endswith("_") and not name.endswith("__"))
    )


def _activation(model: fx.GraphModule, node: fx.Node) -> str | None:
    layer = _module(model, node)
    if layer is not None and is_hooked(layer):
        return None
    if isinstance(layer, nn.GELU):
        return "gelu" if layer.approximate == "none" else None
    if node.op == "call_module":
        return MODULES.get(type(layer))
    if len(node.args) != 1 or set(node.kwargs) - {"inplace"}:
        return None
    known: dict[Any, str] = {"call_function": FUNCTIONS, "call_method": METHODS}.get(node.op, {})
    return known.get(node.target)


def _name(node: fx.Node) -> str:
    """The layer that a node calls, or whose weight it reads."""
    if node.op == "call_module":
        return str(node.target)
    waiting = [node.args[1] if len(node.args) > 1 else node.kwargs.get("weight")] if node.target in CONVOLVING else []
    while waiting:
        source = waiting.pop()
        if isinstance(source, fx.Node):
            if source.op in ("placeholder", "call_module"):
                break  # the weight is made of what comes
            layer, _, own = str(source.target).rpartition(".")
            if source.op == "get_attr" and layer and own.startswith("weight"):
                return layer
            waiting += source.all_input_nodes
    return node.name


def _free(model: fx.GraphModule, node: fx.Node) -> str:
    """A name for the layer in the place of ``node``: a module may be called several times."""
    stem = f"kaiyan_{_name(node).replace('.', '_')}"
    taken = {name for name, _ in model.named_children()}
    return next(n for n in (stem, *(f"{stem}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)
