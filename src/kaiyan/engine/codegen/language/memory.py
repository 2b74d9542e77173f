"""Arguments, addresses, loads and stores; memory for one task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I1, I32, I64, whole
from kaiyan.engine.codegen.language.target import AVX2
from kaiyan.engine.codegen.language.vectors import Vectors

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.ir import Value


class Memory(Vectors):
    """Offsets are in elements."""

    def argument(self, index: int, kind: Any = None) -> Value:
        """The pointer at ``index`` of the arguments, to elements of the kind that is summed, or of ``kind``."""
        return self.b.inttoptr(self.number(index), (kind or self.scalar).as_pointer())

    def number(self, index: Value) -> Value:
        """The whole number at ``index`` of the arguments."""
        return self.b.load(self.b.gep(self._arguments, [whole(index)]))

    def raise_flag(self, index: int) -> None:
        """Sets the argument at ``index`` to 1."""
        self.b.store_atomic(I64(1), self.b.gep(self._arguments, [I64(index)]), "monotonic", 8)

    def at(self, pointer: Value, *offsets: Value) -> Value:
        """The pointer so many elements further."""
        offset = self.add(*offsets)
        return pointer if isinstance(offset, int) and offset == 0 else self.b.gep(pointer, [whole(offset)])

    def whole_at(self, pointer: Value, offset: Value) -> Value:
        """The 64-bit whole number at ``offset`` of a table of such numbers."""
        table = self.b.bitcast(pointer, I64.as_pointer())
        return self.b.load(self.b.gep(table, [whole(offset)]))

    def scratch(self, elements: Value) -> Value:
        """Memory for this task, aligned to 64 bytes; ``release`` gives it back."""
        size = self.add(self.mul(elements, self.itemsize), 64)
        block = self.call("malloc", ir.IntType(8).as_pointer(), [I64], whole(size))
        self._blocks.append(block)
        aligned = self.b.and_(self.b.add(self.b.ptrtoint(block, I64), I64(63)), I64(-64))
        return self.b.inttoptr(aligned, self.scalar.as_pointer())

    def aside(self, elements: int) -> Value:
        """Memory for a few elements while a function runs."""
        place = self.entry.alloca(ir.ArrayType(self.scalar, elements))
        return self.entry.bitcast(place, self.scalar.as_pointer())

    def release(self) -> None:
        """Gives back all scratch."""
        for block in self._blocks:
            self.call("free", ir.VoidType(), [ir.IntType(8).as_pointer()], block)

    def load(self, pointer: Value, *offsets: Value) -> Value:
        """One element."""
        return self.b.load(self.at(pointer, *offsets))

    def store(self, value: Value, pointer: Value, *offsets: Value) -> None:
        """One element."""
        self.b.store(value, self.at(pointer, *offsets))

    def vector(self, pointer: Value, *offsets: Value, mask: Value = None, lanes: int | None = None) -> Value:
        """The elements from here on; where a mask is given, nothing is read outside it and zeros stand there."""
        kind = ir.VectorType(pointer.type.pointee, lanes or self.lanes)
        word, size = _element(kind)
        place = self.b.bitcast(self.at(pointer, *offsets), kind.as_pointer())
        if mask is None:
            loaded = self.b.load(place)
            loaded.align = size
            return loaded
        kinds = [kind.as_pointer(), I32, ir.VectorType(I1, kind.count), kind]
        name = f"llvm.masked.load.v{kind.count}{word}.p0"
        return self.call(name, kind, kinds, place, I32(size), mask, ir.Constant(kind, None))

    def put(self, value: Value, pointer: Value, *offsets: Value, mask: Value = None) -> None:
        """Stores a vector; where a mask is given, nothing is written outside it."""
        kind = value.type
        word, size = _element(kind)
        place = self.b.bitcast(self.at(pointer, *offsets), kind.as_pointer())
        if mask is None:
            self.b.store(value, place).align = size
            return
        name = f"llvm.masked.store.v{kind.count}{word}.p0"
        kinds = [kind, kind.as_pointer(), I32, ir.VectorType(I1, kind.count)]
        self.call(name, ir.VoidType(), kinds, value, place, I32(size), mask)

    def broadcast(self, pointer: Value, offset: int, lanes: int | None = None) -> Value:
        """The element at a constant offset in every lane, read here and nowhere else.

        LLVM reads ahead what it may, and a full tile of sums then no longer fits the registers: 14 x 2 sums in a loop
        ran at 150 GFLOP/s instead of 260. An instruction written as such stays where it is.
        """
        if self.target.bits < AVX2.bits:
            return self.splat(self.load(pointer, offset), lanes)
        kind = ir.FunctionType(self.vector_type(lanes), [pointer.type])
        line = f"{self.broadcasting(lanes)} {offset * self.itemsize}($1), $0"
        return self.b.asm(kind, line, "=v,r", [pointer], side_effect=True)

    def broadcasting(self, lanes: int | None = None) -> str:
        """The x86 instruction that puts one element of memory into all lanes."""
        if self.itemsize == 4:
            return "vbroadcastss"
        return "vmovddup" if lanes == 2 else "vbroadcastsd"

    def prefetch(self, pointer: Value, *offsets: Value, writes: bool = False) -> None:
        """Asks for a line of cache that will be read, or written; nothing happens where there is no memory."""
        line = ir.IntType(8).as_pointer()  # one type for all: a module declares the function once
        place = self.b.bitcast(self.at(pointer, *offsets), line)
        how = I32(int(writes)), I32(3 if writes else 2), I32(1)
        self.call("llvm.prefetch.p0", ir.VoidType(), [line, I32, I32, I32], place, *how)


def _element(kind: Any) -> tuple[str, int]:
    """What LLVM's names of functions call a vector's elements, and their bytes."""
    scalar = kind.element
    if isinstance(scalar, ir.IntType):
        return f"i{scalar.width}", scalar.width // 8
    return ("f32", 4) if isinstance(scalar, ir.FloatType) else ("f64", 8)
