"""Kernels for pictures, by name, as rows of numbers, or from a file."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.pictures.error import KernelError, unreadable_by_system
from kaiyan.pictures.named import ALIASES, KERNELS, LARGEST_SIDE, SUGGESTED
from kaiyan.pictures.rows import equal, number, rows
from kaiyan.spec.spelling import half_width

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A kernel (kH, kW) to slide as it is, and what it is called."""

    name: str
    values: Numbers

    @property
    def is_average(self) -> bool:
        """Whether it only averages: no negative weights, and a sum of 1."""
        return bool((self.values >= 0).all() and abs(self.values.sum() - 1) < 1e-9)


def kernel(text: Any) -> Kernel:
    """The kernel that a name ("sobel-x", "gaussian:2"), rows of numbers ("1 0 -1; 2 0 -2"), a file or an array is.

    Rows end at ';', at a line's end or at a bracket, as NumPy prints them too; a file is .npy, or text such as .csv.
    Raises ``KernelError``, a ``KaiyanError``, for a name that is unknown, text that is no number, rows of unequal
    length, or a file that does not hold one kernel.

    >>> kernel("1 0 -1; 2 0 -2; 1 0 -1").values.tolist()
    [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    """
    if isinstance(text, Kernel):
        return text
    if not isinstance(text, (str, os.PathLike)):
        return _from_numbers(text)
    spelled = os.fspath(text)
    if not isinstance(text, str) or _is_a_file(spelled):
        return _from_file(Path(spelled.strip()))
    plain = half_width(spelled).strip()
    if not plain or plain[0].isdigit() or plain[0] in ("-", "+", ".", "[", "(", "{") or _ARRAY.match(plain):
        return _checked("custom", rows(spelled))
    return _named(spelled, plain)


_ARRAY = re.compile(r"(?:np\.|numpy\.|torch\.)?(?:array|asarray|tensor|Tensor|matrix|FloatTensor|float32)\s*\(")
_SUFFIXES = (".npy", ".txt", ".csv", ".tsv", ".dat")
_MOST_BYTES = 64_000_000


def _is_a_file(text: str) -> bool:
    """Whether a text is a path: by its suffix, or as there is such a file and it is neither a name nor a number."""
    path = text.strip()
    if "\n" in path or len(path) > 1000 or not path:
        return False
    if path.lower().endswith(_SUFFIXES):
        return True
    if _split(path.lower())[0] or re.fullmatch(r"[-+.\d\s,;/eE]+", path):
        return False
    with suppress(OSError, ValueError):
        return Path(path).is_file()
    return False


def _from_numbers(values: Any) -> Kernel:
    if isinstance(values, (list, tuple)) and all(isinstance(row, (list, tuple)) for row in values):
        equal([list(row) for row in values], str(values))
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError):
        array = np.asarray(None)
    if array.dtype == object:
        raise KernelError(
            "kernel-source",
            "a kernel is a name, rows of numbers as text, a file, or an array (H, W), not a {kind}",
            "kaiyan see --list",
            kind=type(values).__name__,
        )
    return _checked("array", array)


def _named(text: str, plain: str) -> Kernel:
    """A kernel by name, with its numbers behind ':', '=', a space or in brackets."""
    lowered = plain.lower()
    name, argument = _split(lowered)
    if name in KERNELS:
        values = _arguments(name, argument)
        given = ",".join(f"{value:g}" for value in values) if argument else ""
        return Kernel(f"{name}:{given}" if given else name, KERNELS[name].make(values))
    known = re.split(r"[\d:=(,]", lowered)[0].strip(" -_")
    near = SUGGESTED.get(re.sub(r"[\s_]+", "-", known)) or get_close_matches(known, KERNELS, n=1)
    raise KernelError(
        "unknown-kernel",
        "there is no kernel {name!r}; choose from {known}, or give rows such as '1 0 -1; 2 0 -2', or "
        "a .npy, .csv or .txt file",
        *["--kernel {near}"] * bool(near),
        name=text,
        known=", ".join(KERNELS),
        near=", --kernel ".join(near),
    )


