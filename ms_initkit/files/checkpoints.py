"""Values in files: what entries a .safetensors, .ckpt, .npz or .npy file has, and reading any slice of one.

A folder, or an index of safetensors files, is one file of all their tensors.
"""

from __future__ import annotations

import math
import mmap
import os
import zipfile
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from ms_initkit.basis.records import record
from ms_initkit.draws.dtypes import TYPES, storage
from ms_initkit.draws.slices import pieces
from ms_initkit.files import protobuf, safetensors
from ms_initkit.files.regular import opened, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ms_initkit.draws.arrays import Array


SUFFIXES: Final = (".safetensors", ".ckpt", ".npz", ".npy")
_INDEX: Final = ".safetensors.index.json"
_PICKLES: Final = (".pt", ".pth", ".bin", ".pkl", ".pickle")

_LONGEST_NPY_HEADER: Final = 1 << 16
_PIECE: Final = 1 << 18  # elements that are looked at together: they stay in a core's cache


@record
class Entry:
    """One tensor of a file: element type, shape, and the runs of bytes in which its values lie, in C order.

    ``dtype`` is the file's own word where it is no type of MindSpore's parameters: such values cannot be read.
    ``order`` is > or <, and ``is_transposed`` tells of an array that Fortran's order was written in. ``file`` is where
    they lie if that is not the file that was asked; without runs they are a compressed member of an .npz file.
    """

    dtype: str
    shape: tuple[int, ...]
    runs: tuple[protobuf.Run, ...]
    order: Literal["<", ">"] = "<"
    is_transposed: bool = False
    file: str | None = None


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
    if file.suffix not in SUFFIXES and file.is_dir():
        index = sorted(file.glob(f"*{_INDEX}"))
        parts = parts_of(index[0]) if len(index) == 1 else sorted(file.glob("*.safetensors"))
        if not parts:
            pickles = [found for found in sorted(file.iterdir()) if found.suffix in _PICKLES]
            why = f"; {_unpickling(pickles[0])}" if pickles else ""
            raise ValueError(f"{file}: a folder without an index and without .safetensors files{why}")
        return parts
    if not file.name.endswith((*SUFFIXES, _INDEX)):
        raise ValueError(_refusal(file))
    if not file.exists():
        raise ValueError(f"{file}: no such file")
    return safetensors.read_index(file) if file.name.endswith(_INDEX) else None


def _refusal(file: Path) -> str:
    if file.suffix in _PICKLES:
        return _unpickling(file)
    return f"{file}: a file of values ends in {', '.join(SUFFIXES)}"


def _unpickling(file: Path) -> str:
    """Returns why a pickle is not read, and the command that makes another file of it."""
    target = file.with_suffix(".safetensors")
    convert = (
        "import sys, torch; from safetensors.torch import save_file; "
        "values = torch.load(sys.argv[1], map_location='cpu', weights_only=True); "
        "save_file({name: value.contiguous() for name, value in values.items()}, sys.argv[2])"
    )
    return f'{file}: a pickle runs code when it is read; convert it: python -c "{convert}" {file} {target}'


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
    path: str, modified: int, size: int, key: str, places: tuple[tuple[int, int], ...]
) -> tuple[float, float] | None:
    del modified, size  # of the state of the file
    low: float = math.inf
    high: float = -math.inf
    lengths = tuple(stop - start for start, stop in places)
    for part in pieces(lengths, _PIECE):
        index = tuple(slice(first + s.start, first + s.stop) for (first, _), s in zip(places, part, strict=True))
        values = read(path, key, index)
        ends = values.min().item(), values.max().item()
        if any(end != end for end in ends):
            return math.nan, math.nan
        low, high = min(low, ends[0]), max(high, ends[1])
    return (low, high) if 0 not in lengths else None


def state_of(file: Path) -> tuple[str, int, int]:
    """Returns what tells one state of a file from another: where it is, when it was modified, its size."""
    stat = file.stat()
    return str(file.resolve()), stat.st_mtime_ns, stat.st_size


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


