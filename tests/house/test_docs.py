"""The documents name all that there is: every command, option, public name and error code, in both languages."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import pytest

import kaiyan
from kaiyan.cli.run import kaiyan as command_line

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs"))
import pages  # noqa: E402 (docs/ is no package)

LANGUAGES = ("en", "zh")


def missing(names: set[str], text: str) -> list[str]:
    """The names that a text does not have as whole words."""
    return sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))


def told(lang: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "docs" / lang).glob("*.md")))


def told_commands() -> list[click.Context]:
    return [*pages.told_commands(click.Context(command_line, info_name="kaiyan"))]


def commands() -> set[str]:
    return {context.command_path for context in told_commands()}


def options() -> set[str]:
    return {name for context in told_commands() for param in context.command.params if isinstance(param, click.Option)
            for name in param.opts}  # fmt: skip


def public() -> set[str]:
    return {*(f"kaiyan.{name}" for name in kaiyan.__all__ if name[0] != "_" and name not in pages.ROOMS),
            *(f"kaiyan.{room}.{name}" for room in pages.ROOMS for name in pages.offered(room))}  # fmt: skip


@pytest.mark.parametrize("path", sorted(pages.pages()), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_page_is_what_the_package_says(path: Path) -> None:
    assert path.read_text("utf-8") == pages.pages()[path], "run make docs"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_command_option_and_public_name_is_in_the_docs(lang: str) -> None:
    assert missing(commands() | options() | public(), told(lang)) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_code_is_in_the_docs(lang: str) -> None:
    assert missing({code for code, _, _ in pages.refused()}, told(lang)) == []


def test_a_name_that_is_not_told_is_found() -> None:
    assert missing({"kaiyan.plan", "kaiyan.planner", "--wide"}, "`kaiyan.planner` --wider") == ["--wide", "kaiyan.plan"]


def test_both_languages_have_the_same_pages_and_sections() -> None:
    sections = {lang: {path.name: re.findall(r"^#+ ", path.read_text("utf-8"), re.MULTILINE)
                       for path in (ROOT / "docs" / lang).glob("*.md")} for lang in LANGUAGES}  # fmt: skip
    assert sections["en"] == sections["zh"]
