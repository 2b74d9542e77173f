"""The inputs that sizes on a command line stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaiyan.cli import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.spec.conv import Shape


def sized(text: str) -> tuple[Shape, str | None]:
    """The shape of an input, and its type where one is written behind a colon.

    >>> sized("1x7:int64"), sized("1x3x8x8")
    (((1, 7), 'int64'), ((1, 3, 8, 8), None))
    """
    size, _, word = text.replace("：", ":").partition(":")
    return written.shape(size), word.strip() or None


def example(model: Any, texts: Sequence[str]) -> tuple[Any, ...]:
    """Tensors of these sizes: random numbers, or zeros of whole numbers, which any table has."""
    import torch

    from kaiyan.explain.inputs import run_on

    sizes = [sized(text) for text in texts]
    kinds = [tensor.dtype for tensor in run_on(model, [s for s, _ in sizes], [word for _, word in sizes]).inputs]
    return tuple(
        torch.randn(size, dtype=kind) if kind.is_floating_point or kind.is_complex else torch.zeros(size, dtype=kind)
        for (size, _), kind in zip(sizes, kinds, strict=True)
    )
