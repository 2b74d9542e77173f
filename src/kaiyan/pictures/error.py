"""What can be wrong with a picture or a kernel that a user gave."""

from kaiyan.spec.error import KaiyanError


class PictureError(KaiyanError):
    """A picture cannot be read, drawn or written."""


class KernelError(KaiyanError):
    """The text or file of a kernel does not describe one."""
