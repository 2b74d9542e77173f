"""The model that ``accelerate`` gives: called as the original is, with answers laid out as the original's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import fx, nn

from kaiyan.nn.clock import on_one_thread
from kaiyan.nn.layout import Order, Strides, laid, layout_of, ordered, orders, strides
from kaiyan.spec.error import KaiyanError

if TYPE_CHECKING:
    from kaiyan.nn.report import Report


class Accelerated(nn.Module):
    """What ``accelerate`` gives: called as the model was, for inference."""

    report: Report

    def __init__(self, model: nn.Module, layout: str) -> None:
        super().__init__()
        self.model: Any = model
        self.layout = layout
        self._orders: dict[str, list[Order]] = {}
        self.training = False

    @torch.no_grad()
    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The model's outputs."""
        model = self.model
        call = model.forward if isinstance(model, fx.GraphModule) else model  # torch prints where a graph's call fails
        with on_one_thread():
            answer = call(*(laid(x, self.layout) for x in inputs), **named)
        if not self._orders:
            return answer
        order = self._orders.get(layout_of(inputs))
        return answer if order is None else ordered(answer, order)

    def lay_out_as(self, right: Any, lie: list[Strides], inputs: tuple[Any, ...]) -> None:
        """From now on answers to inputs laid out like these lie as the right one, where they ``lie`` otherwise."""
        if self._orders or strides(right) != lie:
            self._orders[layout_of(inputs)] = orders(right)

    def train(self, mode: bool = True) -> Accelerated:
        """It is for inference; raises ``KaiyanError`` when it shall train."""
        if mode:
            raise KaiyanError(
                "inference-only",
                "an accelerated model is for inference",
                "train the original, then accelerate it again",
            )
        return super().train(False)
