from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.stages.memory import overlapping

STRETCHES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=12)


@given(STRETCHES)
def test_what_overlaps_one_that_stays_is_found(stretches: list[tuple[int, int]]) -> None:
    starts, sizes = (np.array([one[side] for one in stretches], np.int64) for side in (0, 1))

    found = overlapping(starts, sizes)

    stay: list[set[int]] = []
    for number, (start, size) in enumerate(stretches):
        cells = set(range(start, start + size))
        if size:
            assert (number in found) == any(cells & other for other in stay)
        if number not in found:
            stay.append(cells)
