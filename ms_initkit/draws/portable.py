"""Elementary functions in float64 whose results are the same bit for bit on every machine.

NumPy's and libm's ``log``, ``exp`` and their kin differ in the last bit between instruction sets and library
versions, so they may not decide a value. Everything here is made of operations that IEEE 754 fixes exactly (``+ - *
/``, ``sqrt``, comparisons, ``rint``, moving the exponent), in a fixed order and without fused multiply-adds. Relative
error is below 1e-14 everywhere (a few units in the last place; each function names its method). Arguments are scalars
or arrays; a scalar gives a ``float``. Domain errors give ``nan`` or ``inf`` as IEEE 754 would, without warnings.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ms_initkit.draws.arrays import Floats


LN2_HIGH: Final = 6.93147180369123816490e-01  # the first 32 bits, so that k * LN2_HIGH is exact
LN2_LOW: Final = 1.90821492927058770002e-10
SQRT_HALF: Final = 0.7071067811865476
LOG_SQRT_2PI: Final = 0.9189385332046728


class _Portable:
    """A function of arrays that also takes scalars, and keeps NumPy's warnings to itself."""

    def __init__(self, function: Callable[..., Floats]) -> None:
        self._function = function
        functools.update_wrapper(self, function)

    @overload
    def __call__(self, x: float, /, *rest: float) -> float: ...
    @overload
    def __call__(self, x: NDArray[Any], /, *rest: NDArray[Any] | float) -> Floats: ...
    @overload
    def __call__(self, x: float, y: NDArray[Any], /) -> Floats: ...
    def __call__(self, *arguments: NDArray[Any] | float) -> float | Floats:
        arrays = [np.asarray(argument, np.float64) for argument in arguments]
        with np.errstate(all="ignore"):
            result = self._function(*(np.atleast_1d(array) for array in arrays))
        return float(result[0]) if all(array.ndim == 0 for array in arrays) else result


def _polynomial(x: Floats, coefficients: tuple[float, ...]) -> Floats:
    """Horner's rule; the highest power comes first."""
    result = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        result = result * x + coefficient
    return result


def _scale(x: Floats, k: Floats) -> Floats:
    """``x * 2**k`` in two steps, so that neither factor overflows and a subnormal result is rounded once."""
    k = np.clip(k, -2200.0, 2200.0)
    half = np.rint(k * 0.5).astype(np.int32)
    return np.ldexp(np.ldexp(x, half), k.astype(np.int32) - half)


def _split(x: Floats) -> tuple[Floats, Floats]:
    """``x = m * 2**k`` with ``m`` in [sqrt(1/2), sqrt(2))."""
    m, k = np.frexp(x)
    low = m < SQRT_HALF
    return np.where(low, m * 2.0, m), np.where(low, k - 1, k).astype(np.float64)


LOG: Final = (
    1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
    2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01,
)  # fmt: skip


def _log(x: Floats) -> Floats:
    m, k = _split(x)
    f = m - 1.0
    s: Floats = f / (2.0 + f)
    z: Floats = s * s
    half = 0.5 * f * f
    result = k * LN2_HIGH - ((half - (s * (half + z * _polynomial(z, LOG)) + k * LN2_LOW)) - f)
    result = np.where(x == 0.0, -np.inf, np.where(x == np.inf, np.inf, result))
    return np.where((x < 0.0) | np.isnan(x), np.nan, result)


@_Portable
def log(x: Floats) -> Floats:
    """The natural logarithm.

    Sources: fdlibm ``e_log.c`` (Sun Microsystems 1993): a minimax polynomial in ``s = f / (2 + f)``.
    """
    return _log(x)


EXP: Final = (
    4.13813679705723846039e-08, -1.65339022054652515390e-06, 6.61375632143793436117e-05,
    -2.77777777770155933842e-03, 1.66666666666666019037e-01,
)  # fmt: skip


def _exp(x: Floats) -> Floats:
    x = np.where(x > 800.0, 800.0, np.where(x < -800.0, -800.0, x))
    k = np.rint(np.where(np.isnan(x), 0.0, x) * 1.4426950408889634)
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    t = r * r
    c = r - t * _polynomial(t, EXP)
    return _scale(1.0 - ((low - (r * c) / (2.0 - c)) - high), k)


@_Portable
def exp(x: Floats) -> Floats:
    """The exponential.

    Sources: fdlibm ``e_exp.c`` (Sun Microsystems 1993): reduction by ln 2 in two parts, Remez in ``r**2``.
    """
    return _exp(x)


_EXPM1: Final = (
    -2.01099218183624371326e-07, 4.00821782732936239552e-06, -7.93650757867487942473e-05,
    1.58730158725481460165e-03, -3.33333333333331316428e-02, 1.0,
)  # fmt: skip


