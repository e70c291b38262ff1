"""Values made to fit another shape: as torch and timm do it, slice by slice, and what cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import pytest

from ms_initkit import draws
from ms_initkit.draws import fits, sums
from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.fits import Fits
from ms_initkit.draws.sums import Axes, Of
from ms_initkit.draws.valid import fault
from ms_initkit.draws.windows import Shape, Slices

OTHERS = json.loads((Path(__file__).parent / "fits_by_others.json").read_text())
# Sums of a few dozen terms of up to 13 in float64, by us and by torch.
ROUNDING = 64 * 13 * 2.0**-53

CASES: list[tuple[Fits, Shape, Shape]] = [
    (fits.FirstRows(4), (9, 3), (4, 3)),
    (fits.MeanRow(5), (700, 3), (5, 3)),
    (fits.Channels("average", 5), (2, 3, 2, 2), (2, 5, 2, 2)),
    (fits.Channels("repeat", 7), (2, 3, 2, 2), (2, 7, 2, 2)),
    (fits.Inflated("repeat", 4), (2, 3, 2, 2), (2, 3, 4, 2, 2)),
    (fits.Inflated("center", 3), (2, 3, 2, 2), (2, 3, 3, 2, 2)),
    (fits.Widened("outputs", 7), (3, 2), (7, 2)),
    (fits.Widened("inputs", 8), (2, 3, 2), (2, 8, 2)),
    (fits.Grid(2, (3, 3), (4, 5), antialias=False), (1, 11, 3), (1, 22, 3)),
    (fits.Grid(1, (5, 4), (2, 3), antialias=True), (21, 3), (7, 3)),
]


def plain(*shape: int) -> Floats:
    """The tensor of ``fits_by_others.py``."""
    return (((np.arange(prod(shape)) * 37) % 101) / 4.0 - 12.0).reshape(shape)


def whole(shape: Shape) -> Slices:
    return tuple(slice(0, extent) for extent in shape)


class Held:
    """Values that are there: a ``functions.Source``."""

    def __init__(self, values: Floats) -> None:
        self.all, self.shape = values, values.shape

    def read(self, slices: Slices | None = None) -> Floats:
        return self.all if slices is None else self.all[slices]

    def sums(self, of: Of, axes: Axes, slices: Slices | None = None) -> Floats:
        wanted = whole(self.shape) if slices is None else slices
        box = tuple(slice(0, extent) if axis in axes else wanted[axis] for axis, extent in enumerate(self.shape))
        return sums.total(self.read, box, axes, of, 64, in_turn)


def in_turn(call: Callable[[int], None], count: int) -> None:
    for number in range(count):
        call(number)


def fitted(fit: Fits, values: Floats, at: Slices | None = None) -> Floats:
    assert fit.fault(values.shape) is None
    new = fit.result(values.shape, ())
    return np.asarray(fit.values(Held(values), whole(new) if at is None else at, new), np.float64)


@pytest.mark.parametrize("case", OTHERS["grids"], ids=lambda case: f"{case['old']}-{case['new']}-{case['antialias']}")
def test_a_grid_is_interpolated_as_torch_does(case: dict[str, object]) -> None:
    (old, new, values) = (np.array(case[key]) for key in ("old", "new", "values"))
    grid = fits.Grid(0, tuple(old.tolist()), tuple(new.tolist()), bool(case["antialias"]))

    found = fitted(grid, plain(1, prod(old.tolist()), 2))

    assert np.abs(found[0] - values).max() <= ROUNDING


@pytest.mark.parametrize("case", OTHERS["channels"], ids=lambda case: str(case["count"]))
def test_channels_are_repeated_as_timm_does(case: dict[str, object]) -> None:
    values = np.array(case["values"])

    found = fitted(fits.Channels("repeat", values.shape[1]), plain(2, 3, 2, 1))

    # timm multiplies in float32: the product is rounded, and the factor before it.
    assert np.abs(found - values).max() <= 13 * 2.0**-23


@pytest.mark.parametrize(("fit", "old", "new"), CASES, ids=lambda case: str(case) if isinstance(case, tuple) else "")
def test_any_slice_is_that_slice_of_the_whole(fit: Fits, old: Shape, new: Shape) -> None:
    values = plain(*old)
    everything = fitted(fit, values)

    assert fit.result(old, new) == everything.shape == new
    for starts in product(*({0, extent // 2} for extent in new)):
        at = tuple(
            slice(start, min(extent, start + extent // 2 + 1)) for start, extent in zip(starts, new, strict=True)
        )
        assert np.array_equal(fitted(fit, values, at), everything[at])


@pytest.mark.parametrize(("fit", "old", "new"), CASES, ids=lambda case: str(case) if isinstance(case, tuple) else "")
def test_values_stay_within_the_bounds_that_the_plan_knows(fit: Fits, old: Shape, new: Shape) -> None:
    del new
    values = plain(*old)
    bounds = fit.bounds((float(values.min()), float(values.max())), old)

    everything = fitted(fit, values)

    assert bounds is not None
    assert bounds[0] <= everything.min()
    assert everything.max() <= bounds[1]
    assert fit.bounds(None, old) is None


@pytest.mark.parametrize("count", [1, 2, 6, 7])
def test_equal_channels_answer_as_before(count: int) -> None:
    values = plain(4, 3, 2, 2)

    averaged = fitted(fits.Channels("average", count), values)
    repeated = fitted(fits.Channels("repeat", count), values)

    assert np.allclose(averaged.sum(1), values.sum(1), rtol=0, atol=1e-12)
    if count in (1, 6):  # all of the old ones, as often
        assert np.allclose(repeated.sum(1), values.sum(1), rtol=0, atol=1e-12)


def test_an_inflated_kernel_answers_to_a_still_picture_as_before() -> None:
    values = plain(2, 3, 3, 3)
    repeated = fitted(fits.Inflated("repeat", 4), values)
    centered = fitted(fits.Inflated("center", 5), values)

    assert np.allclose(repeated.sum(2), values, rtol=0, atol=1e-12)
    assert np.array_equal(centered[:, :, 2], values)
    assert not centered[:, :, [0, 1, 3, 4]].any()


def test_the_mean_of_rows_is_the_mean_however_many_there_are() -> None:
    for count in (1, 255, 256, 257, 1000):
        values = plain(count, 2)
        assert np.allclose(fitted(fits.MeanRow(3), values), values.mean(0), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("fit", "old", "said"),
    [
        (fits.FirstRows(4), (3, 2), "(3, 2) has no 4 rows"),
        (fits.MeanRow(4), (), "() has no mean row"),
        (fits.MeanRow(4), (0, 2), "(0, 2) has no mean row"),
        (fits.Channels("average", 8), (4,), "(4,) has no axis 1"),
        (fits.Channels("average", 0), (4, 3), "0 channels are not made of 3"),
        (fits.Inflated("repeat", 4), (2, 3, 2), "(2, 3, 2) is no kernel to make 4 slices of"),
        (fits.Widened("outputs", 4), (8, 2), "8 outputs do not become 4"),
        (fits.Widened("inputs", 4), (8,), "(8,) has no axis 1"),
        (fits.Grid(0, (3, 3), (4, 4), antialias=False), (1, 10, 2), "0 tokens and 3 x 3 are not the 10 positions"),
        (fits.Grid(1, (3, 3), (4, 0), antialias=False), (1, 10, 2), "1 tokens and 3 x 3 are not the 10 positions"),
        (fits.Grid(0, (3, 3), (4, 4), antialias=False), (9,), "(9,) has none"),
    ],
)
def test_what_does_not_fit_is_said_with_its_sizes(fit: Fits, old: Shape, said: str) -> None:
    problem = fit.fault(old)

    assert problem is not None
    assert said in problem
    assert fault(draws.Made(draws.Constant(1.0), old, fit), (4, 2)) == problem


def test_a_fit_goes_to_json_and_comes_back() -> None:
    for fit, old, new in CASES:
        draw = draws.Made(draws.Loaded("a.npz", "w"), old, fit)
        assert draws.from_json(json.loads(json.dumps(draws.to_json(draw)))) == draw
        assert fault(draw, new) is None
        assert "what is made of" in str(fault(draw, (*new[:-1], new[-1] + 1)))
        assert replace(draw, draw=draws.There()).takes == {""}
