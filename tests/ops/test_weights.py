"""Weights in other libraries' order, proven by convolving with them: ONNX's reference against plain loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from kaiyan import ConvError, convert_weight

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _onnx(operator: str, x: NDArray[Any], weight: NDArray[Any], **attributes: Any) -> Any:
    node = helper.make_node(operator, ["x", "w"], ["y"], kernel_shape=weight.shape[2:], **attributes)
    kind = TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(name, kind, a.shape) for name, a in (("x", x), ("w", weight))]
    graph = helper.make_graph([node], "one", inputs, [helper.make_tensor_value_info("y", kind, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    outputs: Any = ReferenceEvaluator(model).run(None, {"x": x, "w": weight})
    return outputs[0]


def test_tensorflows_weight_convolves_alike() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 6, 7, 3)).astype("f4"), rng.standard_normal((3, 2, 3, 5)).astype("f4")
    right = np.zeros((2, 4, 6, 5), np.float32)  # NHWC, HWIO, VALID: TensorFlow's definition
    for i in range(4):
        for j in range(6):
            right[:, i, j] = np.einsum("nhwi,hwio->no", x[:, i : i + 3, j : j + 2], w)
    found = _onnx("Conv", x.transpose(0, 3, 1, 2), convert_weight(w, "HWIO"))
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), right, rtol=1e-4, atol=1e-5)


def test_tensorflows_transposed_weight_convolves_alike() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 3, 4, 2)).astype("f4"), rng.standard_normal((3, 3, 5, 2)).astype("f4")
    right = np.zeros((1, 7, 9, 5), np.float32)  # HWOI: the gradient of a convolution with stride 2
    for i in range(3):
        for j in range(4):
            right[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += np.einsum("ni,hwoi->nhwo", x[:, i, j], w)
    found = _onnx("ConvTranspose", x.transpose(0, 3, 1, 2), convert_weight(w, "HWOI", "IOHW"), strides=[2, 2])
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), right, rtol=1e-4, atol=1e-5)


def test_tensorflows_depthwise_weight_convolves_alike() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 5, 5, 3)).astype("f4"), rng.standard_normal((2, 2, 3, 2)).astype("f4")
    right = np.zeros((1, 4, 4, 6), np.float32)  # HWCM: output channel c·M + m
    for i in range(4):
        for j in range(4):
            right[:, i, j] = np.einsum("nhwc,hwcm->ncm", x[:, i : i + 2, j : j + 2], w).reshape(1, 6)
    found = _onnx("Conv", x.transpose(0, 3, 1, 2), convert_weight(w, "HWCM"), group=3)
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("source", "target"), [("HWIO", "OIHW"), ("DHWIO", "OIDHW"), ("WIO", "OIW"), ("HWOI", "IOHW")])
def test_there_and_back(source: str, target: str) -> None:
    w = np.arange(np.prod(range(2, 2 + len(source)))).reshape(range(2, 2 + len(source)))
    there = convert_weight(w, source, target)
    assert np.array_equal(convert_weight(there, target, source), w)
    tensor = convert_weight(torch.from_numpy(w), source, target)
    assert np.array_equal(tensor.numpy(), there)


def test_a_flipped_kernel_is_turned_round() -> None:
    w = np.arange(6).reshape(2, 3, 1, 1)
    assert convert_weight(w, "HWIO", flip=True)[0, 0].tolist() == [[5, 4, 3], [2, 1, 0]]


@pytest.mark.parametrize(("shape", "source", "target"), [
    ((3, 3, 2, 4), "HWI", "OIHW"), ((3, 3, 2, 4), "HWIX", "OIHW"), ((3, 3, 2), "HWIO", "OIHW"), ((3, 3, 2, 4), "HWIO", "OIDHW"),
    ((3, 3, 2, 4), "OIHW", "HWCM"),
])  # fmt: skip
def test_orders_that_do_not_name_the_axes_are_refused(shape: tuple[int, ...], source: str, target: str) -> None:
    with pytest.raises(ConvError, match="cannot be done with a weight of shape"):
        convert_weight(np.zeros(shape), source, target)
