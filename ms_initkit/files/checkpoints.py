"""Values in files: what tensors a file of any format has, and reading any slice of one.

A folder, or an index of safetensors files, is one file of all their tensors.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Final

import numpy as np

from ms_initkit.draws.arrays import Array
from ms_initkit.draws.dtypes import TYPES, storage
from ms_initkit.draws.windows import partition
from ms_initkit.files import pickles, safetensors
from ms_initkit.files.formats import READERS, Entry
from ms_initkit.files.protobuf import Run
from ms_initkit.files.regular import opened, shown

_INDEX: Final = ".safetensors.index.json"
_AT_ONCE: Final = 1 << 18  # elements that are looked at together: they stay in a core's cache


def entries(path: str) -> Mapping[str, Entry]:
    """Returns the tensors of the file by name; an .npy file has one, called by the file's stem.

    Args:
        path: A file of values, an index of safetensors files, or a folder that has one or has such files.

    Raises:
        ValueError: If the file is missing, of an unknown kind, or broken.
    """
    parts = parts_of(Path(path))
    if parts is None:
        return _entries(*state_of(Path(path)))
    found: dict[str, Entry] = {}
    for part in parts:
        for key, entry in entries(str(part)).items():
            if key in found:
                raise ValueError(f"{path}: {shown(key)} stands in {found[key].file} and in {part}")
            found[key] = replace(entry, file=str(part))
    return found


def parts_of(file: Path) -> list[Path] | None:
    """Returns the files that make up a folder or an index of safetensors files, None for a file of values.

    Raises:
        ValueError: If it is none of these.
    """
    try:
        return _parts_of(file)
    except OSError as error:  # a name that is too long, a folder that is not to be looked into
        raise ValueError(f"{shown(str(file))}: cannot be read: {error.strerror}") from error


def _parts_of(file: Path) -> list[Path] | None:
    if file.suffix not in READERS and file.is_dir():
        index = sorted(file.glob(f"*{_INDEX}"))
        parts = parts_of(index[0]) if len(index) == 1 else sorted(file.glob("*.safetensors"))
        if not parts:
            found = [one for one in sorted(file.iterdir()) if one.suffix in pickles.SUFFIXES]
            why = f"; {pickles.refusal(found[0])}" if found else ""
            raise ValueError(f"{file}: a folder without an index and without .safetensors files{why}")
        return parts
    if not file.name.endswith((*READERS, _INDEX)):
        raise ValueError(_refusal(file))
    if not file.exists():
        raise ValueError(f"{file}: no such file")
    return safetensors.read_index(file) if file.name.endswith(_INDEX) else None


def _refusal(file: Path) -> str:
    if file.suffix in pickles.SUFFIXES:
        return pickles.refusal(file)
    return f"{file}: a file of values ends in {', '.join(READERS)}"


def read(path: str, key: str, index: tuple[slice, ...] | None = None) -> Array:
    """Returns the tensor ``key`` or a slice of it, bfloat16 widened to float32, the other types as they are.

    Raises:
        ValueError: If the file has no such tensor, its type is none of MindSpore's, or for the reasons of ``entries``.
    """
    entry = entries(path).get(key)
    if entry is None:
        raise ValueError(f"{path} has no tensor called {key!r}")
    if entry.dtype not in TYPES:
        raise ValueError(f"{key!r} of {path} is {shown(entry.dtype)}, of which MindSpore has no parameters")
    window = index if index is not None else (slice(None),) * len(entry.shape)
    part = _values(path if entry.file is None else entry.file, entry, window, key)
    if entry.dtype == "bfloat16":
        return (part.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return part


def extremes(path: str, key: str, index: tuple[slice, ...]) -> tuple[float, float] | None:
    """Returns the least and the greatest value of a slice of a tensor, NaN if it has one, None if it is empty.

    It is read in pieces, once for each state of the file; whole numbers are returned as such.

    Raises:
        ValueError: As ``read``.
    """
    held = entries(path)[key].file or path
    return _extremes(*state_of(Path(held)), key, tuple((part.start, part.stop) for part in index))


@lru_cache(maxsize=1 << 16)
def _extremes(
    path: str, modified: int, size: int, key: str, pieces: tuple[tuple[int, int], ...]
) -> tuple[float, float] | None:
    del modified, size  # of the state of the file
    low: float = math.inf
    high: float = -math.inf
    lengths = tuple(stop - start for start, stop in pieces)
    for part in partition(lengths, _AT_ONCE):
        index = tuple(slice(first + s.start, first + s.stop) for (first, _), s in zip(pieces, part, strict=True))
        values = read(path, key, index)
        ends = values.min().item(), values.max().item()
        if any(end != end for end in ends):
            return math.nan, math.nan
        low, high = min(low, ends[0]), max(high, ends[1])
    return (low, high) if 0 not in lengths else None


def digest(path: str, key: str) -> str:
    """Returns the BLAKE2b of a tensor's values, read in pieces, once for each state of the file.

    Raises:
        ValueError: As ``read``.
    """
    held = entries(path)[key].file or path
    return _digest(*state_of(Path(held)), key)


@lru_cache(maxsize=1 << 16)
def _digest(path: str, modified: int, size: int, key: str) -> str:
    del modified, size  # of the state of the file
    found = hashlib.blake2b(digest_size=16)
    for part in partition(entries(path)[key].shape, _AT_ONCE):
        found.update(np.ascontiguousarray(read(path, key, part)).data)
    return found.hexdigest()


def state_of(file: Path) -> tuple[str, int, int]:
    """Returns what tells one state of a file from another: where it is, when it was modified, its size."""
    stat = file.stat()
    # A link keeps its name, which tells the format: in a cache it leads to a file that is called by its digest.
    return str(file.absolute()), stat.st_mtime_ns, stat.st_size


def _values(path: str, entry: Entry, index: tuple[slice, ...], key: str) -> Array:
    kind = storage(entry.dtype).newbyteorder(entry.order)
    if 0 in entry.shape:
        return np.empty(entry.shape, kind)[index]
    if not entry.runs:
        return _member(*state_of(Path(path)), key)[index]
    if len(entry.runs) == 1:
        order: str = "F" if entry.is_transposed else "C"
        shape = entry.shape or (1,)
        mapped = np.memmap(path, kind, "r", entry.runs[0][0], shape, order)  # type: ignore[call-overload]  # one of two
        return np.asarray(mapped.reshape(entry.shape)[index])
    # Of several runs only the rows that are asked for are read.
    first, *rest = index
    start, stop, _ = first.indices(entry.shape[0])
    row = prod(entry.shape[1:]) * kind.itemsize
    content = _bytes(path, entry.runs, start * row, max(start, stop) * row)
    return np.frombuffer(content, kind).reshape(-1, *entry.shape[1:])[(slice(None), *rest)]


def _bytes(path: str, runs: tuple[Run, ...], start: int, stop: int) -> bytes:
    """Returns the bytes ``start`` to ``stop`` of the runs laid end to end."""
    parts, offset = [], 0
    with opened(path) as file:
        for begin, end in runs:
            low, high = max(start - offset, 0), min(stop - offset, end - begin)
            if low < high:
                file.seek(begin + low)
                parts.append(file.read(high - low))
            offset += end - begin
    return b"".join(parts)


@lru_cache(maxsize=16)
def _entries(path: str, modified: int, size: int) -> Mapping[str, Entry]:
    """Reads the names once for each state of the file."""
    del modified
    return READERS[Path(path).suffix](path, size)


@lru_cache(maxsize=4)
def _member(path: str, modified: int, size: int, key: str) -> Array:
    """Returns an array of an .npz file, decompressed whole: a part of one cannot be read."""
    del modified, size  # of the state of the file
    try:
        with np.load(path, allow_pickle=False) as archive:
            values: Array = archive[key]
            return values.astype(values.dtype.newbyteorder("="))
    except Exception as error:  # as above
        raise ValueError(f"{path}: {shown(key)} cannot be read: {error}") from error
