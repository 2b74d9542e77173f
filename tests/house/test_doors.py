"""torch is reached through its doors: below nn, pictures and trace, no other file may ask for it, by whatever name."""

from __future__ import annotations

import ast
from pathlib import Path

import kaiyan

SOURCE = Path(kaiyan.__file__).parent
BELOW = ("show", "spec", "reference", "arrays", "engine", "ops")
DOORS = (
    "arrays/torch.py",
    "engine/algorithms/torch.py",
    "engine/gradients/torch.py",
    "ops/autograd.py",
    "ops/operator.py",
)


def doors(source: str) -> list[str]:
    """What a source does to get hold of torch outside type checking: an import, or its name in ``sys.modules``."""
    return [ast.unparse(node) for node in _running(ast.parse(source)) if _asks(node)]


def _running(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return []
    return [node, *(inner for child in ast.iter_child_nodes(node) for inner in _running(child))]


def _asks(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(alias.name.partition(".")[0] == "torch" for alias in names)
        case ast.ImportFrom(module=str(module)):
            return module.partition(".")[0] == "torch"
        case ast.Call(func=function, args=[ast.Constant(value="torch"), *_]):
            return ast.unparse(function).rpartition(".")[2] in ("import_module", "__import__", "get", "find_spec")
        case ast.Subscript(value=value, slice=ast.Constant(value="torch")):
            return ast.unparse(value) == "sys.modules"
    return False


def test_torch_is_reached_through_its_doors_alone() -> None:
    files = (path for room in BELOW for path in (SOURCE / room).rglob("*.py"))
    asking = {str(path.relative_to(SOURCE)): doors(path.read_text("utf-8")) for path in files}
    assert {path: lines for path, lines in asking.items() if lines and path not in DOORS} == {}


def test_every_way_in_is_seen() -> None:
    assert len(doors("import torch.nn\nfrom torch import nn\nimport_module('torch')\nsys.modules['torch']")) == 4
    assert doors("if TYPE_CHECKING:\n    import torch\nimport torchvision") == []
