"""What people write on a command line: shapes, and values of options."""

import ast
import re
from typing import Any

from kaiyan.show.error import ConvError
from kaiyan.spec import read
from kaiyan.spec.conv import Shape
from kaiyan.spec.spelling import half_width


def shape(text: str) -> Shape:
    """A shape from "1x3x224x224", "1,3,224,224" or "(1, 3, 224, 224)".

    >>> shape("1x3x224x224")
    (1, 3, 224, 224)
    """
    words = re.split(r"\s*[x×*,\s]\s*", half_width(text).lower().strip("()[] ,"))
    if not all(re.fullmatch(r"\d+", word) for word in words):
        raise ConvError(
            "shape-text",
            "{text!r} is not a shape",
            "1x3x224x224: batch, channels, then sizes",
            text=text,
        )
    return read.shape([int(word) for word in words])


def is_shape(text: str) -> bool:
    """Whether a text is a shape and nothing else, such as a file's name.

    >>> is_shape("1x3x224x224"), is_shape("cat.jpg")
    (True, False)
    """
    return re.fullmatch(r"[(\[]?\d+(\s*[x×*,]\s*\d+)*[)\]]?", half_width(text).strip()) is not None


def value(text: str) -> Any:
    """A number, "2,1" an entry an axis, "(0,1),(2,3)" a pair an axis, or words.

    >>> value("causal,same"), value("2,1"), value("((0,1),(2,3))")
    (('causal', 'same'), (2, 1), ((0, 1), (2, 3)))
    """
    text = half_width(text)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        words = [word.strip() for word in text.split(",")]
        entries = tuple(int(word) if word.isdecimal() else word for word in words)
        return entries[0] if len(entries) == 1 else entries
