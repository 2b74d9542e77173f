"""Random small networks as a user writes them: a seed gives the source, the inputs and what is true of the model."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from corpus.written import written

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = """from __future__ import annotations
from collections import namedtuple
from dataclasses import dataclass
import torch
import torch.nn as nn
import torch.nn.functional as F
Pair = namedtuple("Pair", "first second")


@dataclass
class Answer:
    score: torch.Tensor
    hidden: object = None


"""


@dataclass
class Drawn:
    """One network: its file, and what it does that an optimiser must see."""

    seed: int
    source: str
    rank: int
    channels: int
    layout: str
    size: int
    is_random: bool = False
    has_state: bool = False
    make: Callable[[], Any] = field(default=lambda: None)

    def inputs(self, batch: int, size: int, seed: int) -> torch.Tensor:
        """A tensor in the layout that this user has."""
        generator = torch.Generator().manual_seed(seed)
        return LAYOUTS[self.layout](batch, self.channels, (size,) * self.rank, generator)


@dataclass
class _Writer:
    random: Random
    rank: int
    channels: int
    init: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    saved: list[tuple[str, int, int]] = field(default_factory=list)
    square: list[str] = field(default_factory=list)
    level: int = 0
    is_random: bool = False
    has_state: bool = False
    names: int = 0

    def name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def layer(self, made: str) -> str:
        name = self.name("layer")
        self.init.append(f"self.{name} = {made}")
        return f"self.{name}"

    def say(self, *lines: str) -> None:
        self.lines.extend(lines)


def _convolution(w: _Writer) -> None:
    C, r = w.channels, w.random
    K = r.choice((C, C, 4, 6, 8))
    groups = r.choice([g for g in (1, 1, 1, 2, C) if C % g == 0 and K % g == 0])
    k, dilation = r.choice((1, 3, 3, 5)), r.choice((1, 1, 2))
    stride = r.choice((1, 1, 1, 2)) if w.level < 2 else 1
    mode = r.choice(("zeros", "zeros", "zeros", "reflect", "circular")) if k == 3 and dilation == 1 else "zeros"
    bias = r.choice((True, False))
    made = (
        f"nn.Conv{w.rank}d({C}, {K}, {k}, stride={stride}, padding={dilation * (k // 2)}, dilation={dilation}, "
        f"groups={groups}, bias={bias}, padding_mode={mode!r})"
    )
    if r.random() < 0.1:
        made = f"nn.utils.{r.choice(('weight_norm', 'parametrizations.weight_norm', 'spectral_norm'))}({made})"
    name = w.layer(made)
    w.say(f"y = {name}(y)")
    if C == K and stride == 1:
        w.square.append(name)
    w.channels, w.level = K, w.level + (stride > 1)


def _transposed(w: _Writer) -> None:
    K = w.random.choice((4, 6))
    k, s, p, o = w.random.choice(((2, 2, 0, 0), (3, 1, 1, 0), (4, 2, 1, 0), (3, 2, 1, 1)))
    w.say(f"y = {w.layer(f'nn.ConvTranspose{w.rank}d({w.channels}, {K}, {k}, {s}, {p}, {o})')}(y)")
    w.channels, w.level = K, w.level + (s > 1)


def _norm(w: _Writer) -> None:
    C = w.channels
    made = w.random.choice(
        (f"nn.BatchNorm{w.rank}d({C})", f"nn.GroupNorm(2, {C})", f"nn.LayerNorm({C})", f"nn.InstanceNorm{w.rank}d({C})")
    )
    if "Layer" in made:
        w.say(f"y = {w.layer(made)}(y.movedim(1, -1)).movedim(-1, 1)")
    elif C % 2 == 0 or "Group" not in made:
        w.say(f"y = {w.layer(made)}(y)")


def _activation(w: _Writer) -> None:
    w.say(w.random.choice((
        "y = self.act(y)", "y = self.act(y)", "y = F.relu(y, inplace=True)", "y = y.relu_()", "y = F.gelu(y)", "y = torch.sigmoid(y)",
        "y = F.leaky_relu_(y, 0.1)", "y = F.silu(y)", "y.clamp_(-2, 3)", "y = torch.tanh(y)",
    )))  # fmt: skip


def _in_place(w: _Writer) -> None:
    w.say(w.random.choice((
        "y += 0.5", "y.mul_(0.9)", "y.sub_(y.mean())", "y[:, 0] = 0.25", "y[:, ::2] += 1", "y[:, :1].mul_(2)",
        "y[..., 0] = y[..., -1].clone()", "y *= y.sigmoid()", "y.add_(y[:, :1].mean())", "y /= 2", "y.transpose(1, -1).add_(0.3)",
        "y.view(-1).mul_(1.1)", "y[0] = y[0] * 2", "y[y > 1] = 1.0",
    )))  # fmt: skip


def _view(w: _Writer) -> None:
    C, r = w.channels, w.random
    shapes = [
        "y = y.view(y.size(0), y.size(1), -1).view(y.shape)", "y = y.reshape(y.shape[0], -1).reshape(y.shape)", "y = y.flip(-1)",
        "y = y.movedim(1, -1).contiguous().movedim(-1, 1)", "y = y.movedim(1, -1).movedim(-1, 1).contiguous()",
        "y = y.flatten(2).unflatten(2, y.shape[2:])", "y = y.roll(1, -1)",
    ]  # fmt: skip
    if C % 2 == 0:
        shapes.append("y = y.view(y.shape[0], 2, -1, *y.shape[2:]).transpose(1, 2).reshape(y.shape)")
        shapes.append("a, b = y.chunk(2, 1)\ny = torch.cat([b, a], 1)")
    chosen = r.choice([*shapes, *("unfold", "swap", "strided") * 3])
    if chosen == "unfold":
        w.say("y = y.unfold(-1, 2, 1).mean(-1)")
        w.level += 1
    elif chosen == "swap" and w.rank > 1:
        w.say("y = y.transpose(-1, -2)")
        w.level += 1
    elif chosen == "strided":
        w.say("y = y.contiguous().as_strided(y.shape, y.contiguous().stride()) * 1.5")
    elif chosen != "swap":
        w.say(*chosen.split("\n"))


def _skip(w: _Writer) -> None:
    fitting = [s for s, C, level in w.saved if w.channels == C and level == w.level]
    joined = [(s, C) for s, C, level in w.saved if level == w.level]
    if fitting and w.random.random() < 0.6:
        s = w.random.choice(fitting)
        w.say(
            w.random.choice(
                (
                    f"y = y + {s}",
                    f"y += {s}",
                    f"y = {s}.add_(y)",
                    f"y = torch.add(y, {s}, alpha=0.5)",
                    f"{s} += 1\ny = y * {s}",
                )
            ).replace("\n", "; ")
        )
    elif joined and w.channels < 16:
        s, C = w.random.choice(joined)
        w.say(f"y = torch.cat([y, {s}], 1)")
        w.channels += C
    else:
        s = w.name("kept")
        w.say(f"{s} = y")
        w.saved.append((s, w.channels, w.level))


def _shared(w: _Writer) -> None:
    if not w.square:
        return
    name = w.random.choice(w.square)
    inputs = int(next(line for line in w.init if line.startswith(f"{name} = ")).partition("d(")[2].partition(",")[0])
    if inputs == w.channels:
        w.say(f"y = {name}({w.random.choice(('y', 'F.relu(y)', 'y * 0.5'))})")


def _state(w: _Writer) -> None:
    w.has_state = True
    kind = w.random.choice(("count", "mean", "last"))
    name = w.name(kind)
    if kind == "count":
        w.init.append(f'self.register_buffer("{name}", torch.zeros(()))')
        w.say(f"self.{name} += 1", f"y = y + 0.1 * self.{name}")
    elif kind == "mean":
        w.init.append(f'self.register_buffer("{name}", torch.zeros(()))')
        w.say(f"self.{name}.mul_(0.5).add_(y.detach().mean(), alpha=0.5)", f"y = y - self.{name}")
    else:
        w.init.append(f"self.{name} = None")
        w.say(
            f"if self.{name} is not None and self.{name}.shape == y.shape:",
            f"    y = y + 0.5 * self.{name}",
            f"self.{name} = y.detach().clone()",
        )


def _noise(w: _Writer) -> None:
    w.is_random = True
    w.say(w.random.choice((
        "y = F.dropout(y, 0.2)", "y = y + 0.1 * torch.randn_like(y)", "y = y * torch.rand(1)", "y = y + 0.1 * torch.randn(y.shape)",
        "y = y + torch.empty_like(y).uniform_(-0.1, 0.1)",
    )))  # fmt: skip


def _control(w: _Writer) -> None:
    chosen = w.random.choice(("sign", "loop", "size", "none", "assert"))
    lines = {
        "sign": ("if y.mean() > 1e-3:", "    y = y * 2"),
        "loop": ("y = torch.stack([y[i] - y[i].mean() for i in range(y.shape[0])])",),
        "size": ("if y.shape[-1] > 9:", "    y = y[..., :-1]"),
        "none": ("y = y if mask is None else y * mask",),
        "assert": ("assert y.dim() == x.dim()", "n, c = y.shape[:2]", "y = y / (n * c) ** 0.5"),
    }[chosen]
    w.say(*lines)
    w.level += chosen == "size"


def _read(w: _Writer) -> None:
    convolutions = [line.split(" ")[0] for line in w.init if "= nn.Conv" in line]
    if not convolutions:
        return
    name = w.random.choice(convolutions)
    w.say(w.random.choice((
        f"y = y * {name}.stride[0]", f"y = y + {name}.weight.mean()", "y = y.to(next(self.parameters()).dtype)",
        f"y = y / {name}.in_channels", f"y = y - {name}.weight.flatten()[0].item()",
    )))  # fmt: skip


STEPS: tuple[tuple[int, Callable[[_Writer], None]], ...] = (
    (8, _convolution), (2, _transposed), (4, _norm), (4, _activation), (3, _in_place), (6, _view), (4, _skip), (2, _shared), (1, _control), (1, _read),
)  # fmt: skip


def _output(w: _Writer) -> None:
    pooled = "y.mean(tuple(range(2, y.dim())))"
    hidden = w.saved[-1][0] if w.saved else "None"
    chosen = w.random.choice((
        "return y", "return y", "return y", f"return {pooled}", "return y, x", "return [y, None]", f"return {{'out': y, 'hidden': {hidden}}}",
        f"return Answer(y, {hidden})", f"return Pair(y, {pooled})", "return {'a': {'b': (y, 3)}, 'mask': mask}", "return (y,) if mask is None else (y, mask)",
        "return y.flatten(1)", "return y.view(y.size(0), y.size(1), -1)", f"return HEAD({pooled})",
        "return y.movedim(1, -1)", "return y[:, ::2]", "return y.detach(), y.shape", "return y[0], y.argmax(1)",
    ))  # fmt: skip
    w.say(chosen.replace("HEAD", w.layer(f"nn.Linear({w.channels}, 5)")) if "HEAD" in chosen else chosen)


def _written(random: Random) -> tuple[_Writer, str]:
    w = _Writer(random, random.choice((1, 2, 2, 2, 3)), random.choice((1, 2, 3, 4)))
    w.init.append(
        f"self.act = nn.{random.choice(('ReLU(inplace=True)', 'ReLU()', 'Hardswish(inplace=True)', 'PReLU()'))}"
    )
    w.say(
        random.choice(
            ("y = x", "y = x", "y = x * 2 - 1", "y = x.sub_(0.5)" if random.random() < 0.3 else "y = x.clone()")
        )
    )
    if random.random() < 0.85 or "y = x" in w.lines:
        _convolution(w)
    extra = [*([_state] * (random.random() < 0.15)), *([_noise] * (random.random() < 0.12))]
    weights, steps = zip(*STEPS, strict=True)
    chosen = random.choices(steps, weights, k=random.randint(2, 7)) + extra
    random.shuffle(chosen)
    for step in chosen:
        step(w)
    _output(w)
    body = "\n".join(
        [
            "class Net(nn.Module):",
            "    def __init__(self):",
            "        super().__init__()",
            *(f"        {line}" for line in w.init),
            "",
            "    def forward(self, x, mask=None, scale=1.0):",
            *(f"        {line}" for line in w.lines),
        ]
    )
    return w, HEAD + body + "\n"


def drawn(seed: int) -> Drawn:
    """The network of this seed, in eval, one that runs on its example."""
    for attempt in range(100):
        random = Random(seed * 1000 + attempt)
        w, source = _written(random)
        layouts = [name for name in LAYOUTS if name != "channels last" or w.rank == 2]
        first = _first_channels(source, random)
        made = Drawn(
            seed, source, w.rank, first, random.choice(layouts), random.choice((8, 9, 12)), w.is_random, w.has_state
        )
        if _runs(made):
            made.make = partial(_made, _loaded(source))
            return made
    message = f"no network that runs for seed {seed}"
    raise RuntimeError(message)


def _first_channels(source: str, random: Random) -> int:
    first = source.partition("nn.Conv")[2]
    return int(first.partition("(")[2].partition(",")[0]) if first else random.choice((2, 4))


def _runs(drawn: Drawn) -> bool:
    try:
        model = _made(_loaded(drawn.source))
        with torch.no_grad(), torch.random.fork_rng():
            for _ in range(2):
                model(drawn.inputs(2, drawn.size, 1))
    except Exception:  # noqa: BLE001 - a draw that does not fit is drawn again
        return False
    return True


def _loaded(source: str) -> Any:
    path = written(source, "random")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module.Net


def _made(net: Any) -> Any:
    """A model of this class, the same at every call."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = net()
        for part in model.modules():
            if getattr(part, "running_var", None) is not None:
                part.running_mean.normal_(0, 0.3)
                part.running_var.uniform_(0.5, 2)
        return model.eval()


def _plain(n: int, c: int, sizes: tuple[int, ...], g: torch.Generator) -> torch.Tensor:
    return torch.randn(n, c, *sizes, generator=g)


def _expanded(n: int, c: int, sizes: tuple[int, ...], g: torch.Generator) -> torch.Tensor:
    return torch.randn(n, 1, *sizes, generator=g).expand(n, c, *sizes)


def _sliced(n: int, c: int, sizes: tuple[int, ...], g: torch.Generator) -> torch.Tensor:
    return torch.randn(n, c, *sizes[:-1], 2 * sizes[-1] + 1, generator=g)[..., 1::2]


def _moved(n: int, c: int, sizes: tuple[int, ...], g: torch.Generator) -> torch.Tensor:
    return torch.randn(n, *sizes, c, generator=g).movedim(-1, 1)


LAYOUTS: dict[str, Callable[[int, int, tuple[int, ...], torch.Generator], torch.Tensor]] = {
    "contiguous": _plain, "contiguous again": _plain, "expanded": _expanded, "sliced": _sliced, "channels last": _moved, "moved": _moved,
}  # fmt: skip
