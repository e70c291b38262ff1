"""Values in files: what entries a .safetensors, .ckpt or .npy file has, and reading any slice of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.draws.dtypes import dtype_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mindspore import Parameter
    from numpy.typing import NDArray

    Array = NDArray[np.generic]

# Names of safetensors' element types and the NumPy types of the same width; bfloat16 has none and is read as words.
_ELEMENT_TYPES: Final = {
    "F64": ("float64", "<f8"),
    "F32": ("float32", "<f4"),
    "F16": ("float16", "<f2"),
    "BF16": ("bfloat16", "<u2"),
    "I64": ("int64", "<i8"),
    "I32": ("int32", "<i4"),
    "I16": ("int16", "<i2"),
    "I8": ("int8", "i1"),
    "U8": ("uint8", "u1"),
    "BOOL": ("bool", "?"),
}
# No header of a real model is longer; a larger number is a file of another kind.
_LONGEST_HEADER: Final = 100_000_000
SUFFIXES: Final = (".safetensors", ".ckpt", ".npy")


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of a file: element type, shape, and where its bytes begin if they can be mapped."""

    dtype: str
    shape: tuple[int, ...]
    offset: int | None = None


def entries(path: str) -> Mapping[str, Entry]:
    """Returns the tensors of the file by name; an .npy file has one, called by the file's stem.

    Raises:
        ValueError: If the file is missing, of an unknown kind, or broken.
    """
    file = Path(path)
    if file.suffix not in SUFFIXES:
        raise ValueError(f"{path}: a file of values ends in {', '.join(SUFFIXES)}")
    if not file.is_file():
        raise ValueError(f"{path}: no such file")
    return _entries(*_state(file))


def read(path: str, key: str, index: tuple[slice, ...] | None = None) -> Array:
    """Returns the tensor ``key`` or a slice of it, bfloat16 widened to float32, the other types as they are.

    Raises:
        ValueError: If the file has no such tensor, or for the reasons of ``entries``.
    """
    entry = entries(path).get(key)
    if entry is None:
        raise ValueError(f"{path} has no tensor called {key!r}")
    window = index if index is not None else (slice(None),) * len(entry.shape)
    if entry.offset is None:
        return _whole(Path(path), key)[window]
    numpy_type = next(kind for name, kind in _ELEMENT_TYPES.values() if name == entry.dtype)
    if 0 in entry.shape:
        return np.empty(entry.shape, numpy_type)[window]
    mapped = np.memmap(path, numpy_type, "r", entry.offset, entry.shape or (1,)).reshape(entry.shape)
    part = np.asarray(mapped[window])
    if entry.dtype == "bfloat16":
        return (part.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return part


def _state(file: Path) -> tuple[str, int, int]:
    """Returns what tells one state of a file from another: where it is, when it was modified, its size."""
    stat = file.stat()
    return str(file.resolve()), stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=16)
def _entries(path: str, modified: int, size: int) -> Mapping[str, Entry]:
    """Reads the names once for each state of the file."""
    file = Path(path)
    match file.suffix:
        case ".safetensors":
            return _safetensors_entries(file, size)
        case ".npy":
            try:
                array = np.load(file, mmap_mode="r", allow_pickle=False)
            except (ValueError, OSError, EOFError) as error:
                raise ValueError(f"{path}: not an .npy file: {error}") from error
            return {file.stem: Entry(str(array.dtype), tuple(array.shape))}
        case _:
            return {
                name: Entry(dtype_name(parameter.dtype), tuple(parameter.shape))
                for name, parameter in _checkpoint(path, modified, size).items()
            }


def _safetensors_entries(file: Path, size: int) -> Mapping[str, Entry]:
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > min(size, _LONGEST_HEADER):
            raise ValueError(f"{file}: not a safetensors file: its header would be {length} bytes long")
        try:
            header = json.loads(stream.read(length))
            found = {
                name: Entry(
                    _ELEMENT_TYPES[entry["dtype"]][0],
                    tuple(entry["shape"]),
                    8 + length + entry["data_offsets"][0],
                )
                for name, entry in header.items()
                if name != "__metadata__"
            }
            end = max((e["data_offsets"][1] for n, e in header.items() if n != "__metadata__"), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"{file}: not a safetensors file: {error!r}") from error
    if 8 + length + end > size:
        raise ValueError(f"{file}: cut short: {8 + length + end:,} bytes promised, {size:,} there")
    return found


@lru_cache(maxsize=2)
def _checkpoint(path: str, modified: int, size: int) -> Mapping[str, Parameter]:
    from mindspore import load_checkpoint

    del modified, size  # of the state of the file
    try:
        return load_checkpoint(path)  # type: ignore[no-any-return]  # MindSpore ships no types
    except (ValueError, RuntimeError, TypeError, OSError) as error:
        raise ValueError(f"{path}: not a MindSpore checkpoint: {error}") from error


def _whole(file: Path, key: str) -> Array:
    if file.suffix == ".npy":
        return np.load(file, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    return _checkpoint(*_state(file))[key].asnumpy()  # type: ignore[no-any-return]
