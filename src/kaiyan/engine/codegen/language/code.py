"""A page to write a routine on: sizes, loops, vectors, masks, memory, in LLVM IR."""

from kaiyan.engine.codegen.language.flow import Flow
from kaiyan.engine.codegen.language.memory import Memory


class Code(Flow, Memory):
    """One function ``void name(i64* arguments, i64 task)``; offsets are in elements of ``dtype``, float or double.

    Sizes and offsets may be Python ints or values of the IR; arithmetic on Python ints costs nothing at run time.
    """
