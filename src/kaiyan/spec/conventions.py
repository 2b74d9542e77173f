"""Every convention of a border, one row each: what a padding word pads, what lies past the edge, everyone's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kaiyan.spec.axis import Axis, Pads


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """One word of padding.

    ``pads`` gives the elements before and after an axis of n inputs, ``crop`` what a transposed axis takes away.
    ``title`` stands in tables. ``keeps_size`` says that n inputs give ⌈n / stride⌉ outputs, transposed n·stride;
    ``follows_size`` that the pads change with n where the stride is above 1. ``derivation`` is the sentence of it.
    ``names`` are other libraries' for the same pads: "library:word", or a bare word that only one library has.
    """

    title: str
    pads: Callable[[Axis, int], Pads]
    crop: Callable[[Axis, int], Pads]
    keeps_size: bool = True
    follows_size: bool = False
    derivation: Sentence | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """What lies past the edge of an axis.

    ``index`` gives the element of n that stands at a place, below 0 or from n on as well; ``PAST_EDGE`` where that is
    the constant. It is written with operators alone, so that it takes one place or an array of them.
    ``names`` are other libraries', "library:mode".
    """

    index: Callable[[Any, int], Any]
    names: tuple[str, ...] = ()


PAST_EDGE = -1
"""The index of an element that is not in the array: it takes the constant."""


def padding_word(text: str) -> str | None:
    """Our word for a padding word of ours or of a library; None where there is no such word.

    Upper and lower case are alike, and so are "tf:same", "tf_same" and "tf-same".

    >>> padding_word("SAME_UPPER"), padding_word("tf-same"), padding_word("scipy:same"), padding_word("full")
    ('same', 'same', 'same_lower', None)
    """
    return _ours(PADDING, text)


def mode_name(text: str) -> str | None:
    """Our name for a padding mode of ours or of a library; None where there is no such mode.

    >>> mode_name("scipy:mirror"), mode_name("opencv:BORDER_REFLECT_101"), mode_name("mirror")
    ('reflect', 'reflect', None)
    """
    return _ours(PADDING_MODES, text)


def foreign(table: Mapping[str, Padding | Mode]) -> dict[str, str]:
    """Each library's name in a table of rows, and ours.

    >>> foreign(PADDING_MODES)["numpy:edge"]
    'replicate'
    """
    return {name: ours for ours, row in table.items() for name in row.names}


def mode_words() -> tuple[str, ...]:
    """Our padding modes as they are written; the value of a constant stands in its brackets."""
    first, *others = PADDING_MODES
    return (first, "constant(v)", *others)


def _ours(table: Mapping[str, Padding | Mode], text: str) -> str | None:
    plain = text.lower()
    if plain in table:
        return plain
    names = {_plain(name): ours for name, ours in foreign(table).items()}
    return names.get(_plain(plain))


def _plain(name: str) -> str:
    return name.replace(":", "_").replace("-", "_")


def _nothing(axis: Axis, n: int) -> Pads:
    return 0, 0


def _same(axis: Axis, n: int) -> Pads:
    windows = -(-n // axis.stride)
    total = max((windows - 1) * axis.stride + axis.reach - n, 0)
    return total // 2, total - total // 2


def _same_lower(axis: Axis, n: int) -> Pads:
    after, before = _same(axis, n)
    return before, after


def _causal(axis: Axis, n: int) -> Pads:
    return axis.reach - 1, 0


def _crop_same(axis: Axis, n: int) -> Pads:
    total = axis.reach - axis.stride
    before = max(total, 0) // 2
    return before, total - before


def _crop_same_lower(axis: Axis, n: int) -> Pads:
    total = axis.reach - axis.stride
    after = max(total, 0) // 2
    return (total - after, after) if total > 0 else (0, total)


def _crop_causal(axis: Axis, n: int) -> Pads:
    return 0, axis.reach - axis.stride


_DERIVATION = sentence(
    "same",
    "{axes}: {word!r} asks for ⌈n / stride⌉ = ⌈{n} / {stride}⌉ = {output} outputs, so padding is "
    "max((output − 1)·stride + reach − n, 0) = {total}: {before} before, {after} after",
)

PADDING: dict[str, Padding] = {
    "valid": Padding(
        title="valid, PyTorch padding=0", pads=_nothing, crop=_nothing, keeps_size=False,
        names=("torch:valid", "tf:valid", "keras:valid", "jax:valid", "flax:valid", "onnx:valid", "openvino:valid",
               "coreml:valid", "paddle:valid", "matlab:valid", "scipy:valid"),
    ),
    "same": Padding(
        title="TF SAME, ONNX SAME_UPPER", pads=_same, crop=_crop_same, follows_size=True, derivation=_DERIVATION,
        names=("same_upper", "torch:same", "tf:same", "keras:same", "jax:same", "flax:same", "onnx:same_upper",
               "openvino:same_upper", "coreml:same", "paddle:same", "matlab:same"),
    ),
    "same_lower": Padding(
        title="ONNX SAME_LOWER", pads=_same_lower, crop=_crop_same_lower, follows_size=True, derivation=_DERIVATION,
        names=("jax:same_lower", "onnx:same_lower", "openvino:same_lower", "coreml:same_lower", "scipy:same",
               "opencv:same"),
    ),
    "causal": Padding(
        title="causal", pads=_causal, crop=_crop_causal,
        derivation=sentence(
            "causal",
            "{axes}: 'causal' pads reach − 1 = {before} before and nothing after: no output sees a "
                "later input",
        ),
        names=("keras:causal", "flax:causal"),
    ),
}  # fmt: skip
"""Every word of padding: a new convention is one row here.

