"""Kaiyan 开眼: compute, explain and show convolutions."""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaiyan import faces as faces
    from kaiyan import learn as learn
    from kaiyan import networks as networks
    from kaiyan import nn as nn
    from kaiyan.engine.codegen.running.threads import get_num_threads as get_num_threads
    from kaiyan.engine.codegen.running.threads import set_num_threads as set_num_threads
    from kaiyan.explain.diagnosis.diagnose import diagnose as diagnose
    from kaiyan.explain.diagnosis.diagnose import explaining as explaining
    from kaiyan.explain.diagnosis.diagnose import install_explainer as install_explainer
    from kaiyan.explain.padding import padding as padding
    from kaiyan.explain.shift import shift_report as shift_report
    from kaiyan.explain.sizes.least import least_input as least_input
    from kaiyan.explain.sizes.whole import whole_sizes as whole_sizes
    from kaiyan.explain.summary import summary as summary
    from kaiyan.nn.acceleration.accelerate import accelerate as accelerate
    from kaiyan.ops.conv import conv as conv
    from kaiyan.ops.conv import conv_transpose as conv_transpose
    from kaiyan.ops.matrix import matrix as matrix
    from kaiyan.ops.plan import plan as plan
    from kaiyan.ops.plan import tune as tune
    from kaiyan.ops.port import port as port
    from kaiyan.ops.prepare import prepare as prepare
    from kaiyan.ops.weights import convert_weight as convert_weight
    from kaiyan.pictures.see import see as see
    from kaiyan.program.saved import load as load
    from kaiyan.show.error import ConvError as ConvError
    from kaiyan.show.error import KaiyanError as KaiyanError
    from kaiyan.spec.chain import derive as derive
    from kaiyan.spec.conv import Conv as Conv
    from kaiyan.spec.field import join_fields as join_fields
    from kaiyan.spec.field import receptive_field as receptive_field
    from kaiyan.spec.inverse import layers_between as layers_between
    from kaiyan.studio.widget import Widget as Widget

__version__ = "0.1.0"

_PUBLIC = {
    "Conv": "kaiyan.spec.conv",
    "ConvError": "kaiyan.show.error",
    "KaiyanError": "kaiyan.show.error",
    "Widget": "kaiyan.studio.widget",
    "accelerate": "kaiyan.nn.acceleration.accelerate",
    "conv": "kaiyan.ops.conv",
    "conv_transpose": "kaiyan.ops.conv",
    "convert_weight": "kaiyan.ops.weights",
    "derive": "kaiyan.spec.chain",
    "diagnose": "kaiyan.explain.diagnosis.diagnose",
    "explaining": "kaiyan.explain.diagnosis.diagnose",
    "install_explainer": "kaiyan.explain.diagnosis.diagnose",
    "get_num_threads": "kaiyan.engine.codegen.running.threads",
    "join_fields": "kaiyan.spec.field",
    "layers_between": "kaiyan.spec.inverse",
    "least_input": "kaiyan.explain.sizes.least",
    "load": "kaiyan.program.saved",
    "matrix": "kaiyan.ops.matrix",
    "padding": "kaiyan.explain.padding",
    "plan": "kaiyan.ops.plan",
    "port": "kaiyan.ops.port",
    "prepare": "kaiyan.ops.prepare",
    "receptive_field": "kaiyan.spec.field",
    "see": "kaiyan.pictures.see",
    "set_num_threads": "kaiyan.engine.codegen.running.threads",
    "shift_report": "kaiyan.explain.shift",
    "summary": "kaiyan.explain.summary",
    "tune": "kaiyan.ops.plan",
    "whole_sizes": "kaiyan.explain.sizes.whole",
}

_EXTRAS = {"torch": "torch", "anywidget": "studio"}
"""The extra that brings a module."""

_RENAMED = {"join": "join_fields"}
"""Old names, which work and warn."""

_ROOMS = ("faces", "learn", "networks", "nn")
"""Rooms that are public as such: ``kaiyan.nn.Conv2d``."""

__all__ = [*sorted([*_PUBLIC, *_ROOMS]), "__version__"]  # noqa: PLE0604 (the names are the keys, once)


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"kaiyan.{name}")
    if name in _RENAMED:
        warnings.warn(f"kaiyan.{name} is called kaiyan.{_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        name = _RENAMED[name]
    if name not in _PUBLIC:
        msg = f"module 'kaiyan' has no attribute {name!r}"
        raise AttributeError(msg)
    try:
        value = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        msg = f"kaiyan.{name} needs {error.name}: pip install 'kaiyan[{_EXTRAS[error.name]}]'"
        raise ModuleNotFoundError(msg, name=error.name) from None
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
