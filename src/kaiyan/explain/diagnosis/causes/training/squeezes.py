"""Causes about an axis that is not there, most often because squeeze() took the batch of one away."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix, edited
from kaiyan.explain.diagnosis.statement import statement
from kaiyan.explain.diagnosis.traceback import lines_above
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape
    from kaiyan.trace.record import Call


def _squeezed(facts: Facts, _: re.Match[str]) -> Finding | None:
    """A squeeze that took the batch; nothing where the run shows none."""
    step = _squeeze(facts)
    if step is None or step.output_shape is None:
        return None
    said = sentence("K058", "squeeze() dropped the batch of one: {before} became {after}; a batch of two is kept",
                    before=step.input_shapes[0], after=step.output_shape)  # fmt: skip
    return Finding(said, tuple(_mended(step)), wanted=lambda run: any(s[:1] == (1,) for s in run.output_shapes[:1]),
                   is_outside=facts.is_outside)  # fmt: skip


def _squeeze(facts: Facts) -> Call | None:
    """The first squeeze without an axis of what has a batch of one."""
    return next((s for s in facts.done if s.kind == "squeeze" and s.input_shapes and s.input_shapes[0][:1] == (1,)
                 and s.output_shape is not None and s.output_shape[:1] != (1,)), None)  # fmt: skip


def _mended(step: Call) -> Iterator[Fix]:
    line = step.line
    written = _call(line.text) if line else None
    if line is None or written is None:
        return
    whole, holder = written
    after = f"{holder}.{_kept(step.input_shapes[0])}"
    yield edited(sentence("K058", "keep the batch: {after}", after=after), line, step.path, whole, after)


def _kept(shape: Shape) -> str:
    """The squeeze of every axis of one but the batch; a flatten where it does the same."""
    ones = [axis for axis, n in enumerate(shape) if axis and n == 1]
    if len(ones) == 1:
        return f"squeeze({ones[0]})"
    if shape[1] > 1 and len(ones) == len(shape) - 2:
        return "flatten(1)"
    return "flatten()" if len(ones) == len(shape) - 1 else f"squeeze({tuple(ones)})"


def _call(line: str) -> tuple[str, str] | None:
    """The squeeze in a line of code as it is written, and what it is asked of."""
    code = statement(line)
    for node in code.parts(ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "squeeze":
            given = [*node.args, *(word.value for word in node.keywords)]
            owner = ast.unparse(node.func.value)
            if owner == "torch" and len(given) == 1:
                return code.source(node), ast.unparse(given[0])
            if owner != "torch" and not given:
                return code.source(node), owner
    return None


def _axis(facts: Facts, found: re.Match[str]) -> Finding:
    least, most, got = (int(found[name]) for name in ("least", "most", "got"))
    said = sentence("K058", "axis {got} does not exist in a tensor of {rank} axes: they go from {least} to {most}",
                            got=got,
                    rank=-least, least=least, most=most)  # fmt: skip
    above = lines_above(*facts.frame) if facts.frame else ()
    line = next((line for line in above if ".squeeze()" in line.text), None)
    flat, single = "x = x.flatten(1)", "x = x.unsqueeze(0)"
    lost = Fix(sentence("K058", "if squeeze() comes before it, it drops a batch of one: {line}", line=flat),
               line.text if line else ".squeeze()",
               line.text.replace(".squeeze()", ".flatten(1)") if line else ".flatten(1)", line=line)  # fmt: skip
    batch = Fix(sentence("K058", "if one sample was given without a batch axis: {line}", line=single), None,
                single)  # fmt: skip
    last = Fix(sentence("K058", "or the last axis: dim=-1"), None, "dim=-1")
    return Finding(said, (lost, batch, last))


_ASKED = (
    r"Dimension out of range|expected (?:2D or )?\d?D? ?(?:or \dD )?input|[Ee]xpected \dD|size of tensor a|"
    r"must be the same as input size|different to the input size|batch_size|target must have size|"
    r"cannot be multiplied|Tensors must have same number of dimensions|not enough values to unpack|"
    r"Expected floating point type for target|more than 1 value per channel|too many indices|Expected \d?-?dimensional"
)
"""Words with which a lost batch shows, each of them with other causes too."""

ROWS = (
    Cause(
        "K058", _ASKED,
        "Dimension out of range (expected to be in range of [-1, 0], but got 1)", _squeezed,
    ),
    Cause(
        "K058", r"Dimension out of range \(expected to be in range of \[(?P<least>-?\d+), (?P<most>-?\d+)\], but got "
        r"(?P<got>-?\d+)\)",
        "Dimension out of range (expected to be in range of [-1, 0], but got 1)", _axis,
    ),
)  # fmt: skip
