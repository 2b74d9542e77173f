"""The table of gradients; the last row never refuses. A row is what an algorithm is, with two arrays in and one out.

The bias's gradient is a sum, and no row.
"""

from kaiyan.engine.gradients.adjoint import Adjoint
from kaiyan.engine.gradients.dense import Dense
from kaiyan.engine.gradients.depthwise import DepthwiseGradient
from kaiyan.engine.gradients.reference import ReferenceGradient
from kaiyan.engine.gradients.torch import TorchGradient
from kaiyan.engine.gradients.winograd import WinogradGradient
from kaiyan.engine.planner import PLANNER, Planner

GRADIENTS = (
    DepthwiseGradient(),
    WinogradGradient(),
    Dense(),
    Adjoint(),
    TorchGradient(),
    ReferenceGradient(),
)
"""(gradient of the output, x or weight) to the gradient of the weight or of x."""

GRADIENT_PLANNER = Planner(GRADIENTS, beside=PLANNER)
"""The process's own, which forgets when the planner of convolutions does."""
