"""A model that a text names: a factory in a file or a module, or a name in a zoo."""

from __future__ import annotations

import sys
import traceback
from functools import partial
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Callable

_ZOOS = {"torchvision": ("torchvision.models", "get_model"), "timm": ("timm", "create_model")}
"""Libraries whose models are asked for by name, and by what function."""


def model(text: str) -> Any:
    """The model that ``FILE.py:factory``, ``module:factory``, ``torchvision:name`` or ``timm:name`` makes.

    Raises ``KaiyanError`` where there is no such file, module or factory, or it makes something else.
    """
    place, name = _parts(text)
    torch = _import("torch", "pip install 'kaiyan[torch]'")
    if place in _ZOOS:
        module, function = _ZOOS[place]
        make = getattr(_import(module, f"pip install {place}"), function)
        net = _run(text, partial(make, name))
    else:
        module = _from_file(Path(place)) if place.endswith(".py") else _import(place, f"pip install {place}")
        factory = getattr(module, name, None)
        if factory is None:
            raise KaiyanError("no-factory", "{place} has no {name}", place=place, name=name)
        net = factory if isinstance(factory, torch.nn.Module) or not callable(factory) else _run(text, factory)
    if isinstance(net, torch.export.ExportedProgram):
        net = net.module()
    if not isinstance(net, torch.nn.Module):
        raise KaiyanError(
            "factory-makes-no-model",
            "{text} returns a {kind}, not a torch.nn.Module",
            text=text,
            kind=type(net).__name__,
        )
    return net


def check(text: str) -> None:
    """Raises ``KaiyanError`` where it is plain that a text names no model; nothing of it is run."""
    place, _ = _parts(text)
    _check_module("torch", "pip install 'kaiyan[torch]'")
    if place.endswith(".py"):
        _run(place, partial(compile, _file(Path(place)).read_bytes(), place, "exec"))
    else:
        _check_module(place.partition(".")[0], f"pip install {place}")


def _check_module(name: str, remedy: str) -> None:
    if find_spec(name) is None and not any((Path.cwd() / found).exists() for found in (name, f"{name}.py")):
        raise missing(name, remedy)


def _parts(text: str) -> tuple[str, str]:
    place, _, name = text.rpartition(":")
    if not place or not name:
        raise KaiyanError(
            "model-text", "{text!r} does not name a model", "FILE.py:factory, or module:factory", text=text
        )
    return place, name


def _import(name: str, remedy: str) -> Any:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise missing(error.name or name, remedy) from None
    except Exception as error:
        raise _failure(name, error) from error
    finally:
        sys.path.pop(0)


def missing(name: str, remedy: str) -> KaiyanError:
    """The refusal for want of a module."""
    return KaiyanError("no-module", "there is no module {name}", "{remedy}", name=name, remedy=remedy)


def _run(text: str, code: Callable[[], Any]) -> Any:
    """What the user's code gives; raises ``KaiyanError`` with its error, and the line of it that failed."""
    try:
        return code()
    except Exception as error:
        raise _failure(text, error) from error


def _failure(text: str, error: Exception) -> KaiyanError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    own = [frame for frame in frames if "importlib" not in frame.filename]
    return KaiyanError(
        "model-code-fails",
        "{text} fails: {where}{kind}: {error}",
        text=text,
        where=f"{own[-1].filename}:{own[-1].lineno}: " if own else "",
        kind=type(error).__name__,
        error=str(error).partition("\n")[0],
    )


def _file(path: Path) -> Path:
    if not path.is_file():
        raise KaiyanError("no-such-file", "there is no file {path}", path=str(path))
    return path


def _from_file(path: Path) -> Any:
    spec = spec_from_file_location(f"_kaiyan_{path.stem}", _file(path))
    if spec is None or spec.loader is None:
        raise KaiyanError("no-such-file", "there is no file {path}", path=str(path))
    # Dataclasses look their module up by name; this name hides no other module, not even where the file is torch.py.
    module = sys.modules[spec.name] = module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        _run(str(path), partial(spec.loader.exec_module, module))
    finally:
        sys.path.pop(0)
    return module
