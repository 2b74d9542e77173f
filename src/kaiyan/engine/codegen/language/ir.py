"""One function in LLVM IR being written: its start and end, parts of their own, variables in registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kaiyan.engine.codegen.language.target import Target

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
Value = Any
"""A value of the IR, or a Python int that stands for a constant."""


class Variable:
    """A place in a register: LLVM turns it into values."""

    def __init__(self, code: Function, kind: Any) -> None:
        self._code, self._place, self.kind = code, code.entry.alloca(kind), kind

    def get(self) -> Value:
        """What was put last."""
        return self._code.b.load(self._place)

    def put(self, value: Value) -> None:
        """Sets it."""
        self._code.b.store(value, self._place)


class Function:
    """``void name(i64* arguments, i64 task)``, and the parts that it calls."""

    def __init__(self, name: str, target: Target, dtype: str = "float32") -> None:
        self.target = target
        self.scalar = ir.FloatType() if dtype == "float32" else ir.DoubleType()
        self.itemsize = 4 if dtype == "float32" else 8
        self.lanes = target.lanes(self.itemsize)
        self.module = ir.Module(name)
        self.module.triple = target.triple
        self._blocks: list[Value] = []
        self._arguments, self.task = self._begin(name, [I64.as_pointer(), I64])

    def text(self) -> str:
        """The module's IR; call it once, when all is written."""
        self._end()
        return str(self.module)

    def _begin(self, name: str, kinds: Sequence[Any]) -> Sequence[Value]:
        self.function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), name)
        self.entry = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.b = ir.IRBuilder(self.function.append_basic_block("body"))
        arguments: Sequence[Value] = self.function.args
        return arguments

    def _end(self) -> None:
        self.entry.branch(self.function.blocks[1])
        self.b.ret_void()

    def apart(self, name: str, write: Callable[..., None], *values: Value) -> None:
        """Writes a part as a function of its own and calls it: it has all registers to itself.

        In one function LLVM keeps what other parts need in registers all the time, and a full tile of sums is spilled:
        Winograd's products ran at half their speed.
        """
        kinds = [self._arguments.type, *(value.type for value in values if not isinstance(value, int))]
        outside = self.function, self.entry, self.b, self._arguments
        self._arguments, *inside = self._begin(name, kinds)
        function = self.function
        function.linkage = "internal"
        function.attributes.add("noinline")
        arguments = iter(inside)
        write(*(value if isinstance(value, int) else next(arguments) for value in values))
        self._end()
        self.function, self.entry, self.b, self._arguments = outside
        self.b.call(function, [self._arguments, *(value for value in values if not isinstance(value, int))])

    def call(self, name: str, kind: Any, arguments: Sequence[Any], *values: Value) -> Value:
        """Calls a function of the process or of LLVM."""
        known = self.module.globals.get(name)
        callee = known or ir.Function(self.module, ir.FunctionType(kind, arguments), name)
        return self.b.call(callee, values)

    def forgotten(self, pointer: Value) -> Value:
        """The same pointer, of which LLVM forgets that it is: what was read through it is read again, not kept."""
        kind = ir.FunctionType(pointer.type, [pointer.type])
        return self.b.asm(kind, "", "=r,0", [pointer], side_effect=True)


def whole(value: Value) -> Value:
    """A Python int as a constant of the IR; anything else as it is."""
    return I64(value) if isinstance(value, int) else value
