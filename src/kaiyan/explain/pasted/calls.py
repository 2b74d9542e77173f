"""Calls of pasted code: its own functions and classes read on, torch's layers and functions called, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.pasted.binding import bind, written
from kaiyan.explain.pasted.known import LISTED, MADE, MOVES, callables, rooms
from kaiyan.explain.pasted.modules import PastedClass, PastedFunction, PastedModule, Refused, module_class
from kaiyan.explain.pasted.plain import ORDERING
from kaiyan.explain.pasted.run import MOST_LAYERS, NESTED, LaterError, NotUnderstoodError, Scope, Unknown, not_called
from kaiyan.explain.pasted.script import with_a_part
from kaiyan.explain.pasted.values import MOST_CALLS, Method, Super, bounded, calls_of, light, too_many_layers
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from kaiyan.explain.pasted.run import ReadingRun

REPEATED = frozenset({"num_layers", "num_encoder_layers", "num_decoder_layers"})
MOST_REPEATED = 48
_RECURRENT = {"num_layers": 2}
_PLACES = {
    "LSTM": _RECURRENT,
    "GRU": _RECURRENT,
    "RNN": _RECURRENT,
    "RNNBase": {"num_layers": 3},
    "Transformer": {"num_encoder_layers": 2, "num_decoder_layers": 3},
    "TransformerEncoder": {"num_layers": 1},
    "TransformerDecoder": {"num_layers": 1},
}
"""Where layers that are made of many take how many."""


def call(
    run: ReadingRun, function: Any, args: tuple[Any, ...], named: dict[str, Any], *, node: ast.Call, scope: Scope
) -> Any:
    """What a call gives; raises what torch raises, and ``NotUnderstoodError`` for what may not be called."""
    if _is_later(run, function, args, named, scope):
        raise LaterError
    bounded((*args, *named.values()), node)
    light(_modules(function, args, named), node)
    if isinstance(function, PastedFunction):
        own = args if function.held is None else (function.held, *args)
        return call_function(run, function, own, named, (node, scope))
    if isinstance(function, PastedClass):
        return _instance(run, function, args, named, node=node, scope=scope)
    if isinstance(function, Method):
        return _method(run, function, args, named, node)
    if isinstance(function, nn.Module):
        return function(*args, **named)
    return _of_torch(run, function, args, named, node=node, scope=scope)


def _modules(function: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Iterator[Any]:
    """What a call may go through from top to bottom: the module that is called, or whose method is, and those given."""
    yield function.held if isinstance(function, Method) else function
    for one in (*args, *named.values()):
        yield from one if _is_list(one) else [one]


def _of_torch(
    run: ReadingRun, function: Any, args: tuple[Any, ...], named: dict[str, Any], *, node: ast.Call, scope: Scope
) -> Any:
    """A class or function of the tables."""
    if not _may_be_called(function):
        if isinstance(function, (Tensor, int, float, tuple, list, str, type(None))):
            raise TypeError(f"'{type(function).__name__}' object is not callable")
        raise not_called(node)
    if isinstance(function, type) and issubclass(function, nn.Module):
        return _layer(run, function, args, named, node=node, scope=scope)
    if function in _made():
        return _tensor(run, function, args, named, node=node, scope=scope)
    plain = {name: one for name, one in named.items() if name not in ("device", "generator", "out")}
    if function in (str, set):
        raise not_called(node)
    return function(*map(_plain, args), **plain)


def _is_later(run: ReadingRun, function: Any, args: tuple[Any, ...], named: dict[str, Any], scope: Scope) -> bool:
    """Whether a call of the text itself works with tensors."""
    if run.is_flowing or run.depth or scope.around is not None:
        return False
    if isinstance(function, nn.Module):
        return True
    held = function.held if isinstance(function, Method) else None
    if isinstance(held, Tensor):
        return function.name not in ("size", "dim", "numel", "requires_grad_")
    if isinstance(function, type) or function in ORDERING:
        return False
    return any(isinstance(one, Tensor) for one in (*args, *named.values()) for one in (one if _is_list(one) else [one]))


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _may_be_called(function: Any) -> bool:
    try:
        return function in callables()
    except TypeError:
        return False


def _made() -> frozenset[Any]:
    return frozenset(one for name, one in rooms()["torch"].items() if name in MADE)


def _plain(value: Any) -> Any:
    return "meta" if isinstance(value, str) and value == "device" else value


def _tensor(
    run: ReadingRun, function: Any, args: tuple[Any, ...], named: dict[str, Any], *, node: ast.Call, scope: Scope
) -> Any:
    """A tensor from sizes: without values, and an input of the flow where the text itself makes it."""
    plain = {
        name: one for name, one in named.items() if name in ("dtype", "size", "fill_value", "steps", "end", "high")
    }
    made: Tensor = function(*(1 if isinstance(one, Tensor) else one for one in args), **plain, device=run.device)
    if scope.around is None and not run.is_flowing and run.depth == 0:
        run.inputs[node] = (f"input {len(run.inputs) + 1}", made)
    return made


def _layer(
    run: ReadingRun,
    kind: type[nn.Module],
    args: tuple[Any, ...],
    named: dict[str, Any],
    *,
    node: ast.Call,
    scope: Scope,
) -> nn.Module:
    """A layer of torch, on meta: nothing is allocated. Where torch refuses it, a layer that says so when run."""
    if any(isinstance(one, Unknown) for one in args):
        raise next(one.why for one in args if isinstance(one, Unknown))
    _counted(run, kind, args, named, node)
    plain = {name: one for name, one in named.items() if name != "device"}
    with torch.device("meta"):
        try:
            made: nn.Module = run.within(node, scope, lambda: kind(*args, **plain))
        except NotUnderstoodError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever torch's constructor raises is the user's gate)
            run.failures.append(error)
            made = Refused(error, kind.__name__)
    run.origins[id(made)] = (made, node, scope)
    return made


def _counted(run: ReadingRun, kind: Any, args: tuple[Any, ...], named: dict[str, Any], node: ast.Call) -> None:
    """One layer more, and those that it makes by itself: each of a row is a copy of the whole that was given."""
    places = next((_PLACES[one.__name__] for one in getattr(kind, "__mro__", ()) if one.__name__ in _PLACES), {})
    given = {name: args[n] for name, n in places.items() if n < len(args)} | named
    repeated = max((n for name, n in given.items() if name in REPEATED and isinstance(n, int)), default=0)
    parts = sum(calls_of(one) for one in (*args, *named.values()) if isinstance(one, nn.Module))
    run.made, run.copied = run.made + 1, run.copied + repeated * parts
    for count, most in ((run.made, MOST_LAYERS), (repeated, MOST_REPEATED), (run.copied, MOST_CALLS)):
        if count > most:
            raise too_many_layers(node, most)


def _instance(
    run: ReadingRun, pasted: PastedClass, args: tuple[Any, ...], named: dict[str, Any], *, node: ast.Call, scope: Scope
) -> nn.Module:
    """An instance of a pasted class: an empty one, then its constructor is read."""
    root = pasted.root
    if root is None:
        raise NotUnderstoodError(
            sentence("paste-no-module", "the class {name} is not an nn.Module", name=pasted.name), node
        )
    _counted(run, None, (), {}, node)
    if pasted.kind is nn.Module:
        pasted.kind = module_class(pasted)
    made: nn.Module = pasted.kind.__new__(pasted.kind)
    start = pasted.method("__init__")
    if start is None:
        _started(run, root, made, args, named, node=node)
    else:
        call_function(run, start, (made, *args), named, (node, scope))
    with_a_part(made)
    run.origins[id(made)] = (made, node, scope)
    return made


def _started(
    run: ReadingRun, root: type[nn.Module], made: nn.Module, args: tuple[Any, ...], named: dict[str, Any], *,
    node: ast.Call,
) -> None:  # fmt: skip
    """The constructor of a class of torch, for an instance of a class of the text."""
    _counted(run, root, args, named, node)
    with torch.device("meta"):
        root.__init__(made, *args, **{name: one for name, one in named.items() if name != "device"})


def _method(run: ReadingRun, method: Method, args: tuple[Any, ...], named: dict[str, Any], node: ast.Call) -> Any:
    held, name = method.held, method.name
    if isinstance(held, Super):
        return _of_super(run, held, name, args, named, node=node)
    if held is None:  # torch.nn.init
        return args[0] if args else None
    if isinstance(held, nn.Module):
        return _of_module(held, name, args, named)
    if isinstance(held, Tensor):
        return _of_tensor(held, name, args, named)
    if isinstance(held, list) and len(held) + sum(len(one) for one in args if isinstance(one, list)) > MOST_LAYERS:
        raise too_many_layers(node, MOST_LAYERS)
    found = getattr(held, name)(*args, **named)
    return list(found) if isinstance(held, dict) and name in ("items", "keys", "values") else found


def _of_super(
    run: ReadingRun, held: Super, name: str, args: tuple[Any, ...], named: dict[str, Any], *, node: ast.Call
) -> Any:
    parent = held.owner.base
    if name == "forward":
        return type(held.held).pasted.root.forward(held.held, *args, **named)  # type: ignore[attr-defined]
    if isinstance(parent, PastedClass):
        start = parent.method("__init__")
        if start is not None:
            return call_function(start.run, start, (held.held, *args), named)
        parent = parent.root
    assert parent is not None
    _started(run, parent, held.held, args, named, node=node)
    return None


def _of_module(held: nn.Module, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    if name in ("train", "eval") and all(isinstance(one, bool) for one in args):
        return getattr(held, name)(*args)
    if name in MOVES:
        dtype = next((one for one in args if isinstance(one, torch.dtype)), _DTYPES.get(name))
        return held.to(dtype) if dtype else held
    if name in LISTED:
        return list(getattr(held, name)()) if name != "state_dict" else {}
    return getattr(held, name)(*args, **named)


_DTYPES = {"half": torch.float16, "double": torch.float64, "float": torch.float32}


def _of_tensor(held: Tensor, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    if name in ("to", "cuda", "cpu", "type"):
        dtype = next((one for one in (*args, *named.values()) if isinstance(one, torch.dtype)), None)
        other = next((one for one in args if isinstance(one, Tensor)), None)
        return held.to(dtype or (other.dtype if other is not None else held.dtype))
    return getattr(held, name)(*args, **named)


def call_function(
    run: ReadingRun,
    function: PastedFunction,
    args: tuple[Any, ...],
    named: dict[str, Any],
    site: tuple[ast.Call, Scope] | None = None,
) -> Any:
    """What a function of the text returns; ``site`` is the call of the text."""
    from kaiyan.explain.pasted.statements import executed

    if run.depth >= NESTED:
        raise NotUnderstoodError(sentence("paste-deep-calls", "at most {most} nested calls are read", most=NESTED))
    names = bind(run, function, args, named)
    scope = Scope(names, function.node.name, function.node.lineno, function.scope, function.owner)
    if site is not None:
        scope.given, scope.caller = written(function, site[0]), site[1]
    run.depth += 1
    try:
        return executed(run, function.node.body, scope).value
    finally:
        run.depth -= 1


def is_pasted(module: nn.Module) -> bool:
    """Whether a module is of a class of the text."""
    return isinstance(module, PastedModule)
