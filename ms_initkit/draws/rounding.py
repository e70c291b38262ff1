"""Numbers of any type to a narrower one, rounded once to nearest even, as all values are that are not random."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws.dtypes import storage

_EXACT: Final = 2**53  # whole numbers up to here are float64's own


def rounded(values: NDArray[np.generic], dtype: str) -> NDArray[np.generic]:
    """Returns real ``values`` as ``dtype``, a floating-point type; bfloat16 as its words.

    Where there is a type in between, it is rounded to odd: the last bit remembers that something was cut off, so that
    the second rounding is right.

    Sources: Boldo & Melquiond 2008, Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to
    odd, theorem 3.
    """
    with np.errstate(over="ignore", under="ignore"):
        if dtype == "float64" or values.dtype == storage(dtype):
            return values.astype(storage(dtype))
        if dtype == "bfloat16":
            return _bfloat16(carried(values, dtype))
        wide = values if values.dtype.kind == "f" else _odd_float64(values)
        return wide.astype(dtype)


def carried(values: NDArray[np.generic], dtype: str) -> NDArray[np.float32]:
    """Returns real ``values`` in float32, by way of which they are rounded once to ``dtype``, which is no wider."""
    with np.errstate(over="ignore", under="ignore"):
        if dtype == "float32" or values.dtype == np.float32:
            return rounded(values, "float32")  # type: ignore[return-value]  # of that type
        wide = values if values.dtype.kind == "f" else _odd_float64(values)
        return wide.astype(np.float32) if wide.itemsize <= 4 else _odd_float32(wide.astype(np.float64))


def carried_number(value: float, dtype: str) -> float:
    """Returns the same of one number; a whole one may be an int that no float holds."""
    is_exact = isinstance(value, int) and -(2**63) <= value < 2**64
    return float(carried(np.asarray(value if is_exact else float(value)), dtype))


def _odd_float64(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Returns whole numbers as float64."""
    if values.dtype.itemsize < 8:
        return values.astype(np.float64)
    # Of the least int64 the magnitude is beyond int64: it wraps, and as an unsigned number it is right.
    size = np.abs(values.astype(np.int64)).astype(np.uint64) if values.dtype.kind == "i" else values.astype(np.uint64)
    cut = size & np.uint64(0x7FF)
    odd = (size - cut) | np.where(cut > 0, np.uint64(0x800), np.uint64(0))
    magnitude = np.where(size <= np.uint64(_EXACT), size, odd).astype(np.float64)
    return np.where(np.signbit(values.astype(np.float64)), -magnitude, magnitude)


def _odd_float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    nearest = values.astype(np.float32)
    bits = nearest.view(np.uint32)
    back = nearest.astype(np.float64)
    is_even = (back != values) & (bits & np.uint32(1) == 0) & ~np.isnan(values)
    toward = np.where(np.abs(back) > np.abs(values), bits - np.uint32(1), bits + np.uint32(1))
    return np.where(is_even, toward, bits).view(np.float32)


def _bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Returns the upper halves of the words, rounded to nearest even."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    half = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    words = ((bits + half) >> np.uint32(16)).astype(np.uint16)
    return np.where(np.isnan(values), np.uint16(0x7FC0), words)
