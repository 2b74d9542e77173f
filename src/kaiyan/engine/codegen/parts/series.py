"""Functions of vectors by series and quotients of polynomials: exp, log, tanh, erf, sine; NaN stays NaN in each.

exp is good in float32 and float64, the others in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

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
_LOG2E, LN2 = 1.4426950408889634, 0.6931471805599453
_LN2_HIGH, _LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6
_TERMS = {4: 7, 8: 13}
"""Terms of the series of exp on half an octave that leave less than one unit in the last place, by itemsize."""
_FLAT = {4: 104.0, 8: 746.0}
"""Beyond which exp is 0 or infinite."""
_QUARTER_TURN = (1.5707963267948966, 6.123233995736766e-17)
"""Half of pi in two doubles."""
_SINE = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1, 0.0)
_COSINE = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2, -0.5, 1.0)
"""Polynomials of r² for |r| ≤ pi / 4. Source: S. Moshier, Cephes, sinf.c."""
FAR = 2.0**29
"""Angles from here on are not reduced by two doubles."""


def least(code: Code, a: Value, b: Value) -> Value:
    """The smaller one; a where it is no number."""
    return code.b.select(code.b.fcmp_unordered("<", a, b), a, b)


def most(code: Code, a: Value, b: Value) -> Value:
    """The larger one; a where it is no number."""
    return code.b.select(code.b.fcmp_unordered(">", a, b), a, b)


def like(y: Any, number: float) -> Value:
    """A number in as many lanes."""
    return ir.Constant(y.type, [number] * y.type.count)


def own(code: Code, name: str, *values: Value) -> Value:
    """A function of LLVM's on vectors, such as sqrt, of which it knows the instruction."""
    kind = values[0].type
    bits = 32 if isinstance(kind.element, ir.FloatType) else 64
    return code.call(f"llvm.{name}.v{kind.count}f{bits}", kind, [kind] * len(values), *values)


def tanh(code: Code, y: Value) -> Value:
    """The hyperbolic tangent."""
    return _rational(code, y, _TANH, 7.90531110763549805)


def erf(code: Code, y: Value) -> Value:
    """The error function."""
    return _rational(code, y, _ERF, 4.0)


def exp(code: Code, x: Value) -> Value:
    """2**n * exp(r): n whole, |r| ≤ ln 2 / 2, exp(r) by its series; two steps of scale keep 2**n in range."""
    n, r = _octaves(code, x, _FLAT[code.itemsize])
    return _scaled(code, _power(code, r), n)


def exp2(code: Code, x: Value) -> Value:
    """2**n * exp(r ln 2)."""
    clipped = most(code, least(code, x, like(x, 160.0)), like(x, -160.0))
    n = own(code, "rint", clipped)
    r = code.b.fmul(code.b.fsub(clipped, n), like(x, LN2))
    return _scaled(code, _power(code, r), n)


def expm1(code: Code, x: Value) -> Value:
    """exp(x) - 1, good near 0 too: 2**n * (exp(r) - 1 + (1 - 2**-n)); 0 keeps its sign."""
    n, r = _octaves(code, x, 25.0 if code.itemsize == 4 else 50.0)
    series = like(x, 0.0)
    for term in reversed(_factorials(_TERMS[code.itemsize])[1:]):
        series = code.fma(series, r, like(x, 1 / term))
    apart = code.b.fsub(like(x, 1.0), _scaled(code, like(x, 1.0), code.b.fneg(n)))
    value = _scaled(code, code.fma(series, r, apart), n)
    return code.b.select(code.b.fcmp_ordered("==", x, like(x, 0.0)), x, value)


def log(code: Code, x: Value, octave: float = LN2) -> Value:
    """The logarithm whose value for 2 is ``octave``: of x = 2**n m, m about 1, by the series of artanh."""
    b = code.b
    whole = ir.VectorType(I32, x.type.count)
    tiny = b.fcmp_ordered("<", x, like(x, 2.0**-126))
    raised = b.select(tiny, b.fmul(x, like(x, 2.0**32)), x)
    bits = b.sub(b.bitcast(raised, whole), number(whole, _ROOT_HALF))
    n = b.ashr(bits, number(whole, 23))
    m = b.bitcast(b.add(b.and_(bits, number(whole, 0x7FFFFF)), number(whole, _ROOT_HALF)), x.type)
    n = b.fsub(b.sitofp(n, x.type), b.select(tiny, like(x, 32.0), like(x, 0.0)))
    value = code.fma(n, like(x, octave), b.fmul(_artanh(code, b.fsub(m, like(x, 1.0))), like(x, octave / LN2)))
    value = b.select(b.fcmp_ordered("==", x, like(x, 0.0)), like(x, float("-inf")), value)
    value = b.select(b.fcmp_unordered("<", x, like(x, 0.0)), like(x, float("nan")), value)
    return b.select(b.fcmp_ordered("==", x, like(x, float("inf"))), x, value)


