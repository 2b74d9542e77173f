"""Records what torch says of kernels that learn, for studio-web/test/learning.test.mjs.

Run ``python tests/studio/learning_from_torch.py``. Float64; seeded by 7. One kernel, two, two with ReLU: loss and
gradients at random kernels, kernels after 40 steps of torch.optim.SGD, the largest eigenvalue of the Hessian; the kernel
of least squares by torch.linalg.lstsq.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch.nn.functional import conv2d, mse_loss, relu

FIXTURE = Path(__file__).parents[2] / "studio-web" / "test" / "learning-from-torch.json"
HEIGHT, WIDTH = 13, 17
STEPS = 40


def made(kernels: list[torch.Tensor], picture: torch.Tensor, cut: bool) -> torch.Tensor:
    """What kernels in a row make of a picture."""
    for i, kernel in enumerate(kernels):
        picture = conv2d(relu(picture) if cut and i else picture, kernel[None, None])
    return picture


def recorded(sides: list[int], cut: bool, rate: float, momentum: float) -> dict[str, object]:
    """One chain of kernels: what is given, and what torch says of it."""
    picture = torch.rand(1, 1, HEIGHT, WIDTH)
    kernels = [torch.rand(side, side) - 0.4 for side in sides]
    reach = sum(sides) - len(sides)
    wanted = torch.randn(1, 1, HEIGHT - reach, WIDTH - reach)

    def flat(taps: torch.Tensor) -> torch.Tensor:
        parts = taps.split([side * side for side in sides])
        shaped = [part.reshape(side, side) for part, side in zip(parts, sides, strict=True)]
        return mse_loss(made(shaped, picture, cut), wanted)

    start = torch.cat([kernel.flatten() for kernel in kernels])
    curvature = torch.linalg.eigvalsh(torch.autograd.functional.hessian(flat, start))[-1]
    learning = [kernel.clone().requires_grad_() for kernel in kernels]
    optimiser = torch.optim.SGD(learning, lr=rate, momentum=momentum)
    first = None
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = mse_loss(made(learning, picture, cut), wanted)
        loss.backward()
        first = first or {"loss": loss.item(), "gradients": [kernel.grad.flatten().tolist() for kernel in learning]}
        optimiser.step()
    return {
        "picture": picture.flatten().tolist(), "wanted": wanted.flatten().tolist(), "relu": cut,
        "kernels": [kernel.flatten().tolist() for kernel in kernels], "rate": rate, "momentum": momentum, "steps": STEPS,
        **first, "after": [kernel.detach().flatten().tolist() for kernel in learning], "curvature": curvature.item(),
        "best": best(picture, wanted, reach + 1),
    }  # fmt: skip


def best(picture: torch.Tensor, wanted: torch.Tensor, side: int) -> list[float]:
    """The single kernel of least squares."""
    windows = torch.nn.functional.unfold(picture, side)[0].T
    return torch.linalg.lstsq(windows, wanted.flatten()[:, None], driver="gelsd").solution.flatten().tolist()


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(7)
    chains = [
        recorded([3], False, 0.1, 0.9),
        recorded([5], False, 0.03, 0.5),
        recorded([3, 3], False, 0.02, 0.8),
        recorded([3, 3], True, 0.05, 0.9),
    ]
    facts = {"torch": torch.__version__, "height": HEIGHT, "width": WIDTH, "chains": chains}
    FIXTURE.write_text(json.dumps(facts) + "\n", "utf-8")
