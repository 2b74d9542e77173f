"""The kernel as lines of PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kaiyan.spec.conventions import PADDING_MODES

if TYPE_CHECKING:
    from kaiyan.reference.dtype import Numbers
    from kaiyan.spec.conv import Conv

_IN_TORCH = {mode: name.partition(":")[2] for mode, row in PADDING_MODES.items() for name in row.names
             if name.startswith("torch:")}  # fmt: skip


def torch_code(spec: Conv, kernel: Numbers, bias: Numbers | None, *, shared: bool) -> str:
    """A function ``learned`` of a tensor (N, C, *spatial); what torch cannot say itself is said by ``kaiyan.conv``."""
    is_torchs = spec.rank in (1, 2, 3) and spec.padding_mode in _IN_TORCH and _pads(spec) is not None
    lines = ["import torch", "import torch.nn.functional as F" if is_torchs else "import kaiyan", ""]
    lines.append(f"weight = torch.tensor({_numbers(kernel)}, dtype=torch.float64)")
    if shared and (spec.out_channels or 1) > 1:
        lines.append(f"weight = weight.repeat({spec.out_channels}, {', '.join('1' * (kernel.ndim - 1))})")
    if bias is not None:
        times = f".repeat({spec.out_channels})" if shared else ""
        lines.append(f"bias = torch.tensor({_numbers(bias)}, dtype=torch.float64){times}")
    body = _torch_body(spec) if is_torchs else _kaiyan_body(spec)
    given = "None" if bias is None else "bias.to(x)"
    return "\n".join([*lines, "", "", "def learned(x):", *(line.replace("BIAS", given) for line in body), ""])


def _torch_body(spec: Conv) -> list[str]:
    pads = _pads(spec) or ()
    steps = f"stride={spec.stride}, dilation={spec.dilation}, groups={spec.groups}"
    call = f"    return F.conv{spec.rank}d(x, weight.to(x), BIAS, {steps})"
    if not any(any(sides) for sides in pads):
        return [call]
    flat = tuple(side for sides in reversed(pads) for side in sides)
    mode = "constant" if spec.padding_mode == "zeros" else spec.padding_mode
    return [f"    x = F.pad(x, {flat}, mode={mode!r})", call]


def _kaiyan_body(spec: Conv) -> list[str]:
    settings = {name: getattr(spec, name) for name in ("stride", "padding", "dilation", "groups", "padding_mode")}
    given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    return [f"    return kaiyan.conv(x, weight.to(x), BIAS, {given})"]


def _pads(spec: Conv) -> tuple[tuple[int, int], ...] | None:
    """The elements on both sides of every axis, where they do not depend on the picture's size."""
    if any(axis.pads_follow_size for axis in spec.axes):
        return None
    return tuple(axis.pads(axis.reach) for axis in spec.axes)


def _numbers(values: Numbers) -> str:
    return np.array2string(values, separator=", ", floatmode="unique", threshold=values.size + 1, max_line_width=110)
