"""One name, one thing: no two classes and no two tables of the package are called alike."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import kaiyan

SOURCE = Path(kaiyan.__file__).parent


def names(source: str) -> set[str]:
    """Classes and tables in capitals that a file defines at its top, but a file's row or rows of a table."""
    defined = set()
    for node in ast.parse(source).body:
        match node:
            case ast.ClassDef(name=name):
                defined.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]) if name.isupper():
                defined.add(name)
    return {name for name in defined if not name.startswith("_")} - {"ROW", "ROWS"}


def doubled(sources: dict[str, str]) -> dict[str, list[str]]:
    """Names that two files or more define, with those files."""
    files = defaultdict(list)
    for path, source in sources.items():
        for name in names(source):
            files[name].append(path)
    return {name: sorted(paths) for name, paths in files.items() if len(paths) > 1}


def test_no_two_things_have_one_name() -> None:
    sources = {str(path.relative_to(SOURCE)): path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    assert doubled(sources) == {}


def test_two_things_of_one_name_are_found() -> None:
    assert doubled({"a.py": "class Row: ...", "b.py": "ROWS = 1\nclass Row: ...", "c.py": "class _Row: ..."}) == {
        "Row": ["a.py", "b.py"]
    }
