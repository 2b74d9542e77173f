"""Names and notes as a gallery stores them, however they were typed: one person has one name."""

from __future__ import annotations

import unicodedata

from kaiyan.faces.gallery_refusals import GalleryError

LONGEST_NAME = 200
"""Characters."""
_NO_SIGNS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, halves of a sign, and ends of lines and paragraphs."""


def stored_name(name: str) -> str:
    """A name in Unicode's composed form, without space around it.

    Raises ``GalleryError`` for one that is empty, too long, on several lines, or that UTF-8 cannot write.
    """
    plain = unicodedata.normalize("NFC", name).strip()
    if not plain or len(plain) > LONGEST_NAME or any(unicodedata.category(sign) in _NO_SIGNS for sign in plain):
        raise GalleryError(
            "gallery-name",
            "{name!r} is no name: one has 1 to {most} characters on one line",
            name=name,
            most=LONGEST_NAME,
        )
    return plain


def writable(text: str) -> str:
    """A text with what UTF-8 cannot write spelled out: bytes of a command line that are of another encoding.

    >>> writable("agreed by mail, caf\\udce9")
    'agreed by mail, caf\\\\udce9'
    """
    return text.encode(errors="backslashreplace").decode()
