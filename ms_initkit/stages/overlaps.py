"""Which stretches of memory overlap."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
