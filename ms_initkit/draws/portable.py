"""Elementary functions in float64 whose results are the same bit for bit on every machine.

NumPy's and libm's ``log``, ``exp`` and their kin differ in the last bit between instruction sets and library
versions, so they may not decide a value. Everything here is made of operations that IEEE 754 fixes exactly (``+ - *
/``, ``sqrt``, comparisons, ``rint``, moving the exponent), in a fixed order and without fused multiply-adds. Relative
error is below 1e-14 everywhere (a few units in the last place; each function names its method). Arguments are scalars
or arrays; a scalar gives a ``float``. Domain errors give ``nan`` or ``inf`` as IEEE 754 would, without warnings.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws.arrays import Floats

LN2_HIGH: Final = 6.93147180369123816490e-01  # the first 32 bits, so that k * LN2_HIGH is exact
LN2_LOW: Final = 1.90821492927058770002e-10
SQRT_HALF: Final = 0.7071067811865476


class Portable:
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
        """Returns an array, or a ``float`` of scalars."""
        arrays = [np.asarray(argument, np.float64) for argument in arguments]
        with np.errstate(all="ignore"):
            result = self._function(*(np.atleast_1d(array) for array in arrays))
        return float(result[0]) if all(array.ndim == 0 for array in arrays) else result


def polynomial(x: Floats, coefficients: tuple[float, ...]) -> Floats:
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
    1.479819860511658591e-01,
    1.531383769920937332e-01,
    1.818357216161805012e-01,
    2.222219843214978396e-01,
    2.857142874366239149e-01,
    3.999999999940941908e-01,
    6.666666666666735130e-01,
)


def log_of_arrays(x: Floats) -> Floats:
    """Returns the logarithms of an array, as ``log`` takes them."""
    m, k = _split(x)
    f = m - 1.0
    s: Floats = f / (2.0 + f)
    z: Floats = s * s
    half = 0.5 * f * f
    result = k * LN2_HIGH - ((half - (s * (half + z * polynomial(z, LOG)) + k * LN2_LOW)) - f)
    result = np.where(x == 0.0, -np.inf, np.where(x == np.inf, np.inf, result))
    return np.where((x < 0.0) | np.isnan(x), np.nan, result)


@Portable
def log(x: Floats) -> Floats:
    """The natural logarithm.

    Sources: fdlibm ``e_log.c`` (Sun Microsystems 1993): a minimax polynomial in ``s = f / (2 + f)``.
    """
    return log_of_arrays(x)


EXP: Final = (
    4.13813679705723846039e-08,
    -1.65339022054652515390e-06,
    6.61375632143793436117e-05,
    -2.77777777770155933842e-03,
    1.66666666666666019037e-01,
)


def exp_of_arrays(x: Floats) -> Floats:
    """Returns the exponentials of an array, as ``exp`` takes them."""
    x = np.where(x > 800.0, 800.0, np.where(x < -800.0, -800.0, x))
    k = np.rint(np.where(np.isnan(x), 0.0, x) * 1.4426950408889634)
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    t = r * r
    c = r - t * polynomial(t, EXP)
    return _scale(1.0 - ((low - (r * c) / (2.0 - c)) - high), k)


@Portable
def exp(x: Floats) -> Floats:
    """The exponential.

    Sources: fdlibm ``e_exp.c`` (Sun Microsystems 1993): reduction by ln 2 in two parts, Remez in ``r**2``.
    """
    return exp_of_arrays(x)


_EXPM1: Final = (
    -2.01099218183624371326e-07,
    4.00821782732936239552e-06,
    -7.93650757867487942473e-05,
    1.58730158725481460165e-03,
    -3.33333333333331316428e-02,
    1.0,
)


@Portable
def expm1(x: Floats) -> Floats:
    """``exp(x) - 1`` without cancellation near 0.

    Sources: fdlibm ``s_expm1.c`` (Sun Microsystems 1993), its unreduced case; from 0.35 on the subtraction is harmless.
    """
    near = np.where(np.abs(x) < 0.35, x, 0.0)
    half = 0.5 * near
    square = near * half
    r = polynomial(square, _EXPM1)
    t = 3.0 - r * half
    small = near - (near * (square * ((r - t) / (6.0 - near * t))) - square)
    small = np.where(near == 0.0, near, small)
    return np.where(np.abs(x) < 0.35, np.where(x == 0.0, x, small), exp_of_arrays(x) - 1.0)


_SIN: Final = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
)
_COS: Final = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)
# pi/2 in three parts of 33 bits and a remainder, so that k * part is exact for k < 2**20.
_HALF_PI: Final = (
    1.57079632673412561417e00,
    6.07710050630396597660e-11,
    2.02226624871116645580e-21,
    8.47842766036889956997e-32,
)
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
    sine = y - ((z * (0.5 * low - v * polynomial(z, _SIN)) - low) - v * -1.66666666666666324348e-01)
    half = 0.5 * z
    w = 1.0 - half
    cosine = w + (((1.0 - w) - half) + (z * (z * polynomial(z, _COS)) - y * low))
    quadrant = (quadrant + shift) & 3
    result = np.where(quadrant & 1 == 0, sine, cosine)
    return np.where(quadrant & 2 == 0, result, -result)


@Portable
def sin(x: Floats) -> Floats:
    """The sine of ``x`` radians, right for every finite ``x``.

    Sources: fdlibm ``k_sin.c`` and ``e_rem_pio2.c`` (Sun Microsystems 1993).
    """
    return np.where(x == 0.0, x, _sin_cos(x, 0))


@Portable
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
    tail = s * z * polynomial(z, LOG)
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


@Portable
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
    base = exp_of_arrays(product)
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
