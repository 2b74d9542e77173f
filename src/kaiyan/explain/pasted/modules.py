"""Modules of pasted classes: their constructors and forwards are read by us, their layers are torch's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from kaiyan.explain.pasted.run import NotUnderstoodError
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from kaiyan.explain.pasted.run import ReadingRun, Scope


@dataclass(eq=False)
class PastedFunction:
    """A function of the text: ``owner`` is the class it stands in; ``held`` what it is bound to."""

    node: ast.FunctionDef
    run: ReadingRun
    scope: Scope
    owner: PastedClass | None = None
    held: Any = None

    def __deepcopy__(self, _: Any) -> PastedFunction:
        """A text is one, however often the layers that hold parts of it are copied."""
        return self

    @property
    def title(self) -> str:
        """As Python names it in its errors."""
        return f"{self.owner.name}.{self.node.name}" if self.owner else self.node.name


@dataclass(eq=False)
class PastedClass:
    """A class of the text; ``base`` is a class of the text or one of torch's."""

    name: str
    node: ast.ClassDef
    run: ReadingRun
    scope: Scope
    base: PastedClass | type[nn.Module] | None
    methods: dict[str, ast.FunctionDef] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    kind: type[nn.Module] = nn.Module

    def __deepcopy__(self, _: Any) -> PastedClass:
        """A text is one, however often the layers that hold parts of it are copied."""
        return self

    def lineage(self) -> Iterator[PastedClass]:
        """The class and those of the text that it descends from, the nearest first."""
        at: Any = self
        while isinstance(at, PastedClass):
            yield at
            at = at.base

    def method(self, name: str, after: PastedClass | None = None) -> PastedFunction | None:
        """A method, or that of a parent behind ``after``."""
        line = list(self.lineage())
        start = line.index(after) + 1 if after in line else 0
        for one in line[start:]:
            if name in one.methods:
                return PastedFunction(one.methods[name], one.run, one.scope, one)
        return None

    @property
    def root(self) -> type[nn.Module] | None:
        """The class of torch at its end; None where it is no module."""
        *_, last = self.lineage()
        return last.base if isinstance(last.base, type) else None


class PastedModule(nn.Module):
    """What every module of a pasted class is."""

    pasted: ClassVar[PastedClass]

    @classmethod
    def with_line(cls, line: int, text: str) -> type[nn.Module]:
        """The same class of a text in which a line is another: how a fix of the text is tried, without running it."""
        from kaiyan.explain.pasted.changed import with_line

        return with_line(cls.pasted, line, text)


def module_class(pasted: PastedClass) -> type[nn.Module]:
    """The Python class of a pasted one: torch's own, with its forward read from the text."""
    root = pasted.root or nn.Module
    own: dict[str, Any] = {"pasted": pasted, "__module__": "pasted", "__doc__": None}
    if pasted.method("forward") is not None:
        own["forward"] = _forward
    bases = (PastedModule,) if root is nn.Module else (PastedModule, root)
    return type(pasted.name, bases, own)


def _forward(self: Any, *args: Any, **named: Any) -> Any:
    from kaiyan.explain.pasted.calls import call_function

    pasted: PastedClass = type(self).pasted
    function = pasted.method("forward")
    assert function is not None
    run = pasted.run
    if run.depth == 0 and not run.is_flowing:
        run.renew(next((str(x.device.type) for x in args if isinstance(x, Tensor)), "meta"))
    return call_function(run, function, (self, *args), named)


class Refused(nn.Module):
    """Stands where a layer was to be made that torch refused to make: its call raises that refusal."""

    def __init__(self, error: Exception, kind: str) -> None:
        super().__init__()
        self.error, self.kind = error, kind

    def forward(self, *_: Any, **__: Any) -> Any:
        """Raises what its constructor raised."""
        raise self.error

    def extra_repr(self) -> str:
        """What it was to be."""
        return self.kind


def read_layer(value: Any) -> nn.Module:
    """The value where it is a layer; raises ``NotUnderstoodError`` for anything else."""
    if isinstance(value, nn.Module):
        return value
    raise NotUnderstoodError(sentence("paste-no-layer", "this is not a layer"))
