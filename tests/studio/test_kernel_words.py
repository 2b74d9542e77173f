"""What the page says that a named kernel passes, against NumPy's transform of its numbers, on one axis and on two.

Frequencies are cycles a pixel: 0 is what never changes, 0.5 along an axis is the finest wave that pixels can show.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

NODE = shutil.which("node")
REQUIRED = os.environ.get("KAIYAN_BROWSER") == "required"
SIDES = (3, 4, 5, 7, 9)
FREQUENCIES = np.fft.fftfreq(64)

pytestmark = pytest.mark.skipif(NODE is None and not REQUIRED, reason="node is not installed")


@cache
def spoken() -> list[dict[str, Any]]:
    """Every named kernel at every size, with the page's sentence."""
    assert NODE
    answering = Path(__file__).parent / "answering.mjs"
    question = json.dumps({"ask": "spectra", "sides": SIDES})
    done = subprocess.run([NODE, str(answering)], input=question, capture_output=True, encoding="utf-8", check=True)
    spectra: list[dict[str, Any]] = json.loads(done.stdout)
    return spectra


def transform(numbers: list[float], sizes: list[int]) -> np.ndarray:
    """How strongly each frequency passes, the strongest being 1."""
    strengths = np.abs(np.fft.fftn(np.reshape(numbers, sizes), [64] * len(sizes), range(len(sizes))))
    return strengths / strengths.max() if strengths.max() > 1e-12 else np.zeros_like(strengths)


def is_true(says: str, passed: np.ndarray) -> bool:
    """Whether a sentence holds of a transform."""
    away = np.abs(FREQUENCIES) if passed.ndim == 1 else np.hypot(FREQUENCIES[:, None], FREQUENCIES[None])
    is_fast = away >= 0.38
    flat, peak = passed.flat[0], away.flat[passed.argmax()]
    slow, between, fast = passed[away < 0.12].mean(), passed[(away >= 0.12) & ~is_fast].mean(), passed[is_fast].mean()
    claims = {
        "lets nothing through": passed.max() == 0,
        "alike": passed.min() > 0.999,
        "(low-pass)": flat > 0.8 and slow > between > fast and passed[is_fast].max() < 0.9,
        "a smear": flat > 0.99 and slow > fast and passed[is_fast].max() > 0.99 and passed[is_fast].min() < 0.5,
        "(high-pass)": flat < 0.25 and peak >= 0.45 and fast > 1.5 * slow,
        "(band-pass)": flat < 0.25 and 0.1 < peak < 0.45 and between > fast,
        "the most of what lies between": passed.min() > 0.3 and between > slow and between > fast,
        "sharpens": passed.min() > 0.05 and fast > between > slow,
    }
    return bool(next(holds for words, holds in claims.items() if words in says))


def test_what_a_kernel_passes_is_said_as_its_transform_has_it() -> None:
    wrong = [
        (each["name"], each["sizes"], each["says"])
        for each in spoken()
        if not is_true(each["says"], transform(each["numbers"], each["sizes"]))
    ]
    assert wrong == []


def test_gabor_is_not_called_a_blur() -> None:
    says = {each["says"] for each in spoken() if each["name"] == "gabor" and each["sizes"][1:] > [3]}
    assert says == {"keeps what lies between: edges, but not the finest detail (band-pass)"}


def test_a_wrong_sentence_is_found() -> None:
    box = transform([1 / 9] * 9, [3, 3])
    assert is_true("a blur (low-pass)", box)
    assert not is_true("edges and noise (high-pass)", box)
    assert not is_true("(band-pass)", box)
