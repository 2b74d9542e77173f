"""Text as a Chinese keyboard or a word processor types it, with the plain signs that code is written in."""

from unicodedata import normalize

_SIGNS = str.maketrans({
    "、": ",", "。": ".", "；": ";", "−": "-", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'",
    "「": '"', "」": '"', "【": "[", "】": "]", "〔": "[", "〕": "]", "\u3000": " ", "\u00a0": " ", "\ufeff": "",
})  # fmt: skip


def half_width(text: str) -> str:
    """The same text with half-width signs, digits and letters.

    >>> half_width("Conv2d（３，64、kernel_size＝3）")
    'Conv2d(3,64,kernel_size=3)'
    """
    return normalize("NFKC", text.translate(_SIGNS))
