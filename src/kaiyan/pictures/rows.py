"""Rows of numbers as people write them: by line, by ';', in brackets, as NumPy prints them, or in a file of text."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from kaiyan.pictures.error import KernelError
from kaiyan.spec.spelling import half_width

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers

EXACT_BELOW = 2**53
"""Below it every whole number that is written is a float64 too."""
_EXAMPLE = "'1 0 -1; 2 0 -2; 1 0 -1'"
_CALL = re.compile(r"[A-Za-z_][\w.]*\s*\((.*)\)", re.DOTALL)
_TYPE = re.compile(r",\s*(?:dtype\s*=\s*)?(?:np\.|numpy\.|torch\.)?[a-z]+\d*\s*$")
_FACTOR = re.compile(r"([-+]?[\d./]+(?:[eE][-+]?\d+)?)\s*[*×·]?\s*(?=[\[({])")
_DIVISOR = re.compile(r"(?<=[\])}])\s*/\s*([\d.]+)\s*$")
_ROUND = str.maketrans("({)}", "[[]]")

Row = list[float]


def rows(text: str, *, is_table: bool = False) -> Numbers:
    """The numbers that a text spells, (rows, columns) or as deep as its brackets; a table separates columns by ';' too.

    Raises ``KernelError`` for what is no number, for rows of unequal length and for what can be read in two ways.

    >>> rows("1 0 -1\\n2 0 -2").tolist(), rows("[-1, 0, 1]").tolist(), rows("1/2 * [[1 1]; [0 2]]").tolist()
    ([[1, 0, -1], [2, 0, -2]], [[-1, 0, 1]], [[0.5, 0.5], [0.0, 1.0]])
    """
    plain = half_width(text).replace("\\n", "\n").strip()
    factor, plain = _without_factor(plain, text)
    bracketed = plain.translate(_ROUND)
    if "[" not in bracketed and "]" not in bracketed:
        return _typed(equal(_plain_rows(plain, text, is_table=is_table), text), factor)
    return _typed(_nested(bracketed, text), factor)


def _without_factor(plain: str, text: str) -> tuple[Fraction, str]:
    """A number before or behind the brackets, 1/16 * [[1 2 1]; ...], and the brackets without it and without a call."""
    factor = Fraction(1)
    if match := _DIVISOR.search(plain):
        factor /= _fraction(match[1], text) or 1
        plain = plain[: match.start()]
    if match := _FACTOR.match(plain):
        factor *= _fraction(match[1], text)
        plain = plain[match.end() :]
    if match := _CALL.fullmatch(plain):
        plain = _TYPE.sub("", match[1])
    return factor, plain


def _plain_rows(plain: str, text: str, *, is_table: bool) -> list[Row]:
    lines = [line.strip("; \t\r") for line in plain.split("\n") if line.strip("; \t\r")]
    pieces = [line.split(";") for line in lines]
    if is_table or len(lines) > 1:
        if all(len(_words(piece)) == 1 for line in pieces for piece in line):
            return [[number(_words(piece)[0], text) for piece in line] for line in pieces]
        if len(lines) > 1 and any(len(line) > 1 for line in pieces) and "," in plain:
            raise KernelError(
                "kernel-separators",
                "the kernel {text!r} has ';', ',' and line breaks: it is unclear which of them ends a row",
                "{example}",
                text=_short(text),
                example=_EXAMPLE,
            )
    return [[number(word, text) for word in _words(piece)] for line in pieces for piece in line]


def _words(piece: str) -> list[str]:
    return piece.replace(",", " ").split()


def _nested(bracketed: str, text: str) -> list[Row]:
    """Innermost brackets are rows; one pair alone holds rows by ';' or by line, as MATLAB writes them."""
    if re.sub(r"[^\[\]]", "", bracketed) == "[]":
        inside = bracketed.strip()[1:-1]
        if bracketed.strip()[0] == "[" and bracketed.strip()[-1] == "]":
            unbroken = re.sub(r",\s*\n", ", ", inside)
            return equal(_plain_rows(unbroken.strip(), text, is_table=False), text)
    if not re.fullmatch(r"[\[\],;\s]*(?:\[[^\[\]]*\][\[\],;\s]*)+", bracketed) or not _balanced(bracketed):
        raise KernelError(
            "kernel-brackets", "the brackets of the kernel {text!r} do not match", "{example}",
            text=_short(text), example=_EXAMPLE,
        )  # fmt: skip
    if re.search(r"\]\s*[,;]?\s*\]\s*[,;]?\s*\[\s*\[", bracketed):
        raise KernelError(
            "kernel-deep", "the kernel {text!r} has more than two axes; a kernel for pictures has two",
                           "{example}",
            text=_short(text), example=_EXAMPLE,
        )  # fmt: skip
    inner = re.findall(r"\[([^\[\]]*)\]", bracketed)
    return equal([[number(word, text) for word in _words(row.replace(";", " "))] for row in inner], text)


def _balanced(bracketed: str) -> bool:
    depth = 0
    for c in bracketed:
        depth += (c == "[") - (c == "]")
        if depth < 0:
            return False
    return depth == 0


def equal(lines: list[Row], text: str) -> list[Row]:
    """The same rows; raises ``KernelError`` with their lengths where these differ."""
    lengths = [len(row) for row in lines]
    if not lines or len(set(lengths)) > 1 or 0 in lengths:
        raise KernelError(
            "ragged-kernel",
            "the rows of the kernel {text!r} have {lengths} numbers; all rows must have the same number",
            text=_short(text),
            lengths=_short(", ".join(str(n) for n in lengths) or "0"),
        )
    return lines


def _typed(lines: list[Row], factor: Fraction) -> Numbers:
    values = np.array(lines) * float(factor)
    whole = (values == np.rint(values)).all() and abs(values).max() < EXACT_BELOW
    return values.astype(np.int64) if whole else values


def number(word: str, text: str) -> float:
    """The number that a word of ``text`` is: 3, -0.5, 1/9, 1e-3; raises ``KernelError``."""
    return float(_fraction(word, text))


def _fraction(word: str, text: str) -> Fraction:
    try:
        value = Fraction(re.sub(r"(?<=\d)\.$|(?<=\d)\.(?=[/eE])", "", word))
        float(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise KernelError(
            "kernel-letters",
            "{word!r} in the kernel {text!r} is not a number",
            "numbers with spaces between, rows with ';' between: '1 0 -1; 2 0 -2; 1 0 -1'",
            word=_short(word),
            text=_short(text),
        ) from None
    return value


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
