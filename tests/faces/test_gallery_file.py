"""The gallery's file: shared by processes, whole after every failure, refused where it is not ours or not sound."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from fake_faces import AGREED, Fake, face, gallery_of_ann, photograph, refusal

from kaiyan.faces import gallery_file, gallery_refusals
from kaiyan.faces.gallery import Gallery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADDS = 12
WRITER = """
import sys
from fake_faces import Fake, face, photograph
from kaiyan.faces.gallery import Gallery
path, name, first, adds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
gallery = Gallery(path, network=Fake())
for n in range(adds):
    gallery.add(name, photograph(face(first, n)), photograph(face(first, n, 99)), consent="agreed")
    assert gallery.who(photograph(face(first, n))).faces[0].distance == 0
"""
READER = """
import sys
from fake_faces import Fake, face, photograph
from kaiyan.faces.gallery import Gallery
print(Gallery(sys.argv[1], network=Fake()).who(photograph(face(1, 0))).faces[0].name)
"""


def _process(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    found = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=found, **options)  # fmt: skip


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return gallery_of_ann(tmp_path)


def _add(gallery: Gallery) -> Callable[[], object]:
    return lambda: gallery.add("Bob", photograph(face(2)), photograph(face(3)), consent=AGREED)


def test_two_processes_that_make_one_gallery_and_add_to_it_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "faces.sqlite"
    writers = [_process(WRITER, path, name, first, ADDS) for name, first in (("Ann", 1), ("Bob", 250))]
    assert [(writer.communicate(timeout=120)[1], writer.returncode) for writer in writers] == [("", 0)] * 2
    gallery = Gallery(path, network=Fake())
    assert [(one.name, one.photographs) for one in gallery.people().people] == [("Ann", 2 * ADDS), ("Bob", 2 * ADDS)]
    assert [one.name for one in path.parent.iterdir()] == ["faces.sqlite"]


def test_what_another_process_adds_and_removes_is_seen(gallery: Gallery) -> None:
    assert gallery.who(photograph(face(250, 0))).faces[0].answer == "unknown"
    assert _process(WRITER, gallery.path, "Bob", 250, 1).communicate(timeout=60)[1] == ""
    assert gallery.who(photograph(face(250, 0))).faces[0].name == "Bob"
    Gallery(gallery.path, network=Fake()).remove("Bob")
    assert gallery.who(photograph(face(250, 0))).faces[0].answer == "unknown"


def test_only_its_owner_may_read_it(gallery: Gallery) -> None:
    assert stat.S_IMODE(gallery.path.stat().st_mode) == 0o600
    gallery.export(gallery.path.with_name("people.json"))
    assert stat.S_IMODE(gallery.path.with_name("people.json").stat().st_mode) == 0o600


def test_a_process_that_is_killed_while_it_adds_leaves_the_people_who_were_there(gallery: Gallery) -> None:
    killed = """
import os, sys
from fake_faces import Fake, face, photograph
from kaiyan.faces import gallery_records as records
from kaiyan.faces.gallery import Gallery
records.set_network = lambda *_: os.kill(os.getpid(), 9)
Gallery(sys.argv[1], network=Fake()).add("Bob", photograph(face(9)), consent="agreed")
"""
    process = _process(killed, gallery.path)
    process.communicate(timeout=60)
    assert process.returncode == -9
    assert [(one.name, one.photographs) for one in gallery.people().people] == [("Ann", 2)]


def test_a_gallery_that_another_process_holds_is_waited_for_and_then_refused(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (gallery_file, gallery_refusals):
        monkeypatch.setattr(module, "LONGEST_WAIT", 0.2)
    with closing(sqlite3.connect(gallery.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = refusal(_add(gallery))
        assert (error.code, error.facts["seconds"]) == ("gallery-busy", 0.2)
        assert gallery.who(photograph(face(1, 0))).faces[0].name == "Ann"
        other.execute("ROLLBACK")
    _add(gallery)()


def test_a_process_that_reads_on_keeps_the_log_and_is_told_of(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (gallery_file, gallery_refusals):
        monkeypatch.setattr(module, "LONGEST_WAIT", 0.2)
    with closing(sqlite3.connect(gallery.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM person").fetchone()
        assert refusal(lambda: gallery.remove("Ann")).code == "gallery-log-not-emptied"
    assert gallery.people().people == ()
    assert not [*gallery.path.parent.glob("*-wal")]


NOT_OURS: dict[str, tuple[bytes | None, str]] = {
    "text": (b"Ann, Bob and Cy\n" * 20, "gallery-not-ours"),
    "empty": (b"", "gallery-damaged"),
    "database": (None, "gallery-not-ours"),
}


@pytest.mark.parametrize("kind", NOT_OURS)
def test_a_file_that_is_no_gallery_is_refused_and_untouched(tmp_path: Path, kind: str) -> None:
    content, code = NOT_OURS[kind]
    path = tmp_path / "faces.sqlite"
    if content is None:
        with closing(sqlite3.connect(path)) as file, file:
            file.execute("CREATE TABLE bookmarks (address TEXT)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    gallery = Gallery(path, network=Fake())
    for act in (gallery.people, _add(gallery)):
        assert refusal(act).code == code
    assert path.read_bytes() == before


def test_a_gallery_of_a_newer_format_is_refused_and_untouched(gallery: Gallery) -> None:
    with closing(sqlite3.connect(gallery.path)) as file, file:
        file.execute("PRAGMA user_version = 7")
    before = gallery.path.read_bytes()
    error = refusal(_add(gallery))
    assert (error.code, error.facts["found"], error.facts["known"]) == ("gallery-newer", 7, 1)
    assert gallery.path.read_bytes() == before


def test_a_file_that_the_system_does_not_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.sqlite").mkdir()
    assert refusal(Gallery(tmp_path / "faces.sqlite", network=Fake()).people).code == "gallery-system-refuses"


def test_sqlite_s_refusals_are_told_apart(tmp_path: Path) -> None:
    """The disk's own errors cannot be had at will: their names are SQLite's, https://www.sqlite.org/rescode.html."""
    codes = {"SQLITE_IOERR_WRITE": "gallery-system-refuses", "SQLITE_READONLY_DIRECTORY": "gallery-no-permission",
             "SQLITE_CORRUPT_VTAB": "gallery-damaged", "SQLITE_LOCKED": "gallery-busy"}  # fmt: skip
    for name, code in codes.items():
        error = sqlite3.OperationalError("refused")
        error.sqlite_errorname = name

        def refused(error: Exception = error) -> None:
            with gallery_refusals.refusing(tmp_path / "faces.sqlite"):
                raise error

        assert refusal(refused).code == code


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """From then on no file may have more than so many pages: SQLite's own limit, with the error of a full disk."""
    connect = sqlite3.connect

    def fill(pages: int) -> None:
        def limited(*args: Any, **options: Any) -> sqlite3.Connection:
            file: sqlite3.Connection = connect(*args, **options)
            file.execute(f"PRAGMA max_page_count = {pages}")
            return file

        monkeypatch.setattr(sqlite3, "connect", limited)

    return fill


