"""What a model does with its inputs: every module and function it calls, with shapes, lines and the failure.

Nothing is computed: the model runs on meta tensors that stand in for its parameters and buffers. A meta kernel may say
less than the real one, or nothing, so a call that fails or looks wrong is asked again of real zeros that take no
memory. Code that needs values runs once more on real tensors.
"""

from __future__ import annotations

import contextlib
import copy
import linecache
import random
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]
from torch.overrides import TorchFunctionMode, resolve_name

from kaiyan.explain.layers import written
from kaiyan.explain.made import made
from kaiyan.spec.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

_OURS = str(Path(__file__).parents[1])
_TORCHS = str(Path(torch.__file__).parent)


@dataclass(frozen=True, slots=True)
class Seen:
    """A tensor without its values: shape, dtype ("float32"), the device it has in the user's hands.

    ``name`` is a number that two places share when they hold the same tensor: the edges of the data flow.
    """

    shape: tuple[int, ...]
    dtype: str
    device: str
    name: int = field(default=-1, compare=False)

    @property
    def bytes(self) -> int:
        """What its elements take."""
        size: int = getattr(torch, self.dtype).itemsize
        return torch.Size(self.shape).numel() * size

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON."""
        return {"shape": list(self.shape), "dtype": self.dtype, "device": self.device}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the user's own source: ``file``, ``number`` from 1, ``text`` without its indentation."""

    file: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a module or a function, in the order in which it began.

    ``path`` of a function is that of the module whose forward called it. ``line`` is None where no line of the user's
    calls it. ``outputs`` is empty where it failed. ``parent`` is the number of the call around it, -1 for none.
    ``arguments`` are a function's, by position and by name, each tensor replaced by its ``Seen``.
    """

    number: int
    path: str
    depth: int
    kind: str
    code: str
    inputs: tuple[Seen, ...]
    outputs: tuple[Seen, ...] = ()
    line: Line | None = None
    failed: bool = False
    parent: int = -1
    is_module: bool = True
    is_leaf: bool = True
    parameters: int = 0
    weights: tuple[Seen, ...] = ()
    training: bool = False
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """All calls, modules and functions, and the error that ended them (the model's own, never changed).

    ``on`` is "meta", or "real" where the model needs values. ``inputs`` are the model's.
    """

    calls: tuple[Call, ...]
    error: BaseException | None
    inputs: tuple[Seen, ...]
    outputs: tuple[Seen, ...]
    on: str

    @property
    def layers(self) -> tuple[Call, ...]:
        """What a reader calls a layer: modules without modules in them, and functions outside of those."""
        inside = {call.number for call in self.calls if call.is_module and call.is_leaf}
        return tuple(c for c in self.calls if c.number in inside or (not c.is_module and c.parent not in inside))

    @property
    def failure(self) -> Call | None:
        """The innermost call that failed."""
        return next((call for call in reversed(self.calls) if call.failed), None)


def record(model: nn.Module, inputs: Any, *, meta: bool = True) -> Record:
    """What ``model`` does with ``inputs``: a tensor, a tuple of arguments, or a dict of named ones.

    The model's own error is in the record, not raised. The model and the random state are left as they were.
    """
    args, named = _arguments(inputs)
    if meta:
        found, certain = _run(model, args, named, "meta")
        if found.error is None or certain:
            return found
    return _run(model, args, named, "real")[0]


def is_lazy(model: nn.Module) -> bool:
    """Whether a parameter waits for its shape; the first call of such a model changes it for good."""
    return any(isinstance(p, UninitializedTensorMixin) for p in (*model.parameters(), *model.buffers()))


def seen(value: Any) -> tuple[Seen, ...]:
    """Every tensor in tuples, lists and dicts, in order."""
    return tuple(_seen(tensor, tensor.device, -1) for tensor in _tensors(value))


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(inputs, dict):
        return (), dict(inputs)
    return (tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)), {}


def _run(model: nn.Module, args: tuple[Any, ...], named: dict[str, Any], on: str) -> tuple[Record, bool]:
    """The record, and whether its error is certain to be that of the real tensors."""
    if is_lazy(model):
        model = copy.deepcopy(model)  # a lazy layer changes its class on its first call
    stand_in = _StandIns(on)
    notes = _Notes(stand_in, frame=sys._getframe(1))  # noqa: SLF001 (the only way to read the stack)
    error: BaseException | None = None
    outputs: tuple[Seen, ...] = ()
    with _lent(model, stand_in), _watched(model, notes):
        args, named = stand_in.of(args), stand_in.of(named)
        given = notes.seen((args, named))
        try:
            with notes:
                outputs = notes.seen(model(*args, **named))
        except Exception as raised:  # noqa: BLE001 (whatever the user's model raises is what is recorded)
            error = raised
    return Record(tuple(notes.calls), error, given, outputs, on), on == "real" or error is notes.certain


@contextlib.contextmanager
def borrowed(model: nn.Module, inputs: Any, on: str) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Arguments by position and by name with which ``model`` can be run while it lasts; after it, it is untouched.

    Its tensors and the inputs are copies, on meta or real (zeros where they were on meta), without gradients.
    """
    args, named = _arguments(inputs)
    stand_in = _StandIns(on)
    with _lent(model, stand_in):
        yield stand_in.of(args), stand_in.of(named)


@contextlib.contextmanager
def _lent(model: nn.Module, stand_in: _StandIns) -> Iterator[None]:
    with _untouched(model, stand_in), torch.no_grad(), _chance_kept():
        yield


class _StandIns:
    """Meta tensors (or detached copies) in the place of the user's, one for each, and the device each one had."""

    def __init__(self, on: str) -> None:
        self.on = on
        self._made: dict[int, tuple[Tensor, Tensor]] = {}
        self.devices: dict[int, torch.device] = {}

    def of(self, value: Any) -> Any:
        """The same structure with every tensor replaced."""
        return _mapped(value, self._tensor)

    def _tensor(self, tensor: Tensor) -> Tensor:
        if isinstance(tensor, UninitializedTensorMixin):
            return tensor  # type: ignore[no-any-return]
        if id(tensor) not in self._made:
            made = self._copy(tensor.detach())
            self._made[id(tensor)] = (tensor, made)
            self.devices[id(made)] = tensor.device
        _, made = self._made[id(tensor)]
        return made

    def _copy(self, tensor: Tensor) -> Tensor:
        if self.on == "meta":
            return tensor.to("meta")
        if tensor.is_meta:
            return torch.zeros_like(tensor, device="cpu")
        return tensor.clone()


class _Notes(TorchFunctionMode):
    """Writes down every call between its beginning and its end."""

    def __init__(self, stand_ins: _StandIns, frame: FrameType) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.certain: BaseException | None = None
        self._stand_ins = stand_ins
        self._frame = frame
        self._open: list[int] = []
        self._names: dict[int, tuple[Tensor, int]] = {}

    def __torch_function__(
        self, func: Callable[..., Any], _: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if not _is_a_step(func):
            return self._read(func, args, named)
        kind = func.__name__.strip("_")
        self.begin(Call(-1, "", 0, kind, _named(func), self.seen((args, named)), is_module=False,
                        arguments=self._written(args), named=self._written(named)))  # fmt: skip
        try:
            if self._stand_ins.on == "meta" and _looks_wrong(args, named, kind):
                self._ask(func, args, named)
            result = self._result(func, args, named)
        except Exception as raised:
            self._open.pop()
            if self._stand_ins.on == "meta" and raised is not self.certain:
                self._ask(func, args, named)
            raise
        self.end(result)
        return result

    def _result(self, func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        result = made(func, args, named) if self._stand_ins.on == "meta" else None
        return func(*args, **named) if result is None else result

    def _read(self, func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """An attribute is written down where it is a tensor, such as ``x.T``; a question is only answered."""
        result = func(*args, **named)
        if isinstance(result, Tensor) and func.__name__ == "__get__":
            name = getattr(getattr(func, "__self__", None), "__name__", "get")
            self.begin(Call(-1, "", 0, name, f"Tensor.{name}", self.seen(args), is_module=False))
            self.end(result)
        return result

    def begin(self, call: Call) -> None:
        """A call begins inside those that are open; a module's path is its own, a function's that around it."""
        around = self.calls[self._open[-1]] if self._open else None
        call = replace(
            call,
            number=len(self.calls),
            depth=around.depth + 1 if around else 0,
            path=call.path if call.is_module or around is None else around.path,
            line=self._line(),
            failed=True,
            parent=around.number if around else -1,
        )
        self.calls.append(call)
        self._open.append(call.number)

    def end(self, result: Any) -> None:
        """The innermost open call ends with a result."""
        number = self._open.pop()
        self.calls[number] = replace(self.calls[number], outputs=self.seen(result), failed=False)

    def fail(self, path: str) -> None:
        """The module of this path ends without a result, and so do the calls inside it."""
        while self._open:
            call = self.calls[self._open.pop()]
            if call.is_module and call.path == path:
                return

    def is_open(self, path: str) -> bool:
        """Whether the innermost open call is of this module."""
        return bool(self._open) and self.calls[self._open[-1]].path == path and self.calls[self._open[-1]].is_module

    def seen(self, value: Any) -> tuple[Seen, ...]:
        """The tensors in a structure."""
        return tuple(self._one(tensor) for tensor in _tensors(value))

    def _one(self, tensor: Tensor) -> Seen:
        if id(tensor) not in self._names:
            self._names[id(tensor)] = (tensor, len(self._names))  # kept, so that its id is not given again
        return _seen(tensor, self._device(tensor), self._names[id(tensor)][1])

    def _device(self, tensor: Tensor) -> torch.device:
        own = self._stand_ins.devices.get(id(tensor), tensor.device)
        given = next(iter(self._stand_ins.devices.values()), own)
        return given if own.type == "meta" else own

    def _written(self, value: Any) -> Any:
        return _mapped(value, self._one)

    def _ask(self, func: Callable[..., Any], args: Any, named: Any) -> None:
        """Raises what the real function raises on zeros of these shapes, if it raises."""
        real = _refusal(func, args, named, _zeros)
        if real is not None and "written-to" in str(real):  # into zeros that share their memory nothing is written
            real = _refusal(func, args, named, lambda tensor: torch.zeros(tensor.shape, dtype=tensor.dtype))
        if real is not None:
            self.certain = real
            raise real from None

    def _line(self) -> Line | None:
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (the only way to read the stack)
        while frame is not None and frame is not self._frame:
            file = frame.f_code.co_filename
            if not file.startswith((_OURS, _TORCHS, "<frozen")):
                return Line(file, frame.f_lineno, linecache.getline(file, frame.f_lineno).strip())
            frame = frame.f_back
        return None


def _is_a_step(func: Callable[..., Any]) -> bool:
    """Whether a function makes tensors; reading a shape or a flag does not."""
    name = getattr(func, "__name__", "__get__")
    return name not in _QUESTIONS and not name.startswith(("is_", "has_"))


_QUESTIONS = frozenset(
    [
        "__get__",
        "__set__",
        "__len__",
        "__repr__",
        "__format__",
        "__hash__",
        "__bool__",
        "__index__",
        "__int__",
        "__setstate__",
        "__reduce_ex__",
        "size",
        "dim",
        "numel",
        "stride",
        "ndimension",
        "nelement",
        "element_size",
        "storage_offset",
        "get_device",
        "data_ptr",
        "untyped_storage",
        "storage",
        "register_hook",
        "type",
    ]
)


def _named(func: Callable[..., Any]) -> str:
    """A function as it is written: "torch.flatten", "F.conv2d", "Tensor.add"."""
    name: str = resolve_name(func) or func.__name__
    return name.replace("torch.nn.functional.", "F.").replace("torch.Tensor.", "Tensor.")


def _looks_wrong(args: tuple[Any, ...], named: dict[str, Any], kind: str) -> bool:
    """Whether a meta kernel might let pass what the real one refuses: mixed dtypes, transposed weights, odd numbers."""
    if not kind.startswith(("conv", "linear", "matmul", "mm", "bmm", "addmm")):
        return False
    tensors = list(_tensors((args, named)))
    numbers = [n for n in _leaves((args[3:], named)) if isinstance(n, int) and not isinstance(n, bool)]
    if len({tensor.dtype for tensor in tensors}) > 1 or any(0 in tensor.shape for tensor in tensors[1:]):
        return True
    return kind.startswith("conv") and (kind.startswith("conv_transpose") or any(n < 1 for n in numbers[:2]) or
                                        any(n <= 0 for n in numbers[-3:]))  # fmt: skip


def _refusal(func: Callable[..., Any], args: Any, named: Any, made: Callable[[Tensor], Tensor]) -> Exception | None:
    """What a function raises on tensors made from those that it was given."""
    try:
        func(*_mapped(args, made), **_mapped(named, made))
    except Exception as error:  # noqa: BLE001 (whatever torch raises)
        return error
    return None


def _zeros(tensor: Tensor) -> Tensor:
    return torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)


def _seen(tensor: Tensor, device: torch.device, name: int) -> Seen:
    shape = () if isinstance(tensor, UninitializedTensorMixin) else tuple(tensor.shape)
    return Seen(shape, str(tensor.dtype).removeprefix("torch."), str(device), name)


def _tensors(value: Any) -> Iterator[Tensor]:
    return (leaf for leaf in _leaves(value) if isinstance(leaf, Tensor))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        for entry in value:
            yield from _leaves(entry)
    else:
        yield value


def _mapped(value: Any, change: Callable[[Tensor], Any]) -> Any:
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(entry, change) for key, entry in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_mapped(entry, change) for entry in value))
    if type(value) in (tuple, list):
        return type(value)(_mapped(entry, change) for entry in value)
    return value


@contextlib.contextmanager
def _untouched(model: nn.Module, stand_ins: _StandIns) -> Iterator[None]:
    """Every tensor of every module replaced while it lasts; then every attribute as it was."""
    held = [(module, {name: _kept(value) for name, value in vars(module).items()}) for module in model.modules()]
    originals = [(module, dict(vars(module))) for module in model.modules()]
    try:
        for module, attributes in originals:
            for name, value in attributes.items():
                _replace(module, name, value, stand_ins)
        yield
    finally:
        for (module, attributes), (_, kept) in zip(originals, held, strict=True):
            vars(module).clear()
            vars(module).update(attributes)
            for name, value in kept.items():
                _restore(attributes[name], value)


def _replace(module: nn.Module, name: str, value: Any, stand_ins: _StandIns) -> None:
    if name == "_parameters":
        value.update({k: _parameter(p, stand_ins) for k, p in value.items() if p is not None})
    elif name == "_buffers":
        value.update({k: stand_ins.of(b) for k, b in value.items() if b is not None})
    elif name != "_modules" and any(True for _ in _tensors(value)):
        vars(module)[name] = stand_ins.of(value)


def _parameter(parameter: nn.Parameter, stand_ins: _StandIns) -> Tensor:
    return stand_ins.of(parameter)  # type: ignore[no-any-return]


def _kept(value: Any) -> Any:
    return value.copy() if isinstance(value, (dict, list, set)) else value


def _restore(place: Any, kept: Any) -> None:
    """A container as it was, the same object."""
    if isinstance(place, dict):
        place.clear()
        place.update(kept)
    elif isinstance(place, list):
        place[:] = kept
    elif isinstance(place, set):
        place.clear()
        place.update(kept)


@contextlib.contextmanager
def _chance_kept() -> Iterator[None]:
    """The random states of torch, NumPy and Python as they were."""
    own, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 (the user's state, not ours)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(own)
        np.random.set_state(numpys)  # noqa: NPY002


@contextlib.contextmanager
def _watched(model: nn.Module, notes: _Notes) -> Iterator[None]:
    """Hooks on every module, taken away again."""
    hooks = []
    for path, module in model.named_modules():
        hooks.append(module.register_forward_pre_hook(_beginning(path, notes), with_kwargs=True, prepend=True))
        hooks.append(module.register_forward_hook(_ending(path, notes), with_kwargs=True, always_call=True))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _beginning(path: str, notes: _Notes) -> Callable[..., None]:
    def begin(module: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        own = tuple(module.parameters(recurse=False))
        notes.begin(
            Call(
                number=-1,
                path=path,
                depth=0,
                kind=type(module).__name__,
                code=written(module),
                inputs=notes.seen((args, named)),
                is_leaf=not any(True for _ in module.children()),
                parameters=sum(int(p.numel()) for p in own if not isinstance(p, UninitializedTensorMixin)),
                weights=notes.seen(own),
                training=module.training,
            )
        )

    return begin


def checked(model: Any) -> nn.Module:
    """The model; raises ``KaiyanError`` for what is none, such as its class."""
    if not isinstance(model, nn.Module):
        raise KaiyanError(
            "not-a-module",
            "the model is a {kind}, not a torch.nn.Module",
            "an instance of it: Net(), not Net",
            kind=type(model).__name__,
        )
    return model


def shape_of(size: Any) -> tuple[int, ...]:
    """A shape as whole numbers, none of them negative; raises ``KaiyanError`` for anything else."""
    try:
        shape = tuple(int(n) for n in size)
    except (TypeError, ValueError):
        shape = (-1,)
    if isinstance(size, str) or not shape or min(shape) < 0:
        raise KaiyanError("not-a-shape", "{size!r} is not a shape", "input_size=(1, 3, 224, 224)", size=size)
    return shape


def _ending(path: str, notes: _Notes) -> Callable[..., None]:
    def end(_: nn.Module, __: tuple[Any, ...], ___: dict[str, Any], result: Any) -> None:
        if result is not None and notes.is_open(path):
            notes.end(result)
        else:
            notes.fail(path)

    return end
