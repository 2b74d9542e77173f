"""Every cause of the catalogue, one table: the first that understands the facts names it."""

from kaiyan.explain.diagnosis.causes.asserts import ASSERTS
from kaiyan.explain.diagnosis.causes.before import BEFORE
from kaiyan.explain.diagnosis.causes.calls import CALLS
from kaiyan.explain.diagnosis.causes.channels import CHANNELS
from kaiyan.explain.diagnosis.causes.elsewhere import ELSEWHERE
from kaiyan.explain.diagnosis.causes.gpu import GPU
from kaiyan.explain.diagnosis.causes.heads import HEADS
from kaiyan.explain.diagnosis.causes.joins import JOINS
from kaiyan.explain.diagnosis.causes.layers import LAYERS
from kaiyan.explain.diagnosis.causes.linear import LINEAR
from kaiyan.explain.diagnosis.causes.losses import LOSSES
from kaiyan.explain.diagnosis.causes.names import NAMES
from kaiyan.explain.diagnosis.causes.outside import OUTSIDE
from kaiyan.explain.diagnosis.causes.packages import PACKAGES
from kaiyan.explain.diagnosis.causes.ranks import RANKS
from kaiyan.explain.diagnosis.causes.sequences import SEQUENCES
from kaiyan.explain.diagnosis.causes.settings import SETTINGS
from kaiyan.explain.diagnosis.causes.sizes import SIZES
from kaiyan.explain.diagnosis.causes.sizes_named import NAMED
from kaiyan.explain.diagnosis.causes.slips import SLIPS
from kaiyan.explain.diagnosis.causes.squeezes import SQUEEZES
from kaiyan.explain.diagnosis.causes.states import STATES
from kaiyan.explain.diagnosis.causes.targets import TARGETS
from kaiyan.explain.diagnosis.causes.tokens import TOKENS
from kaiyan.explain.diagnosis.causes.tuples import TUPLES
from kaiyan.explain.diagnosis.causes.types import TYPES

CAUSES = (
    *SQUEEZES, *SEQUENCES, *LOSSES, *TARGETS, *OUTSIDE, *CHANNELS, *LINEAR, *LAYERS, *HEADS, *TOKENS, *TUPLES, *SIZES,
    *JOINS, *RANKS, *NAMED, *TYPES, *SETTINGS, *STATES, *ELSEWHERE, *GPU, *PACKAGES, *ASSERTS, *CALLS, *NAMES, *SLIPS,
    *BEFORE,
)  # fmt: skip
"""The table of codes."""
