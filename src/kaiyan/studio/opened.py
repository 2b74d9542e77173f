"""What a widget is opened with: a line, a description, a layer or a model; a kernel; a picture as a data: address."""

from __future__ import annotations

import sys
from base64 import b64encode
from io import BytesIO
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.pictures.kernels import Kernel
from kaiyan.pictures.kernels import kernel as read_kernel
from kaiyan.pictures.picture import picture as read_picture
from kaiyan.show.error import KaiyanError
from kaiyan.spec.code import SIGNATURES
from kaiyan.spec.conv import Conv
from kaiyan.studio import photograph
from kaiyan.studio.pixels import fitted

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers

MOST_WEIGHTS = 2**20
"""What the stage of a widget takes; a larger layer is seen in the network tab."""


class Opened(NamedTuple):
    """A convolution with its numbers, or the model that the network tab shows; None where the page has its own."""

    conv: Conv | None = None
    weight: Numbers | None = None
    bias: Numbers | None = None
    model: Any = None


def opened(what: Any) -> Opened:
    """What a recipe's text, a ``Conv``, a layer of torch (with its weights), another module, or None means.

    Raises ``KaiyanError`` for anything else.
    """
    if what is None:
        return Opened()
    if isinstance(what, (str, Conv)):
        return Opened(described(what))
    if not _is_module(what):
        raise KaiyanError(
            "not-for-a-widget",
            "a widget shows a line of code, a kaiyan.Conv, or a layer or model of torch, not a {kind}",
            'kaiyan.Widget("nn.Conv2d(3, 16, 3, stride=2)")',
            kind=type(what).__name__,
        )
    if not any(kind.__name__ in SIGNATURES for kind in type(what).__mro__):
        return Opened(model=what)
    conv = described(Conv.from_module(what))
    return Opened(conv, weights(what.weight, conv), biases(what.bias, conv))


def described(what: Any) -> Conv:
    """A convolution with channels and axes, as the stage needs them, from its line or its description."""
    conv = what if isinstance(what, Conv) else Conv.parse(what)
    conv = conv if conv.rank is not None else conv.at_rank(2)
    conv = conv if conv.in_channels is not None else conv.replace(in_channels=1, out_channels=1)
    count = prod(conv.weight_shape)
    if not 0 < count <= MOST_WEIGHTS:
        raise KaiyanError(
            "weights-of-a-widget",
            "{conv} has {count:,} weights; a widget takes 1 to {most:,}",
            conv=str(conv),
            count=count,
            most=MOST_WEIGHTS,
        )
    return conv


def weights(kernel: Any, conv: Conv) -> Numbers:
    """The weights that a kernel gives a convolution: an array of its whole shape, or one kernel for all channels.

    A kernel for all is a name ("sobel-x"), rows of numbers, or an array over the spatial axes. Raises ``KaiyanError``
    where sizes differ.
    """
    values = taps(kernel)
    if values.shape not in (conv.weight_shape, conv.weight_shape[2:]):
        raise KaiyanError(
            "kernel-other-size",
            "a kernel of shape {given} fits neither all weights {weights} of {conv} nor its window {window}",
            given=values.shape,
            weights=conv.weight_shape,
            conv=str(conv),
            window=conv.weight_shape[2:],
        )
    return _frozen(np.broadcast_to(values, conv.weight_shape))


def taps(kernel: Any) -> Numbers:
    """The numbers of a kernel by its name, as rows, in a file, or in an array or tensor of any shape."""
    if isinstance(kernel, (str, Kernel)) or hasattr(kernel, "__fspath__"):
        return _numbers(read_kernel(kernel).values)
    return _numbers(kernel)


def biases(bias: Any, conv: Conv) -> Numbers | None:
    """One bias an output channel; None where there is none."""
    if bias is None or not conv.bias:
        return None
    values = _numbers(bias)
    if values.shape != (conv.channels[1],):
        raise KaiyanError(
            "bias-other-size",
            "a bias of shape {given} does not fit the {count} output channels of {conv}",
            given=values.shape,
            count=conv.channels[1],
            conv=str(conv),
        )
    return _frozen(values)


def address(source: Any) -> str:
    """A picture as a data: address; raises ``PictureError`` where there is none."""
    from PIL import Image

    if source is None:
        content, kind, _ = photograph.of(None)
    else:
        png = BytesIO()
        Image.fromarray(fitted(read_picture(source).rgb)).save(png, "PNG")
        content, kind = png.getvalue(), "image/png"
    return f"data:{kind};base64,{b64encode(content).decode()}"


def _numbers(values: Any) -> Numbers:
    """Finite real numbers, from a tensor that has gradients too."""
    try:
        array = np.asarray(values.detach().cpu().double() if hasattr(values, "detach") else values)
    except (ValueError, TypeError, RuntimeError):
        array = np.asarray(None)
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        raise KaiyanError("not-numbers", "{kind} is not an array of finite numbers", kind=type(values).__name__)
    return array.astype(np.float64)


def _frozen(values: Numbers) -> Numbers:
    own = np.array(values, np.float64, order="C")
    own.flags.writeable = False
    return own


def _is_module(what: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(what, torch.nn.Module)
