"""Causes about a tuple or a list where a tensor belongs: recurrent layers, attention, a comma too many, blocks."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.failing_line import failing_line
from kaiyan.explain.diagnosis.fixes import Fix, edited_lines, fed, followed
from kaiyan.explain.diagnosis.titles import call_title
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import First
from kaiyan.trace.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.explain.diagnosis.failing_line import FailingLine
    from kaiyan.trace.record import Call

GIVES = {"LSTM": "(output, (h, c))", "GRU": "(output, h)", "RNN": "(output, h)",
         "MultiheadAttention": "(output, weights)"}  # fmt: skip
"""What torch's layers that give a tuple give."""


FIRST = "class First(nn.Module):\n    def forward(self, outputs):\n        return outputs[0]\n\n"
"""A layer that a user can write into a Sequential."""
FIELDS = ("logits", "last_hidden_state", "pooler_output", "sample", "out", "features")
"""What an answer of many fields is mostly wanted for, the likeliest first."""


def _tuple(facts: Facts, found: re.Match[str]) -> Finding | None:
    if found["attribute"] and not hasattr(Tensor, found["attribute"]):
        return None
    kind = "list" if "list" in found[0] else "tuple"
    comma = next(_commas(facts), None) if kind == "tuple" else None
    if comma is not None:
        fix, line = comma
        said = sentence("K044", "the comma at the end of line {number}, {text}, makes it a tuple",
                        number=line.number, text=repr(line.text))  # fmt: skip
        return Finding(said, (fix,))
    if facts.model is None or facts.record is None or facts.record.error is None:
        said = sentence("K044", "a tensor was expected, not a {kind}", kind=kind)
        return Finding(said, tuple(_untold(kind)))
    given = next(
        (x for x in facts.inputs if isinstance(x, (list, tuple)) and all(isinstance(e, Tensor) for e in x)), None
    )
    if given is not None and not facts.done:
        return _stacked(given, kind)
    maker = _maker(facts)
    title = call_title(maker) if maker else None
    gives = GIVES.get(maker.kind) if maker else None
    if gives is None:
        title, gives = _called(facts)
    if gives is not None:
        said = sentence(
            "K044", "{source} returns a tuple, {gives}: the tensor is its first element", source=title, gives=gives
        )
    else:
        said = sentence("K044", "a tensor was expected, not a {kind}", kind=kind)
    return Finding(said, tuple(_first(facts, maker)))


def _stacked(given: list[Tensor] | tuple[Tensor, ...], kind: str) -> Finding:
    said = sentence("K044", "the input is a {kind} of {count} tensors, but the layer takes one tensor", kind=kind,
                    count=len(given))  # fmt: skip
    line = "x = torch.stack(x)"
    stack = fed(
        sentence("K044", "make a batch of them, if they are all the same size: {line}", line=line), line, torch.stack
    )
    one = fed(sentence("K044", "pass them one by one: {line}", line="x[0].unsqueeze(0)"), "x = x[0].unsqueeze(0)",
              lambda x: x[0].unsqueeze(0))  # fmt: skip
    return Finding(said, (stack, one))


