"""A model seen as a graph by torch.fx, with its convolutions fused; and why a model is not taken so."""

from __future__ import annotations

import inspect
import operator as op
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx, nn

from kaiyan.nn.acceleration.frozen import freeze
from kaiyan.nn.acceleration.fuse import Reasons, fuse
from kaiyan.nn.acceleration.state import has_drawn, random_state
from kaiyan.nn.acceleration.tensors import version
from kaiyan.nn.layers import Layer
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.structure import tensors

if TYPE_CHECKING:
    from collections.abc import Container


class NotAGraphError(Exception):
    """What a graph would not do as the model does, as a ``sentence``."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.sentence = reason


def by_graph(
    model: nn.Module, inputs: tuple[Any, ...], precision: str, without: Container[str] = (), shadowed: bool = False
) -> tuple[nn.Module, dict[str, str], Reasons]:
    """The model's graph with each convolution, and what follows it, one prepared layer.

    Layers named in ``without`` are left; where ``shadowed``, the model computes with its own layers, and the prepared
    ones beside them. Raises ``NotAGraphError`` where a graph would not do what the model does.
    """
    graph = _traced(model)
    _check_constants(graph, inputs)
    sources, left = fuse(graph, precision, without, shadowed)
    return graph.eval(), sources, left


def _traced(model: nn.Module) -> fx.GraphModule:
    if (reason := _refusal(model)) is not None:
        raise NotAGraphError(reason)
    freeze(model)
    before = random_state()
    try:
        graph = _Tracer().trace(model)
    except Exception as error:
        text = str(error).partition("\n")[0] or type(error).__name__
        raise NotAGraphError(
            sentence("graph-cannot-trace", "torch.fx cannot trace the model: {error}", error=text)
        ) from error
    if has_drawn(before):
        raise NotAGraphError(sentence("graph-random", "it draws random numbers, which a graph would fix"))
    for node in graph.nodes:
        node.type = None  # an annotation that is text would be written into the graph's names, which then do not pickle
    return fx.GraphModule(model, graph)


def _refusal(model: nn.Module) -> Sentence | None:
    """What tracing would lose without a word: choices by an argument's default, and hooks of a group of layers."""
    parameters = inspect.signature(model.forward).parameters.values()
    named = [p.name for p in parameters if p.default is not p.empty or p.kind is not p.POSITIONAL_OR_KEYWORD]
    if named:
        return sentence(
            "graph-arguments", "its forward has other arguments ({names}), which a graph would fix",
            names=", ".join(named),
        )  # fmt: skip
    for name, module in model.named_modules():
        leaf = _Tracer().is_leaf_module(module, name) and module is not model
        if not leaf and any(getattr(module, hooks) for hooks in _HOOKS):
            return sentence("graph-hooks", "{name} has hooks", name=name or type(model).__name__)
    return None


def _check_constants(graph: fx.GraphModule, inputs: tuple[Any, ...]) -> None:
    """Runs it; refuses one that writes into a tensor, or gives one back, that the model makes anew at every call."""
    names = {str(node.target) for node in graph.graph.nodes if node.op == "get_attr"}
    constants = [getattr(graph, name) for name in names if name.startswith("_tensor_constant")]
    before = [version(tensor) for tensor in constants]
    answer = _Shapes(graph).run(*inputs)
    if [version(tensor) for tensor in constants] != before:
        raise NotAGraphError(
            sentence(
                "graph-writes-constant", "it writes into a tensor that it creates, which a graph would create only once"
            )
        )
    memory = {tensor.untyped_storage().data_ptr() for tensor in constants if tensor.numel()}
    if memory & _memory(answer):
        raise NotAGraphError(
            sentence(
                "graph-returns-constant", "it returns a tensor that it creates, which a graph would create only once"
            )
        )


def _memory(answer: Any) -> set[int]:
    """Where the tensors of an answer lie."""
    strided = (tensor for tensor in tensors(answer) if tensor.layout is torch.strided)
    return {tensor.untyped_storage().data_ptr() for tensor in strided}


_HOOKS = ("_forward_hooks", "_forward_pre_hooks")


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, (Layer, torch.jit.ScriptModule)) or super().is_leaf_module(m, module_qualified_name)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Written(node, self)


class _Written(fx.Proxy):
    """torch.fx takes ``x += y`` for ``x = x + y``, but whoever else holds x sees the sum."""

    def __iadd__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.iadd, (self, other), {})

    def __isub__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.isub, (self, other), {})

    def __imul__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.imul, (self, other), {})

    def __itruediv__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", op.itruediv, (self, other), {})


class _Shapes(fx.Interpreter):
    """Notes what each node gives; torch's ``ShapeProp`` prints a traceback where a model cannot be traced."""

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if isinstance(value, Tensor):
            n.meta["val"] = torch.empty_like(value, device="meta")
        return value
