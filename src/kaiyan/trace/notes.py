"""Every call between its beginning and its end, written down while a model's double runs."""

from __future__ import annotations

import linecache
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch._C import DisableTorchFunction
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]
from torch.overrides import TorchFunctionMode, resolve_name

from kaiyan.trace import meta
from kaiyan.trace.call import Call, Line, TensorSpec
from kaiyan.trace.rebuild import written
from kaiyan.trace.structure import mapped, tensors
from kaiyan.trace.watch import watch
from kaiyan.trace.wrong import looks_wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType

    from kaiyan.trace.lend import StandIns
    from kaiyan.trace.watch import Visit

_Kind = tuple[tuple[int, ...], torch.dtype, torch.device]
_OURS = str(Path(__file__).parents[1])
_TORCHS = str(Path(torch.__file__).parent)


class Notes(TorchFunctionMode):
    """Writes down every call between its beginning and its end."""

    def __init__(self, stand_ins: StandIns, frame: FrameType) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.certain: BaseException | None = None
        self._stand_ins = stand_ins
        self._frame = frame
        self._open: list[int] = []
        self._specs: dict[int, tuple[Tensor, TensorSpec, _Kind]] = {}
        """Every tensor that was seen: kept, so that its id is not given again."""

    def __torch_function__(
        self, func: Callable[..., Any], _: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        kind = bare_name(func)
        if not is_a_step(kind):
            return self._read(func, args, named)
        kind = kind.strip("_")
        self.begin(kind=kind, code=_named(func), inputs=self.specs((args, named)), is_module=False,
                   arguments=self._written(args), named=self._written(named))  # fmt: skip
        try:
            if self._stand_ins.on == "meta" and looks_wrong(kind, args, named):
                self._ask(func, args, named)
            result = self._result(func, args, named)
        except Exception as raised:
            self._open.pop()
            if raised is not self.certain and self._can_ask(raised):
                self._ask(func, args, named)
            raise
        self.end(result)
        return result

    def _result(self, func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        light = self._stand_ins.on == "meta" and not torch.is_grad_enabled()  # what is made has no gradient
        result = meta.result(func, args, named) if light else None
        return func(*args, **named) if result is None else result

    def _read(self, func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """An attribute is written down where it is a tensor, such as ``x.T``; a question is only answered."""
        result = func(*args, **named)
        if isinstance(result, Tensor) and func.__name__ == "__get__":
            name = getattr(getattr(func, "__self__", None), "__name__", "get")
            self.begin(kind=name, code=f"Tensor.{name}", inputs=self.specs(args), is_module=False)
            self.end(result)
        return result

    def begin(self, *, is_module: bool, path: str = "", **facts: Any) -> None:
        """A call begins inside those that are open; a module's path is its own, a function's that around it."""
        around = self.calls[self._open[-1]] if self._open else None
        call = Call(
            number=len(self.calls),
            depth=around.depth + 1 if around else 0,
            path=path if is_module or around is None else around.path,
            line=self._line(),
            failed=True,
            parent=around.number if around else -1,
            is_module=is_module,
            **facts,
        )
        self.calls.append(call)
        self._open.append(call.number)

    def end(self, result: Any) -> None:
        """The innermost open call ends with a result."""
        number = self._open.pop()
        self.calls[number] = replace(self.calls[number], outputs=self.specs(result), failed=False)

    def fail(self, path: str) -> None:
        """The module of this path ends without a result, and so do the calls inside it."""
        while self._open:
            call = self.calls[self._open.pop()]
            if call.is_module and call.path == path:
                return

    def is_open(self, path: str) -> bool:
        """Whether the innermost open call is of this module."""
        return bool(self._open) and self.calls[self._open[-1]].path == path and self.calls[self._open[-1]].is_module

    def specs(self, value: Any) -> tuple[TensorSpec, ...]:
        """The tensors in a structure."""
        return tuple(self._spec(tensor) for tensor in tensors(value))

    def _spec(self, tensor: Tensor) -> TensorSpec:
        kept = self._specs.get(id(tensor))
        shape = () if isinstance(tensor, UninitializedTensorMixin) else tensor.shape
        kind = (shape, tensor.dtype, tensor.device)
        if kept is not None and kept[2] == kind:
            return kept[1]
        name = len(self._specs) if kept is None else kept[1].name
        seen = TensorSpec(tuple(shape), str(tensor.dtype).removeprefix("torch."), str(self._device(tensor)), name)
        self._specs[id(tensor)] = (tensor, seen, kind)
        return seen

    def _device(self, tensor: Tensor) -> torch.device:
        own = self._stand_ins.devices.get(id(tensor), tensor.device)
        given = next(iter(self._stand_ins.devices.values()), own)
        return given if own.type == "meta" else own

    def _written(self, value: Any) -> Any:
        return mapped(value, self._spec)

    def _can_ask(self, raised: Exception) -> bool:
        """Whether zeros tell more: not of what wants values or gradients, or has no meta kernel; it may refuse them."""
        return self._stand_ins.on == "meta" and not torch.is_grad_enabled() and "meta" not in str(raised).lower()

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


def bare_name(func: Callable[..., Any]) -> str:
    """A function's bare name; of an operator such as ``torch.ops.aten.conv2d.default`` that of its schema."""
    schema = getattr(func, "_schema", None)
    return getattr(func, "__name__", "__get__") if schema is None else str(schema.name).rpartition("::")[2]


def is_a_step(kind: str) -> bool:
    """Whether a function of this name makes tensors; reading a shape or a flag does not."""
    return kind not in _QUESTIONS and not kind.startswith(
        ("is_", "has_", "_record_function", "_RecordFunction", "sym_")
    )


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
    schema = getattr(func, "_schema", None)
    if schema is not None:
        return str(schema.name).replace("::", ".")
    name: str = resolve_name(func) or func.__name__
    return name.replace("torch.nn.functional.", "F.").replace("torch.Tensor.", "Tensor.")


def _refusal(func: Callable[..., Any], args: Any, named: Any, made: Callable[[Tensor], Tensor]) -> Exception | None:
    """What a function raises on tensors made from those that it was given."""
    try:
        func(*mapped(args, made), **mapped(named, made))
    except Exception as error:  # noqa: BLE001 (whatever torch raises)
        return error
    return None


def _zeros(tensor: Tensor) -> Tensor:
    return torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)


def watched(model: nn.Module, notes: Notes) -> AbstractContextManager[object]:
    """Every call of a module is written down while it lasts."""

    def begin(visit: Visit) -> None:
        with DisableTorchFunction():  # what is read here is not the model's doing
            notes.begin(is_module=True, path=visit.path, **_facts(visit, notes))

    def end(visit: Visit) -> None:
        with DisableTorchFunction():
            if notes.is_open(visit.path) and not visit.failed:
                notes.end(visit.output)
            else:
                notes.fail(visit.path)

    return watch(model, before=begin, after=end)


def _facts(visit: Visit, notes: Notes) -> dict[str, Any]:
    """What a call of a module tells before it begins."""
    module = visit.module
    weights = tuple(_weights(module))
    return {
        "kind": type(module).__name__,
        "code": written(module),
        "inputs": notes.specs((visit.args, visit.named)),
        "is_leaf": not any(True for _ in module.children()),
        "parameters": sum(int(p.numel()) for p in weights if not isinstance(p, UninitializedTensorMixin)),
        "weights": notes.specs(weights),
        "training": module.training,
        "package": type(module).__module__.partition(".")[0],
    }


def _weights(module: nn.Module) -> Iterator[nn.Parameter]:
    """A module's own parameters, and those of what it holds that is never called, such as an ``nn.ParameterList``."""
    yield from module.parameters(recurse=False)
    for child in module.children():
        if type(child).forward is nn.Module.forward:
            yield from _weights(child)
