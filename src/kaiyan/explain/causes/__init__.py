"""Every cause of the catalogue, one table: the first that understands the facts names it."""

from kaiyan.explain.causes.asserts import ASSERTS
from kaiyan.explain.causes.before import BEFORE
from kaiyan.explain.causes.calls import CALLS
from kaiyan.explain.causes.channels import CHANNELS
from kaiyan.explain.causes.elsewhere import ELSEWHERE
from kaiyan.explain.causes.gpu import GPU
from kaiyan.explain.causes.heads import HEADS
from kaiyan.explain.causes.joins import JOINS
from kaiyan.explain.causes.layers import LAYERS
from kaiyan.explain.causes.linear import LINEAR
from kaiyan.explain.causes.losses import LOSSES
from kaiyan.explain.causes.names import NAMES
from kaiyan.explain.causes.outside import OUTSIDE
from kaiyan.explain.causes.packages import PACKAGES
from kaiyan.explain.causes.ranks import RANKS
from kaiyan.explain.causes.sequences import SEQUENCES
from kaiyan.explain.causes.settings import SETTINGS
from kaiyan.explain.causes.sizes import SIZES
from kaiyan.explain.causes.sizes_named import NAMED
from kaiyan.explain.causes.slips import SLIPS
from kaiyan.explain.causes.squeezes import SQUEEZES
from kaiyan.explain.causes.states import STATES
from kaiyan.explain.causes.targets import TARGETS
from kaiyan.explain.causes.tokens import TOKENS
from kaiyan.explain.causes.tuples import TUPLES
from kaiyan.explain.causes.types import TYPES

CAUSES = (
    *SQUEEZES, *SEQUENCES, *LOSSES, *TARGETS, *OUTSIDE, *CHANNELS, *LINEAR, *LAYERS, *HEADS, *TOKENS, *TUPLES, *SIZES,
    *JOINS, *RANKS, *NAMED, *TYPES, *SETTINGS, *STATES, *ELSEWHERE, *GPU, *PACKAGES, *ASSERTS, *CALLS, *NAMES, *SLIPS,
    *BEFORE,
)  # fmt: skip
"""The table of codes."""
