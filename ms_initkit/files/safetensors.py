"""The bytes of safetensors files: their header, read and written; the values are the caller's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.draws.dtypes import _NAMES, ELEMENT_TYPES, item_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# No header of a real model is longer; a larger number is a file of another kind.
_LONGEST_HEADER: Final = 100_000_000
_ALIGNMENT: Final = 8


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file; ``start`` is where its bytes begin, counted from the end of the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """Number of bytes."""
        return item_size(self.dtype) * int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Header:
    """What stands at the beginning of a file; ``length`` counts its bytes."""

    tensors: tuple[Tensor, ...]
    metadata: tuple[tuple[str, str], ...]
    length: int

    @property
    def file_size(self) -> int:
        """Number of bytes of the whole file."""
        return self.length + max((tensor.start + tensor.size for tensor in self.tensors), default=0)


def header_bytes(tensors: Sequence[Tensor], metadata: Mapping[str, str]) -> bytes:
    """Returns the header of a file of ``tensors``, padded so that what follows it is aligned."""
    document: dict[str, object] = {"__metadata__": dict(metadata)}
    for tensor in tensors:
        document[tensor.name] = {
            "dtype": ELEMENT_TYPES[tensor.dtype][0],
            "shape": list(tensor.shape),
            "data_offsets": [tensor.start, tensor.start + tensor.size],
        }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def read_header(path: str | Path) -> Header:
    """Returns the header of a file, of which nothing else need be there.

    Raises:
        ValueError: If it is not a safetensors file.
        OSError: If it cannot be read.
    """
    with Path(path).open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= _LONGEST_HEADER:
            raise ValueError(f"{path}: not a safetensors file: its header would be {length} bytes long")
        text = file.read(length)
    try:
        document = json.loads(text)
        metadata = document.pop("__metadata__", None) or {}
        tensors = tuple(
            Tensor(name, _NAMES[entry["dtype"]], tuple(entry["shape"]), int(entry["data_offsets"][0]))
            for name, entry in document.items()
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{path}: not a safetensors file: {error!r}") from error
    return Header(tensors, tuple(metadata.items()), 8 + length)
