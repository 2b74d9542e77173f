"""Every buffer of every kernel between two pages that cannot be touched: a wrong index ends the run.

``python tests/engine/guard_pages.py 5000 7`` runs 5000 random problems from seed 7 and says how many kernels it ran;
``5000 7 strided`` those of one flavour.
A run is a process of its own, because what it looks for is a crash.
"""

from __future__ import annotations

import ctypes
import mmap
import random
import sys
from dataclasses import replace
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from kaiyan.arrays import numpy as numpy_row
from kaiyan.engine.algorithms import ALGORITHMS
from kaiyan.engine.algorithms.depthwise import Depthwise
from kaiyan.engine.algorithms.phases import WinogradPhases
from kaiyan.engine.algorithms.strided_winograd import StridedWinograd
from kaiyan.engine.algorithms.winograd import Winograd
from kaiyan.engine.codegen.routines import (
    over_channels,
    over_channels_inside,
    over_columns,
    over_columns_inside,
    over_output_channels,
    over_output_channels_cut,
)
from kaiyan.engine.codegen.running.machine import machine
from kaiyan.engine.codegen.running.threads import set_num_threads
from kaiyan.engine.generated import Generated, _geometry, setting
from kaiyan.engine.gradients import generated as gradients
from kaiyan.engine.gradients.dense import Dense
from kaiyan.engine.gradients.winograd import WinogradGradient
from kaiyan.engine.problem import Problem
from kaiyan.engine.types import BYTES, Types, types_of
from kaiyan.reference.activation import ACTIVATIONS
from kaiyan.reference.backward import weight_gradient as defined
from kaiyan.reference.forward import forward
from kaiyan.show.error import ConvError
from kaiyan.show.sentence import Sentence, sentence
from kaiyan.spec.conv import Conv

PAGE = mmap.PAGESIZE
FORBIDDEN = 0
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
TYPES = ("bool", *(name for name in BYTES if name not in ("bool", "bfloat16")))
MODES = ("zeros", "zeros", "constant(3)", "reflect", "replicate", "circular", "symmetric")


