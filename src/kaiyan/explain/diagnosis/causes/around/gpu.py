"""Causes in the words of CUDA, cuDNN and MPS: what a GPU says where a CPU would have said more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re

    from kaiyan.explain.diagnosis.facts import Facts

_PRINT = "print(target.min(), target.max(), output.shape)"


def _asserted(_: Facts, found: re.Match[str]) -> Finding:
    blocking = "CUDA_LAUNCH_BLOCKING=1 python train.py"
    on_cpu = Fix(sentence("K068", "run it once on the CPU, which names the line and the number: model.cpu()"), None,
                 "model.cpu()")  # fmt: skip
    line = Fix(sentence("K068", "or run GPU operations synchronously, so that the line shown is right: {line}",
                                line=blocking), None,
               blocking)  # fmt: skip
    if found["lookup"]:
        said = sentence("K068", "an index is out of range on the GPU: in an Embedding, a gather or a lookup")
        look = Fix(sentence("K068", "check the largest index: {line}", line="print(x.max())"), None, "print(x.max())")
        return Finding(said, (look, on_cpu, line), is_outside=True)
    said = sentence("K068", "a check failed on the GPU, most often because a target is not a class of the model; "
                            "the line shown may be a later one")  # fmt: skip
    look = Fix(sentence("K068", "targets must be from 0 to outputs − 1: {line}", line=_PRINT), None, _PRINT)
    return Finding(said, (look, on_cpu, line), is_outside=True)


def _cudnn(_: Facts, found: re.Match[str]) -> Finding:
    status = found["status"]
    said = sentence("K069", "cuDNN failed with {status}", status=f"CUDNN_STATUS_{status}")
    fixes = {
        "memory": Fix(
            sentence(
                "K069", "GPU memory is low: use a smaller batch, or close other programs that use the GPU (nvidia-smi)"
            )
        ),
        "order": Fix(
            sentence("K069", "make the tensor contiguous: {line}", line="x = x.contiguous()"),
            None,
            "x = x.contiguous()",
        ),
        "types": Fix(sentence("K069", "put input and weights in the same type, on the same device")),
        "off": Fix(
            sentence(
                "K069", "turn off cuDNN to see PyTorch's own error: {line}", line="torch.backends.cudnn.enabled = False"
            ),
            None,
            "torch.backends.cudnn.enabled = False",
        ),
        "check": Fix(sentence("K069", "an earlier check may have failed on the GPU: run it once on the CPU")),
        "version": Fix(sentence("K069", "install a PyTorch built for this driver and GPU: torch.version.cuda")),
    }
    return Finding(said, tuple(fixes[name] for name in _STATUS.get(status, ("off", "check", "memory"))))


_STATUS = {
    "NOT_INITIALIZED": ("memory", "version"),
    "ALLOC_FAILED": ("memory",),
    "INTERNAL_ERROR": ("memory", "check", "version"),
    "NOT_SUPPORTED": ("order", "types", "off"),
    "BAD_PARAM": ("types", "order", "off"),
    "EXECUTION_FAILED": ("check", "memory", "version"),
    "MAPPING_ERROR": ("check", "memory"),
    "ARCH_MISMATCH": ("version",),
}
"""What helps, by what cuDNN says, the likeliest first."""


def _memory(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K069", "the GPU's memory is full")
    line = "with torch.no_grad():"
    return Finding(said, (
        Fix(sentence("K069", "use a smaller batch, or smaller pictures")),
        Fix(sentence("K069", "to predict without a graph: {line}", line=line), None, line),
        Fix(sentence("K069", "accumulate loss.item(), not loss, which keeps the graph of every step")),
        Fix(sentence("K069", "halve the memory: {line}", line='torch.autocast("cuda")'), None,
            'with torch.autocast("cuda", dtype=torch.bfloat16):'),
    ), is_outside=True)  # fmt: skip


def _mps_double(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K006", "MPS has no float64")
    line = "x = x.float()"
    return Finding(said, (Fix(sentence("K006", "convert it to float32 before moving it: {line}", line=line), None,
                              line),))  # fmt: skip


ROWS = (
    Cause(
        "K068",
        r"(?P<lookup>srcIndex < srcSelectDimSize|index out of bounds\"? failed|idx_dim >= 0 && idx_dim < index_size|"
        r"-sizes\[i\] <= index && index < sizes\[i\])|device-side assert",
        "CUDA error: device-side assert triggered", _asserted,
    ),
    Cause(
        "K069", r"CUDNN_STATUS_(?P<status>(?!SUCCESS)\w+)", "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", _cudnn,
    ),
    Cause(
        "K069", r"(?:CUDA|MPS backend|HIP) out of "
        r"memory|CUBLAS_STATUS_ALLOC_FAILED", "CUDA out of memory. Tried to allocate 2.00 GiB",
        _memory,
    ),
    Cause(
        "K006", r"MPS framework doesn't support float64",
        "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64.", _mps_double,
    ),
)  # fmt: skip
