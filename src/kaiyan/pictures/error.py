"""What can be wrong with a picture or a kernel that a user gave, or with the place to write to."""

import errno
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from kaiyan.show.error import KaiyanError


class PictureError(KaiyanError):
    """A picture cannot be read, drawn or written."""


class KernelError(KaiyanError):
    """The text or file of a kernel does not describe one."""


def refused_by_system(path: Path, error: OSError) -> PictureError:
    """The system's refusal to write ``path``, in our words."""
    facts = {"path": str(path), "folder": str(path.parent)}
    if path.is_dir():
        return PictureError("a-folder", "{path} is a folder, not a picture", **facts)
    if error.errno == errno.ENOENT and not path.parent.is_dir():
        return PictureError("no-folder", "there is no folder {folder}", "mkdir -p {folder}", **facts)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PictureError("disk-full", "the disk is full: {path} is unchanged", **facts)
    return _refused(path, error)


def unreadable_by_system(path: Path, error: OSError) -> PictureError:
    """The system's refusal to read ``path``, in our words, with the file or folder that may be meant."""
    facts = {"path": str(path), "folder": str(path.parent)}
    if _exists(path):
        near = _inside(path)
        return PictureError(
            "a-folder", "{path} is a folder, not a picture", *["{near}"] * len(near), near="".join(near), **facts
        )
    if error.errno not in (errno.ENOENT, errno.ENOTDIR):
        return _refused(path, error)
    if not _exists(path.parent):
        near = _near(path.parent)
        return PictureError(
            "no-folder", "there is no folder {folder}", *["{near}"] * len(near), near="".join(near), **facts
        )
    near = _near(path)
    return PictureError("no-such-file", "there is no file {path}", *["{near}"] * len(near), near="".join(near), **facts)


def _refused(path: Path, error: OSError) -> PictureError:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PictureError("no-permission", "{path}: permission is denied", path=str(path))
    return PictureError("system-refuses", "{path}: {reason}", path=str(path), reason=error.strerror or str(error))


def _exists(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except (OSError, ValueError):
        return False


def _near(path: Path) -> list[str]:
    """The name beside it that is most like it, its suffix apart, as a line of help."""
    with suppress(OSError):
        beside = {name.stem.lower(): name.name for name in islice(path.parent.iterdir(), 1000)}
        near = get_close_matches(path.stem.lower(), beside, n=1, cutoff=0.65)
        return [str(path.parent / beside[stem]) for stem in near]
    return []


def _inside(folder: Path) -> list[str]:
    """A picture in a folder, as a line of help."""
    with suppress(OSError):
        pictures = sorted(p for p in islice(folder.iterdir(), 1000) if p.suffix.lower() in _USUAL)
        return [str(path) for path in pictures[:1]]
    return []


_USUAL = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")
