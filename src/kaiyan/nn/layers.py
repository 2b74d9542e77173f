"""torch's six convolution layers, with every padding: the same constructor, state and training."""

from __future__ import annotations

import traceback
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.ops import autograd, operator
from kaiyan.show.error import ConvError
from kaiyan.spec.conv import Conv, Shape

if TYPE_CHECKING:
    from collections.abc import Callable


class Layer:
    """What the six share: their description, and the way from an input to the operator."""

    _rank: int
    _transposed = False

    @property
    def spec(self) -> Conv:
        """The layer as a ``Conv``, from its attributes as they are now."""
        return _described(self)[0]

    @classmethod
    def of(cls, layer: Any, padding: Any = None) -> Any:
        """A layer of this kind with another's settings and its very parameters; ``padding`` replaces its padding."""
        spec = layer.spec if isinstance(layer, Layer) else Conv.from_module(layer)
        padding = tuple(a.padding for a in spec.axes) if padding is None else padding
        extra = {"output_padding": spec.output_padding} if spec.transposed and not isinstance(padding, str) else {}
        kind: Any = cls
        found = kind(
            spec.in_channels, spec.out_channels, spec.kernel_size, stride=spec.stride, padding=padding,
            dilation=spec.dilation, groups=spec.groups, bias=spec.bias, padding_mode=spec.padding_mode, device="meta",
            **extra,
        )  # fmt: skip
        found.weight, found.bias = layer.weight, layer.bias
        return found.train(layer.training)

    def _compiled(self: Any, x: Tensor, spec: str) -> Any:
        """What torch.compile and torch.export see: the operator with the description as a constant."""
        x, weight, bias = autograd.autocast(x, self.weight, self.bias)
        if x.ndim == self._rank + 1:
            return operator.conv(x.unsqueeze(0), weight, bias, spec).squeeze(0)
        return operator.conv(x, weight, bias, spec)

    def _run(self: Any, x: Tensor, text: str) -> Any:
        try:
            return convolved(x, self.weight, self.bias, text)
        except ConvError as error:
            raise _named(error, self) from None


class _Forward(Layer):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        checked = Conv(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            rank=self._rank,
        )  # fmt: skip
        kernel, stride, dilation = checked.kernel_size, checked.stride, checked.dilation
        super().__init__(  # type: ignore[call-arg]
            in_channels, out_channels, kernel, stride, 0, dilation, groups, bias, "zeros", device, dtype
        )
        _adopt(self, padding, checked.padding_mode)

    def forward(self, input: Tensor) -> Any:
        """Input (N, C, *spatial) or (C, *spatial) to (N, K, *output); raises ``ConvError`` for one that cannot be."""
        if torch.compiler.is_compiling() and not torch.onnx.is_in_onnx_export():
            return self._compiled(input, _text(*_settings(self)))
        return self._run(input, _described(self)[1])

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Any:
        """What subclasses of torch's layers call with a weight of their own making."""
        return convolved(input, weight, bias, _described(self)[1])


class _Transposed(Layer):
    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        checked = Conv(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            output_padding, transposed=True, rank=self._rank,
        )  # fmt: skip
        sizes = checked.kernel_size, checked.stride, 0, checked.output_padding
        super().__init__(  # type: ignore[call-arg]
            in_channels, out_channels, *sizes, groups, bias, checked.dilation, "zeros", device, dtype
        )
        _adopt(self, padding, checked.padding_mode)

    def forward(self, input: Tensor, output_size: Any = None) -> Any:
        """Input (N, C, *spatial) to (N, K, *output); ``output_size`` chooses among the sizes that are possible."""
        if torch.compiler.is_compiling() and not torch.onnx.is_in_onnx_export():
            sized = output_size is not None
            text = _sized_text(self, input.shape, output_size) if sized else _text(*_settings(self))
            return self._compiled(input, text)
        if output_size is None:
            return self._run(input, _described(self)[1])
        return self._run(input, str(self.sized(tuple(input.shape), output_size)))

    def sized(self, shape: Shape, output_size: Any) -> Conv:
        """The description whose output has these sizes; raises ``ConvError`` for sizes that are not possible."""
        spec = self.spec
        wanted = tuple(int(n) for n in output_size)[-self._rank :]
        possible = spec.output_sizes(shape)
        if len(wanted) != self._rank or any(n not in sizes for n, sizes in zip(wanted, possible, strict=True)):
            raise ConvError(
                "output-size",
                "output_size={wanted} cannot be reached from {shape}: the possible sizes are {possible}",
                wanted=tuple(output_size),
                shape=shape,
                possible=", ".join(f"{sizes[0]} to {sizes[-1]}" for sizes in possible),
            )
        return spec.replace(output_padding=tuple(n - sizes[0] for n, sizes in zip(wanted, possible, strict=True)))


