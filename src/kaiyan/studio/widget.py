"""The widget: the studio's page in a notebook, and what it shows as values of Python."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from kaiyan.show.error import KaiyanError
from kaiyan.studio.beside import STRANGE, beside
from kaiyan.studio.desk import Desk, refused
from kaiyan.studio.frame import foreign
from kaiyan.studio.opened import address, described, opened, taps
from kaiyan.studio.page import built
from kaiyan.studio.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kaiyan.spec.conv import Conv
    from kaiyan.studio.desk import Reply


class Checked(traitlets.TraitType[Any, Any]):
    """A trait that changes with the whole scene: what does not fit is refused, and nothing changes."""

    default_value = None
    allow_none = True

    def __set__(self, obj: Any, value: Any) -> None:
        obj.change(**{str(self.name): value})


class Widget(anywidget.AnyWidget):
    """The studio in a notebook: see a convolution, or what a network sees, and read back what was chosen.

    ``what`` is a line of PyTorch code, a ``kaiyan.Conv``, a convolution layer of torch (its weights are shown), any
    other ``torch.nn.Module`` (the network tab opens on it), or None. ``picture`` is a path, an array or a Pillow image,
    as ``kaiyan.see`` takes it. ``kernel`` is a name ("sobel-x"), rows of numbers, an array over the spatial axes, or
    all weights. ``tab`` is "convolution", "network", "fixit" or "train"; ``lang`` "en" or "zh"; ``theme`` "auto",
    "light" or "dark"; ``height`` is in pixels.

    To read, set and ``observe``: ``recipe`` (the line), ``conv`` (a ``Conv``), ``kernel`` (all weights, float64),
    ``bias``, ``place`` (the index of the output cell that is looked at, channel first), ``tab``, ``lang``, ``theme``,
    ``height``; ``change`` sets several at once. ``value`` is what the page shows at ``place``. What the page chooses
    itself is None until it is shown. Arrays are copies that cannot be written into; layer and model stay as they are.

    Raises ``KaiyanError`` for what cannot be shown, also when something is set: then nothing changes.

    >>> widget = Widget("nn.Conv2d(1, 2, 3)", kernel="sobel-x")
    >>> widget.kernel.shape
    (2, 1, 3, 3)
    >>> widget.recipe = "nn.Conv2d(1, 2, 3, stride=2)"
    >>> widget.conv.stride
    (2, 2)
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    _boot = traitlets.Dict().tag(sync=True)
    _shared = traitlets.Dict().tag(sync=True)
    _window = traitlets.Dict().tag(sync=True)

    recipe = Checked()
    conv = Checked()
    kernel = Checked()
    bias = Checked()
    place = Checked()
    value = Checked()
    tab = Checked("convolution")
    lang = Checked()
    theme = Checked("auto")
    height = Checked()

    def __init__(
        self,
        what: Any = None,
        picture: Any = None,
        *,
        kernel: Any = None,
        tab: str | None = None,
        lang: str | None = None,
        theme: str = "auto",
        height: int | None = None,
    ) -> None:
        shown = opened(what)
        scene = Scene(_conv_for(shown.conv, kernel), shown.weight, shown.bias)
        own_tab = "network" if shown.model is not None else "convolution"
        scene = scene.changed(tab=own_tab if tab is None else tab, lang=lang, theme=theme, height=height)
        if kernel is not None:
            scene = scene.changed(kernel=kernel)
        self._scene, self._is_telling = Scene(), True
        self._desk = Desk(model=shown.model)
        boot = {"photograph": address(picture), "model": shown.model and type(shown.model).__name__}
        super().__init__(_boot=boot, _shared=scene.shared())
        self._is_telling = False
        self._adopt(scene)
        self.on_msg(self._asked)

    def change(self, **changes: Any) -> None:
        """Sets several of recipe, conv, kernel, bias, place, tab, lang, theme and height at once, or none of them."""
        scene = self._scene.changed(**changes)
        if scene.place != self._scene.place or scene.conv != self._scene.conv:
            scene = replace(scene, value=None)
        self._adopt(scene)
        self._is_telling = True
        try:
            self._shared = scene.shared()
            if "place" in changes:
                self._window = {"place": list(scene.place or ()), "output": None, "value": None}
        finally:
            self._is_telling = False

    def _adopt(self, scene: Scene) -> None:
        before, self._scene = self._scene, scene
        with self.hold_trait_notifications():
            for name, value in scene.differences(before).items():
                if self.has_trait(name):
                    self.set_trait(name, value)

    @traitlets.default("_esm")
    def _module(self) -> str:
        return built("studio.mjs").decode()

    @traitlets.default("_css")
    def _style(self) -> str:
        return built("studio.css").decode()

    @traitlets.observe("_shared")
    def _changed_in_page(self, change: Any) -> None:
        if not self._is_telling:
            self._adopt(self._scene.taken(change["new"]))

    @traitlets.observe("_window")
    def _moved_in_page(self, change: Any) -> None:
        if not self._is_telling:
            self._adopt(self._scene.looked(change["new"]))

    def _asked(self, _: object, content: Any, parts: Iterable[memoryview] | None) -> None:
        """Answers one question of the page; the answer has its number."""
        if isinstance(content, dict) and "ask" in content:
            reply = self._answer(content.get("facts"), [bytes(part) for part in parts or ()])
            self.send({"ask": content["ask"], "facts": reply.facts}, list(reply.parts))

    def _answer(self, facts: Any, parts: list[bytes]) -> Reply:
        """The user's own model stays in this process; what strangers wrote is read in another."""
        if not isinstance(facts, dict):
            return refused(foreign())
        answering = beside() if str(facts.get("kind")) in STRANGE else self._desk
        try:
            return answering.answer(facts, parts)
        except KeyboardInterrupt:
            return refused(KaiyanError("kernel-interrupted", "the kernel was interrupted", "ask again"))


def _conv_for(conv: Conv | None, kernel: Any) -> Conv | None:
    """What is shown; where only a kernel was given, the least that slides it over every colour."""
    if conv is not None or kernel is None:
        return conv
    shape = taps(kernel).shape
    if len(shape) > 3:
        return described(f"nn.Conv{len(shape) - 2}d({shape[1]}, {shape[0]}, {shape[2:]}, padding='same', bias=False)")
    return described(f"nn.Conv{len(shape)}d(3, 1, {shape}, padding='same', bias=False)")
