"""Causes about the batch: a view that makes rows of it, and targets that are as many as something else."""

from __future__ import annotations

import ast
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

from torch import nn

from kaiyan.explain.diagnosis.causes.finding import Finding
from kaiyan.explain.diagnosis.fixes import Fix, edited, replaced
from kaiyan.explain.diagnosis.source import rewritten
from kaiyan.explain.diagnosis.statement import statement
from kaiyan.explain.diagnosis.titles import call_title, path_title
from kaiyan.explain.diagnosis.ways.mends import Mend, mended
from kaiyan.explain.diagnosis.ways.views import has_source, viewed
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import rebuilt, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.trace.record import Call, Record

_VIEWS = ("view", "reshape")


def rows(facts: Facts, got: int, wanted: int) -> Finding:
    """An output of ``got`` rows for ``wanted`` targets, and what made so many."""
    view = _view(facts, wanted)
    if view is not None:
        said = sentence(
            "K050", "the loss was given {got} rows and {wanted} targets: {call} makes rows of {features} numbers, "
                    "but each sample of {shape} has {per}", got=got, wanted=wanted,
            call=call_title(view) if view.is_module else _code((view.line and view.line.text) or view.kind),
            features=(view.output_shape or (0,))[-1], per=prod(view.input_shapes[0][1:]), shape=view.input_shapes[0],
        )  # fmt: skip
    else:
        said = sentence("K050", "the loss was given {got} rows and {wanted} targets: each row needs one target",
                        got=got, wanted=wanted)  # fmt: skip
    fixes = (*_kept(facts, view), *_pooled(view), *_turned(facts, got, wanted))
    unknown = () if fixes else tuple(_written(facts, got, wanted))
    return Finding(said, fixes or unknown, code="K050", wanted=lambda run: _gives(run, wanted), is_outside=True)


def _gives(run: Record, batch: int) -> bool:
    return any(shape[:1] == (batch,) for shape in run.output_shapes[:1])


def _view(facts: Facts, batch: int) -> Call | None:
    """The first step that made another number of rows of a batch, with the same numbers in it."""
    return next((s for s in facts.done if (s.is_module or s.kind in _VIEWS) and s.input_shapes and s.output_shape
                 and len(s.input_shapes[0]) > 1 and s.input_shapes[0][0] == batch != s.output_shape[0]
                 and prod(s.input_shapes[0]) == prod(s.output_shape)), None)  # fmt: skip


