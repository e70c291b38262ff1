"""What is counted of values in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ms_initkit import draws, stream
from ms_initkit.draws import Draw, Step
from ms_initkit.draws.dtypes import storage
from ms_initkit.stages.statistics.tally import Tally, boundaries, stored_numbers


def drawn(draw: Draw, steps: Sequence[Step], size: int, seed: int, dtype: str) -> NDArray[np.generic]:
    out = np.empty(size, storage(dtype))
    stream.fill(out, draws.Edited(draw, tuple(steps)) if steps else draw, (size,), stream.key(seed, "x"), None, dtype)  # type: ignore[arg-type]  # one of FLOATS
    return out


def test_a_tally_in_pieces_has_the_moments_of_the_whole() -> None:
    values = drawn(draws.Normal(5.0, 0.02), (), 100_001, 1, "float32")
    tally = Tally("float32", center=5.0)
    for start in range(0, values.size, 777):
        tally.add(values[start : start + 777])

    whole = values.astype(np.float64)
    assert tally.size == values.size
    assert tally.mean == pytest.approx(whole.mean(), rel=1e-14)
    assert tally.std == pytest.approx(whole.std(), rel=1e-10)
    assert (tally.low, tally.high) == (whole.min(), whole.max())


def test_what_is_remembered_are_the_values_themselves() -> None:
    held = Tally("float32")

    held.add(np.array([1e-30, 2e-30, 1e30], np.float32))

    assert held.sample().tolist() == [float(np.float32(one)) for one in (1e-30, 2e-30, 1e30)]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_bound_lies_between_neighbours_and_each_number_has_its_cell(dtype: str) -> None:
    numbers, bounds = stored_numbers(dtype), boundaries(dtype)
    finite = np.abs(numbers) < 1e39

    assert (np.diff(numbers[finite]) >= 0).all()
    assert ((numbers[:-1] <= bounds) & (bounds <= numbers[1:]))[finite[:-1] & finite[1:]].all()


@given(st.lists(st.floats(-1e3, 1e3, width=16), min_size=1, max_size=50))
def test_cells_are_cumulated_in_the_order_of_values(values: list[float]) -> None:
    tally = Tally("float16")
    stored = np.array(values, np.float16)
    tally.add(stored)

    below = tally.cumulated()

    bounds = boundaries("float16")
    for bound in (-100.3, 0.7, 512.3):
        cell = int(np.searchsorted(bounds, bound)) - 1
        assert below[cell] == (stored.astype(np.float64) < bounds[cell]).sum()
    assert tally.zeros == (stored == 0).sum()


def test_what_is_not_finite_is_told_and_not_counted() -> None:
    tally = Tally("float32")
    tally.add(np.array([1.0, np.nan], np.float32))

    assert (tally.is_finite, tally.size) == (False, 0)
    assert math.isnan(tally.std)


def test_repeats_are_counted_in_pairs() -> None:
    tally = Tally("float32")
    tally.add(np.array([1, 1, 2, 3, 3, 3, 9], np.float32))

    assert (tally.pairs, tally.equal_pairs) == (3, 2)
