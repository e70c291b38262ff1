"""Fresh memory for values that are about to be written."""

from __future__ import annotations

import mmap
import re
from bisect import bisect_right
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ms_initkit.stream import compiled

# Bytes from which an array is worth pages of its own; NumPy asks for large pages from 4 MiB on.
_OWN_PAGES: Final = 1 << 20
_MAPS: Final = Path("/proc/self/maps")
_LOCKED: Final = re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) .-", re.MULTILINE)  # its lines of what may not be written
_ASKED_ONE_BY_ONE: Final = 4096
_PIECE: Final = 4 << 20  # what the kernels take at once when they try which kind of pages is quicker


def fresh_array(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Returns an array of whatever is there, whose memory the system hands out as it is first written.

    Large arrays have pages of their own, of which the kernels choose the kind: a gigabyte of large ones took anything
    from 0.06 s to 2.3 s, and 0.35 to 0.55 s of the usual ones.
    """
    size = prod(shape) * dtype.itemsize
    if size < _OWN_PAGES or not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.empty(shape, dtype)
    spare = _PIECE if size >= 2 * _PIECE else 0  # addresses, not memory: so that it begins where a piece does
    pages = mmap.mmap(-1, size + spare, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    begins = np.frombuffer(pages, np.uint8).__array_interface__["data"][0]
    return np.ndarray(shape, dtype, pages, -begins % _PIECE if spare else 0)


def not_writable(addresses: NDArray[np.uint64]) -> list[int]:
    """Returns the numbers of the addresses that lie in memory which the system does not let anyone write to.

    That is a file that was mapped to be read, above all; writing there would end the process. Where the system does
    not tell (it is Linux's to say), none is returned.
    """
    # To ask for one costs half a microsecond, the table of all memory some milliseconds.
    if compiled.found is not None and len(addresses) <= _ASKED_ONE_BY_ONE:
        known: list[int] | None = compiled.found.locked(addresses)
        if known is not None:
            return known
    return _not_writable_of_maps(addresses)


def _not_writable_of_maps(addresses: NDArray[np.uint64]) -> list[int]:
    try:
        table = _MAPS.read_bytes()
    except OSError:
        return []
    locked = [(int(start, 16), int(stop, 16)) for start, stop in _LOCKED.findall(table)]
    if not locked or not len(addresses):
        return []
    begins, ends = np.array(sorted(locked), np.uint64).T
    number = np.searchsorted(begins, addresses, side="right") - 1
    found: list[int] = np.flatnonzero((number >= 0) & (addresses < ends[number])).tolist()
    return found


def overlapping(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[int]:
    """Returns the numbers of the stretches that overlap one before them in the list which is not returned itself."""
    if len(starts) < 2:
        return []
    ends = starts + sizes
    order = np.argsort(starts, kind="stable")
    # Where none begins before all that begin below it have ended, as almost always, that is all there is to know.
    if not (starts[order][1:] < np.maximum.accumulate(ends[order])[:-1]).any():
        return []
    found: list[int] = []
    begins: list[int] = []  # of the stretches that are kept, which are disjoint
    stops: list[int] = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        rank = bisect_right(begins, start)
        if (rank and stops[rank - 1] > start) or (rank < len(begins) and begins[rank] < end):
            found.append(number)
        elif end > start:
            begins.insert(rank, start)
            stops.insert(rank, end)
    return found
