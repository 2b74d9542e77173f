"""Views that make rows of a batch, found in source alone: where the model that failed is no variable any more."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.explain.diagnosis.source import is_library, number
from kaiyan.explain.diagnosis.statement import statement
from kaiyan.explain.diagnosis.traceback import lines_above
from kaiyan.show.sentence import sentence
from kaiyan.trace.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    from kaiyan.explain.diagnosis.facts import Facts

_VIEWS = ("view", "reshape")


@dataclass(frozen=True)
class View:
    """``holder.view(-1, features)`` in a line, and the line that makes the Linear of as many features, if it is found.

    ``after`` is that Linear's line with the features left open, as ``{}``.
    """

    line: Line
    code: str
    holder: str
    features: int
    linear: Line | None = None
    after: str = ""


def viewed(facts: Facts, got: int, wanted: int) -> Iterator[Fix]:
    """Each view that may have made ``got`` rows of ``wanted`` samples, kept to the batch, with the Linear behind it."""
    if facts.frame is None:
        return
    for view in _views(facts.frame, is_unknown=facts.model is None):
        per, rest = divmod(got * view.features, wanted)
        if not rest:
            yield _kept(view, per)


def has_source(facts: Facts) -> bool:
    """Whether a model is known, or its class: then a view that is not found there is not there."""
    return facts.model is not None or (facts.frame is not None and bool(_kinds(facts.frame[0])))


def _kept(view: View, per: int) -> Fix:
    holder = view.holder
    flat = f"{holder}.view({holder}.size(0), -1)" if holder.isidentifier() else f"{holder}.flatten(1)"
    text = view.line.text.replace(view.code, flat)
    if view.linear is None:
        said = sentence("K050", "keep the batch: {after}; each sample then has {per} numbers, but the Linear "
                                "after it takes {features}: set in_features={per} there", after=flat, per=per,
                        features=view.features)  # fmt: skip
        return Fix(said, view.line.text, text, line=view.line)
    linear = view.after.replace("{}", str(per), 1)
    both = sentence("K050", "keep the batch: {after}, and in_features={features} in {path}", after=flat, features=per,
                    path=_name(view.linear))  # fmt: skip
    return Fix(both, f"{view.line.text}\n{view.linear.text}", f"{text}\n{linear}", line=view.line)


def _name(line: Line) -> str:
    """The layer's name in a constructor's line: the target of ``self.fc = nn.Linear(...)``."""
    found = re.search(r"self\.(\w+)\s*=[^;=]*Linear\(", line.text)
    return found[1] if found else "Linear"


def _views(frame: tuple[FrameType, int], *, is_unknown: bool) -> Iterator[View]:
    """In the lines above; where the model is unknown also in the forward of every class that the frame names."""
    yield from _in([*lines_above(*frame)], [*lines_above(*frame)])
    for kind in _kinds(frame[0]) if is_unknown else ():
        yield from _in(_source(kind, "forward"), _source(kind, "__init__"))


def _in(lines: list[Line], makers: list[Line]) -> Iterator[View]:
    for line in lines:
        call = _call(line.text)
        if call is None:
            continue
        code, holder, features = call
        linears = [(maker, after) for maker in makers if (after := _linear(maker.text, features))]
        linear, after = linears[0] if len(linears) == 1 else (None, "")
        yield View(line, code, holder, features, linear, after)


def _kinds(frame: FrameType) -> list[type[nn.Module]]:
    """The user's own classes of modules that the frame's code names, and those that their constructors name."""
    kinds = list(dict.fromkeys(_named(frame.f_code, {**frame.f_globals, **frame.f_locals})))
    for kind in kinds:  # it grows on the way
        made = getattr(vars(kind).get("__init__"), "__code__", None)
        inner = _named(made, vars(sys.modules.get(kind.__module__, sys))) if made is not None else ()
        kinds += [each for each in dict.fromkeys(inner) if each not in kinds]
    return kinds


def _named(code: CodeType, values: dict[str, Any]) -> Iterator[type[nn.Module]]:
    """Classes of modules behind the names of some code, themselves or as what an object is."""
    for name in (*code.co_varnames, *code.co_freevars, *code.co_names):
        value = values.get(name)
        kind = value if isinstance(value, type) else type(value)
        if issubclass(kind, nn.Module) and kind.__module__.partition(".")[0] != "torch":
            yield kind


def _source(kind: type[nn.Module], method: str) -> list[Line]:
    """The lines of a method; none of a library's, or where there is no source."""
    try:
        lines, start = inspect.getsourcelines(vars(kind)[method])
        file = inspect.getsourcefile(kind) or ""
    except (OSError, TypeError, KeyError):
        return []
    return [] if is_library(file) else [Line(file, start + n, line.strip()) for n, line in enumerate(lines)]


def _call(text: str) -> tuple[str, str, int] | None:
    """A view to rows of so many numbers: its code, what it is asked of, the numbers."""
    line = statement(text)
    for node in line.parts(ast.Call):
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _VIEWS:
            continue
        sizes = node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], ast.Tuple) else node.args
        values = [number(size) for size in sizes]
        if len(values) == 2 and values[0] == -1 and isinstance(values[1], int) and values[1] > 0:
            return line.source(node), line.source(node.func.value), values[1]
    return None


def _linear(text: str, features: int) -> str | None:
    """The line of a ``Linear(features, ...)`` with its first number left open."""
    line = statement(text)
    for node in line.parts(ast.Call):
        named = [word.value for word in node.keywords if word.arg == "in_features"]
        first = (*node.args[:1], *named)
        if ast.unparse(node.func).rpartition(".")[2] == "Linear" and first and number(first[0]) == features:
            return line.put(first[0], "{}")
    return None
