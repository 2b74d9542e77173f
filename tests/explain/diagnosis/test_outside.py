"""What fails after a model or before it: backward, NumPy, one number of many, loaders, optimizers, assertions.

Messages are torch's own, raised here; the line that is mended is the test's own line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from failing import diagnosed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (its usual name, in lines as users write them)
from torch.utils.data import DataLoader

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.filterwarnings("ignore:Converting a tensor", "ignore:__array__")


def learned() -> Tensor:
    output: Tensor = nn.Linear(3, 2)(torch.ones(4, 3))
    return output


def numpy() -> Any:
    out = learned()
    return out.numpy()


def item() -> Any:
    out = learned()
    return out.item()


def several() -> None:
    loss = learned()
    loss.backward()  # type: ignore[no-untyped-call]


def twice() -> None:
    loss = learned().sum()
    loss.backward()  # type: ignore[no-untyped-call]
    loss.backward()  # type: ignore[no-untyped-call]


def cut() -> None:
    out = learned().detach()
    loss = out.sum()
    loss.backward()  # type: ignore[no-untyped-call]


def frozen() -> None:
    net = nn.Linear(3, 2)
    net.requires_grad_(False)
    loss = net(torch.ones(1, 3)).sum()
    loss.backward()


def in_place() -> None:
    x = learned().exp()
    x += 1
    x.sum().backward()  # type: ignore[no-untyped-call]


def leaf() -> None:
    weight = torch.ones(3, requires_grad=True)
    weight += 1


def truth() -> None:
    if learned() > 0:
        pass


def of_two_sizes() -> None:
    next(iter(DataLoader([torch.zeros(3, 8, 9), torch.zeros(3, 7, 9)], batch_size=2)))  # type: ignore[arg-type]


def of_two_kinds() -> None:
    next(iter(DataLoader([torch.zeros(3, 8, 8), torch.zeros(1, 8, 8)], batch_size=2)))  # type: ignore[arg-type]


def of_nothing() -> None:
    next(iter(DataLoader([None, None], batch_size=2)))  # type: ignore[arg-type]


def of_ragged_lists() -> None:
    next(iter(DataLoader([(torch.zeros(3), [1, 2]), (torch.zeros(3), [1])], batch_size=2)))  # type: ignore[arg-type]


def mean_of_losses() -> Any:
    losses = [learned().sum(), learned().sum()]
    return np.mean(losses)


def of_a_tuple() -> None:
    out, y = nn.LSTM(3, 5)(torch.zeros(2, 7, 3)), torch.zeros(2, 7, 5)
    F.mse_loss(out, y)


def without_parameters() -> None:
    torch.optim.SGD(nn.ReLU().parameters(), 0.1)


def of_many_outputs() -> None:
    out = (torch.zeros(4, 3), torch.zeros(4, 5))
    y = torch.zeros(4, dtype=torch.long)
    F.cross_entropy(out, y)  # type: ignore[arg-type]


def of_a_list() -> None:
    out = torch.zeros(4, 3)
    F.cross_entropy(out, [0, 1, 2, 0])  # type: ignore[arg-type]


def ctc() -> None:
    x = torch.zeros(5, 2, 4).log_softmax(2)
    F.ctc_loss(x, torch.ones(2, 3, dtype=torch.long), torch.tensor([6, 5]), torch.tensor([3, 3]))


def ctc_batch_first() -> None:
    x = torch.zeros(2, 5, 4).log_softmax(2)
    F.ctc_loss(x, torch.ones(2, 3, dtype=torch.long), torch.tensor([5, 5]), torch.tensor([3, 3]))


ROWS: dict[str, tuple[Callable[[], Any], str, str, str]] = {
    "numpy": (numpy, "K064", "autograd graph", "return out.detach().numpy()"),
    "item": (item, "K065", "8 numbers", "return out.mean().item()"),
    "several": (several, "K063", "one number", "loss.mean().backward()"),
    "twice": (twice, "K060", "already ran", "once per forward"),
    "cut": (cut, "K061", "does not depend on any trainable parameter", "out = learned().detach()"),
    "frozen": (frozen, "K061", "every parameter of net is frozen", "net.parameters()"),
    "in place": (in_place, "K062", "Exp", "x = x + y"),
    "a leaf": (leaf, "K062", "in place", "torch.no_grad()"),
    "truth": (truth, "K065", "neither true nor false", "any()"),
    "two sizes": (of_two_sizes, "K066", "(3, 8, 9) at entry 0 and (3, 7, 9) at entry 1", "Resize((7, 9))"),
    "two kinds": (of_two_kinds, "K066", "(1, 8, 8) at entry 1", 'convert("RGB")'),
    "nothing": (of_nothing, "K066", "NoneType", "__getitem__"),
    "ragged": (of_ragged_lists, "K066", "different lengths", "pad_sequence"),
    "a mean of losses": (mean_of_losses, "K064", "autograd graph", "np.mean([each.item() for each in losses])"),
    "an LSTM's tuple": (of_a_tuple, "K057", "a tuple", "F.mse_loss(out[0], y)"),
    "no parameters": (without_parameters, "K067", "no parameters", "ModuleList"),
    "many outputs": (of_many_outputs, "K057", "tuple", "F.cross_entropy(out[0], y)"),
    "a list of targets": (of_a_list, "K057", "list", "torch.as_tensor([0, 1, 2, 0])"),
    "lengths": (ctc, "K056", "6, but the output has only 5 steps", "log_probs.size(0)"),
    "batch first": (ctc_batch_first, "K056", "(T, N, C)", "x.permute(1, 0, 2)"),
}


@pytest.mark.parametrize(("call", "code", "cause", "fix"), ROWS.values(), ids=ROWS)
def test_what_comes_after_the_model_is_named_and_mended(
    call: Callable[[], Any], code: str, cause: str, fix: str
) -> None:
    found = diagnosed(call)
    assert found.code == code
    assert cause in str(found.cause)
    assert fix in f"{found.fixes[0].before}\n{found.fixes[0].after}\n{found.fixes[0].sentence}"


@pytest.mark.parametrize(("call", "code"), [row[:2] for row in ROWS.values()], ids=ROWS)
def test_nothing_is_lost_where_a_model_is_given(call: Callable[[], Any], code: str) -> None:
    model, x = nn.Linear(3, 2), torch.ones(4, 3)
    alone, given = diagnosed(call), diagnosed(call, model, x)
    assert (given.code, given.cause) == (code, alone.cause)
    assert {str(f.sentence) for f in alone.fixes} <= {str(f.sentence) for f in given.fixes}
    marked = "not tried" if given.text("en").count("(not tried)") else ""
    assert all(f.tried for f in given.fixes) or marked
    assert "没有试过" in given.text("zh") or not marked
    assert "others" not in str(given.unknown)


def test_the_truth_of_nothing_is_told_from_the_truth_of_many() -> None:
    assert "an empty tensor" in str(diagnosed(lambda: bool(torch.zeros(0))).cause)


def test_an_assertion_without_words_is_said_with_its_numbers() -> None:
    def made(width: int, heads: int) -> None:
        assert width % heads == 0

    found = diagnosed(lambda: made(30, 4))
    assert found.code == "K072"
    assert "width % heads == 0, and here width=30, heads=4" in str(found.cause)
    assert str(found.fixes[0].sentence) == "width = 28 or 32, which 4 divides"
    assert str(found.fixes[1].sentence) == "or heads = 3 or 5, which divide 30"


STATES = {
    "module.": ({"module.weight": torch.ones(2, 2), "module.bias": torch.ones(2)}, "removeprefix('module.')"),
    "no module.": (None, "'module.' + k"),
    "module. and counts": (
        {"module.weight": torch.ones(2, 2), "module.bias": torch.ones(2), "module.count": torch.ones(())},
        "removeprefix('module.')",
    ),
    "a checkpoint": ({"state_dict": {}, "epoch": torch.ones(1)}, "checkpoint['state_dict']"),
    "one more": ({"weight": torch.ones(2, 2), "bias": torch.ones(2), "more": torch.ones(2)}, "strict=False"),
    "one less": ({"weight": torch.ones(2, 2)}, "prefix"),
}


@pytest.mark.parametrize(("state", "fix"), STATES.values(), ids=STATES)
def test_names_of_weights_that_differ(state: dict[str, Any] | None, fix: str) -> None:
    model: nn.Module = nn.Linear(2, 2)
    if state is None:
        state, model = model.state_dict(), nn.ModuleDict({"module": model})
    found = diagnosed(lambda: model.load_state_dict(state))
    assert found.code == "K025"
    assert fix in f"{found.fixes[0].after} {found.fixes[0].sentence}"


KINDS = {
    "NoneType": "return x",
    "numpy.ndarray": "x = torch.as_tensor(x)",
}


@pytest.mark.parametrize(("kind", "fix"), KINDS.items())
def test_what_is_no_tensor_is_taken_by_its_kind(kind: str, fix: str) -> None:
    found = kaiyan.diagnose(f"TypeError: linear(): argument 'input' (position 1) must be Tensor, not {kind}")
    assert (found.code, found.fixes[0].after) == ("K024", fix)


@pytest.mark.parametrize(("rows", "targets", "first"), [(4, 3, "drop_last"), (169, 25, "view"), (64, 16, "view")])
def test_a_few_rows_more_are_the_end_of_a_loader_and_many_are_a_view(rows: int, targets: int, first: str) -> None:
    found = kaiyan.diagnose(f"Expected input batch_size ({rows}) to match target batch_size ({targets}).")
    assert first in str(found.fixes[0].sentence)


def test_of_a_message_of_many_lines_the_first_is_said() -> None:
    words = "TypeError: fold() received an invalid combination of arguments - got (int), but expected one of:\n"
    found = kaiyan.diagnose(
        words + " * (Tensor input)\n      didn't match because some of the arguments have invalid types"
    )
    assert found.code == "K000"
    assert words.strip() in str(found.cause)


def test_a_warning_of_broadcasting_is_explained_as_the_error_it_hides() -> None:
    found = kaiyan.diagnose(
        "UserWarning: Using a target size (torch.Size([4])) that is different to the input size (torch.Size([4, 1])). "
        "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size."
    )
    assert (found.code, found.fixes[0].after) == ("K051", "target = target.unsqueeze(1)")


CELLS = """---------------------------------------------------------------------------
RuntimeError                              Traceback (most recent call last)
Cell In[3], line 5
      3 net = Net()
      4 x = torch.randn(1, 3, 32, 32)
