"""``torch.compile(model, backend="kaiyan")``: a backend of TorchDynamo that makes programs of graphs."""

from __future__ import annotations

import re
import threading
import weakref
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch._dynamo.exc import RestartAnalysis
from torch._subclasses.fake_tensor import FakeTensor

from kaiyan.nn.capture.aten import is_ours, traced
from kaiyan.nn.capture.executable import Executable
from kaiyan.nn.capture.outside import outside, pure_code
from kaiyan.nn.capture.programs import Programs
from kaiyan.program.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch.fx import GraphModule

    from kaiyan.nn.capture.executable import Constants
    from kaiyan.nn.capture.programs import Runs
    from kaiyan.program.graph import Graph


class NotOursError(Exception):
    """The graph is left to torch, with the reason."""


_MOST_REASONS = 1000


class Backend:
    """What TorchDynamo calls with each graph; ``left`` says why some did not become programs.

    ``make`` makes a program of a graph. ``names`` are those of tensors by their ids: where a graph is one of a
    layer, or serves a second one, torch does not tell how the model calls them.
    """

    __name__ = "kaiyan"

    def __init__(self, make: Callable[[Graph], Runs] = Program) -> None:
        self.left: deque[str] = deque(maxlen=_MOST_REASONS)
        self._made: list[weakref.ref[Executable]] = []
        self._make = make
        self.names: Constants = {}
        self.programs = Programs(make)
        self._latest = threading.local()

    @property
    def made(self) -> list[Executable]:
        """What became programs and can still be run."""
        return [made for reference in self._made if (made := reference()) is not None]

    def __deepcopy__(self, memo: object) -> Backend:
        """Itself: what wraps ``torch.compile`` may copy what it is given, as Lightning Fabric does."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """One that has made nothing: Lightning Fabric leaves it on the model, which may be pickled."""
        return Backend, (self._make,)

    def guards(self, model: nn.Module, guards: Sequence[Any]) -> list[bool]:
        """Which of TorchDynamo's guards it shall keep: all; those of what was compiled last are looked at."""
        executable, code = getattr(self._latest, "made", (None, None))
        self._latest.made = None, None
        if executable is not None and code is not None:
            with suppress(Exception):  # another torch may say it in other words
                executable.outside = outside(model, code, guards)
        return [True] * len(guards)

    def __call__(self, module: GraphModule, inputs: Sequence[Any], **options: Any) -> Callable[..., Any]:
        """A function of the graph's inputs that computes it; by torch where it needs gradients or is not ours."""
        del options
        if _needs_gradients(module, inputs):
            self.left.append("gradients")
            return module.forward
        constant = _constant(module, inputs) | {i: named for i, named in self.names.items() if named[1]() is not None}

        def compile_aten(aten: GraphModule, examples: list[Any]) -> Executable:
            reason = is_ours(aten)
            if reason is not None:
                raise NotOursError(reason)
            executable = Executable(aten, constant, _changed(len(examples)), self.programs)
            self._latest.made = executable, pure_code()
            self._made = [*filter(lambda made: made() is not None, self._made), weakref.ref(executable)]
            return executable

        try:
            return traced(module, inputs, compile_aten)
        except RestartAnalysis:  # TorchDynamo traces again by itself
            raise
        except Exception as error:  # noqa: BLE001 (whatever torch cannot trace to ATen it can still run)
            self.left.append(str(error).partition("\n")[0] or type(error).__name__)
            return module.forward


def _needs_gradients(module: GraphModule, inputs: Sequence[Any]) -> bool:
    if not torch.is_grad_enabled():
        return False
    tensors = [*module.parameters(), *(entry for entry in inputs if isinstance(entry, torch.Tensor))]
    return any(tensor.requires_grad for tensor in tensors)


def _changed(count: int) -> set[int]:
    """The arguments that the graph writes to, where torch counts them as it passes them."""
    context = torch._guards.TracingContext.try_get()  # noqa: SLF001 (what AOT autograd leaves for its compilers)
    metadata = context.fw_metadata if context is not None else None
    if metadata is None or len(metadata.input_info) != count:
        return set()
    return {i for i, info in enumerate(metadata.input_info) if info.mutates_data or info.mutates_metadata}


def _constant(module: GraphModule, inputs: Sequence[Any]) -> Constants:
    """The tensors that a model holds, by id, with the names that they have there."""
    constant: Constants = {}
    placeholders = [node for node in module.graph.nodes if node.op == "placeholder"]
    for node, tensor in zip(placeholders, inputs, strict=False):
        if isinstance(tensor, FakeTensor) or not isinstance(tensor, torch.Tensor):
            continue
        is_held = "_dynamo_static_input_type" in node.meta.get("tensor_dict", {})
        if is_held or isinstance(tensor, nn.Parameter):
            constant[id(tensor)] = _name(node), weakref.ref(tensor)
    return constant | names_of(module)


def names_of(module: nn.Module) -> Constants:
    """Every parameter and buffer by its id, with its path."""
    named = (*module.named_parameters(), *module.named_buffers())
    return {id(tensor): (name, weakref.ref(tensor)) for name, tensor in named}


def _name(node: Any) -> str:
    """The path of a tensor in its model, such as layer1.0.conv.weight."""
    argument = node.meta.get("grapharg")
    source = str(getattr(getattr(argument, "source", None), "name", ""))
    words = [word for pair in re.findall(r"\['([^']*)'\]|\.(\w+)", source) for word in pair if word]
    path = [word for word in words[1:] if word not in ("_modules", "_parameters", "_buffers")]
    return ".".join(path) or str(node.target)


compiled = Backend()
"""The backend that is registered with torch; it keeps no program that nobody runs."""