class Conv1d(_Forward, nn.Conv1d):
    """``torch.nn.Conv1d`` with every padding and padding_mode: (N, C, n) or (C, n) to (N, K, m) or (K, m).

    The constructor, the state and the training are torch's; what each argument means, ``Conv2d`` says. ``"causal"``
    pads in front alone, so that no output depends on what comes after it.

    >>> import torch
    >>> Conv1d(4, 8, 3, padding="causal", dilation=2)(torch.ones(1, 4, 100)).shape
    torch.Size([1, 8, 100])
    """

    _rank = 1


class Conv2d(_Forward, nn.Conv2d):
    """``torch.nn.Conv2d`` with every padding and padding_mode: (N, C, H, W) or (C, H, W) to (N, K, H', W').

    ``kernel_size``, ``stride``, ``padding``, ``dilation`` are a number or one an axis. ``groups`` divides the channels:
    each group of C/groups inputs makes K/groups outputs, and ``groups=C`` filters every channel by itself; the weight
    is (K, C/groups, *kernel). ``padding`` is a number, a pair (before, after) an axis, or a word an axis or for all:
    ``"same"`` gives ceil(n / stride) outputs at any stride, the odd element after (TensorFlow), ``"same_lower"``
    before (ONNX), ``"causal"`` everything before, ``"valid"`` none. ``padding_mode`` is ``"zeros"``,
    ``"constant(v)"``, ``"reflect"``, ``"replicate"``, ``"circular"`` or ``"symmetric"``.
    Raises ``ConvError`` for settings that cannot be, and for an input that does not fit, with the layer's name.

    >>> import torch
    >>> Conv2d(3, 8, 3, stride=2, padding="same")(torch.ones(1, 3, 224, 224)).shape
    torch.Size([1, 8, 112, 112])
    >>> Conv2d(8, 16, 3, padding=(1, (0, 2)), groups=8).weight.shape
    torch.Size([16, 1, 3, 3])
    """

    _rank = 2


class Conv3d(_Forward, nn.Conv3d):
    """``torch.nn.Conv3d`` with every padding and padding_mode: (N, C, D, H, W) to (N, K, D', H', W').

    The arguments are those of ``Conv2d``; a word of padding may differ by axis, as where the first is time.

    >>> import torch
    >>> Conv3d(1, 4, 3, padding=("causal", "same", "same"))(torch.ones(1, 1, 5, 8, 8)).shape
    torch.Size([1, 4, 5, 8, 8])
    """

    _rank = 3


class ConvTranspose1d(_Transposed, nn.ConvTranspose1d):
    """``torch.nn.ConvTranspose1d`` with every padding: (N, C, n) or (C, n) to (N, K, m) or (K, m).

    The arguments are those of ``ConvTranspose2d``.

    >>> import torch
    >>> ConvTranspose1d(4, 2, 4, stride=2, padding="causal")(torch.ones(1, 4, 10)).shape
    torch.Size([1, 2, 20])
    """

    _rank = 1


class ConvTranspose2d(_Transposed, nn.ConvTranspose2d):
    """``torch.nn.ConvTranspose2d`` with every padding: (N, C, H, W) or (C, H, W) to (N, K, H', W').

    Every input lays its kernel into the output, ``stride`` apart; the weight is (C, K/groups, *kernel). ``padding``
    crops the output: a number, a pair (before, after) an axis, or a word; "same" and "causal" give input·stride.
    ``output_padding`` adds after, below the stride or the dilation; ``output_size`` in a call chooses it.
    Raises ``ConvError`` for settings that cannot be and for a size that cannot be reached.

    >>> import torch
    >>> layer = ConvTranspose2d(8, 3, 3, stride=2, padding="same")
    >>> layer(torch.ones(1, 8, 7, 7)).shape
    torch.Size([1, 3, 14, 14])
    """

    _rank = 2


