"""Changes of what the user's failing line passes on: ``self.c(self.e(x))`` to ``self.c(self.e(x).transpose(1, 2))``."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.failing_line import failing_line
from kaiyan.explain.diagnosis.fixes import Fix, edited_lines, preceded
from kaiyan.explain.diagnosis.source import is_library
from kaiyan.explain.diagnosis.statement import statement
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import Permute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.show.sentence import Sentence
    from kaiyan.spec.conv import Shape

_ATOMS = (ast.Name, ast.Call, ast.Attribute, ast.Subscript)
"""What takes a method or a subscript without brackets around it."""
TURN = ".transpose(1, 2)"


def passed_on(facts: Facts, suffix: str, words: Callable[[str], Sentence]) -> Iterator[Fix]:
    """The failing call with ``suffix`` behind its first argument, wherever it is given, in the user's own line."""
    place = failing_line(facts)
    node = place.part if place is not None else None
    if place is None or not isinstance(node, ast.Call) or not node.args or is_library(place.line.file):
        return
    own = place.code.source(node.args[0])
    code = f"{own if isinstance(node.args[0], _ATOMS) else f'({own})'}{suffix}"
    same = [argument for argument in node.args if ast.unparse(argument) == ast.unparse(node.args[0])]
    text = place.code.put_all(dict.fromkeys(same, code))
    yield edited_lines(words(code), place.path, {place.line: text})


def turned(facts: Facts, shape: Shape, words: Callable[[str], Sentence]) -> Iterator[Fix]:
    """Axes 1 and 2 of (N, L, C) changed before the failing layer: in the user's line, else by a layer before it."""
    fixes = list(passed_on(facts, TURN, words)) if len(shape) == 3 else []
    yield from fixes
    if len(shape) == 3 and not fixes and facts.layer is not None and facts.path:
        line = f"x = x{TURN}"
        fix = preceded(words(line), facts.layer, facts.path, Permute(0, 2, 1))
        yield replace(fix, before=None, after=line)


def joined_samples(facts: Facts, expected: int) -> Iterator[Fix]:
    """A concatenation of (N, C, H, W) along the batch, where the layer behind it takes the sum of the channels."""
    maker = facts.maker()
    if maker is None or maker.kind not in ("cat", "concat") or maker.line is None or not maker.output_shape:
        return
    rows = maker.input_shapes[0][0] if maker.input_shapes else 0
    counted = maker.output_shape[0] // rows if rows else 0
    text = _along_channels(maker.line.text) if counted > 1 and maker.output_shape[1] * counted == expected else None
    if text is not None and not is_library(maker.line.file):
        said = sentence("K030", "join the channels, not the samples: {line}", line=text)
        yield edited_lines(said, maker.path, {maker.line: text})


def _along_channels(line: str) -> str | None:
    """A line whose only ``torch.cat`` joins along axis 0, with axis 1 in it; None where it is not to be read."""
    code = statement(line)
    calls = [node for node in code.parts(ast.Call) if _is_cat(node)]
    if len(calls) != 1:
        return None
    dims = [*calls[0].args[1:], *(k.value for k in calls[0].keywords if k.arg in ("dim", "axis"))]
    if dims:
        return code.put(dims[0], "1")
    end = code.span(calls[0]).stop - 1
    return f"{line[:end].rstrip(', ')}, dim=1{line[end:]}"


def _is_cat(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in ("cat", "concat", "concatenate")
