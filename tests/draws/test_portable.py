"""``ms_initkit.draws.portable`` against libm, SciPy and continued fractions in 50 digits."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
import scipy.special
from numpy.typing import NDArray

from ms_initkit.draws import gaussian, portable

Array = NDArray[np.float64]
RNG = np.random.default_rng(20)
LOGARITHMIC = np.exp(RNG.uniform(-700.0, 700.0, 20_000))
NEAR_ZERO = RNG.normal(0.0, 1e-3, 20_000)
LARGE_ANGLES = np.exp(RNG.uniform(0.0, 700.0, 500))


def error(got: Array, reference: Array) -> float:
    """The largest relative error."""
    return float(np.max(np.abs(got - reference) / np.abs(reference)))


@pytest.mark.parametrize(
    ("function", "reference", "x"),
    [
        (portable.log, math.log, LOGARITHMIC),
        (portable.log, math.log, 1.0 + NEAR_ZERO),
        (portable.exp, math.exp, RNG.uniform(-708.0, 709.0, 20_000)),
        (portable.expm1, math.expm1, NEAR_ZERO),
        (portable.expm1, math.expm1, RNG.uniform(-5.0, 5.0, 20_000)),
        (portable.sin, math.sin, RNG.uniform(-9e5, 9e5, 20_000)),
        (portable.cos, math.cos, RNG.uniform(-9e5, 9e5, 20_000)),
        (portable.sin, math.sin, np.arange(1.0, 1000.0) * math.pi),
        (portable.cos, math.cos, LARGE_ANGLES),
        (portable.sin, math.sin, LARGE_ANGLES),
    ],
)
def test_elementary_functions_agree_with_libm(
    function: Callable[[Array], Array], reference: Callable[[float], float], x: Array
) -> None:
    assert error(function(x), np.array([reference(v) for v in x])) < 1e-15


def test_power_agrees_with_libm() -> None:
    x, y = np.exp(RNG.uniform(-20.0, 20.0, 20_000)), RNG.uniform(-30.0, 30.0, 20_000)

    got = portable.power(x, y)

    assert error(got, np.array([a**b for a, b in zip(x.tolist(), y.tolist(), strict=True)])) < 2e-15


def test_power_is_exact_where_the_result_is() -> None:
    assert portable.power(2.0, 10.0) == 1024.0
    assert portable.power(10.0, -2.0) == 0.01
    assert portable.power(9.0, 0.5) == 3.0
    assert portable.power(-3.0, 3.0) == -27.0


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


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (portable.log(0.0), -math.inf),
        (portable.log(-1.0), math.nan),
        (portable.log(math.inf), math.inf),
        (portable.log(5e-324), math.log(5e-324)),
        (portable.exp(-1e9), 0.0),
        (portable.exp(1e9), math.inf),
        (portable.exp(-745.0), 5e-324),
        (portable.exp(math.nan), math.nan),
        (portable.expm1(1e-300), 1e-300),
        (portable.sin(math.inf), math.nan),
        (portable.power(0.0, -1.0), math.inf),
        (portable.power(0.0, 0.0), 1.0),
        (portable.power(-2.0, 0.3), math.nan),
        (gaussian.ndtr(-math.inf), 0.0),
        (gaussian.ndtr(math.inf), 1.0),
        (gaussian.erfc(math.inf), 0.0),
        (gaussian.ndtri(0.0), -math.inf),
        (gaussian.ndtri(1.0), math.inf),
        (gaussian.ndtri(2.0), math.nan),
    ],
)
def test_the_edges_are_ieee_754s(got: float, expected: float) -> None:
    np.testing.assert_equal(got, expected)


def test_a_scalar_gives_a_float_and_an_array_its_shape() -> None:
    assert type(portable.log(2)) is float
    assert portable.log(np.ones((2, 3))).shape == (2, 3)
    assert portable.power(2.0, np.arange(3.0)).tolist() == [1.0, 2.0, 4.0]


def test_the_bits_are_pinned() -> None:
    """Any machine must give these; a libm somewhere underneath would show here first."""
    x = np.linspace(0.001, 30.0, 4099)
    functions: list[Callable[[Array], Array]] = [
        portable.log,
        portable.exp,
        portable.expm1,
        portable.sin,
        portable.cos,
        gaussian.erfc,
    ]
    total = 0
    for function in functions:
        for bits in function(x).view(np.uint64).tolist():
            total = (total * 1099511628211 + bits) % 2**64
    for bits in gaussian.ndtri(x / 30.0001).view(np.uint64).tolist():
        total = (total * 1099511628211 + bits) % 2**64
    assert hex(total) == "0x50fa9924e45015b4"