class Guarded:
    """Memory between forbidden pages: one block ends where a page begins, the next begins where one ends."""

    def __init__(self) -> None:
        self.blocks: dict[int, tuple[mmap.mmap, int]] = {}
        self.at_end = False

    def take(self, size: int) -> int:
        """The address of ``size`` bytes, all of which make NaN: what is read before it is written shows."""
        self.at_end = not self.at_end
        pages = -(-size // PAGE)
        block = mmap.mmap(-1, (pages + 2) * PAGE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(block))
        for guard in (start, start + (pages + 1) * PAGE):
            assert LIBC.mprotect(guard, PAGE, FORBIDDEN) == 0
        address = start + PAGE + (pages * PAGE - size if self.at_end else 0)
        self.blocks[address] = (block, size)
        ctypes.memset(address, 0xFF, size)
        return address

    def give(self, address: int) -> None:
        """Takes a block back."""
        del self.blocks[address]

    def array(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
        """An array in such memory."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        buffer = (ctypes.c_char * max(size, 1)).from_address(self.take(max(size, 1)))
        return np.frombuffer(buffer, dtype, size // np.dtype(dtype).itemsize).reshape(shape)

    def copy(self, a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """A copy of a dense array in such memory."""
        made = self.array(a.shape, a.dtype)
        made[...] = a
        return made


GUARDED = Guarded()


MALLOC = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)(GUARDED.take)
FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(GUARDED.give)


class GuardedLibrary(llvm.JITLibraryBuilder):  # type: ignore[misc]
    """Machine code that takes its scratch here."""

    def add_current_process(self) -> Any:
        for name, function in (("malloc", MALLOC), ("free", FREE)):
            self.import_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
        return super().add_current_process()


class OneRoutine(Depthwise):
    """Depthwise by one routine, where it can: the algorithm's own choice would leave some of them untried."""

    def __init__(self, module: Any) -> None:
        self.name = module.__name__.rpartition(".")[2]
        self._cut = module.cut

    def unfit(self, problem: Problem) -> Sentence | None:
        """Why not: it is not depthwise, or ``cut`` gives no routine for it."""
        C, K = problem.spec.channels
        by_column = self._cut is over_columns.cut and problem.layout == "channels_last"
        asked = [setting(problem, types) for types in types_of(problem)]
        shape = _geometry(problem)[0]
        able = C == K and not by_column and all(self._cut(shape, source, *rest) for source, rest in asked)
        return super().unfit(problem) or (None if able else sentence("refused-channels-last", "the channels are last"))

    def routine(self, geometry: Any, source: str, setting: Any) -> Any:
        """The one."""
        return self._cut(geometry, source, *setting)


ROUTINES = tuple(map(OneRoutine, (over_channels, over_channels_inside, over_columns, over_columns_inside)))


FLAVOURS = ("any", "depthwise", "pointwise", "winograd", "strided", "phases", "deep")
PLAIN: dict[str, tuple[tuple[int, ...], ...]] = {
    "deep": ((7,), (8,)),
    "pointwise": ((1,),),
    "winograd": ((3,), (3, 1), (5,)),
    "strided": ((3,), (3, 4), (5, 6)),
    "phases": ((3,), (3, 4), (5, 6)),
}
"""The kernels of the flavours that have no dilation."""
STRIDES = {"pointwise": (1, 1, 2), "winograd": (1,), "strided": (2, 2, 2, 1), "phases": (2, 2, 2, 3)}


def problem(rng: random.Random, flavours: tuple[str, ...] = FLAVOURS) -> Problem:
    """One that some kernel can compute: every option, sizes from one pixel on; often one of a class of its own."""
    while True:
        rank = rng.choice((1, 2, 2, 2, 3))
        flavour = rng.choice(flavours)
        C, K, groups = (rng.choice((1, 2, 3, 5, 8, 16, 17, 24, 33, 40)) for _ in range(3))
        C, K, groups = (1, 1, groups) if flavour == "depthwise" else (C, K, min(groups, 5) if C < 8 else 1)
        C, groups = {"deep": (64, 1), "colours": (rng.choice((2, 3, 4)), 1)}.get(flavour, (C, groups))
        kernel = rng.choice(PLAIN.get(flavour, ((3,), (2,), (5, 1), (4, 3, 2), (7, 9))))
        plain = flavour in PLAIN
        pads = (0,) if flavour == "pointwise" else (0, 1, 2, (0, 1), (2, 0), "same", "causal", "same_lower")
        transposed = flavour == "phases" or (not plain and rng.random() < 0.2)
        sizes = (1, 2, 5, 7, 14, 17, 31, 40) if rank < 3 else (1, 3, 6, 9)
        try:
            spec = Conv(
                C * groups, K * groups, tuple(rng.choice(kernel) for _ in range(rank)),
                stride=tuple(rng.choice(STRIDES.get(flavour, (1, 1, 1, 2, 3))) for _ in range(rank)),
                padding=tuple(rng.choice(pads) for _ in range(rank)),
                dilation=1 if plain else tuple(rng.choice((1, 1, 1, 2, 3)) for _ in range(rank)), groups=groups,
                padding_mode="zeros" if transposed else rng.choice(MODES), transposed=transposed, rank=rank,
            )  # fmt: skip
            shape = (rng.choice((1, 1, 2, 3)), C * groups, *(rng.choice(sizes) for _ in range(rank)))
            output = spec.output_shape(shape)
        except ConvError:
            continue
        if 0 in output or spec.macs(shape) > 3e6:
            continue
        layout = rng.choice(("channels_first", "channels_first", "row_contiguous", "channels_last", "strided"))
        if rng.random() < 0.4:
            read, weight, given = rng.choice(TYPES), rng.choice(TYPES), rng.choice((None, None, *TYPES[1:]))
            return Problem(spec, shape, read, weight, weight, given, saturate=True, precision="fast", layout=layout)
        dtype = rng.choice(("float32", "float32", "float64", "float16"))
        made = Problem(spec, shape, dtype, dtype, dtype, precision="fast", layout=layout)
        return replace(made, activation=rng.choice((None, None, *ACTIVATIONS)), residual=rng.random() < 0.3)


def turned(rng: random.Random) -> Problem:
    """One of few channels, which stand last in the output alone."""
    layout = rng.choice(("channels_first", "row_contiguous", "strided"))
    return replace(problem(rng, ("colours",)), layout=layout, turned=True)


def single(rng: random.Random) -> Problem:
    """A depthwise one with zeros around, of kernels that reach past their pictures too."""
    while True:
        rank, groups = rng.choice((1, 2, 2, 2, 3)), rng.choice((1, 2, 5, 8, 15, 16, 17, 33, 70))
        kernels = rng.choice(((1, 2, 3), (3,), (3, 5), (5, 7, 9), tuple(range(1, 10)), (11, 21, 31)))
        pads = (0, 1, 2, 3, 7, 15, (0, 1), (2, 0), (4, 7), "same", "causal", "same_lower")
        try:
            spec = Conv(
                groups, groups, tuple(rng.choice(kernels) for _ in range(rank)),
                stride=tuple(rng.choice((1, 1, 2, 3)) for _ in range(rank)),
                padding=tuple(rng.choice(pads) for _ in range(rank)),
                dilation=tuple(rng.choice((1, 1, 2, 3)) for _ in range(rank)), groups=groups, rank=rank,
            )  # fmt: skip
            shape = (rng.choice((1, 1, 2, 3)), groups, *(rng.randint(1, 40 if rank < 3 else 9) for _ in range(rank)))
            output = spec.output_shape(shape)
        except ConvError:
            continue
        if 0 in output or spec.macs(shape) > 3e6:
            continue
        layout = rng.choice(("channels_first", "channels_last", "channels_last", "row_contiguous", "strided"))
        dtype = rng.choice(("float32", "float32", "float32", "float64", "float16"))
        made = Problem(spec, shape, dtype, dtype, dtype, precision="fast", layout=layout, threads=rng.choice((1, 2, 3)))
        return replace(made, activation=rng.choice((None, None, *ACTIVATIONS)), residual=rng.random() < 0.3)


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    """Whole numbers that a type holds, -4 to 4 where it has them."""
    low, high = {"b": (0, 2), "u": (0, 5)}.get(np.dtype(dtype).kind, (-4, 5))
    return rng.integers(low, high, shape).astype(dtype)


def laid(x: np.ndarray[Any, Any], layout: str) -> np.ndarray[Any, Any]:
    """The same numbers in guarded memory, laid out as asked: the last element of the view is the last of the memory."""
    if layout == "channels_last":
        wide = GUARDED.array((x.shape[0], *x.shape[2:], x.shape[1] + 3 * GUARDED.at_end), x.dtype)
        own = wide[..., wide.shape[-1] - x.shape[1] :]
        own[...] = np.moveaxis(x, 1, -1)
        return np.moveaxis(own, -1, 1)
    if layout == "row_contiguous":
        wide = GUARDED.array((*x.shape[:-1], x.shape[-1] + 3), x.dtype)
        wide[..., 3:] = x
        return wide[..., 3:]
    if layout == "strided":
        sparse = GUARDED.array((*x.shape[:-1], 2 * x.shape[-1] - 1), x.dtype)
        sparse[..., ::2] = x
        return sparse[..., ::2]
    return GUARDED.copy(x)


def framed(shape: tuple[int, ...], dtype: str, layout: str, rng: np.random.Generator) -> tuple[Any, Any]:
    """A view of this shape in a larger array of guarded memory, and the larger one: more of every axis, all canaries.

    The first or the last elements of the memory are those of the view, where its guards are.
    """
    order = (0, *range(2, len(shape)), 1) if layout == "channels_last" else tuple(range(len(shape)))
    beside = [int(n) for n in rng.integers(0, 3, len(shape))]
    whole = GUARDED.array(tuple(shape[axis] + beside[axis] for axis in order), dtype)
    at_end = GUARDED.at_end
    part = tuple(slice(n, None) if at_end else slice(shape[axis]) for axis, n in ((a, beside[a]) for a in order))
    return whole[part].transpose([order.index(axis) for axis in range(len(shape))]), (whole, part)


def check_frame(whole: np.ndarray[Any, Any], part: Any) -> None:
    """Nothing beside a view was written."""
    beside = np.ones(whole.shape, bool)
    beside[part] = False
    assert (whole.view(f"V{whole.itemsize}")[beside].tobytes()).count(0xFF) == beside.sum() * whole.itemsize


def guard(launch: Any) -> None:
    """Moves a kernel's tables and packed weights into guarded memory."""
    launch._maps = [GUARDED.copy(places) for places in launch._maps]
    launch._fixed.clear()
    pack = launch.packed
    launch.packed = lambda *arrays: tuple(GUARDED.copy(a) for a in pack(*arrays))


TOLERANCES = {"float16": 2e-3, "float32": 3e-5, "float64": 1e-12}
"""Of sums that are rounded, in units of the largest."""


def run(algorithm: Generated, asked: Problem, types: Types, rng: np.random.Generator) -> None:
    """One kernel, all its buffers guarded, against the reference."""
    spec, result = asked.spec, asked.promoted_dtype
    shapes = [asked.input_shape, spec.weight_shape, (spec.channels[1],), spec.output_shape(asked.input_shape)]
    stored = (asked.dtype, asked.weight_dtype, asked.bias_dtype, result)
    x, w, bias, residual = (numbers(rng, shape, dtype) for shape, dtype in zip(shapes, stored, strict=True))
    right = forward(x, w, bias, spec, out_dtype=asked.out_dtype, saturate=True)
    right = right + (residual if asked.residual else 0)
    scale = max(float(abs(right.astype(float)).max()), 1.0)
    right = right if asked.activation is None else ACTIVATIONS[asked.activation](right)
    routine: Any = algorithm.compiled(asked, types)
    routine._make_safe = None  # a sum that went astray would be summed again, and not seen
    for launch in getattr(routine._launch, "_launches", [routine._launch]):
        guard(launch)
    prepared, at = routine.prepare(w, bias), laid(x, asked.layout)
    y = prepared(at, laid(residual, "channels_first") if asked.residual else None)
    rounding = isinstance(algorithm, Winograd | StridedWinograd | WinogradPhases)
    exact = asked.activation in (None, "relu", "relu6") and not rounding
    tolerance = 0.0 if exact else TOLERANCES[types.given] * scale
    np.testing.assert_allclose(y, right, rtol=0, atol=tolerance, err_msg=f"{algorithm.name}: {asked}: {types}")
    assert y.dtype == right.dtype
    layout = "channels_last" if asked.turned else asked.layout
    out, frame = framed(y.shape, y.dtype, layout, rng)
    added, beside = framed(y.shape, residual.dtype, layout, rng)
    added[...] = residual
    assert prepared(at, added if asked.residual else None, out) is out
    assert out.tobytes() == y.tobytes(), "the same to the bit, wherever it is written"
    check_frame(*frame)
    check_frame(*beside)


def run_gradient(asked: Problem, rng: np.random.Generator) -> None:
    """The kernel of the weight's gradient, all its buffers guarded, against the reference."""
    spec = asked.spec if asked.spec.transposed else asked.spec.replace(padding_mode="zeros")
    shapes = asked.input_shape, spec.output_shape(asked.input_shape)
    dtype = "float64" if asked.dtype == "float64" else "float32"
    x, y = (rng.integers(-4, 5, shape).astype(dtype) for shape in shapes)
    right = defined(y, x, spec)
    problem = replace(
        asked, spec=spec, dtype=dtype, weight_dtype=dtype, wrt="weight", activation=None, residual=False, kind="numpy"
    )
    tolerance = TOLERANCES[dtype] * max(float(abs(right).max()), 1.0)
    for row in (Dense(), WinogradGradient()):
        if row.refuses(problem) is None:
            found = row.build(problem)(laid(y, rng.choice(["channels_first", "channels_last"])), laid(x, asked.layout))
            np.testing.assert_allclose(found, right, rtol=0, atol=tolerance, err_msg=f"{row.name} gradient: {asked}")


def guard_gradient(room: Any) -> None:
    """Moves the maps of the gradient's kernels too; sums are not made a second time, which would hide a stray NaN."""
    is_sound, longer = room._is_sound, room.longer

    def whole(*given: Any) -> bool:
        assert is_sound(*given), "what was never written was read"
        return True

    room._is_sound = whole
    room.longer = lambda maps, strip: tuple(GUARDED.copy(places) for places in longer(maps, strip))


def trespass() -> None:
    """Reads one element past an array: what a wrong index does."""
    made = GUARDED.array((3,), np.float32)
    made = made if GUARDED.at_end else GUARDED.array((3,), np.float32)
    ctypes.c_float.from_address(made.ctypes.data + made.nbytes).value  # noqa: B018


def main(count: int, seed: int, *flavours: str) -> None:
    """Runs ``count`` problems on every kernel that takes them; no problem at all is a trespass."""
    if count == 0:
        trespass()
    llvm.JITLibraryBuilder = GuardedLibrary
    numpy_row.aligned = GUARDED.array  # type: ignore[attr-defined]
    gradients.aligned = GUARDED.array  # type: ignore[attr-defined]
    guard_gradient(gradients)
    for module in (over_output_channels, over_output_channels_cut):
        module.machine = lambda: replace(machine(), halves=True)  # type: ignore[attr-defined]
    rng, drawn = random.Random(seed), np.random.default_rng(seed)
    ran: dict[str, int] = {}
    for number in range(count):
        set_num_threads(1 + number % 3)
        asked = problem(rng, flavours or FLAVOURS)
        pairs = [(algorithm, asked) for algorithm in (*ALGORITHMS, *ROUTINES)]
        pairs += [(routine, single(rng)) for routine in ROUTINES[1::2]]
        pairs += [(algorithm, turned(rng)) for algorithm in ALGORITHMS if algorithm.name == "direct"]
        for algorithm, each in pairs:
            if isinstance(algorithm, Generated) and algorithm.refuses(each) is None:
                for types in types_of(each):
                    sys.stdout.write(f"{algorithm.name}: {each}: {types}\n")
                    sys.stdout.flush()
                    run(algorithm, each, types, drawn)
                    name = algorithm.name + " turned" * each.turned
                    ran[name] = ran.get(name, 0) + 1
        sys.stdout.write(f"gradient: {asked}\n")
        sys.stdout.flush()
        run_gradient(asked, drawn)
        ran["gradient"] = ran.get("gradient", 0) + 1
        GUARDED.blocks.clear()
    sys.stdout.write(f"ran {ran}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
