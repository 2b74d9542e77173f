"""The model and the inputs of a question, checked: sizes that stand for inputs, their types, and a first run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kaiyan.show.error import ConvError, KaiyanError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec import read
from kaiyan.trace.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.trace.record import Call, Record

Shape = tuple[int, ...]
Type = torch.dtype | str
_LOOKED_UP = ("embedding", "embedding_bag", "one_hot", "getitem", "index_select", "gather", "take", "take_along_dim")
"""Functions whose indices are whole numbers, by the argument that has them."""


@dataclass(frozen=True)
class FirstRun:
    """A model's inputs, what it did with them, and ``remarks``: what was understood beyond what was written."""

    inputs: Any
    record: Record
    remarks: tuple[Sentence, ...] = ()


def checked(model: Any) -> nn.Module:
    """The model, that of an exported program, or what ``torch.compile`` wraps.

    Raises ``KaiyanError`` for what is none, and for TorchScript.
    """
    if isinstance(model, torch.export.ExportedProgram):
        model = model.module()
    if not isinstance(model, nn.Module):
        raise KaiyanError(
            "not-a-module",
            "the model is a {kind}, not a torch.nn.Module",
            "pass an instance: Net(), not Net",
            kind=type(model).__name__,
        )
    compiled = type(model).__module__ == "torch._dynamo.eval_frame"
    whole: nn.Module = model.get_submodule("_orig_mod") if compiled else model
    scripted = next((path for path, part in whole.named_modules() if isinstance(part, torch.jit.ScriptModule)), None)
    if scripted is not None:
        raise KaiyanError(
            "is-scripted",
            "{path} is TorchScript, which runs outside Python: its layers cannot be seen",
            "use the model that it was scripted or traced from",
            path=scripted or "the model",
        )
    return whole


def shape_of(size: Any) -> Shape:
    """The shape of an input as whole numbers, none of them negative; raises ``KaiyanError`` for anything else."""
    try:
        shape = read.shape(size)
    except ConvError:
        shape = ()
    if not shape:
        raise read.not_a_shape(size)
    return shape


def dtype_of(dtype: Any) -> torch.dtype:
    """A type from ``torch.int64``, "int64", "torch.int64" or NumPy's; raises ``KaiyanError`` for anything else."""
    if isinstance(dtype, torch.dtype):
        return dtype
    name = getattr(dtype, "__name__", None) or str(getattr(dtype, "name", dtype))
    known = getattr(torch, name.removeprefix("torch."), None)
    if not isinstance(known, torch.dtype):
        raise KaiyanError("no-dtype", "there is no type {name!r}", "float32, float16, int64, uint8, bool", name=name)
    return known


def sizes_of(size: Any) -> tuple[Shape, ...]:
    """Shapes of the inputs from one shape, or from several."""
    if isinstance(size, (tuple, list)) and size and all(isinstance(shape, (tuple, list)) for shape in size):
        return tuple(shape_of(shape) for shape in size)
    return (shape_of(size),)


def run_on(model: nn.Module, sizes: Sequence[Shape], dtypes: Any = None) -> FirstRun:
    """What the model does with inputs of these sizes; ``dtypes`` is a type, or one for each (None where not known).

    An input of no known type is float32, or int64 where the model looks it up in a table.
    """
    types = _types(dtypes, len(sizes))
    remarks: list[Sentence] = []
    while True:
        inputs = tuple(
            torch.empty(n, dtype=t or torch.float32, device="meta") for n, t in zip(sizes, types, strict=True)
        )
        outcome = record(model, inputs)
        place, call = _looked_up(outcome)
        if call is None or place >= len(types) or types[place] is not None:
            return FirstRun(inputs, outcome, tuple(remarks))
        types[place] = torch.int64
        remarks.append(
            sentence(
                "summary-int64-input",
                "input {number} is taken as int64, because {path} uses it as indices; dtypes= sets another type",
                number=place + 1,
                path=call.path or call.kind,
            )
        )


def _types(dtypes: Any, count: int) -> list[torch.dtype | None]:
    types = list(dtypes) if isinstance(dtypes, (tuple, list)) else [dtypes] * count
    if len(types) != count:
        raise KaiyanError(
            "other-count-of-dtypes",
            "{types} types were given for {inputs} inputs",
            "one type for each input, or one for all",
            types=len(types),
            inputs=count,
        )
    return [None if entry is None else dtype_of(entry) for entry in types]


def _looked_up(record: Record) -> tuple[int, Call | None]:
    """The call that failed for want of whole numbers, and the place of the input that it was given."""
    call = record.failure
    if call is None or call.is_module or call.kind not in _LOOKED_UP:
        return -1, None
    names = [tensor.name for tensor in record.inputs]
    wanted = [
        tensor.name for tensor in call.inputs if tensor.dtype.startswith(("float", "bfloat")) and tensor.name in names
    ]
    return (names.index(wanted[0]), call) if wanted else (-1, None)
