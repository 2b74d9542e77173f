"""From pasted text to a model and its inputs: layers are made on meta, the flow of tensors is left for the record."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.pasted.expressions import value
from kaiyan.explain.pasted.known import QUIET, UNDERSTOOD, layers, words
from kaiyan.explain.pasted.modules import PastedClass, PastedModule
from kaiyan.explain.pasted.plain import BUILTINS
from kaiyan.explain.pasted.run import Later, LaterError, NotUnderstoodError, ReadingRun, Unknown, begun, too_many_steps
from kaiyan.explain.pasted.script import Script, stored_names
from kaiyan.explain.pasted.statements import statement
from kaiyan.explain.pasted.values import MOST_CALLS, calls_of, too_many_layers
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kaiyan.explain.pasted.paste import Paste

MOST_STATEMENTS = 20_000
"""Statements of the text itself that are read, those of its ``main`` at each call."""


@dataclass
class Reading:
    """``model`` and the inputs that the text makes (``names``: those it only asks for); ``failure``: no model was made.

    ``failing`` is the statement of the failure; ``remarks`` say what was taken to be meant.
    """

    run: ReadingRun
    model: nn.Module | None = None
    inputs: tuple[Tensor, ...] = ()
    names: tuple[str, ...] = ()
    failure: Exception | None = None
    failing: ast.stmt | None = None
    remarks: tuple[Sentence, ...] = ()
    flow: list[ast.stmt] = field(default_factory=list)
    shown: list[nn.Module] = field(default_factory=list)
    earlier: dict[str, Any] = field(default_factory=dict)
    """What names hold when the flow begins that it gives something else to."""

    @property
    def paste(self) -> Paste:
        """What was read."""
        return self.run.paste


def read(text: Paste) -> Reading:
    """What pasted code makes; nothing of it is executed, and nothing is imported for it."""
    run = begun(text)
    reading = Reading(run)
    body = list(islice(_flat(text.tree.body), MOST_STATEMENTS))
    free = tuple(_free(body))
    run.top.names.update(dict.fromkeys(free, Later()))
    if _asks_self(body):
        run.top.names["self"] = nn.Module()
    for node in _with_class(body):
        _read_one(reading, node)
    try:
        _choose(reading, free)
    except NotUnderstoodError as error:
        run.note(error, text.tree)
    run.is_flowing = False
    if reading.model is not None and calls_of(reading.model) > MOST_CALLS:
        reading.model = None
        run.note(too_many_layers(text.tree, MOST_CALLS), text.tree)
    return reading


def _flat(body: Sequence[ast.stmt], known: dict[str, ast.FunctionDef] | None = None) -> Iterator[ast.stmt]:
    """The statements of a text, those under ``if __name__ == "__main__"`` and of a ``main`` among them."""
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        main = _called_main(node, functions if known is None else known)
        if _is_opened(node):
            yield from _flat(node.body, functions if known is None else known)  # type: ignore[attr-defined]
        elif main is not None:
            yield from (part for part in main.body if not isinstance(part, ast.Return))
        else:
            yield node


def _is_opened(node: ast.stmt) -> bool:
    """Whether what stands inside belongs to the text itself."""
    if isinstance(node, ast.If):
        return "__name__" in ast.unparse(node.test)[:40]
    return isinstance(node, ast.With) and ast.unparse(node.items[0]).startswith(("torch.no_grad", "torch.inference"))


def _called_main(node: ast.stmt, functions: dict[str, ast.FunctionDef]) -> ast.FunctionDef | None:
    match node:
        case ast.Expr(ast.Call(ast.Name(name), [], [])) if name in functions and not functions[name].args.args:
            return functions[name]
    return None


def _free(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Names that the text's own statements ask for and that nothing gives: the tensors it is to be run on."""
    stored: set[str] = set()
    asked: list[str] = []
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            stored.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            stored.update((one.asname or one.name).partition(".")[0] for one in node.names)
        else:
            asked += [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id not in stored]
            stored.update(stored_names(node))
    known = {*UNDERSTOOD, *BUILTINS, *QUIET, *layers(), "self", "super"}
    yield from (name for name in dict.fromkeys(asked) if name in _TENSORS and name not in known and _first(name, body))