def test_on_a_full_disk_nothing_is_added_and_what_was_there_stays(
    gallery: Gallery, full: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, content = gallery.people(), gallery.path.read_bytes()
    full(len(content) // 4096)
    many = [photograph(face(200, n)) for n in range(1, 60)]
    assert refusal(lambda: gallery.add("Bob", *many, consent=AGREED)).code == "gallery-disk-full"
    assert gallery.people() == before
    monkeypatch.undo()
    assert gallery.add("Bob", *many, consent=AGREED).new == 59


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 800 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount: list[str | Path] = ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", folder]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only Linux's root can mount a small disk in memory")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_on_a_disk_that_is_full_nothing_is_half_there(small: Path) -> None:
    gallery = Gallery(small / "faces.sqlite", network=Fake())
    gallery.add("Ann", photograph(face(1)), consent=AGREED)
    many = [photograph(face(n, m)) for n in range(2, 20) for m in range(120)]
    assert refusal(lambda: gallery.add("Bob", *many, consent=AGREED)).code == "gallery-disk-full"
    assert [(one.name, one.photographs) for one in gallery.people().people] == [("Ann", 1)]
    full = refusal(lambda: _fill(small / "people.json", gallery))
    assert (full.code, "gallery" in str(full).replace("gallery-disk-full", "")) == ("gallery-disk-full", False)
    assert not (small / "people.json").exists()
    (small / "filler").unlink()
    gallery.remove("Ann")
    assert gallery.people().people == ()


def test_a_person_is_removed_where_there_is_no_room_to_rebuild_the_file(small: Path) -> None:
    gallery = Gallery(small / "faces.sqlite", network=Fake())
    gallery.add("Ann", *(photograph(face(1, n)) for n in range(200)), consent=AGREED)
    gallery.add("Quentin", photograph(face(77, 78, 79)), consent=AGREED)
    _leave(small, 130_000)
    removed = gallery.remove("Quentin")
    assert (removed.is_rebuilt, [note.code for note in removed.notes]) == (
        False,
        ["face-removed-but", "face-not-rebuilt"],
    )
    left = b"".join(path.read_bytes() for path in small.glob("faces*"))
    assert b"Quentin" not in left
    assert (face(77, 78, 79) / 256).astype("<f4").tobytes()[:40] not in left
    assert gallery.people().people[0].photographs == 200


def _fill(path: Path, gallery: Gallery) -> object:
    _leave(path.parent, 0)
    return gallery.export(path)


def _leave(folder: Path, room: int) -> None:
    """Fills a disk but for so many bytes."""
    state = os.statvfs(folder)
    (folder / "filler").write_bytes(bytes(state.f_bavail * state.f_frsize - room))


@pytest.fixture
def read_only(gallery: Gallery) -> Iterator[Path]:
    """The gallery's folder, into which nobody can write: root writes into every folder, but for a read-only mount."""
    folder = gallery.path.parent
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    mount: tuple[list[str | Path], ...] = (
        ["mount", "--bind", folder, folder],
        ["mount", "-o", "remount,ro,bind", folder],
    )
    if is_root and any(subprocess.run(step, check=False, capture_output=True).returncode for step in mount):
        pytest.skip("root writes into every folder, and cannot mount one read-only here")
    if not is_root:
        folder.chmod(0o555)
    yield folder
    if is_root:
        subprocess.run(["umount", folder], check=True)
    folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of folders are POSIX's")
def test_in_a_read_only_folder_people_are_recognised_and_none_is_added(gallery: Gallery, read_only: Path) -> None:
    assert gallery.who(photograph(face(1, 0))).faces[0].name == "Ann"
    for act in (_add(gallery), lambda: gallery.remove("Ann"), lambda: gallery.export(read_only / "people.json")):
        assert refusal(act).code == "gallery-no-permission"
    assert _process(READER, gallery.path).communicate(timeout=60) == ("Ann\n", "")
