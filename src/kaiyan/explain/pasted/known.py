"""What pasted code may name: torch's layers, functions and methods, one list each. All else is not understood."""

from __future__ import annotations

import math
from collections import OrderedDict
from functools import cache
from typing import Any

import torch
from torch import nn

from kaiyan.explain.pasted.plain import BUILTINS, prod


def words(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(words("b a"))
    ['a', 'b']
    """
    return frozenset(text.split())


IMPORTED: dict[str, str] = {
    "torch": "torch",
    "torch.nn": "nn",
    "torch.nn.functional": "F",
    "torch.nn.init": "init",
    "torch.functional": "torch",
    "math": "math",
    "collections": "collections",
    "kaiyan": "kaiyan",
    "kaiyan.nn": "kaiyan.nn",
    "numpy": "numpy",
}
"""Modules that can be imported in what is pasted, each with the room of names that stands for it; nothing is loaded."""

UNDERSTOOD = {
    "torch": "torch",
    "nn": "nn",
    "F": "F",
    "math": "math",
    "np": "numpy",
    "numpy": "numpy",
    "kaiyan": "kaiyan",
}
"""Names that are understood without their import, which is often left out of what is pasted."""

_MADE = "randn rand zeros ones empty full randint arange linspace eye tensor as_tensor"
_TORCH = (
    "abs add addbmm addmm amax amin argmax argmin atan2 atleast_1d baddbmm bmm broadcast_to cat chunk clamp "
    "clip clone concat concatenate conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d cos cosh "
    "cross cumprod cumsum diag diagonal div dot einsum empty_like eq erf exp expm1 flatten flip floor full_like gather "
    "ge gelu gt hstack index_select inner isnan layer_norm le lerp log log1p log2 log_softmax logical_and logical_not "
    "logsumexp lt masked_fill masked_select matmul max maximum mean median meshgrid min minimum mm movedim moveaxis "
    "mul multiply mv narrow ne neg norm ones_like outer permute pixel_shuffle pixel_unshuffle pow prod rand_like "
    "randn_like reciprocal relu remainder repeat_interleave reshape roll rot90 round rsqrt scatter select sigmoid "
    "sign sin softmax split sqrt square squeeze stack std sub subtract sum swapaxes swapdims t tanh tensordot tile "
    "topk transpose tril triu unbind unflatten unfold unsqueeze var vstack where zeros_like"
)
_FUNCTIONAL = (
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d "
    "adaptive_max_pool3d affine_grid alpha_dropout avg_pool1d avg_pool2d avg_pool3d batch_norm bilinear "
    "binary_cross_entropy binary_cross_entropy_with_logits celu channel_shuffle conv1d conv2d conv3d "
    "conv_transpose1d conv_transpose2d conv_transpose3d cosine_embedding_loss cosine_similarity cross_entropy "
    "ctc_loss dropout dropout1d dropout2d dropout3d elu embedding embedding_bag feature_alpha_dropout fold "
    "gaussian_nll_loss gelu glu grid_sample group_norm gumbel_softmax hardshrink hardsigmoid hardswish hardtanh "
    "huber_loss instance_norm interpolate kl_div l1_loss layer_norm leaky_relu linear local_response_norm "
    "log_softmax logsigmoid lp_pool1d lp_pool2d margin_ranking_loss max_pool1d max_pool2d max_pool3d max_unpool1d "
    "max_unpool2d max_unpool3d mish mse_loss multi_margin_loss nll_loss normalize one_hot pad pairwise_distance "
    "pixel_shuffle pixel_unshuffle poisson_nll_loss prelu relu relu6 relu_ rms_norm rrelu "
    "scaled_dot_product_attention selu sigmoid silu smooth_l1_loss softmax softmin softplus softshrink softsign "
    "tanh tanhshrink threshold triplet_margin_loss unfold upsample"
)
_METHODS = (
    "abs add add_ addmm all amax amin any argmax argmin baddbmm bfloat16 bmm bool broadcast_to byte chunk clamp "
    "clamp_ clip clone contiguous cos cumprod cumsum detach diagonal dim div div_ dot double eq exp expand "
    "expand_as flatten flip float floor gather ge gt half index_select int is_contiguous le lerp log log_softmax "
    "logsumexp long lt masked_fill masked_fill_ matmul max mean median min mm movedim mul mul_ narrow ndimension "
    "ne neg nelement norm numel permute pow prod reciprocal relu relu_ repeat repeat_interleave requires_grad_ "
    "reshape reshape_as roll round rsqrt scatter scatter_ select sigmoid sign sin size softmax split sqrt square "
    "squeeze std stride sub sub_ sum swapaxes swapdims t tanh tile topk transpose tril triu type_as unbind "
    "unflatten unfold unsqueeze unsqueeze_ var view view_as where zero_ zeros_like new_zeros new_ones"
)
ATTRIBUTES = words("shape ndim T mT dtype requires_grad is_contiguous")
"""What is read of a tensor."""
TENSOR_METHODS = words(_METHODS)
"""What is called of a tensor: what makes tensors or tells sizes, and nothing that takes a function or a file."""
MOVES = words("to cuda cpu type train eval requires_grad_ apply float half double share_memory zero_grad")
"""Methods of a model that leave its shapes as they are."""
LISTED = words("parameters named_parameters children named_children modules named_modules state_dict")
"""Methods of a model that list what it holds."""
MADE = words(_MADE)
"""Functions that make a tensor from sizes."""
_MATH = {name: getattr(math, name) for name in ("sqrt", "floor", "ceil", "log", "log2", "exp", "pi", "pow")} | {
    "prod": prod
}
_NUMPY = {
    "prod": prod,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "log2": math.log2,
    "pi": math.pi,
}
_DTYPES = (
    "float32 float64 float16 bfloat16 float double half int8 uint8 int16 int32 int64 int long short bool complex64"
)
QUIET = words("print input exit help display")
"""Calls that say something and change no shape."""


@cache
def rooms() -> dict[str, dict[str, Any]]:
    """Every room of names that pasted code may read, with what each name stands for."""
    functional_room = nn.functional
    functions = {name: getattr(torch, name) for name in (_TORCH + " " + _MADE).split() if hasattr(torch, name)}
    functional = {name: getattr(functional_room, name) for name in _FUNCTIONAL.split()}
    dtypes = {name: getattr(torch, name) for name in _DTYPES.split()}
    return {
        "torch": {**functions, **dtypes},
        "nn": {**layers(), "Parameter": nn.Parameter},
        "F": functional,
        "math": _MATH,
        "numpy": _NUMPY,
        "collections": {"OrderedDict": OrderedDict},
        "kaiyan": {},
        "kaiyan.nn": _kaiyans(),
        "init": {},
    }


ROOMS_IN_ROOMS = {
    ("torch", "nn"): "nn",
    ("nn", "functional"): "F",
    ("kaiyan", "nn"): "kaiyan.nn",
    ("nn", "init"): "init",
}
"""Rooms that are read from others: ``torch.nn``, ``nn.functional``."""


@cache
def layers() -> dict[str, type[nn.Module]]:
    """Every layer of torch.nn by its name; nothing that wraps a device or a process."""
    found = {name: getattr(nn, name) for name in dir(nn) if not name.startswith("_")}
    return {
        name: kind
        for name, kind in found.items()
        if isinstance(kind, type)
        and issubclass(kind, nn.Module)
        and name not in ("Module", "DataParallel", "Container")
    }


@cache
def _kaiyans() -> dict[str, type[nn.Module]]:
    import kaiyan.nn as ours

    found = {name: getattr(ours, name, None) for name in ("Conv1d", "Conv2d", "Conv3d")}
    transposed = {name: getattr(ours, name, None) for name in ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")}
    return {name: kind for name, kind in {**found, **transposed}.items() if isinstance(kind, type)}


@cache
def callables() -> frozenset[Any]:
    """Every class and function that may be called: nothing else of Python is."""
    named = (value for room in rooms().values() for value in room.values() if callable(value))
    return frozenset((*named, *BUILTINS.values()))