def _call(line: str) -> tuple[str, str] | None:
    """The view in a line of code as it is written, and what it is asked of."""
    code = statement(line)
    for node in code.parts(ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
            holder = ast.unparse(node.func.value)
            return code.source(node), ast.unparse(node.args[0]) if holder == "torch" and node.args else holder
    return None


def _code(line: str) -> str:
    found = _call(line)
    return found[0] if found else line


def _kept(facts: Facts, view: Call | None) -> Iterator[Fix]:
    """The view made to keep the batch, and the Linear behind it made for what a sample has."""
    if view is None or facts.model is None:
        return
    flat = _flat(facts.model, view)
    if flat is None:
        return
    features = prod(view.input_shapes[0][1:])
    behind = facts.done[facts.done.index(view) + 1 :]
    layer = next((s for s in behind if s.is_module and s.kind == "Linear"), None)
    old: Any = facts.model.get_submodule(layer.path) if layer else None
    made = rebuilt(old, in_features=features) if old is not None and old.in_features != features else None
    if layer is None or made is None:
        yield flat
        return
    said = sentence("K050", "keep the batch: {after}, and in_features={features} in {path}", after=_changed(flat),
                    features=features, path=path_title(layer.path))  # fmt: skip
    wider = replaced(said, old, layer.path, made)
    yield _both(said, flat, wider, rewritten(facts.model, layer.path, made), written(old), written(made))


def _flat(model: nn.Module, view: Call) -> Fix | None:
    """The view alone, made to keep the batch: a module's place is taken by Flatten, a line is written anew."""
    if view.is_module:
        said = sentence("K050", "keep the batch: {after}", after="nn.Flatten()")
        return replaced(said, model.get_submodule(view.path), view.path, nn.Flatten())
    found = _call(view.line.text) if view.line else None
    if view.line is None or found is None:
        return None
    whole, holder = found
    after = f"{holder}.view({holder}.size(0), -1)" if holder.isidentifier() else f"torch.flatten({holder}, 1)"
    return edited(sentence("K050", "keep the batch: {after}", after=after), view.line, view.path, whole, after)


def _changed(flat: Fix) -> object:
    return flat.sentence.facts["after"]


def _both(said: Any, flat: Fix, wider: Fix, own: Any, old: str, new: str) -> Fix:
    """A line of forward and a layer, changed together."""

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        for fix in (flat, wider):
            if fix.change:
                model, inputs = fix.change(model, inputs)
        return model, inputs

    before, after = (own[0].text, own[1]) if own else (old, new)
    return Fix(said, f"{flat.before}\n{before}", f"{flat.after}\n{after}", change=change, line=flat.line)


def _pooled(view: Call | None) -> Iterator[Fix]:
    """The maps averaged to the size for which the view was written: the weights stay."""
    found = _call(view.line.text) if view and view.line else None
    if view is None or view.line is None or found is None or not view.output_shape or len(view.input_shapes[0]) != 4:
        return
    whole, holder = found
    C, features = view.input_shapes[0][1], view.output_shape[-1]
    side = isqrt(features // C) if C and features % C == 0 else 0
    if not side or side * side * C != features:
        return
    pooled = f"torch.nn.functional.adaptive_avg_pool2d({holder}, {side})"
    said = sentence("K050", "or pool the feature maps to {side}x{side}, the size that the view was written for: "
                            "the weights stay",
                    side=side)  # fmt: skip
    yield edited(said, view.line, view.path, whole, whole.replace(holder, pooled, 1))


def _turned(facts: Facts, got: int, wanted: int) -> Iterator[Fix]:
    """Changes of the two tensors, where they are known."""
    shapes = facts.loss.shapes if facts.loss else None
    if shapes is None:
        return
    a, b = shapes
    mends = []
    if prod(b) == got:
        mends.append(Mend(target="{}.flatten()", turn_target=lambda t: t.flatten()))
    if len(a) > 1 and a[0] == 1 and a[1] == wanted:
        mends.append(Mend(scores="{}.squeeze(0)", turn_scores=lambda x: x.squeeze(0)))
    if len(a) == 2 and a[1] == wanted:
        mends.append(Mend(scores="{}.T", turn_scores=lambda x: x.T))
    if len(a) == 3 and a[1] == wanted:
        mends.append(Mend(scores="{}.transpose(0, 1)", turn_scores=lambda x: x.transpose(0, 1)))
        mends.append(Mend(scores="{}.permute(1, 2, 0)", turn_scores=lambda x: x.permute(1, 2, 0)))
    if len(a) == 2 and len(b) == 1 and wanted == got * a[1]:
        mends.append(Mend(target=f"{{}}.view(-1, {a[1]}).argmax(1)", turn_target=lambda t: t.view(-1, a[1]).argmax(1)))
    for mend in mends:
        yield from mended(facts, mend, lambda code: sentence("K050", "give one target per row: {code}", code=code))


def _written(facts: Facts, got: int, wanted: int) -> Iterator[Fix]:
    """Where only the numbers are known: a view that stands in the source, then what usually makes them differ."""
    yield from viewed(facts, got, wanted)
    hidden = not has_source(facts)
    if facts.frame is None and hidden:
        yield from _usual(got, wanted)
    elif wanted < got < 2 * wanted:
        yield _smaller()
    elif hidden and got % max(wanted, 1) == 0:
        yield _rows(wanted)
    if facts.model is None and 0 < got < wanted and wanted % got == 0:
        said = sentence("K050", "if the targets were flattened, {wanted} = {got}·{each}: give the loss {got} of them",
                        wanted=wanted, got=got, each=wanted // got)  # fmt: skip
        yield Fix(said)
    if facts.frame is not None or facts.model is not None:
        yield Fix(sentence("K050", "give the loss the output and the target of the same samples, one target per row"))


def _smaller() -> Fix:
    said = sentence("K050", "if both come from a loader, the last batch may be smaller: {line}", line="drop_last=True")
    return Fix(said, None, "DataLoader(..., drop_last=True)")


def _usual(got: int, wanted: int) -> Iterator[Fix]:
    """A view gives many times the rows, a loader's last batch a few less."""
    view = _rows(wanted)
    if got % max(wanted, 1) == 0:
        yield view
    else:
        yield from (_smaller(), view) if got < 2 * wanted else (view, _smaller())


def _rows(wanted: int) -> Fix:
    line = "x = x.view(x.size(0), -1)"
    said = sentence("K050", "if the model has a view(-1, n): {line} keeps the batch of {wanted}; adjust in_features to "
                    "match", line=line, wanted=wanted)  # fmt: skip
    return Fix(said, None, line)
