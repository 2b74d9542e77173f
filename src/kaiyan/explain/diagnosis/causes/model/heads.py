"""Causes about heads of attention that do not divide the width, in the words of PyTorch and of transformers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kaiyan.explain.diagnosis.argument import with_argument
from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.explain.diagnosis.source import is_library
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts

WIDTHS = ("embed_dim", "d_model", "hidden_size", "dim", "n_embd", "hidden_dim", "embedding_dim", "all_head_size")
HEADS_NAMES = (
    "num_heads", "nhead", "num_attention_heads", "n_heads", "heads", "n_head", "encoder_attention_heads",
    "decoder_attention_heads",
)  # fmt: skip


def _heads(facts: Facts, found: re.Match[str]) -> Finding:
    """Both numbers from the constructor, the message, or the frame that checked them."""
    pairs = (_given(facts.settings or {}), _in_words(found), _given(_in_frame(facts)))
    known = next((pair for pair in pairs if pair is not None), None)
    if known is None:
        return Finding(sentence("K046", "each head takes an equal part of embed_dim: num_heads must divide it"))
    (wide, width), (many, heads) = known
    legal = [n for n in range(1, width + 1) if width % n == 0]
    near = min(legal, key=lambda n: abs(n - heads))
    said = sentence("K046", "{many}={heads} does not divide {wide}={width}: each head takes an equal part",
                    many=many, heads=heads, wide=wide, width=width)  # fmt: skip
    fewer = sentence("K046", "{many}={near}; possible values: {legal}", many=many, near=near,
                     legal=", ".join(map(str, legal)))  # fmt: skip
    return Finding(said, (_written(facts, fewer, many, heads, near), *_wider(facts, wide, width, heads)))


def _wider(facts: Facts, wide: str, width: int, heads: int) -> Iterator[Fix]:
    """The multiples of the heads on both sides of the width, the nearest first."""
    around = (width // heads * heads, -(-width // heads) * heads)
    for n in sorted((n for n in around if n), key=lambda n: abs(n - width)):
        said = sentence("K046", "or {wide}={n}, divisible by {heads}", wide=wide, n=n, heads=heads)
        yield _written(facts, said, wide, width, n)


def _written(facts: Facts, said: Any, name: str, old: int, new: int) -> Fix:
    """The number in the user's line; only the setting where it stands elsewhere."""
    line = facts.line
    text = with_argument(line.text, (name,), old, str(new)) if line and not is_library(line.file) else None
    if line is None or text is None:
        return Fix(said, f"{name}={old}", f"{name}={new}")
    return Fix(said, line.text, text, line=line)


def _given(values: dict[str, Any]) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """Width and heads among names that they usually have, with a remainder."""
    widths = [(name, values[name]) for name in WIDTHS if type(values.get(name)) is int]
    heads = [(name, values[name]) for name in HEADS_NAMES if type(values.get(name)) is int and values[name] > 0]
    return next(((w, h) for w in widths for h in heads if w[1] > 0 and w[1] % h[1]), None)


def _in_frame(facts: Facts) -> dict[str, Any]:
    """Names of the frame that raised: its own, those of its configuration, those that its object has."""
    names = facts.frame[0].f_locals if facts.frame else {}
    config, own = names.get("config"), names.get("self")
    return {**getattr(own, "__dict__", {}), **getattr(config, "__dict__", {}), **names}


def _in_words(found: re.Match[str]) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """The two numbers of the message: the width comes first, unless it says what must divide what."""
    words = found.string[found.start() :].splitlines()[0]
    numbers = [int(n) for n in re.findall(r"(?<![\w.])\d+", words)]
    if len(numbers) != 2:
        return None
    width, heads = reversed(numbers) if re.search(r"must divide|not (?:evenly )?divide", words) else numbers
    if not heads or width % heads == 0:
        return None
    wide = next((name for name in WIDTHS if re.search(rf"\b{name}\b", words)), "hidden_size")
    named = (name for name in HEADS_NAMES if "attention heads" not in words and re.search(rf"\b{name}\b", words))
    many = next(named, "num_attention_heads")
    return (wide, width), (many, heads)


_MANY = r"`?(?:self\.|config\.)?\w*heads?\w*`?"
ROWS = (
    Cause(
        "K046", rf"[^\n:]*(?:divisible by|a multiple of) (?:the )?(?:number of )?(?:attention )?{_MANY}(?!\w)[^\n]*|"
        rf"(?:self\.)?\w*heads?\w*(?::| \()? ?\d* ?\)? must divide [^\n]*",
        "embed_dim must be divisible by num_heads", _heads,
    ),
)  # fmt: skip
