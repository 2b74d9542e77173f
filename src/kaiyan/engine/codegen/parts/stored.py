"""What memory holds and what registers sum are two types: a load widens, a store rounds once and says what did not fit.

Halves are taken apart as whole numbers: the instructions that convert them are not on every CPU, and without them LLVM
calls functions that no process has. It costs ten operations a vector, beside a load and a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from kaiyan.engine.codegen.language.ir import I32
from kaiyan.engine.types import BYTES, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.engine.codegen.language.code import Code
    from kaiyan.engine.codegen.language.ir import Value

WHOLE_BITS = {name: 8 * size for name, size in BYTES.items() if is_whole(name)}
"""Bits of whole numbers, by NumPy's names."""
_SIGN, _INFINITE = 0x80000000, 0x7F800000


def is_signed(name: str) -> bool:
    """Whether a type of whole numbers has negative ones."""
    return name.startswith("int")


def limits(name: str) -> tuple[int, int]:
    """The least whole number of a type and the first above its largest."""
    bits = WHOLE_BITS[name]
    return (-(2 ** (bits - 1)), 2 ** (bits - 1)) if is_signed(name) else (0, 2**bits)


def pointer(code: Code, index: int, stored: str) -> Value:
    """The pointer at ``index`` of the arguments, to elements as they are stored; "" stands for what is summed."""
    return code.argument(index, memory_type(code, stored))


def widening(stored: str) -> float:
    """Cycles that a vector takes from the type that is stored to the one that is summed in, beside its load."""
    return 5.0 if stored in ("float16", "bfloat16") else 0.0


def vector(
    code: Code, place: Value, *offsets: Value, stored: str, mask: Value = None, lanes: int | None = None
) -> Value:
    """The elements from here on, in the type that is summed in; outside a mask nothing is read."""
    return widened(code, code.vector(place, *offsets, mask=mask, lanes=lanes), stored)


def element(code: Code, place: Value, *offsets: Value, stored: str) -> Value:
    """One element, in the type that is summed in."""
    loaded = code.load(place, *offsets)
    if _same(code, stored):
        return loaded
    one = ir.Constant(ir.VectorType(loaded.type, 1), ir.Undefined)
    return code.lane(widened(code, code.b.insert_element(one, loaded, I32(0)), stored), 0)


def gathered(code: Code, place: Value, apart: int, count: Value, stored: str) -> Value:
    """The first ``count`` elements that lie ``apart``, in the type that is summed in; zeros in the other lanes."""
    L = code.lanes
    elements = code.constant(0)
    for first, mask in _pieces(code, apart, count):
        piece = vector(code, place, first * apart, stored=stored, mask=_seen(code, mask, stored))
        lanes = [L + (lane - first) * apart if 0 <= (lane - first) * apart < L else lane for lane in range(L)]
        elements = code.shuffle(elements, piece, lanes)
    return elements


