"""Layers that were missing, and what runs without being meant (round 2: b17, b19, b20, b22, b23, b24, b28; F11, F31).

What is right is what the layers are defined to take: PixelShuffle(r) a multiple of r·r channels, Unflatten the product
of its sizes, LayerNorm the last axis, LSTM and MultiheadAttention give tuples whose first is the answer. Sizes of the
answers are counted by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import torch
from failing import diagnosed_model as diagnosed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (its usual name, in lines as users write them)

import kaiyan

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaiyan.explain.diagnosis.diagnose import Diagnosis

Shape = tuple[int, ...]


def answer(model: nn.Module, found: Diagnosis, number: int, *x: Any) -> Shape:
    """The shape of the answer with a fix in, on real tensors."""
    mended, inputs = found.fixes[number].apply(model, x)
    output = mended(*inputs)
    return tuple((output[0] if isinstance(output, tuple) else output).shape)


def zeros(*shape: int) -> Tensor:
    return torch.zeros(shape)


def whole(*shape: int) -> Tensor:
    return torch.zeros(shape, dtype=torch.long)


class Comma(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)

    def forward(self, x: Any) -> Any:
        x = self.c1(x),  # fmt: skip
        return self.c2(x)


class CommaInTheConstructor(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1: Any = None
        self.c1 = nn.Conv2d(3, 8, 3),  # fmt: skip
        self.c2 = nn.Conv2d(8, 8, 3)

    def forward(self, x: Any) -> Any:
        return self.c2(self.c1(x))


class CommaAtTheReturn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.c1(x))
        return x,  # fmt: skip


class CommaBehindAFunction(Comma):
    def forward(self, x: Any) -> Any:
        y: Any = self.c1(x)
        y = F.relu(y),  # fmt: skip
        return y.mean((2, 3))


class CommaBehindABlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        self.skip = nn.Conv2d(3, 8, 3)

    def forward(self, x: Any) -> Any:
        y = self.block(x),  # fmt: skip
        return self.skip(x) + y


class Recurrent(nn.Module):
    def __init__(self, kind: Any = nn.LSTM) -> None:
        super().__init__()
        self.emb = nn.Embedding(100, 16)
        self.lstm = kind(16, 32, batch_first=True)
        self.fc = nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Any:
        h = self.lstm(self.emb(x))
        return self.fc(h[:, -1])


class RecurrentInside(Recurrent):
    def forward(self, x: Tensor) -> Any:
        return self.fc(self.lstm(self.emb(x)))


class RecurrentMean(Recurrent):
    def forward(self, x: Tensor) -> Any:
        out = self.lstm(self.emb(x))
        return self.fc(out.mean(1))


class Attended(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attn, self.norm = nn.MultiheadAttention(16, 4, batch_first=True), nn.LayerNorm(16)

    def forward(self, x: Tensor) -> Any:
        return self.norm(x + self.attn(x, x, x))


class Features(nn.Module):
    """A backbone that gives all its maps."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 16, 3)

    def forward(self, x: Tensor) -> Any:
        a = self.a(x)
        return [a, self.b(a)]


class OnFeatures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.head = Features(), nn.Conv2d(16, 2, 1)

    def forward(self, x: Tensor) -> Any:
        features = self.backbone(x)
        return self.head(features)


class Permuted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        y = self.conv(x).permute(0, 2, 3, 1)
        y = y.view(-1, 8)
        return self.fc(y)


