"""A convolution written out as the matrix of the fully-connected layer that it is."""

from math import prod
from typing import Any

from kaiyan.arrays.table import kind_of
from kaiyan.ops.conv import Array, conv
from kaiyan.show.error import ConvError
from kaiyan.spec import read

LARGEST = 2**28
"""Elements of the largest matrix that is written out: 2 GiB in float64."""


def matrix(weight: Array, input_shape: Any, **options: Any) -> Array:
    """The matrix M with ``M @ x.ravel() == conv(x, weight, **options).ravel()`` for x (C, *spatial).

    Shape (K·∏output, C·∏spatial): mostly zeros, the same few weights in every row; sparse and shared connections.
    Raises ``ConvError`` when it would have more than 2**28 elements, and as ``conv`` does.

    >>> import numpy as np
    >>> matrix(np.array([[[1, 10]]]), (1, 4))
    array([[ 1, 10,  0,  0],
           [ 0,  1, 10,  0],
           [ 0,  0,  1, 10]])
    """
    shape = read.shape(input_shape)
    inputs = prod(shape)
    if inputs**2 > LARGEST:
        raise ConvError(
            "matrix-too-large",
            "an input {shape} has {inputs:,} elements, and the matrix needs a column for each: too large to build",
            "Conv.full_weights(input_shape) counts its elements",
            shape=shape,
            inputs=inputs,
        )
    basis = kind_of("weight", weight).identity(inputs, weight).reshape((inputs, *shape))
    columns: Any = conv(basis, weight, **options)
    result: Array = columns.reshape((inputs, -1)).T
    return result
