"""A kernel from examples, and small honest training."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaiyan.learn.fitting.fit import fit_kernel as fit_kernel
    from kaiyan.learn.fitting.result import Fit as Fit
    from kaiyan.learn.training.train import train as train
    from kaiyan.learn.training.training import Training as Training

_PUBLIC = {
    "Fit": "kaiyan.learn.fitting.result",
    "Training": "kaiyan.learn.training.training",
    "fit_kernel": "kaiyan.learn.fitting.fit",
    "train": "kaiyan.learn.training.train",
}
"""Where each public name is; a kernel is found without torch, so nothing is loaded before it is asked for."""


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        msg = f"module 'kaiyan.learn' has no attribute {name!r}"
        raise AttributeError(msg)
    try:
        value = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
    except ModuleNotFoundError as error:
        if error.name not in ("PIL", "filelock", "torch"):
            raise
        msg = f"kaiyan.learn.{name} needs {error.name}: pip install 'kaiyan[learn]'"
        raise ModuleNotFoundError(msg, name=error.name) from None
    return value


def __dir__() -> list[str]:
    return sorted(_PUBLIC)
