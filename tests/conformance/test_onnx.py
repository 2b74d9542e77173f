"""Every convolution in ONNX's own backend tests, its Conv operators replaced by ours; right values are ONNX's."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import kaiyan

KINDS = ("node", "pytorch-converted", "pytorch-operator", "simple", "real")
OURS = {"Conv", "ConvTranspose", "ConvInteger", "CausalConvWithState"}
LEFT_OUT = {
    "DeformConv": "reads between pixels at learned places: another operator",
    "QLinearConv": "rescales and rounds its sums to bytes: another operator",
}
LEAST = 75
"""Cases in onnx 1.23; fewer would mean that they are no longer found."""

CALLS: list[str] = []


def _padding(auto_pad: str | None, pads: Any) -> Any:
    if auto_pad in (None, "", "NOTSET"):
        half = len(pads or ()) // 2
        return tuple(zip(pads[:half], pads[half:], strict=True)) if pads else 0
    return {"VALID": "valid", "SAME_UPPER": "same", "SAME_LOWER": "same_lower"}[auto_pad]


class Conv(OpRun):
    op_domain = ""

    def _run(self, x: Any, w: Any, b: Any = None, **given: Any) -> tuple[Any]:
        CALLS.append("Conv")
        return (_on_both(kaiyan.conv, x, w, b, _forward(given)),)


class ConvInteger(OpRun):
    op_domain = ""

    def _run(self, x: Any, w: Any, x_zero: Any = 0, w_zero: Any = 0, **given: Any) -> tuple[Any]:
        CALLS.append("ConvInteger")
        signed = x.astype(np.int32) - np.int32(0 if x_zero is None else x_zero)
        per_kernel = np.reshape(0 if w_zero is None else w_zero, (-1, *[1] * (w.ndim - 1)))
        weight = w.astype(np.int32) - per_kernel.astype(np.int32)
        return (_on_both(kaiyan.conv, signed, weight, None, _forward(given)).astype(np.int32),)


class CausalConvWithState(OpRun):
    op_domain = ""

    def _run(self, x: Any, w: Any, b: Any = None, past: Any = None, activation: Any = None) -> tuple[Any, Any]:
        CALLS.append("CausalConvWithState")
        k = w.shape[2]
        if past is None:
            y = _on_both(kaiyan.conv, x, w, b, {"padding": "causal", "groups": x.shape[1]})
            past = np.zeros((*x.shape[:2], k - 1), x.dtype)
        else:
            y = _on_both(kaiyan.conv, np.concatenate([past, x], 2), w, b, {"groups": x.shape[1]})
        if activation in ("silu", "swish"):
            y = (y / (1 + np.exp(-y))).astype(x.dtype)
        seen = np.concatenate([past, x], 2)
        return y, seen[:, :, seen.shape[2] - (k - 1) :]


class ConvTranspose(OpRun):
    op_domain = ""

    def _run(self, x: Any, w: Any, b: Any = None, **given: Any) -> tuple[Any]:
        CALLS.append("ConvTranspose")
        rank = x.ndim - 2
        options: dict[str, Any] = {
            "stride": tuple(given.get("strides") or (1,) * rank),
            "dilation": tuple(given.get("dilations") or (1,) * rank),
            "output_padding": tuple(given.get("output_padding") or (0,) * rank),
            "groups": given.get("group") or 1,
        }
        padding = _padding(given.get("auto_pad"), given.get("pads"))
        if given.get("output_shape"):
            full = kaiyan.conv_transpose(x, w, **options).shape[2:]
            totals = [n - m for n, m in zip(full, given["output_shape"], strict=True)]
            grown = tuple(max(-t, 0) for t in totals)
            padding = tuple((max(t, 0) // 2, max(t, 0) - max(t, 0) // 2) for t in totals)
            options["output_padding"] = tuple(a + b for a, b in zip(options["output_padding"], grown, strict=True))
        return (_on_both(kaiyan.conv_transpose, x, w, b, options | {"padding": padding}),)


def _forward(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "padding": _padding(given.get("auto_pad"), given.get("pads")),
        "stride": tuple(given.get("strides") or (1,)),
        "dilation": tuple(given.get("dilations") or (1,)),
        "groups": given.get("group") or 1,
    }


def _on_both(function: Any, x: Any, w: Any, b: Any, options: dict[str, Any]) -> Any:
    import torch

    y = function(x, w, b, **options)
    tensors = [None if a is None else torch.from_numpy(np.array(a)) for a in (x, w, b)]
    np.testing.assert_allclose(
        function(*tensors, **options).numpy(), y, rtol=2e-3 if y.dtype == "f2" else 1e-5, atol=1e-5
    )
    return y


def _cases() -> dict[str, Any]:
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return {f"{kind}/{case.name}": case for kind in KINDS for case in load_model_tests(kind=kind)}


def _model(case: Any) -> Any:
    if case.model is not None:
        return case.model
    path = Path(case.model_dir or "") / "model.onnx"
    return onnx.load(path) if path.is_file() else None


def _operators(model: Any) -> set[str]:
    bodies = [model.graph, *model.functions] if model is not None else []
    return {node.op_type for body in bodies for node in body.node}


def _data(case: Any) -> list[tuple[list[Any], list[Any]]]:
    if case.data_sets is not None:
        return [(list(inputs), list(outputs)) for inputs, outputs in case.data_sets]
    folders = sorted(Path(case.model_dir).glob("test_data_set_*"))
    return [(_read(folder, "input"), _read(folder, "output")) for folder in folders]


def _read(folder: Path, what: str) -> list[Any]:
    paths = sorted(folder.glob(f"{what}_*.pb"), key=lambda path: int(path.stem.rpartition("_")[2]))
    return [numpy_helper.to_array(onnx.load_tensor(path)) for path in paths]


CASES = {
    name: case for name, case in _cases().items() if "conv" in case.name.lower() or _operators(_model(case)) & OURS
}


def _left_out(name: str) -> str | None:
    return next((reason for operator, reason in LEFT_OUT.items() if operator in _operators(_model(CASES[name]))), None)


RUN = sorted(name for name in CASES if _left_out(name) is None)


@pytest.mark.parametrize("name", RUN)
def test_onnx_case(name: str) -> None:
    case = CASES[name]
    CALLS.clear()
    evaluator = ReferenceEvaluator(_model(case), new_ops=[CausalConvWithState, Conv, ConvInteger, ConvTranspose])
    for inputs, outputs in _data(case):
        named = dict(zip(evaluator.input_names, inputs, strict=False))
        found = evaluator.run(None, {name: np.asarray(value) for name, value in named.items() if value is not None})
        for ours, right in zip(found, outputs, strict=True):
            assert (ours.dtype, ours.shape) == (np.asarray(right).dtype, np.asarray(right).shape)
            np.testing.assert_allclose(ours, np.asarray(right), rtol=case.rtol, atol=case.atol)
    assert CALLS


def test_every_case_is_run_or_left_out_with_a_reason() -> None:
    out = {name: _left_out(name) for name in CASES if name not in RUN}
    print(f"ONNX: {len(RUN)} cases run, {len(out)} left out: {out}")
    assert len(RUN) >= LEAST
    assert all(out.values())


SAME = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower"}


@given(
    n=st.integers(1, 40), kernel=st.integers(1, 5), stride=st.integers(1, 4), dilation=st.integers(1, 3),
    pads=st.one_of(st.sampled_from([*SAME]), st.tuples(st.integers(0, 3), st.integers(0, 3))),
)  # fmt: skip
def test_sizes_are_those_of_onnx_shape_inference(n: int, kernel: int, stride: int, dilation: int, pads: Any) -> None:
    word = isinstance(pads, str)
    assume(word or n + sum(pads) >= dilation * (kernel - 1) + 1)
    attributes = {"auto_pad": pads} if word else {"pads": list(pads)}
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], strides=[stride], dilations=[dilation], kernel_shape=[kernel], **attributes
    )
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 2, n))
    w = helper.make_tensor_value_info("w", TensorProto.FLOAT, (3, 2, kernel))
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    inferred = shape_inference.infer_shapes(helper.make_model(helper.make_graph([node], "g", [x, w], [y])))
    right = tuple(d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim)
    padding = SAME[pads] if word else (pads,)
    spec = kaiyan.Conv(2, 3, kernel, stride=stride, padding=padding, dilation=dilation, rank=1)
    assert spec.output_shape((1, 2, n)) == right
