"""The weights of dlib's three networks as an installed package has them: checked, read once, kept in the cache.

The package face-recognition-models is not imported, and its 68-point file, which is not free, is not read.
"""

from __future__ import annotations

import warnings
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kaiyan.engine.codegen.language.compile import cache_folder
from kaiyan.faces.archive import Archive, StoredLayer, layers
from kaiyan.networks.weights import as_published, file_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Tensors = dict[str, NDArray[np.generic]]

_PACKAGE, _VERSION = "face-recognition-models", "0.3.0"
_FOLDER = "face_recognition_models/models"


class Source(NamedTuple):
    """A file of the package, its SHA-256, how it is read, and the SHA-256 of the tensors that are read from it."""

    file: str
    sha256: str
    read: Callable[[Archive], Tensors]
    content: str


def tensors(name: str) -> Tensors:
    """The tensors of "detector", "landmarks" or "describer", as float32 and whole numbers.

    They come from the cache where it has them unharmed, otherwise from the package, and are then kept in the cache.
    Raises ``KaiyanError`` where the package is not installed, or its file is another; warns where the cache cannot be
    written.
    """
    source = SOURCES[name]
    return kept(f"dlib-{name}", source.content, lambda: source.read(Archive(_checked(source))))


def kept(name: str, wanted: str, read: Callable[[], Tensors]) -> Tensors:
    """Tensors from the cache where it has them unharmed, otherwise read, and then kept there.

    ``wanted`` is the SHA-256 of the tensors. Warns where the cache cannot be written.
    """
    path = cache_folder() / "faces" / f"{name}-{wanted[:8]}.safetensors"
    found = _in_cache(path)
    if found is not None and content(found) == wanted:
        return found
    found = read()
    _keep(found, path)
    return found


def content(found: Tensors) -> str:
    """SHA-256 of tensors: names, kinds, shapes and numbers."""
    digest = sha256()
    for name in sorted(found):
        digest.update(f"{name} {found[name].dtype} {found[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(found[name]).data)
    return digest.hexdigest()


def _checked(source: Source) -> bytes:
    path = file_of(_PACKAGE, f"{_FOLDER}/{source.file}", "faces")
    return as_published(path, source.sha256, f"{_PACKAGE}=={_VERSION}")


def _in_cache(path: Path) -> Tensors | None:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found: Tensors = load(path.read_bytes())
    except (OSError, SafetensorError, KeyError):  # the last: a kind of number that NumPy has not
        return None
    return found


def _keep(found: Tensors, path: Path) -> None:
    """Under another name first, so that no process ever reads half a file."""
    from safetensors.numpy import save

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            try:
                part.write(save(found))
                part.close()
                Path(part.name).replace(path)
            except BaseException:
                Path(part.name).unlink()
                raise
    except OSError as error:
        message = f"the weights are not kept: {path} cannot be written ({error}); they are read anew every time"
        warnings.warn(message, RuntimeWarning, stacklevel=4)


def _detector(archive: Archive) -> Tensors:
    """Ten numbers of the loss, then the network, whose input holds three means."""
    archive.integer(), archive.text(), archive.integers(3), archive.reals(7)
    network = layers(archive, lambda: archive.reals(3))
    return _named(network, [*(f"layers.{i}" for i in range(6)), "head"])


def _describer(archive: Archive) -> Tensors:
    """Two numbers of the loss, then the network, whose input holds three means and two sizes."""
    archive.integer(), archive.text(), archive.reals(2)
    network = layers(archive, lambda: (archive.reals(3), archive.integers(2)))
    head = network[-1].weight
    assert head is not None
    convolutions = _named(network, ["stem", *(f"blocks.{i}.{part}" for i in range(14) for part in ("first", "second"))])
    return convolutions | {"head.weight": np.ascontiguousarray(head.T)}


def _named(network: list[StoredLayer], names: list[str]) -> Tensors:
    """The convolutions of a network, each with the factors and summands of the layer that follows it."""
    pairs = zip(network, [*network[1:], StoredLayer("end")], strict=True)
    folded = [_folded(layer, after) for layer, after in pairs if layer.kind == "con"]
    named: Tensors = {}
    for name, (weight, bias) in zip(names, folded, strict=True):
        named |= {f"{name}.weight": weight, f"{name}.bias": bias}
    return named


def _folded(layer: StoredLayer, after: StoredLayer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weight and bias of a convolution, reckoned in float64."""
    assert layer.weight is not None
    assert layer.bias is not None
    if after.kind != "affine":
        return layer.weight.copy(), layer.bias.copy()
    assert after.weight is not None
    assert after.bias is not None
    factor = after.weight.astype(float)
    weight, bias = layer.weight * factor[:, None, None, None], layer.bias * factor + after.bias
    return weight.astype(np.float32), bias.astype(np.float32)


def _landmarks(archive: Archive) -> Tensors:
    """The mean shape, the forests, and then for every cascade the pixels that it compares."""
    archive.integer()
    start = archive.matrix()
    forests = [[_tree(archive) for _ in range(archive.integer())] for _ in range(archive.integer())]
    anchors = [archive.integers(archive.integer()) for _ in range(archive.integer())]
    deltas = [[archive.reals(2) for _ in range(archive.integer())] for _ in range(archive.integer())]
    pairs, thresholds, moves = (np.array([[tree[i] for tree in forest] for forest in forests]) for i in range(3))
    return {
        "start": start.reshape(-1, 2).astype(np.float32),
        "pairs": pairs.astype(np.int32),
        "thresholds": thresholds.astype(np.float32),
        "moves": moves.reshape(*moves.shape[:3], -1, 2).astype(np.float32),
        "anchors": np.array(anchors, np.int32),
        "deltas": np.array(deltas, np.float32),
    }


def _tree(archive: Archive) -> tuple[list[list[int]], list[float], list[NDArray[np.float64]]]:
    """Which two pixels every question compares, the thresholds, and the moves."""
    splits = [(archive.integers(2), archive.real()) for _ in range(archive.integer())]
    moves = [archive.matrix().ravel() for _ in range(archive.integer())]
    return [pair for pair, _ in splits], [threshold for _, threshold in splits], moves


SOURCES = {
    "detector": Source(
        "mmod_human_face_detector.dat",
        "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
        _detector,
        "c82fe7269aaa6d0b81c4f7e963747506a223c24f930f382e525da5a04db0b62a",
    ),
    "landmarks": Source(
        "shape_predictor_5_face_landmarks.dat",
        "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        _landmarks,
        "bdd3512ec1b801ba8a637f6b1705a9fbc5858ba555dbd4a365e4169c76c9d8ab",
    ),
    "describer": Source(
        "dlib_face_recognition_resnet_model_v1.dat",
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        _describer,
        "2a3f15af2a1e4a9234a720e6400e6a52c8eee7e77831796ff65300b84266ffdf",
    ),
}