class Shuffled(nn.Module):
    """Channel shuffle as ShuffleNet writes it, the last view without contiguous()."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Any:
        y = self.conv(x)
        n, c, h, w = y.shape
        y = y.view(n, 2, c // 2, h, w).transpose(1, 2)
        return y.view(n, c, h, w)


class Transposed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Any:
        return self.fc(x.transpose(1, 2).view(x.size(0), -1))


class Normed(nn.Module):
    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 8, 3, padding=1), norm, nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Any:
        x = self.norm(self.conv(x))
        return self.head(x.mean((2, 3)))


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch, self.fc = nn.Conv2d(3, 48, 8, 8), nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Any:
        return self.fc(self.patch(x).flatten(2).transpose(1, 2))


class Cross(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k = nn.Linear(64, 64), nn.Linear(64, 64)

    def forward(self, x: Tensor, context: Tensor) -> Any:
        return self.q(x) @ self.k(context).transpose(1, 2)


class Take(nn.Module):
    """The first of a tuple."""

    def forward(self, outputs: tuple[Tensor, ...]) -> Tensor:
        return outputs[0]


@dataclass(frozen=True)
class Case:
    """A net, what it is given, the code, a part of the cause, parts of the first fix, the answer's shape with it."""

    name: str
    make: Callable[[], nn.Module]
    x: tuple[Any, ...]
    code: str
    cause: str
    fix: str
    shape: Shape

    def __str__(self) -> str:
        return self.name


