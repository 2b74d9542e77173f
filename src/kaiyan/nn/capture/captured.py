"""A copy of a model that runs over TorchDynamo as programs of ours, and what is known of them."""

from __future__ import annotations

import contextlib
import inspect
import logging
import warnings
from collections import Counter
from functools import partial
from itertools import takewhile
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch._dynamo import config
from torch._dynamo.exc import TorchDynamoException
from torch._dynamo.utils import counters
from torch.utils._pytree import tree_leaves

from kaiyan.nn.capture.alike import said_at_once
from kaiyan.nn.capture.backend import Backend, names_of
from kaiyan.nn.capture.unbroken import unbroken
from kaiyan.program.program import Program
from kaiyan.trace.copied import copied
from kaiyan.trace.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from kaiyan.nn.capture.programs import KeptProgram, Runs
    from kaiyan.program.graph import Graph


_Form = tuple[Any, ...]
"""How many inputs, their names, and the sizes and types of their tensors."""


class Captured:
    """Called as the model is, it gives what the model gives; ``graphs``, ``foreign`` and ``breaks`` say what it became.

    A call with a gradient to be followed is computed by torch. Other sizes are captured when they come, apart from the
    first: TorchDynamo would serve those too by the program of any size, in which less is known beforehand.
    Where TorchDynamo fails, the model itself is called: its own error is raised, or its answer stands. So it is where
    one that ``is_one_graph`` would be more: code that TorchDynamo passes by once it never captures again.
    """

    def __init__(self, model: nn.Module, make: Callable[[Graph], Runs] = Program) -> None:
        self.model = model
        self.backend = Backend(make)
        self.backend.names = names_of(model)
        self.breaks: tuple[str, ...] = ()
        self.passed_by = 0
        self.is_one_graph = False
        self._beginnings = 0
        self._settings = partial(_settings, any(isinstance(module, nn.RNNBase) for module in model.modules()))
        self._counted: dict[str, Any] = {"recompile_limit": _captures(model)} if _COUNTS else {}
        self._first_sizes: list[torch.Size] | None = None
        self._forms: AbstractSet[_Form] = frozenset()
        self._refused: AbstractSet[_Form] = frozenset()
        self._run = self._compiled()
        self._run_first = self._compiled() if _APART else self._run

    def _compiled(self) -> Any:
        options: dict[str, Any] = {"guard_filter_fn": partial(self.backend.guards, self.model)}
        return torch.compile(self.model, backend=self.backend, options=options, **self._counted, **_APART)

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        tensors = tensors_in((inputs, named))
        wants = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
        with _NO_MATTER if wants else torch.no_grad():
            if self._first_sizes and not tensors:  # TorchDynamo passes by what is called without a tensor
                return self.model(*inputs, **named)
            try:
                return self.run(inputs, named, tensors)
            except TorchDynamoException as error:
                failure = error
            return self._by_itself(failure, inputs, named)

    def run(self, inputs: tuple[Any, ...], named: dict[str, Any], tensors: list[torch.Tensor]) -> Any:
        """What it gives by TorchDynamo alone, for inputs in which these are the tensors."""
        sizes = [tensor.shape for tensor in tensors]
        first = sizes if self._first_sizes is None else self._first_sizes
        form = (len(inputs), *named, *sizes, *[tensor.dtype for tensor in tensors])
        if form in self._refused:  # and perhaps not with other numbers
            answer = self.model(*inputs, **named)
            self._refused = self._refused - {form}
            return answer
        is_new = form not in self._forms
        breaking = unbroken() if is_new and self.is_one_graph else _NO_MATTER
        tried = counters["frames"]["total"]
        try:
            with self._settings(), said_at_once(), breaking:
                answer = (self._run_first if sizes == first else self._run)(*inputs, **named)
        except TorchDynamoException:
            raise
        except Exception:
            if counters["frames"]["total"] > tried:
                self._refused = _with(self._refused, form)
                self._begin_anew()
            raise
        if is_new:
            self._beginnings = 0
            self._first_sizes = first
            self._forms = _with(self._forms, form)
        return answer

    def _by_itself(self, failure: TorchDynamoException, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """What the model gives or raises without TorchDynamo; where a part of it has run, what a copy raises."""
        if _has_begun(failure):
            copied(self.model)(*copied(inputs), **copied(named))
            raise failure
        answer = self.model(*inputs, **named)
        self.is_one_graph = False
        return answer

    def _begin_anew(self) -> None:
        """TorchDynamo passed by code that raised, and would so for any inputs from now on: it forgets what it did."""
        if _APART and self._beginnings < config.recompile_limit:
            self._beginnings += 1
            self._run, self._run_first = self._compiled(), self._compiled()

    @property
    def programs(self) -> list[KeptProgram]:
        """The programs that have run, in the order in which they were first run."""
        held = [held for executable in self.backend.made for held in executable.held]
        return list({id(entry): entry for entry in held}.values())

    @property
    def graphs(self) -> list[Graph]:
        """The graphs of the programs."""
        return [held.graph for held in self.programs]

    @property
    def left(self) -> list[str]:
        """Why parts of the model are not programs and run as torch runs them."""
        return [*self.backend.left] + [entry.left for entry in self.backend.made if entry.left is not None]

    @property
    def foreign(self) -> Counter[str]:
        """How often each operation of torch is called in the programs."""
        parts: list[Any] = [part for graph in self.graphs for part in graph.foreign.values()]
        return Counter({id(part.call): str(part.call.target) for part in parts}.values())

    @property
    def is_whole(self) -> bool:
        """Whether one program is the whole model."""
        return len(self.programs) == 1 and not (self.breaks or self.passed_by or self.left)


def captured(
    model: nn.Module,
    inputs: tuple[Any, ...],
    named: Mapping[str, Any] | None = None,
    *,
    make: Callable[[Graph], Runs] = Program,
) -> Captured:
    """A copy of ``model`` that has been run on copies of ``inputs`` and ``named``, and captured.

    ``make`` makes a program of a graph. The model, the inputs and random states are what they were, and so are the
    copy's buffers and the numbers that its modules keep.
    """
    own = copied(model)
    own.requires_grad_(requires_grad=False)
    made = Captured(own, make)
    before = _State(own)

    def run() -> None:
        arguments, keywords = copied((inputs, dict(named or {})))
        with quietly(), torch.inference_mode(mode=False), torch.no_grad(), _breaks(made):
            made.run(arguments, keywords, tensors_in((arguments, keywords)))

    undisturbed(run)
    before.put_back()
    made.is_one_graph = not (made.breaks or made.passed_by)
    return made


def tensors_in(things: Any) -> list[torch.Tensor]:
    """Those that stand in tuples, lists and dictionaries."""
    return [leaf for leaf in tree_leaves(things) if isinstance(leaf, torch.Tensor)]


class _State:
    """What a model's buffers and lists hold, and plain attributes such as counts and what is not made yet."""

    def __init__(self, model: nn.Module) -> None:
        self._buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
        self._attributes = [
            (module, name, value)
            for module in model.modules()
            for name, value in vars(module).items()
            if isinstance(value, (bool, int, float, str, type(None)))
        ]
        values = [value for module in model.modules() for value in vars(module).values()]
        self._lists = [(value, list(value)) for value in values if type(value) is list]

    @torch.no_grad()
    def put_back(self) -> None:
        for buffer, before in self._buffers:
            if not torch.equal(buffer, before):
                buffer.copy_(before)
        for module, name, value in self._attributes:
            if vars(module).get(name) is not value:
                vars(module)[name] = value
        for held, entries in self._lists:
            held[:] = entries


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Torch's warnings and logs are not shown."""
    logger = logging.getLogger("torch")
    level, disabled = logger.level, logger.disabled
    logger.setLevel(logging.CRITICAL)
    children = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict) if name.startswith("torch.")]
    levels = [(child, child.level) for child in children]
    for child, _ in levels:
        child.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.level, logger.disabled = level, disabled
        for child, level in levels:
            child.setLevel(level)


