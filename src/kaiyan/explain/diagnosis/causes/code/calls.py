"""Causes about calls: a class in the place of an object, an argument that is not there, a name that torch lacks."""

from __future__ import annotations

import ast
import inspect
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.failing_line import failing_line
from kaiyan.explain.diagnosis.fixes import Fix, edited, edited_lines
from kaiyan.explain.diagnosis.source import is_library
from kaiyan.explain.diagnosis.traceback import modules_in, value_of
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.show.sentence import Sentence


def _put(facts: Facts, said: Sentence, pattern: str, after: str, otherwise: str) -> Fix:
    """A change of the user's own line where it holds the pattern once, tried in a forward; else the code alone."""
    line = facts.line
    if line is None or is_library(line.file) or len(re.findall(pattern, line.text)) != 1:
        return Fix(said, None, otherwise)
    text, place = re.sub(pattern, after, line.text), failing_line(facts)
    if place is not None and place.line == line:
        return edited_lines(said, place.path, {line: text})
    return Fix(said, line.text, text, line=line)


_LAYER_NAME = re.compile(
    r"(conv|deconv|fc|linear|dense|lin|bn|norm|batchnorm|relu|act|activation|dropout|drop|max_?pool|avg_?pool|pool"
    r"|flatten|embed\w*|lstm|gru|rnn|layer|block|features|head|encoder|decoder|classifier|backbone)[\d_]*"
)
"""Names that layers usually have: the rest of what is not defined may be anything of the user's."""


def _is_message_alone(facts: Facts) -> bool:
    """Whether nothing is known but the words: no frame, no line, no model."""
    return facts.frame is None and facts.line is None and facts.model is None


def _unforwarded(facts: Facts, found: re.Match[str]) -> Finding:
    """A module that is called and has no forward: a list of layers, or a name written otherwise."""
    kind = found["kind"]
    if kind in ("ModuleList", "ModuleDict"):
        said = sentence("K034", "a {kind} keeps layers but cannot be called itself", kind=kind)
        loop = "for layer in self.layers: x = layer(x)"
        each = Fix(sentence("K034", "call its layers in turn: {line}", line=loop), None, loop)
        chain = Fix(sentence("K034", "or use nn.Sequential, which does so by itself"), f"nn.{kind}(layers)",
                    "nn.Sequential(*layers)")  # fmt: skip
        return Finding(said, (each, chain))
    own = facts.owner if facts.owner is not None and type(facts.owner).__name__ == kind else facts.model
    near = get_close_matches("forward", [n for n in vars(type(own)) if n != "forward"], 1, 0.7) if own else []
    if near:
        said = sentence("K034", "{kind} has no forward; it has {near}, which torch does not call", kind=kind,
                        near=near[0])  # fmt: skip
        return Finding(said, (Fix(sentence("K034", "name it forward"), f"def {near[0]}(", "def forward("),))
    said = sentence("K034", "{kind} has no forward, or it is indented as a part of __init__", kind=kind)
    line = "def forward(self, x):"
    return Finding(said, (Fix(sentence("K034", "indent it like __init__: {line}", line=line), None, line),))


def _counted(facts: Facts, found: re.Match[str]) -> Finding | None:
    """More arguments than a forward or a constructor takes."""
    kind, method, takes, given = found["kind"], found["method"], int(found["takes"]), int(found["given"])
    if method == "forward" and takes == 1 and given == 2:
        code = getattr(getattr(type(facts.owner or facts.model), "forward", None), "__code__", None)
        if code is None or code.co_varnames[:1] != ("self",):
            line = "def forward(self, x):"
            said = sentence("K034", "forward of {kind} is written without self", kind=kind)
            return Finding(said, (Fix(sentence("K034", "put self first: {line}", line=line), "def forward(x):", line),))
    if method == "forward":
        said = sentence("K034", "forward of {kind} takes {takes} besides self, but was given {given}", kind=kind,
                        takes=takes - 1, given=given - 1)  # fmt: skip
        return Finding(said, (Fix(sentence("K034", "pass as many as it takes, or add parameters to its def")),))
    if not _is_module_class(facts, kind):
        return None
    if not _is_given_tensors(facts, kind):
        more = sentence(
            "K034",
            "{kind} is made with {takes} settings besides self, but was given {given}",
            kind=kind,
            takes=takes - 1,
            given=given - 1,
        )
        return Finding(more, (Fix(sentence("K034", "pass as many as it takes, or add parameters to its def")),))
    said = sentence("K034", "{kind} is a class: its constructor was called with what its forward takes", kind=kind)
    offer = sentence("K034", "create an object first, then call it: {line}", line=f"{kind}()(x)")
    return Finding(said, (_put(facts, offer, rf"\b{kind}\(", f"{kind}()(", f"model = {kind}()\nout = model(x)"),))


