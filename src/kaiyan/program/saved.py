"""A network in one file, ``net.kaiyan``: steps as data, weights as safetensors, and what its user needs to know.

The file is a safetensors file whose words hold the graph as JSON. Reading it executes nothing: every field is looked
at, every byte counts for a checksum, and what does not fit is refused in one sentence.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kaiyan.program.choices_text import choices_of_text, text_of_choices
from kaiyan.program.graph_text import graph_of_text, text_of_graph
from kaiyan.program.loaded import LoadedProgram
from kaiyan.program.size import Symbolic
from kaiyan.program.soundness import ill_formed, unsound
from kaiyan.program.tensors_file import TYPES_IN_FILES, DamageError, arrays_of_file, once, parts_of_file, words_of_file
from kaiyan.show.error import KaiyanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaiyan.program.choices import KeptChoices
    from kaiyan.program.graph import Graph
    from kaiyan.program.picture_input import PictureInput
    from kaiyan.reference.dtype import Numbers

FILE_FORMAT = "1"
"""What is written here; a reader takes this version and no other."""
_MOST_CLASSES, _LONGEST_CLASS = 1_000_000, 1000


def save(
    graph: Graph, path: str | os.PathLike[str], *, classes: Sequence[str] = (), picture: PictureInput | None = None,
    kept: KeptChoices | None = None,
) -> None:  # fmt: skip
    """Writes a graph with its weights, the names of its classes, and how a picture becomes its input.

    ``kept`` are choices with which its first plan is made sooner. A graph that no rewrite changes is not rewritten when
    it is read: one saved by an older Kaiyan keeps the steps that it had.
    The file is there whole, after it has been read back, or not at all: what was at ``path`` stays until then.
    Raises ``KaiyanError`` for steps that only torch can compute, for a graph that does not fit together, and where the
    system refuses.
    """
    path = Path(path)
    foreign = [str(node.settings.get("name", node.output)) for node in graph.nodes if node.operation == "foreign"]
    if foreign:
        raise KaiyanError(
            "program-foreign-steps", "torch computes {count} of the steps ({names}): a file cannot hold them",
            count=len(foreign), names=", ".join(dict.fromkeys(foreign)),
        )  # fmt: skip
    from kaiyan.program.rewrites import rewritten

    wrong = next((name for name, array in graph.constants.items() if array.dtype.name not in TYPES_IN_FILES), None)
    wrong = wrong or ill_formed(graph) or ("__metadata__" if "__metadata__" in graph.constants else None)
    if wrong is not None:
        raise _cannot_be(path, wrong)
    about = {"classes": list(classes), "picture": None if picture is None else picture.to_dict()}
    words = {"kaiyan": FILE_FORMAT, "graph": text_of_graph(graph), "about": json.dumps(about, ensure_ascii=False)}
    words |= {} if kept is None else {"choices": text_of_choices(kept)}
    words |= {"rewritten": "yes"} if rewritten(graph) is graph else {}
    try:
        _write(path, graph, words)
    except OSError as error:
        raise KaiyanError(
            "program-not-written", "{path} cannot be written: {reason}", path=str(path),
            reason=error.strerror or type(error).__name__,
        ) from None  # fmt: skip


def _write(path: Path, graph: Graph, words: dict[str, str]) -> None:
    from uuid import uuid4

    beside = path.with_name(f".{path.name}.{os.getpid()}.{uuid4().hex[:8]}")
    try:
        with beside.open("wb") as file:
            for part in parts_of_file(graph.constants, words):
                file.write(part)
        _read(beside, called=path)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink()


def load(path: str | os.PathLike[str]) -> LoadedProgram:
    """The network in a file that was saved by Kaiyan; NumPy and llvmlite run it, torch is not needed.

    Weights stay in the file, which is mapped into memory, until they are used: leave it as it is meanwhile; a new file
    may take its place. Raises ``KaiyanError`` for a file that is damaged, not ours, or of a newer format; nothing in it
    is executed.
    """
    path = Path(path)
    try:
        return _read(path, called=path)
    except OSError as error:
        raise KaiyanError(
            "program-not-read", "{path} cannot be read: {reason}", path=str(path),
            reason=error.strerror or type(error).__name__,
        ) from None  # fmt: skip


def _read(path: Path, *, called: Path) -> LoadedProgram:
    content = _content(path)
    try:
        words = words_of_file(content)
    except DamageError:
        raise _damaged(called) if b'"kaiyan":"' in content[:4096].tobytes() else _not_ours(called) from None
    if "kaiyan" not in words:
        raise _not_ours(called)
    if words["kaiyan"] != FILE_FORMAT:
        raise KaiyanError(
            "program-newer", "{path} has format {version}, and this Kaiyan reads format {known}",
            "pip install --upgrade kaiyan", path=str(called), version=words["kaiyan"][:20], known=FILE_FORMAT,
        )  # fmt: skip
    try:
        graph = graph_of_text(words["graph"], arrays_of_file(content))
        classes, picture = _about(words["about"])
        kept = choices_of_text(words["choices"]) if "choices" in words else None
    except (DamageError, KeyError):
        raise _damaged(called) from None
    wrong = ill_formed(graph)
    if wrong is None and not any(isinstance(size, Symbolic) for given in graph.inputs for size in given.shape):
        wrong = unsound(graph)
    if wrong is not None:
        raise _cannot_be(called, wrong)
    return LoadedProgram(graph, classes, picture, kept, is_rewritten=words.get("rewritten") == "yes")


def _content(path: Path) -> Numbers:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return np.asarray(np.memmap(file, np.uint8, "r")) if size else np.empty(0, np.uint8)


def _about(text: str) -> tuple[tuple[str, ...], PictureInput | None]:
    try:
        about = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise DamageError from None
    if not isinstance(about, dict) or set(about) != {"classes", "picture"} or not _are_classes(about["classes"]):
        raise DamageError
    if about["picture"] is None:
        return tuple(about["classes"]), None
    from kaiyan.program.picture_input import picture_input_of

    return tuple(about["classes"]), picture_input_of(about["picture"])


def _are_classes(classes: Any) -> bool:
    if not isinstance(classes, list) or len(classes) > _MOST_CLASSES:
        return False
    return all(isinstance(name, str) and len(name) <= _LONGEST_CLASS for name in classes)


def _not_ours(path: Path) -> KaiyanError:
    return KaiyanError("program-not-ours", "{path} is not a network that Kaiyan saved", path=str(path))


def _damaged(path: Path) -> KaiyanError:
    return KaiyanError(
        "program-damaged", "{path} is damaged: its bytes are not those that were saved",
        "copy it again from where it came, or save the network again", path=str(path),
    )  # fmt: skip


def _cannot_be(path: Path, name: str) -> KaiyanError:
    return KaiyanError(
        "program-cannot-be", "{path} cannot hold this network: {name} does not fit what it is made of",
        path=str(path), name=name,
    )  # fmt: skip
