"""What a run has done, kept in a folder so that a kill at any moment leaves the last state whole."""

from __future__ import annotations

import os
import pickle
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from filelock import FileLock, Timeout

from kaiyan.learn.training.error import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = "kaiyan-training/1"
CHECKPOINT = "checkpoint.pt"


@contextmanager
def held(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """The folder, made where there is none, and ours alone meanwhile; a killed process lets go of it.

    Raises ``TrainingError`` where it cannot be written to, or where another run writes to it.
    """
    path = Path(folder)
    lock = _locked(path)
    try:  # an OSError in here can be of the caller's data, and stays what it is
        yield path
    finally:
        lock.release()


def _locked(path: Path) -> FileLock:
    lock = FileLock(path / "in-use.lock", timeout=0)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        for left in path.glob(f".{CHECKPOINT}.*"):
            left.unlink()
    except Timeout:
        raise TrainingError("folder-in-use", "another run is writing to {folder}", folder=str(path)) from None
    except OSError as error:
        lock.release()
        raise refused(path, error) from None
    return lock


def refused(folder: Path, error: OSError) -> TrainingError:
    """The system's refusal to write there, in our words."""
    return TrainingError(
        "folder-refused", "{folder}: what is learned cannot be kept there ({reason})",
        folder=str(folder), reason=error.strerror or str(error),
    )  # fmt: skip


def write(folder: Path, run: dict[str, Any], state: dict[str, Any]) -> None:
    """Writes beside the last state and renames, each on the disk before the next: there is always one whole state."""
    content = BytesIO()
    torch.save({"format": FORMAT, "run": run, "state": state}, content)
    beside = folder / f".{CHECKPOINT}.{os.getpid()}"
    try:
        with beside.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / CHECKPOINT)
        _settle(folder)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise refused(folder, error) from None


def _settle(folder: Path) -> None:
    """Has the folder itself written, so that the new name outlives a power cut; Windows has no way to ask."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(folder: Path, run: dict[str, Any]) -> dict[str, Any] | None:
    """The last state of this very run; None where there is none.

    Raises ``TrainingError`` for a file that is none of ours or was cut off, and for the state of another run, saying
    what differs; the file is left as it is.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise KeyError(content["format"])  # noqa: TRY301 (as one that has no format)
        kept, state = content["run"], content["state"]
    except (RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            "checkpoint-damaged", "{path} is no whole checkpoint of ours ({reason})",
            "another folder, or remove that file to begin anew",
            path=str(path), reason=str(error).partition("\n")[0][:80] or type(error).__name__,
        ) from None  # fmt: skip
    other = [name for name in run if kept.get(name) != run[name]]
    if other:
        raise TrainingError(
            "other-run", "{path} is of another run: its {name} is {theirs}, now it is {ours}",
            "another folder, or remove that file to begin anew",
            path=str(path), name=other[0], theirs=_brief(kept.get(other[0])), ours=_brief(run[other[0]]),
        )  # fmt: skip
    return dict(state)


def _brief(value: object) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
