"""Loops and conditions."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I64, Variable, whole
from kaiyan.engine.codegen.language.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kaiyan.engine.codegen.language.ir import Value


class Flow(Sizes):
    """What is done several times, and what only under a condition."""

    @contextmanager
    def loop(self, start: Value, stop: Value, step: Value = 1) -> Iterator[Value]:
        """Counts from start to stop; a loop that is known to run once is no loop."""
        if all(isinstance(size, int) for size in (start, stop, step)) and stop - start <= step:
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
        place.put(self.b.add(index, whole(step)))
        self.b.branch(head)
        self.b.position_at_end(out)

    @contextmanager
    def share(self, count: int, part: Value, parts: Value) -> Iterator[Value]:
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

    def cases(self, index: Value, numbers: Sequence[int]) -> Iterator[int]:
        """Each of the numbers, in turn: what is written then is done where the index, one of them, is that number."""
        if isinstance(index, int):
            yield index
            return
        never, out = (self.function.append_basic_block(word) for word in ("never", "out"))
        ir.IRBuilder(never).unreachable()
        switch = self.b.switch(index, never)
        for number in numbers:
            block = self.function.append_basic_block("case")
            switch.add_case(I64(number), block)
            self.b.position_at_end(block)
            yield number
            self.b.branch(out)
        self.b.position_at_end(out)

    def unrolled(self, count: Value, most: int) -> Iterator[int]:
        """Counts from 0 to ``count``, which is from 1 to ``most``, without a loop: all is written out, to be left."""
        out = self.function.append_basic_block("out")
        for number in range(most):
            if number:
                more = self.function.append_basic_block("more")
                self.b.cbranch(self.below(number, count), more, out)
                self.b.position_at_end(more)
            yield number
        self.b.branch(out)
        self.b.position_at_end(out)

    def bound(self, index: Value, size: int, step: int) -> Any:
        """Only if the index is below a size; always, where the size is whole steps."""
        return self.always() if size % step == 0 else self.when(self.below(index, size))

    @contextmanager
    def always(self) -> Iterator[None]:
        """Under no condition: the counterpart of ``when``."""
        yield
