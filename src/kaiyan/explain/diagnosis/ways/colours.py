"""Alpha, grey and colour: what the channels of a picture are taken for, and how they become those that are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from kaiyan.spec.conv import Shape

Change: TypeAlias = "tuple[Sentence, Sentence, str, Callable[[Tensor], Tensor]]"
"""The cause, the offer, its code, and what it does."""


def recoloured(shape: Shape, wanted: int) -> Change | None:
    """What the channels of axis 1 are taken for, and how they become ``wanted``; None where nobody would mean that."""
    got = shape[1]
    if (got, wanted) == (4, 3):
        line = "x = x[:, :3]"
        return (
            sentence("K001", "the picture has 4 channels (RGBA: the fourth is alpha), but the model takes 3 (RGB)"),
            sentence("K001", "drop the alpha channel: {line}; from a file: Image.open(...).convert('RGB')", line=line),
            line, lambda x: x[:, :3],
        )  # fmt: skip
    if (got, wanted) == (2, 1):
        line = "x = x[:, :1]"
        return (
            sentence("K001", "the input has 2 channels (grey with alpha, or stereo), but the model takes 1"),
            sentence("K001", "keep the first channel: {line}", line=line), line, lambda x: x[:, :1],
        )  # fmt: skip
    if got in (3, 4) and wanted == 1:
        line = "x = x[:, :3].mean(1, keepdim=True)"
        return (
            sentence("K001", "the picture has {got} channels (colour), but the model takes 1 (grey)", got=got),
            sentence("K001", "the picture is in colour but the layer takes grey: average the channels"),
            line, lambda x: x[:, :3].mean(1, keepdim=True),
        )  # fmt: skip
    if got == 1 and wanted == 3:
        line = f"x = x.expand(-1, {wanted}{', -1' * (len(shape) - 2)})"
        return (
            sentence("K001", "the input has 1 channel (grey or mono), but the model takes {wanted}",
                     wanted=wanted),
            sentence("K001", "repeat it {wanted} times: {line}", wanted=wanted, line=line),
            line, lambda x: x.expand(-1, wanted, *x.shape[2:]),
        )  # fmt: skip
    return None