_TENSORS = words("x X inp inputs input_tensor image images img imgs data batch features input_ids tokens x1 x2 y z")
"""Names of what a model is given, where the text does not say it."""


def _first(name: str, body: Sequence[ast.stmt]) -> bool:
    """Whether a name is asked for before anything is given to it."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        loaded = any(isinstance(p, ast.Name) and p.id == name and isinstance(p.ctx, ast.Load) for p in ast.walk(node))
        if loaded or name in stored_names(node):
            return loaded
    return False


def _asks_self(body: Sequence[ast.stmt]) -> bool:
    """Whether lines of a constructor stand there without it."""
    plain = [node for node in body if not isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return any(isinstance(part, ast.Name) and part.id == "self" for node in plain for part in ast.walk(node))


def _with_class(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Methods without their class become one."""
    loose = [
        node
        for node in body
        if isinstance(node, ast.FunctionDef) and node.args.args[:1] and node.args.args[0].arg == "self"
    ]
    if not any(node.name == "forward" for node in loose):
        yield from body
        return
    base = ast.Attribute(ast.Name("nn", ast.Load()), "Module", ast.Load())
    made = ast.ClassDef("Net", [base], [], [*loose], [])
    for part in (made, base, base.value):
        ast.copy_location(part, loose[0])
    yield from (node for node in body if node not in loose)
    yield made


def _read_one(reading: Reading, node: ast.stmt) -> None:
    run, names = reading.run, reading.run.top.names
    try:
        if isinstance(node, ast.Expr):
            _shown(reading, node)
        else:
            statement(run, node, run.top)
    except LaterError:
        reading.flow.append(node)
        reading.earlier.update(
            (name, names[name]) for name in stored_names(node) if not isinstance(names.get(name), Later | None)
        )
        names.update(dict.fromkeys(stored_names(node), Later()))
    except NotUnderstoodError as error:
        run.note(error, node)
    except RecursionError:
        run.note(too_many_steps(node), node)
    except Exception as error:  # noqa: BLE001 (whatever torch raises of the user's settings is what is explained)
        run.depth = 0
        if reading.failure is None:
            reading.failure, reading.failing = error, node
        names.update(
            dict.fromkeys(
                stored_names(node), Unknown(NotUnderstoodError(sentence("paste-not-made", "it was not made"), node))
            )
        )


def _shown(reading: Reading, node: ast.Expr) -> None:
    """An expression by itself: a layer, or several behind one another, are lines of a network."""
    if isinstance(node.value, ast.Constant):
        return
    held = value(reading.run, node.value, reading.run.top)
    parts = held if isinstance(held, (tuple, list)) else [held]
    reading.shown += [part for part in parts if isinstance(part, nn.Module)]


def _choose(reading: Reading, free: tuple[str, ...]) -> None:
    """The model: the statements that work with tensors, else what the text makes last."""
    run = reading.run
    if reading.flow:
        _scripted(reading, free)
        return
    named = {name: held for name, held in run.top.names.items() if isinstance(held, nn.Module) and not _is_loss(held)}
    made = [held for name, held in named.items() if name != "self"]
    own = named.get("self")
    if own is not None and any(True for _ in own.children()):
        made = [*made, *own.children()]
    whole = [held for held in made if not any(held in other.modules() for other in made if other is not held)]
    wholes = [*dict.fromkeys([*whole, *reading.shown])]
    containers = [held for held in wholes if isinstance(held, PastedModule) or any(True for _ in held.children())]
    if containers and not _is_chain(wholes):
        reading.model = containers[-1]
    elif wholes:
        reading.model = wholes[0] if len(wholes) == 1 else nn.Sequential(*wholes)
        if len(wholes) > 1:
            reading.remarks += (sentence("paste-in-line-order", "the layers are run in the order of their lines"),)
    elif reading.failure is None:
        _made_of_class(reading)
    reading.inputs = tuple(tensor for _, tensor in run.inputs.values())


