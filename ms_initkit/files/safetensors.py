"""The bytes of safetensors files: their header, written and read by the format's own rules; values are the caller's.

Sources: the format's description, https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.draws import Json
from ms_initkit.draws.dtypes import BY_CODE, TYPES, item_size
from ms_initkit.files.regular import opened, parse_json, read_json, shown

# The format's own limit.
_LONGEST_HEADER: Final = 100_000_000
_ALIGNMENT: Final = 8
# What no tensor can be called: a file's header has its own remarks under it.
METADATA: Final = "__metadata__"
# Bits of the types that the format has and MindSpore has no parameters of: their places are checked like any other's.
_FOREIGN: Final = {"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4}


@record
class Tensor:
    """One tensor of a file; ``start`` is where its bytes begin, counted from the end of the header.

    ``dtype`` is a name of ``draws.dtypes``, or the format's own code where MindSpore has no such type.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """Number of bytes."""
        bits = 8 * item_size(self.dtype) if self.dtype in TYPES else _FOREIGN[self.dtype]
        return prod(self.shape) * bits // 8


@record
class Header:
    """What stands at the beginning of a file; ``length`` counts its bytes."""

    tensors: tuple[Tensor, ...]
    metadata: tuple[tuple[str, str], ...]
    length: int

    @property
    def file_size(self) -> int:
        """Number of bytes of the whole file."""
        return self.length + sum(tensor.size for tensor in self.tensors)


def header_bytes(tensors: Sequence[Tensor], metadata: Mapping[str, str]) -> bytes:
    """Returns the header of a file of ``tensors``, padded so that what follows it is aligned."""
    document: dict[str, object] = {METADATA: dict(metadata)}
    for tensor in tensors:
        document[tensor.name] = {
            "dtype": TYPES[tensor.dtype].code,
            "shape": list(tensor.shape),
            "data_offsets": [tensor.start, tensor.start + tensor.size],
        }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def read_header(path: str | Path) -> Header:
    """Returns the header of a file, of which nothing else need be there.

    Raises:
        ValueError: If it is not a safetensors file: its tensors must lie one behind the other without a gap, each as
            long as its shape and type say.
    """
    with opened(path) as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= _LONGEST_HEADER:
            raise ValueError(f"{path}: not a safetensors file: its header would be {length} bytes long")
        text = file.read(length)
    try:
        return _header(text, length)
    except ValueError as error:
        raise ValueError(f"{path}: not a safetensors file: {error}") from error


def _header(text: bytes, length: int) -> Header:
    if len(text) < length:
        raise ValueError(f"it is cut short: its header is {length} bytes long, and {len(text)} are there")
    if not text.startswith(b"{"):
        raise ValueError("its header does not begin with {")
    document = parse_json(text, "its header")
    if not isinstance(document, dict):
        raise ValueError("its header is no object")
    metadata = document.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("__metadata__ must be an object of texts")
    tensors = tuple(_tensor(name, entry) for name, entry in document.items())
    end = 0
    for tensor in sorted(tensors, key=lambda tensor: (tensor.start, tensor.size)):
        if tensor.start != end:
            kind = "overlaps the one before it" if tensor.start < end else "leaves a gap before it"
            raise ValueError(f"tensor {shown(tensor.name)} {kind}: it begins at byte {tensor.start}, not {end}")
        end += tensor.size
    return Header(tensors, tuple((name, str(value)) for name, value in metadata.items()), 8 + length)


def _tensor(name: str, entry: Json) -> Tensor:
    match entry:
        case {"dtype": str(code), "shape": list(shape), "data_offsets": [int(start), int(stop)]}:
            pass
        case _:
            raise ValueError(f"tensor {shown(name)} must have dtype, shape and data_offsets")
    if code not in BY_CODE and code not in _FOREIGN:
        raise ValueError(f"tensor {shown(name)}: no element type is called {shown(code)}")
    extents = tuple(extent for extent in shape if type(extent) is int and extent >= 0)
    if len(extents) < len(shape):
        raise ValueError(f"tensor {shown(name)}: its shape must be whole numbers, none negative: {shown(shape)}")
    if isinstance(start, bool) or isinstance(stop, bool) or start < 0:
        raise ValueError(f"tensor {shown(name)}: data_offsets must not be negative: {shown([start, stop])}")
    tensor = Tensor(name, BY_CODE[code].name if code in BY_CODE else code, extents, start)
    if tensor.size != stop - start or (code in _FOREIGN and prod(extents) * _FOREIGN[code] % 8):
        raise ValueError(f"tensor {shown(name)}: {shown(shape)} {code} does not fill its {stop - start} bytes")
    return tensor


def read_index(index: str | Path) -> list[Path]:
    """Returns the files that a ``*.safetensors.index.json`` names, which lie beside it.

    Raises:
        ValueError: If it is no such index.
    """
    document = read_json(index)
    files = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(files, dict) or not all(isinstance(name, str) and name for name in files.values()):
        raise ValueError(f'{index}: not a safetensors index: it must be {{"weight_map": {{name: file, ...}}}}')
    return [Path(index).parent / name for name in sorted({str(name) for name in files.values()})]
