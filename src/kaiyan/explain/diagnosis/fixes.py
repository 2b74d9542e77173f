"""Changes that may mend a model: proposed by causes, tried on copies, shown as a diff."""

from __future__ import annotations

import copy
import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.rewrite import rewrite
from kaiyan.explain.diagnosis.source import is_library, library, package, rewritten
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.trace.rebuild import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.trace.record import Line


CASTS = {torch.float16: ".half()", torch.float32: ".float()", torch.float64: ".double()", torch.bfloat16: ".bfloat16()"}
"""How one converts a tensor, or a model's weights."""


@dataclass(frozen=True)
class Fix:
    """One way out: what to do, the line of code before and after, whether the model was seen to run with it.

    ``line`` is where ``before`` stands in the user's code; ``made`` is the layer that comes to stand at ``path``.
    ``note`` says what is not so: that it was not tried, or where the model fails then. ``parts`` are the fixes that it
    is made of, where there are several.
    """

    JSON = ("sentence", "before", "after", "diff", "tried", "note", "line")

    sentence: Sentence
    before: str | None = None
    after: str | None = None
    tried: bool = False
    change: Callable[[nn.Module, tuple[Any, ...]], tuple[nn.Module, tuple[Any, ...]]] | None = None
    line: Line | None = None
    path: str = ""
    made: nn.Module | None = None
    note: Sentence | None = None
    parts: tuple[Fix, ...] = ()

    def found_in(self, model: nn.Module) -> Fix:
        """The same fix in the words of the user's constructor, where that is found."""
        if self.line is not None and is_library(self.line.file):
            return replace(self, note=self.note or _inside(self.line.text, package(self.line.file)))
        if self.made is None or "\n" in (self.after or ""):
            return self
        found = rewritten(model, self.path, self.made)
        if found is None:
            name = library(model, self.path)
            return replace(self, note=self.note or _inside(self.path, name)) if name else self
        line, after = found
        note = (self.after or "").partition("  # ")
        return replace(self, line=line, before=line.text, after=after + note[1] + note[2])

    @property
    def diff(self) -> str:
        """The line before and after, as a unified diff without its header; empty where there is no line."""
        if self.after is None:
            return ""
        lines = difflib.unified_diff((self.before or "").splitlines(), self.after.splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))

    def apply(self, model: nn.Module, inputs: Any) -> tuple[nn.Module, tuple[Any, ...]]:
        """Model and inputs (as a tuple) with the change made, on copies; raises nothing of its own."""
        from kaiyan.trace.copied import copied  # here, since kaiyan.nn is not loaded for a summary

        given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
        own, given = copied(model), copy.deepcopy(given)
        return self.change(own, given) if self.change else (own, given)


def _inside(what: str, name: str) -> Sentence:
    return sentence("inside-library", "{what} is inside {package}: set it in the constructor or configuration",
                    what=what, package=name)  # fmt: skip


def replaced(said: Sentence, old: nn.Module, path: str, new: nn.Module) -> Fix:
    """A fix that puts another layer in the place of one."""
    return Fix(
        said,
        written(old),
        written(new),
        change=lambda model, inputs: (_put(model, path, new), inputs),
        path=path,
        made=new,
    )


def together(said: Sentence, *fixes: Fix) -> Fix:
    """Several fixes as one: each of their changes, one after the other."""

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        for fix in fixes:
            model, inputs = fix.change(model, inputs) if fix.change else (model, inputs)
        return model, inputs

    before, after = ("\n".join(lines) for lines in zip(*((f.before or "", f.after or "") for f in fixes), strict=True))
    return Fix(said, before, after, change=change, parts=fixes)


def preceded(said: Sentence, old: nn.Module, path: str, *new: nn.Module) -> Fix:
    """A fix that puts layers before one."""
    after = "\n".join(written(layer) for layer in (*new, old))
    return Fix(said, written(old), after, change=lambda model, inputs: (_wrap(model, path, new, ()), inputs), path=path)