----> 5 net(x)

File ~/venv/lib/python3.11/site-packages/torch/nn/modules/module.py:1518, in Module._wrapped_call_impl(self, *args)
   1517 else:
-> 1518     return self._call_impl(*args, **kwargs)

{head}
     10         x = self.conv(x)
---> 12         return self.fc(x)

File ~/venv/lib/python3.11/site-packages/torch/nn/modules/linear.py:114, in Linear.forward(self, input)
--> 114 return F.linear(input, self.weight, self.bias)

RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x288 and 1568x10)
"""
HEADS = (
    "Cell In[2], line 12, in Net.forward(self, x)",
    "Cell In [2], line 12, in Net.forward(self, x)",
    "Input In [2], in Net.forward(self, x)",
    "<ipython-input-2-0123456789ab> in forward(self, x)",
    "File ~/project/net.py:12, in Net.forward(self, x)",
    "~/project/net.py in forward(self, x)",
)


@pytest.mark.parametrize("head", HEADS)
def test_the_line_of_a_notebooks_traceback_is_read(head: str) -> None:
    found = kaiyan.diagnose(CELLS.format(head=head))
    assert found.code == "K012"
    assert found.line is not None
    assert (found.line.number, found.line.text) == (12, "return self.fc(x)")


class Named(nn.Module):
    """A model of named arguments, one of them with a default."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, pixels: Tensor, mask: Tensor | None = None) -> Any:
        return self.conv(pixels) if mask is None else self.conv(pixels) * mask