def _called(facts: Facts) -> tuple[str | None, str | None]:
    """A module of the failing line that is known to give a tuple, and what it gives."""
    place = failing_line(facts)
    if place is None or facts.model is None:
        return None, None
    owner = facts.model.get_submodule(place.path)
    for node in ast.walk(place.code.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            kind = type(getattr(owner, node.attr, None)).__name__
            if kind in GIVES:
                return f"self.{node.attr} ({kind})", GIVES[kind]
    return None, None


def _untold(kind: str) -> Iterator[Fix]:
    """From the message alone."""
    yield Fix(
        sentence("K044", "take its first element; LSTM, GRU and MultiheadAttention return a tuple"),
        None,
        "x, _ = layer(x)",
    )
    if kind == "tuple":
        yield Fix(sentence("K044", "or remove a comma at the end of the line that made it"))


def _maker(facts: Facts) -> Call | None:
    """The layer that gave the tuple, as far as it is one of torch's."""
    maker = facts.maker() if facts.step and facts.step.inputs else None
    return maker or next((s for s in reversed(facts.done) if s.kind in GIVES), None)


def _first(facts: Facts, maker: Call | None) -> Iterator[Fix]:
    """The first of the tuple taken: where its name is given, where it is made inside the line, or behind the layer."""
    place = failing_line(facts)
    if place is not None:
        yield from _unpacked(place)
        yield from _indexed(place)
    if maker is not None and maker.is_module and facts.model is not None:
        said = sentence("K044", "take the first element of what {source} returns", source=call_title(maker))
        fix = followed(said, facts.model.get_submodule(maker.path), maker.path, First())
        yield replace(fix, after=f"{FIRST}{fix.after}")


def _unpacked(place: FailingLine) -> Iterator[Fix]:
    """Names in the failing line that hold a tuple, where they are given."""
    used = [name.id for name in place.code.parts(ast.Name)]
    for name in dict.fromkeys(used):
        value: Any = place.names.get(name)
        given = place.assigned(name) if _holds(value) else None
        if given is None:
            continue
        line, node = given
        if not isinstance(node.value, ast.Call):
            continue
        text = f"{name}, _{line.text[len(name) :]}" if len(value) == 2 else f"{line.text}[0]"
        said = sentence("K044", "take only the first of the {count}: {line}", count=len(value), line=text)
        yield edited_lines(said, place.path, {line: text})
        if isinstance(value[-1], Tensor) and len(value) > 1:
            last = f"{line.text}[-1]"
            said = sentence("K044", "take only the last of the {count}: {line}", count=len(value), line=last)
            yield edited_lines(said, place.path, {line: last})


def _holds(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and any(isinstance(entry, Tensor) for entry in value)


def _indexed(place: FailingLine) -> Iterator[Fix]:
    """A call of a module of the user's inside the failing line, such as ``self.fc(self.lstm(x))``."""
    calls = [node for node in place.code.parts(ast.Call) if isinstance(node.func, ast.Attribute)]
    for node in calls[:4]:
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "self"
        ):
            text = place.code.put(node, f"{place.code.source(node)}[0]")
            yield edited_lines(sentence("K044", "take only its first element: {line}", line=text), place.path,
                               {place.line: text})  # fmt: skip


def _commas_given(facts: Facts) -> Iterator[tuple[Fix, Line]]:
    """The line that gave a name of the failing line its tuple of one, where a comma at its end made it."""
    place = failing_line(facts)
    if place is None:
        return
    for name in dict.fromkeys(part.id for part in place.code.parts(ast.Name)):
        line, statement = place.assigned(name) or (None, None)
        if line and statement and _is_lone_tuple(statement.value, line.text):
            yield _without_comma(place.path, "forward", line, statement), line


def _is_lone_tuple(value: ast.expr | None, text: str) -> bool:
    return isinstance(value, ast.Tuple) and len(value.elts) == 1 and text.partition("#")[0].rstrip().endswith(",")


def _commas(facts: Facts) -> Iterator[tuple[Fix, Line]]:
    if facts.model is not None:
        yield from _commas_given(facts)
        yield from _commas_of_classes(facts.model)


def _commas_of_classes(model: nn.Module) -> Iterator[tuple[Fix, Line]]:
    """Lines of the user's classes that end in a comma, which makes a tuple of one, and the line without it."""
    known = set()
    for path, module in model.named_modules():
        kind = type(module)
        if kind in known or kind.__module__.partition(".")[0] == "torch":
            continue
        known.add(kind)
        for name in ("__init__", "forward"):
            for line, node in _lone_tuples(kind, name):
                yield _without_comma(path, name, line, node), line


def _lone_tuples(kind: type[nn.Module], name: str) -> Iterator[tuple[Line, ast.stmt]]:
    try:
        lines, start = inspect.getsourcelines(vars(kind)[name])
        file = inspect.getsourcefile(vars(kind)[name]) or "?"
        tree = ast.parse("if True:\n" + "".join(lines)) if lines[0][:1].isspace() else ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError, KeyError):
        return
    shift = 1 if lines[0][:1].isspace() else 0
    for node in ast.walk(tree):
        value = getattr(node, "value", None)
        if isinstance(node, (ast.Assign, ast.Return)) and node.lineno == node.end_lineno:
            text = lines[node.lineno - 1 - shift].strip()
            if _is_lone_tuple(value, text):
                yield Line(file, start + node.lineno - 1 - shift, text), node


