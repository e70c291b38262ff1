"""Element types: one record each, from which everything that depends on a type is taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from ms_initkit.basis.records import record

if TYPE_CHECKING:
    import numpy as np


@record
class ElementType:
    """One element type.

    Args:
        name: As MindSpore and recipes call it, such as ``float32``.
        kind: What its values are.
        size: Bytes of one element.
        low: Least finite value; of a complex type, of either part.
        high: Greatest finite value.
        digits: Bits of its significand, or of a whole number's magnitude: whole numbers up to ``2**digits`` are exact.
        least: Smallest positive value; 1 for whole numbers.
        code: What safetensors files call it; None where they have no such type.
        kernel: Its number in the kernels; None where they do not write it.
    """

    name: str
    kind: Literal["bool", "integer", "float", "complex"]
    size: int
    low: float | int
    high: float | int
    digits: int
    least: float
    code: str | None
    kernel: int | None = None

    @property
    def storage(self) -> str:
        """The NumPy type of the same width, little endian: bfloat16 has none and is kept as words."""
        letters = {"integer": "u" if self.low == 0 else "i", "float": "f", "complex": "c"}
        return {"bool": "?", "bfloat16": "<u2"}.get(self.name) or f"<{letters[self.kind]}{self.size}"

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next number."""
        return float(2.0 ** (1 - self.digits))

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers, so that they never pass through a float."""
        return self.kind in ("bool", "integer")

    def holds(self, value: float) -> bool:
        """Returns whether ``value``, rounded to nearest, is a finite number of this type."""
        if self.is_whole:
            return self.low <= value <= self.high
        # From half a unit in the last place beyond the greatest number on, rounding goes to infinity.
        half = math.ldexp(1.0, math.frexp(self.high)[1] - self.digits - 1)
        return abs(value) < self.high + half


def _whole(name: str, size: int, code: str, *, kernel: int | None = None) -> ElementType:
    digits = 8 * size if name.startswith("u") else 8 * size - 1
    low = 0 if name.startswith("u") else -(2**digits)
    return ElementType(name, "integer", size, low, 2**digits - 1, digits, 1.0, code, kernel)


def _float(name: str, size: int, digits: int, exponent: int, code: str, kernel: int) -> ElementType:
    """Returns the binary format with ``digits`` of significand and numbers below ``2**exponent``."""
    high = (2.0 - 2.0 ** (1 - digits)) * 2.0 ** (exponent - 1)
    return ElementType(name, "float", size, -high, high, digits, 2.0 ** (3 - exponent - digits), code, kernel)


def _complex(name: str, part: ElementType, code: str | None) -> ElementType:
    return ElementType(name, "complex", 2 * part.size, part.low, part.high, part.digits, part.least, code)


_FLOAT32: Final = _float("float32", 4, 24, 128, "F32", 0)
_FLOAT64: Final = _float("float64", 8, 53, 1024, "F64", 3)
_ALL: Final = (
    ElementType("bool", "bool", 1, 0, 1, 1, 1.0, "BOOL"),
    _whole("int8", 1, "I8"),
    _whole("int16", 2, "I16"),
    _whole("int32", 4, "I32"),
    _whole("int64", 8, "I64"),
    _whole("uint8", 1, "U8"),
    _whole("uint16", 2, "U16"),
    _whole("uint32", 4, "U32", kernel=4),
    _whole("uint64", 8, "U64"),
    _float("float16", 2, 11, 16, "F16", 1),
    _float("bfloat16", 2, 8, 128, "BF16", 2),
    _FLOAT32,
    _FLOAT64,
    _complex("complex64", _FLOAT32, "C64"),
    _complex("complex128", _FLOAT64, None),
)

TYPES: Final = {record.name: record for record in _ALL}
BY_CODE: Final = {record.code: record for record in _ALL if record.code is not None}
DTYPES: Final = tuple(TYPES)
FLOATS: Final = tuple(sorted((r.name for r in _ALL if r.kind == "float"), key=lambda name: -TYPES[name].size))
HALVES: Final = frozenset(name for name in FLOATS if TYPES[name].size == 2)

# MindSpore has one object for each element type; hashing one costs five times as much as knowing it again.
_DTYPE_NAMES: dict[int, tuple[object, str]] = {}


def dtype_name(dtype: object) -> str:
    """Returns the name of a MindSpore element type, such as ``float32``."""
    known = _DTYPE_NAMES.get(id(dtype))
    if known is None:
        # The object is kept with its name, so that no other one can ever have its id.
        known = _DTYPE_NAMES[id(dtype)] = (dtype, str(dtype).lower())
    return known[1]


def item_size(dtype: str) -> int:
    """Returns the bytes of one element in a file.

    Raises:
        ValueError: If safetensors has no such type.
    """
    record = TYPES.get(dtype)
    if record is None or record.code is None:
        raise ValueError(f"safetensors files hold no {dtype}")
    return record.size


def bytes_of(dtype: str) -> int:
    """Returns the bytes of one element in memory; one of those that only MindSpore has, as float8."""
    record = TYPES.get(dtype)
    return 1 if record is None else record.size


def storage(dtype: str) -> np.dtype[np.generic]:
    """Returns the NumPy type that holds values of ``dtype``; of bfloat16, its words."""
    import numpy as np  # checking a recipe does not need it

    return np.dtype(TYPES[dtype].storage)
