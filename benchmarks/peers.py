"""Who we are measured against: each peer says which rows it takes, and prepares a call that computes one of them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.rows import Arrays, Row

    Call = Callable[[], Any]

_ALWAYS_FFT = 64
"""Taps from which a filter's right value, and SciPy's way, is a Fourier transform."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One library as its users call it: ``prepare`` packs the weight and gives the call; ``package`` is needed."""

    name: str
    package: str
    takes: Callable[[Row], bool]
    prepare: Callable[[Row, Arrays, int], Call]

    @property
    def installed(self) -> bool:
        """Whether its package is here."""
        return find_spec(self.package) is not None


def direct(row: Row, x: Any, weight: Any, bias: Any) -> Call:
    """Torch's convolution of tensors; sides that differ are padded first, as a user would."""
    from torch.nn import functional

    convolve = getattr(functional, f"conv{'_transpose' if row.op == 'convT' else ''}{row.rank}d")
    steps = {"stride": row.stride, "dilation": row.dilation, "groups": row.groups}
    if all(before == after for before, after in row.padding):
        return lambda: convolve(x, weight, bias, padding=tuple(p for p, _ in row.padding), **steps)
    sides = [side for pads in reversed(row.padding) for side in pads]
    return lambda: convolve(functional.pad(x, sides), weight, bias, **steps)


def overlap_add(row: Row, arrays: Arrays) -> Call:
    """SciPy's overlap-add convolution of each channel by itself, at stride 1."""
    from scipy.signal import oaconvolve

    x, weight, bias = arrays
    axes = tuple(range(2, 2 + row.rank))
    turned = np.flip(weight[:, 0][None], axes)
    crop = tuple(
        slice(k - 1 - before, k - 1 - before + n)
        for k, (before, _), n in zip(row.kernel, row.padding, row.output, strict=True)
    )
    added = 0 if bias is None else bias.reshape(1, -1, *[1] * row.rank)
    return lambda: oaconvolve(x, turned, axes=axes)[(..., *crop)] + added