@_Portable
def expm1(x: Floats) -> Floats:
    """``exp(x) - 1`` without cancellation near 0.

    Sources: fdlibm ``s_expm1.c`` (Sun Microsystems 1993), its unreduced case; from 0.35 on the subtraction is harmless.
    """
    near = np.where(np.abs(x) < 0.35, x, 0.0)
    half = 0.5 * near
    square = near * half
    r = _polynomial(square, _EXPM1)
    t = 3.0 - r * half
    small = near - (near * (square * ((r - t) / (6.0 - near * t))) - square)
    small = np.where(near == 0.0, near, small)
    return np.where(np.abs(x) < 0.35, np.where(x == 0.0, x, small), _exp(x) - 1.0)


_SIN: Final = (
    1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
    -1.98412698298579493134e-04, 8.33333333332248946124e-03,
)  # fmt: skip
_COS: Final = (
    -1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
    2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02,
)  # fmt: skip
# pi/2 in three parts of 33 bits and a remainder, so that k * part is exact for k < 2**20.
_HALF_PI: Final = (
    1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624871116645580e-21, 8.47842766036889956997e-32,
)  # fmt: skip
_LARGE: Final = 1.0e6  # from here on the reduction is done in integers


@functools.cache
def _half_pi_digits() -> tuple[int, int]:
    """``(round(pi/2 * 2**bits), bits)``, by Machin's formula in integers; enough bits for the largest float64."""
    bits = 1300
    one = 1 << (bits + 32)

    def arctan_inverse(n: int) -> int:
        total = term = one // n
        sign, divisor = -1, 3
        while term:
            term //= n * n
            total += sign * (term // divisor)
            sign, divisor = -sign, divisor + 2
        return total

    return (2 * (4 * arctan_inverse(5) - arctan_inverse(239))) >> 32, bits


def _reduce_large(x: float) -> tuple[int, float]:
    """The quadrant and remainder of one large ``x``: exact, in integers."""
    half_pi, bits = _half_pi_digits()
    numerator, denominator = x.as_integer_ratio()
    scaled = (numerator << bits) // denominator
    quadrant, rest = divmod(scaled + half_pi // 2, half_pi)
    # A float64 is an integer here, and 1300 bits of pi times 2**1024 leave over 200 good ones.
    rest -= half_pi // 2
    return quadrant % 4, rest / (1 << bits)


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """``a + b`` and its rounding error (Knuth)."""
    total = a + b
    virtual = total - a
    return total, (a - (total - virtual)) + (b - virtual)


def _reduce(x: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """``x = quadrant * pi/2 + high + low`` with ``|high|`` at most pi/4."""
    is_large = np.abs(x) >= _LARGE
    small = np.where(is_large | np.isnan(x), 0.0, x)
    k = np.rint(small * 0.6366197723675814)
    high = small - k * _HALF_PI[0]
    low = np.zeros_like(high)
    for part in _HALF_PI[1:]:
        high, error = _two_sum(high, -(k * part))
        low = low + error
    high, low = _two_sum(high, low)
    quadrant = k.astype(np.int64) & 3
    for place in np.argwhere(is_large & np.isfinite(x)):
        at = tuple(place)
        quadrant[at], high[at] = _reduce_large(float(x[at]))
        low[at] = 0.0
    return quadrant, np.where(np.isfinite(x), high, np.nan), low


def _sin_cos(x: Floats, shift: int) -> Floats:
    quadrant, y, low = _reduce(x)
    z = y * y
    v = z * y
    sine = y - ((z * (0.5 * low - v * _polynomial(z, _SIN)) - low) - v * -1.66666666666666324348e-01)
    half = 0.5 * z
    w = 1.0 - half
    cosine = w + (((1.0 - w) - half) + (z * (z * _polynomial(z, _COS)) - y * low))
    quadrant = (quadrant + shift) & 3
    result = np.where(quadrant & 1 == 0, sine, cosine)
    return np.where(quadrant & 2 == 0, result, -result)


@_Portable
def sin(x: Floats) -> Floats:
    """The sine of ``x`` radians, right for every finite ``x``.

    Sources: fdlibm ``k_sin.c`` and ``e_rem_pio2.c`` (Sun Microsystems 1993).
    """
    return np.where(x == 0.0, x, _sin_cos(x, 0))


@_Portable
def cos(x: Floats) -> Floats:
    """The cosine of ``x`` radians, right for every finite ``x``.

    Sources: fdlibm ``k_cos.c`` and ``e_rem_pio2.c`` (Sun Microsystems 1993).
    """
    return _sin_cos(x, 1)


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """``a * b`` and its rounding error (Dekker), without a fused multiply-add."""
    split = 134217729.0
    a_high = a * split - (a * split - a)
    b_high = b * split - (b * split - b)
    a_low, b_low = a - a_high, b - b_high
    product = a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _log_in_two_parts(x: Floats) -> tuple[Floats, Floats]:
    """``log x`` as ``high + low``, about five bits finer than float64, which ``power`` multiplies away again."""
    m, k = _split(x)
    f = m - 1.0
    below, below_error = _two_sum(np.full_like(f, 2.0), f)
    s = f / below
    product, product_error = _two_product(s, below)
    s_low = ((f - product) - product_error - s * below_error) / below
    z = s * s
    tail = s * z * _polynomial(z, LOG)
    high, error = _two_sum(k * LN2_HIGH, 2.0 * s)
    rest = error + (2.0 * s_low + tail + k * LN2_LOW)
    return _two_sum(high, rest)


def _integer_power(x: Floats, n: int) -> Floats:
    result = np.ones_like(x)
    square, left = x, abs(n)
    while left:
        if left & 1:
            result = result * square
        square, left = square * square, left >> 1
    return 1.0 / result if n < 0 else result


@_Portable
def power(x: Floats, y: Floats) -> Floats:
    """``x ** y``; small whole exponents by multiplication, 1/2 by ``sqrt``, the rest by a logarithm in two parts.

    A negative ``x`` needs a whole ``y``.
    """
    x, y = np.broadcast_arrays(x, y)
    magnitude = np.abs(x)
    high, low = _log_in_two_parts(np.where(magnitude > 0.0, magnitude, 1.0))
    bounded = np.clip(y, -1e6 / np.maximum(np.abs(high), 1e-300), 1e6 / np.maximum(np.abs(high), 1e-300))
    product, error = _two_product(high, bounded)
    error = error + low * bounded
    base = _exp(product)
    result = base + np.where(np.isfinite(base), base * error, 0.0)
    whole = np.rint(y) == y
    odd = whole & (np.abs(y) < 2.0**53) & (np.rint(y * 0.5) != y * 0.5)
    result = np.where(magnitude == 0.0, np.where(y > 0.0, 0.0, np.inf), result)
    result = np.where(magnitude == np.inf, np.where(y > 0.0, np.inf, 0.0), result)
    result = np.where(np.signbit(x), np.where(odd, -result, np.where(whole, result, np.nan)), result)
    for n in np.unique(y[whole & (np.abs(y) <= 8.0)]):
        result = np.where(y == n, _integer_power(x, int(n)), result)
    result = np.where(y == 0.5, np.sqrt(x), result)
    return np.where(y == 0.0, 1.0, np.where(np.isnan(x) | np.isnan(y), np.nan, result))


# Cody 1969, as in his CALERF: erf on [0, 0.46875], erfc on [0.46875, 4], erfc beyond 4.
_ERF_P: Final = (
    1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02,
    3.20937758913846947e03,
)  # fmt: skip
_ERF_Q: Final = (
    1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03,
)  # fmt: skip
_ERFC_P: Final = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01,
    2.98635138197400131e02, 8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03,
    1.23033935479799725e03,
)  # fmt: skip
_ERFC_Q: Final = (
    1.0, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
    3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03,
)  # fmt: skip
_FAR_P: Final = (
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
    1.60837851487422766e-2, 6.58749161529837803e-4,
)  # fmt: skip
_FAR_Q: Final = (
    1.0, 2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2,
    2.33520497626869185e-3,
)  # fmt: skip


def _scaled_erfc(y: Floats) -> Floats:
    """``exp(y**2) * erfc(y)`` for ``y`` of at least 0.46875."""
    near = np.clip(y, 0.46875, 4.0)
    middle = _polynomial(near, _ERFC_P) / _polynomial(near, _ERFC_Q)
    beyond = np.maximum(y, 4.0)
    z = 1.0 / (beyond * beyond)
    rest = z * (_polynomial(z, _FAR_P) / _polynomial(z, _FAR_Q))
    far = (5.6418958354775628695e-1 - rest) / beyond
    return np.where(y <= 4.0, middle, far)


def _exp_minus_square(y: Floats, half: float) -> Floats:
    """``exp(-half * y**2)``; squaring the first bits exactly keeps the relative error from growing with ``y**2``."""
    y = np.minimum(y, 60.0)
    first = np.floor(y * 16.0) * 0.0625
    return _exp(-half * (first * first)) * _exp(-half * ((y - first) * (y + first)))


def _erf_near(y: Floats) -> Floats:
    near = np.clip(y, -0.46875, 0.46875)
    z = near * near
    return near * (_polynomial(z, _ERF_P) / _polynomial(z, _ERF_Q))


@_Portable
def erfc(x: Floats) -> Floats:
    """The complementary error function, to a relative error of 1e-14 far into the tail.

    Sources: Cody 1969, "Rational Chebyshev approximations for the error function", Math. Comp. 23.
    """
    y = np.abs(x)
    tail = _exp_minus_square(y, 1.0) * _scaled_erfc(y)
    tail = np.where(x < 0.0, 2.0 - tail, tail)
    return np.where(np.isnan(x), np.nan, np.where(y <= 0.46875, 1.0 - _erf_near(x), tail))


@_Portable
def ndtr(x: Floats) -> Floats:
    """The standard normal CDF, to a relative error of 1e-14 down to the smallest normal number.

    Sources: as ``erfc``. The square is split before halving, as in Cody's ANORM, which ``erfc(-x / sqrt(2)) / 2``
    would not be.
    """
    y = np.abs(x) * SQRT_HALF
    tail = 0.5 * (_exp_minus_square(np.abs(x), 0.5) * _scaled_erfc(y))
    tail = np.where(x > 0.0, 1.0 - tail, tail)
    return np.where(np.isnan(x), np.nan, np.where(y <= 0.46875, 0.5 + 0.5 * _erf_near(x * SQRT_HALF), tail))


@_Portable
def log_ndtr(x: Floats) -> Floats:
    """The logarithm of the standard normal CDF, where the CDF itself would underflow too. Sources: as ``ndtr``."""
    y = np.abs(x) * SQRT_HALF
    scaled = 0.5 * _scaled_erfc(y)
    lower = _log(scaled) - 0.5 * x * x
    upper = -scaled * _exp_minus_square(np.abs(x), 0.5)
    u = 1.0 + upper
    above = np.where(u == 1.0, upper, _log(u) * (upper / (u - 1.0)))
    centre = _log(0.5 + 0.5 * _erf_near(x * SQRT_HALF))
    result = np.where(y <= 0.46875, centre, np.where(x < 0.0, lower, above))
    return np.where(x == -np.inf, -np.inf, np.where(x == np.inf, 0.0, result))


# Wichura 1988, AS241 PPND16: the centre, the tail up to sqrt(-log p) = 5, and beyond; highest power first.
PPND16_CENTRE_P: Final = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
PPND16_CENTRE_Q: Final = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
PPND16_TAIL_P: Final = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
PPND16_TAIL_Q: Final = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0,
)  # fmt: skip
PPND16_FAR_P: Final = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
PPND16_FAR_Q: Final = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
)  # fmt: skip


