"""What is said of chains of layers, word for word: sizes, fields, costs and refusals stand in chains.txt, read once.

That sizes and parameters are right is tested against torch and Keras's formulas in tests/reported/test_round2_shape.py.
``python tests/spec/test_chains.py`` rewrites the answers below the questions: read the difference before committing it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kaiyan import ConvError
from kaiyan.spec.chain import derive

if TYPE_CHECKING:
    from kaiyan.spec.step import Step

FILE = Path(__file__).with_name("chains.txt")


def _questions() -> dict[str, str]:
    """The answer to each question; a question is a line "> SHAPE LAYER & LAYER"."""
    blocks = re.split(r"^> ", FILE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {question: answer.strip("\n") for question, _, answer in (block.partition("\n") for block in blocks)}


def answer(question: str) -> str:
    """Everything that is said of a chain, or its refusal with its code and its ways out."""
    sizes, _, chain = question.partition(" ")
    try:
        steps = derive(chain.split(" & "), tuple(int(n) for n in sizes.split("x")))
    except ConvError as error:
        return f"{error.code}: {error}"
    return "\n".join(line for step in steps for line in _said(step))


def _said(step: Step) -> list[str]:
    fields = step.sees if isinstance(step.sees, tuple) else ()
    sees = " x ".join(f"{f.size} every {f.jump} from {f.start}" for f in fields) or str(step.sees)
    costs = f"{step.params} parameters, {step.macs} multiply-adds"
    return [f"{step.spec}: {step.input_shape} -> {step.output_shape}, sees {sees}, {costs}",
            *(f"  {line.code}: {line}" for line in (*step.lines, *step.field_lines)),
            "  " + " | ".join(str(cell) for cell in step.cells)]  # fmt: skip


@pytest.mark.parametrize("question", _questions())
def test_what_is_said_of_a_chain(question: str) -> None:
    assert answer(question) == _questions()[question]


def test_keras_without_a_batch_has_its_channels_last_too() -> None:
    steps = derive(["Conv2D(32, 3)", "MaxPooling2D()", "GlobalAveragePooling2D()"], (28, 30, 3))
    assert [step.output_shape for step in steps] == [(26, 28, 32), (13, 14, 32), (32,)]


def test_an_answer_that_differs_is_seen() -> None:
    assert answer("1x3x10x10 ReLU()") != answer("1x3x10x10 Tanh()")


if __name__ == "__main__":
    FILE.write_text("\n\n".join(f"> {asked}\n{answer(asked)}" for asked in _questions()) + "\n", "utf-8")
