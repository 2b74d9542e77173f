"""Every cause of the catalogue, one table: the first that understands the facts names it."""

from kaiyan.explain.diagnosis.causes.around import before, elsewhere, gpu, packages
from kaiyan.explain.diagnosis.causes.code import asserts, calls, names, settings, slips, types
from kaiyan.explain.diagnosis.causes.model import (
    channels,
    heads,
    joins,
    layers,
    linear,
    ranks,
    sizes,
    sizes_named,
    states,
    tokens,
    tuples,
    unpooling,
)
from kaiyan.explain.diagnosis.causes.training import losses, outside, sequences, squeezes, targets

FILES = (
    squeezes, sequences, losses, targets, outside, channels, linear, layers, heads, tokens, tuples,
    unpooling, sizes, joins, ranks, sizes_named, types, settings, states, elsewhere, gpu, packages,
    asserts, calls, names, slips, before,
)  # fmt: skip
"""In the order in which they are asked."""
CAUSES = tuple(row for file in FILES for row in file.ROWS)
"""The table of codes."""
