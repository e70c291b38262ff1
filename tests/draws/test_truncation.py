"""Moments of truncated normals against SciPy's closed forms and numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ms_initkit.draws.truncation import GAUSS_LEGENDRE, central_moments, std


@given(low=st.floats(-4.0, 3.0), width=st.floats(0.5, 8.0))
def test_moments_are_scipys(low: float, width: float) -> None:
    law = stats.truncnorm(low, low + width)
    mean, variance, skew, excess = (float(value) for value in law.stats("mvsk"))

    found = central_moments(low, low + width)

    # SciPy's closed forms lose digits by cancellation, the more the narrower the interval.
    assert found == pytest.approx(
        (mean, variance, skew * variance**1.5, (excess + 3) * variance**2), rel=1e-6, abs=1e-7
    )
    assert std(low, low + width) == math.sqrt(found[1])


@given(low=st.floats(-10.0, 10.0), width=st.floats(0.01, 3.0))
def test_the_mirrored_interval_has_the_mirrored_moments(low: float, width: float) -> None:
    high = low + width
    mean, variance, third, fourth = central_moments(low, high)

    mirrored = central_moments(-high, -low)

    assert mirrored == pytest.approx((-mean, variance, -third, fourth), rel=1e-9, abs=1e-12)
    assert low <= mean <= high


def test_nothing_is_cut_off_far_out() -> None:
    assert central_moments(-math.inf, math.inf) == (0.0, 1.0, 0.0, 3.0)
    assert std(-2.0, 2.0) == pytest.approx(math.sqrt(central_moments(-2.0, 2.0)[1]), rel=1e-14)


def test_the_quadrature_is_exact_for_polynomials_of_degree_39() -> None:
    for power in range(40):
        exact = 0.0 if power % 2 else 2 / (power + 1)
        assert math.fsum(weight * x**power for x, weight in GAUSS_LEGENDRE) == pytest.approx(exact, abs=4e-15)
