"""Values made to fit another shape: as torch and timm do it, slice by slice, and what cannot be."""

from __future__ import annotations

import json
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ms_initkit import draws
from ms_initkit.draws import fits, fitting
from ms_initkit.draws.valid import fault

if TYPE_CHECKING:
    from ms_initkit.draws.arrays import Floats
    from ms_initkit.draws.fits import Fit
    from ms_initkit.draws.slices import Shape, Slices

OTHERS = json.loads((Path(__file__).parent / "fits_by_others.json").read_text())
# Sums of a few dozen terms of up to 13 in float64, by us and by torch.
ROUNDING = 64 * 13 * 2.0**-53


def plain(*shape: int) -> Floats:
    """The tensor of ``fits_by_others.py``."""
    return (((np.arange(prod(shape)) * 37) % 101) / 4.0 - 12.0).reshape(shape)


def whole(shape: Shape) -> Slices:
    return tuple(slice(0, extent) for extent in shape)


def fitted(fit: Fit, values: Floats, new: Shape, at: Slices | None = None) -> Floats:
    assert fits.misfit(fit, values.shape, new) is None
    return fitting.fitted(fit, values.__getitem__, values.shape, new, whole(new) if at is None else at)


@pytest.mark.parametrize("case", OTHERS["grids"], ids=lambda case: f"{case['old']}-{case['new']}-{case['antialias']}")
def test_a_grid_is_interpolated_as_torch_does(case: dict[str, object]) -> None:
    (old, new, values) = (np.array(case[key]) for key in ("old", "new", "values"))
    grid = fits.Grid(0, tuple(old.tolist()), tuple(new.tolist()), bool(case["antialias"]))

    found = fitted(grid, plain(1, prod(old.tolist()), 2), (1, prod(new.tolist()), 2))

    assert np.abs(found[0] - values).max() <= ROUNDING


@pytest.mark.parametrize("case", OTHERS["channels"], ids=lambda case: str(case["count"]))
def test_channels_are_repeated_as_timm_does(case: dict[str, object]) -> None:
    values = np.array(case["values"])

    found = fitted(fits.Channels("repeat"), plain(2, 3, 2, 1), values.shape)

    # timm multiplies in float32: the product is rounded, and the factor before it.
    assert np.abs(found - values).max() <= 13 * 2.0**-23


CASES: list[tuple[Fit, Shape, Shape]] = [
    (fits.FirstRows(), (9, 3), (4, 3)),
    (fits.MeanRow(), (700, 3), (5, 3)),
    (fits.Channels("average"), (2, 3, 2, 2), (2, 5, 2, 2)),
    (fits.Channels("repeat"), (2, 3, 2, 2), (2, 7, 2, 2)),
    (fits.Inflated("repeat"), (2, 3, 2, 2), (2, 3, 4, 2, 2)),
    (fits.Inflated("center"), (2, 3, 2, 2), (2, 3, 3, 2, 2)),
    (fits.Widened("outputs"), (3, 2), (7, 2)),
    (fits.Widened("inputs"), (2, 3, 2), (2, 8, 2)),
    (fits.Grid(2, (3, 3), (4, 5), antialias=False), (1, 11, 3), (1, 22, 3)),
    (fits.Grid(1, (5, 4), (2, 3), antialias=True), (21, 3), (7, 3)),
]


@pytest.mark.parametrize(("fit", "old", "new"), CASES, ids=lambda case: str(case) if isinstance(case, tuple) else "")
def test_any_slice_is_that_slice_of_the_whole(fit: Fit, old: Shape, new: Shape) -> None:
    values = plain(*old)
    everything = fitted(fit, values, new)

    assert everything.shape == new
    for starts in product(*({0, extent // 2} for extent in new)):
        at = tuple(
            slice(start, min(extent, start + extent // 2 + 1)) for start, extent in zip(starts, new, strict=True)
        )
        assert np.array_equal(fitted(fit, values, new, at), everything[at])


@pytest.mark.parametrize(("fit", "old", "new"), CASES, ids=lambda case: str(case) if isinstance(case, tuple) else "")
def test_values_stay_within_the_bounds_that_the_plan_knows(fit: Fit, old: Shape, new: Shape) -> None:
    values = plain(*old)
    low, high = fitting.bounds(fit, old, new, float(values.min()), float(values.max()))

    everything = fitted(fit, values, new)

    assert low <= everything.min()
    assert everything.max() <= high


@pytest.mark.parametrize("how", ["average", "repeat"])
@pytest.mark.parametrize("count", [1, 2, 6, 7])
def test_equal_channels_answer_as_before(how: str, count: int) -> None:
    values = plain(4, 3, 2, 2)
    fit = fits.Channels(how)  # type: ignore[arg-type]  # one of its words

    sums = fitted(fit, values, (4, count, 2, 2)).sum(1)

    if how == "average" or count % 3 == 0 or count == 1:
        assert np.allclose(sums, values.sum(1), rtol=0, atol=1e-12)


def test_an_inflated_kernel_answers_to_a_still_picture_as_before() -> None:
    values = plain(2, 3, 3, 3)
    repeated = fitted(fits.Inflated("repeat"), values, (2, 3, 4, 3, 3))
    centered = fitted(fits.Inflated("center"), values, (2, 3, 5, 3, 3))

    assert np.allclose(repeated.sum(2), values, rtol=0, atol=1e-12)
    assert np.array_equal(centered[:, :, 2], values)
    assert not centered[:, :, [0, 1, 3, 4]].any()


def test_the_mean_of_rows_is_the_mean_however_many_there_are() -> None:
    for count in (1, 255, 256, 257, 1000):
        values = plain(count, 2)
        assert np.allclose(fitted(fits.MeanRow(), values, (3, 2)), values.mean(0), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("fit", "old", "new", "said"),
    [
        (fits.MeanRow(), (9, 3), (4, 5), "(9, 3) has another axis 1 than (4, 5)"),
        (fits.MeanRow(), (9, 3), (4,), "of shapes with as many axes"),
        (fits.FirstRows(), (3, 2), (4, 2), "3 rows are no 4"),
        (fits.Channels("average"), (4,), (8,), "axis 1"),
        (fits.Inflated("repeat"), (2, 3, 2, 2), (2, 3, 4, 3, 3), "without its axis 2"),
        (fits.Widened("outputs"), (8, 2), (4, 2), "8 outputs do not become 4"),
        (fits.Grid(0, (3, 3), (4, 4), antialias=False), (1, 10, 2), (1, 16, 2), "are not the 10 positions"),
        (fits.Grid(0, (3, 3), (4, 4), antialias=False), (1, 9, 2), (1, 16, 3), "has others than"),
    ],
)
def test_what_does_not_fit_is_said_with_its_sizes(fit: Fit, old: Shape, new: Shape, said: str) -> None:
    problem = fits.misfit(fit, old, new)

    assert problem is not None
    assert said in problem
    assert fault(draws.Fitted(draws.Constant(1.0), old, fit), new) == problem


def test_a_fitted_draw_goes_to_json_and_comes_back() -> None:
    for fit, old, _ in CASES:
        draw = draws.Fitted(draws.Loaded("a.npz", "w"), old, fit)
        assert draws.from_json(json.loads(json.dumps(draws.to_json(draw)))) == draw
