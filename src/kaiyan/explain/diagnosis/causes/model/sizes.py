"""Causes about sizes: windows that do not fit, maps that shrank, views, borders."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix, edited, replaced
from kaiyan.explain.diagnosis.ways.grown import used_up
from kaiyan.explain.diagnosis.ways.mends import last_layer
from kaiyan.show.sentence import sentence
from kaiyan.trace.rebuild import is_convolution, rebuilt, size_keeping

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape


def _window(facts: Facts, found: re.Match[str]) -> Finding:
    room, kernel = numbers(found["room"]), numbers(found["kernel"])
    layer: Any = facts.layer
    spatial = facts.given[-len(room) :] if facts.given else room
    if facts.given is None:
        return _written_window(room, kernel)
    said = sentence("K003", "the kernel of {path} reaches {kernel}, but its input is {spatial}, {room} with padding",
                    path=facts.named("Conv"), kernel=kernel, spatial=spatial,
                    room=room)  # fmt: skip
    if 0 in spatial:  # nothing in the model is wrong: the picture is empty
        return Finding(said)
    return Finding(said, tuple(used_up(facts, *_fitting(facts, layer, spatial, kernel))))


def _written_window(room: Shape, kernel: Shape) -> Finding:
    """From the message alone: how much of the padded size is padding is not in it, so no padding is offered first."""
    said = sentence("K003", "the kernel reaches {kernel}, but there are only {room}, padding included",
                    kernel=kernel, room=room)  # fmt: skip
    unpadded = tuple(max(n - 2, 0) for n in room)
    unknown = sentence("K003", "the message does not say how much of {room} is padding: with padding=1 the input "
                               "was {unpadded}; print its shape", room=room, unpadded=unpadded)  # fmt: skip
    more = max(-(-(k - n) // 2) for k, n in zip(kernel, room, strict=False))
    least = tuple(max(1, min(k, n)) for k, n in zip(kernel, room, strict=False))
    fixes = (
        Fix(sentence("K003", "a larger input, or fewer poolings and strides before this layer")),
        Fix(sentence("K003", "use a kernel no larger than the feature map"), None, f"kernel_size={least}"),
        Fix(sentence("K003", "if the input itself is not empty: {more} more padding on each side", more=more)),
    )
    return Finding(said, fixes, (unknown,))


def _fitting(facts: Facts, layer: Any, spatial: Shape, kernel: Shape) -> Iterator[Fix]:
    """The layer made to fit the map: padded, or with a smaller kernel."""
    enough = max(-(-(k - n) // 2) for k, n in zip(kernel, spatial, strict=False))
    path = facts.path or ""
    if layer is None or not is_convolution(layer):
        offer = sentence("K003", "padding={padding}: then the kernel fits once", padding=enough)
        yield Fix(offer, None, f"padding={enough}")
        return
    for padding in (size_keeping(layer), enough):
        made = rebuilt(layer, padding=padding)
        if made:
            offer = sentence("K003", "padding={padding}: then the kernel fits once", padding=padding)
            yield replaced(offer, layer, path, made)
    made = rebuilt(layer, kernel_size=tuple(max(1, min(k, n)) for k, n in zip(kernel, spatial, strict=False)))
    if made:
        yield replaced(sentence("K003", "use a kernel no larger than the feature map"), layer, path, made)


def _pooled(facts: Facts, found: re.Match[str]) -> Finding:
    shape = facts.given or numbers(found["shape"] or "")
    if not shape:
        used = sentence("K004", "the output of a pooling or convolution would be empty: the feature map is too small")
        return Finding(used, (Fix(sentence("K004", "use larger pictures, or fewer poolings before it")),))
    halvings = max(0, min(facts.inputs[0].shape[2:], default=0)).bit_length() - 1 if facts.inputs else None
    said = sentence("K004", "{path} was given {shape} and its output would be empty: the feature map is too small",
                    path=facts.named("Pool"), shape=shape)  # fmt: skip
    if halvings is not None and facts.inputs:
        said = sentence(
            "K004", "{path} was given {shape} and its output would be empty: an input of {sizes} can "
                    "be halved {halvings} times",
            path=facts.named("Pool"), shape=shape, sizes=tuple(facts.inputs[0].shape[2:]), halvings=halvings,
        )  # fmt: skip
    return Finding(said, tuple(used_up(facts)))


def _view(facts: Facts, found: re.Match[str]) -> Finding:
    wanted, size = numbers(found["wanted"]), int(found["size"])
    shape = facts.given
    said = sentence("K026", "{shape} has {size} numbers, which cannot be reshaped to {wanted}", shape=shape or "x",
                    size=size, wanted=wanted)  # fmt: skip
    fixes = list(_filled(facts, shape, wanted))
    if fixes:
        return Finding(said, tuple(fixes))
    step = facts.step
    offer = sentence("K026", "flatten(x, 1): one row per picture; then in_features must be {features}",
                     features=prod(shape[1:]) if shape else size)  # fmt: skip
    if step and step.line and "x.view(" in step.line.text:
        call = step.line.text[step.line.text.index("x.view(") :]
        fixes.append(edited(offer, step.line, step.path, call[: call.index(")") + 1], "torch.flatten(x, 1)"))
    return Finding(said, tuple(fixes) or (Fix(offer, None, "x = torch.flatten(x, 1)"),))


def _filled(facts: Facts, shape: Shape | None, wanted: Shape) -> Iterator[Fix]:
    """The last layer made to give what a view of each sample asks for, such as anchors · numbers of a detector."""
    if not shape or facts.model is None or min(wanted) < 1 or wanted[0] != shape[0] or len(wanted) < 3:
        return
    needed, rest = divmod(prod(wanted[1:]), prod(shape[2:]))
    if needed and not rest and _made_last(facts, shape):
        yield from last_layer(facts, needed, lambda code: sentence(
            "K026", "make the layer before it output what the view splits: {code}", code=code))  # fmt: skip


def _made_last(facts: Facts, shape: Shape) -> bool:
    """Whether the last layer with weights gave just this, which a change of its width changes."""
    last = [s for s in facts.done if s.is_module and s.kind in ("Linear", "Conv1d", "Conv2d", "Conv3d")][-1:]
    return bool(last) and last[0].output_shape == shape


def _border(facts: Facts, found: re.Match[str]) -> Finding:
    layer: Any = facts.layer
    rank = len(getattr(layer, "kernel_size", ())) or 2
    spatial = facts.given[-rank:] if facts.given else ()
    circular = "wrapping" in found[0]
    if layer is None:
        return _written_border(found, circular=circular)
    said = (
        sentence(
            "K013",
            "circular padding wraps once: it can be {n} at most on an axis of {n}; you have {padding}",
            n=min(spatial, default=0),
            padding=getattr(layer, "padding", None),
        )
        if circular
        else sentence(
            "K013",
            "reflection leaves the edge out: padding {padding} needs more than {n} inputs; "
            "{most} is the largest possible",
            padding=getattr(layer, "padding", None) or numbers(found[0])[1:3],
            n=min(spatial, default=0),
            most=max(min(spatial, default=1) - 1, 0),
        )
    )
    if not spatial:
        return Finding(said)
    most = min(spatial) - (0 if circular else 1)
    made = rebuilt(layer, padding=most)
    other = rebuilt(layer, padding_mode="replicate")
    offers = [(made, sentence("K013", "padding={most}", most=most)),
              (other, sentence("K013", "padding_mode='replicate', which has no limit"))]  # fmt: skip
    return Finding(said, tuple(replaced(text, layer, facts.path or "", new) for new, text in offers if new))


def _written_border(found: re.Match[str], *, circular: bool) -> Finding:
    """From the message alone, which gives the padding, the axis and in new versions the input's shape."""
    unlimited = Fix(sentence("K013", "padding_mode='replicate', which has no limit"), None, "mode='replicate'")
    if circular:
        return Finding(sentence("K013", "circular padding wraps once: an axis of n takes n at most"), (unlimited,))
    padding, axis, shape = numbers(found["padding"] or ""), int(found["axis"] or -1), numbers(found["shape"] or "")
    if not padding:
        said = sentence("K013", "reflection excludes the edge: an axis of size n can be padded by at most n − 1")
        return Finding(said, (unlimited,))
    if not -len(shape) <= axis < len(shape):
        said = sentence("K013", "reflection leaves the edge out: an axis of n takes n − 1 at most, not {padding}",
                        padding=padding)  # fmt: skip
        return Finding(said, (unlimited,))
    said = sentence(
        "K013",
        "reflection leaves the edge out: axis {axis} of {shape} has {n}, so {most} is the most; you have {padding}",
        axis=axis,
        shape=shape,
        n=shape[axis],
        most=shape[axis] - 1,
        padding=padding,
    )
    most = sentence("K013", "padding={most}", most=shape[axis] - 1)
    return Finding(said, (Fix(most, None, f"padding={shape[axis] - 1}"), unlimited))


