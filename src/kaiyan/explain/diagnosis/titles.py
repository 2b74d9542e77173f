"""How a diagnosis writes a call and a path: in a sentence, as a line of the ledger, as plain words for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from kaiyan.trace.record import Call


def path_title(path: str) -> Sentence | str:
    """A path that is told from a number: "features.0" as it is, "5" as "layer '5'".

    >>> str(path_title("features.0")), str(path_title("5"))
    ('features.0', "layer '5'")
    """
    return sentence("name-of-layer", "layer '{path}'", path=path) if path.isdecimal() else path


def call_title(call: Call) -> Sentence | str:
    """A call as a sentence names it: "features.0 (Conv2d)", "layer '5' (Conv2d)", "max_pool2d"."""
    if call.kind == "getitem":
        return sentence("name-of-index", "an index or a slice")
    if not call.is_module or not call.path:
        return call.kind
    return sentence("name-of-layer-and-kind", "{layer} ({kind})", layer=path_title(call.path), kind=call.kind)


def call_line(call: Call) -> str:
    """A call with the shapes that went in and came out: "features.0: Conv2d(3, 8, 3)  (1, 3, 9, 9) -> (1, 8, 7, 7)"."""
    shapes = " -> ".join(str(shape) for shape in (*call.input_shapes[:1], call.output_shape or "?"))
    return f"{call.path or '(model)'}: {call.code}  {shapes}"
