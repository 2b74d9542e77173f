"""Every case runs as a script, its figures hold, it speaks two languages and ends with an exercise and its answer."""

from __future__ import annotations

import ast
import re
import runpy
from typing import TYPE_CHECKING

import pytest
from portraits import kept_for_the_cases

from kaiyan.cases.catalogue import NOTEBOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kaiyan.cases.catalogue import Notebook

every_case = pytest.mark.parametrize("case", NOTEBOOKS, ids=lambda case: case.name)
PAIRS = {"both": ((0, 1),), "picture": ((1, 2),), "exercise": ((0, 1), (2, 3))}
"""What says something in English and Chinese, and which of its arguments do."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def words(node: ast.expr) -> str:
    """The words of a text, without what is computed into it."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def one_sided(source: str) -> list[str]:
    """Texts that are not in both languages: English with Chinese in it, or Chinese that has none or other numbers."""
    wrong = []
    for name, call in calls(source):
        for english, chinese in PAIRS.get(name, ()):
            texts = [words(call.args[place]) for place in (english, chinese)]
            computed = [sorted(ast.unparse(node) for node in ast.walk(call.args[place])
                               if isinstance(node, ast.FormattedValue)) for place in (english, chinese)]  # fmt: skip
            if not texts[0] or CHINESE.search(texts[0]) or not CHINESE.search(texts[1]) or computed[0] != computed[1]:
                wrong.append(texts[0])
        if name == "table":
            wrong += [text for heading in ast.literal_eval(call.args[0]) for text in [heading] if not told_twice(text)]
        if name.startswith("mo.md"):
            wrong.append(ast.unparse(call))
    return wrong


def told_twice(heading: str) -> bool:
    """Whether a heading has both languages, or is no word of either."""
    return bool(CHINESE.search(heading)) == bool(re.search("[a-z]{2}", heading))


@pytest.fixture(scope="module", autouse=True)
def _portraits() -> None:
    kept_for_the_cases()


@every_case
def test_a_case_runs_and_its_figures_hold(case: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(case.path), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed.startswith(f"# {case.number} · ")
    assert printed.index("## Exercise · 练习") < printed.index("## Answer · 答案")


@every_case
def test_a_case_speaks_two_languages(case: Notebook) -> None:
    assert one_sided(case.path.read_text("utf-8")) == []


def test_a_text_in_one_language_is_found() -> None:
    assert one_sided("both('one', 'two')") == ["one"]
    assert one_sided("both('一', '二')") == ["一"]
    assert one_sided("both(f'{n} pixels', f'{m} 个像素')") == [" pixels"]
    assert one_sided("table(('kernel 核', '3 x 3', 'loss'), [])") == ["loss"]
    assert one_sided("both('one', '一')\nmo.md('alone')") == ["mo.md('alone')"]


@every_case
def test_a_case_asserts_its_figures(case: Notebook) -> None:
    cells = [node for node in ast.parse(case.path.read_text("utf-8")).body
             if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]  # fmt: skip
    assert sum(isinstance(node, ast.Assert) for cell in cells for node in ast.walk(cell)) >= 3


def test_a_figure_that_is_off_fails(tmp_path: Path) -> None:
    altered = tmp_path / "altered.py"
    altered.write_text(NOTEBOOKS[0].path.read_text("utf-8").replace("== answer == 248", "== answer == 249"), "utf-8")
    with pytest.raises(AssertionError):
        runpy.run_path(str(altered), run_name="__main__")


def test_cases_are_numbered_and_every_notebook_is_a_case() -> None:
    assert [case.number for case in NOTEBOOKS] == sorted({case.number for case in NOTEBOOKS})
    folder = NOTEBOOKS[0].path.parent
    assert {case.path for case in NOTEBOOKS} == set(folder.glob("case_*.py"))
    assert all(case.name.startswith(f"case_{case.number:02}_") for case in NOTEBOOKS)
