"""The pages of docs/ that are written from the package itself: commands, public names, error codes (``make docs``)."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

import kaiyan
from kaiyan.cli.command import Session
from kaiyan.cli.run import kaiyan as command_line
from kaiyan.explain.diagnosis.causes import CAUSES
from kaiyan.show.i18n import catalogue, say

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent
SOURCE = Path(kaiyan.__file__).parent
TITLES = {
    "commands": {"en": "Commands", "zh": "命令"},
    "errors": {"en": "Errors", "zh": "错误"},
    "python": {"en": "Python", "zh": "Python"},
}
NOTE = {
    "en": "Written from the package by `make docs`.",
    "zh": "由 `make docs` 从软件包生成。",
}
REFUSALS = {
    "en": "## Refusals\n\n`error.code` of a `KaiyanError`, what it says, and the ways out that it may offer.",
    "zh": "## 拒绝\n\n`KaiyanError` 的 `error.code`、它的说明，以及可能给出的办法。",
}
CAUSES_OF = {
    "en": "## Causes\n\n`diagnosis.code`, what it is about, and PyTorch's words for it."
    " `kaiyan diagnose --code` tells more.",
    "zh": "## 原因\n\n`diagnosis.code`、它指的是什么，以及 PyTorch 的原话。`kaiyan diagnose --code` 有更多说明。",
}

ROOMS = ("nn", "networks", "learn", "faces")
"""Rooms whose names are public as theirs: ``kaiyan.nn.Conv2d``."""

HEADINGS = {
    "en": ("| code | sentence | ways out |", "| code | title | PyTorch's words |"),
    "zh": ("| 代码 | 说明 | 办法 |", "| 代码 | 标题 | PyTorch 的原话 |"),
}


@cache
def pages() -> dict[Path, str]:
    """Every page by its path."""
    written = {}
    for lang in ("en", "zh"):
        for name, page in (("commands", commands(lang)), ("errors", errors(lang))):
            written[DOCS / lang / f"{name}.md"] = f"# {TITLES[name][lang]}\n\n{NOTE[lang]}\n\n{page}"
    written[DOCS / "rooms.md"] = f"# Rooms\n\nWritten from pyproject.toml and the rooms by `make docs`.\n\n{rooms()}"
    written[DOCS / "en" / "python.md"] = f"# Python\n\n{NOTE['en']}\n\n{names()}"
    return written


def rooms() -> str:
    """The rooms from the top down, as the contract on imports has them: each imports what stands below it."""
    contracts = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    lines = [f"| `{room}/` | {_purpose(SOURCE / room)} |" for layer in layers for room in layer.split(" | ")]
    inner = [f"| `{path.relative_to(SOURCE)}/` | {_purpose(path)} |" for path in sorted(SOURCE.rglob("*"))
             if len(path.relative_to(SOURCE).parts) > 1 and (path / "__init__.py").exists()]  # fmt: skip
    side = "\n".join(f"- `{layer}` do not know one another." for layer in layers if "|" in layer)
    return (
        "Each room imports only rooms below it.\n\n| room | what is there |\n|---|---|\n" + "\n".join(lines)
        + f"\n\n{side}\n\nRooms in rooms:\n\n| room | what is there |\n|---|---|\n" + "\n".join(inner) + "\n"
    )  # fmt: skip


def _purpose(room: Path) -> str:
    doc = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    return doc.partition("\n")[0]


def commands(lang: str) -> str:
    """What --help says of every command."""
    root = click.Context(command_line, info_name="kaiyan", obj=Session(lang))
    return "\n".join(
        f"## {context.command_path}\n\n```text\n{context.command.get_help(context)}\n```\n"
        for context in told_commands(root)
    )


def told_commands(context: click.Context) -> Iterator[click.Context]:
    """A command and all inside it that are not hidden, each with the path that calls it."""
    yield context
    if isinstance(context.command, click.Group):
        for name, command in context.command.commands.items():
            if not command.hidden:
                yield from told_commands(click.Context(command, parent=context, info_name=name, obj=context.obj))


def names() -> str:
    """Signature and docstring of every public name."""
    public = [name for name in kaiyan.__all__ if name not in (*ROOMS, "__version__")]
    owners = [("kaiyan", kaiyan, public)]
    owners += [(f"kaiyan.{room}", getattr(kaiyan, room), sorted(offered(room))) for room in ROOMS]
    return "\n".join(_named(f"{room}.{name}", getattr(owner, name)) for room, owner, own in owners for name in own)


def offered(room: str) -> list[str]:
    """The public names of a room, but those of things that ``kaiyan`` itself has under the same name."""
    tree = ast.parse((SOURCE / room / "__init__.py").read_text("utf-8"))
    named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
             if alias.asname == alias.name]  # fmt: skip
    return [name for name in named if getattr(getattr(kaiyan, room), name) is not getattr(kaiyan, name, None)]


def _named(name: str, thing: object) -> str:
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(thing))) if callable(thing) else ""
    doc = inspect.getdoc(thing) or ""
    return f"## {name}\n\n```text\n{name.rpartition('.')[2]}{signature}\n\n{doc}\n```\n"


def errors(lang: str) -> str:
    """Every code with its sentences: what KaiyanError refuses, and what a diagnosis finds."""
    refusals = [f"| `{code}` | {_cell(text, code, lang)} | {'<br>'.join(_cell(line, code, lang) for line in help_)} |"
                for code, text, help_ in sorted(set(refused()))]  # fmt: skip
    causes: dict[str, tuple[str, str]] = {}
    for cause in CAUSES:
        causes.setdefault(cause.code, (say(cause.title, lang), cause.example.splitlines()[-1]))
    rows = [f"| `{code}` | {title} | `{words}` |" for code, (title, words) in sorted(causes.items())]
    return "\n".join([REFUSALS[lang], "", HEADINGS[lang][0], "|---|---|---|", *refusals, "",
                      CAUSES_OF[lang], "", HEADINGS[lang][1], "|---|---|---|", *rows, ""])  # fmt: skip


def refused() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Code, sentence and help lines of every error that the source makes."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].endswith("Error"):
                texts = [part.value for part in node.args if isinstance(part, ast.Constant)]
                if len(texts) > 1:
                    yield str(texts[0]), str(texts[1]), tuple(map(str, texts[2:]))


def _cell(text: str, code: str, lang: str) -> str:
    spoken = text if lang == "en" else catalogue().get(code, {}).get(text, text)
    return spoken.replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
