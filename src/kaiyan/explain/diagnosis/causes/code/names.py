"""Causes about names: an attribute that a module was never given, layers given before torch has made room for them."""

from __future__ import annotations

import copy
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.code.calls import uncalled
from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix, edited
from kaiyan.explain.diagnosis.source import is_library
from kaiyan.explain.diagnosis.traceback import modules_in
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts

NEAR = 3
"""Names that are offered in the place of one."""
_RELU, _DROPOUT, _POOL, _MEAN = "nn.ReLU()", "nn.Dropout()", "nn.MaxPool2d(2)", "nn.AdaptiveAvgPool2d(1)"
_CODE = {
    "relu": _RELU, "act": _RELU, "activation": _RELU, "gelu": "nn.GELU()", "silu": "nn.SiLU()", "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()", "softmax": "nn.Softmax(dim=1)", "flatten": "nn.Flatten()", "dropout": _DROPOUT,
    "drop": _DROPOUT, "pool": _POOL, "maxpool": _POOL, "max_pool": _POOL, "avgpool": _MEAN, "avg_pool": _MEAN,
    "gap": _MEAN,
}  # fmt: skip
"""Layers without weights under the names that they usually have."""
_LAYERS: dict[str, nn.Module] = {
    _RELU: nn.ReLU(), _DROPOUT: nn.Dropout(), _POOL: nn.MaxPool2d(2), _MEAN: nn.AdaptiveAvgPool2d(1),
    "nn.GELU()": nn.GELU(), "nn.SiLU()": nn.SiLU(), "nn.Tanh()": nn.Tanh(), "nn.Sigmoid()": nn.Sigmoid(),
    "nn.Softmax(dim=1)": nn.Softmax(dim=1), "nn.Flatten()": nn.Flatten(),
}  # fmt: skip


_WITHOUT_WEIGHTS = tuple(
    f"torch.nn.modules.{file}" for file in ("activation", "pooling", "dropout", "flatten", "padding")
)
"""Where torch keeps the layers that are made with a tensor by mistake: ``nn.ReLU(x)`` for ``F.relu(x)``."""


