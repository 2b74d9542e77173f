"""What becomes of a network's answers when the picture moves, or when its padding is another library's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.nn.convert import convert
from kaiyan.show.error import KaiyanError
from kaiyan.show.sentence import sentence
from kaiyan.studio.answers.network.answering import change, shares, top
from kaiyan.studio.answers.network.stepping import answered
from kaiyan.studio.desk import Reply, words

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv
    from kaiyan.studio.answers.network.opened import Network
    from kaiyan.studio.answers.network.session import Look, NetworkSession

CONVENTIONS = {
    "same": "tf_same", "same_lower": "onnx_same_lower", "torch": "torch",
    "tf_same": "tf_same", "onnx_same_lower": "onnx_same_lower",
}  # fmt: skip
"""What the page calls a convention, and what ``kaiyan.nn.convert`` does."""


def moved(network: Network, look: Look, down: Any, right: Any) -> Reply:
    """The answers when the picture has moved by whole pixels of the network's input; the input so moved, RGB."""
    size = look.pixels.shape[:2]
    for by, most in ((down, size[0]), (right, size[1])):
        if type(by) is not int or abs(by) > most:
            raise KaiyanError(
                "network-shift", "the picture moves by whole pixels, at most {most}; not by {by!r}", most=most, by=by
            )  # fmt: skip
    pixels, is_anew = shifted(network, look, down, right)
    was = answered(network.model, network.name, look.x)
    now = answered(network.model, network.name, network.preparation.tensor(pixels))
    how = (
        sentence("moved-cropped", "cropped again from the picture: the pixels that come in at the border are real")
        if is_anew
        else sentence("moved-repeated", "the picture ends there: the pixels at the border are repeated")
    )
    facts = {**_compared(network, was, now), "recropped": is_anew, "how": words(how)}
    return Reply(facts, (np.ascontiguousarray(pixels).data.cast("B"),))


def shifted(network: Network, look: Look, down: int, right: int) -> tuple[Numbers, bool]:
    """The input when the picture has moved, and whether the part that comes in is the picture's own."""
    prepared = network.preparation
    top_, left, height, width = look.box
    box = top_ - down * height / prepared.height, left - right * width / prepared.width, height, width
    inside = box[0] >= 0 and box[1] >= 0
    if inside and box[0] + height <= look.picture.shape[0] and box[1] + width <= look.picture.shape[1]:
        return prepared.pixels(look.picture, box), True
    sides = ((max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0)), (0, 0))
    wide = np.pad(look.pixels, sides, mode="edge")
    high, broad = look.pixels.shape[:2]
    return wide[max(-down, 0) :][:high, max(-right, 0) :][:, :broad], False


def converted(found: NetworkSession, look: Look, word: Any) -> Reply:
    """The answers when every padded convolution pads by another convention: same weights, same sizes, on a copy."""
    if word not in CONVENTIONS:
        raise KaiyanError(
            "network-convention", "there is no convention {word!r} here", "one of {known}",
            word=word, known=", ".join(CONVENTIONS),
        )  # fmt: skip
    network, name = found.network, CONVENTIONS[word]
    model = found.kept(("convention", name), lambda: convert(network.model, name))
    was = answered(network.model, network.name, look.x)
    now = answered(model, network.name, look.x)
    changed = [row for path, pair in model.conversion.changed.items() if (row := _changed(network, path, *pair))]
    return Reply({**_compared(network, was, now), "changed": changed, "left": _left(model)})


def _changed(network: Network, path: str, before: Conv, after: Conv) -> dict[str, Any] | None:
    """A layer that now pads otherwise, with the sizes that it had: elements before and after each axis."""
    shape = next((call.input_shapes[0] for call in network.record.calls if call.is_module and call.path == path), None)
    if shape is None or before.pads(shape) == after.pads(shape):
        return None
    pads = {"was": before.pads(shape), "now": after.pads(shape)}
    code = {"was": str(before), "now": str(after)}
    return {"path": path, "input": list(shape[2:]), "pads": pads, "code": code}


def _left(model: Any) -> list[dict[str, Any]]:
    """Layers that pad and could not be changed, with the reason."""
    told = model.conversion.left.items()
    return [{"path": path, "why": words(why)} for path, why in told if why.code not in _NO_MATTER]


_NO_MATTER = ("left-no-padding", "left-pads-this-way")


def _compared(network: Network, was: Any, now: Any) -> dict[str, Any]:
    """The strongest answers before, each with its share afterwards, those afterwards, and the largest change."""
    before, after = top(network, was), top(network, now)
    found = shares(now)
    if before is not None and found is not None:
        before = [{**answer, "after": float(found[answer["class"]])} for answer in before]
    return {"top": after, "was": before, "max_change": change(was, now)}
