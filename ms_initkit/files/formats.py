"""Formats of files with values: a reader for each, which returns what tensors a file has and where their values lie.

A reader trusts nothing: sizes are bounded, offsets stay inside the file, and whatever goes wrong is a ``ValueError``
that names the file. It reads no value.
"""

from __future__ import annotations

import mmap
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Final, Literal

import numpy as np

from ms_initkit.basis.records import record
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.files import pickles, protobuf, safetensors
from ms_initkit.files.regular import opened, shown

_LONGEST_NPY_HEADER: Final = 1 << 16


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


def _safetensors_entries(path: str, size: int) -> Mapping[str, Entry]:
    header = safetensors.read_header(path)
    if header.file_size != size:
        problem = "cut short" if header.file_size > size else "longer than its header says"
        raise ValueError(f"{path}: {problem}: {header.file_size:,} bytes promised, {size:,} there")
    return {
        tensor.name: Entry(
            tensor.dtype, tensor.shape, ((header.length + tensor.start, header.length + tensor.start + tensor.size),)
        )
        for tensor in header.tensors
    }


def _npy_entries(path: str, size: int) -> Mapping[str, Entry]:
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
    entry = Entry(kind.name, tuple(shape), ((start, end),), order, is_transposed and len(shape) > 1)
    return {Path(path).stem: entry}


def _npz_entries(path: str, size: int) -> Mapping[str, Entry]:
    del size  # the archive knows its own
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


def _npy_header(head: BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    npy = np.lib.format
    is_first = npy.read_magic(head) == (1, 0)  # type: ignore[no-untyped-call]
    reader = npy.read_array_header_1_0 if is_first else npy.read_array_header_2_0
    return reader(head)  # type: ignore[no-untyped-call,no-any-return]


def _checkpoint_entries(path: str, size: int) -> Mapping[str, Entry]:
    try:
        with opened(path) as file:
            if size == 0:
                raise ValueError("it is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                found = protobuf.tensors_of(content)
    except ValueError as error:
        # torch's files are called .ckpt, too: a pickle, or a zip of one.
        with opened(path) as file:
            is_pickle = file.read(2) in (b"PK", b"\x80\x02", b"\x80\x04")
        problem = pickles.refusal(Path(path)) if is_pickle else f"{path}: not a MindSpore checkpoint: {error}"
        raise ValueError(problem) from error
    return {name: Entry(stored.dtype, stored.shape, stored.runs) for name, stored in found.items()}


# By suffix, the order being that of messages.
READERS: Final[Mapping[str, Callable[[str, int], Mapping[str, Entry]]]] = {
    ".safetensors": _safetensors_entries,
    ".ckpt": _checkpoint_entries,
    ".npz": _npz_entries,
    ".npy": _npy_entries,
}
