"""One reading of pasted code: its budget, its names, and frames that stand for the user's where something fails."""

from __future__ import annotations

import ast
import linecache
import zlib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf
from time import process_time
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from kaiyan.explain.pasted.paste import Paste

READING_STEPS = 200_000
"""Expressions that are read, loops counted, before the reading ends."""
READING_SECONDS = 7.0
"""Seconds of the processors in which a text is read, run and mended; what has no time left is not tried."""
_LOOKS = 32
"""Steps after which the clock is read."""
MOST_LAYERS = 500
"""Layers that are made, at most."""
NESTED = 24
"""Calls inside calls of pasted functions."""
MOST_NUMBERS = 2**24
"""Numbers of a tensor that is made with its values, where the code asks for them."""
KEPT_TEXTS = 32
"""Texts whose lines are kept for those who ask for the source of a frame."""


class NotUnderstoodError(Exception):
    """A part of the code that is not read here; ``line`` is where it stands."""

    def __init__(self, words: Sentence, node: ast.AST | None = None) -> None:
        super().__init__(str(words))
        self.words = words
        self.line: int = getattr(node, "lineno", 0)


def too_many_steps(node: ast.AST | None = None) -> NotUnderstoodError:
    """What is said of code that goes on for too long."""
    return NotUnderstoodError(sentence("paste-many-steps", "this code takes too many steps to be read"), node)


def not_called(node: ast.AST | None = None) -> NotUnderstoodError:
    """What is said of a call that is not on the list, or not with such arguments."""
    return NotUnderstoodError(sentence("paste-call", "this call is not read"), node)


_UNTIL: ContextVar[float] = ContextVar("_UNTIL", default=inf)


@contextmanager
def within_seconds(seconds: float = READING_SECONDS) -> Iterator[None]:
    """All that is read inside has so long."""
    token = _UNTIL.set(process_time() + seconds)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def is_over() -> bool:
    """Whether the time of the reading is over."""
    return process_time() > _UNTIL.get()


def in_time(node: ast.AST | None = None) -> None:
    """Raises ``NotUnderstoodError`` where the time is over."""
    if is_over():
        raise too_many_steps(node)


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
    copied: int = 0
    largest: int = 0
    """Numbers in the largest tensor that the flow gave without values."""
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
        if self.steps > READING_STEPS:
            raise too_many_steps(node)
        if self.steps % _LOOKS == 0:
            in_time(node)

    def renew(self, device: str) -> None:
        """Begins a flow: steps of its own, and the device on which its tensors are."""
        if device != "meta" and self.largest > MOST_NUMBERS:
            raise NotUnderstoodError(_too_large())
        self.steps, self.device = 0, device
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
        try:
            return self._seen(eval(code, {_ACT: act, **self._rooms()}, scope.names))
        except NotUnderstoodError as error:
            error.line = error.line or node.lineno
            raise

    def _seen(self, made: Any) -> Any:
        if isinstance(made, torch.Tensor):
            if made.device.type == "meta":
                self.largest = max(self.largest, made.numel())
            elif made.numel() > MOST_NUMBERS:
                raise NotUnderstoodError(_too_large())
        return made

    def __deepcopy__(self, _: Any) -> ReadingRun:
        """A reading is one, however often the layers that it made are copied."""
        return self

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
    return ReadingRun(paste, file)


_ACT = "act()"
"""The name of what we do, among the names of the text: one that no text can write."""


def _too_large() -> Sentence:
    return sentence("paste-large-tensor", "code that asks for values is not read with tensors this large")


def _span(node: ast.expr | ast.stmt) -> tuple[int, int, int, int]:
    return node.lineno, node.end_lineno or node.lineno, node.col_offset, node.end_col_offset or 0


@lru_cache(maxsize=4096)
def _frame(file: str, name: str, first: int, span: tuple[int, int, int, int]) -> CodeType:
    """Code that calls what we do, and says it stands at a place of another file."""
    begin, end, column, end_column = span
    shift = first - 1
    place = {"lineno": begin - shift, "end_lineno": end - shift, "col_offset": column, "end_col_offset": end_column}
    call = ast.Call(ast.Name(_ACT, ast.Load(), **place), [], [], **place)
    code = compile(ast.Expression(call), file, "eval")
    return code.replace(co_name=name, co_firstlineno=first)