def scatter(code: Code, value: Value, place: Value, apart: int, count: Value, stored: str) -> None:
    """Stores the first ``count`` lanes of what was summed ``apart`` from one another, and nothing between them.

    By masked vectors: 64x136x136 to 32 channels, 2x2 at stride 2, takes 4.3 ms, and with lanes one by one 4.55.
    """
    short = narrowed(code, value, stored)
    for first, mask in _pieces(code, apart, count):
        lanes = [first + lane // apart for lane in range(code.lanes)]
        spread = code.shuffle(short, short, [min(lane, code.lanes - 1) for lane in lanes])
        code.put(spread, place, first * apart, mask=_seen(code, mask, stored))


def _pieces(code: Code, apart: int, count: Value) -> Iterator[tuple[int, Value]]:
    """The vectors of memory that hold the first ``count`` elements ``apart``: the first one of each, and their mask."""
    L = code.lanes
    most = count if isinstance(count, int) else L
    for first in range(0, min(most, L), -(-L // apart)):
        held = [lane % apart == 0 and first + lane // apart < most for lane in range(L)]
        mask = code.lanes_of(held)
        if not isinstance(count, int):
            mask = code.both(mask, code.mask(code.mul(code.sub(count, first), apart)))
        yield first, mask


def _seen(code: Code, mask: Value, stored: str) -> Value:
    """A mask for what is stored: of narrow types LLVM must not see it; see ``_put_first``."""
    return mask if _same(code, stored) or mask is None else _veiled(code, mask)


def cast(code: Code, place: Value, stored: str) -> Value:
    """A pointer to what is summed as one to what is stored."""
    return place if _same(code, stored) else code.b.bitcast(place, memory_type(code, stored).as_pointer())


def put(code: Code, value: Value, place: Value, *offsets: Value, stored: str, mask: Value = None) -> None:
    """Stores a vector of what was summed, rounded to the type that is stored."""
    short = narrowed(code, value, stored)
    if mask is None or short is value:
        code.put(short, place, *offsets, mask=mask)
    elif isinstance(mask, ir.Constant):
        _put_first(code, short, code.at(place, *offsets), sum(lane.constant for lane in mask.constant))
    else:
        code.put(short, place, *offsets, mask=_veiled(code, mask))


def _put_first(code: Code, value: Value, place: Value, count: int) -> None:
    """Stores the first elements of a vector, in pieces that need no mask.

    LLVM 20 stores the 4 bytes of a wider lane for a mask of one lane, where a vector was cut to a narrow type before.
    """
    done = 0
    while done < count:
        piece = 1 << (count - done).bit_length() - 1
        code.put(code.shuffle(value, value, range(done, done + piece)), place, done)
        done += piece


def _veiled(code: Code, mask: Value) -> Value:
    """A mask of which LLVM does not see that it is of one lane; see ``_put_first``."""
    bits = code.b.zext(code.b.bitcast(mask, ir.IntType(mask.type.count)), I32)
    kind = ir.FunctionType(I32, [I32])
    hidden = code.b.asm(kind, "", "=r,0", [bits], side_effect=False)
    return code.b.bitcast(code.b.trunc(hidden, ir.IntType(mask.type.count)), mask.type)


def misfit(code: Code, value: Value, stored: str, *, saturate: bool, mask: Value = None) -> Value:
    """Whether a lane inside the mask does not fit a type of whole numbers: NaN, or what is not clipped and outside."""
    lanes = code.b.fcmp_unordered("uno", value, value)
    if not saturate:
        low, high = limits(stored)
        below = code.b.fcmp_ordered("<", value, _like(value, float(low)))
        above = code.b.fcmp_ordered(">=", value, _like(value, float(high)))
        lanes = code.b.or_(lanes, code.b.or_(below, above))
    lanes = code.both(mask, lanes)
    bits = code.b.bitcast(lanes, ir.IntType(value.type.count))
    return code.b.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


def rounded(code: Code, value: Value) -> Value:
    """The nearest whole numbers, halves to the even one."""
    kind = value.type
    bits = code.itemsize * 8
    return code.call(f"llvm.rint.v{kind.count}f{bits}", kind, [kind], value)


def _same(code: Code, stored: str) -> bool:
    return stored in ("", "float32" if code.itemsize == 4 else "float64")


def memory_type(code: Code, stored: str) -> Any:
    """The code's word for elements as they are stored; "" stands for what is summed."""
    if _same(code, stored):
        return code.scalar
    if stored in WHOLE_BITS:
        return ir.IntType(WHOLE_BITS[stored])
    return {"float32": ir.FloatType(), "float64": ir.DoubleType()}.get(stored, ir.IntType(16))


def widened(code: Code, loaded: Value, stored: str) -> Value:
    """Elements as they are stored, in the type that is summed in."""
    if _same(code, stored):
        return loaded
    count = loaded.type.count
    kind = ir.VectorType(code.scalar, count)
    if stored == "bool":
        held = code.b.icmp_unsigned("!=", loaded, ir.Constant(loaded.type, [0] * count))
        return code.b.uitofp(held, kind)
    if stored in WHOLE_BITS:
        return code.b.sitofp(loaded, kind) if is_signed(stored) else code.b.uitofp(loaded, kind)
    if stored in ("float16", "bfloat16"):
        bits = code.b.zext(loaded, ir.VectorType(I32, count))
        loaded = (_from_half if stored == "float16" else _from_brain)(code, bits)
    if loaded.type == kind:
        return loaded
    return (code.b.fpext if code.itemsize == 8 else code.b.fptrunc)(loaded, kind)


def narrowed(code: Code, value: Value, stored: str) -> Value:
    """A vector of what was summed, rounded to the type that is stored; whole numbers are whole already."""
    if _same(code, stored):
        return value
    if stored in WHOLE_BITS:
        return _whole(code, value, stored)
    if stored in ("float16", "bfloat16"):
        single = value if code.itemsize == 4 else _to_odd(code, value)
        bits = code.b.bitcast(single, ir.VectorType(I32, value.type.count))
        short = (_to_half if stored == "float16" else _to_brain)(code, bits)
        return code.b.trunc(short, ir.VectorType(ir.IntType(16), value.type.count))
    wanted = ir.VectorType(memory_type(code, stored), value.type.count)
    return (code.b.fptrunc if stored == "float32" else code.b.fpext)(value, wanted)


def _whole(code: Code, value: Value, stored: str) -> Value:
    """Whole numbers clipped to their type; a lane that is chosen is one that could be converted."""
    low, high = limits(stored)
    signed = is_signed(stored) or high < 2**31
    wide = ir.VectorType(ir.IntType(32 if signed and high <= 2**31 else 64), value.type.count)
    converted = (code.b.fptosi if signed or high < 2**63 else code.b.fptoui)(value, wide)
    below = code.b.fcmp_ordered("<", value, _like(value, float(low)))
    above = code.b.fcmp_ordered(">=", value, _like(value, float(high)))
    converted = code.b.select(below, _number(wide, low), converted)
    converted = code.b.select(above, _number(wide, high - 1), converted)
    kind = ir.VectorType(ir.IntType(WHOLE_BITS[stored]), value.type.count)
    return converted if kind == wide else code.b.trunc(converted, kind)


def _to_odd(code: Code, value: Value) -> Value:
    """Doubles as floats cut off towards zero, the last bit set where something was: what is rounded next is right.

    Source: Boldo and Melquiond, Emulation of FMA and correctly rounded sums: rounding to odd.
    """
    b, count = code.b, value.type.count
    near = b.fptrunc(value, ir.VectorType(ir.FloatType(), count))
    back = b.fpext(near, value.type)
    bits = b.bitcast(near, ir.VectorType(I32, count))
    over = b.fcmp_ordered(">", _size(code, back), _size(code, value))
    cut = b.select(over, b.sub(bits, _number(bits.type, 1)), bits)
    odd = b.select(b.fcmp_ordered("!=", back, value), b.or_(cut, _number(bits.type, 1)), bits)
    return b.bitcast(odd, near.type)


def _size(code: Code, value: Value) -> Value:
    return code.call(f"llvm.fabs.v{value.type.count}f64", value.type, [value.type], value)


def _from_brain(code: Code, bits: Value) -> Value:
    return code.b.bitcast(_shifted(code, bits, 16), ir.VectorType(ir.FloatType(), bits.type.count))


def _to_brain(code: Code, bits: Value) -> Value:
    """The upper half, rounded to the nearest, the even one of two; a number that is none stays so."""
    b = code.b
    odd = b.and_(b.lshr(bits, _number(bits.type, 16)), _number(bits.type, 1))
    near = b.add(bits, b.add(odd, _number(bits.type, 0x7FFF)))
    none = b.icmp_unsigned(">", b.and_(bits, _number(bits.type, _SIGN - 1)), _number(bits.type, _INFINITE))
    return b.lshr(b.select(none, b.or_(bits, _number(bits.type, 0x400000)), near), _number(bits.type, 16))


def _from_half(code: Code, bits: Value) -> Value:
    """Source: F. Giesen, half_to_float_fast5; a half below the normal ones is what is left of a normal difference."""
    b, kind = code.b, ir.VectorType(ir.FloatType(), bits.type.count)
    apart = _shifted(code, b.and_(bits, _number(bits.type, 0x7FFF)), 13)
    exponent = b.and_(apart, _number(bits.type, 0x1F << 23))
    moved = b.add(apart, _number(bits.type, 112 << 23))
    infinite = b.icmp_unsigned("==", exponent, _number(bits.type, 0x1F << 23))
    moved = b.select(infinite, b.add(moved, _number(bits.type, 112 << 23)), moved)
    small = b.icmp_unsigned("==", exponent, _number(bits.type, 0))
    raised = b.bitcast(b.add(moved, _number(bits.type, 1 << 23)), kind)
    lowest = b.bitcast(_number(bits.type, 113 << 23), kind)
    size = b.select(small, b.bitcast(b.fsub(raised, lowest), bits.type), moved)
    sign = _shifted(code, b.and_(bits, _number(bits.type, 0x8000)), 16)
    return b.bitcast(b.or_(size, sign), kind)


def _to_half(code: Code, bits: Value) -> Value:
    """Source: F. Giesen, float_to_half_fast3_rtne: to the nearest, the even one of two."""
    b, kind = code.b, ir.VectorType(ir.FloatType(), bits.type.count)
    sign = b.and_(bits, _number(bits.type, _SIGN))
    size = b.xor(bits, sign)
    none = b.icmp_unsigned(">", size, _number(bits.type, _INFINITE))
    over = b.select(none, _number(bits.type, 0x7E00), _number(bits.type, 0x7C00))
    magic = _number(bits.type, 126 << 23)
    added = b.fadd(b.bitcast(size, kind), b.bitcast(magic, kind))
    small = b.sub(b.bitcast(added, bits.type), magic)
    odd = b.and_(b.lshr(size, _number(bits.type, 13)), _number(bits.type, 1))
    near = b.add(size, b.add(odd, _number(bits.type, ((15 - 127) << 23) + 0xFFF & 0xFFFFFFFF)))
    usual = b.lshr(near, _number(bits.type, 13))
    short = b.select(b.icmp_unsigned("<", size, _number(bits.type, 113 << 23)), small, usual)
    short = b.select(b.icmp_unsigned(">=", size, _number(bits.type, 143 << 23)), over, short)
    return b.or_(short, b.lshr(sign, _number(bits.type, 16)))


def _shifted(code: Code, bits: Value, places: int) -> Value:
    return code.b.shl(bits, _number(bits.type, places))


def _like(value: Value, number: float) -> Value:
    return ir.Constant(value.type, [number] * value.type.count)


def _number(kind: Value, number: int) -> Value:
    return ir.Constant(kind, [number] * kind.count)
