"""Every cause of the catalogue, one table: the first that understands the facts names it."""

from kaiyan.explain.causes.channels import CHANNELS
from kaiyan.explain.causes.joins import JOINS
from kaiyan.explain.causes.linear import LINEAR
from kaiyan.explain.causes.sizes import SIZES
from kaiyan.explain.causes.words import WORDS

CAUSES = (*CHANNELS, *LINEAR, *SIZES, *JOINS, *WORDS)
"""The table of codes."""
