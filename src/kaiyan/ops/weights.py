"""A weight's axes in another library's order."""

from __future__ import annotations

from typing import Any

from kaiyan.arrays.table import kind_of
from kaiyan.show.error import ConvError

_SPATIAL = "DHW"


def convert_weight(weight: Any, source: str, target: str = "OIHW", *, flip: bool = False) -> Any:
    """A weight with its axes in another order: "HWIO" (TensorFlow, Keras, JAX) to "OIHW" (PyTorch, ONNX), or back.

    O is the axis of output channels, I that of input channels in one group, D, H and W are spatial; a transposed
    convolution's weight is "HWOI" in TensorFlow and "IOHW" in PyTorch, and is not flipped. C and M are TensorFlow's
    depthwise axes, channels and multiplier: "HWCM" to "OIHW" gives (C·M, 1, H, W). ``flip`` turns the kernel round,
    as JAX's conv_transpose needs. NumPy in, NumPy out; torch in, torch out.
    Raises ``ConvError`` when the orders do not name the weight's axes.

    >>> import numpy as np
    >>> convert_weight(np.zeros((7, 7, 3, 64)), "HWIO").shape
    (64, 3, 7, 7)
    """
    source, target = source.upper(), target.upper()
    spatial = "".join(letter for letter in target if letter in _SPATIAL)
    depthwise = set(source) == {"C", "M", *spatial}
    letters = {"C", "M", *spatial} if depthwise else {"O", "I", *spatial}
    named = sorted(source) == sorted(letters) and sorted(target) == sorted({"O", "I", *spatial})
    if not named or len(source) != weight.ndim:
        raise ConvError(
            "weight-order",
            "{source!r} to {target!r} cannot be done with a weight of shape {shape}",
            "such as 'HWIO' to 'OIHW', a letter for each axis",
            source=source,
            target=target,
            shape=tuple(weight.shape),
        )
    if depthwise:
        C, M, *sizes = (weight.shape[source.index(letter)] for letter in f"CM{spatial}")
        weight, source = _turned(weight, source, f"CM{spatial}").reshape(C * M, 1, *sizes), f"OI{spatial}"
    turned = _turned(weight, source, target)
    axes = tuple(i for i, letter in enumerate(target) if letter in _SPATIAL)
    return kind_of("weight", weight).flipped(turned, axes) if flip else turned


def _turned(weight: Any, source: str, target: str) -> Any:
    order = tuple(source.index(letter) for letter in target)
    return kind_of("weight", weight).turned(weight, order)
