"""Arrays and words in one file, as safetensors files are laid out, with a checksum over all of it.

Source: the format's description, github.com/huggingface/safetensors: 8 bytes for the header's length, the header as
JSON (for each array its type, shape, and where its bytes begin and end), then the bytes, without holes. Read here by
hand, so that NumPy is enough, and more strictly: every byte counts for the checksum, no key is there twice.
"""

from __future__ import annotations

import json
import zlib
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kaiyan.reference.dtype import Numbers

TYPES_IN_FILES = {
    "float64": "F64", "int64": "I64", "uint64": "U64", "float32": "F32", "int32": "I32", "uint32": "U32",
    "float16": "F16", "int16": "I16", "uint16": "U16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip
"""What the format calls NumPy's types, the wide ones first: in this order every array is aligned."""
LONGEST_HEADER = 2**26
_MOST_AXES, _LARGEST_SIZE = 16, 2**40
_LINE = 64
"""Bytes that the first array's address is a multiple of."""
_OPEN = b'"checksum":"00000000"'


class DamageError(ValueError):
    """The bytes are not those that were written, or none of ours ever."""


def parts_of_file(arrays: Mapping[str, Numbers], words: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """The file's bytes, one part after the other; of the same arrays and words always the same."""
    order = list(TYPES_IN_FILES)
    entries: dict[str, Any] = {"__metadata__": {"checksum": "00000000", **words}}
    contents, end = [], 0
    for name in sorted(arrays, key=lambda each: order.index(arrays[each].dtype.name)):
        array = np.asarray(arrays[name], order="C")
        contents.append(array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data)
        begin, end = end, end + array.nbytes
        kind = TYPES_IN_FILES[array.dtype.name]
        entries[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, end]}
    header = json.dumps(entries, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    header += b" " * (-(len(header) + 8) % _LINE)
    length = len(header).to_bytes(8, "little")
    yield length + header.replace(_OPEN, _closed(_sum(length + header, *contents)), 1)
    yield from contents


def _sum(*parts: Any) -> int:
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum


def _closed(checksum: int) -> bytes:
    return _OPEN.replace(b"00000000", f"{checksum:08x}".encode())


def words_of_file(content: Numbers) -> dict[str, Any]:
    """The words in a file's bytes; raises ``DamageError`` where there is no header, or none that can be read."""
    return _checked_words(_entries(content))


def arrays_of_file(content: Numbers) -> dict[str, Numbers]:
    """The arrays in a file's bytes (uint8), which they share; raises ``DamageError`` where one byte is another."""
    entries = _entries(content)
    words = _checked_words(entries)
    length = int.from_bytes(content[:8].tobytes(), "little")
    head, body = content[: 8 + length].tobytes(), content[8 + length :]
    checksum = words.get("checksum", "")
    written = f'"checksum":"{checksum}"'.encode()
    if head.count(written) != 1 or _closed(_sum(head.replace(written, _OPEN), body.data)) != written:
        raise DamageError
    del entries["__metadata__"]
    arrays, end = {}, 0
    for name, (dtype, shape, begin, stop) in sorted(_places(entries).items(), key=lambda item: item[1][2:]):
        if begin != end or stop - begin != prod(shape) * dtype.itemsize or stop > len(body):
            raise DamageError
        arrays[name], end = np.require(body[begin:stop].view(dtype), requirements="A").reshape(shape), stop
    if end != len(body):
        raise DamageError
    return arrays


def _entries(content: Numbers) -> dict[str, Any]:
    length = int.from_bytes(content[:8].tobytes(), "little")
    if len(content) < 8 or not 2 <= length <= min(len(content) - 8, LONGEST_HEADER):
        raise DamageError
    try:
        entries = json.loads(content[8 : 8 + length].tobytes(), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise DamageError from None
    if not isinstance(entries, dict):
        raise DamageError
    return entries


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary of pairs of JSON; raises ``ValueError`` where a key is there twice."""
    if len(dict(pairs)) != len(pairs):
        raise DamageError
    return dict(pairs)


def _checked_words(entries: Mapping[str, Any]) -> dict[str, Any]:
    words = entries.get("__metadata__")
    if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
        raise DamageError
    return words


def _places(entries: Mapping[str, Any]) -> dict[str, tuple[np.dtype[Any], tuple[int, ...], int, int]]:
    names = {word: name for name, word in TYPES_IN_FILES.items()}
    places = {}
    for name, entry in entries.items():
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise DamageError
        shape, offsets = entry["shape"], entry["data_offsets"]
        if not (_are_sizes(shape) and _are_sizes(offsets)) or len(offsets) != 2 or len(shape) > _MOST_AXES:
            raise DamageError
        if not isinstance(entry["dtype"], str) or entry["dtype"] not in names:
            raise DamageError
        places[name] = np.dtype(names[entry["dtype"]]).newbyteorder("<"), tuple(shape), offsets[0], offsets[1]
    return places


def _are_sizes(sizes: Any) -> bool:
    return isinstance(sizes, list) and all(type(size) is int and 0 <= size <= _LARGEST_SIZE for size in sizes)
