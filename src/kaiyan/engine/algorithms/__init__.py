"""The table of algorithms; the last row never refuses."""

from kaiyan.engine.algorithm import Algorithm
from kaiyan.engine.algorithms.depthwise import Depthwise
from kaiyan.engine.algorithms.direct import Direct
from kaiyan.engine.algorithms.interleaved import Interleaved
from kaiyan.engine.algorithms.phases import Phases, WinogradPhases
from kaiyan.engine.algorithms.pointwise import Pointwise
from kaiyan.engine.algorithms.reference import Reference
from kaiyan.engine.algorithms.stem import Stem
from kaiyan.engine.algorithms.strided_winograd import StridedWinograd
from kaiyan.engine.algorithms.torch import Torch
from kaiyan.engine.algorithms.winograd import Winograd

ALGORITHMS: tuple[Algorithm, ...] = (
    Pointwise(),
    Depthwise(),
    Winograd(2, 3),
    Winograd(3, 3),
    Winograd(4, 3),
    Winograd(6, 3),
    Winograd(2, 5),
    StridedWinograd(2, 2),
    StridedWinograd(4, 2),
    StridedWinograd(3, 3),
    StridedWinograd(4, 3),
    Phases(),
    WinogradPhases(2, 2),
    WinogradPhases(4, 2),
    WinogradPhases(4, 3),
    Interleaved(),
    Stem(),
    Direct(),
    Torch(),
    Reference(),
)
