"""Mean, deviation, kurtosis and bounds of a draw, as its plan tells them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ms_initkit import draws, stream
from ms_initkit.draws.functions import Functions, Normalize
from ms_initkit.draws.moments import moments
from ms_initkit.formulas import elementary, scaling
from ms_initkit.formulas.base import Formula
from tests.draws.edited import BOX, LOWER, NOISE, NOISY, SHAPE
from tests.formulas.sampled import at
from tests.laws import EXAMPLES

KEY = stream.key(3, "w")


RANDOM = [name for name, example in EXAMPLES.items() if example.law is not None]
NORMAL = draws.Normal(0.0, 1.0)


def test_moments_add_up() -> None:
    found = moments(NOISY, (1 << 10, 1 << 10))
    values = stream.sample(NOISY, (1 << 10, 1 << 10), KEY).astype(np.float64)

    assert found.mean == 0.0
    assert found.std == pytest.approx(math.sqrt(1 / 3 + 1 / 4))
    assert found.kurtosis is not None
    measured = ((values - values.mean()) ** 4).mean() / values.var() ** 2
    # The standard error of a normal's kurtosis is sqrt(24 / n), and this law's tails are lighter.
    assert abs(found.kurtosis - measured) < 5 * math.sqrt(24 / values.size)


def test_moments_of_laws_that_differ_by_place_are_not_known() -> None:
    uneven = draws.Blocks(0, (1, 1), (draws.Normal(-1.0, 0.1), draws.Normal(1.0, 0.1)))

    assert moments(draws.Edited(uneven, (draws.AddDraw(uneven, "a"),)), (2, 4)).std is None
    assert moments(draws.Edited(uneven, (draws.SetRows((0,)), NOISE)), (2, 4)).std is None


def test_moments_of_a_magnitude_and_of_what_is_set() -> None:
    half = moments(draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("abs"),)), SHAPE)
    assert half.mean == pytest.approx(math.sqrt(2 / math.pi), rel=1e-5)
    assert half.low == 0.0
    zeroed = draws.Edited(draws.Normal(0.0, 1.0), (draws.SetBox((((0, 400),), ((0, 250),)), 0.0),))
    assert moments(zeroed, SHAPE).std == pytest.approx(math.sqrt(0.5))
    for edits in ((BOX,), (LOWER,), (draws.SetRows((1,)), draws.SetBox((((0, 400),), ((0, 250),)), 0.0))):
        assert moments(draws.Edited(draws.Normal(0.0, 1.0), edits), SHAPE).std is None


@pytest.mark.parametrize("name", RANDOM)
def test_moments_are_those_of_the_law(name: str) -> None:
    example = EXAMPLES[name]

    found = moments(example.formula.resolve(example.site), example.shape)

    law = example.law
    assert law is not None
    assert found.mean == pytest.approx(law.mean, rel=1e-5, abs=1e-9)
    assert found.std == pytest.approx(law.std, rel=1e-5)
    assert found.kurtosis == pytest.approx(law.kurtosis, rel=1e-4)
    assert found.low == (pytest.approx(law.low, abs=1e-12, rel=1e-9) if math.isfinite(law.low) else None)
    assert found.high == (pytest.approx(law.high, abs=1e-12, rel=1e-9) if math.isfinite(law.high) else None)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in RANDOM])
def test_moments_of_what_is_no_law_are_those_of_the_values(name: str) -> None:
    example = EXAMPLES[name]
    draw = example.formula.resolve(example.site)

    values = stream.sample(draw, example.shape, stream.key(1, name)).astype(np.float64)

    found = moments(draw, example.shape)
    assert found.std is not None
    assert found.mean == pytest.approx(values.mean(), abs=6 * found.std / math.sqrt(values.size) + 1e-6)
    assert found.std == pytest.approx(values.std(), rel=0.02, abs=1e-7)
    if found.low is not None and found.high is not None:
        rounding = 1e-6 * max(abs(found.low), abs(found.high))
        assert values.min() >= found.low - rounding
        assert values.max() <= found.high + rounding


def test_moments_follow_edits() -> None:
    draw = draws.Edited(
        draws.Normal(0.0, 1.0),
        (draws.SetRows((0,)), draws.Step("add", 1.0), draws.SetElement((0, 1), 5.0), draws.SetElement((1, 1), 5.0)),
    )

    found = moments(draw, (4, 5))

    # 4 elements are 1, 2 are 5, 14 are N(1, 1).
    assert found.mean == pytest.approx((4 + 10 + 14) / 20)
    assert found.std == pytest.approx(math.sqrt((4 + 50 + 14 * 2) / 20 - 1.4**2))


def test_nothing_is_known_of_what_is_loaded() -> None:
    assert moments(draws.Loaded("a.npy", "w"), (2, 2)).std is None
    assert moments(draws.Edited(draws.Keep(), (draws.Step("add", 1.0),)), (2, 2)).mean is None


@pytest.mark.parametrize("low", [20.0, 1e3, 1e6])
def test_far_out_a_truncated_normal_is_an_exponential(low: float) -> None:
    draw = elementary.TruncNormal(1.0, 0.0, low, 2 * low).resolve(at(3))

    found = moments(draw, (3,))
    assert found.mean is not None
    assert (found.mean - low) * low == pytest.approx(1.0, rel=3 / low**2 + 1e-15 * low**2)
    assert found.std is not None
    assert found.std * low == pytest.approx(1.0, rel=4 / low**2)
    assert found.kurtosis == pytest.approx(9.0, rel=20 / low**2 + 1e-6)


@pytest.mark.parametrize(
    ("formula", "std", "kurtosis"),
    [
        (elementary.Normal(1e300), 1e300, 3.0),
        (elementary.Normal(1e-300), 1e-300, 3.0),
        (elementary.Uniform(1e200), 1e200 / math.sqrt(3), 1.8),
        (elementary.Uniform(low=0.0, high=1.7e308), 1.7e308 / math.sqrt(12), 1.8),
        (scaling.VarianceScaling(1e-300, distribution="normal"), math.sqrt(1e-300 / 288), 3.0),
        (elementary.TruncNormalTf(1e-200), 1e-200 * stats.truncnorm(-2, 2).std(), 2.3655),
        (elementary.Mixture(((0.5, elementary.Constant(-1e250)), (0.5, elementary.Constant(1e250)))), 1e250, 1.0),
    ],
)
def test_moments_of_extreme_laws_are_numbers(formula: Formula, std: float, kurtosis: float) -> None:
    found = moments(formula.resolve(at(64, 32, 3, 3)), (64, 32, 3, 3))

    assert found.std == pytest.approx(std, rel=1e-9)
    assert found.kurtosis == pytest.approx(kurtosis, rel=1e-4)


def made(shape: tuple[int, ...], function: Functions, draw: draws.Draw = NORMAL) -> NDArray[np.float32]:
    return stream.sample(draws.Made(draw, shape, function), function.result(shape, ()), KEY)


def test_the_law_of_a_normal_on_the_sphere() -> None:
    shape = (1 << 12, 16)
    found = moments(draws.Made(NORMAL, shape, Normalize((1,), 4.0)), shape)
    values = made(shape, Normalize((1,), 4.0)).astype(np.float64)

    assert (found.mean, found.std, found.low, found.high) == (0.0, 1.0, -4.0, 4.0)
    assert found.kurtosis is not None
    # Five standard errors of a kurtosis of at most a normal's: sqrt(24 / n).
    assert abs((values**4).mean() / (values**2).mean() ** 2 - found.kurtosis) < 5 * (24 / values.size) ** 0.5
    assert moments(draws.Made(draws.Uniform(0.0, 1.0), shape, Normalize((1,), 4.0)), shape).std is None
