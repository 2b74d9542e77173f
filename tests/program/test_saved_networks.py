"""Saved networks at work: any size, pictures, no torch, and writing that never leaves half a file."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from random_graphs import random_arrays, random_graph

from kaiyan.program import saved
from kaiyan.program.graph import Graph, Input, Node
from kaiyan.program.operations import OPERATIONS
from kaiyan.program.picture_input import PictureInput, picture_input_of
from kaiyan.program.saved import load, save
from kaiyan.program.settings import REQUIRED
from kaiyan.program.size import Symbolic
from kaiyan.program.soundness import unsound
from kaiyan.program.tensors_file import DamageError
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from pathlib import Path


def _doubled(*sizes: Any) -> Graph:
    """An input (n, 2, h, w) with itself read backwards: halves of its rows, joined to (n, 4, h//2, w)."""
    half = Symbolic("h//2")
    nodes = (
        Node("slice", ("x",), "a", {"axis": 2, "start": 0, "stop": half, "step": 1}),
        Node("slice", ("x",), "b", {"axis": 2, "start": half, "stop": Symbolic("h"), "step": 1}),
        Node("concatenate", ("a", "b"), "y", {"axis": 1}),
    )
    shape = sizes or (Symbolic("n"), 2, Symbolic("h"), Symbolic("w"))
    return Graph((Input("x", shape),), ("y",), nodes, {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.kaiyan"


def test_a_network_of_open_sizes_takes_those_that_fit_and_says_so_of_others(path: Path) -> None:
    save(_doubled(), path)
    network = load(path)
    for shape in ((1, 2, 6, 5), (3, 2, 4, 1), (1, 2, 6, 5)):
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        rows = shape[2] // 2
        assert np.array_equal(network(x), np.concatenate([x[:, :, :rows], x[:, :, rows:]], 1))
    with pytest.raises(KaiyanError) as refused:
        network(np.zeros((1, 2, 5, 5), np.float32))
    assert (refused.value.code, refused.value.facts["name"]) == ("program-sizes", "y")
    with pytest.raises(KaiyanError) as refused:
        network(np.zeros((1, 3, 6, 5), np.float32))
    assert refused.value.code == "program-input-shape"


@pytest.mark.parametrize(
    "text", ["__import__('os')", "h.real", "k", "h**9", "+".join(["h"] * 999), "(" * 900 + "h" + ")" * 900, "h//0", ""]
)
def test_a_size_that_cannot_be_reckoned_is_refused(path: Path, text: str) -> None:
    graph = _doubled()
    wrong = Node("slice", ("x",), "a", {"axis": 2, "start": 0, "stop": Symbolic(text), "step": 1})
    with pytest.raises(KaiyanError) as refused:
        save(Graph(graph.inputs, ("a",), (wrong,), {}), path)
    assert refused.value.code == "program-cannot-be"
    assert not path.exists()


def test_steps_of_torch_are_named_and_what_was_there_stays(path: Path) -> None:
    path.write_bytes(b"before")
    nodes = tuple(
        Node("foreign", ("x",), name, {"shape": (1,), "dtype": "float32", "name": f"torch.{name}"})
        for name in ("sort", "fft")
    )
    with pytest.raises(KaiyanError, match=r"torch computes 2 of the steps \(torch.sort, torch.fft\)") as refused:
        save(Graph((Input("x", (1,)),), ("fft",), nodes, {}), path)
    assert refused.value.code == "program-foreign-steps"
    assert path.read_bytes() == b"before"


def test_a_file_is_written_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"before")

    def broken(*arguments: Any) -> Any:
        del arguments
        yield b"half"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved, "parts_of_file", broken)
    with pytest.raises(KaiyanError, match="No space left") as refused:
        save(_doubled(), path)
    assert refused.value.code == "program-not-written"
    assert path.read_bytes() == b"before"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_no_folder_to_write_to_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(KaiyanError) as refused:
        save(_doubled(), tmp_path / "none" / "net.kaiyan")
    assert refused.value.code == "program-not-written"


def test_a_new_file_may_take_the_place_of_one_that_is_in_use(path: Path) -> None:
    graph = random_graph(7)
    save(graph, path)
    network = load(path)
    arrays = random_arrays(graph, 0)
    before = network(*arrays)
    save(_doubled(), path)
    after = load(path)
    assert repr(after) != repr(network)
    for one, other in zip(*(y if isinstance(y, list) else [y] for y in (before, network(*arrays))), strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def test_neither_torch_nor_pillow_is_needed(path: Path) -> None:
    save(_doubled(), path)
    code = (
        "import sys; sys.modules['torch'] = sys.modules['PIL'] = None\n"
        f"import numpy as np, kaiyan\ny = kaiyan.load({str(path)!r})(np.ones((1, 2, 4, 3), 'f4'))\n"
        "print(y.shape, y.sum())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("(1, 4, 2, 3) 24.0\n", "")


def test_every_operation_has_its_settings_and_random_graphs_fit() -> None:
    assert set(REQUIRED) == set(OPERATIONS) - {"foreign"}
    for seed in range(80):
        assert unsound(random_graph(seed, jumps=True)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"size": [224]}, {"size": [0, 224]}, {"size": 224}, {"size": [224.0, 224]}, {"share": 0}, {"share": 1.5},
        {"share": "1"}, {"mean": [0.5]}, {"mean": 0.5}, {"deviation": [1, 0, 1]}, {"deviation": [1, 1, None]},
        {"white": float("nan")}, {"colours": "cmyk"}, {"colours": "grey"}, {"channels_last": 1},
        {"resampling": "lanczos"}, {"more": 1},
    ],
)  # fmt: skip
def test_what_a_picture_becomes_is_checked(change: dict[str, Any]) -> None:
    facts = json.loads(json.dumps(PictureInput((224, 200), 0.875).to_dict()))
    assert picture_input_of(facts) == PictureInput((224, 200), 0.875)
    with pytest.raises(DamageError):
        picture_input_of(facts | change)


@pytest.mark.parametrize(
    ("operation", "settings", "shapes"),
    [
        ("linear", {"bias": True}, [(2, 3), (4, 3), (3,)]), ("linear", {}, [(2, 3), (4, 2)]),
        ("matmul", {}, [(2, 3), (4, 2)]), ("matmul", {}, [(3,), (3, 2)]),
        ("layer_norm", {"axes": 1, "eps": 1e-5, "weight": True, "bias": False}, [(2, 3), (2,)]),
        ("layer_norm", {"axes": 3, "eps": 1e-5, "weight": False, "bias": False}, [(2, 3)]),
        ("group_norm", {"groups": 2, "eps": 1e-5, "weight": False, "bias": False}, [(2, 3, 4)]),
        ("reshape", {"sizes": (4, 2)}, [(2, 3)]), ("reshape", {"sizes": (-1, 4)}, [(2, 3)]),
        ("reshape", {"sizes": (-1, -1)}, [(2, 3)]), ("permute", {"axes": (0, 0)}, [(2, 3)]),
        ("permute", {"axes": (1,)}, [(2, 3)]), ("slice", {"axis": 1, "start": 0, "stop": 4, "step": 1}, [(2, 3)]),
        ("slice", {"axis": 1, "start": -1, "stop": 3, "step": 1}, [(2, 3)]),
        ("slice", {"axis": 1, "start": 2, "stop": 1, "step": 1}, [(2, 3)]), ("expand", {"sizes": (2, 4)}, [(2, 3)]),
        ("windows", {"axis": 1, "size": 2, "step": 1, "dilation": 3}, [(2, 3)]),
        ("windows", {"axis": 2, "size": 1, "step": 1, "dilation": 1}, [(2, 3)]),
        ("expand", {"sizes": (3,)}, [(2, 3)]), ("concatenate", {"axis": 1}, [(2, 3), (3, 3)]),
        ("concatenate", {"axis": 1}, []), ("concatenate", {"axis": 2}, [(2, 3)]),
        ("pad", {"padding": ((0, 0), (3, 0)), "mode": "reflect"}, [(2, 3)]),
        ("pad", {"padding": ((0, 0),), "mode": "constant", "value": 0.0}, [(2, 3)]),
        ("upsample", {"sizes": (0,), "mode": "nearest", "scales": (None,), "align_corners": False}, [(1, 2, 3)]),
        ("upsample", {"sizes": (6, 6), "mode": "nearest", "scales": (2.0,), "align_corners": False}, [(1, 2, 3)]),
        ("upsample", {"sizes": (6,), "mode": "nearest", "scales": (1e-9,), "align_corners": False}, [(1, 2, 3)]),
        ("reduce", {"axes": (1,), "kind": "max", "keep": True}, [(2, 0)]), ("cast", {"dtype": "object"}, [(2,)]),
        ("pool", {"kind": "max", "kernel": (2,), "stride": (1,), "padding": (2,), "dilation": (1,), "ceil_mode": False,
                  "count_include_pad": True, "divisor_override": None}, [(1, 2, 3)]),
        ("pool", {"kind": "max", "kernel": (5,), "stride": (1,), "padding": (0,), "dilation": (1,), "ceil_mode": False,
                  "count_include_pad": True, "divisor_override": None}, [(1, 2, 3)]),
        ("map", {"terms": (("add", 0, 1),)}, [(2, 3), (2,)]),
    ],
)  # fmt: skip
def test_nodes_whose_inputs_do_not_fit_are_found(
    operation: str, settings: dict[str, Any], shapes: list[tuple[int, ...]]
) -> None:
    inputs = tuple(Input(f"x{number}", shape) for number, shape in enumerate(shapes))
    node = Node(operation, tuple(given.name for given in inputs), "y", settings)
    assert unsound(Graph(inputs, ("y",), (node,), {})) == "y"
