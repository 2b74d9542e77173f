"""Random descriptions: every option of a convolution is drawn here, so that every property meets it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from kaiyan.show.error import ConvError
from kaiyan.spec import conventions
from kaiyan.spec.conv import Conv
from kaiyan.spec.conventions import PADDING, foreign, mode_words

WORDS = tuple(PADDING)
KEEPING = tuple(word for word in WORDS if PADDING[word].keeps_size)
MODES = tuple("constant(3)" if word == "constant(v)" else word for word in mode_words())
NUMPY_MODES = {
    ours: name.removeprefix("numpy:") for name, ours in foreign(conventions.PADDING_MODES).items() if "numpy" in name
}
NUMPY_MODES["constant(3)"] = NUMPY_MODES["zeros"]

sides = st.integers(0, 4)
entries = st.one_of(sides, st.tuples(sides, sides), st.sampled_from(WORDS))
sizes = st.integers(0, 9)


@st.composite
def conv_arguments(
    draw: st.DrawFn, *, transposed: bool | None = None, modes: tuple[str, ...] = MODES
) -> dict[str, Any]:
    """The arguments of one Conv of rank 1 to 4, all that PyTorch has and all that it refuses."""
    rank = draw(st.sampled_from((1, 1, 2, 2, 3, 4)))
    most = 4 if rank < 3 else 2
    turned = draw(st.booleans()) if transposed is None else transposed
    groups = draw(st.integers(1, 3))
    per_axis = {
        "kernel_size": st.integers(1, most),
        "stride": st.integers(1, 4),
        "dilation": st.integers(1, 3 if rank < 4 else 1),
    }
    arguments: dict[str, Any] = {name: tuple(draw(values) for _ in range(rank)) for name, values in per_axis.items()}
    arguments |= {
        "in_channels": groups * draw(st.integers(1, 2)),
        "out_channels": groups * draw(st.integers(1, 2)),
        "groups": groups,
        "padding": tuple(draw(entries) for _ in range(rank)),
        "bias": draw(st.booleans()),
        "rank": rank,
        "transposed": turned,
    }
    if turned:
        limits = zip(arguments["stride"], arguments["dilation"], arguments["padding"], strict=True)
        arguments["output_padding"] = tuple(
            0 if word in WORDS and PADDING[word].keeps_size else draw(st.integers(0, max(s, d) - 1))
            for s, d, word in limits
        )
        return arguments
    return arguments | {"padding_mode": draw(st.sampled_from(modes))}


@st.composite
def fitted(draw: st.DrawFn, /, **options: Any) -> tuple[Conv, tuple[int, ...]]:
    """A description and an input's shape (N, C, *spatial) that it takes."""
    spec = Conv(**draw(conv_arguments(**options)))
    most = {1: 9, 2: 7, 3: 5}.get(len(spec.axes), 3)
    drawn = [draw(st.integers(0, most)) for _ in spec.axes]
    N = draw(st.integers(0, 2))
    spatial = [_enough(spec, i, n) for i, n in enumerate(drawn)]
    return spec, (N, spec.channels[0], *spatial)


def _enough(spec: Conv, i: int, n: int) -> int:
    """The first size from ``n`` on that fits on axis ``i``."""
    while True:
        try:
            spec.axes[i].output_size(n)
        except ConvError:
            n += 1
            continue
        if n == 0 and spec.padding_mode not in ("zeros", "constant(3)"):
            n = 1
            continue
        return n