class ConvTranspose3d(_Transposed, nn.ConvTranspose3d):
    """``torch.nn.ConvTranspose3d`` with every padding: (N, C, D, H, W) to (N, K, D', H', W').

    The arguments are those of ``ConvTranspose2d``.

    >>> import torch
    >>> ConvTranspose3d(2, 1, 2, stride=2)(torch.ones(1, 2, 3, 4, 5)).shape
    torch.Size([1, 1, 6, 8, 10])
    """

    _rank = 3


LAYERS: dict[type[nn.Module], Any] = {
    nn.Conv1d: Conv1d,
    nn.Conv2d: Conv2d,
    nn.Conv3d: Conv3d,
    nn.ConvTranspose1d: ConvTranspose1d,
    nn.ConvTranspose2d: ConvTranspose2d,
    nn.ConvTranspose3d: ConvTranspose3d,
}
"""torch's layers and ours."""


@torch.fx.wrap
def convolved(x: Tensor, weight: Tensor, bias: Tensor | None, text: str) -> Any:
    """An input (N, C, *spatial) or (C, *spatial) through the description; under autocast in its type, as torch does."""
    x, weight, bias = autograd.autocast(x, weight, bias)
    if x.ndim == weight.ndim - 1:
        return autograd.convolved(x[None], weight, bias, text)[0]
    return autograd.convolved(x, weight, bias, text)


def _adopt(layer: Any, padding: Any, padding_mode: str) -> None:
    """Gives a layer what torch's constructor would refuse."""
    entries = [a.padding for a in Conv(kernel_size=1, padding=padding, rank=layer._rank).axes]  # noqa: SLF001
    even = all(not isinstance(entry, str) and entry[0] == entry[1] for entry in entries)
    word = entries[0] if isinstance(padding, str) and isinstance(entries[0], str) else tuple(entries)
    layer.padding = tuple(entry[0] for entry in entries) if even else word
    layer.padding_mode = padding_mode


def _constant(function: Callable[..., str]) -> Callable[..., str]:
    """What ``torch.compiler.assume_constant_result`` does, without loading the compiler: 1.2 s at every import."""
    vars(function)["_dynamo_marked_constant"] = True
    return function


@_constant
def _sized_text(layer: _Transposed, shape: Shape, output_size: Any) -> str:
    return str(layer.sized(tuple(shape), output_size))


@_constant
def _text(*settings: Any) -> str:
    """A constant of the settings, so that what was compiled is compiled again when one is changed."""
    return _known(settings)[1]


def _described(layer: Any) -> tuple[Conv, str]:
    """A layer's description, and its text."""
    return _known(_settings(layer))


def _known(settings: tuple[Any, ...]) -> tuple[Conv, str]:
    if any(s.__class__ is list for s in settings):  # given to the layer later
        settings = tuple(tuple(s) if isinstance(s, list) else s for s in settings)
    return _conv(*settings)


def _settings(layer: Any) -> tuple[Any, ...]:
    return (
        layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding, layer.dilation,
        layer.groups, layer.bias is not None, layer.padding_mode, layer.output_padding, layer._transposed,  # noqa: SLF001
        layer._rank,  # noqa: SLF001
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _conv(*settings: Any) -> tuple[Conv, str]:
    found = Conv(*settings[:-1], rank=settings[-1])
    return found, str(found)


def _named(error: ConvError, layer: nn.Module) -> ConvError:
    """The refusal with the layer's name in the outermost model that runs it, and its constructor."""
    name = type(layer).__name__
    for frame, _ in traceback.walk_stack(None):
        owner = frame.f_locals.get("self")
        if isinstance(owner, nn.Module):
            name = next((path for path, module in owner.named_modules() if module is layer and path), name)
    return error.at(f"{name}, {layer}")
