"""What a widget shows, frozen and checked: a convolution with its numbers, the place that is looked at, the words."""

from __future__ import annotations

import operator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.show.error import KaiyanError
from kaiyan.studio.opened import biases, described, weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv

CHOICES: dict[str, tuple[str | None, ...]] = {
    "tab": ("convolution", "network", "fixit", "train", "faces"),
    "lang": (None, "en", "zh"),
    "theme": ("auto", "light", "dark"),
}
"""The words that each may be; without a language the page takes the browser's."""
LOWEST, HIGHEST = 240, 4000
"""Pixels of a widget's height."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """``kernel`` are all weights; ``place`` indexes the output, channel first, and ``value`` is what is shown there.

    What the page chooses by itself is None until it is shown: that is all where nothing was named.
    """

    conv: Conv | None = None
    kernel: Numbers | None = None
    bias: Numbers | None = None
    place: tuple[int, ...] | None = None
    value: float | None = None
    output: tuple[int, ...] | None = None
    tab: str = "convolution"
    lang: str | None = None
    theme: str = "auto"
    height: int | None = None

    @property
    def recipe(self) -> str | None:
        """The line of code of the convolution."""
        return None if self.conv is None else str(self.conv)

    def changed(self, **changes: Any) -> Scene:
        """With some of it changed, and what depends on that left to the page.

        Raises ``KaiyanError`` for what cannot be.
        """
        what = changes.get("recipe", changes.get("conv"))
        scene = self if {"recipe", "conv"}.isdisjoint(changes) else self._with_conv(described(what))
        return replace(scene, **{name: _READERS[name](value, scene) for name, value in changes.items()
                                 if name not in ("conv", "recipe")})  # fmt: skip

    def _with_conv(self, conv: Conv) -> Scene:
        if conv == self.conv:
            return self
        empty = replace(self, conv=conv, kernel=None, bias=None, place=None, value=None, output=None)
        if self.conv is None or conv.weight_shape != self.conv.weight_shape:
            return empty
        return replace(empty, kernel=self.kernel, bias=biases(self.bias, conv))

    def differences(self, before: Scene) -> dict[str, Any]:
        """What has another value than before, by its name, ``recipe`` among them."""
        names = ("recipe", *(field.name for field in fields(self)))
        pairs = ((name, getattr(self, name), getattr(before, name)) for name in names)
        return {name: now for name, now, then in pairs if not _alike(now, then)}

    def shared(self) -> dict[str, Any]:
        """What the page is told, numbers as bytes of float64."""
        arrays = {name: _bytes(getattr(self, name)) for name in ("kernel", "bias")}
        return {"recipe": self.recipe, **arrays, **{name: getattr(self, name) for name in (*CHOICES, "height")}}

    def taken(self, shared: Mapping[str, Any]) -> Scene:
        """As the page says that it is."""
        scene = self.changed(recipe=shared["recipe"])
        shape = described(shared["recipe"]).weight_shape
        kernel = np.frombuffer(shared["kernel"]).reshape(shape)
        bias = None if shared["bias"] is None else np.frombuffer(shared["bias"])
        return scene.changed(kernel=kernel, bias=bias, **{name: shared[name] for name in CHOICES})

    def looked(self, window: Mapping[str, Any]) -> Scene:
        """With the place that the page looks at, and what it shows there."""
        if window.get("output") is None:
            return self
        place, output = tuple(window["place"]), tuple(window["output"])
        return replace(self, place=place, output=output, value=window["value"])


def _alike(now: object, then: object) -> bool:
    if isinstance(now, np.ndarray) and isinstance(then, np.ndarray):
        return np.array_equal(now, then)
    return not isinstance(now, np.ndarray) and not isinstance(then, np.ndarray) and now == then


def _bytes(values: Numbers | None) -> bytes | None:
    return None if values is None else values.tobytes()


def _conv_of(scene: Scene, name: str) -> Conv:
    if scene.conv is None:
        raise KaiyanError(
            "nothing-shown-yet",
            "{name} cannot be set before the widget is shown: it has no convolution of its own yet",
            'kaiyan.Widget("nn.Conv2d(3, 16, 3, stride=2)")',
            name=name,
        )
    return scene.conv


def _place(value: Any, scene: Scene) -> tuple[int, ...]:
    conv = _conv_of(scene, "place")
    within = scene.output or (conv.channels[1], *(2**31 for _ in conv.axes))
    try:
        place = tuple(operator.index(each) for each in value)
    except TypeError:
        place = ()
    if len(place) != len(within) or not all(0 <= i < n for i, n in zip(place, within, strict=True)):
        known = within if scene.output else (within[0], *("n" for _ in conv.axes))
        raise KaiyanError("no-such-place", "{place!r} is not a place in the output {output}", place=value, output=known)
    return place


def _height(value: Any, _: Scene) -> int | None:
    if value is None or (type(value) is int and LOWEST <= value <= HIGHEST):
        return value
    raise KaiyanError(
        "widget-height", "height is a whole number of pixels from {lowest} to {highest}, not {value!r}",
        lowest=LOWEST, highest=HIGHEST, value=value,
    )  # fmt: skip


def _word(name: str) -> Any:
    def read(value: Any, _: Scene) -> Any:
        if value not in CHOICES[name]:
            known = ", ".join(map(repr, CHOICES[name]))
            raise KaiyanError("widget-word", "{name} is one of {known}, not {value!r}", name=name, known=known,
                              value=value)  # fmt: skip
        return value

    return read


def _value(_: Any, __: Scene) -> Any:
    raise KaiyanError("value-is-read", "value is what the page shows at place: it is read, not set")


_READERS: dict[str, Any] = {
    "kernel": lambda value, scene: weights(value, _conv_of(scene, "kernel")),
    "bias": lambda value, scene: biases(value, _conv_of(scene, "bias")),
    "place": _place,
    "value": _value,
    "height": _height,
    **{name: _word(name) for name in CHOICES},
}
"""What checks each change, by its name."""