def _negative(facts: Facts, found: re.Match[str]) -> Finding:
    n, m = numbers(found["n"]), numbers(found["m"])
    layer: Any = facts.layer
    said = sentence("K017", "(n − 1)·stride − 2·padding + reach + output_padding gives {m} from {n}: less than 1",
                    n=n, m=m)  # fmt: skip
    made = [rebuilt(layer, padding=p) for p in range(9, -1, -1)] if layer else []
    fixes = [
        replaced(
            sentence("K017", "padding={padding}", padding=getattr(new, "padding", 0)), layer, facts.path or "", new
        )
        for new in made
        if new
    ]
    return Finding(said, tuple(fixes) or (Fix(sentence("K017", "padding={padding}", padding=0), None, "padding=0"),))


ROWS = (
    Cause(
        "K017",
        r"input size per channel: [(\[](?P<n>[^)\]]*)[)\]]. Calculated output size per channel: [(\[](?P<m>[^)\]]*)",
        "Given input size per channel: (2 x 2). Calculated output size per channel: (-4 x -4)", _negative,
    ),
    Cause(
        "K003", r"Calculated padded input size per channel: \((?P<room>[^)]*)\). Kernel size: \((?P<kernel>[^)]*)\)",
        "Calculated padded input size per channel: (32 x 32). Kernel size: (40 x 40)", _window,
    ),
    Cause(
        "K004", r"Given input size: \((?P<shape>[^)]*)\).*Output size is too small|Invalid computed output size|"
        r"input image \([TDHW: \d]*\) smaller than kernel size|calculated shape of the array of sliding blocks as",
        "Given input size: (3x1x1). Calculated output size: (3x0x0). Output size is too small", _pooled,
    ),
    Cause(
        "K026", r"shape '\[(?P<wanted>[^\]]*)\]' is invalid for input of size (?P<size>\d+)",
        "shape '[-1, 1568]' is invalid for input of size 576", _view,
    ),
    Cause(
        "K013", r"Padding size should be less than .*?padding \((?P<padding>[^)]*)\) at dimension (?P<axis>\d+)"
        r"(?: of input \[(?P<shape>[^\]]*)\])?|Padding size should be less than|causes wrapping around more than once",
        "Padding size should be less than the corresponding input dimension, but got: padding (4, 4) at dimension 3",
        _border,
    ),
)  # fmt: skip
