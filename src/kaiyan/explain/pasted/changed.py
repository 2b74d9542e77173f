"""The text with one line another, read anew: what a fix that is tried would make of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from torch import nn

from kaiyan.explain.pasted.modules import PastedClass, module_class
from kaiyan.explain.pasted.paste import paste
from kaiyan.explain.pasted.read import Reading, read
from kaiyan.explain.pasted.script import Script

if TYPE_CHECKING:
    from kaiyan.explain.pasted.run import ReadingRun


@lru_cache(maxsize=64)
def _changed(code: str, line: int, text: str) -> Reading:
    rows = code.split("\n")
    own = rows[line - 1]
    rows[line - 1] = own[: len(own) - len(own.lstrip())] + text
    return read(paste("\n".join(rows)))


def with_line(pasted: PastedClass, line: int, text: str) -> type[nn.Module]:
    """A class of the text as it is where a line is another; raises ``LookupError`` where it is no more."""
    found = _changed(pasted.run.paste.code, line, text).run.top.names.get(pasted.name)
    if not isinstance(found, PastedClass):
        raise LookupError(pasted.name)  # noqa: TRY004 (nothing of this name is there)
    if found.kind is nn.Module:
        found.kind = module_class(found)
    return found.kind


def script_with_line(run: ReadingRun, line: int, text: str) -> type[nn.Module]:
    """The statements of the text where a line is another."""
    model = _changed(run.paste.code, line, text).model
    if not isinstance(model, Script):
        raise LookupError("Script")  # noqa: TRY004 (nothing of this name is there)
    return type(model)
