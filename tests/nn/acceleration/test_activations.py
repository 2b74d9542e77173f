"""An activation is one row of the reference and one of the epilogue; torch's names follow from its own."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from kaiyan.engine.codegen.parts.epilogue import EMITTED
from kaiyan.nn.acceleration.activations import FUNCTIONS, METHODS, MODULES
from kaiyan.reference.activation import ACTIVATIONS


def test_every_activation_of_the_reference_is_emitted() -> None:
    assert list(EMITTED) == list(ACTIVATIONS)


def test_every_activation_has_torchs_module_and_function() -> None:
    assert set(MODULES.values()) == set(FUNCTIONS.values()) == set(ACTIVATIONS)
    assert MODULES[nn.Hardswish] == FUNCTIONS[functional.hardswish] == "hardswish"


def test_functions_and_methods_in_place_are_known() -> None:
    assert [FUNCTIONS[f] for f in (torch.relu, torch.relu_, functional.relu, Tensor.sigmoid_)] == [
        *["relu"] * 3,
        "sigmoid",
    ]
    assert METHODS["tanh_"] == "tanh"
    assert "silu" not in METHODS
