"""A network that was read from a file, to be called with arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.program.program import Program
from kaiyan.program.soundness import unsound
from kaiyan.program.taking import check_kinds, not_at_these_sizes, shape_in_words

if TYPE_CHECKING:
    from kaiyan.program.choices import KeptChoices
    from kaiyan.program.graph import Graph, Input
    from kaiyan.program.picture_input import PictureInput
    from kaiyan.reference.dtype import Numbers

_MOST_SHAPES = 1000


class LoadedProgram:
    """Called with one NumPy array for each of ``inputs``; gives the output's array, or a list where there are several.

    ``classes`` are the names of what the last axis of the output counts, where they are known; ``picture`` says how a
    picture becomes the input. ``kept`` and ``is_rewritten`` are told to ``Program``.
    """

    def __init__(
        self, graph: Graph, classes: tuple[str, ...] = (), picture: PictureInput | None = None,
        kept: KeptChoices | None = None, *, is_rewritten: bool = False,
    ) -> None:  # fmt: skip
        self.graph, self.classes, self.picture = graph, classes, picture
        self._program = Program(graph, kept=kept, is_rewritten=is_rewritten)
        self._sound: set[tuple[tuple[int, ...], ...]] = set()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Name, shape and type of every input; a size ``Symbolic`` may be any."""
        return self.graph.inputs

    def __call__(self, *arrays: Numbers) -> Numbers | list[Numbers]:
        shapes = tuple(tuple(getattr(array, "shape", ())) for array in arrays)
        if shapes not in self._sound:
            check_kinds(self.inputs, arrays)
            self._check(shapes)
        outputs = self._program(*arrays)
        return outputs[0] if len(outputs) == 1 else outputs

    def _check(self, shapes: tuple[tuple[int, ...], ...]) -> None:
        """Raises ``KaiyanError`` where the network cannot work on inputs of these shapes."""
        wrong = unsound(self.graph.at(shapes))
        if wrong is not None:
            raise not_at_these_sizes(shapes, wrong)
        if len(self._sound) >= _MOST_SHAPES:
            self._sound.clear()
        self._sound.add(shapes)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{given.name} ({shape_in_words(given.shape)}) {given.dtype}" for given in self.inputs)
        return f"LoadedProgram({shapes}; {len(self.graph.nodes)} steps, {len(self.graph.outputs)} outputs)"