def _bytes(path: str, runs: tuple[protobuf.Run, ...], start: int, stop: int) -> bytes:
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
    match Path(path).suffix:
        case ".safetensors":
            return _safetensors_entries(path, size)
        case ".npy":
            return {Path(path).stem: _npy_entry(path, size)}
        case ".npz":
            return _npz_entries(path)
        case _:
            return _checkpoint_entries(path)


def _safetensors_entries(path: str, size: int) -> Mapping[str, Entry]:
    header = safetensors.read_header(path)
    if header.file_size != size:
        problem = "cut short" if header.file_size > size else "longer than its header says"
        raise ValueError(f"{path}: {problem}: {header.file_size:,} bytes promised, {size:,} there")
    return {
        tensor.name: Entry(
            tensor.dtype,
            tensor.shape,
            ((header.length + tensor.start, header.length + tensor.start + tensor.size),),
        )
        for tensor in header.tensors
    }


def _npy_entry(path: str, size: int) -> Entry:
    try:
        with opened(path) as file:
            head = BytesIO(file.read(_LONGEST_NPY_HEADER))
        shape, is_transposed, kind = _npy_header(head)
        if any(isinstance(extent, bool) or extent < 0 for extent in shape):
            raise ValueError(f"its shape is {shown(shape)}")
    except ValueError as error:
        raise ValueError(f"{path}: not an .npy file: {error}") from error
    except Exception as error:  # NumPy parses the header as Python, of which anything may go wrong
        raise ValueError(f"{path}: not an .npy file: {type(error).__name__}: {error}") from error
    if kind.name not in TYPES:
        raise ValueError(f"{path}: an array of {shown(kind.name)} holds no numbers that a parameter could have")
    start = head.tell()
    end = start + prod(shape) * kind.itemsize
    if end != size:
        problem = "cut short" if end > size else "longer than its header says"
        raise ValueError(f"{path}: {problem}: {end:,} bytes promised, {size:,} there")
    order: Literal["<", ">"] = ">" if kind.str.startswith(">") else "<"
    return Entry(kind.name, tuple(shape), ((start, end),), order, is_transposed and len(shape) > 1)


def _npz_entries(path: str) -> Mapping[str, Entry]:
    found: dict[str, Entry] = {}
    try:
        with opened(path) as content, zipfile.ZipFile(content) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    head = BytesIO(file.read(_LONGEST_NPY_HEADER))
                shape, is_transposed, kind = _npy_header(head)
                if kind.name not in TYPES or any(isinstance(extent, bool) or extent < 0 for extent in shape):
                    raise ValueError(f"{shown(member.filename)} holds no numbers that a parameter could have")
                if member.file_size != head.tell() + prod(shape) * kind.itemsize:
                    raise ValueError(f"{shown(member.filename)} has not the bytes of its shape, {shown(shape)}")
                name = member.filename.removesuffix(".npy")
                if name in found:
                    raise ValueError(f"two arrays are called {shown(name)}")
                found[name] = Entry(kind.name, tuple(shape), (), is_transposed=is_transposed)
    except Exception as error:  # zip files and headers are parsed by others, of which anything may go wrong
        raise ValueError(f"{path}: not an .npz file: {error}") from error
    return found


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


def _npy_header(head: BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    npy = np.lib.format
    is_first = npy.read_magic(head) == (1, 0)  # type: ignore[no-untyped-call]
    reader = npy.read_array_header_1_0 if is_first else npy.read_array_header_2_0
    return reader(head)  # type: ignore[no-untyped-call,no-any-return]


def _checkpoint_entries(path: str) -> Mapping[str, Entry]:
    try:
        with opened(path) as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ValueError("it is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                found = protobuf.tensors_of(content)
    except ValueError as error:
        # torch's files are called .ckpt, too: a pickle, or a zip of one.
        with opened(path) as file:
            is_pickle = file.read(2) in (b"PK", b"\x80\x02", b"\x80\x04")
        problem = _unpickling(Path(path)) if is_pickle else f"{path}: not a MindSpore checkpoint: {error}"
        raise ValueError(problem) from error
    return {name: Entry(stored.dtype, stored.shape, stored.runs) for name, stored in found.items()}
