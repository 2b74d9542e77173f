"""What a call of a model changes: its tensors and attributes, and the random numbers that it draws."""

from __future__ import annotations

import pickle
import random
import sys
from collections import OrderedDict, defaultdict, deque
from functools import partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn

from kaiyan.trace.copied import parts

_PLAIN = (str, bytes, int, float, complex, type(None), range, slice, torch.dtype, torch.device, torch.Size)


def changes(before: object, after: object) -> tuple[str, ...]:
    """The paths of what differs between two models, or between any other objects: a model and its copy after a call."""
    paths: list[str] = []
    seen: dict[tuple[int, int], tuple[object, object]] = {}  # kept, so that no other pair is given their ids
    waiting = [("", before, after)]
    while waiting:
        path, one, other = waiting.pop()
        if one is other or (id(one), id(other)) in seen:
            continue
        seen[id(one), id(other)] = one, other
        inside, also = (_kept(thing) for thing in (one, other))
        if not _is_same(one, other) or [name for name, _ in inside] != [name for name, _ in also]:
            paths.append(path)
            continue
        waiting += [
            (f"{path}.{name}" if path else name, part, its) for (name, part), (_, its) in zip(inside, also, strict=True)
        ]
    return tuple(sorted(set(paths)))


def _kept(thing: object) -> list[tuple[str, Any]]:
    """What an object holds that a call may change: not the hooks of a module's saving and loading.

    By its name, and a set's by what it says of itself: a copy may have been given its attributes, and its elements, in
    another order.
    """
    if isinstance(thing, (set, frozenset)) and all(isinstance(part, _PLAIN) for part in thing):
        return [(part, part) for part in sorted(map(repr, thing))]
    return sorted(((name, part) for name, part in parts(thing) if "state_dict" not in name), key=itemgetter(0))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two objects are alike apart from what they hold."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return _is_same_tensor(one, other)
    if type(one) is not type(other):  # a copy of a traced one is of another class of TorchScript's
        return isinstance(one, torch.jit.ScriptModule) and isinstance(other, torch.jit.ScriptModule)
    if isinstance(one, _PLAIN):
        return bool(one == other or (one != one and other != other))  # or both NaN
    if isinstance(one, torch.Generator):
        return torch.equal(one.get_state(), other.get_state())
    is_seen = next(iter(parts(one)), None) is not None and not _hides(type(one))
    return is_seen or isinstance(one, (nn.Module, type)) or callable(one) or _is_same_by_pickle(one, other)


def _hides(kind: type) -> bool:
    """Whether objects of a class say by themselves what their state is, as a random.Random does."""
    own = {name for parent in kind.__mro__ if parent not in _CONTAINERS for name in vars(parent)}
    return bool(own & {"__getstate__", "__reduce__"})


_CONTAINERS = (object, dict, list, tuple, set, frozenset, deque, OrderedDict, defaultdict, partial)


def _is_same_tensor(one: Tensor, other: Tensor) -> bool:
    if (one.shape, one.dtype, one.device) != (other.shape, other.dtype, other.device):
        return False
    if one.device.type == "meta" or not one.numel():
        return True
    if one.layout is not torch.strided or one.is_quantized:
        return _is_same_by_pickle(one, other)
    return torch.equal(one, other) or torch.equal(*(torch.nan_to_num(t.detach()) for t in (one, other)))


def _is_same_by_pickle(one: Any, other: Any) -> bool:
    """An iterator, an array, a generator of numbers: each pickles where it stands."""
    try:
        return pickle.dumps(one) == pickle.dumps(other)
    except Exception:  # noqa: BLE001 (what cannot be pickled is a handle to something outside)
        return True


def random_state() -> tuple[Any, ...]:
    """Where torch's, Python's and NumPy's random numbers stand."""
    numpy = sys.modules.get("numpy")
    drawn = numpy.random.get_state() if numpy is not None else None
    return torch.default_generator.get_state(), random.getstate(), drawn


def seed() -> None:
    """The random numbers of torch, Python and NumPy from one beginning; a graphics card's are not touched."""
    torch.default_generator.manual_seed(0)
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def has_drawn(before: tuple[Any, ...]) -> bool:
    """Whether random numbers were drawn since."""
    return bool(changes(before, random_state()))
