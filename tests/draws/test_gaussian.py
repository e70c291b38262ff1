"""``ms_initkit.draws.gaussian`` against SciPy and continued fractions in 50 digits."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal

import numpy as np
import pytest
import scipy.special
from numpy.typing import NDArray

from ms_initkit.draws import gaussian

Array = NDArray[np.float64]


RNG = np.random.default_rng(20)


def error(got: Array, reference: Array) -> float:
    """The largest relative error."""
    return float(np.max(np.abs(got - reference) / np.abs(reference)))


def lower_tail(x: float) -> float:
    """The normal CDF at ``-x``, by its continued fraction in 50 digits (Abramowitz & Stegun 26.2.14)."""
    with decimal.localcontext() as context:
        context.prec = 50
        exact = Decimal(x)
        fraction = exact
        for k in range(400, 0, -1):
            fraction = exact + k / fraction
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582")
        return float((-exact * exact / 2).exp() / (2 * pi).sqrt() / fraction)


@pytest.mark.parametrize("x", [2.5, 3.1, 5.0, 6.0, 8.0, 12.7, 20.3, 37.0])
def test_the_tail_of_the_normal_keeps_its_digits(x: float) -> None:
    assert gaussian.ndtr(-x) == pytest.approx(lower_tail(x), rel=1e-14, abs=0.0)
    assert gaussian.log_ndtr(-x) == pytest.approx(math.log(lower_tail(x)), rel=1e-15, abs=0.0)
    assert gaussian.ndtri(lower_tail(x)) == pytest.approx(-x, rel=1e-15, abs=0.0)


def test_the_normal_agrees_with_scipy() -> None:
    x = RNG.uniform(-6.0, 6.0, 20_000)
    p = np.exp(RNG.uniform(-700.0, 0.0, 20_000))

    assert error(gaussian.ndtr(x), scipy.special.ndtr(x)) < 1e-14
    assert error(gaussian.erfc(x), scipy.special.erfc(x)) < 1e-14
    assert error(gaussian.ndtri(p), scipy.special.ndtri(p)) < 3e-15


@pytest.mark.parametrize("sigma", [0.1, 1.3, 1.6, 5.0, 20.0, 37.4, 38.0, 60.0, 1000.0])
def test_the_quantile_of_a_logarithm_inverts_it(sigma: float) -> None:
    assert gaussian.ndtri_of_log(gaussian.log_ndtr(-sigma)) == pytest.approx(-sigma, rel=1e-12)
