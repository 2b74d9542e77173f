"""A part of a line is where Python's parser says; the failing one is that of the frame, not the first that looks so."""

from __future__ import annotations

import ast

import pytest
import torch
from torch import Tensor, nn

import kaiyan
from kaiyan.explain.diagnosis.statement import statement


@pytest.mark.parametrize(
    ("text", "kind", "source"),
    [
        ("return self.a(x) + x", ast.Call, "self.a(x)"),
        ("y += '卷积' * n", ast.BinOp, "'卷积' * n"),
        ("if f(x) > 1:", ast.Call, "f(x)"),
        ("x = await g(x)", ast.Await, "await g(x)"),
    ],
)
def test_a_part_is_where_it_is_written(text: str, kind: type[ast.expr], source: str) -> None:
    line = statement(text)
    (part,) = line.parts(kind)
    assert line.source(part) == source
    assert line.at(line.span(part)) is part
    assert line.put(part, "z") == text.replace(source, "z")


def test_a_part_of_a_longer_statement_has_no_parts() -> None:
    assert list(statement("y = f(x,").parts(ast.expr)) == []


class Twice(nn.Module):
    """Two sums in one line, of which the second fails."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(3, 8, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x + 1, self.one(x) + self.two(x)


def test_the_sum_that_failed_is_mended_and_not_the_first_of_the_line() -> None:
    model, x = Twice(), torch.rand(2, 3, 16, 16)
    with pytest.raises(RuntimeError) as raised:
        model(x)
    found = kaiyan.diagnose(raised.value, model, x)
    through = [fix for fix in found.fixes if "shortcut" in (fix.after or "")]
    assert [fix.tried for fix in through] == [True]
    assert "return x + 1, self.shortcut(self.one(x)) + self.two(x)" in str(through[0].after)
