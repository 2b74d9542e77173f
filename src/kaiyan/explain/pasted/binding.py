"""The arguments of a call of the text's own function by the names of its parameters; mistakes in Python's words."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaiyan.explain.pasted.modules import PastedFunction
    from kaiyan.explain.pasted.run import ReadingRun


def written(function: PastedFunction, call: ast.Call) -> dict[str, ast.expr]:
    """The arguments as they are written."""
    places = [one.arg for one in function.node.args.args]
    if function.owner is not None and places[:1] == ["self"]:
        places = places[1:]
    by_place = (
        {} if any(isinstance(one, ast.Starred) for one in call.args) else dict(zip(places, call.args, strict=False))
    )
    return by_place | {word.arg: word.value for word in call.keywords if word.arg}


def bind(run: ReadingRun, function: PastedFunction, args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """Arguments under their names; raises ``TypeError`` in Python's words."""
    from kaiyan.explain.pasted.expressions import value

    spec = function.node.args
    places = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    if len(args) > len(places) and spec.vararg is None:
        raise TypeError(_too_many(function, len(places), len(spec.defaults), len(args)))
    bound = dict(zip(places, args, strict=False))
    if spec.vararg is not None:
        bound[spec.vararg.arg] = tuple(args[len(places) :])
    allowed = {*places, *(one.arg for one in spec.kwonlyargs)}
    extra = {name: one for name, one in named.items() if name not in allowed}
    if extra and spec.kwarg is None:
        raise TypeError(f"{function.title}() got an unexpected keyword argument '{next(iter(extra))}'")
    bound.update((name, one) for name, one in named.items() if name in allowed)
    if spec.kwarg is not None:
        bound[spec.kwarg.arg] = extra
    given = [*zip(reversed(places), reversed(spec.defaults), strict=False)]
    given += [(one.arg, node) for one, node in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if node is not None]
    for name, node in given:
        if name not in bound:
            bound[name] = value(run, node, function.scope)
    lacking = [name for name in (*places, *(one.arg for one in spec.kwonlyargs)) if name not in bound]
    if lacking:
        raise TypeError(_too_few(function, lacking))
    return bound


def _too_few(function: PastedFunction, lacking: list[str]) -> str:
    names = [f"'{name}'" for name in lacking]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}{',' * (len(names) > 2)} and {names[-1]}"
    plural = "s" if len(names) > 1 else ""
    return f"{function.title}() missing {len(names)} required positional argument{plural}: {listed}"


def _too_many(function: PastedFunction, places: int, defaults: int, given: int) -> str:
    least = f"from {places - defaults} to {places}" if defaults else str(places)
    plural = "" if places == 1 and not defaults else "s"
    were = "was" if given == 1 else "were"
    return f"{function.title}() takes {least} positional argument{plural} but {given} {were} given"
