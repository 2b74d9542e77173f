"""Padding conventions against TensorFlow's published rule, the cases that users reported, and torch itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F  # noqa: N812

import kaiyan
from kaiyan.cli.run import run
from kaiyan.explain.padding import names, padding
from kaiyan.show.error import ConvError

sizes, kernels, steps = st.integers(1, 40), st.integers(1, 7), st.integers(1, 5)


def _tensorflow(n: int, reach: int, stride: int) -> tuple[int, int]:
    """Source: tf.nn, "Notes on padding": by the remainder of the size."""
    total = max(reach - stride, 0) if n % stride == 0 else max(reach - n % stride, 0)
    return total // 2, total - total // 2


@given(sizes, kernels, steps, st.integers(1, 3))
def test_same_is_tensorflows_published_rule(n: int, kernel: int, stride: int, dilation: int) -> None:
    found = padding(n, kernel, stride=stride, dilation=dilation)["same"]
    assert found.pads == _tensorflow(n, dilation * (kernel - 1) + 1, stride)
    assert found.output_size == -(-n // stride)


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "output", "pads"),
    [(28, 1, 3, 10, (0, 0)), (13, 6, 5, 3, (1, 2)), (8, 3, 2, 4, (0, 1)), (9, 5, 1, 9, (2, 2)), (7, 3, 2, 4, (1, 1))],
)
def test_reported_cases_of_same(n: int, kernel: int, stride: int, output: int, pads: tuple[int, int]) -> None:
    same = padding(n, kernel, stride=stride)["same"]
    assert (same.output_size, same.pads) == (output, pads)


def test_half_of_an_even_kernel_lengthens_the_output() -> None:
    found = padding(3, 4)
    assert (found.number, found["number"].output_size, found["same"].output_size) == (2, 4, 3)
    assert "padding=2 is not 'same': it gives 4 outputs, 'same' gives 3" in map(str, found.lines)


def test_padding_1_at_stride_2_is_same_only_at_odd_sizes() -> None:
    even, odd = padding(224, 3, stride=2), padding(225, 3, stride=2)
    assert (even.is_same, odd.is_same, even.agree) == (False, True, (1,))
    assert (even["number"].first, even["same"].first) == ((-1, 1), (0, 2))
    assert (even["number"].last, even["same"].last, even["number"].shift) == ((221, 223), (222, 224), 1)


@given(sizes, kernels, steps)
def test_sizes_that_agree_are_those_where_the_pads_do(n: int, kernel: int, stride: int) -> None:
    found = padding(n, kernel, stride=stride)
    assert found.is_same == (n % stride in found.agree)


@pytest.mark.parametrize("stride", [2, 3])
def test_torch_refuses_the_row_that_says_so(stride: int) -> None:
    assert padding(9, 3, stride=stride)["torch_same"].refused
    with pytest.raises(ValueError, match="not supported for strided"):
        nn.Conv1d(1, 1, 3, stride=stride, padding="same")


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@given(st.integers(7, 20), kernels, steps, st.sampled_from(sorted(names())))
def test_the_lines_of_code_read_the_windows_that_are_told(n: int, kernel: int, stride: int, key: str) -> None:
    found = padding(n, kernel, stride=stride, rank=1)[key]
    if found.refused or found.first is None or found.last is None:
        return
    x = torch.arange(1.0, n + 1).reshape(1, 1, n)
    expected = [sum(i + 1 for i in range(a, b + 1) if 0 <= i < n) for a, b in (found.first, found.last)]
    for code in (found.torch_code, (str(found.kaiyan_code),)):
        y = _run(code, x).flatten()
        assert len(y) == found.output_size
        assert [y[0].item(), y[-1].item()] == expected


def _run(code: tuple[str, ...], x: torch.Tensor) -> torch.Tensor:
    scope = {"x": x, "F": F, "nn": nn, "kaiyan": kaiyan, "C": 1, "K": 1}
    for line in code[:-1]:
        exec(line, scope)
    layer = eval(code[-1], scope)
    with torch.no_grad():
        layer.weight.fill_(1)
        layer.bias.zero_()
        result: torch.Tensor = layer(scope["x"])
    return result


def test_a_window_that_does_not_fit_has_no_row() -> None:
    found = padding(3, 5)
    with pytest.raises(ConvError, match="no convention 'valid'"):
        found["valid"]
    assert found["same"].pads == (2, 2)


@pytest.mark.parametrize(("n", "kernel", "rank"), [(0, 3, 2), (5, 0, 2), (5, 3, 4), (5, (3, 5), 2), (5.5, 3, 2)])
def test_settings_that_make_no_convolution_are_refused(n: Any, kernel: Any, rank: int) -> None:
    with pytest.raises(ConvError):
        padding(n, kernel, rank=rank)


def test_views_hold_the_same_table_and_stay_small() -> None:
    found = padding(224, 3, stride=2)
    assert "| TF SAME, ONNX SAME_UPPER | 0, 1 | 112 | 0..2 | 222..224 | 0 |" in found.to_markdown("en")
    assert "错位" in found.to_markdown("zh")
    assert "<script" not in found._repr_html_()
    assert len(found._repr_html_().encode()) < 20_000
    assert "TF SAME" in str(found)


def test_the_command_shows_table_answer_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "padding", "224", "--kernel", "3", "--stride", "2"]) == 0
    said = capsys.readouterr().out
    assert "padding=1 is not 'same': both give 112 outputs, but its windows begin 1 earlier" in said
    assert "x = F.pad(x, (0, 1, 0, 1)); nn.Conv2d(C, K, kernel_size=3, stride=2)" in said
    assert "kaiyan.nn.Conv2d(C, K, kernel_size=3, stride=2, padding='same')" in said


def test_the_command_speaks_chinese_and_json_and_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "padding", "225", "--kernel", "3", "--stride", "2"]) == 0
    assert "这里 padding=1 就是 'same'" in capsys.readouterr().out
    assert run(["padding", "224", "--kernel", "3", "--stride", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_same"] is False
    assert run(["padding", "wide", "--kernel", "3"]) == 2
