"""What the commands of ``kaiyan face`` print: a result, and what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.show.sentence import sentence
from kaiyan.show.table import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kaiyan.cli.command import Session
    from kaiyan.show.sentence import Sentence
    from kaiyan.show.shown import Shown


def report(
    session: Session, result: Shown, path: Path | None, *, as_json: bool, remarks: Sequence[Sentence] = ()
) -> None:
    """A result with its remarks and the file that was written, for eyes or as JSON."""
    if as_json:
        session.json(result.KIND, {**result.to_dict(), "remarks": remarks, "written": path})
        return
    written = [] if path is None else [sentence("written", "written to {path}", path=path)]
    session.print(*result.parts())
    if remarks or written:
        session.print(Lines((*remarks, *written), "list"))