def _split(lowered: str) -> tuple[str, str]:
    """The name as the table has it, and what stands behind it: "gaussian(sigma=3)" is "gaussian", "sigma=3"."""
    for name in sorted((*KERNELS, *ALIASES), key=len, reverse=True):
        spelled = re.escape(name).replace(r"\-", r"[\s_-]+")
        match = re.fullmatch(rf"{spelled}(?:(?:\s*[:=,]\s*|\s+|(?=[\d.]))([^()]*)|\s*\(([^()]*)\))?", lowered)
        if match and not (match[1] and name[-1].isdigit() and lowered[match.start(1) - 1].isdigit()):
            return ALIASES.get(name, name), re.sub(r"\s*([,=])\s*", r"\1", (match[1] or match[2] or "").strip())
    return "", ""


def _from_file(path: Path) -> Kernel:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if path.suffix.lower() == ".npy" or data.startswith(b"\x93NUMPY"):
            return _checked(path.stem, np.load(BytesIO(data), allow_pickle=False))
    except OSError as error:
        raise unreadable_by_system(path, error) from None
    except (ValueError, EOFError, SyntaxError, MemoryError):
        raise KernelError(
            "kernel-file",
            "{path} does not contain a NumPy array of numbers",
            "np.save({path!r}, array)",
            path=str(path),
        ) from None
    return _checked(path.stem, rows(_text(path, data), is_table=path.suffix.lower() in (".csv", ".tsv")))


def _text(path: Path, data: bytes) -> str:
    """Its lines without comments and without empty ones, in whatever encoding editors write."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data[:_MOST_BYTES].decode(encoding, errors="replace")
    if "\0" in text or "\ufffd" in text or len(data) > _MOST_BYTES:
        raise KernelError(
            "kernel-not-text",
            "{path} contains neither rows of numbers as text nor a NumPy array",
            "np.savetxt({path!r}, array)",
            path=str(path),
        )
    return "\n".join(re.split(r"[#%]", line)[0] for line in text.splitlines())


def _checked(name: str, values: Numbers) -> Kernel:
    if values.ndim != 2 or values.dtype.kind not in "biuf" or 0 in values.shape:
        raise KernelError(
            "not-a-kernel",
            "{name} holds an array {shape} of {dtype}; a kernel for pictures has two axes of real numbers",
            name=name,
            shape=values.shape,
            dtype=str(values.dtype),
        )
    if not np.isfinite(values).all():
        raise KernelError("kernel-not-finite", "{name} contains a number that is not finite", name=name)
    if max(values.shape) > LARGEST_SIDE:
        raise KernelError(
            "kernel-too-large",
            "the kernel {name} would be {size} numbers wide; the largest accepted is {largest}",
            name=name,
            size=max(values.shape),
            largest=LARGEST_SIDE,
        )
    return Kernel(name, values)


def _arguments(name: str, argument: str) -> tuple[float, ...]:
    recipe = KERNELS[name]
    words = [word for word in re.split(r"[,;\s]+", argument) if word]
    if len(words) > len(recipe.usual):
        raise KernelError(
            "kernel-arguments",
            "the kernel {name!r} takes at most {most} numbers, not {count}",
            "{usage}",
            name=name,
            most=len(recipe.usual),
            count=len(words),
            usage=_usage(name),
        )
    given = list(recipe.usual)
    for place, word in enumerate(words):
        key, _, value = word.rpartition("=")
        given[_place(name, key) if key else place] = _value(name, value, argument)
    return tuple(given)


def _place(name: str, key: str) -> int:
    takes = KERNELS[name].takes
    if key in takes:
        return takes.index(key)
    raise KernelError(
        "kernel-keyword",
        "the kernel {name!r} takes {takes}, not {key}",
        "{usage}",
        name=name,
        takes=", ".join(takes) or "0",
        key=key,
        usage=_usage(name),
    )


def _value(name: str, word: str, argument: str) -> float:
    square = re.fullmatch(r"(\d+)[x×*]\1", word)
    return number(square[1] if square and "n" in KERNELS[name].takes else word, f"{name}:{argument}")


def _usage(name: str) -> str:
    return ":".join([name, ",".join(f"{value:g}" for value in KERNELS[name].usual)]).rstrip(":")
