"""Networks with the layers that the ten of ``working`` have not, each broken in the way that is its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


@dataclass(frozen=True, slots=True)
class Pair:
    """A file and an input that work, what stands in the file instead, or is given; ``meant`` is of a mend in words."""

    source: str
    inputs: torch.Tensor
    before: str = ""
    after: str = ""
    given: torch.Tensor | None = None
    meant: str = ""


def _noise(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(5))


def _file(init: str, forward: str) -> str:
    made = "\n".join(f"        {line}" for line in init.split("\n"))
    steps = "\n".join(f"        {line}" for line in forward.split("\n"))
    return (
        f"class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{made}\n\n"
        f"    def forward(self, x):\n{steps}\n\n\ndef make():\n    return Net()\n"
    )


def _classifier(random: Random) -> tuple[str, int, int]:
    w, n = random.choice((8, 12, 16)), random.choice((24, 32))
    init = f"self.conv1 = nn.Conv2d(3, {w}, 3, padding=1)\nself.conv2 = nn.Conv2d({w}, {2 * w}, 3, stride=2, padding=1)\nself.fc = nn.Linear({2 * w}, 7)"
    forward = "x = F.relu(self.conv1(x))\nx = F.relu(self.conv2(x))\nx = F.adaptive_avg_pool2d(x, 1)\nx = torch.flatten(x, 1)\nx = self.fc(x)\nreturn x"
    return _file(init, forward), w, n


def alpha_channel(random: Random) -> Pair:
    """A picture with alpha for a network of three colours."""
    source, _, n = _classifier(random)
    batch = random.choice((1, 2, 4))
    return Pair(source, _noise(batch, 3, n, n), given=_noise(batch, 4, n, n), meant=r":3\]|convert")


def trailing_comma(random: Random) -> Pair:
    """A comma behind a call makes a tuple."""
    source, _, n = _classifier(random)
    line = random.choice(("x = F.relu(self.conv1(x))", "x = torch.flatten(x, 1)", "x = F.relu(self.conv2(x))"))
    return Pair(source, _noise(2, 3, n, n), line, line + ",")


def squeeze_at_batch_one(random: Random) -> Pair:
    """``squeeze()`` takes the batch away as well."""
    source, _, n = _classifier(random)
    source = source.replace("return x", random.choice(("return x.softmax(dim=1)", "return F.log_softmax(x, dim=1)")))
    return Pair(source, _noise(1, 3, n, n), "torch.flatten(x, 1)", "x.squeeze()")


def norm_on_channels_first(random: Random) -> Pair:
    """LayerNorm where the channels do not lie last."""
    c, n = random.choice((8, 12, 16)), random.choice((9, 14, 20))
    init = (
        f"self.stem = nn.Conv2d(3, {c}, 3, padding=1)\nself.norm = nn.LayerNorm({c})\nself.head = nn.Conv2d({c}, 4, 1)"
    )
    forward = "x = self.stem(x)\nx = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)\nreturn self.head(x)"
    return Pair(
        _file(init, forward), _noise(2, 3, n, n), "self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)", "self.norm(x)",
        meant=r"permute|movedim|GroupNorm\((num_groups=)?1\b|LayerNorm2d|channels",
    )  # fmt: skip


def recurrent_tuple(random: Random) -> Pair:
    """What an LSTM or a GRU gives is two things."""
    kind, f = random.choice(("LSTM", "GRU")), random.choice((6, 10))
    init = f"self.rnn = nn.{kind}({f}, 16, batch_first=True)\nself.fc = nn.Linear(16, 3)"
    source = _file(init, "x, _ = self.rnn(x)\nreturn self.fc(x)")
    return Pair(source, _noise(2, random.choice((5, 11)), f), "x, _ = self.rnn(x)", "x = self.rnn(x)")


def _words(random: Random) -> tuple[str, int, torch.Tensor]:
    vocabulary, d = random.choice((50, 120)), random.choice((8, 16))
    init = f"self.embed = nn.Embedding({vocabulary}, {d})\nself.conv = nn.Conv1d({d}, 12, 3, padding=1)\nself.fc = nn.Linear(12, 2)"
    forward = "x = self.embed(x).transpose(1, 2)\nx = F.relu(self.conv(x)).amax(-1)\nreturn self.fc(x)"
    ids = (_noise(3, random.choice((7, 12))) * vocabulary).long()
    return _file(init, forward), vocabulary, ids


def float_indices(random: Random) -> Pair:
    """An Embedding is given numbers with a point."""
    source, _, ids = _words(random)
    return Pair(source, ids, given=ids.float(), meant="long|int64|int")


def index_out_of_range(random: Random) -> Pair:
    """One index is as large as the vocabulary."""
    source, vocabulary, ids = _words(random)
    given = ids.clone()
    given[0, 1] = vocabulary + random.choice((0, 1, 30))
    return Pair(source, ids, given=given, meant=f"num_embeddings|{vocabulary - 1}|vocab|x - 1")


def wrong_shuffle(random: Random) -> Pair:
    """The channels before PixelShuffle do not divide by the square of its factor."""
    r, w = random.choice((2, 3)), random.choice((8, 12))
    init = f"self.body = nn.Conv2d(1, {w}, 3, padding=1)\nself.up = nn.Conv2d({w}, {r * r}, 3, padding=1)\nself.shuffle = nn.PixelShuffle({r})"
    source = _file(init, "x = F.relu(self.body(x))\nreturn self.shuffle(self.up(x))")
    wrong = random.choice((r, r + 1 if (r + 1) % (r * r) else r + 3, 2 * r * r - 1))
    return Pair(source, _noise(2, 1, 12, 10), f"nn.Conv2d({w}, {r * r},", f"nn.Conv2d({w}, {wrong},")


def instance_of_one(random: Random) -> Pair:
    """A picture that has shrunk to one place before InstanceNorm."""
    w = random.choice((6, 8))
    init = f"self.a = nn.Conv2d(3, {w}, 4, 2, 1)\nself.b = nn.Conv2d({w}, {w}, 4, 2, 1)\nself.norm = nn.InstanceNorm2d({w})"
    source = _file(init, "x = F.leaky_relu(self.a(x), 0.2)\nx = self.norm(self.b(x))\nreturn x.mean((2, 3))")
    return Pair(source, _noise(1, 3, 16, 16), given=_noise(1, 3, random.choice((4, 5, 7)), 4))


LAYERS: dict[str, Callable[[Random], Pair]] = {
    make.__name__.replace("_", " "): make
    for make in (
        alpha_channel, trailing_comma, squeeze_at_batch_one, norm_on_channels_first, recurrent_tuple, float_indices,
        index_out_of_range, wrong_shuffle, instance_of_one,
    )
}  # fmt: skip
"""Every such pair, by name."""