def last(x: NDArray[Any]) -> NDArray[Any]:
    """The same array, its channels side by side."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def _torch(layout: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[Row, Arrays, int], Call]:
    def prepare(row: Row, arrays: Arrays, threads: int) -> Call:
        import torch

        torch.set_num_threads(threads)
        x, weight, bias = arrays
        added = None if bias is None else torch.from_numpy(bias)
        call = direct(row, torch.from_numpy(layout(x)), torch.from_numpy(layout(weight)), added)

        def inferred() -> Any:
            with torch.inference_mode():
                return call()

        return inferred

    return prepare


def _model(row: Row, arrays: Arrays) -> bytes:
    """The row as an ONNX model of one node."""
    from onnx import TensorProto, helper, numpy_helper

    names = ["x", "w"] + ["b"] * (arrays.bias is not None)
    node = helper.make_node(
        "ConvTranspose" if row.op == "convT" else "Conv", names, ["y"],
        kernel_shape=row.kernel, strides=row.stride, dilations=row.dilation, group=row.groups,
        pads=[before for before, _ in row.padding] + [after for _, after in row.padding],
    )  # fmt: skip
    graph = helper.make_graph(
        [node], "row",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, arrays.x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(a, name) for a, name in zip(arrays[1:], "wb", strict=True) if a is not None],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    serialised: bytes = model.SerializeToString()
    return serialised


def _onnxruntime(row: Row, arrays: Arrays, threads: int) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(_model(row, arrays), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": arrays.x})[0]


def _openvino(row: Row, arrays: Arrays, threads: int) -> Call:
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(core.read_model(_model(row, arrays)), "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(arrays.x, shared_memory=True))

    def call() -> Any:
        request.infer()
        return request.get_output_tensor().data

    return call


def _ncnn(row: Row, arrays: Arrays, threads: int) -> Call:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    for name in ("use_bf16_storage", "use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
        setattr(net.opt, name, False)
    (top, bottom), (left, right) = row.padding
    grouped = row.groups > 1
    facts = {0: row.K, 1: row.kernel[1], 11: row.kernel[0], 2: row.dilation[1], 12: row.dilation[0]}
    facts |= {3: row.stride[1], 13: row.stride[0], 4: left, 15: right, 14: top, 16: bottom, 5: 1, 6: arrays.weight.size}
    facts |= {7: row.groups} if grouped else {}
    words = " ".join(f"{key}={value}" for key, value in facts.items())
    layer = "ConvolutionDepthWise" if grouped else "Convolution"
    with tempfile.TemporaryDirectory() as folder:
        network, weights = Path(folder) / "row.param", Path(folder) / "row.bin"
        network.write_text(f"7767517\n2 2\nInput in 0 1 in\n{layer} row 1 1 in out {words}\n")
        assert arrays.bias is not None
        weights.write_bytes(b"\0\0\0\0" + arrays.weight.tobytes() + arrays.bias.tobytes())
        net.load_param(str(network))
        net.load_model(str(weights))
    picture = ncnn.Mat(arrays.x[0]).clone()

    def call() -> Any:
        extractor = net.create_extractor()
        extractor.input("in", picture)
        return np.array(extractor.extract("out")[1])[None]

    return call


def _opencv(row: Row, arrays: Arrays, threads: int) -> Call:
    import cv2

    cv2.setNumThreads(threads)
    picture = np.ascontiguousarray(np.moveaxis(arrays.x[0], 0, -1)) if row.C > 1 else arrays.x[0, 0]
    depth = cv2.CV_16S if row.types[1] == "int16" else -1
    kernel = arrays.weight[0, 0]
    line = _line(kernel) if kernel.dtype.kind == "f" else None
    kernel = kernel.astype(np.float32)
    border = cv2.BORDER_CONSTANT

    def call() -> Any:
        if row.op == "box":
            window, mean = (row.kernel[1], row.kernel[0]), "sad" not in row.name
            return cv2.boxFilter(picture, depth, window, normalize=mean, borderType=border)
        if line is not None:
            return cv2.sepFilter2D(picture, depth, *line, borderType=border)
        return cv2.filter2D(picture, depth, kernel, borderType=border)

    return lambda: np.moveaxis(np.atleast_3d(call()), -1, 0)[None]


def _line(kernel: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """The row and the column whose product a kernel is, if it is one."""
    u, sizes, v = np.linalg.svd(kernel.astype(np.float64))
    if sizes[1] > 1e-6 * sizes[0]:
        return None
    scale = np.sqrt(sizes[0])
    return (v[0] * scale).astype(np.float32), (u[:, 0] * scale).astype(np.float32)


def _is_float(row: Row) -> bool:
    return row.types == ("float32", "float32")


def _is_layer(row: Row) -> bool:
    return row.has_bias and _is_float(row)


PEERS: tuple[Peer, ...] = (
    Peer("torch NCHW", "torch", _is_float, _torch(np.asarray)),
    Peer("torch NHWC", "torch", lambda row: _is_float(row) and row.rank == 2, _torch(last)),
    Peer("ONNX Runtime", "onnxruntime", _is_layer, _onnxruntime),
    Peer("OpenVINO", "openvino", _is_layer, _openvino),
    Peer("ncnn", "ncnn", lambda row: _is_layer(row) and (row.rank, row.N, row.op) == (2, 1, "conv"), _ncnn),
    Peer("OpenCV", "cv2", lambda row: not row.has_bias and row.rank == 2 and row.C <= 4, _opencv),
    Peer(
        "SciPy", "scipy",
        lambda row: row.channelwise and row.unit_steps and _is_float(row) and prod(row.kernel) >= _ALWAYS_FFT,
        lambda row, arrays, _: overlap_add(row, arrays),
    ),
)  # fmt: skip
"""Every peer; one whose package is missing is left out and said so."""
