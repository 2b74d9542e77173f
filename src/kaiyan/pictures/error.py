"""What can be wrong with a picture or a kernel that a user gave, or with the place to write to."""

import errno
from pathlib import Path

from kaiyan.spec.error import KaiyanError


class PictureError(KaiyanError):
    """A picture cannot be read, drawn or written."""


class KernelError(KaiyanError):
    """The text or file of a kernel does not describe one."""


def refused_by_system(path: Path, error: OSError) -> PictureError:
    """The system's refusal to read or write ``path``, in our words."""
    facts = {"path": str(path), "folder": str(path.parent)}
    if path.is_dir():
        return PictureError("a-folder", "{path} is a folder, not a picture", **facts)
    match error.errno:
        case errno.ENOENT if not path.parent.is_dir():
            return PictureError("no-folder", "there is no folder {folder}", "mkdir -p {folder}", **facts)
        case errno.ENOENT:
            return PictureError("no-file", "there is no file {path}", **facts)
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return PictureError("no-permission", "{path}: permission is denied", **facts)
        case errno.ENOSPC | errno.EDQUOT:
            return PictureError("disk-full", "the disk is full: {path} is as it was", **facts)
    return PictureError("system-refuses", "{path}: {reason}", reason=error.strerror or str(error), **facts)
