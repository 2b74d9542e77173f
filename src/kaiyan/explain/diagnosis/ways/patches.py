"""What a transformer adds to its patches: a class token for each sample, and a place for it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.failing_line import failing_line
from kaiyan.explain.diagnosis.fixes import Fix, edited_lines, parameter
from kaiyan.explain.diagnosis.source import is_library
from kaiyan.explain.diagnosis.ways.meeting import ends
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape


def for_each_sample(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """A token (1, 1, C) of the model's own repeated for the batch that it is joined to."""
    place = failing_line(facts) if facts.model is not None and len(shapes) > 1 else None
    if place is None or is_library(place.line.file):
        return
    parts = ends(place.part)
    batch = max(shape[0] for shape in shapes)
    other = next(
        (end for end, s in zip(parts, shapes, strict=False) if s[0] == batch and isinstance(end, ast.Name)), None
    )
    for end, shape in zip(parts, shapes, strict=False):
        if shape[0] != 1 or batch == 1 or other is None or not isinstance(end, (ast.Name, ast.Attribute)):
            continue
        code = f"{ast.unparse(end)}.expand({ast.unparse(other)}.size(0){', -1' * (len(shape) - 1)})"
        text = place.code.put(end, code)
        said = sentence("K022", "repeat it for each of the {batch} samples: {line}", batch=batch, line=code)
        yield edited_lines(said, place.path, {place.line: text})


def one_place_more(facts: Facts, shapes: tuple[Shape, ...]) -> Iterator[Fix]:
    """Places for the patches alone, where a class token was joined to them."""
    if facts.model is None or facts.path is None or len(shapes) != 2 or len(shapes[0]) != 3:
        return
    own, came = sorted(shapes, key=lambda shape: shape[1])
    new = (own[0], came[1], own[2])
    if own[0] == 1 and came[1] == own[1] + 1:
        said = sentence("K021", "make room for the class token too: {new}", new=new)
        fix = parameter(said, facts.model.get_submodule(facts.path), facts.path, own, new)
        yield from [fix] if fix else []
