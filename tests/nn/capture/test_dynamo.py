"""Where TorchDynamo ends a graph for others, and not for us: and its settings and tables, which are as they were."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import pytest
import torch
from torch import nn
from torch._dynamo import config
from torch._dynamo.variables.builder import VariableBuilder

from kaiyan.nn.acceleration.as_program import Programmed
from kaiyan.nn.capture.captured import captured
from kaiyan.nn.capture.dynamo import tracing


def _told(what: str) -> str:
    warnings.warn(f"{what} is old", FutureWarning, stacklevel=2)
    return what


class Warned(nn.Module):
    """It warns in a function of its own, and in itself."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv1d(4, 4, 3)

    def forward(self, x: Any) -> Any:
        y = self.layer(x)
        _told("this")
        warnings.warn("plainly", stacklevel=1)
        warnings.warn("with a category", category=DeprecationWarning)  # noqa: B028
        return self.layer(y)


class Asking(nn.Module):
    """It asks what it is given, as TorchScript does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv1d(4, 4, 3)

    def forward(self, x: Any, more: Any = None) -> Any:
        y = self.layer(x)
        if torch.jit.isinstance(more, torch.Tensor):  # type: ignore[no-untyped-call]
            y = y + more
        elif torch.jit.isinstance(more, (int, float)):  # type: ignore[no-untyped-call]
            y = y * more
        elif more is not None and torch.jit.isinstance(more, list[torch.Tensor]):  # type: ignore[no-untyped-call]
            y = y - more[0]
        return self.layer(y)


X = torch.randn(2, 4, 11, generator=torch.Generator().manual_seed(0))
OTHER = torch.randn(2, 4, 9, generator=torch.Generator().manual_seed(1))


def _said(call: Any) -> tuple[Any, list[tuple[str, type[Warning]]]]:
    with warnings.catch_warnings(record=True) as seen, torch.no_grad():
        warnings.simplefilter("always")
        answer = call(X)
    return answer, [(str(warning.message), warning.category) for warning in seen]


def test_a_warning_ends_no_graph_and_is_given_at_each_call() -> None:
    model = Warned().eval()
    made = Programmed(model, (X,), "default")
    assert made.captured.is_whole
    made.keep_to_itself()
    answer, warned = _said(model)
    assert len(warned) == 3
    for _ in range(3):
        again, said = _said(made)
        assert said == warned
        torch.testing.assert_close(again, answer)


def test_a_warning_that_is_an_error_is_raised() -> None:
    made = captured(Warned().eval(), (X,))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("error")
        with pytest.raises(FutureWarning, match="this is old"):
            made(X)


@pytest.mark.parametrize("more", [None, OTHER, 3, 0.5])
def test_what_torchscript_asks_ends_no_graph(more: Any) -> None:
    model = Asking().eval()
    made = captured(model, (X, more))
    with torch.no_grad():
        torch.testing.assert_close(made(X, more), model(X, more))
        torch.testing.assert_close(made(X), model(X))
    assert not made.breaks


def test_containers_are_asked_of_torch_itself() -> None:
    model = Asking().eval()
    made = captured(model, (X, [OTHER]))
    with torch.no_grad():
        torch.testing.assert_close(made(X, [OTHER]), model(X, [OTHER]))
    assert made.breaks


def test_torchs_table_is_as_it_was() -> None:
    table = VariableBuilder._id_dispatch()
    before, settings = copy.copy(table), config.skip_nnmodule_hook_guards
    with tracing(is_recurrent=False), tracing(is_recurrent=True):
        assert id(warnings.warn) in table
    captured(Warned().eval(), (X,))
    assert table == before
    assert config.skip_nnmodule_hook_guards == settings


def test_what_a_user_told_torch_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    table: dict[int, Any] = VariableBuilder._id_dispatch()
    own = object()
    monkeypatch.setitem(table, id(warnings.warn), own)
    with tracing(is_recurrent=False):
        assert table[id(warnings.warn)] is own
    assert table[id(warnings.warn)] is own
