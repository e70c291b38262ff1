"""MindSpore's .ckpt files, read as the protocol buffers that they are: which tensor lies where, every length checked.

MindSpore's own reader aborts the process where a tensor's bytes are not those of its shape.

Sources: https://protobuf.dev/programming-guides/encoding; MindSpore's checkpoint.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final, Protocol, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.files.regular import shown

Run: TypeAlias = tuple[int, int]  # the first byte and the one after the last

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_CHECKSUM: Final = b"crc_num"  # MindSpore appends it, with ten bytes more, where it is asked to
_CHECKSUM_SIZE: Final = 17
_LONGEST_VARINT: Final = 10
_LONGEST_NAME: Final = 1 << 16
_MOST_AXES: Final = 64


class Buffer(Protocol):
    """The bytes of a file, of which only those that are asked for need be in memory."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> bytes: ...


@record
class Stored:
    """A tensor of a checkpoint: its type as MindSpore writes it, and the runs of bytes that are its values."""

    dtype: str
    shape: tuple[int, ...]
    runs: tuple[Run, ...]

    @property
    def size(self) -> int:
        """Number of bytes."""
        return sum(stop - start for start, stop in self.runs)


def tensors_of(content: Buffer) -> dict[str, Stored]:
    """Returns the tensors of a checkpoint by name; texts and hash tables, which it may hold too, are left out.

    A large tensor is written in several runs, one behind the other under one name.

    Raises:
        ValueError: If it is not a checkpoint, a name stands twice, or a tensor has not the bytes of its shape.
    """
    found: dict[str, Stored] = {}
    last: str | None = None
    end = len(content)
    if content[max(0, end - _CHECKSUM_SIZE) : end].startswith(_CHECKSUM):
        end -= _CHECKSUM_SIZE
    for number, value in _fields(content, 0, end):
        if number != 1 or isinstance(value, int):
            raise ValueError("it is not a list of parameters")
        name, stored = _parameter(content, *value)
        if stored is not None:
            before = found.get(name)
            if before is not None and (name != last or (before.dtype, before.shape) != (stored.dtype, stored.shape)):
                raise ValueError(f"two parameters are called {shown(name)}")
            found[name] = stored if before is None else Stored(stored.dtype, stored.shape, before.runs + stored.runs)
        last = name
    return {name: _checked(name, stored) for name, stored in found.items()}


def _checked(name: str, stored: Stored) -> Stored:
    record = TYPES.get(stored.dtype.lower())
    if record is None:
        return stored  # of no type that a parameter could take from it
    # A scalar is written with one axis of length zero.
    shape = () if stored.shape == (0,) and stored.size else stored.shape
    if any(extent < 0 for extent in shape) or len(shape) > _MOST_AXES:
        raise ValueError(f"parameter {shown(name)} has the shape {shown(shape)}")
    expected = prod(shape) * record.size
    if stored.size != expected:
        has = f"{shown(shape)} {record.name} are {expected:,} bytes, and {stored.size:,} are there"
        raise ValueError(f"parameter {shown(name)}: {has}")
    return Stored(record.name, shape, stored.runs)


def _parameter(content: Buffer, start: int, stop: int) -> tuple[str, Stored | None]:
    name: str | None = None
    stored: Stored | None = None
    for number, value in _fields(content, start, stop):
        if number == 1:
            if name is not None:
                raise ValueError(f"a parameter has two names, {shown(name)} is the first")
            name = _text(content, value)
        elif number == 2:
            if stored is not None:
                raise ValueError(f"a parameter has two tensors: {shown(name)}")
            stored = _tensor(content, value)
    if name is None:
        raise ValueError("a parameter has no name")
    return name, stored


def _tensor(content: Buffer, where: int | Run) -> Stored:
    if isinstance(where, int):
        raise ValueError("a tensor is no number")
    shape: list[int] = []
    kind: str | None = None
    values: Run | None = None
    for number, value in _fields(content, *where):
        if number == 1:
            shape += [value] if isinstance(value, int) else [item for item, _ in _varints(content, *value)]
        elif number == 2 and kind is None:
            kind = _text(content, value)
        elif number == 3 and values is None and not isinstance(value, int):
            values = value
        else:
            raise ValueError(f"a tensor has field {number} twice, or of another kind")
        if len(shape) > _MOST_AXES:
            raise ValueError(f"a tensor has more than {_MOST_AXES} axes")
    if kind is None or values is None:
        raise ValueError("a tensor has no type or no values")
    return Stored(kind, tuple(n - 2**64 if n >= 2**63 else n for n in shape), (values,))


def _text(content: Buffer, where: int | Run) -> str:
    if isinstance(where, int) or where[1] - where[0] > _LONGEST_NAME:
        raise ValueError("a name is no text, or far too long")
    return content[slice(*where)].decode("utf-8")


def _fields(content: Buffer, start: int, stop: int) -> Iterator[tuple[int, int | Run]]:
    """Yields the fields of a message: numbers as they are, everything else as where its bytes are."""
    while start < stop:
        tag, start = _varint(content, start, stop)
        kind = tag & 7
        if kind == _VARINT:
            value, start = _varint(content, start, stop)
            yield tag >> 3, value
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(kind)
        if kind == _BYTES:
            size, start = _varint(content, start, stop)
        if size is None:
            raise ValueError(f"it has a field of kind {kind} at byte {start}")
        if size > stop - start:
            raise ValueError(f"it is cut short: {size:,} bytes promised at byte {start}, {stop - start:,} there")
        yield tag >> 3, (start, start + size)
        start += size


def _varints(content: Buffer, start: int, stop: int) -> Iterator[tuple[int, int]]:
    while start < stop:
        value, start = _varint(content, start, stop)
        yield value, start


def _varint(content: Buffer, start: int, stop: int) -> tuple[int, int]:
    """Returns the number that begins at ``start``, and where the next one does."""
    value = 0
    for number, byte in enumerate(content[start : min(start + _LONGEST_VARINT, stop)]):
        value |= (byte & 127) << 7 * number
        if byte < 128:
            return value & (2**64 - 1), start + number + 1
    raise ValueError(f"it is cut short, or has no number at byte {start}")
