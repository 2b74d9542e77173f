"""A room of many files begins with a page that says what is here, in which order to read, and where a line goes."""

from pathlib import Path

import kaiyan

SOURCE = Path(kaiyan.__file__).parent
MOST = 8
"""Files that are understood without a page."""


def unexplained(source: Path) -> list[str]:
    """Rooms of more than ``MOST`` modules without a README."""
    rooms = {path.parent for path in source.rglob("*.py")}
    return sorted(
        str(room.relative_to(source))
        for room in rooms
        if len([path for path in room.glob("*.py") if path.name != "__init__.py"]) > MOST
        and not (room / "README.md").exists()
    )


def test_every_large_room_has_a_page() -> None:
    assert unexplained(SOURCE) == []


def test_a_large_room_without_a_page_is_found(tmp_path: Path) -> None:
    (tmp_path / "attic").mkdir()
    for number in range(MOST + 1):
        (tmp_path / "attic" / f"box{number}.py").touch()
    assert unexplained(tmp_path) == ["attic"]
