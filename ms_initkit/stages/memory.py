"""Fresh memory for values that are about to be written."""

from __future__ import annotations

import mmap
from bisect import bisect_right
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Bytes from which an array is worth pages of its own; NumPy asks for huge pages from 4 MiB on.
_OWN_PAGES: Final = 1 << 20
_MAPS: Final = Path("/proc/self/maps")


def fresh_array(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Returns an array of whatever is there, whose memory the system hands out as it is first written.

    Large arrays have pages of their own, of the size that the system gives by itself. NumPy asks for huge pages, for
    which the kernel may have to move other memory about: on a virtual machine a gigabyte of them took anything from
    0.15 s to 4.6 s, and 0.5 s, or half of that for two threads, of the usual ones.
    """
    size = prod(shape) * dtype.itemsize
    if size < _OWN_PAGES or not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def not_writable(addresses: Sequence[int]) -> list[int]:
    """Returns the numbers of the addresses that lie in memory which the system does not let anyone write to.

    That is a file that was mapped to be read, above all; writing there would end the process. Where the system does
    not tell (it is Linux's to say), none is returned.
    """
    try:
        text = _MAPS.read_text()
    except OSError:
        return []
    locked = []
    for line in text.splitlines():
        stretch, rights, _ = line.split(maxsplit=2)
        if rights[1] != "w":
            start, _, stop = stretch.partition("-")
            locked.append((int(start, 16), int(stop, 16)))
    if not locked or not addresses:
        return []
    begins, ends = np.array(sorted(locked), np.uint64).T
    wanted = np.array(addresses, np.uint64)
    place = np.searchsorted(begins, wanted, side="right") - 1
    found: list[int] = np.flatnonzero((place >= 0) & (wanted < ends[place])).tolist()
    return found


def overlapping(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[int]:
    """Returns the numbers of the stretches that overlap one before them in the list which is not returned itself."""
    ends = starts + sizes
    order = np.argsort(starts, kind="stable")
    # Where none begins before all that begin below it have ended, as almost always, that is all there is to know.
    if not (starts[order][1:] < np.maximum.accumulate(ends[order])[:-1]).any():
        return []
    found: list[int] = []
    begins: list[int] = []  # of the stretches that are kept, which are disjoint
    stops: list[int] = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        place = bisect_right(begins, start)
        if (place and stops[place - 1] > start) or (place < len(begins) and begins[place] < end):
            found.append(number)
        elif end > start:
            begins.insert(place, start)
            stops.insert(place, end)
    return found
