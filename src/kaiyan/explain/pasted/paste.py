"""What was pasted, told apart: code with the place of each line, and the words of an error."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_PASTE = 60_000
"""Characters that are read."""
DEEPEST = 40
"""Brackets inside brackets that are read."""
WIDEST, TALLEST = 1000, 120
"""Signs and rows of an error that are read; PyTorch's longest are shorter."""
UNREAD = 20
"""Lines that are left out as no Python, at most."""
_PROMPT = re.compile(r"^\s*(?:>>> ?|\.\.\. ?|In \[\d*\]: ?|\s+\.\.\.: ?)")
_HALF = str.maketrans(
    "（），：＝［］．０１２３４５６７８９‘’“”　\u00a0\t＊＋－｛｝＃；", "(),:=[].0123456789''\"\"   *+-{}#;"
)
"""Signs that a Chinese keyboard or a web page puts where Python's stand."""
_BEGINS = re.compile(r"^\s*(?:Traceback \(most recent call last\)|-{20,}\s*$|\w+(?:Error|Exception)\s+Traceback)")
_ENDS = re.compile(r"^(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Interrupt|Warning)\b ?(?:[:：]|$)")
_FENCE = re.compile(r"^\s*(?:```|~~~)")


@dataclass(frozen=True)
class Paste:
    """``lines`` are those of the code as Python reads them, what is none left empty; ``cuts`` what was cut before each.

    ``error`` are the words of an error that stood beside the code, ``unread`` lines that are not Python.
    """

    text: str
    lines: tuple[str, ...]
    cuts: tuple[int, ...]
    error: str
    tree: ast.Module
    unread: tuple[tuple[int, Sentence], ...] = ()
    starts: tuple[int, ...] = field(default=(), repr=False)

    @property
    def code(self) -> str:
        """The code as one text."""
        return "\n".join(self.lines)

    @property
    def has_code(self) -> bool:
        """Whether there is any statement that can be a part of a model."""
        return any(not isinstance(node, ast.Expr) or _is_call(node.value) for node in self.tree.body)

    def place(self, line: int, column: int) -> int:
        """Where a place of the code (line from 1, column in bytes) stands in the text that was pasted."""
        own = self.lines[line - 1]
        characters = len(own.encode()[:column].decode(errors="ignore"))
        return self.starts[line - 1] + self.cuts[line - 1] + characters

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """From where to where a part of the tree stands in the text that was pasted."""
        return (
            self.place(node.lineno, node.col_offset),
            self.place(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def row(self, line: int) -> tuple[int, int]:
        """From where to where a line stands, without what is before its first sign."""
        own = self.lines[line - 1]
        begin = self.starts[line - 1] + self.cuts[line - 1]
        return begin + len(own) - len(own.lstrip()), begin + len(own.rstrip())

    def source(self, node: ast.expr | ast.stmt) -> str:
        """A part as it was pasted."""
        return self.text[slice(*self.span(node))]


def paste(text: str) -> Paste:
    """What was pasted, read; raises ``KaiyanError`` for what is empty or longer than ``LONGEST_PASTE``."""
    if len(text) > LONGEST_PASTE:
        raise KaiyanError(
            "paste-too-long", "more than {most} characters were pasted", "paste only the model", most=LONGEST_PASTE
        )
    if not text.strip():
        raise KaiyanError("paste-empty", "nothing was pasted", "paste a model, a traceback, or both")
    rows = text.split("\n")
    starts = tuple(_starts(rows))
    error, kept = _apart([row.rstrip("\r") for row in rows])
    lines, cuts = _cut(kept)
    code, tree, unread = _parsed(lines)
    found = Paste(text, tuple(code), tuple(cuts), error, tree, tuple(unread), starts)
    return found if found.has_code else replace(found, error=error or _told(text.strip()), tree=ast.Module([], []))


def _told(words: str) -> str:
    """The words of an error, no longer than errors are."""
    return "\n".join(row[:WIDEST] for row in words.split("\n")[-TALLEST:])


def _starts(rows: list[str]) -> Iterator[int]:
    at = 0
    for row in rows:
        yield at
        at += len(row) + 1


def _apart(rows: list[str]) -> tuple[str, list[str]]:
    """The words of errors, and the rows with those left empty."""
    words: list[str] = []
    kept: list[str] = []
    inside = after = False
    for row in rows:
        begins, ends = bool(_BEGINS.match(row)), bool(_ENDS.match(row.strip()) and row[:1].strip())
        inside = inside or begins
        is_word = inside or ends or (after and bool(row.strip()))
        (words if is_word else kept).append(row)
        if is_word:
            kept.append("")
        after = ends or (after and is_word)
        inside = inside and not ends
    return _told("\n".join(words).strip("\n")), kept


def _cut(rows: list[str]) -> tuple[list[str], list[int]]:
    """The rows without prompts and common margin, and how much was cut from each."""
    prompted = any(re.match(r"^\s*(?:>>>|In \[\d*\]:)", row) for row in rows)
    cuts = [m.end() if prompted and (m := _PROMPT.match(row)) else 0 for row in rows]
    bare = ["" if _FENCE.match(row) else row[cut:].translate(_SPACES) for row, cut in zip(rows, cuts, strict=True)]
    margins = [len(row) - len(row.lstrip()) for row in bare if row.strip() and not row.lstrip().startswith("#")]
    margin = min(margins, default=0)
    cuts = [cut + min(margin, len(row) - len(row.lstrip())) for cut, row in zip(cuts, bare, strict=True)]
    return [row[min(margin, len(row) - len(row.lstrip())) :] for row in bare], cuts


_SPACES = str.maketrans("\u3000\u00a0\t", "   ")


def _parsed(lines: list[str]) -> tuple[list[str], ast.Module, list[tuple[int, Sentence]]]:
    """The tree of the lines, those that are no Python left empty and named."""
    unread: list[tuple[int, Sentence]] = []
    widened = [line.translate(_HALF) for line in lines]
    for number, line in enumerate(lines):
        if _depth(line) > DEEPEST:
            widened[number] = lines[number] = ""
            unread.append(
                (number + 1, sentence("paste-deep-brackets", "at most {most} nested brackets are read", most=DEEPEST))
            )
    for tried in (lines, widened):
        whole = _tree("\n".join(tried))
        if isinstance(whole, ast.Module):
            return tried, whole, unread
    code = [*widened]
    while len(unread) < UNREAD:
        tree = _tree("\n".join(code))
        if isinstance(tree, ast.Module):
            return code, tree, unread
        wrong = _wrong_line(code, tree)
        if wrong is None:
            break
        code[wrong - 1] = ""
        unread.append(
            (wrong, sentence("paste-no-python", "this line is not Python: {words}", words=str(tree.msg)[:120]))
        )
    return [""] * len(code), ast.Module([], []), unread


def _wrong_line(code: list[str], error: SyntaxError) -> int | None:
    """The line to be left out: that of the error, or the last before it that holds anything."""
    for number in range(min(error.lineno or len(code), len(code)), 0, -1):
        if code[number - 1].strip():
            return number
    return None


def _tree(code: str) -> ast.Module | SyntaxError:
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in strings
            return ast.parse(code)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error) or type(error).__name__)


def _depth(line: str) -> int:
    deepest = depth = 0
    for sign in line:
        depth += (sign in "([{（［｛") - (sign in ")]}）］｝")
        deepest = max(deepest, depth)
    return deepest


def _is_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) or (
        isinstance(node, (ast.Tuple, ast.List)) and any(isinstance(part, ast.Call) for part in node.elts)
    )
