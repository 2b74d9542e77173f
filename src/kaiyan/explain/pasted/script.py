"""The statements of a text that work with tensors, as a module: what is recorded, and into which fixes are put."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from kaiyan.explain.pasted.run import NotUnderstoodError, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kaiyan.explain.pasted.run import ReadingRun


class Script(nn.Module):
    """``kept`` are the names of the text that its flow may ask for; their layers are the module's own."""

    run: ClassVar[ReadingRun]
    flow: ClassVar[tuple[ast.stmt, ...]] = ()
    inputs: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The names of each input: its place in the text, and the name it was given there."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__()
        self.kept = dict(names)
        for name, held in names.items():
            layers = held if isinstance(held, (list, tuple)) else [held]
            if layers and all(isinstance(one, nn.Module) for one in layers) and _is_new(name):
                self.add_module(name, held if isinstance(held, nn.Module) else nn.ModuleList(held))
        with_a_part(self)

    def forward(self, *inputs: Tensor) -> Any:
        """What the text makes of its inputs: the last tensor that it names, or that it shows."""
        from kaiyan.explain.pasted.statements import statement

        run = type(self).run
        names = {"self": self, **self.kept, **dict(self._own_layers())}
        for own, tensor in zip(type(self).inputs, inputs, strict=False):
            names.update(dict.fromkeys(own, tensor))
        scope = Scope(names, "<module>")
        run.renew(str(inputs[0].device.type) if inputs else "meta")
        shown: Any = None
        for node in type(self).flow:
            if isinstance(node, ast.Expr):
                shown = _shown(run, node, scope, shown)
            elif statement(run, node, scope).how:
                break
        last = _last(type(self).flow, names)
        return shown if last is None else last

    def _own_layers(self) -> Iterator[tuple[str, Any]]:
        """The layers by the names of the text as they stand now: a fix may have put another in the place of one."""
        for name, held in self.kept.items():
            own = self._modules.get(name)
            if own is not None:
                yield name, own if isinstance(held, nn.Module) else type(held)(own.children())

    @classmethod
    def with_line(cls, line: int, text: str) -> type[nn.Module]:
        """The same of a text in which a line is another."""
        from kaiyan.explain.pasted.changed import script_with_line

        return script_with_line(cls.run, line, text)


def with_a_part(module: nn.Module) -> None:
    """Gives a module without layers one that is never called: the record looks into what has parts."""
    if next(module.children(), None) is None:
        module.add_module("nothing", nn.Identity())


def _is_new(name: str) -> bool:
    return (
        name.isidentifier()
        and not hasattr(nn.Module, name)
        and name not in ("kept", "training", "run", "flow", "inputs")
    )


def _shown(run: ReadingRun, node: ast.Expr, scope: Scope, before: Any) -> Any:
    """What an expression by itself gives, such as ``model(x)``; what was there before it where that is no tensor."""
    from kaiyan.explain.pasted.expressions import value

    try:
        found = value(run, node.value, scope)
    except NotUnderstoodError as error:
        run.note(error, node)
        return before
    return found if isinstance(found, (Tensor, tuple)) else before


def _last(flow: Sequence[ast.stmt], names: Mapping[str, Any]) -> Any:
    stored = [name for node in flow for name in stored_names(node)]
    tensors = (names.get(name) for name in reversed(stored))
    return next((held for held in tensors if isinstance(held, (Tensor, tuple, list))), None)


def stored_names(node: ast.AST) -> Iterator[str]:
    """Names that a statement gives something to."""
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
