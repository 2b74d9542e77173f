"""The networks of the benchmark are those that were published."""

import pytest
import torch

from benchmarks.models import NETWORKS


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.parameters])
def test_a_network_has_its_published_number_of_parameters(name: str) -> None:
    network = NETWORKS[name]
    with torch.device("meta"):
        model = network.make()
    assert sum(p.numel() for p in model.parameters()) == network.parameters