def followed(said: Sentence, old: nn.Module, path: str, *new: nn.Module) -> Fix:
    """A fix that puts layers after one."""
    after = "\n".join(written(layer) for layer in (old, *new))
    return Fix(said, written(old), after, change=lambda model, inputs: (_wrap(model, path, (), new), inputs), path=path)


def fed(said: Sentence, line: str, turn: Callable[[Any], Any], place: int | None = None) -> Fix:
    """A fix of what the model is given; ``line`` is the code that does so to ``x``.

    Turned is the input at ``place``; without it the first that is a tensor (or the first), and others of its shape.
    """

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        first = next((n for n, x in enumerate(inputs) if isinstance(x, Tensor)), 0) if place is None else place
        shape = getattr(inputs[first], "shape", None)
        alike = (
            n == first or (place is None and shape is not None and _shape(x) == shape) for n, x in enumerate(inputs)
        )
        return model, tuple(turn(x) if same else x for x, same in zip(inputs, alike, strict=True))

    return Fix(said, None, line, change=change)


def recast(dtype: torch.dtype) -> Fix:
    """The model's weights in the input's type."""
    line = f"model = model{CASTS.get(dtype, f'.to({dtype})')}"
    said = sentence("K006", "or convert the weights to the input's type: {line}", line=line)
    return Fix(said, None, line, change=lambda model, inputs: (model.to(dtype), inputs))


def _shape(x: Any) -> Any:
    return x.shape if isinstance(x, Tensor) else None


def parameter(said: Sentence, module: nn.Module, path: str, old: tuple[int, ...], new: tuple[int, ...]) -> Fix | None:
    """A fix that gives a module's own parameter another shape; None where it has none of the old shape."""
    name = next((name for name, p in module.named_parameters(recurse=False) if tuple(p.shape) == old), None)
    if name is None:
        return None

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        holder = model.get_submodule(path)
        weight = nn.Parameter(getattr(holder, name).new_empty(new))
        nn.init.normal_(weight, std=0.02)
        setattr(holder, name, weight)
        return model, inputs

    return Fix(said, f"self.{name}  # {old}", f"self.{name} = nn.Parameter(torch.randn({new}))", change=change)


def edited(said: Sentence, line: Line, path: str, before: str, after: str) -> Fix:
    """A fix of one line of the user's code, inside the forward of the module at ``path``."""
    return edited_lines(said, path, {line: line.text.replace(before, after)})


def edited_lines(said: Sentence, path: str, texts: dict[Line, str]) -> Fix:
    """A fix of several lines of one method of the module at ``path``: each line and what stands there instead."""

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        for line, text in texts.items():
            rewrite(model.get_submodule(path), line, text)
        return model, inputs

    before, after = ("\n".join(part) for part in zip(*((line.text, text) for line, text in texts.items()), strict=True))
    return Fix(said, before, after, change=change, line=next(iter(texts)))


def through(said: Sentence, line: Line, path: str, text: str, name: str, layer: nn.Module) -> Fix:
    """A fix that sends one operand through ``self.name``, a new layer of the module at ``path``, as ``text`` does."""

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        module = model.get_submodule(path)
        rewrite(module, line, text)
        setattr(module, name, copy.deepcopy(layer))
        return model, inputs

    return Fix(said, line.text, f"self.{name} = nn.{written(layer)}\n{text}", change=change, line=line)


def _wrap(model: nn.Module, path: str, before: tuple[nn.Module, ...], after: tuple[nn.Module, ...]) -> nn.Module:
    layers = (*before, model.get_submodule(path), *after)
    return _put(model, path, nn.Sequential(*layers))


def _put(model: nn.Module, path: str, new: nn.Module) -> nn.Module:
    """The model with a copy of ``new`` at ``path``; ``new`` alone where the path is the model itself."""
    layer = copy.deepcopy(new)
    if not path:
        return layer
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, layer)
    return model
