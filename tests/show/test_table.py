"""Tables on screens of every width: numbers and shapes whole or absent, words shortened, what is left out named."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from kaiyan.show.plain import plain
from kaiyan.show.rich import on_screen
from kaiyan.show.table import Lines, Row, Table
from kaiyan.show.wrapping import shortened, width, wrapped

NUMBERS = ("15,346,630,656", "1x128x112x112", "3.50 ms", "212x212")
TABLE = Table(
    ("layer", "code", "MACs", "output", "time", "receptive field"),
    (
        Row(("features", "Conv2d(64, 128, kernel_size=3, padding=1)", *NUMBERS)),
        Row(("0", "MaxPool2d(kernel_size=2, stride=2, ceil_mode=False)", *NUMBERS), indent=1, mark="bad"),
    ),
    notes=("the input (1, 3, 224, 224) has 150,528 numbers",),
    left=frozenset({0, 1}),
)


def _on(columns: int, what: object, **settings: bool) -> list[str]:
    console = Console(width=columns, file=io.StringIO(), **settings)  # type: ignore[arg-type]
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("columns", range(14, 140))
def test_a_number_is_whole_or_it_is_not_there(columns: int) -> None:
    lines = _on(columns, on_screen([TABLE], "en"))
    assert max(map(width, lines)) <= columns
    for line in lines:
        for piece in re.findall(r"[\d,]+,\d+|\d+x[\dx]+", line):
            assert piece in (*NUMBERS, "150,528")


@pytest.mark.parametrize(("columns", "gone"), [(200, ""), (66, "receptive field"), (54, "time, receptive field")])
def test_columns_are_left_out_from_the_right_and_named(columns: int, gone: str) -> None:
    text = " ".join(_on(columns, on_screen([TABLE], "en")))
    assert (f"not shown in {columns} columns: {gone}" in re.sub(r"\s+", " ", text)) == bool(gone)
    assert ("--wide" in text) == bool(gone)


def test_words_are_shortened_before_a_column_goes_and_it_is_said() -> None:
    text = "\n".join(_on(90, on_screen([TABLE], "en")))
    assert "Conv2d(64, 128, …)" in text
    assert "90 columns are too few for every word; --wide" in text
    assert "212x212" in text


def test_where_lines_are_not_wrapped_all_is_whole() -> None:
    lines = _on(40, on_screen([TABLE], "en"), soft_wrap=True)
    assert any("MaxPool2d(kernel_size=2, stride=2, ceil_mode=False)" in line and "212x212" in line for line in lines)
    assert lines == plain([TABLE], "en").splitlines()


def test_the_note_is_spoken_in_chinese() -> None:
    assert "40 列宽放不下" in plain([TABLE], "zh", 40).replace("\n  ", "")


def test_sentences_are_wrapped_in_their_column() -> None:
    table = Table(("", "", ""), (Row(("->", "winograd", "the least time expected of all")),),
                  left=frozenset({0, 1}), prose=frozenset({2}))  # fmt: skip
    assert plain([table], "en", 28).splitlines()[:3] == [
        "->  winograd  the least time",
        "              expected of",
        "              all",
    ]


ATOMS = st.sampled_from(
    ["15,346,630,656", "(1, 64, 112, 112)", "1x3x224x224", "4.4e-07", "padding=1", "层", "输出为", "a"]
)


@example(["(1, 64, 112, 112)", "15,346,630,656", "(1, 64, 112, 112)"], 20)
@given(st.lists(ATOMS, max_size=12), st.integers(20, 60))
def test_wrapping_breaks_no_number_and_no_shape(atoms: list[str], columns: int) -> None:
    lines = wrapped(" ".join(atoms), columns)
    assert all(width(line) <= columns for line in lines)
    assert sorted(" ".join(lines).replace(" ", "")) == sorted("".join(atoms).replace(" ", ""))
    whole = "\n".join(lines)
    for atom in atoms:
        assert atom in whole or not any(c.isdigit() for c in atom)


@given(st.text("ab12,.x (层", max_size=40), st.integers(4, 30))
def test_a_shortened_text_fits(text: str, columns: int) -> None:
    assert width(shortened(text, columns)) <= columns


def test_a_shortened_text_does_not_show_half_a_number() -> None:
    for columns in range(5, 24):
        short = shortened("Linear(25088, 4096, bias=True)", columns)
        assert all(n in ("25088", "4096") for n in re.findall(r"\d+", short))
        assert not shortened("stage 123456 of 789", columns).rstrip("…").endswith(("1", "12", "123", "1234", "12345"))


def test_chinese_takes_two_columns_and_combining_signs_none() -> None:
    assert [width(text) for text in ("感受野", "a\u0301", "1x3", "，", "👍", "\u200b")] == [6, 1, 3, 2, 2, 0]
    assert [width(line) for line in wrapped("卷积层的输出是特征图", 8)] == [8, 8, 4]


def test_a_text_hangs_behind_its_mark() -> None:
    assert _on(20, on_screen([Lines(("the input (1, 3, 8, 8) is too small",), "list")]), force_terminal=True) == [
        "• the input",
        "  (1, 3, 8, 8) is",
        "  too small",
    ]
