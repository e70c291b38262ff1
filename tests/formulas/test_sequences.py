"""Ramps, counts and sinusoids, held against NumPy and the references."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ms_initkit.formulas import sequences
from ms_initkit.formulas.base import Site
from tests.formulas.sampled import assert_equal, sample, table


def test_counting_goes_through_all_axes_on_demand() -> None:
    np.testing.assert_array_equal(
        sample(sequences.Arange(2.0, 3.0, axis=None), 2, 3, 4), 2 + 3 * np.arange(24).reshape(2, 3, 4)
    )


def test_linspace_and_arange_are_numpys_along_an_axis() -> None:
    assert_equal(table(sequences.Linspace(-1.0, 3.0), 2, 9), np.tile(np.linspace(-1, 3, 9), (2, 1)))
    assert_equal(
        table(sequences.Linspace(-1.0, 3.0, endpoint=False, axis=0), 9, 2)[:, 1], np.linspace(-1, 3, 9, endpoint=False)
    )
    assert_equal(table(sequences.Arange(axis=1), 1, 16, 1, 1).reshape(-1), np.arange(16))
    assert table(sequences.Linspace(5.0, 6.0), 1) == [5.0]


def test_an_axis_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"axis 2 does not exist in the shape \(3, 3\)"):
        sequences.Arange(axis=2).resolve(Site((3, 3)))


def test_sinusoids_are_the_papers() -> None:
    position, i = np.mgrid[:50, :16]
    angle = position / 10000 ** (2 * i / 32)

    found = table(sequences.Sinusoid(), 50, 32)

    assert_equal(found[:, 0::2], np.sin(angle))
    assert_equal(found[:, 1::2], np.cos(angle))


def test_sinusoids_in_halves_are_marians() -> None:
    position, i = np.mgrid[:50, :16]
    angle = position / 10000 ** (2 * i / 32)

    assert_equal(table(sequences.Sinusoid("halves"), 50, 32), np.concatenate([np.sin(angle), np.cos(angle)], axis=1))


def test_sinusoids_in_halves_with_an_endpoint_are_whispers() -> None:
    increment = math.log(10000) / (16 - 1)
    angle = np.arange(50)[:, None] * np.exp(-increment * np.arange(16))[None, :]

    found = table(sequences.Sinusoid("halves", endpoint=True), 1, 50, 32)[0]

    assert_equal(found, np.concatenate([np.sin(angle), np.cos(angle)], axis=1))


def test_an_offset_shifts_the_positions() -> None:
    np.testing.assert_array_equal(table(sequences.Sinusoid(offset=3), 5, 8), table(sequences.Sinusoid(), 8, 8)[3:])


def mae(size: int, height: int, width: int) -> NDArray[np.float64]:
    """Returns the position table as MAE's util/pos_embed.py computes it."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    omega = 1.0 / 10000 ** (np.arange(size // 4) / (size / 4.0))
    halves = [np.einsum("m,d->md", grid.reshape(-1), omega) for grid in (x, y)]
    return np.concatenate([part for half in halves for part in (np.sin(half), np.cos(half))], axis=1)


def test_a_grid_of_sinusoids_is_maes_with_its_class_row() -> None:
    found = table(sequences.SinusoidGrid(extra_rows=1), 1, 17, 24)[0]

    assert not found[0].any()
    assert_equal(found[1:], mae(24, 4, 4))


def test_a_grid_need_not_be_square() -> None:
    assert_equal(table(sequences.SinusoidGrid(2, 5), 10, 16), mae(16, 2, 5))
    with pytest.raises(ValueError, match="10 rows less 0 are no square grid: give height and width"):
        sequences.SinusoidGrid().resolve(Site((10, 16)))


def test_the_other_order_puts_the_row_first() -> None:
    found = table(sequences.SinusoidGrid(2, 5, order="yx"), 10, 16)

    assert_equal(found, np.roll(mae(16, 2, 5), 8, axis=1))


def test_a_grid_with_an_endpoint_is_big_visions() -> None:
    y, x = np.mgrid[:3, :3]
    omega = 1.0 / 10000.0 ** (np.arange(4) / 3)
    y, x = (np.einsum("m,d->md", grid.flatten(), omega) for grid in (y, x))

    found = table(sequences.SinusoidGrid(endpoint=True), 9, 16)

    assert_equal(found, np.concatenate([np.sin(x), np.cos(x), np.sin(y), np.cos(y)], axis=1))


def test_odd_features_are_refused() -> None:
    with pytest.raises(ValueError, match="features in multiples of 4"):
        sequences.SinusoidGrid().resolve(Site((9, 18)))
