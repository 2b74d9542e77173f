"""Random graphs as programs: guarded and not, pictures in both layouts, on one thread and two, against the definitions.

``KAIYAN_RANDOM_PROGRAMS=1000:2000`` tries the seeds from 1000 up to 2000.
"""

from __future__ import annotations

import numpy as np
import pytest
from random_graphs import random_arrays, random_graph
from seeds import seeds

from kaiyan.engine.codegen.running.threads import holding
from kaiyan.program.choices import Choices
from kaiyan.program.program import Program

TOLERANCES = {"float32": 3e-5, "float64": 1e-11}
"""Of what is rounded, in units of an output's largest number."""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", seeds("KAIYAN_RANDOM_PROGRAMS", 8))
def test_a_random_graph_is_what_its_definitions_say(seed: int) -> None:
    for dtype, tolerance in TOLERANCES.items():
        graph = random_graph(seed, dtype)
        arrays = random_arrays(graph, seed)
        before = [array.tobytes() for array in arrays]
        right = graph.computed(arrays)
        for guarded, last, threads in ((True, True, 1), (True, False, 2), (False, True, 2), (False, False, 1)):
            program = Program(graph, guarded=guarded)
            with holding(threads):
                program.choose(Choices(channels_last=last), *arrays)
                found = program(*arrays)
            assert [array.tobytes() for array in arrays] == before
            for ours, theirs in zip(found, right, strict=True):
                assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
                scale = float(np.abs(theirs).max(initial=1e-6))
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale)
