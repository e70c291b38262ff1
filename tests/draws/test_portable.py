"""``ms_initkit.draws.portable`` against libm, SciPy and continued fractions in 50 digits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
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