The odd element of "same" stands after, that of "same_lower" before; of a transposed axis it is cropped there.
With an even kernel scipy.ndimage.correlate and cv2.filter2D have their centre at k // 2, the others at (k − 1) // 2.
Caffe, MXNet and MLX have numbers alone.
Sources: tensorflow.org/api_docs/python/tf/nn, "Notes on padding"; ONNX Conv and ConvTranspose, auto_pad;
jax.lax.padtype_to_pads; torch.nn.Conv2d ('same' at stride 1 only).
"""

PADDING_MODES: dict[str, Mode] = {
    "zeros": Mode(
        index=lambda place, n: (place - PAST_EDGE) * ((place >= 0) & (place < n)) + PAST_EDGE,
        names=("torch:zeros", "numpy:constant", "jax:constant", "tf:constant", "onnx:constant", "scipy:constant",
               "scipy:grid-constant", "opencv:border_constant"),
    ),
    "reflect": Mode(
        index=lambda place, n: n - 1 - abs(place % max(2 * (n - 1), 1) - (n - 1)),
        names=("torch:reflect", "numpy:reflect", "jax:reflect", "tf:reflect", "onnx:reflect", "scipy:mirror",
               "opencv:border_reflect_101", "opencv:border_default"),
    ),
    "replicate": Mode(
        index=lambda place, n: (abs(place) - abs(place - (n - 1)) + n - 1) // 2,
        names=("torch:replicate", "numpy:edge", "jax:edge", "onnx:edge", "scipy:nearest", "opencv:border_replicate",
               "matlab:replicate"),
    ),
    "circular": Mode(
        index=lambda place, n: place % n,
        names=("torch:circular", "numpy:wrap", "jax:wrap", "onnx:wrap", "scipy:wrap", "scipy:grid-wrap",
               "opencv:border_wrap", "matlab:circular"),
    ),
    "symmetric": Mode(
        index=lambda place, n: (2 * n - 1 - abs(2 * (place % (2 * n)) - (2 * n - 1))) // 2,
        names=("numpy:symmetric", "jax:symmetric", "tf:symmetric", "scipy:reflect", "scipy:grid-mirror",
               "opencv:border_reflect", "matlab:symmetric"),
    ),
}  # fmt: skip
"""Every padding mode: a new one is one row here. "constant(v)" is "zeros" with another value.

"reflect" mirrors about the last element, "symmetric" past it: SciPy calls the latter reflect.
Sources: numpy.pad, scipy.ndimage, cv2.BorderTypes, torch.nn.functional.pad, tf.pad, ONNX Pad, MATLAB's padarray.
"""
