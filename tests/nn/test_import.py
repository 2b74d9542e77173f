"""Importing the layers loads no compiler, and what is marked for it is marked as torch marks it."""

from __future__ import annotations

import subprocess
import sys

import torch

from kaiyan.nn.layers import _constant


def test_the_layers_load_no_compiler() -> None:
    code = "import sys, kaiyan.nn; print({'torch._dynamo', 'sympy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_mark_of_a_constant_is_torchs() -> None:
    ours, theirs = _constant(lambda: ""), torch.compiler.assume_constant_result(lambda: 1)  # type: ignore[no-untyped-call]
    assert vars(ours) == vars(theirs) != {}
