"""Networks that work, as the source a user would have written: what the blind set breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"


@dataclass(frozen=True, slots=True)
class Working:
    """A source that defines ``make()``, the shape of its input, and edits that join the wrong ends of a skip."""

    source: str
    shape: tuple[int, ...]
    skips: tuple[tuple[str, str], ...] = ()


def lenet(random: Random) -> Working:
    """Two convolutions, two poolings, three Linear layers."""
    c, a, b, n = random.choice((1, 3)), random.choice((6, 8)), random.choice((16, 20)), random.choice((28, 32, 40))
    side = ((n - 4) // 2 - 4) // 2
    return Working(
        f"""class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d({c}, {a}, 5)
        self.conv2 = nn.Conv2d({a}, {b}, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear({b * side * side}, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def make():
    return Net()
""",
        (random.choice((1, 2, 4)), c, n, n),
    )


def resnet(random: Random) -> Working:
    """Residual blocks with a shortcut where the shape changes."""
    w, h = random.choice((8, 16)), random.choice((32, 48))
    return Working(
        f"""class Block(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.shortcut = nn.Sequential()
        if stride != 1 or cin != cout:
            self.shortcut = nn.Sequential(nn.Conv2d(cin, cout, 1, stride=stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out = out + self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, {w}, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d({w})
        self.layer1 = Block({w}, {w})
        self.layer2 = Block({w}, {2 * w}, stride=2)
        self.layer3 = Block({2 * w}, {4 * w}, stride=2)
        self.fc = nn.Linear({4 * w}, 10)

    def forward(self, x):
        x = F.relu(self.bn(self.stem(x)))
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = F.adaptive_avg_pool2d(x, 1)
        x = x.view(x.size(0), -1)
        return self.fc(x)


def make():
    return ResNet()
""",
        (2, 3, h, h),
        (
            ("self.shortcut(x)", "x"),
            ("cout, 1, stride=stride,", "cout, 1,"),
            ("nn.Conv2d(cout, cout, 3, padding=1", "nn.Conv2d(cout, cout, 3"),
            ("if stride != 1 or cin != cout:", "if stride != 1 and cin == cout:"),
        ),
    )


def unet(random: Random) -> Working:
    """Two levels down, two up, each joined to its mirror by concatenation."""
    c, w, h = random.choice((1, 3)), random.choice((8, 12)), random.choice((32, 64))
    return Working(
        f"""def double(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(cout, cout, 3, padding=1),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = double({c}, {w})
        self.down2 = double({w}, {2 * w})
        self.bottom = double({2 * w}, {4 * w})
        self.pool = nn.MaxPool2d(2)
        self.up2 = nn.ConvTranspose2d({4 * w}, {2 * w}, 2, stride=2)
        self.conv2 = double({4 * w}, {2 * w})
        self.up1 = nn.ConvTranspose2d({2 * w}, {w}, 2, stride=2)
        self.conv1 = double({2 * w}, {w})
        self.out = nn.Conv2d({w}, 2, 1)

    def forward(self, x):
        d1 = self.down1(x)
        d2 = self.down2(self.pool(d1))
        b = self.bottom(self.pool(d2))
        u2 = self.up2(b)
        u2 = self.conv2(torch.cat([u2, d2], dim=1))
        u1 = self.up1(u2)
        u1 = self.conv1(torch.cat([u1, d1], dim=1))
        return self.out(u1)


def make():
    return UNet()
""",
        (1, c, h, h),
        (
            ("torch.cat([u2, d2], dim=1)", "torch.cat([u2, d1], dim=1)"),
            ("torch.cat([u1, d1], dim=1)", "torch.cat([u1, d2], dim=1)"),
            ("torch.cat([u1, d1], dim=1)", "torch.cat([u1, x], dim=1)"),
            (
                f"self.up2 = nn.ConvTranspose2d({4 * w}, {2 * w}, 2,",
                f"self.up2 = nn.ConvTranspose2d({4 * w}, {2 * w}, 3,",
            ),
        ),
    )


def mobilenet(random: Random) -> Working:
    """Pointwise, depthwise, pointwise, with a residual where the shape stays."""
    w, h = random.choice((8, 16)), random.choice((32, 64))
    return Working(
        f"""class InvertedResidual(nn.Module):
    def __init__(self, cin, cout, stride, expand):
        super().__init__()
        hidden = cin * expand
        self.use_res = stride == 1 and cin == cout
        self.expand = nn.Conv2d(cin, hidden, 1, bias=False)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride=stride, padding=1, groups=hidden, bias=False)
        self.project = nn.Conv2d(hidden, cout, 1, bias=False)
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x):
        y = F.relu6(self.expand(x))
        y = F.relu6(self.depthwise(y))
        y = self.bn(self.project(y))
        return x + y if self.use_res else y


class MobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, {w}, 3, stride=2, padding=1),
            nn.ReLU6(),
            InvertedResidual({w}, {w}, 1, 2),
            InvertedResidual({w}, {2 * w}, 2, 4),
            InvertedResidual({2 * w}, {2 * w}, 1, 4),
            nn.Conv2d({2 * w}, {4 * w}, 1),
        )
        self.classifier = nn.Linear({4 * w}, 5)

    def forward(self, x):
        x = self.features(x)
        x = x.mean([2, 3])
        return self.classifier(x)


def make():
    return MobileNet()
""",
        (2, 3, h, h),
        (
            ("stride == 1 and cin == cout", "stride == 1 or cin == cout or True"),
            ("stride=stride, padding=1, groups=hidden", "stride=stride, groups=hidden"),
            ("stride == 1 and cin == cout", "cin != cout"),
        ),
    )


def tcn(random: Random) -> Working:
    """Dilated causal convolutions over (N, C, L), trimmed to the length that came in."""
    c, w, n = random.choice((4, 6)), random.choice((16, 24)), random.choice((50, 100))
    return Working(
        f"""class TemporalBlock(nn.Module):
    def __init__(self, cin, cout, dilation):
        super().__init__()
        self.trim = 2 * dilation
        self.conv = nn.Conv1d(cin, cout, 3, padding=self.trim, dilation=dilation)
        self.match = nn.Conv1d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x):
        y = self.conv(x)[:, :, :-self.trim]
        return F.relu(y + self.match(x))


class TCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.b1 = TemporalBlock({c}, {w}, 1)
        self.b2 = TemporalBlock({w}, {w}, 2)
        self.b3 = TemporalBlock({w}, {2 * w}, 4)
        self.pool = nn.MaxPool1d(2)
        self.head = nn.Linear({2 * w}, 7)

    def forward(self, x):
        x = self.pool(self.b1(x))
        x = self.pool(self.b2(x))
        x = self.b3(x)
        return self.head(x[:, :, -1])


def make():
    return TCN()
""",
        (8, c, n),
        (
            ("[:, :, :-self.trim]", ""),
            ("nn.Conv1d(cin, cout, 1) if cin != cout else nn.Identity()", "nn.Identity()"),
            ("self.trim = 2 * dilation", "self.trim = dilation"),
        ),
    )


def video(random: Random) -> Working:
    """Three-dimensional convolutions over (N, C, D, H, W)."""
    w, d, h = random.choice((4, 8)), random.choice((8, 16)), random.choice((16, 24))
    flat = 2 * w * (d // 4) * (h // 4) * (h // 4)
    return Working(
        f"""class Net3d(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv3d(1, {w}, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm3d({w})
        self.conv2 = nn.Conv3d({w}, {2 * w}, kernel_size=3, padding=1)
        self.pool = nn.MaxPool3d(2)
        self.fc = nn.Linear({flat}, 3)

    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.conv2(x)))
        x = x.reshape(x.shape[0], -1)
        return self.fc(x)


def make():
    return Net3d()
""",
        (2, 1, d, h, h),
    )


def autoencoder(random: Random) -> Working:
    """Strided convolutions down, transposed convolutions up."""
    c, w, h = random.choice((1, 3)), random.choice((8, 16)), random.choice((28, 32))
    return Working(
        f"""class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d({c}, {w}, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d({w}, {2 * w}, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d({2 * w}, {w}, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d({w}, {c}, 3, stride=2, padding=1, output_padding=1),
        )

    def forward(self, x):
        z = self.encoder(x)
        y = self.decoder(z)
        return torch.sigmoid(y) - x


def make():
    return AutoEncoder()
""",
        (3, c, h, h),
        (
            (
                f"nn.ConvTranspose2d({w}, {c}, 3, stride=2, padding=1, output_padding=1)",
                f"nn.ConvTranspose2d({w}, {c}, 3, stride=2, padding=1)",
            ),
            (f"nn.ConvTranspose2d({w}, {c}, 3,", f"nn.ConvTranspose2d({w}, 2, 3,"),
            ("torch.sigmoid(y) - x", "torch.sigmoid(y) - z"),
        ),
    )


def functional(random: Random) -> Working:
    """Weights held by hand, everything else in functions."""
    c, w, h = random.choice((1, 3)), random.choice((8, 16)), random.choice((24, 32))
    side = (h // 2 - 2) // 2
    return Working(
        f"""class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn({w}, {c}, 3, 3) * 0.1)
        self.w2 = nn.Parameter(torch.randn({2 * w}, {w}, 3, 3) * 0.1)
        self.fc = nn.Linear({2 * w * side * side}, 10)

    def forward(self, x):
        x = F.conv2d(x, self.w1, padding=1)
        x = F.max_pool2d(F.relu(x), 2)
        x = F.conv2d(x, self.w2)
        x = F.max_pool2d(F.relu(x), 2)
        x = x.flatten(1)
        return self.fc(x)


def make():
    return Plain()
""",
        (2, c, h, h),
    )


def sequential(random: Random) -> Working:
    """One nn.Sequential from picture to classes."""
    c, w, h = random.choice((1, 3)), random.choice((8, 16)), random.choice((28, 32))
    return Working(
        f"""def make():
    return nn.Sequential(
        nn.Conv2d({c}, {w}, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d({w}, {2 * w}, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear({2 * w * (h // 4) ** 2}, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
""",
        (4, c, h, h),
    )


def branches(random: Random) -> Working:
    """Kernels of three sizes side by side, joined along the channels."""
    c, w, h = random.choice((1, 3)), random.choice((8, 16)), random.choice((20, 32))
    return Working(
        f"""class Inception(nn.Module):
    def __init__(self, cin, width):
        super().__init__()
        self.b1 = nn.Conv2d(cin, width, 1)
        self.b3 = nn.Conv2d(cin, width, 3, padding=1)
        self.b5 = nn.Conv2d(cin, width, 5, padding=2)

    def forward(self, x):
        return torch.cat([self.b1(x), self.b3(x), self.b5(x)], 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = Inception({c}, {w})
        self.block2 = Inception({3 * w}, {w})
        self.pool = nn.MaxPool2d(2)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear({3 * w}, 4)

    def forward(self, x):
        x = self.pool(self.block1(x))
        x = self.pool(self.block2(x))
        x = self.gap(x).flatten(1)
        return self.fc(x)


def make():
    return Net()
""",
        (2, c, h, h),
        (
            ("nn.Conv2d(cin, width, 5, padding=2)", "nn.Conv2d(cin, width, 5, padding=1)"),
            ("nn.Conv2d(cin, width, 3, padding=1)", "nn.Conv2d(cin, width, 3)"),
            ("self.b5(x)], 1)", "self.pool(self.b5(x))], 1)"),
        ),
    )


WORKING: dict[str, Callable[[Random], Working]] = {
    make.__name__: make
    for make in (lenet, resnet, unet, mobilenet, tcn, video, autoencoder, functional, sequential, branches)
}
"""Every network, by name."""
