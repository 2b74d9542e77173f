"""How hard hypothesis looks, at the desk and in CI; and a cache of kernels and plans for these tests alone."""

import os
import sys
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True)
settings.register_profile("mutant", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("mutant" if "MUTANT_UNDER_TEST" in os.environ else "ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True, scope="session")
def own_cache() -> Iterator[None]:
    """What was measured for somebody else decides nothing here."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setenv("KAIYAN_CACHE", folder)
        yield


@pytest.fixture(autouse=True)
def one_thread_of_torch(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where another process computes, two threads of torch wait for one another: gradcheck took 70 seconds, not 3."""
    torch = sys.modules.get("torch")
    if torch is None or "engine" in request.path.parts:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def small_models_are_replaced_too(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of a few numbers, which torch computes in less time than a call of ours takes."""
    if "nn" in request.path.parts:
        monkeypatch.setattr("kaiyan.nn.acceleration.slower.SLOWEST", 0.1)