def _ndtri_tail(log_p: Floats) -> Floats:
    """``-ndtri(exp(log_p))`` for ``p`` of at most 0.075."""
    r = np.sqrt(-log_p)
    near = np.clip(r, 1.6, 5.0) - 1.6
    tail = _polynomial(near, PPND16_TAIL_P) / _polynomial(near, PPND16_TAIL_Q)
    beyond = np.maximum(r, 5.0) - 5.0
    far = _polynomial(beyond, PPND16_FAR_P) / _polynomial(beyond, PPND16_FAR_Q)
    return np.where(r <= 5.0, tail, far)


@_Portable
def ndtri(p: Floats) -> Floats:
    """The inverse of ``ndtr``: the ``p``-quantile of the standard normal.

    Sources: Wichura 1988, algorithm AS241 (PPND16), Applied Statistics 37.
    """
    q = p - 0.5
    centre = 0.180625 - q * q
    middle = q * (_polynomial(centre, PPND16_CENTRE_P) / _polynomial(centre, PPND16_CENTRE_Q))
    tail = _ndtri_tail(_log(np.where(q < 0.0, p, 1.0 - p)))
    result = np.where(np.abs(q) <= 0.425, middle, np.where(q < 0.0, -tail, tail))
    result = np.where(p == 0.0, -np.inf, np.where(p == 1.0, np.inf, result))
    return np.where((p >= 0.0) & (p <= 1.0), result, np.nan)


@_Portable
def ndtri_of_log(log_p: Floats) -> Floats:
    """``ndtri(exp(log_p))`` for ``p`` up to 0.9, also where ``exp`` would underflow.

    Sources: AS241 as in ``ndtri``; beyond 37 standard deviations, where AS241 ends, Newton's method on the asymptotic
    series of the logarithm of the CDF (Abramowitz & Stegun 1964, 26.2.12).
    """
    q = _exp(log_p) - 0.5
    centre = 0.180625 - q * q
    middle = q * (_polynomial(centre, PPND16_CENTRE_P) / _polynomial(centre, PPND16_CENTRE_Q))
    tail = _ndtri_tail(log_p)
    z = np.sqrt(-2.0 * np.minimum(log_p, -600.0))
    for _ in range(4):
        s = 1.0 / (z * z)
        series = -0.5 * z * z - _log(z) - LOG_SQRT_2PI - s * (1.0 - s * (2.5 - s * (37.0 / 3.0)))
        z = z + (series - log_p) / (z + 1.0 / z)
    return np.where(q >= -0.425, middle, -np.where(log_p < -700.0, z, tail))
