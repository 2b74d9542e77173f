"""Every cause of the catalogue, one table: the first that understands the facts names it."""

from kaiyan.explain.causes.channels import CHANNELS
from kaiyan.explain.causes.joins import JOINS
from kaiyan.explain.causes.linear import LINEAR
from kaiyan.explain.causes.ranks import RANKS
from kaiyan.explain.causes.settings import SETTINGS
from kaiyan.explain.causes.sizes import SIZES
from kaiyan.explain.causes.states import STATES
from kaiyan.explain.causes.types import TYPES

CAUSES = (*CHANNELS, *LINEAR, *SIZES, *JOINS, *RANKS, *TYPES, *SETTINGS, *STATES)
"""The table of codes."""
