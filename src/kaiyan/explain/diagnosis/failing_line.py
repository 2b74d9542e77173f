"""The user's code where a run failed: the expression, what its names hold, and the lines that gave them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from itertools import islice
from linecache import getline
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.statement import Statement, statement
from kaiyan.trace.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, TracebackType

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.statement import Part

_OURS = (str(Path(torch.__file__).parent), str(Path(__file__).parents[2]), "<")


@dataclass(frozen=True)
class FailingLine:
    """The innermost line of a forward that is not torch's, in the module at ``path``.

    ``part`` is the expression (or the statement, such as ``x += y``) whose evaluation failed, in the tree of ``code``:
    as Python notes it for each instruction, None where it goes over several lines. ``names`` are the local variables,
    ``space`` the names of the file.
    """

    line: Line
    path: str
    names: dict[str, Any]
    code: Statement
    part: Part | None
    function: CodeType
    space: dict[str, Any]

    def tensors(self) -> dict[str, Tensor]:
        """The local variables that hold tensors."""
        named = ((name, value) for name, value in self.names.items() if name.isidentifier())
        return {name: value for name, value in named if isinstance(value, Tensor)}

    def assigned(self, name: str) -> tuple[Line, ast.Assign] | None:
        """The last line before that gives a name its value, and its statement; None where it takes several lines."""
        nodes = (node for node in ast.walk(self._tree()) if isinstance(node, ast.Assign))
        first = self.function.co_firstlineno - 1
        earlier = [n for n in nodes if n.lineno + first < self.line.number and _target(n) == name]
        node = max(earlier, key=lambda node: node.lineno, default=None)
        if node is None or node.lineno != node.end_lineno:
            return None
        number = node.lineno + first
        return Line(self.line.file, number, getline(self.line.file, number).strip()), node

    def _tree(self) -> ast.AST:
        try:
            return ast.parse(textwrap.dedent(inspect.getsource(self.function)))
        except (OSError, SyntaxError):
            return ast.Module([], [])


def failing_line(facts: Facts) -> FailingLine | None:
    """Where the record's error came from; None where no line of a module's own code did."""
    trace = facts.record.error.__traceback__ if facts.record and facts.record.error else None
    every = list(_traces(trace))
    owners = (t.tb_frame.f_locals.get("self") for t in every)
    root = next((owner for owner in owners if isinstance(owner, nn.Module)), None)  # the double of the model that ran
    for place in reversed([t for t in every if not t.tb_frame.f_code.co_filename.startswith(_OURS)]):
        frame = place.tb_frame
        path = _path(root, frame.f_locals.get("self")) if root is not None else None
        if path is not None:
            whole = getline(frame.f_code.co_filename, place.tb_lineno)
            line = Line(frame.f_code.co_filename, place.tb_lineno, whole.strip())
            code = statement(line.text)
            part = code.at(_columns(place, whole))
            return FailingLine(line, path, dict(frame.f_locals), code, part, frame.f_code, frame.f_globals)
    return None


def _traces(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _path(model: nn.Module, owner: Any) -> str | None:
    return next((path for path, module in model.named_modules() if module is owner), None)


def _columns(place: TracebackType, whole: str) -> slice:
    """Where the failing instruction's expression stands in the stripped line; the whole of it where that is unknown."""
    indent = len(whole) - len(whole.lstrip())
    first, last, start, end = next(islice(place.tb_frame.f_code.co_positions(), place.tb_lasti // 2, None))
    if start is None or end is None or first != last or first != place.tb_lineno:
        return slice(0, len(whole.strip()))
    coded = whole.encode()
    return slice(*(len(coded[:column].decode(errors="ignore")) - indent for column in (start, end)))


def _target(node: ast.Assign) -> str | None:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) and len(node.targets) == 1 else None