def log1p(code: Code, x: Value) -> Value:
    """log(1 + x), with what the sum lost put back; 0 keeps its sign."""
    b = code.b
    total = b.fadd(x, like(x, 1.0))
    lost = b.fsub(x, b.fsub(total, like(x, 1.0)))
    value = b.fadd(log(code, total), b.fdiv(lost, total))
    ends = b.or_(b.fcmp_ordered("==", x, like(x, float("inf"))), b.fcmp_ordered("==", x, like(x, 0.0)))
    value = b.select(b.fcmp_ordered("==", x, like(x, -1.0)), like(x, float("-inf")), value)
    return b.select(ends, x, value)


def log1p_of_share(code: Code, x: Value) -> Value:
    """log(1 + x) for x from 0 to 1."""
    return _artanh(code, x, terms=9)


def turned(code: Code, x: Value, quarters: int) -> Value:
    """The sine of x and so many quarter turns, for |x| < ``FAR``: reduced in float64, by a polynomial in float32."""
    b = code.b
    wide = b.fpext(x, ir.VectorType(ir.DoubleType(), x.type.count))
    turns = own(code, "rint", b.fmul(wide, like(wide, 1 / _QUARTER_TURN[0])))
    for part in _QUARTER_TURN:
        wide = own(code, "fma", turns, like(wide, -part), wide)
    r = b.fptrunc(wide, x.type)
    whole = ir.VectorType(I32, x.type.count)
    quarter = b.add(b.fptosi(turns, whole), number(whole, quarters))
    square = b.fmul(r, r)
    sine = code.fma(_polynomial(code, square, _SINE), r, r)
    cosine = _polynomial(code, square, _COSINE)
    odd = b.icmp_signed("!=", b.and_(quarter, number(whole, 1)), number(whole, 0))
    value = b.bitcast(b.select(odd, cosine, sine), whole)
    sign = b.shl(b.and_(quarter, number(whole, 2)), number(whole, 30))
    return b.bitcast(b.xor(value, sign), x.type)


def by_element(code: Code, name: str, *values: Value) -> Value:
    """A function of the C library, one element after the other."""
    kind = values[0].type
    word = name + "f" if isinstance(kind.element, ir.FloatType) else name
    result = ir.Constant(kind, ir.Undefined)
    for lane in range(kind.count):
        elements = [code.lane(value, lane) for value in values]
        one = code.call(word, kind.element, [kind.element] * len(values), *elements)
        result = code.b.insert_element(result, one, I32(lane))
    return result


def number(kind: Any, value: int) -> Value:
    """A whole number in every lane of a vector of this kind."""
    return ir.Constant(kind, [value] * kind.count)


_ROOT_HALF = 0x3F3504F3
"""The bits of the square root of a half in float32."""


def _artanh(code: Code, f: Value, terms: int = 6) -> Value:
    """log(1 + f) = 2 artanh(s), s = f / (2 + f), by its series."""
    s = code.b.fdiv(f, code.b.fadd(f, like(f, 2.0)))
    square = code.b.fmul(s, s)
    series = _polynomial(code, square, [2 / (2 * i + 1) for i in reversed(range(1, terms))])
    return code.fma(code.b.fmul(series, square), s, code.b.fadd(s, s))


def _power(code: Code, r: Value) -> Value:
    """exp(r) for |r| ≤ ln 2 / 2."""
    series = like(r, 0.0)
    for term in reversed(_factorials(_TERMS[code.itemsize])):
        series = code.fma(series, r, like(r, 1 / term))
    return series


def _octaves(code: Code, x: Value, lowest: float) -> tuple[Value, Value]:
    """Whole n and the rest r with x = n ln 2 + r; x is clipped where exp is infinite, and from below."""
    limit = _FLAT[code.itemsize]
    clipped = most(code, least(code, x, like(x, limit)), like(x, -lowest))
    n = own(code, "rint", code.b.fmul(clipped, like(x, _LOG2E)))
    r = code.fma(n, like(x, -_LN2_HIGH), clipped)
    return n, code.fma(n, like(x, -_LN2_LOW), r)


def _scaled(code: Code, value: Value, n: Value) -> Value:
    """Value * 2**n, n a whole number as a float."""
    bits = code.itemsize * 8
    bias, digits = (127, 23) if bits == 32 else (1023, 52)
    whole = ir.VectorType(ir.IntType(bits), n.type.count)
    half = code.b.fptosi(code.b.fmul(n, like(n, 0.5)), whole)
    rest = code.b.sub(code.b.fptosi(n, whole), half)
    for power in (half, rest):
        exponent = code.b.shl(code.b.add(power, number(whole, bias)), number(whole, digits))
        value = code.b.fmul(value, code.b.bitcast(exponent, n.type))
    return value


def _rational(code: Code, x: Value, terms: tuple[tuple[float, ...], ...], flat: float) -> Value:
    x = most(code, least(code, x, like(x, flat)), like(x, -flat))
    square = code.b.fmul(x, x)
    above, below = (_polynomial(code, square, factors) for factors in terms)
    return code.b.fdiv(code.b.fmul(x, above), below)


def _polynomial(code: Code, x: Value, factors: Sequence[float]) -> Value:
    total = like(x, factors[0])
    for factor in factors[1:]:
        total = own(code, "fma", total, x, like(x, factor))
    return total


def _factorials(count: int) -> list[int]:
    factorials = [1]
    for n in range(1, count + 1):
        factorials.append(factorials[-1] * n)
    return factorials
