"""Sizes that a model may want: named in a message, kept in its configuration, or multiples that networks halve well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.spec.conv import Shape

USUAL = (224, 256, 32, 64, 128, 96, 384, 512, 299, 448)
"""Sides of pictures that published networks were built for."""
BLOCKS = (32, 16, 64, 8, 4, 2)
"""Powers of two that a picture's side has to be a multiple of, from the commonest on."""


_TORCHS = re.compile(r"size of tensor a|[Ss]izes of tensors must match|cannot be multiplied|Given groups=|Calculated")


def sizes(facts: Facts, given: Shape) -> Iterator[Shape]:
    """Proposals without repetition, other than what is given."""
    seen = {given}
    for size in _proposed(facts, given):
        if size not in seen and len(size) == len(given) and min(size) > 0:
            seen.add(size)
            yield size


def _proposed(facts: Facts, given: Shape) -> Iterator[Shape]:
    rank, words = len(given), facts.message if "Traceback" in facts.text else facts.text
    yield from _named(words, given)
    yield from _scaled(words, given)
    for side in _kept(facts.model):
        yield (side,) * rank
    for block in (*_divisors(words), *(BLOCKS if not _positions(facts.model) else ())):
        ways = [tuple(max(n // block, 1) * block for n in given), tuple(-(-n // block) * block for n in given)]
        for size in sorted(ways, key=lambda size: sum(abs(a - b) for a, b in zip(size, given, strict=True))):
            if max(abs(a - b) / b for a, b in zip(size, given, strict=True)) <= 1:
                yield size
    for side in sorted(USUAL, key=lambda side: abs(side - given[0])) if len(set(given)) == 1 else ():
        yield (side,) * rank


def _named(message: str, given: Shape) -> Iterator[Shape]:
    """Pairs of numbers in the message, and single ones, that are not the size that came."""
    if _TORCHS.search(message):
        return  # torch's own words are about maps inside the network
    words = re.sub(r"torch\.Size|['\"]", "", message)
    for found in re.finditer(r"(?<!\d)(?=(\d+)\s*(?:[x*×]|, )\s*(\d+))", words):
        size = (int(found[1]), int(found[2]))
        if len(given) == len(size) and size != given and min(size) > 4:
            yield size
    for text in re.findall(r"(?<![\w.*])(\d+)(?![\w.*])", words):
        side = int(text)
        if 4 < side <= 8 * max(given) and side not in (*given, *_divisors(message)):
            yield (side,) * len(given)


def _scaled(message: str, given: Shape) -> Iterator[Shape]:
    """As many places as there are positions, with and without a class token among them."""
    found = re.search(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)", message)
    if not found or len(set(given)) > 1:
        return
    for extra in (0, 1, 2):
        places = sorted(int(n) - extra for n in found.groups())
        for few, many in (places, reversed(places)):
            if few > 0:
                side = given[0] * (many / few) ** (1 / len(given))
                if abs(side - round(side)) < 1e-6:
                    yield (round(side),) * len(given)


def _divisors(message: str) -> Iterator[int]:
    """A number that sizes must be a multiple of, as messages name it."""
    power = re.search(r"divisible by 2\*\*(\d+)", message)
    if power:
        yield 2 ** int(power[1])
    found = re.search(r"(?:divisible by|multiples? of|chunks of|divisor)\D{0,12}(\d+)(?!\*)", message)
    if found and not power and int(found[1]) > 1:
        yield int(found[1])


def _kept(model: nn.Module | None) -> Iterator[int]:
    """Sides of pictures that the model's configuration keeps."""
    if model is None:
        return
    holders: list[Any] = [getattr(model, "config", None), *list(model.modules())[:40]]
    for holder in holders:
        for name in ("image_size", "img_size", "input_size", "sample_size"):
            value = vars(holder).get(name) if hasattr(holder, "__dict__") else None
            side = value[-1] if isinstance(value, (tuple, list)) and value else value
            if isinstance(side, int) and side > 4:
                yield side
    kept = getattr(model, "default_cfg", None) or {}
    size = kept.get("input_size") if isinstance(kept, dict) else None
    if isinstance(size, (tuple, list)) and size:
        yield int(size[-1])


def _positions(model: nn.Module | None) -> bool:
    """Whether the model has positions for one size only."""
    return model is not None and any("pos" in name for name, _ in model.named_parameters())


def _size(facts: Facts, found: re.Match[str]) -> Finding:
    words = found.groupdict()
    given, wanted = words["given"], words["wanted"]
    if words["block"] or words["power"]:
        block = int(words["block"]) if words["block"] else 2 ** int(words["power"])
        side = next((n for n in _spatial(facts) if n % block), None)
        if side is None:
            said = sentence("K070", "the sizes of the picture must be multiples of {block}", block=block)
            return Finding(said, (Fix(sentence("K070", "pad or resize to the next multiple of {block}", block=block)),))
        said = sentence("K070", "the sizes of the picture must be multiples of {block}, but {n} is not", block=block,
                        n=side)  # fmt: skip
        offer = sentence("K070", "pad or resize to {less} or {more}", less=side // block * block,
                         more=-(-side // block) * block)  # fmt: skip
        return Finding(said, (Fix(offer),))
    said = sentence("K070", "the model takes {wanted} but was given {given}", wanted=wanted, given=given)
    return Finding(said, (Fix(sentence("K070", "give it {wanted}: resize or crop first", wanted=wanted)),))


def _spatial(facts: Facts) -> tuple[int, ...]:
    return tuple(facts.inputs[0].shape[2:]) if facts.inputs and hasattr(facts.inputs[0], "shape") else ()


ROWS = (
    Cause(
        "K070",
        r"[Ii]nput (?:image size|height|width|size) \(?(?P<given>\d+(?:[*x]\d+)?)\)? doesn't match (?:the )?model "
        r"\(?(?P<wanted>\d+(?:[*x]\d+)?)\)?|"
        r"[Dd]ivisible by (?:2\*\*(?P<power>\d+)|(?P<block>\d+))(?=\D)(?!.*(?:groups|num_heads|channels))",
        "Input image size (256*256) doesn't match model (224*224).", _size,
    ),
)  # fmt: skip
