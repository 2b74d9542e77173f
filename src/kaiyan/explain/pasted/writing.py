"""Layers as they are written in a text: in its own way of naming torch.nn, or as a function of what goes in."""

from __future__ import annotations

import re

from torch import nn

from kaiyan.trace.rebuild import Cast, First, Permute, written


def prefix_of(function: str) -> str:
    """What stands before a layer's name: "nn.", "torch.nn.", or nothing.

    >>> prefix_of("torch.nn.Conv2d"), prefix_of("Conv2d")
    ('torch.nn.', '')
    """
    return function.rpartition(".")[0] + "." if "." in function else ""


def code_of(layer: nn.Module, prefix: str, old: nn.Module, source: str) -> str | None:
    """A layer as one writes it; the old one among its parts as it stands. None for what torch.nn has not."""
    if isinstance(layer, (Permute, Cast, First)):
        return None
    if isinstance(layer, nn.Sequential):
        parts = [source if _alike(part, old) else code_of(part, prefix, old, source) for part in layer]
        known = [part for part in parts if part is not None]
        return f"{prefix}Sequential({', '.join(known)})" if len(known) == len(parts) else None
    return prefix + _short(written(layer))


def _alike(one: nn.Module, other: nn.Module) -> bool:
    return type(one) is type(other) and written(one) == written(other)


def _short(code: str) -> str:
    """Without what is so anyway.

    >>> _short("Flatten(start_dim=1, end_dim=-1)"), _short("AdaptiveAvgPool2d(output_size=(1, 1))")
    ('Flatten()', 'AdaptiveAvgPool2d((1, 1))')
    """
    code = re.sub(r"^Flatten\(start_dim=1, end_dim=-1\)$", "Flatten()", code)
    return re.sub(r"\(output_size=", "(", code)


_FORMS: tuple[tuple[str, str], ...] = (
    (r"Flatten\(.*\)", "torch.flatten({x}, 1)"),
    (r"AdaptiveAvgPool(\d)d\(output_size=(.*)\)", "F.adaptive_avg_pool{0}d({x}, {1})"),
    (r"Permute\((.*)\)", "{x}.permute({0})"),
    (r"Cast\((.*)\)", "{x}.to({0})"),
    (r"First\(\)", "{x}[0]"),
    (r"ZeroPad\dd\((?:padding=)?(.*)\)", "F.pad({x}, {0})"),
    (r"Unflatten\(dim=(.*), unflattened_size=(.*)\)", "{x}.unflatten({0}, {1})"),
    (r"Upsample\(size=(\(.*?\)|\d+)(.*)\)", "F.interpolate({x}, size={0}{1})"),
)


def as_function(code: str, x: str) -> str | None:
    """What a layer does, as a call of a function on ``x``; None where no form is known.

    >>> as_function("Flatten(start_dim=1, end_dim=-1)", "x")
    'torch.flatten(x, 1)'
    """
    for pattern, form in _FORMS:
        found = re.fullmatch(pattern, code)
        if found:
            return form.format(*found.groups(), x=x)
    return None


def as_layer(code: str, prefix: str) -> str | None:
    """A layer of a record as one of torch.nn; None for ours."""
    return None if code.startswith(("Permute(", "Cast(", "First(")) else prefix + _short(code)
