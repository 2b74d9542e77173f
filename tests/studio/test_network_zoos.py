"""Networks of torchvision and timm by name: found on the path, made without weights, refused where not installed."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from kaiyan.studio.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

MAKERS = {"torchvision": ("models.py", "get_model", "weights"), "timm": ("__init__.py", "create_model", "pretrained")}
"""In which file of each library which function makes a model, and by what it would fetch weights."""
CODE = """from torch import nn
def {function}(name, **settings):
    if settings.get({weights!r}):
        raise AssertionError("weights would be downloaded")
    if name != "tiny_net":
        raise ValueError(f"unknown model {{name}}")
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 7))
"""


@pytest.fixture
def zoo(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A library of models that stands on the path, as an installed one does."""
    name: str = request.param
    for library, (file, function, weights) in MAKERS.items():
        (tmp_path / library).mkdir()
        (tmp_path / library / "__init__.py").touch()
        (tmp_path / library / file).write_text(CODE.format(function=function, weights=weights))
    for loaded in [known for known in sys.modules if known.partition(".")[0] in MAKERS]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return name


@pytest.mark.parametrize("zoo", MAKERS, indirect=True)
def test_a_network_of_a_zoo_is_opened_by_its_name_without_weights(zoo: str) -> None:
    desk = Desk()
    facts = desk.answer({"kind": "network.open", "name": f"{zoo}:tiny_net"}, []).facts
    assert [layer["kind"] for layer in facts["layers"]] == ["Conv2d", "ReLU", "AdaptiveAvgPool2d", "Linear"]
    assert facts["trained"] is False
    assert "random weights" in facts["card"][0]["en"]
    listed = desk.answer({"kind": "network.list"}, []).facts["networks"]
    assert f"{zoo}:resnet18" in {row["name"] for row in listed}


@pytest.mark.parametrize("zoo", MAKERS, indirect=True)
def test_a_name_that_a_zoo_does_not_have_is_refused_with_its_own_words(zoo: str) -> None:
    refusal = Desk().answer({"kind": "network.open", "name": f"{zoo}:no_such_net"}, []).facts["refusal"]
    assert refusal["code"] == "model-code-fails"
    assert "unknown model no_such_net" in refusal["words"]["en"]


@pytest.mark.parametrize("zoo", MAKERS)
def test_a_zoo_that_is_not_installed_is_refused_with_its_remedy(zoo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for loaded in [known for known in sys.modules if known.startswith(f"{zoo}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, zoo, None)
    desk = Desk()
    refusal = desk.answer({"kind": "network.open", "name": f"{zoo}:resnet18"}, []).facts["refusal"]
    assert refusal["code"] == "no-module"
    assert [way["en"] for way in refusal["ways"]] == [f"pip install {zoo}"]
    assert all(zoo not in row["name"] for row in desk.answer({"kind": "network.list"}, []).facts["networks"])
