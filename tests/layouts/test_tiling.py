"""Whether the slices of all ranks make up a tensor."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.layouts.python import place, split
from ms_initkit.layouts.tiling import misfit
from tests.layouts.sharded import info, refused

Boxes = list[tuple[tuple[int, int, int], ...]]


def test_a_slice_that_no_rank_holds_is_found() -> None:
    assert "no rank holds the element [2, 0]" in refused(
        place("w", split(0, parts=4, index="2 * tp_rank")), info("w", 2, 3)
    )


def test_a_slice_that_two_ranks_hold_undeclared_is_found() -> None:
    assert "2 ranks hold the element [0, 0], and 1 should" in refused(
        place("w", split(0, parts=2, index="tp_rank * 0")), info("w", 2, 3)
    )


def test_one_mesh_axis_cannot_cut_twice() -> None:
    assert "no rank holds the element [0, 3]" in refused(place("w", split(0, "tp"), split(1, "tp")), info("w", 2, 3))


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.lists(st.tuples(*(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 2)),) * 2), max_size=5),
)
def test_it_is_what_counting_every_element_says(shape: tuple[int, int], drawn: Boxes) -> None:
    held = [
        tuple(
            ((start % n, min(n, start % n + size), copies),)
            for n, (start, size, copies) in zip(shape, box, strict=True)
        )
        for box in drawn
    ]
    count, due = np.zeros(shape, int), np.zeros(shape, int)
    for ((top, bottom, down),), ((left, right, across),) in held:
        count[top:bottom, left:right] += 1
        due[top:bottom, left:right] = np.maximum(due[top:bottom, left:right], down * across)

    found = misfit(shape, held)

    assert (found is None) == bool((count > 0).all() and (count == due).all())


def test_what_lies_outside_is_found() -> None:
    assert misfit((4,), [(((0, 5, 1),),)]) == "a slice from 0 to 5 lies outside of axis 0 of length 4"
    assert misfit((4,), [(((0, 2, 1), (2, 4, 1)),)]) is None
