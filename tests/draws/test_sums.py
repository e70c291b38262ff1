"""Sums in a fixed order: the same bits however the tensor is cut."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.sums import Of, pairwise, total
from ms_initkit.draws.windows import Slices

shapes = st.lists(st.integers(1, 9), min_size=1, max_size=4)


def summed(
    values: NDArray[np.floating[Any]], axes: tuple[int, ...], of: Of, limit: int, *, backwards: bool = False
) -> Floats:
    def read(slices: Slices) -> NDArray[np.floating[Any]]:
        assert math.prod(part.stop - part.start for part in slices) <= max(limit, 1)
        return values[slices]

    def together(call: Callable[[int], None], count: int) -> None:
        for number in reversed(range(count)) if backwards else range(count):
            call(number)

    box = tuple(slice(0, extent) for extent in values.shape)
    return total(read, box, axes, of, limit, together)


@given(shapes, st.integers(1, 200), st.sets(st.integers(0, 3)), st.integers(0, 2**32), st.booleans())
def test_blocks_of_any_size_in_any_order_give_the_same_bits(
    shape: list[int], limit: int, chosen: set[int], seed: int, backwards: bool
) -> None:
    axes = tuple(sorted(axis for axis in chosen if axis < len(shape)))
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)

    at_once = summed(values, axes, "squares", values.size)

    assert np.array_equal(at_once, summed(values, axes, "squares", limit, backwards=backwards))
    assert np.allclose(at_once, (values.astype(np.float64) ** 2).sum(axes, keepdims=True), rtol=1e-12)


def test_neighbours_are_added_first_and_the_last_axis_before_the_others() -> None:
    # 1e16 + 1 is 1e16, and 1e16 + 2 is more: the order decides.
    assert pairwise(np.array([1e16, 1.0, 1.0, -1e16, 3.0]), 0)[0] == (1e16 + 1.0) + (1.0 + -1e16) + 3.0
    values = np.array([[1e16, 1.0], [1.0, 1.0]])
    assert summed(values, (0, 1), "magnitudes", 4)[0, 0] == (1e16 + 1.0) + (1.0 + 1.0)


@pytest.mark.parametrize("of", ["squares", "magnitudes"])
def test_what_is_summed(of: Of) -> None:
    values = np.array([[-3.0, 4.0]], np.float32)

    assert summed(values, (1,), of, 2)[0, 0] == {"squares": 25.0, "magnitudes": 7.0}[of]
    assert summed(np.zeros((0, 2), np.float32), (0,), of, 2).tolist() == [[0.0, 0.0]]
