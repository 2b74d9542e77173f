"""One reading of pasted code: its budget, its names, and frames that stand for the user's where something fails."""

from __future__ import annotations

import ast
import linecache
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from time import process_time
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from kaiyan.explain.pasted.paste import Paste

READING_STEPS = 200_000
"""Expressions that are read, loops counted, before the reading ends."""
READING_SECONDS = 8.0
"""Seconds of all processors after which it ends."""
MOST_LAYERS = 500
"""Layers that are made, at most."""
NESTED = 24
"""Calls inside calls of pasted functions."""
KEPT_TEXTS = 32
"""Texts whose lines are kept for those who ask for the source of a frame."""


class NotUnderstoodError(Exception):
    """A part of the code that is not read here; ``line`` is where it stands."""

    def __init__(self, words: Sentence, node: ast.AST | None = None) -> None:
        super().__init__(str(words))
        self.words = words
        self.line: int = getattr(node, "lineno", 0)


class LaterError(Exception):
    """Raised where a statement belongs to the flow of tensors, which is run later."""


@dataclass(frozen=True)
class Unknown:
    """What a name holds whose making was not understood."""

    why: NotUnderstoodError


@dataclass(frozen=True)
class Later:
    """What a name of the text holds whose making belongs to the flow."""


@dataclass
class Scope:
    """The names of one call, or of the text itself (``name`` "<module>"), and those around them."""

    names: dict[str, Any]
    name: str = "<module>"
    first: int = 1
    around: Scope | None = None
    owner: Any = None
    """The pasted class whose method runs."""
    given: dict[str, ast.expr] | None = None
    """Which part of the call gave each of the arguments that it gave."""
    caller: Scope | None = None

    def find(self, name: str) -> Any:
        """What a name holds; raises ``KeyError`` where nothing has it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        raise KeyError(name)


@dataclass
class ReadingRun:
    """``origins`` says which call of the text made a layer; ``noted`` what was not understood, by line."""

    paste: Paste
    file: str
    top: Scope = field(default_factory=lambda: Scope({}))
    is_flowing: bool = False
    steps: int = 0
    depth: int = 0
    made: int = 0
    until: float = 0.0
    origins: dict[int, tuple[nn.Module, ast.Call, Scope]] = field(default_factory=dict)
    inputs: dict[ast.Call, tuple[str, torch.Tensor]] = field(default_factory=dict)
    noted: dict[int, Sentence] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    device: str = "meta"
    missed: int = 0
    """Statements of the flow that were not understood."""

    def tick(self, node: ast.AST | None = None) -> None:
        """One step more; raises ``NotUnderstoodError`` where there were too many."""
        self.steps += 1
        if self.steps > READING_STEPS or (self.steps % 512 == 0 and process_time() > self.until):
            raise NotUnderstoodError(sentence("paste-many-steps", "this code takes too many steps to be read"), node)

    def renew(self, seconds: float, device: str) -> None:
        """Begins a flow: a budget of its own, and the device on which its tensors are."""
        self.steps, self.until, self.device = 0, process_time() + seconds, device
        self.is_flowing, self.missed = True, 0

    def note(self, error: NotUnderstoodError, node: ast.AST) -> None:
        """Writes down a part that is not understood, once a line."""
        line = error.line or getattr(node, "lineno", 0)
        self.noted.setdefault(line, error.words)
        self.missed += self.is_flowing

    def within(self, node: ast.expr | ast.stmt, scope: Scope, act: Callable[[], Any]) -> Any:
        """Does ``act`` inside a frame that has the place of a part of the text and the names of its scope.

        What is compiled is one call of ours, never a word of the text: so that torch's records and our diagnosis find
        the user's line, as they do in code that runs.
        """
        code = _frame(self.file, scope.name, scope.first, _span(node))
        return eval(code, {"__act__": act, **self._rooms()}, scope.names)

    def _rooms(self) -> dict[str, Any]:
        return {"torch": torch, "nn": nn, "F": torch.nn.functional, "__name__": "pasted"}


def begun(paste: Paste) -> ReadingRun:
    """A new reading, whose lines are known to Python's own ``linecache``."""
    code = paste.code
    file = f"pasted-{zlib.crc32(code.encode()):08x}.py"
    kept = [name for name in linecache.cache if name.startswith("pasted-")]
    for name in kept[:-KEPT_TEXTS]:
        linecache.cache.pop(name, None)
    linecache.cache[file] = (len(code), None, [f"{line}\n" for line in paste.lines], file)
    return ReadingRun(paste, file, until=process_time() + READING_SECONDS)


def _span(node: ast.expr | ast.stmt) -> tuple[int, int, int, int]:
    return node.lineno, node.end_lineno or node.lineno, node.col_offset, node.end_col_offset or 0


@lru_cache(maxsize=4096)
def _frame(file: str, name: str, first: int, span: tuple[int, int, int, int]) -> CodeType:
    """Code that calls ``__act__`` and says it stands at a place of another file."""
    begin, end, column, end_column = span
    shift = first - 1
    place = {"lineno": begin - shift, "end_lineno": end - shift, "col_offset": column, "end_col_offset": end_column}
    call = ast.Call(ast.Name("__act__", ast.Load(), **place), [], [], **place)
    code = compile(ast.Expression(call), file, "eval")
    return code.replace(co_name=name, co_firstlineno=first)
