"""Equal parts of tensors, held against cutting an array."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from ms_initkit.draws import windows
from ms_initkit.draws.windows import slices_of_run


@st.composite
def cuts(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    grid = tuple(draw(st.lists(st.integers(1, 4), max_size=4)))
    part = tuple(draw(st.integers(1, 3)) for _ in grid)
    return grid, part


@given(cuts())
def test_tiles_are_those_of_cutting_axis_by_axis(cut: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    grid, part = cut
    shape = tuple(n * size for n, size in zip(grid, part, strict=True))
    whole = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    pieces = [whole]
    for axis, n in enumerate(grid):
        pieces = [piece for one in pieces for piece in np.split(one, n, axis)]

    found = [whole[windows.tile(shape, part, number)] for number in range(len(pieces))]

    assert all(np.array_equal(a, b) for a, b in zip(found, pieces, strict=True))


@pytest.mark.parametrize(
    ("shape", "part", "number", "why"),
    [
        ((6, 4), (4, 4), 0, r"slices of shape \(4, 4\) do not make up the global shape \(6, 4\): axis 0"),
        ((6, 4), (6, 3), 0, "axis 1"),
        ((6, 4), (6,), 0, "has not the axes"),
        ((6, 4), (12, 4), 0, "do not make up"),
        ((6, 4), (0, 4), 0, "do not make up"),
        ((6, 4), (3, 2), 4, "slice 4 is asked for where there are 4, 2x2"),
        ((6, 4), (3, 2), -1, "slice -1 is asked for"),
        ((6, 4), (6, 4), 1, "slice 1 is asked for where there is one, the whole tensor"),
    ],
)
def test_what_is_no_slice_is_refused(shape: tuple[int, ...], part: tuple[int, ...], number: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        windows.tile(shape, part, number)


def test_an_empty_axis_is_whole() -> None:
    assert windows.tile((0, 4), (0, 2), 1) == (slice(0, 0), slice(2, 4))


@given(st.lists(st.integers(1, 4), max_size=4), st.data())
def test_slices_of_a_run_are_the_run(shape: list[int], data: st.DataObject) -> None:
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    start = data.draw(st.integers(0, numbers.size))
    stop = data.draw(st.integers(start, numbers.size))

    parts = [numbers[slices].reshape(-1) for slices in slices_of_run(tuple(shape), start, stop)]

    found = np.concatenate(parts) if parts else np.empty(0, int)
    np.testing.assert_array_equal(found, np.arange(start, stop))
    assert len(parts) <= max(1, 2 * len(shape) - 1)
