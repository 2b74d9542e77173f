"""A family of networks by the word that asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = TypeVar("Row")


def family(table: Mapping[str, Row], name: str) -> Row:
    """What a table has under a name; raises ``KaiyanError`` with the names that it has where this is none of them."""
    if name not in table:
        raise KaiyanError(
            "no-such-recogniser", "there is no recogniser called {name!r}", "{names}",
            name=name, names=" or ".join(table),
        )  # fmt: skip
    return table[name]
