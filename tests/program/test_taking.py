"""What a program does not take is said in the reader's numbers, and what it takes in words: no symbol is ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.loaded import LoadedProgram
from kaiyan.program.program import Program
from kaiyan.program.saved import load, save
from kaiyan.program.size import Symbolic
from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import say

if TYPE_CHECKING:
    from pathlib import Path

S77, S8, S53 = map(Symbolic, ("s77", "s8", "s53"))


def _means(*shape: Any) -> Graph:
    mean = Node("reduce", ("x0",), "m", {"axes": (len(shape) - 1,), "kind": "mean", "keep": False})
    return Graph((Input("x0", shape),), ("m",), (mean,), {})


def _sums(a: Any = (S77, 3), b: Any = (S77, 3)) -> Graph:
    add = Node("map", ("a", "b"), "c", {"terms": (("add", 0, 1),)})
    return Graph((Input("a", a), Input("b", b)), ("c",), (add,), {})


def _refused(program: Any, *arrays: Any) -> KaiyanError:
    with pytest.raises(KaiyanError) as caught:
        program(*arrays)
    for lang in ("en", "zh"):
        assert not any(symbol.text in say(caught.value, lang) for symbol in (S77, S8, S53))
    return caught.value


def _float(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


TAKES = "(any, 3, any, any) and type float32"
WRONG: list[tuple[tuple[Any, ...], str]] = [
    ((_float(3, 224, 224),), f"the input x0 must be an array of shape {TAKES}, not of shape (3, 224, 224)"),
    ((_float(1, 4, 5, 5),), f"the input x0 must be an array of shape {TAKES}, not of shape (1, 4, 5, 5)"),
    ((_float(3),), f"the input x0 must be an array of shape {TAKES}, not of shape (3,)"),
    (
        (np.zeros((1, 3, 5, 5)),),
        f"the input x0 must be an array of shape {TAKES}, not of type float64\n  help: astype('float32') gives that",
    ),
    ((np.zeros((3, 5), np.uint8),), f"the input x0 must be an array of shape {TAKES}, not of type uint8"),
    (([[1.0]],), f"the input x0 must be a NumPy array of shape {TAKES}, not list"),
    (("a",), f"the input x0 must be a NumPy array of shape {TAKES}, not str"),
    ((None,), f"the input x0 must be a NumPy array of shape {TAKES}, not NoneType"),
    (
        (torch.zeros(1, 3, 5, 5),),
        f"the input x0 must be a NumPy array of shape {TAKES}, not Tensor\n  help: its numpy() gives that",
    ),
    ((), f"arrays given: 0, but the program takes 1: x0, of shape {TAKES}"),
    ((_float(1, 3, 5, 5),) * 2, f"arrays given: 2, but the program takes 1: x0, of shape {TAKES}"),
]


@pytest.mark.parametrize(("arrays", "wanted"), WRONG)
@pytest.mark.parametrize("kind", [Program, LoadedProgram])
def test_what_is_not_taken_is_said_in_the_readers_numbers(kind: Any, arrays: tuple[Any, ...], wanted: str) -> None:
    assert str(_refused(kind(_means(S77, 3, S8, S53)), *arrays)).startswith(wanted)


def test_in_chinese_an_open_size_is_a_word_too() -> None:
    error = _refused(Program(_means(S77, 3, S8)), _float(1, 2, 3))
    assert say(error, "zh") == "输入 x0 应是形状为 (任意, 3, 任意)、类型为 float32 的数组，而它的形状是 (1, 2, 3)"
    error = _refused(Program(_sums((S77,), (4,))))
    assert say(error, "zh") == (
        "给出了 0 个数组，而程序需要 2 个：a，形状 (任意,)，类型 float32；b，形状 (4,)，类型 float32"
    )


def test_two_sizes_that_must_be_one_are_both_told() -> None:
    error = _refused(Program(_sums()), _float(2, 3), _float(5, 3))
    assert str(error) == ("axis 0 of the input b has 5 elements, but axis 0 of a has 2: the program takes equal ones")
    error = _refused(Program(_means(3, S8, S8)), _float(3, 4, 6))
    assert str(error) == ("axis 2 of the input x0 has 6 elements, but axis 1 of x0 has 4: the program takes equal ones")


def test_where_a_size_cannot_be_reckoned_the_step_is_named(tmp_path: Path) -> None:
    stop = Symbolic("s8//(s53 - 7)")
    part = Node("slice", ("x0",), "half", {"axis": 1, "start": 0, "stop": stop, "step": 1})
    graph = Graph((Input("x0", (S77, S8, S53)),), ("half",), (part,), {})
    save(graph, tmp_path / "net.kaiyan")
    for program in (load(tmp_path / "net.kaiyan"), Program(graph)):
        error = _refused(program, _float(1, 6, 7))
        assert str(error) == "the network cannot work on inputs of shape (1, 6, 7): half does not fit"


def test_a_program_shows_what_it_takes() -> None:
    assert repr(LoadedProgram(_means(S77, 3, S8))) == "LoadedProgram(x0 (any, 3, any) float32; 1 steps, 1 outputs)"
    assert repr(LoadedProgram(_sums((S77,), ()))).startswith("LoadedProgram(a (any,) float32, b () float32; ")
