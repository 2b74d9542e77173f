"""The page's arithmetic in JavaScript against Kaiyan's own and PyTorch's, on thousands of random descriptions.

One node process answers all questions of this file; the right values come from Python, never from the page.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NotImplementedInOnnx
from page_descriptions import arguments, described, fitted
from page_lines import LINES, slipped

from kaiyan import Conv, padding
from kaiyan.pictures.named import KERNELS
from kaiyan.reference.border import index_map
from kaiyan.reference.forward import forward
from kaiyan.show.error import ConvError
from kaiyan.show.i18n import say
from kaiyan.show.sentence import Sentence
from kaiyan.spec import read
from kaiyan.spec.chain import derive
from kaiyan.spec.conventions import PADDING, PADDING_MODES
from kaiyan.spec.field import receptive_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
DESCRIPTIONS = 2400
COMPUTED = 1200
LIKE_TORCH = 300
SLIPS = 1500
CODED = 300
OWN_WORDS = {"not-a-literal", "not-a-convolution", "keras-code", "a-function"}
"""Codes whose sentence quotes what was written, which Python respells, or whose ways out need a shell."""
NODE = shutil.which("node")
REQUIRED = os.environ.get("KAIYAN_BROWSER") == "required"

pytestmark = pytest.mark.skipif(NODE is None and not REQUIRED, reason="node is not installed: core runs in JavaScript")


def answers(questions: list[dict[str, Any]]) -> list[Any]:
    """What the page's core answers, in order."""
    assert NODE, "KAIYAN_BROWSER=required, and node is not installed"
    asked = "".join(f"{json.dumps(question)}\n" for question in questions)
    done = subprocess.run(
        [NODE, "--no-warnings", str(HERE / "answering.mjs")],
        input=asked,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def asked(items: list[Any], question: Any) -> Iterator[tuple[Any, Any]]:
    """Each item with the answer to its question."""
    return zip(items, answers([question(item) for item in items]), strict=True)


def both(sentence: Sentence) -> dict[str, str]:
    return {language: say(sentence, language) for language in ("en", "zh")}


def outcome(work: Callable[[], Any]) -> Any:
    """What it gives, or its refusal as the page says it."""
    try:
        return work()
    except ConvError as error:
        return {"code": error.code, "error": both(error.sentence), "ways": [both(way) for way in error.help]}


def written(spec: Conv) -> str:
    """The line that a person writes: PyTorch's, else the layer of kaiyan.nn."""
    text = str(spec)
    if text.startswith("nn."):
        return text
    kind = f"kaiyan.nn.Conv{'Transpose' if spec.transposed else ''}{spec.rank}d"
    return text.replace("Conv(", f"{kind}(", 1).replace(f", rank={spec.rank}", "").replace(", transposed=True", "")


def test_a_line_is_read_and_written_as_kaiyan_does() -> None:
    random = Random(1)
    specs = [described(random)[0] for _ in range(DESCRIPTIONS)]
    for spec, answer in asked(specs, lambda spec: {"ask": "read", "text": str(spec)}):
        assert answer.get("text") == written(spec), (str(spec), answer)
        assert Conv.parse(answer["text"]) == spec
        read = answer["conv"]
        assert [axis["padding"] for axis in read["axes"]] == [
            list(a.padding) if isinstance(a.padding, tuple) else a.padding for a in spec.axes
        ]


def test_sizes_costs_and_sentences_are_those_of_kaiyan() -> None:
    random = Random(2)
    items = [described(random) for _ in range(DESCRIPTIONS)]
    refusals = 0
    for (spec, shape), answer in asked(items, lambda item: {"ask": "describe", "text": str(item[0]), "shape": item[1]}):
        output = outcome(partial(spec.output_shape, shape))
        if isinstance(output, dict):
            refusals += 1
            assert answer == output, (str(spec), shape)
            continue
        assert answer["output"] == list(output), (str(spec), shape)
        assert answer["weight"] == list(spec.weight_shape)
        assert answer["pads"] == [list(pads) for pads in spec.pads(shape)]
        assert answer["unread"] == [[unread.start, unread.stop] for unread in spec.unread(shape)]
        assert answer["legal"] == [list(sizes) for sizes in spec.output_sizes(shape)]
        cost = spec.cost(shape)
        for name, ours in (("params", "params"), ("macs", "macs"), ("touched", "touched"), ("flops", "flops"),
                           ("bytes", "bytes"), ("fullWeights", "full_weights")):  # fmt: skip
            assert answer["cost"][name] == getattr(cost, ours).value, (name, str(spec), shape)
        lines = spec.derive(shape).lines[1:]
        assert answer["lines"][1 : len(lines) + 1] == [both(line) for line in lines], (str(spec), shape)
        field = receptive_field([spec], (1, *shape))[0]
        assert answer["fields"] == [[list(axis.inputs(o)) for o in range(3)] for axis in field]
    assert refusals > DESCRIPTIONS / 50


def test_outputs_sums_and_scatters_are_the_definitions() -> None:
    items = [_numbers(Random(seed), whole=seed % 2 == 0) for seed in range(COMPUTED)]
    for item, answer in asked(items, lambda item: item["question"]):
        spec, y = item["spec"], item["output"]
        output = np.array(answer["output"]).reshape(y.shape)
        if item["whole"]:
            np.testing.assert_array_equal(output, y, str(spec))
        else:
            np.testing.assert_allclose(output, y, rtol=1e-12, atol=1e-12, err_msg=str(spec))
        without_bias = y - (0 if item["bias"] is None else item["bias"].reshape(-1, *[1] * len(spec.axes)))
        for cell, total, parts in zip(item["question"]["cells"], answer["sums"], answer["partial"], strict=True):
            assert total == pytest.approx(without_bias[tuple(cell)], rel=1e-12, abs=1e-12), (str(spec), cell)
            assert sum(parts) == pytest.approx(total, rel=1e-12, abs=1e-12)
        for source, reached in zip(item["question"]["sources"], answer["scattered"], strict=True):
            np.testing.assert_allclose(
                _laid(reached, y.shape), _alone(item, source), rtol=1e-12, atol=1e-12, err_msg=str(spec)
            )


def _numbers(random: Random, *, whole: bool) -> dict[str, Any]:
    """A description with its numbers, the question about them, and what Kaiyan makes of them."""
    spec, shape = fitted(random)
    draw = np.random.default_rng(random.randint(0, 2**31))
    make = (lambda size: draw.integers(-9, 10, size)) if whole else draw.standard_normal
    x, w = (np.asarray(make(size), np.float64) for size in (shape, spec.weight_shape))
    bias = np.asarray(make((spec.channels[1],)), np.float64) if spec.bias else None
    y = forward(x[None], w, bias, spec)[0]
    cells = [[random.randrange(n) for n in y.shape] for _ in range(3)] if y.size else []
    sources = [[random.randrange(n) for n in shape] for _ in range(2)]
    question = {
        "ask": "compute", "text": str(spec), "shape": list(shape), "input": x.ravel().tolist(),
        "weight": w.ravel().tolist(), "bias": None if bias is None else bias.tolist(),
        "cells": cells, "sources": sources,
    }  # fmt: skip
    return {"spec": spec, "question": question, "output": y, "bias": bias, "x": x, "w": w, "whole": whole}


def _laid(reached: list[Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """What one input cell brings to every output cell, as the page says."""
    laid = np.zeros(shape)
    for k, to, product in reached:
        laid[(k, *to)] += product
    return laid


def _alone(item: dict[str, Any], source: list[int]) -> np.ndarray[Any, Any]:
    """What one input cell brings to every output cell: the output of it alone, without constants and bias."""
    spec, x = item["spec"], np.zeros_like(item["x"])
    x[tuple(source)] = item["x"][tuple(source)]
    bare = spec.replace(padding_mode="zeros") if spec.padding_mode.startswith("constant") else spec
    alone: np.ndarray[Any, Any] = forward(x[None], item["w"], None, bare)[0]
    return alone


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")
def test_outputs_are_those_of_torch() -> None:
    items = [item for seed in range(10**6, 10**6 + 4 * LIKE_TORCH) if (item := _numbers(Random(seed), whole=False))]
    items = [item for item in items if str(item["spec"]).startswith("nn.") and _torch_takes(item)][:LIKE_TORCH]
    assert len(items) >= LIKE_TORCH / 2
    for item, answer in asked(items, lambda item: item["question"]):
        layer = eval(str(item["spec"]), {"nn": torch.nn}).double()
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(item["w"]))
            if item["bias"] is not None:
                layer.bias.copy_(torch.from_numpy(item["bias"]))
            y = layer(torch.from_numpy(item["x"])[None])[0].numpy()
        np.testing.assert_allclose(
            np.array(answer["output"]).reshape(y.shape), y, rtol=1e-12, atol=1e-12, err_msg=str(layer)
        )


def _torch_takes(item: dict[str, Any]) -> bool:
    """PyTorch bounces and wraps once at most."""
    spec = item["spec"]
    if spec.padding_mode not in ("reflect", "circular"):
        return True
    sizes = item["x"].shape[1:]
    return all(max(pads) < n for pads, n in zip(spec.pads(item["x"].shape), sizes, strict=True))


def test_what_is_wrong_is_refused_as_kaiyan_refuses_it() -> None:
    random = Random(5)
    lines = [*LINES, *(slipped(random, _call(random)) for _ in range(SLIPS))]
    refusals = 0
    for line, answer in asked(lines, lambda line: {"ask": "read", "text": line}):
        spec = outcome(partial(Conv.parse, line))
        if isinstance(spec, dict):
            refusals += 1
            assert answer.get("code") == spec["code"], (line, answer)
            assert answer == spec or spec["code"] in OWN_WORDS, line
            continue
        if spec.in_channels is None or (spec.rank or 2) > 3:
            assert answer["code"] in {"channels-unknown", "no-such-layer"}, line
            continue
        assert answer.get("text") == written(spec if spec.rank else spec.at_rank(2)), (line, answer)
    assert refusals > SLIPS / 3


def _call(random: Random) -> str:
    """A call with arguments as they are drawn, not checked."""
    given = arguments(random)
    rank, transposed = given.pop("rank"), given.pop("transposed")
    settings = ", ".join(f"{name}={value!r}" for name, value in given.items())
    return f"nn.Conv{'Transpose' if transposed else ''}{rank}d({settings})"


def test_conventions_stand_side_by_side_as_kaiyan_padding_has_them() -> None:
    random = Random(6)
    items = [
        (random.randint(1, 40), {"kernel_size": random.randint(1, 9), "stride": random.randint(1, 5),
         "dilation": random.randint(1, 3), "rank": random.randint(1, 3)})
        for _ in range(400)
    ]  # fmt: skip
    items = [(n, settings) for n, settings in items if _has_both(n, settings)]

    def question(item: Any) -> dict[str, Any]:
        n, settings = item
        axis = {"name": "H", "kernel": settings["kernel_size"], "stride": settings["stride"],
                "dilation": settings["dilation"], "padding": [0, 0], "output_padding": 0}  # fmt: skip
        return {"ask": "conventions", "axis": axis, "n": n, "rank": settings["rank"]}

    for (n, settings), answer in asked(items, question):
        right = padding(n, **settings)
        assert [row["key"] for row in answer["rows"]] == [row.key for row in right.conventions]
        for row, ours in zip(answer["rows"], right.conventions, strict=True):
            assert (row["name"], row["refused"]) == (ours.name, ours.refused)
            if ours.refused:
                continue
            assert [row[key] for key in ("pads", "output", "first", "last", "shift")] == [
                list(ours.pads or ()), ours.output_size, list(ours.first or ()), list(ours.last or ()), ours.shift,
            ], (n, settings, ours.key)  # fmt: skip
            assert (row["torch"], row["kaiyan"]) == (list(ours.torch_code), ours.kaiyan_code)
        assert answer["verdict"] == [both(line) for line in right.lines[:2]]


def _has_both(n: int, settings: dict[str, int]) -> bool:
    """Half the kernel and 'same' fit on it: with an even reach half the kernel may not."""
    right = padding(n, **settings)
    return {"number", "same"} <= {row.key for row in right.conventions}


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_a_mode_bounces_and_wraps_as_often_as_it_has_to(mode: str) -> None:
    sizes = range(1, 9)
    for n, answer in asked(list(sizes), lambda n: {"ask": "modes", "mode": mode, "n": n, "from": -30, "to": n + 30}):
        assert answer == index_map(mode, n, (30, 30)).tolist(), (mode, n)


def test_every_name_of_every_library_is_known() -> None:
    (answer,) = answers([{"ask": "names"}])
    for table, rows in (("PADDING", PADDING), ("MODES", PADDING_MODES)):
        assert {ours: sorted(names) for ours, names in answer[table].items()} == {
            ours: sorted(row.names) for ours, row in rows.items()
        }


def test_chains_have_the_fields_that_kaiyan_derives() -> None:
    random = Random(8)
    items = [_chain(random) for _ in range(200)]

    def question(item: Any) -> dict[str, Any]:
        chain, shape = item
        return {"ask": "chain", "texts": [str(spec) for spec in chain], "shape": list(shape)}

    for (chain, shape), answer in asked(items, question):
        for layer, fields in zip(receptive_field(chain, (1, *shape)), answer, strict=True):
            for right, (jump, start, inputs) in zip(layer, fields, strict=True):
                assert (jump[0] / jump[1], start[0] / start[1]) == (float(right.jump), float(right.start or 0)), chain
                assert inputs == [list(right.inputs(o)) for o in (0, 1, 5)], (chain, shape)


def _chain(random: Random) -> tuple[list[Conv], tuple[int, ...]]:
    """Up to four layers of one rank, and an input that goes through them all."""
    while True:
        chain, shape = [], None
        for _ in range(random.randint(1, 4)):
            spec, fits = described(random)
            if shape is None:
                shape = (fits[0], *(n + 12 for n in fits[1:]))
            if len(spec.axes) == len(shape) - 1:
                chain.append(spec)
        channels = [shape[0] if shape else 1, *(spec.channels[1] for spec in chain)]
        chain = [
            spec.replace(in_channels=C, out_channels=K, groups=1)
            for spec, (C, K) in zip(chain, pairwise(channels), strict=True)
        ]
        try:
            receptive_field(chain, (1, *(shape or ())))
        except ConvError:
            continue
        if chain and shape:
            return chain, shape


def test_named_kernels_are_those_of_pictures() -> None:
    (rows,) = answers([{"ask": "kernels"}])
    assert [row["name"] for row in rows] == list(KERNELS)
    for row, recipe in zip(rows, KERNELS.values(), strict=True):
        assert (row["usual"], row["takes"]) == (list(recipe.usual), list(recipe.takes))
        assert row["words"] == both(Sentence("kernels", recipe.does, {}))
    texts = [*KERNELS, "gaussian:2.5", "box:5", "log:1", "gabor:6:45", "gabor:9:30:2", "motion:4"]
    for text, answer in asked(texts, lambda text: {"ask": "kernel", "name": text}):
        name, *numbers = text.split(":")
        usual = KERNELS[name].usual
        given = (*map(float, numbers), *usual[len(numbers) :])
        right = KERNELS[name].make(given)
        assert tuple(answer["shape"]) == right.shape
        np.testing.assert_allclose(np.array(answer["data"]).reshape(right.shape), right, rtol=1e-12, atol=1e-15)


def test_the_frequency_response_is_numpys_transform() -> None:
    draw = np.random.default_rng(9)
    kernels = [draw.standard_normal(shape) for shape in ((3, 3), (1, 5), (7, 4))]
    items = list(kernels)
    for kernel, answer in asked(
        items,
        lambda kernel: {
            "ask": "response",
            "kernel": kernel.ravel().tolist(),
            "rows": kernel.shape[0],
            "columns": kernel.shape[1],
        },
    ):
        right = np.fft.fftshift(np.abs(np.fft.fft2(kernel, (64, 64))))
        np.testing.assert_allclose(np.array(answer).reshape(64, 64), right, atol=1e-12)


def test_each_librarys_code_computes_the_same() -> None:
    items = [_numbers(Random(seed), whole=True) for seed in range(2 * 10**6, 2 * 10**6 + CODED)]
    ran = dict.fromkeys(("PyTorch", "ONNX", "Keras, TensorFlow"), 0)
    for item, spellings in asked(items, lambda item: item["question"] | {"ask": "code"}):
        codes = {each["library"]: each for each in spellings}
        assert Conv.parse(codes["Kaiyan"]["lines"][0]) == item["spec"]
        for library, run in (("PyTorch", _run_torch), ("ONNX", _run_onnx), ("Keras, TensorFlow", _run_keras)):
            lines = codes[library]["lines"]
            assert lines or codes[library]["notes"], (library, str(item["spec"]))
            if not lines or (item["spec"].padding_mode in ("reflect", "circular") and not _torch_takes(item)):
                continue
            ran[library] += run(lines, item)
    assert min(ran.values()) > CODED / 6, ran


def _run_torch(lines: list[str], item: dict[str, Any]) -> bool:
    """The lines, where the layer is called on x and what follows on y."""
    values: dict[str, Any] = {"nn": torch.nn, "F": torch.nn.functional, "x": torch.from_numpy(item["x"])[None]}
    for line in lines:
        if line.startswith("nn."):
            layer = eval(line, values).double()
            layer.load_state_dict({"weight": torch.from_numpy(item["w"])} | _bias(item))
            values["y"] = layer(values["x"]).detach()
        else:
            exec(line, values)
    np.testing.assert_array_equal(values["y"][0].numpy(), item["output"], str(lines))
    return True


def _bias(item: dict[str, Any]) -> dict[str, Any]:
    return {} if item["bias"] is None else {"bias": torch.from_numpy(item["bias"])}


def _run_onnx(lines: list[str], item: dict[str, Any]) -> bool:
    """The nodes in a model; onnxruntime 1.32 refuses an output_padding that is not below the stride, as PyTorch has."""
    spec = item["spec"]
    if spec.transposed and any(axis.output_padding >= axis.stride for axis in spec.axes):
        return False
    pads = lines[0].partition("# pads = ")[2]
    nodes = [eval(line, {"helper": onnx.helper}) for line in lines]
    arrays = {"w": item["w"], "b": item["bias"], "pads": eval(pads) if pads else None}
    if spec.padding_mode.startswith("constant"):
        arrays["value"] = np.float32(read.constant(spec.padding_mode).real)
    tensors = [
        onnx.numpy_helper.from_array(np.asarray(array, np.int64 if name == "pads" else np.float32), name)
        for name, array in arrays.items()
        if array is not None
    ]
    if pads:
        nodes[0].output[0] = "padded"
        nodes[1].input[0] = "padded"
    value = onnx.helper.make_tensor_value_info
    ends = [value("x", onnx.TensorProto.FLOAT, (1, *item["x"].shape))], [value("y", onnx.TensorProto.FLOAT, None)]
    graph = onnx.helper.make_graph(nodes, "g", *ends, tensors)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 21)], ir_version=10)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        (y,) = session.run(None, {"x": np.float32(item["x"][None])})
    except NotImplementedInOnnx:
        return False
    np.testing.assert_array_equal(y[0], item["output"], str(lines))
    return True


def _run_keras(lines: list[str], item: dict[str, Any]) -> bool:
    """The sizes that Kaiyan, which reads Keras, derives from the layers; numbers were compared by hand with Keras."""
    spec, (C, *spatial) = item["spec"], item["x"].shape
    layers = [line for line in lines if line.startswith("keras.")]
    if len(layers) < len(lines) or "groups=" in lines[-1]:
        return False
    steps = derive(layers, (1, *spatial, C))
    assert steps[-1].output_shape == (1, *item["output"].shape[1:], spec.channels[1]), lines
    return True
