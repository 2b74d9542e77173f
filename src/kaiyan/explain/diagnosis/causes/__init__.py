"""Every cause of the catalogue, one table: the first that understands the facts names it."""

from kaiyan.explain.diagnosis.causes.around.before import BEFORE
from kaiyan.explain.diagnosis.causes.around.elsewhere import ELSEWHERE
from kaiyan.explain.diagnosis.causes.around.gpu import GPU
from kaiyan.explain.diagnosis.causes.around.packages import PACKAGES
from kaiyan.explain.diagnosis.causes.code.asserts import ASSERTS
from kaiyan.explain.diagnosis.causes.code.calls import CALLS
from kaiyan.explain.diagnosis.causes.code.names import NAMES
from kaiyan.explain.diagnosis.causes.code.settings import SETTINGS
from kaiyan.explain.diagnosis.causes.code.slips import SLIPS
from kaiyan.explain.diagnosis.causes.code.types import TYPES
from kaiyan.explain.diagnosis.causes.model.channels import CHANNELS
from kaiyan.explain.diagnosis.causes.model.heads import HEADS
from kaiyan.explain.diagnosis.causes.model.joins import JOINS
from kaiyan.explain.diagnosis.causes.model.layers import LAYERS
from kaiyan.explain.diagnosis.causes.model.linear import LINEAR
from kaiyan.explain.diagnosis.causes.model.ranks import RANKS
from kaiyan.explain.diagnosis.causes.model.sizes import SIZES
from kaiyan.explain.diagnosis.causes.model.sizes_named import NAMED
from kaiyan.explain.diagnosis.causes.model.states import STATES
from kaiyan.explain.diagnosis.causes.model.tokens import TOKENS
from kaiyan.explain.diagnosis.causes.model.tuples import TUPLES
from kaiyan.explain.diagnosis.causes.training.losses import LOSSES
from kaiyan.explain.diagnosis.causes.training.outside import OUTSIDE
from kaiyan.explain.diagnosis.causes.training.sequences import SEQUENCES
from kaiyan.explain.diagnosis.causes.training.squeezes import SQUEEZES
from kaiyan.explain.diagnosis.causes.training.targets import TARGETS

CAUSES = (
    *SQUEEZES, *SEQUENCES, *LOSSES, *TARGETS, *OUTSIDE, *CHANNELS, *LINEAR, *LAYERS, *HEADS, *TOKENS, *TUPLES, *SIZES,
    *JOINS, *RANKS, *NAMED, *TYPES, *SETTINGS, *STATES, *ELSEWHERE, *GPU, *PACKAGES, *ASSERTS, *CALLS, *NAMES, *SLIPS,
    *BEFORE,
)  # fmt: skip
"""The table of codes."""