S = nn.Sequential
CASES = (
    # b20 and F17: InstanceNorm of one place
    Case("b20 InstanceNorm behind two halvings",
         lambda: S(nn.Conv2d(3, 8, 4, 2), nn.Conv2d(8, 8, 4, 2, 1), nn.InstanceNorm2d(8)),
         (zeros(1, 3, 6, 6),), "K040", "the feature map is too small", "10x10 or larger", (1, 8, 2, 2)),
    Case("InstanceNorm behind poolings",
         lambda: S(nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(4), nn.InstanceNorm2d(8, affine=True)),
         (zeros(2, 3, 5, 5),), "K040", "(2, 8, 1, 1)", "8x8 or larger", (2, 8, 2, 2)),
    Case("InstanceNorm of one sample in time", lambda: S(nn.Conv1d(2, 4, 8, 8), nn.InstanceNorm1d(4)),
         (zeros(1, 2, 9),), "K040", "one position", "16 samples or more", (1, 4, 2)),
    Case("InstanceNorm in three dimensions", lambda: S(nn.Conv3d(1, 4, 3, 2, 1), nn.InstanceNorm3d(4)),
         (zeros(1, 1, 2, 2, 2),), "K040", "one position", "3x3x3 or larger", (1, 4, 2, 2, 2)),
    Case("InstanceNorm of a wide strip", lambda: S(nn.Conv2d(1, 4, (4, 8), (4, 8)), nn.InstanceNorm2d(4)),
         (zeros(1, 1, 4, 9),), "K040", "one position", "4x16 or larger", (1, 4, 1, 2)),
    # pixel shuffles
    Case("PixelShuffle before an RGB layer",
         lambda: S(nn.Conv2d(3, 10, 3, padding=1), nn.PixelShuffle(2), nn.Conv2d(3, 3, 3)),
         (zeros(1, 3, 8, 8),), "K041", "a multiple of 4; it was given 10", "out_channels=12", (1, 3, 14, 14)),
    Case("PixelShuffle(3)", lambda: S(nn.Conv2d(1, 16, 1), nn.PixelShuffle(3), nn.Conv2d(1, 1, 1)),
         (zeros(1, 1, 4, 4),), "K041", "a multiple of 9", "out_channels=9", (1, 1, 12, 12)),
    Case("PixelShuffle at the end of super-resolution",
         lambda: S(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 17, 3, padding=1), nn.PixelShuffle(3)),
         (zeros(2, 1, 12, 10),), "K041", "it was given 17", "out_channels=9", (2, 1, 36, 30)),
    Case("PixelUnshuffle of an odd picture", lambda: S(nn.PixelUnshuffle(2), nn.Conv2d(12, 8, 3)),
         (zeros(1, 3, 9, 12),), "K041", "8 and 10 are", "F.pad(x, (0, 0, 0, 1))", (1, 8, 3, 4)),
    Case("PixelUnshuffle inside", lambda: S(nn.Conv2d(3, 4, 3), nn.PixelUnshuffle(4)),
         (zeros(1, 3, 12, 10),), "K041", "blocks of 4x4", "ZeroPad2d((0, 0, 0, 2))", (1, 64, 3, 2)),
    Case("ChannelShuffle", lambda: S(nn.Conv2d(3, 10, 3), nn.ChannelShuffle(4)),
         (zeros(1, 3, 9, 9),), "K049", "4 groups do not divide 10", "5 groups; possible values: 1, 2, 5, 10", (1,
         10, 7, 7)),
    # Unflatten
    Case("Unflatten behind a Linear", lambda: S(nn.Linear(20, 100), nn.Unflatten(1, (8, 4, 4)), nn.Conv2d(8, 3, 3)),
         (zeros(2, 20),), "K042", "takes 128 numbers, but axis 1 has 100", "out_features=128", (2, 3, 2, 2)),
    Case("Unflatten of a latent vector", lambda: S(nn.Unflatten(1, (8, 4, 4)), nn.ConvTranspose2d(8, 1, 2, 2)),
         (zeros(2, 8 * 36),), "K042", "axis 1 has 288", "Unflatten(1, (8, 6, 6))", (2, 1, 12, 12)),
    Case("Unflatten to a sequence", lambda: S(nn.Flatten(), nn.Unflatten(1, (10, 6)), nn.LayerNorm(6)),
         (zeros(2, 3, 4, 4),), "K042", "takes 60 numbers", "Unflatten(1, (8, 6))", (2, 8, 6)),
    # Upsample
    Case("bilinear in one dimension", lambda: S(nn.Conv1d(3, 8, 3), nn.Upsample(scale_factor=2, mode="bilinear")),
         (zeros(2, 3, 9),), "K043", "takes 4 axes, but the input has 3", "mode='linear'", (2, 8, 14)),
    Case("trilinear in two", lambda: S(nn.Conv2d(3, 8, 3), nn.Upsample(scale_factor=2, mode="trilinear")),
         (zeros(2, 3, 9, 9),), "K043", "takes 5 axes", "mode='bilinear'", (2, 8, 14, 14)),
    Case("linear in two", lambda: S(nn.Conv2d(3, 8, 3), nn.Upsample(size=20, mode="linear")),
         (zeros(2, 3, 9, 9),), "K043", "takes 3 axes", "mode='bilinear'", (2, 8, 20, 20)),
    Case("three factors for two axes", lambda: S(nn.Conv2d(3, 8, 3), nn.Upsample(scale_factor=(2, 2, 2))),
         (zeros(2, 3, 9, 9),), "K043", "2 spatial axes", "scale_factor=(2.0, 2.0)", (2, 8, 14, 14)),
    Case("two sizes for one axis", lambda: S(nn.Conv1d(3, 8, 3), nn.Upsample(size=(10, 10))),
         (zeros(2, 3, 9),), "K043", "1 spatial axes", "size=(10,)", (2, 8, 10)),
    Case("one picture to enlarge", lambda: S(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(3, 8, 3)),
         (zeros(3, 9, 9),), "K043", "the input has 3", "x = x.unsqueeze(0)", (1, 8, 16, 16)),
    # PReLU and groups
    Case("PReLU", lambda: S(nn.Conv2d(3, 8, 3), nn.PReLU(16)), (zeros(2, 3, 9, 9),), "K047", "was given 8 on axis 1",
         "num_parameters=8", (2, 8, 7, 7)),
    Case("PReLU behind a Linear", lambda: S(nn.Linear(4, 6), nn.PReLU(3)), (zeros(2, 4),), "K047", "num_parameters=3",
         "num_parameters=6", (2, 6)),
    Case("GroupNorm", lambda: S(nn.Conv2d(3, 6, 3), nn.GroupNorm(4, 8)), (zeros(1, 3, 9, 9),), "K049",
         "4 groups do not divide 6 channels", "3 groups; possible values: 1, 2, 3, 6", (1, 6, 7, 7)),
    # tuples
    Case("b22 a comma", Comma, (zeros(1, 3, 9, 9),), "K044", "'x = self.c1(x),", "remove the comma", (1, 8, 5, 5)),
    Case("a comma in the constructor", CommaInTheConstructor, (zeros(1, 3, 9, 9),), "K044",
         "self.c1 = nn.Conv2d(3, 8, 3),",
         "remove the comma", (1, 8, 5, 5)),
    Case("a comma at the return", lambda: S(CommaAtTheReturn(), nn.Conv2d(8, 4, 3)), (zeros(1, 3, 9, 9),), "K044",
         "return x,", "remove the comma", (1, 4, 5, 5)),
    Case("a comma behind a function", CommaBehindAFunction, (zeros(1, 3, 9, 9),), "K044", "y = F.relu(y),",
         "remove the comma", (1, 8)),
    Case("a comma behind a block", CommaBehindABlock, (zeros(1, 3, 9, 9),), "K044", "y = self.block(x),",
         "remove the comma", (1, 8, 7, 7)),
    Case("b23 LSTM in Sequential", lambda: S(nn.LSTM(5, 7), nn.Linear(7, 2)), (zeros(2, 3, 5),), "K044",
         "(output, (h, c))", "the first element of what layer '0' (LSTM) returns", (2, 3, 2)),
    Case("GRU in Sequential", lambda: S(nn.GRU(5, 7), nn.ReLU()), (zeros(2, 3, 5),), "K044", "(output, h)",
         "the first element of what layer '0' (GRU) returns", (2, 3, 7)),
    Case("LSTM, indexed as a tensor", Recurrent, (whole(2, 9),), "K044", "(output, (h, c))",
         "h, _ = self.lstm(self.emb(x))", (2, 5)),
    Case("GRU, averaged as a tensor", lambda: RecurrentMean(nn.GRU), (whole(2, 9),), "K044", "(output, h)",
         "out, _ = self.lstm(self.emb(x))", (2, 5)),
    Case("LSTM inside a call", RecurrentInside, (whole(2, 9),), "K044", "(output, (h, c))",
         "return self.fc(self.lstm(self.emb(x))[0])", (2, 9, 5)),
    Case("attention in a sum", Attended, (zeros(2, 5, 16),), "K044", "(output, weights)",
         "self.norm(x + self.attn(x, x, x)[0])", (2, 5, 16)),
    Case("a list of maps", OnFeatures, (zeros(1, 3, 9, 9),), "K044", "a list", "features = self.backbone(x)[-1]",
         (1, 2, 5, 5)),
    # sequences
    Case("LSTM given (N, C, T)", lambda: S(nn.LSTM(5, 7, batch_first=True)), (zeros(2, 5, 9),), "K045", "input_size=5",
         "x = x.transpose(1, 2)", (2, 9, 7)),
    Case("LSTM of another width", lambda: S(nn.LSTM(5, 7, batch_first=True)), (zeros(2, 9, 6),), "K045",
         "6 features on the last axis", "input_size=6", (2, 9, 7)),
    Case("LSTMCell", lambda: S(nn.LSTMCell(5, 7)), (zeros(3, 6),), "K045", "input_size=5", "input_size=6", (3, 7)),
    Case("attention of another width", lambda: S(nn.Linear(3, 24), nn.TransformerEncoderLayer(16, 4, batch_first=True)),
         (zeros(2, 5, 3),), "K046", "embed_dim=16, but the last axis of its query has 24", "out_features=16",
         (2, 5, 16)),
    Case("attention of embeddings", lambda: S(nn.Embedding(9, 24), nn.TransformerEncoderLayer(16, 4, batch_first=True)),
         (whole(2, 5),), "K046", "has 24", "embedding_dim=16", (2, 5, 16)),
    Case("an index beyond the table",
         lambda: S(nn.Embedding(10, 4), nn.Linear(4, 2)), (torch.tensor([[1, 12]]),), "K048",
         "0 to 9, but was given 12", "num_embeddings=13", (1, 2, 2)),
    Case("indices from one", lambda: S(nn.Embedding(10, 4), nn.Linear(4, 2)), (torch.tensor([[1, 10]]),), "K048",
         "was given 10", "x = x - 1", (1, 2, 2)),
    Case("a negative index", lambda: S(nn.Embedding(10, 4), nn.Linear(4, 2)), (torch.tensor([[1, -100]]),), "K048",
         "was given -100", "x = x.clamp(min=0)", (1, 2, 2)),
    Case("indices as floats", lambda: S(nn.Embedding(10, 4), nn.Linear(4, 2)), (zeros(2, 7),), "K048", "integers",
         "x = x.long()", (2, 7, 2)),
    Case("EmbeddingBag", lambda: S(nn.EmbeddingBag(10, 4), nn.Linear(4, 2)), (torch.tensor([[1, 30]]),), "K048",
         "was given 30", "num_embeddings=31", (1, 2)),
    # views
    Case("b24 view after permute", Permuted, (zeros(2, 3, 6, 6),), "K029", "view needs a contiguous tensor",
         "y = y.reshape(-1, 8)", (32, 2)),
    Case("channel shuffle", Shuffled, (zeros(1, 3, 6, 6),), "K029", "view needs", "return y.reshape(n, c, h, w)",
         (1, 8, 4, 4)),
    Case("view after transpose", Transposed, (zeros(2, 2, 3),), "K029", "view needs", ".reshape(x.size(0), -1)",
         (2, 2)),
    # meant, not only running
    Case("b17 RGBA for RGB", lambda: S(nn.Conv2d(3, 8, 7), nn.ReLU()), (zeros(1, 4, 32, 32),), "K001", "the fourth is",
         "x[:, :3]", (1, 8, 26, 26)),
    Case("RGBA behind padding", lambda: S(nn.ZeroPad2d(1), nn.Conv2d(3, 8, 3)), (zeros(1, 4, 8, 8),), "K001", "alpha",
         "convert('RGB')", (1, 8, 8, 8)),
    Case("RGBA for grey", lambda: S(nn.Conv2d(1, 8, 3)), (zeros(1, 4, 8, 8),), "K001", "colour",
         "x[:, :3].mean(1, keepdim=True)", (1, 8, 6, 6)),
    Case("grey for RGB", lambda: S(nn.Conv2d(3, 8, 3)), (zeros(2, 1, 8, 8),), "K001", "1 channel",
         "x.expand(-1, 3, -1, -1)", (2, 8, 6, 6)),
    Case("b19 LayerNorm on channels first", lambda: Normed(nn.LayerNorm(8)), (zeros(2, 3, 16, 16),), "K018",
         "are on axis 1", "self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)", (2, 5)),
    Case("LayerNorm of a sequence, channels first", lambda: S(nn.Conv1d(3, 8, 3), nn.LayerNorm(8)), (zeros(2, 3, 20),),
         "K018", "are on axis 1", "permute(0, 2, 1)", (2, 8, 18)),
    Case("LayerNorm of a volume", lambda: S(nn.Conv3d(1, 8, 3), nn.LayerNorm(8)), (zeros(1, 1, 5, 6, 7),), "K018",
         "are on axis 1", "permute(0, 2, 3, 4, 1)", (1, 8, 3, 4, 5)),
    Case("RMSNorm on channels first", lambda: Normed(nn.RMSNorm(8)), (zeros(2, 3, 16, 16),), "K018", "RMSNorm(8)",
         "permute(0, 2, 3, 1)", (2, 5)),
    Case("LayerNorm of another width", lambda: S(nn.Linear(3, 6), nn.LayerNorm(8)), (zeros(2, 3),), "K018",
         "ends with (6,)", "normalized_shape=(6,)", (2, 6)),
    Case("Conv1d given pictures", lambda: S(nn.Conv1d(1, 8, 3), nn.ReLU()), (zeros(32, 1, 28, 28),), "K005", "4",
         "Conv2d, which takes (32, 1, 28, 28)", (32, 8, 26, 26)),
    Case("Conv1d given rows of pictures", lambda: S(nn.Conv1d(28, 8, 3)), (zeros(32, 1, 28, 28),), "K005", "4",
         "x = x.squeeze(1)", (32, 8, 26)),
    Case("MaxPool1d behind Conv2d", lambda: S(nn.Conv2d(3, 8, 3), nn.MaxPool1d(2)), (zeros(2, 3, 32, 32),), "K005", "4",
         "MaxPool2d", (2, 8, 15, 15)),
    Case("AdaptiveAvgPool1d behind Conv2d", lambda: S(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool1d(1)),
         (zeros(2, 3, 32, 32),), "K005", "4", "AdaptiveAvgPool2d", (2, 8, 1, 1)),
    Case("BatchNorm2d behind Conv1d", lambda: S(nn.Conv1d(3, 8, 3), nn.BatchNorm2d(8)), (zeros(2, 3, 32),), "K005", "3",
         "BatchNorm1d", (2, 8, 30)),
    # F31: sequences are not maps
    Case("tokens and a Linear", lambda: S(nn.LayerNorm(32), nn.Linear(64, 10)), (zeros(2, 7, 32),), "K012",
         "the last axis of (2, 7, 32)", "in_features=32", (2, 7, 10)),
    Case("embeddings and a Linear", lambda: S(nn.Embedding(9, 32), nn.Linear(64, 10)), (whole(2, 7),), "K012",
         "(Embedding) made", "in_features=32", (2, 7, 10)),
    Case("patches and a Linear", Tokens, (zeros(2, 3, 32, 32),), "K012", "(2, 16, 48)", "in_features=48", (2, 16, 10)),
    Case("cross-attention of another width", Cross, (zeros(2, 5, 64), zeros(2, 7, 48)), "K012", "(2, 7, 48)",
         "in_features=48", (2, 5, 7)),
    Case("both directions of an LSTM", lambda: S(nn.LSTM(4, 8, bidirectional=True), Take(), nn.Linear(8, 2)),
         (zeros(5, 1, 4),), "K012", "the last axis of (5, 1, 16)", "in_features=16", (5, 1, 2)),
    Case("features first", lambda: S(nn.Linear(40, 10)), (zeros(2, 40, 7),), "K012", "(2, 40, 7)",
         "x = x.transpose(1, 2)", (2, 7, 10)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_cause_is_named_and_the_first_fix_restores(case: Case) -> None:
    model = case.make()
    found = diagnosed(model, *case.x)
    assert found.code == case.code
    assert case.cause in str(found.cause)
    first = found.fixes[0]
    assert case.fix in f"{first.sentence}\n{first.after}"
    assert first.tried
    assert first.note is None
    assert answer(model, found, 0, *case.x) == case.shape


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_fix_is_offered_twice_and_none_that_is_marked_as_tried_fails(case: Case) -> None:
    model = case.make()
    found = diagnosed(model, *case.x)
    texts = [(str(fix.sentence), fix.after) for fix in found.fixes]
    assert len(set(texts)) == len(texts)
    for number, fix in enumerate(found.fixes):
        if fix.tried:
            answer(model, found, number, *case.x)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_message_alone_has_a_code_and_says_nothing_that_was_not_read(case: Case) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each case its own)
        case.make()(*case.x)
    found = kaiyan.diagnose(f"{type(caught.value).__name__}: {caught.value}")
    text = found.text("en") + found.text("zh")
    assert found.code != "K000"
    assert "None" not in text
    assert "()" not in str(found.cause).replace("squeeze()", "")


def test_b19_the_width_is_never_offered() -> None:
    found = diagnosed(Normed(nn.LayerNorm(8)), zeros(2, 3, 16, 16))
    assert not any("16" in str(fix.sentence) for fix in found.fixes)
    assert "GroupNorm(1, 8)" in str(found.fixes[1].sentence)


def test_b17_the_layer_for_four_channels_comes_later() -> None:
    found = diagnosed(S(nn.Conv2d(3, 8, 7)), zeros(1, 4, 32, 32))
    assert "in_channels=4" in str(found.fixes[1].sentence)


def test_b22_the_line_of_the_comma_is_named() -> None:
    found = diagnosed(Comma(), zeros(1, 3, 9, 9))
    line = found.fixes[0].line
    assert line is not None
    assert line.text.startswith("x = self.c1(x),")
    assert f"line {line.number}" in str(found.cause)


def test_a_norm_that_fits_is_no_case() -> None:
    with pytest.raises(pytest.fail.Exception, match="it runs"):
        diagnosed(Normed(nn.GroupNorm(1, 8)), zeros(2, 3, 16, 16))