def _missing(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A name that a module's code reads and that nothing gave it."""
    kind, name = found["kind"], found["name"]
    if hasattr(Tensor, name) and getattr(vars(nn).get(kind), "__module__", None) in _WITHOUT_WEIGHTS:
        return uncalled(facts, kind)
    path, module = _holder(facts, kind, name)
    if module is None:
        return _from_words(facts, kind, name)
    misspelt = next((other for other in vars(type(module)) if _is_nearly_init(other)), None)
    if misspelt and "__init__" not in vars(type(module)):
        said = sentence("K033", "{kind} has no {name}: its constructor is spelt {misspelt}, so nothing calls it",
                        kind=kind, name=name, misspelt=misspelt)  # fmt: skip
        line = "def __init__(self):"
        return Finding(said, (Fix(sentence("K033", "two underscores on each side: {line}", line=line),
                                  f"def {misspelt}(self):", line),))  # fmt: skip
    known = _names(module)
    said = sentence("K033", "{kind} has no {name}; it has {known}", kind=kind, name=name,
                    known=", ".join(known[:8]) or "-")  # fmt: skip
    fixes = (*_within(facts, module, path, name), *_near(facts, path, name, known), *_made(facts, path, name))
    return Finding(said, fixes)


def _from_words(facts: Facts, kind: str, name: str) -> Finding | None:
    """From a pasted traceback that shows torch's own lookup, or a line that asks ``self`` for it."""
    line = facts.line.text if facts.line else ""
    if not ("in __getattr__" in facts.text or re.search(rf"\bself\.{name}\(", line)) or facts.frame is not None:
        return None
    said = sentence(
        "K033", "{kind} has no {name}: its __init__ does not create it, or names it differently", kind=kind, name=name
    )
    return Finding(said, (Fix(sentence("K033", "make it in __init__: {line}", line=f"self.{name} = ..."), None,
                              f"self.{name} = ..."),))  # fmt: skip


def _holder(facts: Facts, kind: str, name: str) -> tuple[str | None, nn.Module | None]:
    """The module that was asked, and its path where the model holds it."""
    owner = facts.owner
    if owner is not None and _lacks(owner, kind, name):
        return facts.path, owner
    frame = facts.frame[0] if facts.frame else None
    held = [value for _, value in modules_in(frame)] if frame is not None else []
    return None, next((module for module in held if _lacks(module, kind, name)), None)


def _lacks(module: nn.Module, kind: str, name: str) -> bool:
    return type(module).__name__ == kind and not hasattr(module, name)


def _is_nearly_init(name: str) -> bool:
    return name != "__init__" and re.fullmatch(r"_*(?:init|int|inti|intit|innit)_*", name) is not None


def _names(module: nn.Module) -> list[str]:
    """What the module has under names of its own: layers and tensors first, then what else was assigned."""
    tensors = (*module._modules, *module._parameters, *module._buffers)  # noqa: SLF001 (named_* leaves out None)
    own = (name for name in vars(module) if not name.startswith("_") and name not in vars(nn.Module()))
    methods = (n for k in type(module).__mro__ if k.__module__.partition(".")[0] != "torch" for n in vars(k))
    return list(dict.fromkeys((*tensors, *own, *(n for n in methods if not n.startswith("_") and n != "forward"))))


def _within(facts: Facts, module: nn.Module, path: str | None, name: str) -> Iterator[Fix]:
    """The same name one floor below, as behind DataParallel."""
    for child, inner in module.named_children():
        if hasattr(inner, name):
            said = sentence("K033", "use the one in {child}: {line}", child=child, line=f".{child}.{name}")
            yield from _put(facts, path, said, name, f"{child}.{name}")


def _near(facts: Facts, path: str | None, name: str, known: list[str]) -> Iterator[Fix]:
    """Names that read alike: longer or shorter ones first."""
    longer = [other for other in known if other.startswith(name) or name.startswith(other)]
    for other in list(dict.fromkeys((*longer, *get_close_matches(name, known, NEAR, 0.6))))[:NEAR]:
        said = sentence("K033", "did you mean {other}", other=other)
        yield from _put(facts, path, said, name, other)


def _put(facts: Facts, path: str | None, said: Any, name: str, other: str) -> Iterator[Fix]:
    """Another name in the user's line; only the words where the line is not the user's or does not hold it."""
    line = facts.line
    pattern = rf"\.{name}\b"
    if line is None or is_library(line.file) or len(re.findall(pattern, line.text)) != 1:
        yield Fix(said, None, f".{other}")
        return
    text = re.sub(pattern, f".{other}", line.text)
    yield Fix(said, line.text, text, line=line) if path is None else edited(said, line, path, line.text, text)


def _made(facts: Facts, path: str | None, name: str) -> Iterator[Fix]:
    """A layer under that name, made in the constructor: tried where it needs no sizes."""
    if facts.line is None or f"self.{name}" not in facts.line.text:
        return
    code = _CODE.get(re.sub(r"\d+$", "", name.lower()))
    if code is None or path is None or is_library(facts.line.file):
        line = f"self.{name} = ..."
        yield Fix(sentence("K033", "make it in __init__: {line}", line=line), None, line)
        return
    line = f"self.{name} = {code}"

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        setattr(model.get_submodule(path), name, copy.deepcopy(_LAYERS[code]))
        return model, inputs

    yield Fix(sentence("K033", "make it in __init__: {line}", line=line), None, line, change=change)


def _early(facts: Facts, found: re.Match[str]) -> Finding:
    """A layer that is assigned before torch has made room for it."""
    holder = facts.frame[0].f_locals.get("self") if facts.frame else None
    kind = type(holder).__name__ if holder is not None else "the model"
    what = found["what"].rstrip("s")
    said = sentence("K033", "{kind} is given a {what} before super().__init__() is called", kind=kind,
                    what=what)  # fmt: skip
    line = "super().__init__()"
    offer = sentence("K033", "the first line of __init__: {line}", line=line)
    first = facts.line
    if first is None or is_library(first.file):
        return Finding(said, (Fix(offer, None, line),))
    return Finding(said, (Fix(offer, first.text, f"{line}\n{first.text}", line=first),))


ROWS = (
    Cause(
        "K033", r"'(?P<kind>\w+)' object has no attribute '(?P<name>\w+)'",
        "File \"a.py\", line 3, in forward\n  x = self.pool(x)\n'Net' object has no attribute 'pool'", _missing,
    ),
    Cause(
        "K033", r"cannot assign (?P<what>module|parameter|buffer)s? before Module\.__init__\(\) call",
        "cannot assign module before Module.__init__() call", _early,
    ),
)  # fmt: skip
