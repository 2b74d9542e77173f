"""What happens to a result on its way to memory: a residual added, an activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llvmlite import ir

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.codegen.ir import Code, Value


@dataclass(frozen=True, slots=True)
class Epilogue:
    """``activation(y + residual)``; the bias is in y already."""

    activation: str | None = None
    residual: bool = False

    def put(self, code: Code, y: Value, offset: Value, output: Value, residual: Value, mask: Value = None) -> None:
        """Stores a vector of results at ``offset`` of the output."""
        if self.residual:
            y = code.b.fadd(y, code.vector(residual, offset, mask=mask))
        code.put(self._activated(code, y), output, offset, mask=mask)

    def scatter(self, code: Code, y: Value, offset: Value, output: Value, residual: Value, places: range) -> None:
        """Stores a result's first lanes one by one, at ``places`` from ``offset`` of the output on."""
        if self.residual:
            y = code.b.fadd(y, code.gathered(residual, [code.add(offset, place) for place in places]))
        y = self._activated(code, y)
        for lane, place in enumerate(places):
            code.store(code.lane(y, lane), output, offset, place)

    def _activated(self, code: Code, y: Value) -> Value:
        return y if self.activation is None else ACTIVATIONS[self.activation](code, y)


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


ACTIVATIONS: dict[str, Callable[[Code, Value], Value]] = {
    "relu": _relu,
    "relu6": _relu6,
    "silu": _silu,
    "hardswish": _hardswish,
}
"""Every activation that can be fused; NaN stays NaN in each, as in torch."""

_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6
_TERMS = {4: 7, 8: 13}
"""Terms of the series of exp on half an octave that leave less than one unit in the last place, by itemsize."""


def _exp(code: Code, x: Value) -> Value:
    """2**n * exp(r): n whole, |r| ≤ ln 2 / 2, exp(r) by its series; two steps of scale keep 2**n in range."""
    bits = code.itemsize * 8
    bias, digits, limit = (127, 23, 104.0) if bits == 32 else (1023, 52, 745.0)
    kind = x.type
    held = _most(code, _least(code, x, _like(x, limit)), _like(x, -limit))
    n = code.call(f"llvm.rint.v{kind.count}f{bits}", kind, [kind], code.b.fmul(held, _like(x, _LOG2E)))
    r = code.fma(n, _like(x, -_LN2_HIGH), held)
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
    found = [1]
    for n in range(1, count + 1):
        found.append(found[-1] * n)
    return found


def _like(y: Any, number: float) -> Value:
    return ir.Constant(y.type, [number] * y.type.count)


def _whole(kind: Any, number: int) -> Value:
    return ir.Constant(kind, [number] * kind.count)