def _is_module_class(facts: Facts, name: str) -> bool:
    value = value_of(ast.Name(name), facts.frame[0]) if facts.frame else None
    return isinstance(value, type) and issubclass(value, nn.Module)


def _is_given_tensors(facts: Facts, kind: str) -> bool:
    """Whether a call of the class in the user's line has a tensor among its arguments."""
    try:
        calls = [n for n in ast.walk(ast.parse(facts.line.text if facts.line else "")) if isinstance(n, ast.Call)]
    except SyntaxError:
        return False
    given = [arg for call in calls if ast.unparse(call.func).rpartition(".")[2] == kind for arg in call.args]
    frame = facts.frame[0] if facts.frame else None
    made = any(isinstance(arg, ast.Call) and ast.unparse(arg.func).startswith("torch.") for arg in given)
    return made or any(frame is not None and isinstance(value_of(arg, frame), Tensor) for arg in given)


def _undefined(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A name that is the module's own and was written without self."""
    name, owner = found["name"], facts.owner
    if _is_message_alone(facts) and _LAYER_NAME.fullmatch(name):
        unknown = sentence("K034", "the name {name} is not defined where it is used", name=name)
        return Finding(unknown, (Fix(sentence("K034", "if it is a layer of the module, write self.{name}", name=name),
                                     name, f"self.{name}"),))  # fmt: skip
    if owner is None and facts.frame is not None:
        owner = facts.frame[0].f_locals.get("self")
    if not isinstance(owner, nn.Module) or not hasattr(owner, name):
        return None
    said = sentence("K034", "{name} is an attribute of {kind} and is written without self", name=name,
                    kind=type(owner).__name__)  # fmt: skip
    offer, line = sentence("K034", "use self.{name} instead of {name}", name=name), facts.line
    text = re.sub(rf"(?<![\w.]){name}\b", f"self.{name}", line.text) if line else ""
    if line is None or facts.path is None or is_library(line.file):
        return Finding(said, (Fix(offer, name, f"self.{name}"),))
    return Finding(said, (edited(offer, line, facts.path, line.text, text),))


def _no_module(facts: Facts, found: re.Match[str]) -> Finding:
    """What stands in a Sequential or a ModuleList and is no layer."""
    what = found["what"]
    said = sentence("K034", "Sequential and ModuleList hold layers, but {what} is not a layer", what=what)
    if what in ("list", "tuple", "generator"):
        offer = sentence("K034", "pass the layers themselves: {line}", line="nn.Sequential(*layers)")
        return Finding(said, (_put(facts, offer, r"Sequential\((?=[\[(])", "Sequential(*", "nn.Sequential(*layers)"),))
    name = what.rpartition(".")[2]
    layer = next((n for n in vars(nn) if n.lower() == name.replace("_", "").lower() and isinstance(vars(nn)[n], type)),
                 None)  # fmt: skip
    if layer is None:
        return Finding(said, (Fix(sentence("K034", "use a layer instead, or call it in forward")),))
    after = f"nn.{layer}()"
    offer = sentence("K034", "create the layer: {line}", line=after)
    return Finding(said, (_put(facts, offer, rf"(?:[\w.]+\.)?\b{name}\b(?!\()", after, after),))


def _keyword(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A setting that a layer does not have, and the one that reads like it."""
    kind, word = found["kind"], found["word"]
    own = vars(nn).get(kind)
    value = own if isinstance(own, type) else value_of(ast.Name(kind), facts.frame[0]) if facts.frame else None
    if not (isinstance(value, type) and issubclass(value, nn.Module)):
        return None
    names = [name for name in inspect.signature(value).parameters if name not in ("self", "args", "kwargs")]
    said = sentence("K034", "{kind} has no setting {word}; it has {names}", kind=kind, word=word,
                    names=", ".join(names) or "-")  # fmt: skip
    longer = [name for name in names if name.startswith(word) or word.startswith(name)]
    given = facts.line.text if facts.line else ""
    near = [n for n in (*get_close_matches(word, names, 2, 0.6), *longer) if not re.search(rf"\b{n}\s*=", given)]
    fixes = (_put(facts, sentence("K034", "did you mean {other}", other=other), rf"\b{word}(?=\s*=)", other,
                  f"{other}=") for other in dict.fromkeys(near))  # fmt: skip
    return Finding(said, tuple(fixes)[:2])


def _lacking(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A setting without which a layer or an optimizer cannot be made."""
    if isinstance(vars(torch.optim).get(found["kind"]), type) and "'params'" in found["names"]:
        return _without_parameters(facts, found["kind"])
    kind, own = found["kind"], vars(nn).get(found["kind"])
    lacking = ", ".join(re.findall(r"'(\w+)'", found["names"]))
    if found["method"] == "forward":
        called = sentence("K034", "forward of {kind} was called without {names}", kind=kind, names=lacking)
        return Finding(called, (Fix(sentence("K034", "pass what is missing: {line}", line=f"model({lacking})")),))
    if not isinstance(own, type):
        return None
    said = sentence("K034", "{kind} needs {names}", kind=kind, names=lacking)
    needed = [n for n, p in inspect.signature(own).parameters.items() if p.default is p.empty and n != "self"]
    line = f"nn.{kind}({', '.join(needed)})"
    return Finding(said, (Fix(sentence("K034", "pass what is missing: {line}", line=line), None, line),))


def _without_parameters(facts: Facts, kind: str) -> Finding:
    """An optimizer that was given its settings alone."""
    models = dict(modules_in(facts.frame[0])) if facts.frame else {}
    name = next(iter(models), "model") if len(models) == 1 else "model"
    cause = sentence("K067", "{kind} was given no parameters: they are its first argument", kind=kind)
    code = f"{name}.parameters()"
    offer = sentence("K067", "pass its parameters: {line}", line=code)
    fix = _put(facts, offer, rf"\b{kind}\((?=[^)])", f"{kind}({code}, ", f"torch.optim.{kind}({code}, ...)")
    return Finding(cause, (fix,), code="K067", is_outside=True)


def _torchs(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A name that a module of torch does not have, and the one that is spelt so."""
    where, name = found["module"], found["name"]
    space: dict[str, Any] = {"torch.nn": vars(nn), "torch.nn.functional": vars(nn.functional)}.get(where, {})
    names = [n for n in space if not n.startswith("_") and not n.endswith("_")]
    plain = re.sub("_", "", name).lower()
    same = [n for n in names if n.replace("_", "").lower() == plain]
    near = (same or get_close_matches(name, names, 2, 0.75))[:2]
    if not near:
        return None
    said = sentence("K034", "{where} has no {name}; it has {near}", where=where, name=name, near=", ".join(near))
    fixes = (_put(facts, sentence("K034", "did you mean {other}", other=other), rf"\.{name}\b", f".{other}",
                  f".{other}") for other in near)  # fmt: skip
    return Finding(said, tuple(fixes))


def _nothing(facts: Facts, found: re.Match[str]) -> Finding | None:
    """What a forward without return gives, asked for something."""
    if _is_message_alone(facts) and callable(getattr(Tensor, found["name"], None)):
        empty = sentence("K024", "the value before .{name} is None, not a tensor", name=found["name"])
        offer = sentence("K024", "a forward without return returns None: end it with {line}", line="return x")
        return Finding(empty, (Fix(offer, None, "return x"),), code="K024")
    frame = facts.frame[0] if facts.frame else None
    if not hasattr(Tensor, found["name"]) or (facts.line is not None and ".grad" in facts.line.text):
        return None
    values = {**frame.f_globals, **frame.f_locals}.values() if frame is not None else ()
    kinds = dict.fromkeys(v if isinstance(v, type) else type(v) for v in values)
    mute = [kind for kind in kinds if issubclass(kind, nn.Module) and _gives_nothing(kind)]
    if len(mute) != 1:
        return None
    said = sentence("K024", "forward of {kind} has no return, so it returns None, which has no {name}",
                    kind=mute[0].__name__, name=found["name"])  # fmt: skip
    line = "return x"
    return Finding(said, (Fix(sentence("K024", "end forward with {line}", line=line), None, line),), code="K024")


def _gives_nothing(kind: type) -> bool:
    """Whether the class's own forward never returns anything."""
    try:
        tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(vars(kind)["forward"])))
    except (OSError, TypeError, SyntaxError, KeyError):
        return False
    return not any(isinstance(node, (ast.Return, ast.Raise, ast.Yield)) for node in ast.walk(tree))


def _item(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence(
        "K061", "the loss is a plain {kind}: .item() or float() took it out of the graph", kind=found["kind"]
    )
    offer = sentence("K061", "call backward on the tensor, and .item() after it")
    return Finding(said, (_put(facts, offer, r"\.item\(\)", "", "loss.backward()\nvalue = loss.item()"),), code="K061",
                   is_outside=True)  # fmt: skip


def _listed(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A Python list of layers that is called as if it were one."""
    if _is_message_alone(facts):
        alone = sentence("K034", "a Python {kind} was called as if it were a layer", kind=found["kind"])
        line = "for layer in layers: x = layer(x)"
        return Finding(alone, (Fix(sentence("K034", "call its layers in turn: {line}", line=line), None, line),))
    name = re.search(r"self\.(\w+)\(", facts.line.text if facts.line else "")
    held = getattr(facts.owner, name[1], None) if name and facts.owner is not None else None
    if name is None or not isinstance(held, (list, tuple)) or not all(isinstance(part, nn.Module) for part in held):
        return None
    said = sentence("K034", "self.{name} is a Python {kind} of layers, which cannot be called", name=name[1],
                    kind=found["kind"])  # fmt: skip
    loop = f"for layer in self.{name[1]}: x = layer(x)"
    kept = sentence("K034", "register them with nn.ModuleList too, or their weights are not trained")
    return Finding(said, (Fix(sentence("K034", "call its layers in turn: {line}", line=loop), None, loop),
                          Fix(kept, None, f"self.{name[1]} = nn.ModuleList([...])")))  # fmt: skip


def uncalled(facts: Facts, kind: str) -> Finding:
    """A layer that was made with the tensor as its setting and never called."""
    said = sentence("K034", "nn.{kind}(x) makes a layer but does not call it", kind=kind)
    line = f"nn.{kind}()(x)"
    offer = sentence("K034", "call the layer: {line}", line=line)
    return Finding(said, (_put(facts, offer, rf"\b{kind}\((?!\))", f"{kind}()(", line),), code="K034")


def _layer_given(facts: Facts, found: re.Match[str]) -> Finding | None:
    return uncalled(facts, found["kind"]) if isinstance(vars(nn).get(found["kind"]), type) else None


def _uniterable(facts: Facts, found: re.Match[str]) -> Finding | None:
    """A model, or its method, in the place of what that gives."""
    line = facts.line.text if facts.line else facts.text
    if not re.search(r"optim|SGD|Adam", line):
        return None
    if found["kind"] == "method":
        said = sentence("K067", "parameters is a method: call it with ()")
        offer = sentence("K067", "pass its parameters: {line}", line="model.parameters()")
        return Finding(said, (_put(facts, offer, r"\.parameters\b(?!\()", ".parameters()", "model.parameters()"),),
                       is_outside=True)  # fmt: skip
    said = sentence("K067", "the optimizer takes the model's parameters, not the {kind} itself", kind=found["kind"])
    offer = sentence("K067", "pass its parameters: {line}", line="model.parameters()")
    return Finding(said, (_put(facts, offer, r"(?<=\()(\w+)(?=[,)]\s*)(?=[^()]*\)$)", r"\1.parameters()",
                               "model.parameters()"),), is_outside=True)  # fmt: skip


ROWS = (
    Cause(
        "K034", r"received an invalid combination of arguments - got \((?P<kind>[A-Z]\w+),",
        "conv2d() received an invalid combination of arguments - got (ReLU, Parameter, Parameter)", _layer_given,
    ),
    Cause(
        "K034", r"'(?P<kind>list|tuple)' object is not callable", "'list' object is not callable", _listed,
    ),
    Cause(
        "K067",
        r"'(?P<kind>\w+)' object is not iterable", "optim.SGD(model)\n'Linear' object is not iterable", _uniterable,
    ),
    Cause(
        "K034", r'Module \[(?P<kind>\w+)\] is missing the required "forward" function',
        'Module [Net] is missing the required "forward" function', _unforwarded,
    ),
    Cause(
        "K034", r"(?P<kind>\w+)\.(?P<method>forward|__init__)\(\) takes (?P<takes>\d+) positional arguments? "
        r"but (?P<given>\d+) were given",
        "Net.forward() takes 2 positional arguments but 3 were given", _counted,
    ),
    Cause(
        "K034",
        r"\bNameError: name '(?P<name>\w+)' is not defined", "NameError: name 'conv1' is not defined", _undefined,
    ),
    Cause(
        "K034",
        r"TypeError: (?P<what>[\w.]+) is not a Module subclass", "TypeError: list is not a Module subclass", _no_module,
    ),
    Cause(
        "K034", r"(?P<kind>\w+)\.__init__\(\) got an unexpected keyword argument '(?P<word>\w+)'",
        "Conv2d.__init__() got an unexpected keyword argument 'kernel'", _keyword,
    ),
    Cause(
        "K034", r"(?P<kind>\w+)\.(?P<method>__init__|forward)\(\) missing \d+ required positional arguments?: "
        r"(?P<names>'\w+'[^\n]*)",
        "Conv2d.__init__() missing 1 required positional argument: 'kernel_size'", _lacking,
    ),
    Cause(
        "K034", r"module '(?P<module>torch\.nn(?:\.functional)?)' has no attribute '(?P<name>\w+)'",
        "module 'torch.nn' has no attribute 'Conv2D'", _torchs,
    ),
    Cause(
        "K024",
        r"'NoneType' object has no attribute '(?P<name>\w+)'", "'NoneType' object has no attribute 'argmax'", _nothing,
    ),
    Cause(
        "K061",
        r"'(?P<kind>float|int)' object has no attribute 'backward'", "'float' object has no attribute 'backward'",
        _item,
    ),
)  # fmt: skip
