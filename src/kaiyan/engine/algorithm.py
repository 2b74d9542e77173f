"""What an algorithm is: it can refuse, say its time, and build a routine for one problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.engine.problem import Problem
    from kaiyan.show.sentence import Sentence


class PreparedRoutine(Protocol):
    """A routine with its weight: x, which has its batch axis, and a residual of the output's shape, to the output.

    ``out`` is an array for the output, channels last where the input's are; it shares no memory with what is read.
    """

    def __call__(self, x: Any, residual: Any = None, out: Any = None) -> Any: ...


class Routine(Protocol):
    """(x, weight, bias or None, residual or None) to the output, all arrays of the problem's library."""

    def __call__(self, x: Any, weight: Any, bias: Any, residual: Any = None) -> Any: ...

    def prepare(self, weight: Any, bias: Any) -> PreparedRoutine:
        """The routine for this weight, packed or transformed once."""


class Candidate(Protocol):
    """What a planner asks: a row of the table ``ALGORITHMS`` or ``GRADIENTS``."""

    @property
    def name(self) -> str:
        """As the plan prints it."""

    @property
    def arrays(self) -> tuple[str, ...]:
        """The libraries whose arrays its routines take; others are lifted to the first."""

    def refuses(self, problem: Problem) -> Sentence | None:
        """Why it cannot compute this problem, in a few words, or None."""

    def error(self, problem: Problem) -> float:
        """How far from the truth, root mean square; the unit is what a direct sum in the same type makes.

        The sum of the unit adds one rounded product after the other, of normal numbers of the same mean squares.
        """

    def seconds(self, problem: Problem) -> float:
        """The time it expects to take on the problem's threads."""

    def build(self, problem: Problem) -> Any:
        """A closure in which all that can be decided has been decided."""


class Algorithm(Candidate, Protocol):
    """One way to compute a convolution."""

    def build(self, problem: Problem) -> Routine:
        """The routine of one problem."""


class Gradient(Candidate, Protocol):
    """One way to compute the gradient that ``problem.wrt`` names."""

    def build(self, problem: Problem) -> Callable[[Any, Any], Any]:
        """(gradient of the output, weight or x) to the gradient of x or of the weight."""


class Plain:
    """A function (x, weight, bias) as a routine: nothing is packed; what comes after the sum comes after it."""

    def __init__(
        self, function: Callable[[Any, Any, Any], Any], after: Callable[[Any, Any], Any] | None = None
    ) -> None:
        self._function, self._after = function, after

    def __call__(self, x: Any, weight: Any, bias: Any, residual: Any = None) -> Any:
        y = self._function(x, weight, bias)
        return y if self._after is None else self._after(y, residual)

    def prepare(self, weight: Any, bias: Any) -> PreparedRoutine:
        """The function with its weight."""

        def prepared(x: Any, residual: Any = None, out: Any = None) -> Any:
            y = self(x, weight, bias, residual)
            if out is None:
                return y
            out[...] = y
            return out

        return prepared
