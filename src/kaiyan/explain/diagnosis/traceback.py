"""What a traceback tells of the user's code: the line in a pasted one, the calls of models in a frame's source."""

from __future__ import annotations

import ast
import linecache
import re
from typing import TYPE_CHECKING, Any

from torch import nn

from kaiyan.explain.diagnosis.loss import is_loss
from kaiyan.trace.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_PYTHON = re.compile(r'File "(?P<file>[^"]+)", line (?P<number>\d+), in [^\n]*\n\s*(?P<text>[^\n]*)')
_CELL = re.compile(
    r"^(?:File )?(?P<file>(?:Cell In ?\[\d+\]|(?:Cell )?Input In \[\d+\]|<ipython-input-[^>]*>|[~/\w.][^\n]*?\.py))"
    r"(?:, line (?P<line>\d+)|:(?P<number>\d+))?(?:,? in [^\n]*)?$"
)
_ARROW = re.compile(r"^-+> ?(?P<number>\d+) (?P<text>.*)$")
_TORCHS = re.compile(r"(?:site|dist)-packages[/\\]torch[/\\]")


def written_line(text: str) -> Line | None:
    """The last line of a pasted traceback that is not PyTorch's; Python's own form, or IPython's with its arrows."""
    found = [Line(m["file"], int(m["number"]), m["text"].strip()) for m in _PYTHON.finditer(text)]
    found = [line for line in found or _of_cells(text) if not _TORCHS.search(line.file)]
    return found[-1] if found else None


def _of_cells(text: str) -> Iterator[Line]:
    file = ""
    for row in text.splitlines():
        head, arrow = _CELL.match(row.strip()), _ARROW.match(row)
        if head:
            file = head["file"]
        elif arrow and file:
            yield Line(file, int(arrow["number"]), arrow["text"].strip())
            file = ""


def calls_before(frame: FrameType, number: int) -> Iterator[tuple[nn.Module, tuple[Any, ...]]]:
    """Calls of modules in a frame's source up to a line, the last first, with the values that their names have now."""
    first = frame.f_code.co_firstlineno
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals)))
    except SyntaxError:
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and first <= node.lineno <= number]
    for call in sorted(calls, key=lambda call: -call.lineno):
        module = value_of(call.func, frame)
        args = tuple(value_of(arg, frame) for arg in call.args)
        known = bool(args) and not call.keywords and all(arg is not None for arg in args)
        if known and isinstance(module, nn.Module) and not is_loss(module):
            yield module, args


def lines_above(frame: FrameType, number: int) -> Iterator[Line]:
    """Lines of the frame's source before one, the nearest first."""
    file = frame.f_code.co_filename
    lines = linecache.getlines(file, frame.f_globals)
    for n in range(min(number - 1, len(lines)), frame.f_code.co_firstlineno - 1, -1):
        yield Line(file, n, lines[n - 1].strip())


def modules_in(frame: FrameType) -> Iterator[tuple[str, nn.Module]]:
    """Modules that the frame's names hold, losses apart."""
    for name, value in {**frame.f_globals, **frame.f_locals}.items():
        if isinstance(value, nn.Module) and not is_loss(value):
            yield name, value


def value_of(node: ast.expr, frame: FrameType) -> Any:
    """What a name or an attribute in the frame's code holds; None where it is anything else."""
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    if isinstance(node, ast.Attribute):
        holder = value_of(node.value, frame)
        known = getattr(holder, "_modules", {}) | getattr(holder, "__dict__", {}) if holder is not None else {}
        return known.get(node.attr)
    return None
