"""What each word of an expression of elements is on vectors: one table for operations on elements.

As the activations of an epilogue are, a word is right in float32; in float64 what has no short series is asked of the C
library, an element at a time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import Variable
from kaiyan.engine.codegen.parts.epilogue import EMITTED
from kaiyan.engine.codegen.parts.series import (
    FAR,
    LN2,
    by_element,
    erf,
    exp,
    exp2,
    expm1,
    least,
    like,
    log,
    log1p,
    log1p_of_share,
    most,
    own,
    tanh,
    turned,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

    Word = Callable[..., Value]


def _single(short: Word, long: str) -> Word:
    """A function by its series in float32, and by the C library in float64."""

    def word(code: Code, x: Value) -> Value:
        return short(code, x) if code.itemsize == 4 else by_element(code, long, x)

    return word


_tanh = _single(tanh, "tanh")
_erf = _single(erf, "erf")
_log1p = _single(log1p, "log1p")
_expm1 = _single(expm1, "expm1")


def _maximum(code: Code, a: Value, b: Value) -> Value:
    return _or_nan(code, most(code, a, b), b)


def _minimum(code: Code, a: Value, b: Value) -> Value:
    return _or_nan(code, least(code, a, b), b)


def _or_nan(code: Code, value: Value, b: Value) -> Value:
    """The value, or b where that is no number."""
    return value if isinstance(b, ir.Constant) else code.b.select(code.b.fcmp_unordered("uno", b, b), b, value)


def _clip(code: Code, x: Value, low: Value, high: Value) -> Value:
    return _minimum(code, _maximum(code, x, low), high)


def _reciprocal(code: Code, x: Value) -> Value:
    return code.b.fdiv(like(x, 1.0), x)


def _rsqrt(code: Code, x: Value) -> Value:
    return _reciprocal(code, own(code, "sqrt", x))


def _square(code: Code, x: Value) -> Value:
    return code.b.fmul(x, x)


_POWERS: dict[float, Word] = {
    0.0: lambda _, x: like(x, 1.0),
    0.5: lambda code, x: own(code, "sqrt", x),
    1.0: lambda _, x: x,
    2.0: _square,
    3.0: lambda code, x: code.b.fmul(_square(code, x), x),
    -0.5: _rsqrt,
    -1.0: _reciprocal,
    -2.0: lambda code, x: _reciprocal(code, _square(code, x)),
}
"""Powers that are not asked of the C library, the same ones as in torch."""


def _pow(code: Code, x: Value, power: Value) -> Value:
    if isinstance(power, ir.Constant):
        number = power.constant[0]
        number = getattr(number, "constant", number)
        if number in _POWERS:
            return _POWERS[number](code, x)
    if code.itemsize == 8:
        return by_element(code, "pow", x, power)
    wide = ir.VectorType(ir.DoubleType(), x.type.count)
    return code.b.fptrunc(by_element(code, "pow", code.b.fpext(x, wide), code.b.fpext(power, wide)), x.type)


def _sign(code: Code, x: Value) -> Value:
    """1, 0 or -1, and 0 for what is no number, as in torch."""
    above = code.b.select(code.b.fcmp_ordered(">", x, like(x, 0.0)), like(x, 1.0), like(x, 0.0))
    return code.b.select(code.b.fcmp_ordered("<", x, like(x, 0.0)), like(x, -1.0), above)


def _sine(quarters: int, name: str) -> Word:
    def word(code: Code, x: Value) -> Value:
        if code.itemsize == 8:
            return by_element(code, name, x)
        value = Variable(code, x.type)
        value.put(turned(code, x, quarters))
        near = code.b.fcmp_ordered("<", own(code, "fabs", x), like(x, FAR))
        bits = code.b.bitcast(near, ir.IntType(x.type.count))
        with code.when(code.b.icmp_unsigned("!=", bits, ir.Constant(bits.type, -1))):
            value.put(by_element(code, name, x))
        return value.get()

    return word


def _hardsigmoid(code: Code, x: Value) -> Value:
    return code.b.fdiv(EMITTED["relu6"](code, code.b.fadd(x, like(x, 3.0))), like(x, 6.0))


def _gelu(code: Code, x: Value) -> Value:
    if code.itemsize == 4:
        return EMITTED["gelu"](code, x)
    share = by_element(code, "erfc", code.b.fmul(x, like(x, -math.sqrt(0.5))))
    return code.b.fmul(code.b.fmul(x, like(x, 0.5)), share)


def _gelu_tanh(code: Code, x: Value) -> Value:
    """``x (1 + tanh(z)) / 2`` is ``x / (1 + exp(-2 z))``, which loses nothing where tanh is near -1."""
    cube = code.fma(code.b.fmul(_square(code, x), x), like(x, 0.044715), x)
    power = exp(code, code.b.fmul(cube, like(x, -2 * math.sqrt(2 / math.pi))))
    return code.b.fdiv(x, code.b.fadd(power, like(x, 1.0)))


def _leaky_relu(code: Code, x: Value, slope: Value) -> Value:
    return code.b.select(code.b.fcmp_ordered(">", x, like(x, 0.0)), x, code.b.fmul(x, slope))


def _not_above(code: Code, x: Value) -> Value:
    """0 instead of what is above it."""
    return code.b.select(code.b.fcmp_ordered(">", x, like(x, 0.0)), like(x, 0.0), x)


def _relu(code: Code, x: Value) -> Value:
    """0 instead of what is below it; -0 stays, as in torch."""
    return code.b.select(code.b.fcmp_ordered("<", x, like(x, 0.0)), like(x, 0.0), x)


def _elu(code: Code, x: Value, alpha: Value, stretch: Value | None = None) -> Value:
    """``alpha (exp(x / stretch) - 1)`` where x is not above 0."""
    below = _not_above(code, x)
    below = below if stretch is None else code.b.fdiv(below, stretch)
    low = code.b.fmul(_expm1(code, below), alpha)
    return code.b.select(code.b.fcmp_ordered(">", x, like(x, 0.0)), x, low)


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
"""Source: Klambauer et al., arXiv:1706.02515."""


def _selu(code: Code, x: Value) -> Value:
    return code.b.fmul(_elu(code, x, like(x, SELU_ALPHA)), like(x, SELU_SCALE))


def _celu(code: Code, x: Value, alpha: Value) -> Value:
    return _elu(code, x, alpha, alpha)


def _softplus(code: Code, x: Value, beta: Value | None = None, threshold: Value | None = None) -> Value:
    """``log(1 + exp(beta x)) / beta``, and x where beta x is above the threshold."""
    y = x if beta is None else code.b.fmul(x, beta)
    share = exp(code, code.b.fneg(own(code, "fabs", y)))
    log_of_sum = log1p_of_share(code, share) if code.itemsize == 4 else by_element(code, "log1p", share)
    value = code.b.fadd(most(code, y, like(y, 0.0)), log_of_sum)
    value = value if beta is None else code.b.fdiv(value, beta)
    limit = like(x, 20.0) if threshold is None else threshold
    return code.b.select(code.b.fcmp_ordered(">", y, limit), x, value)


def _logsigmoid(code: Code, x: Value) -> Value:
    share = exp(code, code.b.fneg(own(code, "fabs", x)))
    log_of_sum = log1p_of_share(code, share) if code.itemsize == 4 else by_element(code, "log1p", share)
    return code.b.fsub(least(code, x, like(x, 0.0)), log_of_sum)


def _mish(code: Code, x: Value) -> Value:
    """``x tanh(log(1 + e))``, e = exp(x), is ``x (e² + 2e) / (e² + 2e + 2)``."""
    power = exp(code, least(code, x, like(x, 20.0)))
    above = code.b.fmul(power, code.b.fadd(power, like(x, 2.0)))
    return code.b.fmul(x, code.b.fdiv(above, code.b.fadd(above, like(x, 2.0))))


def _softsign(code: Code, x: Value) -> Value:
    return code.b.fdiv(x, code.b.fadd(own(code, "fabs", x), like(x, 1.0)))


def _hardshrink(code: Code, x: Value, limit: Value) -> Value:
    inside = code.b.fcmp_ordered("<=", own(code, "fabs", x), limit)
    return code.b.select(inside, like(x, 0.0), x)


def _softshrink(code: Code, x: Value, limit: Value) -> Value:
    above = code.b.fcmp_ordered(">", x, limit)
    below = code.b.fcmp_ordered("<", x, code.b.fneg(limit))
    zero = code.b.select(code.b.fcmp_unordered("uno", x, x), x, like(x, 0.0))
    moved = code.b.select(below, code.b.fadd(x, limit), zero)
    return code.b.select(above, code.b.fsub(x, limit), moved)


def _threshold(code: Code, x: Value, limit: Value, other: Value) -> Value:
    return code.b.select(code.b.fcmp_ordered("<=", x, limit), other, x)


def _logarithm(octave: float, name: str) -> Word:
    return _single(lambda code, x: log(code, x, octave), name)


def _owned(name: str) -> Word:
    return lambda code, x: own(code, name, x)


EMITTED_WORDS: dict[str, Word] = EMITTED | {
    "relu": _relu,
    "relu6": lambda code, x: least(code, _relu(code, x), like(x, 6.0)),
    "add": lambda code, a, b: code.b.fadd(a, b),
    "sub": lambda code, a, b: code.b.fsub(a, b),
    "mul": lambda code, a, b: code.b.fmul(a, b),
    "div": lambda code, a, b: code.b.fdiv(a, b),
    "maximum": _maximum,
    "minimum": _minimum,
    "pow": _pow,
    "neg": lambda code, x: code.b.fneg(x),
    "abs": _owned("fabs"),
    "sign": _sign,
    "exp": exp,
    "exp2": _single(exp2, "exp2"),
    "expm1": _expm1,
    "log": _logarithm(LN2, "log"),
    "log2": _logarithm(1.0, "log2"),
    "log10": _logarithm(math.log10(2), "log10"),
    "log1p": _log1p,
    "sqrt": _owned("sqrt"),
    "rsqrt": _rsqrt,
    "reciprocal": _reciprocal,
    "square": _square,
    "floor": _owned("floor"),
    "ceil": _owned("ceil"),
    "trunc": _owned("trunc"),
    "round": _owned("rint"),
    "sin": _sine(0, "sin"),
    "cos": _sine(1, "cos"),
    "tanh": _tanh,
    "erf": _erf,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "hardsigmoid": _hardsigmoid,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _selu,
    "celu": _celu,
    "clip": _clip,
    "softplus": _softplus,
    "logsigmoid": _logsigmoid,
    "mish": _mish,
    "softsign": _softsign,
    "hardshrink": _hardshrink,
    "softshrink": _softshrink,
    "threshold": _threshold,
}
"""By the words of ELEMENT_FUNCTIONS in program/operations/elementwise.py; operands are vectors, and so are numbers."""
