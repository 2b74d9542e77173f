"""A page to write a routine on: loops, vectors, masks and variables, in LLVM IR."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.target import AVX2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kaiyan.engine.codegen.language.target import Target

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
Value = Any
"""A value of the IR, or a Python int that stands for a constant."""


class Variable:
    """A place in a register: LLVM turns it into values."""

    def __init__(self, code: Code, kind: Any) -> None:
        self._code, self._place = code, code.entry.alloca(kind)

    def get(self) -> Value:
        """What was put last."""
        return self._code.b.load(self._place)

    def put(self, value: Value) -> None:
        """Sets it."""
        self._code.b.store(value, self._place)


class Code:
    """One function ``void name(i64* arguments, i64 task)``; offsets are in elements of ``dtype``, float or double.

    Sizes and offsets may be Python ints or values of the IR; arithmetic on Python ints costs nothing at run time.
    """

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
        given = iter(inside)
        write(*(value if isinstance(value, int) else next(given) for value in values))
        self._end()
        self.function, self.entry, self.b, self._arguments = outside
        self.b.call(function, [self._arguments, *(value for value in values if not isinstance(value, int))])

    # whole numbers

    def add(self, *terms: Value) -> Value:
        """The sum of sizes."""
        known = sum(term for term in terms if isinstance(term, int))
        total: Value = None
        for term in terms:
            if not isinstance(term, int):
                total = term if total is None else self.b.add(total, term)
        if total is None:
            return known
        return self.b.add(total, I64(known)) if known else total

    def sub(self, a: Value, b: Value) -> Value:
        """A - b."""
        if isinstance(b, int):
            return self.add(a, -b)
        return self.b.sub(whole(a), b)

    def mul(self, a: Value, b: Value) -> Value:
        """A * b."""
        if isinstance(a, int):
            a, b = b, a
        if isinstance(a, int):
            return a * b
        if isinstance(b, int) and b in (0, 1):
            return a if b else 0
        return self.b.mul(a, whole(b))

    def divmod(self, a: Value, b: int) -> tuple[Value, Value]:
        """Quotient and remainder of a size by a constant."""
        if isinstance(a, int):
            return divmod(a, b)
        if b == 1:
            return a, 0
        quotient = self.b.udiv(a, I64(b))
        return quotient, self.b.sub(a, self.b.mul(quotient, I64(b)))

    def unravel(self, index: Value, sizes: Sequence[int]) -> list[Value]:
        """The index of each axis, the last running fastest."""
        found = []
        for size in reversed(sizes[1:]):
            index, place = self.divmod(index, size)
            found.append(place)
        return [index, *reversed(found)]

    def ravel(self, indices: Sequence[Value], sizes: Sequence[int]) -> Value:
        """The one index of an element of an array of these sizes, the last running fastest."""
        found: Value = 0
        for index, size in zip(indices, sizes, strict=True):
            found = self.add(self.mul(found, size), index)
        return found

    def least(self, a: Value, b: Value) -> Value:
        """The smaller of two sizes."""
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        a, b = whole(a), whole(b)
        return self.b.select(self.b.icmp_signed("<", a, b), a, b)

    def most(self, a: Value, b: Value) -> Value:
        """The larger of two sizes."""
        if isinstance(a, int) and isinstance(b, int):
            return max(a, b)
        a, b = whole(a), whole(b)
        return self.b.select(self.b.icmp_signed(">", a, b), a, b)

    def below(self, a: Value, b: Value) -> Value:
        """Whether a < b, signed."""
        return self.b.icmp_signed("<", whole(a), whole(b))

    def equal(self, a: Value, b: Value) -> Value:
        """Whether a == b."""
        return self.b.icmp_signed("==", whole(a), whole(b))

    # the way through

    @contextmanager
    def loop(self, start: Value, stop: Value, step: int = 1) -> Iterator[Value]:
        """Counts from start to stop; a loop that is known to run once is no loop."""
        if isinstance(start, int) and isinstance(stop, int) and stop - start <= step:
            if start < stop:
                yield start
            else:
                dead = self.function.append_basic_block("never")
                here, self.b = self.b, ir.IRBuilder(dead)
                yield I64(start)
                self.b.unreachable()
                self.b = here
            return
        place = Variable(self, I64)
        place.put(whole(start))
        head, body, out = (self.function.append_basic_block(word) for word in ("head", "body", "out"))
        self.b.branch(head)
        self.b.position_at_end(head)
        index = place.get()
        self.b.cbranch(self.b.icmp_signed("<", index, whole(stop)), body, out)
        self.b.position_at_end(body)
        yield index
        place.put(self.b.add(index, I64(step)))
        self.b.branch(head)
        self.b.position_at_end(out)

    @contextmanager
    def share(self, count: int, part: Value, parts: int) -> Iterator[Value]:
        """Counts through one of ``parts`` even shares of ``count``."""
        first = self.divmod(self.mul(part, count), parts)[0]
        after = self.divmod(self.mul(self.add(part, 1), count), parts)[0]
        with self.loop(first, after) as index:
            yield index

    def vectors(self, start: Value, stop: Value, body: Callable[[Value, Value], None]) -> None:
        """Calls ``body(index, count)`` for every register of elements from start to stop; ``count`` of them are inside.

        Where the stretch is known to be long enough, all always are: the last step is moved back and does once more
        what was done, so that nothing has to be masked. Else what is left over is written a second time, masked.
        """
        L = self.lanes
        if isinstance(start, int) and isinstance(stop, int):
            with self.loop(start, stop, L) as index:
                body(*((self.least(index, stop - L), L) if stop - start >= L else (index, stop - start)))
            return
        full = self.mul(self.divmod(self.sub(stop, start), L)[0], L)
        with self.loop(start, self.add(start, full), L) as index:
            body(index, L)
        rest = self.sub(self.sub(stop, start), full)
        with self.when(self.below(0, rest)):
            body(self.add(start, full), rest)

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Only if the condition holds."""
        then, out = (self.function.append_basic_block(word) for word in ("then", "out"))
        self.b.cbranch(condition, then, out)
        self.b.position_at_end(then)
        yield
        self.b.branch(out)
        self.b.position_at_end(out)

    def bound(self, index: Value, size: int, step: int) -> Any:
        """Only if the index is below a size; always, where the size is whole steps."""
        return self.always() if size % step == 0 else self.when(self.below(index, size))

    @contextmanager
    def always(self) -> Iterator[None]:
        """Under no condition: the counterpart of ``when``."""
        yield

    def forgotten(self, pointer: Value) -> Value:
        """The same pointer, of which LLVM forgets that it is: what was read through it is read again, not kept."""
        kind = ir.FunctionType(pointer.type, [pointer.type])
        return self.b.asm(kind, "", "=r,0", [pointer], side_effect=True)

    def call(self, name: str, kind: Any, arguments: Sequence[Any], *values: Value) -> Value:
        """Calls a function of the process or of LLVM."""
        known = self.module.globals.get(name)
        callee = known or ir.Function(self.module, ir.FunctionType(kind, arguments), name)
        return self.b.call(callee, values)

    # memory

    def argument(self, index: int, kind: Any = None) -> Value:
        """The pointer at ``index`` of the arguments, to elements of the kind that is summed, or of ``kind``."""
        return self.b.inttoptr(self.number(index), (kind or self.scalar).as_pointer())

    def number(self, index: int) -> Value:
        """The whole number at ``index`` of the arguments."""
        return self.b.load(self.b.gep(self._arguments, [I64(index)]))

    def at(self, pointer: Value, *offsets: Value) -> Value:
        """The pointer so many elements further."""
        offset = self.add(*offsets)
        return pointer if isinstance(offset, int) and offset == 0 else self.b.gep(pointer, [whole(offset)])

    def whole_at(self, pointer: Value, offset: Value) -> Value:
        """The 64-bit whole number at ``offset`` of a table of such numbers."""
        table = self.b.bitcast(pointer, I64.as_pointer())
        return self.b.load(self.b.gep(table, [whole(offset)]))

    def scratch(self, elements: int) -> Value:
        """Memory for this task, aligned to 64 bytes; ``release`` gives it back."""
        block = self.call("malloc", ir.IntType(8).as_pointer(), [I64], I64(elements * self.itemsize + 64))
        self._blocks.append(block)
        aligned = self.b.and_(self.b.add(self.b.ptrtoint(block, I64), I64(63)), I64(-64))
        return self.b.inttoptr(aligned, self.scalar.as_pointer())

    def release(self) -> None:
        """Gives back all scratch."""
        for block in self._blocks:
            self.call("free", ir.VoidType(), [ir.IntType(8).as_pointer()], block)

    # numbers

    def vector_type(self, lanes: int | None = None) -> Any:
        """A vector of so many elements; a register of them by default."""
        return ir.VectorType(self.scalar, lanes or self.lanes)

    def constant(self, number: float, lanes: int | None = None) -> Value:
        """A vector whose every element is ``number``."""
        return ir.Constant(self.vector_type(lanes), [float(number)] * (lanes or self.lanes))

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

    def prefetch(self, pointer: Value, *offsets: Value) -> None:
        """Asks for a line of cache that will be read; nothing happens where there is no memory."""
        place = self.at(pointer, *offsets)
        self.call("llvm.prefetch.p0", ir.VoidType(), [place.type, I32, I32, I32], place, I32(0), I32(2), I32(1))

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

    def mask(self, count: Value, lanes: int | None = None) -> Value:
        """The first ``count`` lanes; None where a constant count fills the register."""
        L = lanes or self.lanes
        if isinstance(count, int):
            return None if count >= L else ir.Constant(ir.VectorType(I1, L), [i < count for i in range(L)])
        kind = ir.VectorType(I64, L)
        steps = ir.Constant(kind, list(range(L)))
        return self.b.icmp_signed("<", steps, self._spread(count, kind))

    def both(self, a: Value, b: Value) -> Value:
        """The lanes that are in two masks; None is all."""
        return b if a is None else a if b is None else self.b.and_(a, b)

    def flag(self, condition: Value, lanes: int | None = None) -> Value:
        """All lanes or none."""
        return self._spread(condition, ir.VectorType(I1, lanes or self.lanes))

    def splat(self, value: Value, lanes: int | None = None) -> Value:
        """One element in every lane."""
        return self._spread(value, self.vector_type(lanes))

    def broadcast(self, pointer: Value, offset: int) -> Value:
        """The element at a constant offset in every lane, read here and nowhere else.

        LLVM reads ahead what it may, and a full tile of sums then no longer fits the registers: 14 x 2 sums in a loop
        ran at 150 GFLOP/s instead of 260. An instruction written as such stays where it is.
        """
        if self.target.bits < AVX2.bits:
            return self.splat(self.load(pointer, offset))
        word = "vbroadcastss" if self.itemsize == 4 else "vbroadcastsd"
        kind = ir.FunctionType(self.vector_type(), [pointer.type])
        return self.b.asm(kind, f"{word} {offset * self.itemsize}($1), $0", "=v,r", [pointer], side_effect=True)

    def _spread(self, value: Value, kind: Any) -> Value:
        undefined = ir.Constant(kind, ir.Undefined)
        first = self.b.insert_element(undefined, value, I32(0))
        return self.b.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, kind.count), [0] * kind.count))

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """A * b + c, rounded once."""
        kind = c.type
        bits = self.itemsize * 8
        name = f"llvm.fma.v{kind.count}f{bits}" if isinstance(kind, ir.VectorType) else f"llvm.fma.f{bits}"
        return self.call(name, kind, [kind] * 3, a, b, c)

    def lane(self, vector: Value, index: int) -> Value:
        """One element of a vector."""
        return self.b.extract_element(vector, I32(index))

    def total(self, vector: Value) -> Value:
        """The sum of all lanes, by halves."""
        count = vector.type.count
        while count > 1:
            count //= 2
            halves = [self.shuffle(vector, vector, range(i, i + count)) for i in (0, count)]
            vector = self.b.fadd(*halves)
        return self.lane(vector, 0)

    def any_nan(self, vector: Value) -> Value:
        """Whether a lane is not a number."""
        lanes = self.b.fcmp_unordered("uno", vector, vector)
        bits = self.b.bitcast(lanes, ir.IntType(vector.type.count))
        return self.b.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    def raise_flag(self, index: int) -> None:
        """Sets the argument at ``index`` to 1."""
        self.b.store_atomic(I64(1), self.b.gep(self._arguments, [I64(index)]), "monotonic", 8)

    def shuffle(self, a: Value, b: Value, lanes: Sequence[int]) -> Value:
        """The lanes named, of both vectors one after the other."""
        return self.b.shuffle_vector(a, b, ir.Constant(ir.VectorType(I32, len(lanes)), list(lanes)))

    def transposed(self, rows: Sequence[Value]) -> list[Value]:
        """A square of vectors turned: lane i of row j becomes lane j of row i. The lanes are a power of two."""
        L, rows = len(rows), list(rows)
        half = L // 2
        while half:
            low = [i if not i & half else i - half + L for i in range(L)]
            high = [i + half if not i & half else i + L for i in range(L)]
            for i in range(L):
                if not i & half:
                    a, b = rows[i], rows[i + half]
                    rows[i], rows[i + half] = self.shuffle(a, b, low), self.shuffle(a, b, high)
            half //= 2
        return rows

    def variables(self, count: int) -> list[Variable]:
        """Registers for ``count`` vectors."""
        return [Variable(self, self.vector_type()) for _ in range(count)]

    def zeros(self, count: int) -> list[Variable]:
        """Registers for ``count`` vectors, all 0."""
        found = self.variables(count)
        for place in found:
            place.put(self.constant(0))
        return found


def _element(kind: Any) -> tuple[str, int]:
    """What LLVM's names of functions call a vector's elements, and their bytes."""
    scalar = kind.element
    if isinstance(scalar, ir.IntType):
        return f"i{scalar.width}", scalar.width // 8
    return ("f32", 4) if isinstance(scalar, ir.FloatType) else ("f64", 8)


def whole(value: Value) -> Value:
    """A Python int as a constant of the IR; anything else as it is."""
    return I64(value) if isinstance(value, int) else value