@contextlib.contextmanager
def _breaks(made: Captured) -> Iterator[None]:
    """Notes where TorchDynamo's graphs end while it runs, and whether it passed a function by."""
    from torch._dynamo.utils import graph_break_reasons

    known, frames = len(graph_break_reasons), Counter(counters["frames"])
    yield
    made.breaks = tuple(reason.reason for reason in graph_break_reasons[known:])
    seen = Counter(counters["frames"]) - frames
    made.passed_by = seen["total"] - seen["ok"]


def _settings(is_recurrent: bool) -> contextlib.AbstractContextManager[None]:
    """TorchDynamo's, while it may trace: by itself it passes by recurrent layers, and asks for no hook."""
    patched: contextlib.AbstractContextManager[None] = config.patch(
        _HOOKED | {"allow_rnn": True} if is_recurrent else _HOOKED
    )
    return patched


def _with(forms: AbstractSet[_Form], form: _Form) -> AbstractSet[_Form]:
    """One more of them; it alone where there are too many."""
    return {form} if len(forms) >= _MOST_FORMS else {*forms, form}


def _has_begun(failure: TorchDynamoException) -> bool:
    """Whether code of the model ran before TorchDynamo failed: there is some between its call and its compiler."""
    codes = [frame.f_code for frame, _ in walk_tb(failure.__traceback__)]
    names = [code.co_name for code in codes]
    inside = codes[names.index("compile_wrapper") + 1 :] if "compile_wrapper" in names else codes
    own = takewhile(lambda code: not code.co_filename.endswith("convert_frame.py"), inside)
    return any(code.co_filename != nn.modules.module.__file__ for code in own)


def _captures(model: nn.Module) -> int:
    """How often one piece of code may be captured: where graphs end inside layers, once for each layer of a class."""
    return config.recompile_limit * max(Counter(type(module) for module in model.modules()).values())


_NO_MATTER = contextlib.nullcontext()
_MOST_FORMS = 1000
"""Sizes and types of inputs that are known to be taken."""
_HOOKED = {"skip_nnmodule_hook_guards": False}
_COMPILING = inspect.signature(torch.compile).parameters
_COUNTS = "recompile_limit" in _COMPILING
_APART: dict[str, Any] = {"isolate_recompiles": True} if "isolate_recompiles" in _COMPILING else {}
"""Where torch can, what is compiled here counts apart from what the user compiled of the same class."""