def _without_comma(path: str, method: str, line: Line, node: ast.stmt) -> Fix:
    said = sentence("K044", "remove the comma")
    text = re.sub(r",\s*(#.*)?$", lambda found: f"  {found[1]}" if found[1] else "", line.text)
    if method == "forward":
        return edited_lines(said, path, {line: text})
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    name = target.attr if isinstance(target, ast.Attribute) else ""

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        holder = model.get_submodule(path)
        (value,) = getattr(holder, name)
        delattr(holder, name)
        setattr(holder, name, value)
        return model, inputs

    return Fix(said, line.text, text, change=change, line=line)


def _object(facts: Facts, found: re.Match[str]) -> Finding | None:
    """An answer of several named fields where a tensor belongs."""
    kind = found["kind"] or found["other"]
    if kind not in ("dict", "OrderedDict") and not re.search(r"Output|Result|Prediction", kind):
        return None
    said = sentence("K044", "a tensor was expected, not a {kind}: pass one of its fields", kind=kind)
    place = failing_line(facts)
    fixes = tuple(_fields(place)) if place is not None else ()
    words = Fix(
        sentence("K044", "take one of its fields, such as .logits, .last_hidden_state or ['out']"),
        None,
        "x = model(x).logits",
    )
    return Finding(said, fixes or (words,))


def _fields(place: FailingLine) -> Iterator[Fix]:
    """Each field that holds a tensor, taken where the name is given its value."""
    for name, value in place.names.items():
        fields = dict(value) if isinstance(value, dict) else dict(getattr(value, "__dict__", {}))
        tensors = [field for field, part in fields.items() if isinstance(part, Tensor)]
        given = place.assigned(name) if tensors and not isinstance(value, (nn.Module, Tensor)) else None
        for field in sorted(tensors, key=lambda f: FIELDS.index(f) if f in FIELDS else len(FIELDS)) if given else ():
            line = given[0] if given else place.line
            part = f".{field}" if hasattr(value, str(field)) else f"[{field!r}]"
            text = f"{line.text}{part}"
            yield edited_lines(
                sentence("K044", "take its field {field}: {line}", field=field, line=text), place.path, {line: text}
            )


ROWS = (
    Cause(
        "K044", r"must be Tensor, not (?P<kind>\w*(?:Output|Result|Prediction)\w*|dict|OrderedDict)\b|"
        r"got \((?P<other>\w*Output\w*|dict|OrderedDict), (?:Tensor|Parameter)",
        "linear(): argument 'input' (position 1) must be Tensor, not BaseModelOutputWithPooling", _object,
    ),
    Cause(
        "K044",
        r"must be Tensor, not (?:tuple|list)|got \((?:tuple|list), (?:Tensor|Parameter|NoneType|int|tuple|list)|"
        r"'(?:tuple|list)' object has no attribute '(?P<attribute>\w+)'|"
        r"(?:tuple|list) indices must be integers or slices, not (?:tuple|list)|"
        r"unsupported operand type\(s\) for \S+: '(?:Tensor' and '(?:tuple|list)|(?:tuple|list)' and 'Tensor)'|"
        r"expected Tensor as element \d+ in argument \d+, but got (?:tuple|list)|'tuple' object is not callable",
        "linear(): argument 'input' (position 1) must be Tensor, not tuple", _tuple,
    ),
)  # fmt: skip
