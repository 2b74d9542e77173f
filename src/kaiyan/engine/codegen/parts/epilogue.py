"""What happens to a result on its way to memory: a residual added, an activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaiyan.engine.codegen.parts import stored
from kaiyan.engine.codegen.parts.series import erf, exp, least, like, most, tanh
from kaiyan.engine.codegen.parts.strip import Argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value
    from kaiyan.engine.codegen.parts.outlet import Outlet


@dataclass(frozen=True, slots=True)
class Epilogue:
    """``activation(y + residual)``, the bias being in y already, stored as ``given`` where that is not what is summed.

    Whole numbers that do not fit raise the flag; ``saturate`` clips them, and only what is no number raises it.
    ``last`` lays channels side by side where the input has them apart.
    """

    activation: str | None = None
    residual: bool = False
    given: str = ""
    saturate: bool = False
    last: bool = False

    def put(self, code: Code, y: Value, outlet: Outlet, mask: Value = None) -> None:
        """Stores a vector of results from a place on."""
        if self.residual:
            residual = stored.vector(code, outlet.residual, stored=self.given, mask=mask, lanes=y.type.count)
            y = code.b.fadd(y, residual)
        y = self._checked(code, self._activated(code, y), mask)
        stored.put(code, y, outlet.output, stored=self.given, mask=mask)

    def beside(self, code: Code, y: Value, outlet: Outlet, apart: int, count: Value) -> None:
        """Stores a result's first ``count`` lanes from a place on, so many elements from one to the next."""
        if apart == 1:
            self.put(code, y, outlet, code.mask(count))
            return
        if self.residual:
            y = code.b.fadd(y, stored.gathered(code, outlet.residual, apart, count, self.given))
        y = self._checked(code, self._activated(code, y), code.mask(count))
        stored.scatter(code, y, outlet.output, apart, count, self.given)

    def _activated(self, code: Code, y: Value) -> Value:
        return y if self.activation is None else EMITTED[self.activation](code, y)

    def _checked(self, code: Code, y: Value, mask: Value) -> Value:
        """Whole numbers, rounded; the flag raised where one does not fit."""
        if self.given not in stored.WHOLE_BITS:
            return y
        y = stored.rounded(code, y)
        with code.when(stored.misfit(code, y, self.given, saturate=self.saturate, mask=mask)):
            code.raise_flag(Argument.FLAG)
        return y


BARE = Epilogue()
"""Nothing but the sum and its bias."""


def _relu(code: Code, y: Value) -> Value:
    return most(code, y, like(y, 0.0))


def _relu6(code: Code, y: Value) -> Value:
    return least(code, _relu(code, y), like(y, 6.0))


def _hardswish(code: Code, y: Value) -> Value:
    gate = _relu6(code, code.b.fadd(y, like(y, 3.0)))
    return code.b.fdiv(code.b.fmul(y, gate), like(y, 6.0))


def _silu(code: Code, y: Value) -> Value:
    return code.b.fdiv(y, code.b.fadd(like(y, 1.0), exp(code, code.b.fneg(y))))


def _sigmoid(code: Code, y: Value) -> Value:
    return code.b.fdiv(like(y, 1.0), code.b.fadd(like(y, 1.0), exp(code, code.b.fneg(y))))


_NOTHING = -5.6
"""Where less than 1e-7 is left of GELU."""


def _gelu(code: Code, y: Value) -> Value:
    share = erf(code, code.b.fmul(y, like(y, 0.7071067811865476)))
    doubled = code.b.fadd(like(y, 1.0), share)
    share = code.b.select(code.b.fcmp_ordered("<", y, like(y, _NOTHING)), like(y, 0.0), doubled)
    return code.b.fmul(code.b.fmul(y, like(y, 0.5)), share)


EMITTED: dict[str, Callable[[Code, Value], Value]] = {
    "relu": _relu,
    "relu6": _relu6,
    "silu": _silu,
    "hardswish": _hardswish,
    "sigmoid": _sigmoid,
    "tanh": tanh,
    "gelu": _gelu,
}
"""How each activation of the reference is written; NaN stays NaN in each, as in torch."""
