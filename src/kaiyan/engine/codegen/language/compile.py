"""From a routine's description to an address that can be called, with the machine code kept on disk."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

from kaiyan.engine.codegen.language.target import Target, host

if TYPE_CHECKING:
    from kaiyan.engine.codegen.language.code import Code

FOLDER = "KAIYAN_CACHE"
"""The environment's word for the folder of the cache; without it the user's own cache folder is taken."""

_ENTRY = "routine"
_CODEGEN = Path(__file__).parent.parent
_LOCK = RLock()
"""LLVM does one thing at a time."""


class Compilable(Hashable, Protocol):
    """What can be compiled: a frozen description whose ``repr`` says all, and the code that it stands for."""

    @property
    def dtype(self) -> str:
        """What it computes in: float32 or float64."""

    def emit(self, code: Code) -> None:
        """Writes the function ``void routine(i64* arguments, i64 task)``."""


@cache
def address(routine: Compilable) -> int:
    """Where the machine code of ``routine`` lies in memory; compiled, or read from disk, when it is first asked for."""
    with _LOCK:
        return load(machine_code(routine, host()), _ENTRY)[_ENTRY]


def machine_code(routine: Compilable, target: Target) -> bytes:
    """The object file of ``routine`` for ``target``, from the cache on disk where it is there and whole."""
    return _kept(repr(routine), target, lambda: compiled(routine, target))


def machine_code_of(text: str, target: Target) -> bytes:
    """The object file of LLVM IR, likewise."""
    return _kept(text, target, lambda: objects(text, target))


def _kept(name: str, target: Target, compile_it: Callable[[], bytes]) -> bytes:
    path = cache_folder() / f"{_key(name, target)}.o"
    kept = _read(path)
    if kept is not None:
        return kept
    with _LOCK:
        code = compile_it()
    keep(path, hashlib.sha256(code).digest() + code)
    return code


def compiled(routine: Compilable, target: Target) -> bytes:
    """The object file of ``routine`` for ``target``, whatever machine this is."""
    from kaiyan.engine.codegen.language.code import Code

    code = Code(_ENTRY, target, routine.dtype)
    routine.emit(code)
    return objects(code.text(), target)


def objects(text: str, target: Target) -> bytes:
    """LLVM IR compiled for ``target``. The routines are written as they shall run, so LLVM only finds the registers.

    Its usual passes at level 1 give the same speed and take 30 ms more.
    """
    llvm = _llvm()
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=2, reloc="pic", codemodel="default"
    )
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=1))
    passes = llvm.create_new_function_pass_manager()
    passes.add_sroa_pass()
    passes.add_loop_rotate_pass()
    passes.add_simplify_cfg_pass()
    for function in module.functions:
        if not function.is_declaration:
            passes.run(function, builder)
    code: bytes = machine.emit_object(module)
    return code


def text_of(name: str, **words: object) -> str:
    """The LLVM IR of ``running/<name>.ll``, each ``$word`` in it filled in."""
    text = (_CODEGEN / "running" / f"{name}.ll").read_text("utf-8")
    return re.sub(r"\$(\w+)", lambda word: str(words[word[1]]), text)


def cache_folder() -> Path:
    """Where machine code and plans are kept: ``KAIYAN_CACHE``, or kaiyan in the user's cache folder."""
    from platformdirs import user_cache_path

    asked = os.environ.get(FOLDER)
    return Path(asked) if asked else user_cache_path("kaiyan", appauthor=False)


def load(machine_code: bytes, *names: str) -> dict[str, int]:
    """Puts an object file into this process for good, once, and gives the addresses of the names."""
    digest = hashlib.sha256(machine_code).hexdigest()
    with _LOCK:
        library = _LIBRARIES.get(digest)
        if library is None:
            builder = _llvm().JITLibraryBuilder().add_object_img(machine_code).add_current_process()
            for name in names:
                builder.export_symbol(name)
            library = _LIBRARIES[digest] = builder.link(_compiler(), digest)
        return {name: library[name] for name in names}


_LIBRARIES: dict[str, Any] = {}
"""What was loaded, by its digest: let go, its memory would be freed under the feet of its callers. Each takes about
three of the memory maps that Linux counts for a process (65,530)."""


@lru_cache(maxsize=1)
def _compiler() -> Any:
    return _llvm().create_lljit_compiler()


def _key(name: str, target: Target) -> str:
    text = f"{_version()} {target} {name}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _version() -> str:
    """The generator's own text and LLVM's version: another of either makes other machine code."""
    digest = hashlib.sha256(".".join(map(str, _llvm().llvm_version_info)).encode())
    for file in sorted([*_CODEGEN.rglob("*.py"), *_CODEGEN.rglob("*.ll")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _llvm() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_native_target()
    llvm.initialize_native_asmparser()
    llvm.initialize_all_asmprinters()
    return llvm


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:32], content[32:]
    return code if hashlib.sha256(code).digest() == digest else None


def keep(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all; other processes may read and write it; a full or closed disk is no error."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)


def _after_fork() -> None:
    """In a forked child: a thread of the parent may have held the lock."""
    global _LOCK  # noqa: PLW0603 (a lock cannot be opened from outside)
    _LOCK = RLock()


os.register_at_fork(after_in_child=_after_fork)
