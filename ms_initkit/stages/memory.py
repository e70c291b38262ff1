"""Fresh memory for values that are about to be written."""

from __future__ import annotations

import mmap
from bisect import bisect_right
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.stream import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Bytes from which an array is worth pages of its own; NumPy asks for large pages from 4 MiB on.
_OWN_PAGES: Final = 1 << 20
_MAPS: Final = Path("/proc/self/maps")
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


def not_writable(addresses: Sequence[int]) -> list[int]:
    """Returns the numbers of the addresses that lie in memory which the system does not let anyone write to.

    That is a file that was mapped to be read, above all; writing there would end the process. Where the system does
    not tell (it is Linux's to say), none is returned.
    """
    known: list[int] | None = compiled.found.locked(np.array(addresses, np.uint64)) if compiled.found else None
    return _not_writable_of_maps(addresses) if known is None else known


def _not_writable_of_maps(addresses: Sequence[int]) -> list[int]:
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
        place = bisect_right(begins, start)
        if (place and stops[place - 1] > start) or (place < len(begins) and begins[place] < end):
            found.append(number)
        elif end > start:
            begins.insert(place, start)
            stops.insert(place, end)
    return found
