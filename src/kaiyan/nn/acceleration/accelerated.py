"""The model that ``accelerate`` gives: called as the original is, with answers laid out as the original's."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import fx, nn

from kaiyan.nn.acceleration.clock import on_one_thread
from kaiyan.nn.acceleration.deferred import read
from kaiyan.nn.acceleration.layout import MemoryOrder, in_layout, layout_key, orders, reorder, strides
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from kaiyan.nn.acceleration.report import Report
    from kaiyan.program.picture_input import PictureInput


class Accelerated(nn.Module):
    """What ``accelerate`` gives: called as the model was, for inference.

    Answers lie in memory as the model's do for inputs that come as those that were asked. How one sample's lie torch
    chooses by its size too, which is known for the example's alone.
    """

    report: Report
    is_folded = False
    """Whether layers were folded into one another for good."""

    def __init__(self, model: nn.Module, layout: str, is_laying: bool, is_replaced: bool = True) -> None:
        super().__init__()
        self.model: Any = model
        self.layout = layout
        self.is_laying, self.is_replaced = is_laying, is_replaced
        self._orders: dict[tuple[str, bool], list[MemoryOrder] | None] = {}  # None: by themselves as the model's
        self._threads = nullcontext if hasattr(model, "keep_to_itself") else on_one_thread
        self.training = False

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The model's outputs."""
        answer = self._answer if self.is_replaced else self.model
        if not torch.is_grad_enabled():  # torch takes microseconds to turn off what is off
            return answer(*inputs, **named)
        with torch.no_grad():
            return answer(*inputs, **named)

    def _answer(self, *inputs: Any, **named: Any) -> Any:
        model = self.model
        call = model.forward if isinstance(model, fx.GraphModule) else model  # torch prints where a graph's call fails
        laid = self.inputs_in_layout(inputs)
        with self._threads():
            answer = read(call(*laid, **named))
        if self.is_laying:
            _write_back(laid, inputs)
        return self._arrange(answer, laid, inputs) if self.is_laying or any(self._orders.values()) else answer

    def _arrange(self, answer: Any, laid: tuple[Any, ...], inputs: tuple[Any, ...]) -> Any:
        """The answer as the model's lies for inputs that come like these; what is an input is that very tensor."""
        layout, is_one = layout_key(inputs)
        order = self._orders.get((layout, is_one), self._orders.get((layout, not is_one)))
        same = {id(its): x for its, x in zip(laid, inputs, strict=True) if its is not x}
        return reorder(answer, order or [], same) if order or same else answer

    def inputs_in_layout(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs as the model is given them: as they come, or in the layout that is faster."""
        return tuple(in_layout(x, self.layout) for x in inputs) if self.is_laying else inputs

    def lay_out_as(self, right: Any, answer: Any, inputs: tuple[Any, ...]) -> bool:
        """From now on answers to inputs laid out like these lie as the right one; whether they can."""
        if strides(right) == strides(answer):
            self._orders.setdefault(layout_key(inputs), None)
            return True
        self._orders[layout_key(inputs)] = orders(right)
        return strides(right) == strides(reorder(answer, orders(right), {}))

    @property
    def lies_as_traced(self) -> bool:
        """Whether its answers so far lay as the model's by themselves, as TorchDynamo sees to for any inputs."""
        return getattr(self.model, "lies_as_traced", False) and not any(self._orders.values())

    def lay_out_like(self, other: Accelerated) -> None:
        """From now on answers lie as the other's do."""
        self._orders = dict(other._orders)

    def save(
        self, path: str | os.PathLike[str], *, classes: Sequence[str] = (), picture: PictureInput | None = None
    ) -> None:
        """Writes the model to one file, which ``kaiyan.load`` runs with NumPy and llvmlite alone.

        ``classes`` are the names of a classifier's answers, ``picture`` says how a picture becomes the input. The model
        is captured anew and held against itself on the example and on other sizes: the file takes any size where all
        agreed, else the example's. Its outputs are the tensors of the model's answer, in order. Raises ``KaiyanError``
        where the model is not one program of our steps alone, and where the file cannot be written.
        """
        from kaiyan.nn.acceleration.as_program import Programmed
        from kaiyan.nn.acceleration.whole_graph import whole_graph
        from kaiyan.program.rewrites import rewritten
        from kaiyan.program.saved import save

        if not isinstance(self.model, Programmed):
            raise KaiyanError(
                "save-no-program",
                "the model runs layer by layer or as it is, so there is no program to save",
                "torch.save(model.state_dict(), path) keeps its weights",
            )
        graph = rewritten(whole_graph(self.model.model, self.model.inputs))
        save(graph, path, classes=classes, picture=picture, kept=self.model.kept_choices(graph))

    def state_dict(self, *arguments: Any, **named: Any) -> Any:
        """The state of the copy that runs: under the model's own names, but for layers that were folded for good."""
        return self._copy.state_dict(*arguments, **named)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """From the next call on it computes with this state of the model's.

        Raises ``KaiyanError`` where layers were folded for good, so that the model's state has no place.
        """
        if self.is_folded and not state_dict.keys() <= self._copy.state_dict().keys():
            raise KaiyanError(
                "state-of-folded",
                "layers were folded into one another when the model was accelerated: its state cannot be loaded",
                "load it into the original, then accelerate it again",
            )
        how = {"strict": strict, "assign": True} if assign else {"strict": strict}  # a model's own may know no assign
        read = getattr(self.model, "read_state", self.model.load_state_dict)
        return read(state_dict, **how)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """As a part of a larger model, whose state has this one's names without the copy's place."""
        place = "model.model." if hasattr(self.model, "read_state") else "model."
        for name in [name for name in state_dict if name.startswith(prefix)]:
            state_dict[prefix + place + name.removeprefix(prefix)] = state_dict.pop(name)
        super()._load_from_state_dict(state_dict, prefix, *rest)

    @property
    def _copy(self) -> nn.Module:
        copy: nn.Module = self.model.model if hasattr(self.model, "read_state") else self.model
        return copy

    def train(self, mode: bool = True) -> Accelerated:
        """It is for inference; raises ``KaiyanError`` when it shall train."""
        if mode:
            raise KaiyanError(
                "inference-only",
                "an accelerated model is for inference",
                "train the original, then accelerate it again",
            )
        return super().train(False)


def _write_back(laid: tuple[Any, ...], inputs: tuple[Any, ...]) -> None:
    """What a model writes into its input it writes into the input that it was called with."""
    for its, x in zip(laid, inputs, strict=True):
        if its is not x and not its.is_inference() and its._version:  # noqa: SLF001 (a copy begins with 0)
            x.copy_(its)
