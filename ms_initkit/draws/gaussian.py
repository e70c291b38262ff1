"""The normal distribution function and its inverse, in float64 and the same bit for bit on every machine.

Made of ``portable``'s functions, under the same rules.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.portable import SQRT_HALF, Portable, exp_of_arrays, log_of_arrays, polynomial

LOG_SQRT_2PI: Final = 0.9189385332046728

# Cody 1969, as in his CALERF: erf on [0, 0.46875], erfc on [0.46875, 4], erfc beyond 4.
_ERF_P: Final = (
    1.85777706184603153e-1,
    3.16112374387056560e00,
    1.13864154151050156e02,
    3.77485237685302021e02,
    3.20937758913846947e03,
)

_ERF_Q: Final = (1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03)

_ERFC_P: Final = (
    2.15311535474403846e-8,
    5.64188496988670089e-1,
    8.88314979438837594e0,
    6.61191906371416295e01,
    2.98635138197400131e02,
    8.81952221241769090e02,
    1.71204761263407058e03,
    2.05107837782607147e03,
    1.23033935479799725e03,
)

_ERFC_Q: Final = (
    1.0,
    1.57449261107098347e01,
    1.17693950891312499e02,
    5.37181101862009858e02,
    1.62138957456669019e03,
    3.29079923573345963e03,
    4.36261909014324716e03,
    3.43936767414372164e03,
    1.23033935480374942e03,
)

_FAR_P: Final = (
    1.63153871373020978e-2,
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
)

_FAR_Q: Final = (
    1.0,
    2.56852019228982242e00,
    1.87295284992346725e00,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)


def _scaled_erfc(y: Floats) -> Floats:
    """``exp(y**2) * erfc(y)`` for ``y`` of at least 0.46875."""
    near = np.clip(y, 0.46875, 4.0)
    middle = polynomial(near, _ERFC_P) / polynomial(near, _ERFC_Q)
    beyond = np.maximum(y, 4.0)
    z = 1.0 / (beyond * beyond)
    rest = z * (polynomial(z, _FAR_P) / polynomial(z, _FAR_Q))
    far = (5.6418958354775628695e-1 - rest) / beyond
    return np.where(y <= 4.0, middle, far)


def _exp_minus_square(y: Floats, half: float) -> Floats:
    """``exp(-half * y**2)``; squaring the first bits exactly keeps the relative error from growing with ``y**2``."""
    y = np.minimum(y, 60.0)
    first = np.floor(y * 16.0) * 0.0625
    return exp_of_arrays(-half * (first * first)) * exp_of_arrays(-half * ((y - first) * (y + first)))


def _erf_near(y: Floats) -> Floats:
    near = np.clip(y, -0.46875, 0.46875)
    z = near * near
    return near * (polynomial(z, _ERF_P) / polynomial(z, _ERF_Q))


@Portable
def erfc(x: Floats) -> Floats:
    """The complementary error function, to a relative error of 1e-14 far into the tail.

    Sources: Cody 1969, "Rational Chebyshev approximations for the error function", Math. Comp. 23.
    """
    y = np.abs(x)
    tail = _exp_minus_square(y, 1.0) * _scaled_erfc(y)
    tail = np.where(x < 0.0, 2.0 - tail, tail)
    return np.where(np.isnan(x), np.nan, np.where(y <= 0.46875, 1.0 - _erf_near(x), tail))


@Portable
def ndtr(x: Floats) -> Floats:
    """The standard normal CDF, to a relative error of 1e-14 down to the smallest normal number.

    Sources: as ``erfc``. The square is split before halving, as in Cody's ANORM, which ``erfc(-x / sqrt(2)) / 2``
    would not be.
    """
    y = np.abs(x) * SQRT_HALF
    tail = 0.5 * (_exp_minus_square(np.abs(x), 0.5) * _scaled_erfc(y))
    tail = np.where(x > 0.0, 1.0 - tail, tail)
    return np.where(np.isnan(x), np.nan, np.where(y <= 0.46875, 0.5 + 0.5 * _erf_near(x * SQRT_HALF), tail))


@Portable
def log_ndtr(x: Floats) -> Floats:
    """The logarithm of the standard normal CDF, where the CDF itself would underflow too. Sources: as ``ndtr``."""
    y = np.abs(x) * SQRT_HALF
    scaled = 0.5 * _scaled_erfc(y)
    lower = log_of_arrays(scaled) - 0.5 * x * x
    upper = -scaled * _exp_minus_square(np.abs(x), 0.5)
    u = 1.0 + upper
    above = np.where(u == 1.0, upper, log_of_arrays(u) * (upper / (u - 1.0)))
    centre = log_of_arrays(0.5 + 0.5 * _erf_near(x * SQRT_HALF))
    result = np.where(y <= 0.46875, centre, np.where(x < 0.0, lower, above))
    return np.where(x == -np.inf, -np.inf, np.where(x == np.inf, 0.0, result))


# Wichura 1988, AS241 PPND16: the centre, the tail up to sqrt(-log p) = 5, and beyond; highest power first.
PPND16_CENTRE_P: Final = (
    2.5090809287301226727e3,
    3.3430575583588128105e4,
    6.7265770927008700853e4,
    4.5921953931549871457e4,
    1.3731693765509461125e4,
    1.9715909503065514427e3,
    1.3314166789178437745e2,
    3.3871328727963666080e0,
)

PPND16_CENTRE_Q: Final = (
    5.2264952788528545610e3,
    2.8729085735721942674e4,
    3.9307895800092710610e4,
    2.1213794301586595867e4,
    5.3941960214247511077e3,
    6.8718700749205790830e2,
    4.2313330701600911252e1,
    1.0,
)

PPND16_TAIL_P: Final = (
    7.74545014278341407640e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258e0,
    3.64784832476320460504e0,
    5.76949722146069140550e0,
    4.63033784615654529590e0,
    1.42343711074968357734e0,
)

PPND16_TAIL_Q: Final = (
    1.05075007164441684324e-9,
    5.47593808499534494600e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940e0,
    2.05319162663775882187e0,
    1.0,
)

PPND16_FAR_P: Final = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    1.24266094738807843860e-3,
    2.65321895265761230930e-2,
    2.96560571828504891230e-1,
    1.78482653991729133580e0,
    5.46378491116411436990e0,
    6.65790464350110377720e0,
)

PPND16_FAR_Q: Final = (
    2.04426310338993978564e-15,
    1.42151175831644588870e-7,
    1.84631831751005468180e-5,
    7.86869131145613259100e-4,
    1.48753612908506148525e-2,
    1.36929880922735805310e-1,
    5.99832206555887937690e-1,
    1.0,
)


def _ndtri_tail(log_p: Floats) -> Floats:
    """``-ndtri(exp(log_p))`` for ``p`` of at most 0.075."""
    r = np.sqrt(-log_p)
    near = np.clip(r, 1.6, 5.0) - 1.6
    tail = polynomial(near, PPND16_TAIL_P) / polynomial(near, PPND16_TAIL_Q)
    beyond = np.maximum(r, 5.0) - 5.0
    far = polynomial(beyond, PPND16_FAR_P) / polynomial(beyond, PPND16_FAR_Q)
    return np.where(r <= 5.0, tail, far)


@Portable
def ndtri(p: Floats) -> Floats:
    """The inverse of ``ndtr``: the ``p``-quantile of the standard normal.

    Sources: Wichura 1988, algorithm AS241 (PPND16), Applied Statistics 37.
    """
    q = p - 0.5
    centre = 0.180625 - q * q
    middle = q * (polynomial(centre, PPND16_CENTRE_P) / polynomial(centre, PPND16_CENTRE_Q))
    tail = _ndtri_tail(log_of_arrays(np.where(q < 0.0, p, 1.0 - p)))
    result = np.where(np.abs(q) <= 0.425, middle, np.where(q < 0.0, -tail, tail))
    result = np.where(p == 0.0, -np.inf, np.where(p == 1.0, np.inf, result))
    return np.where((p >= 0.0) & (p <= 1.0), result, np.nan)


@Portable
def ndtri_of_log(log_p: Floats) -> Floats:
    """``ndtri(exp(log_p))`` for ``p`` up to 0.9, also where ``exp`` would underflow.

    Sources: AS241 as in ``ndtri``; beyond 37 standard deviations, where AS241 ends, Newton's method on the asymptotic
    series of the logarithm of the CDF (Abramowitz & Stegun 1964, 26.2.12).
    """
    q = exp_of_arrays(log_p) - 0.5
    centre = 0.180625 - q * q
    middle = q * (polynomial(centre, PPND16_CENTRE_P) / polynomial(centre, PPND16_CENTRE_Q))
    tail = _ndtri_tail(log_p)
    z = np.sqrt(-2.0 * np.minimum(log_p, -600.0))
    for _ in range(4):
        s = 1.0 / (z * z)
        series = -0.5 * z * z - log_of_arrays(z) - LOG_SQRT_2PI - s * (1.0 - s * (2.5 - s * (37.0 / 3.0)))
        z = z + (series - log_p) / (z + 1.0 / z)
    return np.where(q >= -0.425, middle, -np.where(log_p < -700.0, z, tail))