def _is_chain(wholes: list[nn.Module]) -> bool:
    """Whether layers and small groups of them follow one another, rather than a model beside its parts."""
    return len(wholes) > 1 and not any(isinstance(held, PastedModule) for held in wholes)


def _is_loss(module: nn.Module) -> bool:
    return type(module).__name__.endswith("Loss")


def _scripted(reading: Reading, free: tuple[str, ...]) -> None:
    run = reading.run
    names = {name: held for name, held in run.top.names.items() if not isinstance(held, Later)} | reading.earlier
    held = dict(run.inputs.values())
    own_names = tuple(
        (place, *(name for name, one in names.items() if one is tensor)) for place, tensor in held.items()
    )
    own: dict[str, Any] = {
        "run": run, "flow": tuple(reading.flow), "inputs": (*own_names, *((name,) for name in free)),
        "__module__": "pasted",
    }  # fmt: skip
    reading.model = type("Script", (Script,), own)({n: one for n, one in names.items() if not _is_input(one, held)})
    reading.inputs, reading.names = tuple(held.values()), free


def _is_input(value: Any, held: dict[str, Tensor]) -> bool:
    return any(value is tensor for tensor in held.values())


def _made_of_class(reading: Reading) -> None:
    """An instance of the last class of the text, with usual numbers where it asks for some."""
    run = reading.run
    classes = [held for held in run.top.names.values() if isinstance(held, PastedClass) and held.root is not None]
    if not classes:
        return
    chosen = classes[-1]
    named, said = _usual(chosen)
    call = ast.parse(f"{chosen.name}()", mode="eval").body
    assert isinstance(call, ast.Call)
    for part in ast.walk(call):
        if isinstance(part, ast.expr):
            ast.copy_location(part, chosen.node)
    from kaiyan.explain.pasted.calls import call as called

    run.depth = 1
    try:
        reading.model = run.within(
            chosen.node, run.top, lambda: called(run, chosen, (), named, node=call, scope=run.top)
        )
    except NotUnderstoodError as error:
        run.note(error, chosen.node)
    except Exception as error:  # noqa: BLE001 (whatever torch raises of the user's settings is what is explained)
        reading.failure, reading.failing = error, chosen.node
    finally:
        run.depth = 0
    if said:
        reading.remarks += (
            sentence("paste-made-with", "{name} is made with {settings}", name=chosen.name, settings=said),
        )


_USUAL: dict[str, Any] = {
    "num_classes": 10, "n_classes": 10, "classes": 10, "nclass": 10, "in_channels": 3, "in_ch": 3, "n_channels":
    3, "inp": 16, "in_planes": 64, "inplanes": 64, "planes": 64, "out_channels": 64, "out_ch": 64, "channels": 64,
    "dim": 64, "hidden": 64, "hidden_dim": 64, "hidden_size": 64, "hidden_channels": 64, "input_size": 64,
    "input_dim": 64, "output_size": 10, "output_dim": 10, "vocab_size": 1000, "embed_dim": 64, "embedding_dim":
    64, "d_model": 64, "features": 64, "c1": 64, "c2": 64, "dropout": 0.1, "stride": 1, "kernel_size": 3, "nc": 3,
    "nz": 100, "ngf": 64, "ndf": 64,
}  # fmt: skip


def _usual(chosen: PastedClass) -> tuple[dict[str, Any], str]:
    start = chosen.method("__init__")
    if start is None:
        return {}, ""
    spec = start.node.args
    needed = [one.arg for one in spec.args[1 : len(spec.args) - len(spec.defaults)]]
    named = {name: _USUAL[name] for name in needed if name in _USUAL}
    return named, ", ".join(f"{name}={number}" for name, number in named.items())