def test_inputs_by_name_are_read_from_the_call_and_from_a_dict() -> None:
    model, x = Named(), torch.zeros(2, 1, 8, 8)
    for found in (diagnosed(lambda: model(pixels=x)), diagnosed(lambda: model(pixels=x), model, {"pixels": x})):
        assert (found.code, found.path) == ("K001", "conv")
        assert found.fixes
        assert all(fix.tried for fix in found.fixes[:1])


def test_a_batch_that_is_a_dict_stays_one_argument() -> None:
    class OfBatches(Named):
        def forward(self, batch: dict[str, Tensor]) -> Any:  # type: ignore[override]
            return self.conv(batch["image"])

    batch = {"image": torch.zeros(2, 1, 8, 8)}
    found = diagnosed(lambda: OfBatches()(batch), OfBatches(), batch)
    assert (found.code, found.path) == ("K001", "conv")


def test_the_tensors_and_the_chance_of_the_user_are_left() -> None:
    model, x = nn.Linear(3, 2), torch.ones(4, 3)
    y = torch.tensor([1, 2, 3, 4])
    state = torch.random.get_rng_state()
    weights = model.weight.detach().clone()
    found = diagnosed(lambda: F.cross_entropy(model(x), y), model, x)
    assert found.fixes
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(model.weight, weights)
    assert model.weight.grad is None
    assert y.tolist() == [1, 2, 3, 4]


