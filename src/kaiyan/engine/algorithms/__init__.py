"""The table of algorithms; the last row never refuses."""

from kaiyan.engine.algorithm import Algorithm
from kaiyan.engine.algorithms.reference import Reference
from kaiyan.engine.algorithms.torch import Torch

ALGORITHMS: tuple[Algorithm, ...] = (Torch(), Reference())
