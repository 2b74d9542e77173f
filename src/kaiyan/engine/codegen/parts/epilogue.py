"""What happens to a result on its way to memory: a residual added, an activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.parts import stored
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
    """

    activation: str | None = None
    residual: bool = False
    given: str = ""
    saturate: bool = False

    def put(self, code: Code, y: Value, outlet: Outlet, mask: Value = None) -> None:
        """Stores a vector of results from a place on."""
        if self.residual:
            y = code.b.fadd(y, stored.vector(code, outlet.residual, stored=self.given, mask=mask))
        y = self._checked(code, self._activated(code, y), mask)
        stored.put(code, y, outlet.output, stored=self.given, mask=mask)

    def scatter(self, code: Code, y: Value, outlet: Outlet, places: range) -> None:
        """Stores a result's first lanes one by one, so many elements from a place on."""
        if self.residual:
            y = code.b.fadd(y, stored.gathered(code, outlet.residual, places, self.given))
        y = self._checked(code, self._activated(code, y), code.mask(len(places)))
        narrow = stored.narrowed(code, y, self.given)
        for lane, place in enumerate(places):
            code.store(code.lane(narrow, lane), outlet.output, place)

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


def _least(code: Code, a: Value, b: Value) -> Value:
    return code.b.select(code.b.fcmp_unordered("<", a, b), a, b)


def _most(code: Code, a: Value, b: Value) -> Value:
    return code.b.select(code.b.fcmp_unordered(">", a, b), a, b)


def _relu(code: Code, y: Value) -> Value:
    return _most(code, y, _like(y, 0.0))


def _relu6(code: Code, y: Value) -> Value:
    return _least(code, _relu(code, y), _like(y, 6.0))


def _hardswish(code: Code, y: Value) -> Value:
    gate = _relu6(code, code.b.fadd(y, _like(y, 3.0)))
    return code.b.fdiv(code.b.fmul(y, gate), _like(y, 6.0))


def _silu(code: Code, y: Value) -> Value:
    return code.b.fdiv(y, code.b.fadd(_like(y, 1.0), _exp(code, code.b.fneg(y))))


def _sigmoid(code: Code, y: Value) -> Value:
    return code.b.fdiv(_like(y, 1.0), code.b.fadd(_like(y, 1.0), _exp(code, code.b.fneg(y))))


_TANH = (
    (-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08, 1.48572235717979e-05,
     6.37261928875436e-04, 4.89352455891786e-03),
    (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03),
)  # fmt: skip
_ERF = (
    (-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05, -7.34990630326855e-04,
     -2.95459980854025e-03, -1.60960333262415e-02),
    (-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03,
     -1.42647390514189e-02),
)  # fmt: skip
"""x P(x²) / Q(x²) on a stretch about 0, beyond which the function is flat in float32; within 4e-7 of the truth."""
_NOTHING = -5.6
"""Where less than 1e-7 is left of GELU."""


def _tanh(code: Code, y: Value) -> Value:
    return _rational(code, y, _TANH, 7.90531110763549805)


def _gelu(code: Code, y: Value) -> Value:
    erf = _rational(code, code.b.fmul(y, _like(y, 0.7071067811865476)), _ERF, 4.0)
    doubled = code.b.fadd(_like(y, 1.0), erf)
    share = code.b.select(code.b.fcmp_ordered("<", y, _like(y, _NOTHING)), _like(y, 0.0), doubled)
    return code.b.fmul(code.b.fmul(y, _like(y, 0.5)), share)


def _rational(code: Code, x: Value, terms: tuple[tuple[float, ...], ...], flat: float) -> Value:
    x = _most(code, _least(code, x, _like(x, flat)), _like(x, -flat))
    square = code.b.fmul(x, x)
    above, below = (_polynomial(code, square, factors) for factors in terms)
    return code.b.fdiv(code.b.fmul(x, above), below)


def _polynomial(code: Code, x: Value, factors: tuple[float, ...]) -> Value:
    total = _like(x, factors[0])
    for factor in factors[1:]:
        total = code.fma(total, x, _like(x, factor))
    return total


EMITTED: dict[str, Callable[[Code, Value], Value]] = {
    "relu": _relu,
    "relu6": _relu6,
    "silu": _silu,
    "hardswish": _hardswish,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "gelu": _gelu,
}
"""How each activation of the reference is written; NaN stays NaN in each, as in torch."""

_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6
_TERMS = {4: 7, 8: 13}
"""Terms of the series of exp on half an octave that leave less than one unit in the last place, by itemsize."""


def _exp(code: Code, x: Value) -> Value:
    """2**n * exp(r): n whole, |r| ≤ ln 2 / 2, exp(r) by its series; two steps of scale keep 2**n in range."""
    bits = code.itemsize * 8
    bias, digits, limit = (127, 23, 104.0) if bits == 32 else (1023, 52, 745.0)
    kind = x.type
    clipped = _most(code, _least(code, x, _like(x, limit)), _like(x, -limit))
    n = code.call(f"llvm.rint.v{kind.count}f{bits}", kind, [kind], code.b.fmul(clipped, _like(x, _LOG2E)))
    r = code.fma(n, _like(x, -_LN2_HIGH), clipped)
    r = code.fma(n, _like(x, -_LN2_LOW), r)
    series = _like(x, 0.0)
    for term in reversed(_factorials(_TERMS[code.itemsize])):
        series = code.fma(series, r, _like(x, 1 / term))
    whole = ir.VectorType(ir.IntType(bits), kind.count)
    half = code.b.fptosi(code.b.fmul(n, _like(x, 0.5)), whole)
    rest = code.b.sub(code.b.fptosi(n, whole), half)
    for power in (half, rest):
        exponent = code.b.shl(code.b.add(power, _whole(whole, bias)), _whole(whole, digits))
        series = code.b.fmul(series, code.b.bitcast(exponent, kind))
    return series


def _factorials(count: int) -> list[int]:
    factorials = [1]
    for n in range(1, count + 1):
        factorials.append(factorials[-1] * n)
    return factorials


def _like(y: Any, number: float) -> Value:
    return ir.Constant(y.type, [number] * y.type.count)


def _whole(kind: Any, number: int) -> Value:
    return ir.Constant(kind, [number] * kind.count)
