"""Causes about sequences: what recurrent layers, attention and embeddings take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix, fed, replaced
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.explain.diagnosis.ways.turned import TURN
from kaiyan.explain.diagnosis.ways.turned import passed_on as turned_line
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from kaiyan.explain.diagnosis.facts import Facts


def _recurrent(facts: Facts, found: re.Match[str]) -> Finding:
    words = found.groupdict()
    expected, got = int(words["expected"] or words["cell_expected"]), int(words["got"] or words["cell_got"])
    said = sentence("K045", "{path} has input_size={expected}, but its input has {got} features on the last axis",
                    path=facts.named("LSTM"), expected=expected, got=got)  # fmt: skip
    shape = facts.given or ()
    fixes: list[Fix] = []
    if len(shape) == 3 and shape[1] == expected and not facts.done:
        fixes.append(_turned_input(expected))
    fixes += _rebuilt(facts, sentence("K045", "input_size={got}", got=got), input_size=got)
    if len(shape) == 3 and shape[1] == expected and facts.done and isinstance(facts.layer, nn.RNNBase):
        moved = sentence(
            "K045", "the {expected} features are on axis 1: add transpose(1, 2) before it", expected=expected
        )
        fixes.insert(0, _turned(facts, moved))
    return Finding(
        said, tuple(fixes) or (Fix(sentence("K045", "input_size={got}", got=got), None, f"input_size={got}"),)
    )


def _turned_input(expected: int) -> Fix:
    line = "x = x.transpose(1, 2)"
    moved = sentence("K045", "the {expected} features are on axis 1: {line}", expected=expected, line=line)
    return fed(moved, line, lambda x: x.transpose(1, 2))


def _turned(facts: Facts, said: Any) -> Fix:
    """Axes 1 and 2 changed before a layer, whatever its class."""

    def change(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[nn.Module, tuple[Any, ...]]:
        layer = model.get_submodule(facts.path or "")
        layer.register_forward_pre_hook(lambda _, args: (args[0].transpose(1, 2), *args[1:]))
        return model, inputs

    return Fix(said, None, "x = x.transpose(1, 2)", change=change)


def _rebuilt(facts: Facts, said: Any, **changes: int) -> list[Fix]:
    """The recurrent layer or cell made anew with another setting."""
    layer: Any = facts.layer
    names = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size")
    if not isinstance(layer, (nn.RNNBase, nn.RNNCellBase)):
        return []
    settings = {n: getattr(layer, n) for n in names if hasattr(layer, n)} | changes
    if isinstance(layer, nn.GRU) or type(layer) is nn.RNN:
        settings.pop("proj_size", None)
    kind: Any = type(layer)
    return [replaced(said, layer, facts.path or "", kind(**settings))]


def _hidden(facts: Facts, found: re.Match[str]) -> Finding:
    expected, got = found["expected"], found["got"]
    said = sentence("K045", "the state is {got}, but (layers, batch, hidden) must be {expected}", got=f"({got})",
                    expected=f"({expected})")  # fmt: skip
    layer: Any = facts.layer
    fixes = [Fix(sentence("K045", "pass zeros of that shape, or no state: the layer then starts from zeros"))]
    if isinstance(layer, nn.RNNBase):
        said_first = sentence("K045", "batch_first={other}, if the batch is the other axis of the input",
                              other=not layer.batch_first)  # fmt: skip
        fixes = _rebuilt(facts, said_first, batch_first=not layer.batch_first) + fixes
    return Finding(said, tuple(fixes))


def _attention(facts: Facts, found: re.Match[str]) -> Finding:
    expected, got = int(found["expected"]), int(found["got"])
    said = sentence("K046", "{path} has embed_dim={expected}, but the last axis of its query has {got}",
                    path=facts.named("MultiheadAttention"), expected=expected, got=got)  # fmt: skip
    shape = facts.given or ()
    fixes: list[Fix] = []
    if len(shape) == 3 and shape[1] == expected and not facts.done:
        fixes.append(_turned_input(expected))
    if facts.done and len(shape) == 3 and expected in shape[:2]:
        fixes += turned_line(facts, TURN, lambda code: sentence(
            "K045", "the {expected} features are on axis 1: {line}", expected=expected, line=code))  # fmt: skip
    return Finding(said, (*fixes, *_embedded(facts, got)))


def _embedded(facts: Facts, got: int) -> Iterator[Fix]:
    """The layer before made to give what is taken, then the attention made for what comes."""
    layer: Any = facts.owner
    offer = sentence("K046", "embed_dim={got}", got=got)
    if not isinstance(layer, nn.MultiheadAttention) or facts.model is None:
        yield Fix(offer, None, f"embed_dim={got}")
        return
    yield from _widened(facts, layer.embed_dim, got)
    outer, path = _encoder(facts.model, facts.path or "")
    heads = _nearest_divisor(got, layer.num_heads)
    kept = heads == layer.num_heads
    if outer is not None:
        wider = sentence("K046", "d_model={got}", got=got)
        both = sentence("K046", "d_model={got} and nhead={heads}, which divides it", got=got, heads=heads)
        yield replaced(wider if kept else both, outer, path, _encoder_of(outer, got, heads))
        return
    both = sentence("K046", "embed_dim={got} and num_heads={heads}, which divides it", got=got, heads=heads)
    fix = replaced(offer if kept else both, layer, facts.path or "", _attention_of(layer, got, heads))
    settings = ((layer.embed_dim, layer.num_heads), (got, heads))
    before, after = (f"MultiheadAttention({width}, {n})" for width, n in settings)
    yield replace(fix, before=before, after=after)


def _nearest_divisor(n: int, wanted: int) -> int:
    """The divisor of ``n`` nearest to one that is wanted, the smaller of two.

    >>> _nearest_divisor(32, 3), _nearest_divisor(32, 4)
    (2, 4)
    """
    return min((k for k in range(1, n + 1) if n % k == 0), key=lambda k: abs(k - wanted))


def _widened(facts: Facts, wanted: int, got: int) -> Iterator[Fix]:
    """The last Linear or Embedding before it that gives what came, made to give what is wanted."""
    steps = (s for s in reversed(facts.done) if s.is_module and s.output_shape and s.output_shape[-1] == got)
    for step in steps:
        old: Any = facts.model.get_submodule(step.path) if facts.model else None
        if isinstance(old, nn.Linear):
            made: nn.Module = nn.Linear(old.in_features, wanted, bias=old.bias is not None)
            said = sentence("K046", "out_features={n} in {path}", n=wanted, path=path_title(step.path))
        elif isinstance(old, nn.Embedding):
            made = nn.Embedding(old.num_embeddings, wanted, old.padding_idx)
            said = sentence("K046", "embedding_dim={n} in {path}", n=wanted, path=path_title(step.path))
        else:
            continue
        yield replaced(said, old, step.path, made)
        return


def _attention_of(layer: nn.MultiheadAttention, width: int, heads: int) -> nn.Module:
    return nn.MultiheadAttention(width, heads, layer.dropout, batch_first=layer.batch_first)


def _encoder(model: nn.Module, path: str) -> tuple[nn.TransformerEncoderLayer | None, str]:
    """The encoder layer around an attention, and its path."""
    above = path.rpartition(".")[0]
    outer = model.get_submodule(above)
    return (outer, above) if isinstance(outer, nn.TransformerEncoderLayer) else (None, "")


def _encoder_of(outer: nn.TransformerEncoderLayer, width: int, heads: int) -> nn.Module:
    own: Any = outer
    return nn.TransformerEncoderLayer(
        width, heads, own.linear1.out_features, own.dropout.p, own.activation,
        batch_first=own.self_attn.batch_first, norm_first=own.norm_first,
    ).train(outer.training)  # fmt: skip


def _mask(facts: Facts, found: re.Match[str]) -> Finding:
    words = found.groupdict()
    if words["batch"]:
        said = sentence("K046", "key_padding_mask is (N, S), one row per sample: "
                                "{batch} rows are expected, not {rows}; batch_first "
                                "says which axis of the query is the batch", batch=int(words["batch"]),
                        rows=int(words["rows"]))  # fmt: skip
    else:
        said = sentence("K046", "attn_mask is ({given}) and must be ({wanted}): one row per query, one column per key",
                        given=words["given"], wanted=words["wanted"])  # fmt: skip
    return Finding(said, tuple(_batch_first(facts)))


def _batch_first(facts: Facts) -> Iterator[Fix]:
    layer: Any = facts.owner
    if isinstance(layer, nn.MultiheadAttention):
        made = nn.MultiheadAttention(layer.embed_dim, layer.num_heads, layer.dropout, batch_first=not layer.batch_first)
        said = sentence("K046", "batch_first={other}", other=not layer.batch_first)
        yield replaced(said, layer, facts.path or "", made)


def _index(facts: Facts, _: re.Match[str]) -> Finding | None:
    layer: Any = facts.layer
    if not isinstance(layer, (nn.Embedding, nn.EmbeddingBag)):
        if not facts.model:
            said = sentence("K048", "an index is out of range: Embedding(n, ...) takes 0 to n - 1")
            return Finding(said, (Fix(sentence("K048", "set num_embeddings to at least the largest index + 1")),))
        return None
    n = layer.num_embeddings
    indices = [x for x in facts.inputs if isinstance(x, Tensor) and not x.is_floating_point() and x.numel()]
    largest = max((int(x.max()) for x in indices if not x.is_meta), default=None)
    least = min((int(x.min()) for x in indices if not x.is_meta), default=0)
    path = facts.named("Embedding")
    if least < 0:
        said = sentence(
            "K048", "{path} takes indices from 0 to {most} but was given {least}", path=path, most=n - 1, least=least
        )
        line = "x = x.clamp(min=0)"
        fill = sentence("K048", "negative numbers often mark positions to ignore: {line}, and use a mask", line=line)
        return Finding(said, (fed(fill, line, lambda x: x.clamp(min=0)),))
    if largest is None or largest < n:
        return Finding(
            sentence("K048", "{path} takes indices from 0 to {most} but was given a larger one", path=path, most=n - 1)
        )
    said = sentence("K048", "{path} has num_embeddings={n}, indices from 0 to {most}, but was given {largest}",
                    path=path, n=n, most=n - 1, largest=largest)  # fmt: skip
    return Finding(said, tuple(_larger_table(facts, layer, n, largest)))


def _larger_table(facts: Facts, layer: Any, n: int, largest: int) -> Iterator[Fix]:
    kind: Any = type(layer)
    made = kind(largest + 1, layer.embedding_dim, padding_idx=layer.padding_idx)
    said = sentence("K048", "num_embeddings={n}", n=largest + 1)
    fix = replaced(said, layer, facts.path or "", made)
    if largest == n:
        line = "x = x - 1"
        counted = sentence("K048", "if your indices begin at 1: {line}", line=line)
        yield fed(counted, line, lambda x: x - 1) if _begins_at_one(facts) else fix
    yield fix


def _begins_at_one(facts: Facts) -> bool:
    return all(int(x.min()) >= 1 for x in facts.inputs if isinstance(x, Tensor) and x.numel() and not x.is_meta)


def _indices(facts: Facts, found: re.Match[str]) -> Finding:
    said = sentence("K048", "an Embedding takes integers, not {kind}", kind=found["kind"])
    line = "x = x.long()"
    whole = sentence("K048", "{line}, if they are indices", line=line)
    fixes = [fed(whole, line, lambda x: x.long() if x.is_floating_point() else x)]
    layer: Any = facts.layer
    if isinstance(layer, nn.Embedding) and facts.given and not facts.done:
        made = nn.Linear(facts.given[-1], layer.embedding_dim)
        said_linear = sentence("K048", "if they are measurements and not indices: Linear({n}, {m})",
                               n=facts.given[-1], m=layer.embedding_dim)  # fmt: skip
        fixes.append(replaced(said_linear, layer, facts.path or "", made))
    return Finding(said, tuple(fixes))


ROWS = (
    Cause(
        "K045", r"input\.size\(-1\) must be equal to input_size\. Expected (?P<expected>\d+), got (?P<got>\d+)|"
        r"input has inconsistent input_size: got (?P<cell_got>\d+),? expected (?P<cell_expected>\d+)",
        "input.size(-1) must be equal to input_size. Expected 5, got 6", _recurrent,
    ),
    Cause(
        "K045", r"Expected hidden(?:\[\d\])? size \((?P<expected>[\d, ]+)\), got \[(?P<got>[\d, ]+)\]",
        "Expected hidden[0] size (1, 4, 7), got [1, 3, 7]", _hidden,
    ),
    Cause(
        "K046", r"was expecting embedding dimension of (?P<expected>\d+), but got (?P<got>\d+)",
        "was expecting embedding dimension of 8, but got 6", _attention,
    ),
    Cause(
        "K046", r"Expected key_padd(?:ed|ing)_mask\.shape\[0\] to be (?P<batch>\d+), but got (?P<rows>\d+)|"
        r"shape of the \dD attn_mask is torch\.Size\(\[(?P<given>[\d, ]+)\]\), but should be \((?P<wanted>[\d, ]+)\)",
        "The shape of the 2D attn_mask is torch.Size([4, 4]), but should be (3, 3).", _mask,
    ),
    Cause(
        "K048", r"index out of range in self|takes value -?\d+ which is not in the valid range",
        "index out of range in self", _index,
    ),
    Cause(
        "K048", r"argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
        r"(?:torch\.)?(?P<kind>[\w.]+) instead",
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
        "torch.FloatTensor instead (while checking arguments for embedding)", _indices,
    ),
)  # fmt: skip
