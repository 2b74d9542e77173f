"""What arrays are taken, what comes back, and what is refused in which words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

import kaiyan
from kaiyan.arrays import numpy as numpy_row
from kaiyan.arrays.table import LIBRARIES
from kaiyan.engine.problem import Problem

N1, T1 = np.ones((1, 1, 4)), torch.ones(1, 1, 4)
W2 = np.ones((1, 1, 2))

REFUSED: dict[str, tuple[Any, str]] = {
    "not-an-array": (lambda: kaiyan.conv([[1, 2]], W2), "x is a list, not a NumPy array or a torch tensor\n  help: np.asarray(x)"),
    "not-an-array bias": (lambda: kaiyan.conv(N1, W2, [0]), "bias is a list, not a NumPy array or a torch tensor\n  help: np.asarray(bias)"),
    "kinds-differ": (
        lambda: kaiyan.conv(T1, W2),
        "the arrays are of different libraries: torch.Tensor, numpy.ndarray\n"
        "  help: torch.from_numpy(array) or tensor.numpy() converts one of them",
    ),
    "masked": (
        lambda: kaiyan.conv(np.ma.masked_array(N1), W2),
        "a masked array's mask would be lost\n  help: x.filled(0) fills the gaps",
    ),
    "not-numeric": (lambda: kaiyan.conv(N1.astype(str), W2), "an array of <U32 cannot be convolved\n  help: convert to numbers: x.astype(float)"),
    "not-numeric torch": (
        lambda: kaiyan.conv(T1.to(torch.float8_e5m2), torch.ones(1, 1, 2)),
        "an array of float8_e5m2 cannot be convolved\n  help: convert to numbers: x.astype(float)",
    ),
    "not-numeric out": (lambda: kaiyan.conv(N1, W2, out_dtype="flot32"), "an array of flot32 cannot be convolved\n  help: convert to numbers: x.astype(float)"),
    "devices-differ": (
        lambda: kaiyan.conv(T1, torch.ones(1, 1, 2, device="meta")),
        "the input is on cpu and the weight or bias on meta\n  help: weight.to(x.device)",
    ),
    "wrong-bias": (
        lambda: kaiyan.conv(N1, W2, np.ones(2)),
        "the bias has shape (2,), but there are 1 output channels\n  help: give a bias of shape (1,)",
    ),
    "weight-dimensions": (
        lambda: kaiyan.conv(N1, np.ones((3, 3))),
        "the weight (3, 3) has 2 axes; it needs 3 or more: (out_channels, in_channels/groups, *kernel)",
    ),
    "wrong-dimensions": (
        lambda: kaiyan.conv(np.ones(4), W2),
        "the input (4,) has 1 axes; 1 spatial axes need 3 (batch, channels, sizes) or 2 (channels, sizes)",
    ),
    "one-channel-kernel": (
        lambda: kaiyan.conv(np.ones((1, 3, 4, 5)), np.ones((1, 1, 3, 3))),
        "the weight (1, 1, 3, 3) has kernels of 1 channel, but the input (1, 3, 4, 5) has 3\n"
        "  help: groups=3 with np.concatenate([weight] * 3) (in torch: torch.cat) filters every channel separately",
    ),
    "channels-last": (
        lambda: kaiyan.conv(np.ones((32, 10, 8)), np.ones((16, 8, 3))),
        "the input (32, 10, 8) has 10 channels on axis 1, but 8 are expected\n"
        "  help: the channels are last: permute(0, 2, 1) (in NumPy: transpose) gives (32, 8, 10)",
    ),
    "channels-last grey": (
        lambda: kaiyan.conv(np.ones((2, 9, 8, 1)), np.ones((4, 1, 3, 3))),
        "the input (2, 9, 8, 1) has 9 channels on axis 1, but 1 are expected\n"
        "  help: the channels are last: permute(0, 3, 1, 2) (in NumPy: transpose) gives (2, 1, 9, 8)",
    ),
    "output-padding-unreachable": (
        lambda: kaiyan.conv_transpose(np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 2)), stride=(1, 2), output_padding=1),
        "on axis H output_padding=1 gives a size that no convolution maps back to this input; possible sizes: 5 x 6/7\n"
        "  help: output_padding=0 is the largest",
    ),
    "matrix-too-large": (
        lambda: kaiyan.matrix(np.ones((1, 1, 3, 3)), (1, 224, 224)),
        "an input (1, 224, 224) has 50,176 elements, and the matrix needs a column for each: too large to build\n"
        "  help: Conv.full_weights(input_shape) counts its elements",
    ),
    "groups-do-not-divide": (lambda: kaiyan.conv(np.ones((1, 4, 5)), np.ones((3, 2, 2)), groups=2), "groups=2 does not divide out_channels=3\n  help: groups=1"),
    "too-small": (lambda: kaiyan.conv(N1, W2, groups=0), "groups is 0; it must be at least 1\n  help: groups=1"),
    "unknown-precision": (
        lambda: kaiyan.conv(N1, W2, precision="best"),
        "there is no precision 'best'; choose from exact, default, fast, highest, high, medium",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_the_refusal_says(case: str) -> None:
    act, words = REFUSED[case]
    with pytest.raises(kaiyan.ConvError) as refused:
        act()
    assert str(refused.value) == words
    assert refused.value.code == case.partition(" ")[0]


def test_the_help_for_a_one_channel_kernel_helps() -> None:
    x, w = np.arange(48.0).reshape(1, 3, 4, 4), np.arange(18.0).reshape(2, 1, 3, 3)
    y = kaiyan.conv(x, np.concatenate([w] * 3), groups=3)
    assert y.shape == (1, 6, 2, 2)
    for c in range(3):
        np.testing.assert_array_equal(y[:, 2 * c : 2 * c + 2], kaiyan.conv(x[:, c : c + 1], w))


INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "bool"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_exact_on_both_libraries(dtype: str) -> None:
    x, w = np.full((1, 1, 3, 3), 100).astype(dtype), np.full((1, 1, 2, 2), 100).astype(dtype)
    right = int(x[0, 0, 0, 0]) * int(w[0, 0, 0, 0])
    y = kaiyan.conv(x, w)
    t = kaiyan.conv(torch.from_numpy(x), torch.from_numpy(w))
    assert y.dtype == np.int64
    assert t.dtype == torch.int64
    assert y.tolist() == t.tolist() == [[[[4 * right] * 2] * 2]]
    back = kaiyan.conv_transpose(torch.from_numpy(x), torch.from_numpy(w), stride=2)
    assert set(back.flatten().tolist()) == {right}


def test_an_output_type_can_be_asked_for() -> None:
    x, w = np.full((1, 1, 2), 200, np.uint8), np.ones((1, 1, 2), np.uint8)
    tx, tw = torch.from_numpy(x), torch.from_numpy(w)
    assert kaiyan.conv(x, w, out_dtype=np.uint8, saturate=True).item() == 255
    assert kaiyan.conv(tx, tw, out_dtype=torch.uint8, saturate=True).dtype == torch.uint8
    assert kaiyan.conv(tx.float(), tw, out_dtype=torch.uint8, saturate=True).tolist() == [[[255]]]
    for name in ("float16", "float32", "float64", "bfloat16"):
        assert kaiyan.conv(tx, tw, out_dtype=getattr(torch, name)).dtype == getattr(torch, name)
        assert kaiyan.conv(tx.double(), tw, out_dtype=getattr(torch, name)).dtype == getattr(torch, name)
        assert kaiyan.conv(x, w, out_dtype=name).dtype.name == name
    assert kaiyan.conv(x, w, out_dtype=ml_dtypes.bfloat16).tolist() == [[[400]]]


def test_types_promote_alike_on_both_libraries() -> None:
    for a, b in (
        ("uint8", "int32"),
        ("float32", "float64"),
        ("float16", "float32"),
        ("uint8", "float32"),
        ("float32", "complex64"),
    ):
        x, w = np.ones((1, 1, 3), a), np.ones((1, 1, 2), b)
        y, t = kaiyan.conv(x, w), kaiyan.conv(torch.from_numpy(x), torch.from_numpy(w))
        assert y.dtype.name == str(t.dtype).removeprefix("torch.")
        assert y.tolist() == t.tolist() == [[[2, 2]]]


def test_gradients_come_back_in_each_arguments_type() -> None:
    x = torch.ones(1, 1, 3, dtype=torch.float16, requires_grad=True)
    w = torch.ones(1, 1, 2, dtype=torch.float64, requires_grad=True)
    kaiyan.conv(x, w, padding="causal").sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert w.grad is not None
    assert (x.grad.dtype, w.grad.dtype) == (torch.float16, torch.float64)


@pytest.mark.parametrize("needed", [(True, False), (False, True)])
def test_only_what_needs_a_gradient_gets_one(needed: tuple[bool, bool]) -> None:
    x = torch.ones(1, 1, 2, 2, 2, 2, requires_grad=needed[0])
    w = torch.nn.Parameter(torch.ones(1, 1, 1, 2, 1, 1), requires_grad=needed[1])
    kaiyan.conv(x, w).sum().backward()  # type: ignore[no-untyped-call]
    assert (x.grad is not None, w.grad is not None) == needed


def test_unbatched_lists_and_numpy_integers_are_taken() -> None:
    x, w = np.arange(24.0).reshape(2, 3, 4), np.ones((1, 2, 2, 2))
    right = kaiyan.conv(x[None], w, stride=(2, 1), padding=1)[0]
    for same in (x, torch.from_numpy(x)):
        v: Any = w if same is x else torch.from_numpy(w)
        y: Any = kaiyan.conv(same, v, stride=[np.int64(2), 1], padding=[[1, 1], [1, 1]])
        np.testing.assert_array_equal(np.asarray(y), right)


def test_a_setting_may_be_an_array_of_no_axes() -> None:
    for two in (np.array(2), torch.tensor(2)):
        assert kaiyan.conv(N1, W2, stride=two).shape == (1, 1, 2)
    with pytest.raises(kaiyan.ConvError, match="a float"):
        kaiyan.conv(N1, W2, stride=np.array(2.0))


def test_a_boolean_stride_is_refused_after_the_number_was_taken() -> None:
    assert kaiyan.conv(N1, W2, stride=1).shape == (1, 1, 3)
    with pytest.raises(kaiyan.ConvError):
        kaiyan.conv(N1, W2, stride=True)


def test_flip_is_the_mathematicians_convolution() -> None:
    x, w = np.array([[[1.0, 2, 4, 8]]]), np.array([[[1.0, 10, 100]]])
    right = [[np.convolve(x[0, 0], w[0, 0], "valid").tolist()]]
    assert kaiyan.conv(x, w, flip=True).tolist() == right
    assert kaiyan.conv(torch.from_numpy(x), torch.from_numpy(w), flip=True).tolist() == right


def test_meta_tensors_give_shapes() -> None:
    y = kaiyan.conv(
        torch.empty(1, 3, 9, 9, device="meta"), torch.empty(8, 3, 3, 3, device="meta"), padding="same", stride=2
    )
    assert y.shape == (1, 8, 5, 5)


@pytest.mark.parametrize(
    "options", [{}, {"padding": "same", "stride": 2}, {"dilation": 2, "padding_mode": "reflect", "padding": 1}]
)
def test_the_matrix_is_the_convolution(options: dict[str, Any]) -> None:
    x, w = np.arange(50.0).reshape(2, 5, 5), np.arange(54.0).reshape(3, 2, 3, 3)
    y = kaiyan.conv(x, w, **options)
    np.testing.assert_array_equal(kaiyan.matrix(w, x.shape, **options) @ x.ravel(), y.ravel())
    tensor = kaiyan.matrix(torch.from_numpy(w), x.shape, **options)
    np.testing.assert_array_equal(tensor.numpy() @ x.ravel(), y.ravel())


def test_the_matrix_is_sparse_and_shared() -> None:
    m = kaiyan.matrix(np.arange(1, 10).reshape(1, 1, 3, 3), (1, 5, 5))
    assert list(m.shape) == [9, 25]
    assert np.count_nonzero(m) == 81
    assert {tuple(row[row > 0]) for row in m} == {tuple(range(1, 10))}


LAYERS = [
    torch.nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2),
    torch.nn.Conv2d(3, 8, (3, 5), padding="same", padding_mode="reflect", bias=False),
    torch.nn.Conv2d(3, 8, 3, padding="valid"),
    torch.nn.Conv3d(2, 4, (1, 2, 3), padding=(0, 1, 2), padding_mode="circular"),
    torch.nn.ConvTranspose1d(4, 6, 3, stride=2, output_padding=1),
    torch.nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), groups=2, bias=False),
    torch.nn.ConvTranspose3d(4, 2, 2, dilation=2),
]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_a_layer_is_read_and_computed(layer: Any) -> None:
    spec = kaiyan.Conv.from_module(layer)
    assert kaiyan.Conv.parse(str(layer)) == spec
    x = torch.randn(2, layer.in_channels, *[7, 6, 5][: len(spec.axes)])
    y = layer(x)
    assert tuple(y.shape) == spec.output_shape(tuple(x.shape))
    assert spec.params == sum(p.numel() for p in layer.parameters())
    options = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation, "groups": spec.groups}
    function: Any = kaiyan.conv_transpose if spec.transposed else kaiyan.conv
    more = {"output_padding": spec.output_padding} if spec.transposed else {"padding_mode": spec.padding_mode}
    torch.testing.assert_close(function(x, layer.weight, layer.bias, **options, **more), y)


def test_a_subclass_of_a_layer_is_read_and_others_are_refused() -> None:
    class Mine(torch.nn.Conv2d):
        pass

    assert kaiyan.Conv.from_module(Mine(3, 4, 3)) == kaiyan.Conv(3, 4, 3, rank=2)
    for other in (torch.nn.BatchNorm2d(3), torch.nn.LazyConv2d(4, 3)):
        with pytest.raises(kaiyan.ConvError):
            kaiyan.Conv.from_module(other)


MEMORY = """
import numpy as np, kaiyan
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
x, w = np.ones({x}, {dtype!r}), np.ones({w}, {dtype!r})
before = peak()
kaiyan.conv(x, w, padding={padding})
print(peak() - before)
"""


@pytest.mark.parametrize(
    ("x", "w", "dtype", "padding", "most"),
    [((2, 64, 224, 224), (3, 64, 9, 9), "f8", 0, 300), ((16, 64, 224, 224), (4, 64, 9, 9), "f4", 4, 1000)],
)
def test_issue_7413_memory_is_bounded(x: Any, w: Any, dtype: str, padding: int, most: int) -> None:
    code = MEMORY.format(x=x, w=w, dtype=dtype, padding=padding)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    added = int(done.stdout)
    print(f"{x} {dtype}: {added} MB added")
    assert 0 < added < most


class Sheet:
    """An array of a library that nobody has: NumPy's numbers in a class of its own."""

    def __init__(self, numbers: np.ndarray[Any, Any]) -> None:
        self.numbers = numbers
        self.shape, self.ndim, self.dtype, self.device = numbers.shape, numbers.ndim, numbers.dtype, "cpu"


def test_a_library_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(
        numpy_row.ROW, name="sheets", strides=lambda sheet: sheet.numbers.strides, made=Sheet,
        numbers=lambda sheet: sheet.numbers,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "sheets", SimpleNamespace(Sheet=Sheet))
    monkeypatch.setitem(sys.modules, "kaiyan.arrays.sheets", SimpleNamespace(ROW=row))
    monkeypatch.setitem(LIBRARIES, "sheets", "Sheet")
    x, w = np.arange(2 * 3 * 9 * 7, dtype="f4").reshape(2, 3, 9, 7), np.ones((4, 3, 3, 3), "f4")
    y: Any = kaiyan.conv(Sheet(x), Sheet(w), padding="same", stride=2)
    assert isinstance(y, Sheet)
    np.testing.assert_array_equal(y.numbers, kaiyan.conv(x, w, padding="same", stride=2))
    problem = kaiyan.plan("Conv2d(3, 4, 3)", (2, 3, 9, 7), kind="sheets").problem
    assert Problem.parse(str(problem)) == problem