def test_an_interrupted_trial_leaves_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = torch.zeros(2, 3, requires_grad=True), torch.tensor([3, 1])
    with pytest.raises(IndexError) as caught:
        F.cross_entropy(x, y)
    state = torch.random.get_rng_state()

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(nn.functional, "cross_entropy", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kaiyan.diagnose(caught.value)
    assert torch.is_grad_enabled()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert y.tolist() == [3, 1]
    assert x.grad is None


ODD: dict[str, Callable[[], Any]] = {
    "an empty batch": lambda: F.cross_entropy(torch.zeros(0, 3), torch.zeros(1, dtype=torch.long)),
    "one number": lambda: F.cross_entropy(torch.zeros(()), torch.zeros((), dtype=torch.long)),
    "nothing": lambda: F.cross_entropy(None, None),  # type: ignore[arg-type]
    "text": lambda: F.mse_loss("a", torch.zeros(1)),  # type: ignore[arg-type]
    "not a number": lambda: F.binary_cross_entropy(torch.full((3,), float("nan")), torch.zeros(3)),
    "meta": lambda: F.cross_entropy(torch.zeros(4, 3, device="meta"), torch.zeros(5, dtype=torch.long, device="meta")),
}


@pytest.mark.parametrize("call", ODD.values(), ids=ODD)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_odd_tensors_end_in_a_diagnosis(call: Callable[[], Any]) -> None:
    found = diagnosed(call)
    assert re.match(r"K\d{3}: \S", found.text("en"))
    assert re.match(r"K\d{3}: \S", found.text("zh"))


def test_a_row_that_stumbles_over_odd_inputs_is_asked_again_with_the_words_alone() -> None:
    words = "Given input size: (3x1x1). Calculated output size: (3x0x0). Output size is too small"
    found = kaiyan.diagnose(words, nn.MaxPool2d(2), ({"image": object()},))
    assert found.code == "K004"


class Overwrites(nn.Module):
    """The sigmoid's backward reads its output, which the ReLU has overwritten."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(torch.sigmoid(self.fc(x)))  # type: ignore[no-any-return]


class Adds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.sigmoid(self.fc(x))
        y += 2 * x.sum()
        return y


def trained(model: nn.Module) -> None:
    model(torch.ones(4, 3)).sum().backward()


def test_the_layer_that_wrote_in_place_is_named() -> None:
    diagnosis = diagnosed(lambda: trained(Overwrites()))
    assert diagnosis.code == "K062"
    assert str(diagnosis.fixes[0].sentence) == "relu modifies in place: inplace=False"
    assert diagnosis.fixes[0].after == "ReLU()"


def test_the_line_that_wrote_in_place_is_shown_with_a_new_tensor() -> None:
    diagnosis = diagnosed(lambda: trained(Adds()))
    assert diagnosis.code == "K062"
    assert (diagnosis.fixes[0].before, diagnosis.fixes[0].after) == ("y += 2 * x.sum()", "y = y + 2 * x.sum()")


def test_a_model_that_writes_nothing_is_not_blamed() -> None:
    def edited() -> None:
        y = torch.sigmoid(nn.Linear(3, 2)(torch.ones(4, 3)))
        y.add_(1)
        y.sum().backward()  # type: ignore[no-untyped-call]

    assert not [fix for fix in diagnosed(edited).fixes if "modifies in place" in str(fix.sentence)]
