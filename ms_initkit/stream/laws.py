"""The elementwise laws: a draw reduced to a law's number and eight 32-bit parameters that a kernel can read.

The bounds of a truncated normal become probabilities here, in float64 and by ``ms_initkit.draws.portable``, once per
draw.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws import Constant, Draw, Normal, TruncatedNormal, Uniform, gaussian, portable
from ms_initkit.draws.rounding import carried_number

Parameters: TypeAlias = NDArray[np.float32]
Float: TypeAlias = np.float32

WIDTH: Final = 8  # parameters per law
CONSTANT: Final = 0  # value
UNIFORM: Final = 1  # low, high - low, smallest value, largest value
NORMAL: Final = 2  # mean, std
TRUNCATED: Final = 3  # mean, std, smallest value, largest value, first cell (bits), number of cells (bits)
FAR: Final = 4  # mean, signed std, smallest value, largest value, then float64 bits: log p at the near bound, p ratio
WORDS: Final = 5  # the words themselves, for whoever needs a choice or a rank
_BOUNDED: Final = frozenset({UNIFORM, TRUNCATED, FAR})  # the smallest and the largest value are parameters 2 and 3

# A truncated normal that keeps less than this part of the mass is drawn in float64: of the 2**32 cells of the fast law
# there would be too few left to fill float32's 24 bits, above all near a bound far out.
_LEAST_FAST_MASS: Final = 1.0 / 16.0
_CELLS: Final = 2.0**32
# Within so small a window (in standard deviations times the distance from the mean) the density is flat to 24 bits.
_FLAT: Final = 2.0**-24


class Law(NamedTuple):
    """A law's number and its ``WIDTH`` parameters."""

    id: int
    parameters: Parameters


def law_of(draw: Draw, dtype: str = "float32") -> Law | None:
    """The elementwise law of ``draw``; None if it takes more than one word, another element or float64 to know a value.

    Args:
        draw: What is drawn.
        dtype: What the values are rounded to; rounding moves none of them beyond a bound.

    Raises:
        ValueError: If the draw's numbers make no distribution (a bound above the other, a negative ``std``, ...).
    """
    match draw:
        case Constant(value):
            # The laws have float32's digits. To a cache 0 and -0 are one, but for their signs.
            return None if dtype == "float64" else _constant(value, math.copysign(1.0, value), dtype)
        case Uniform() | Normal() | TruncatedNormal():
            return _law_of(draw, dtype)
    return None


@functools.lru_cache(maxsize=4096)
def _constant(value: float, sign: float, dtype: str) -> Law:
    del sign  # the value has it
    return _law(CONSTANT, carried_number(value, dtype))


@functools.lru_cache(maxsize=4096)
def _law_of(draw: Uniform | Normal | TruncatedNormal, dtype: str) -> Law:
    law = _wide_law_of(draw)
    return _narrowed(law, dtype) if law.id in _BOUNDED and dtype in _FLOOR else law


def _wide_law_of(draw: Uniform | Normal | TruncatedNormal) -> Law:
    match draw:
        case Uniform(low, high):
            return _uniform(low, high)
        case Normal(mean, std):
            _check(std >= 0.0 and math.isfinite(mean) and math.isfinite(std), draw)
            return _law(CONSTANT, mean + 0.0) if std == 0.0 else _law(NORMAL, mean, std)
        case TruncatedNormal():
            return _truncated(draw)


def _narrowed(law: Law, dtype: str) -> Law:
    """``law`` with bounds that ``dtype`` has: what lies between the last value inside and a bound would round to it.

    Where ``dtype`` has no value within the bounds, the nearest one is drawn, whatever side of them it is on.
    """
    smallest, largest = least_from(law.parameters[2], dtype), greatest_to(law.parameters[3], dtype)
    if smallest > largest:
        return law
    parameters = law.parameters.copy()
    parameters[2:4] = smallest, largest
    parameters.flags.writeable = False
    return Law(law.id, parameters)


def least_from(value: Float, dtype: str) -> Float:
    """The least number of ``dtype`` from ``value`` on, itself where ``dtype`` is no narrower than float32."""
    return -greatest_to(-value, dtype)


def greatest_to(value: Float, dtype: str) -> Float:
    """The greatest number of ``dtype`` up to ``value``, itself where ``dtype`` is no narrower than float32."""
    floor = _FLOOR.get(dtype)
    return value if floor is None else floor(value)


def _floor_float16(value: Float) -> Float:
    with np.errstate(over="ignore"):
        nearest = np.float16(value)
    return np.float32(nearest if nearest <= value else np.nextafter(nearest, np.float16(-np.inf)))


def _floor_bfloat16(value: Float) -> Float:
    """A bfloat16 is the upper half of a float32: without its lower half a number is nearer to zero."""
    bits = value.view(np.uint32) & np.uint32(0xFFFF0000)
    nearer = bits.view(np.float32)
    return nearer if nearer <= value else (bits + np.uint32(0x10000)).view(np.float32)


# The largest value of a type that is at most the given one.
_FLOOR: Final[dict[str, Callable[[Float], Float]]] = {"float16": _floor_float16, "bfloat16": _floor_bfloat16}


def _check(holds: bool, draw: Draw) -> None:
    if not holds:
        raise ValueError(f"no distribution has these parameters: {draw!r}")


def _law(law: int, *values: float, bits: NDArray[np.uint32] | None = None) -> Law:
    """``values`` in order and, from the fifth on, ``bits``, which the kernel reads as what they are."""
    parameters = np.zeros(WIDTH, np.float32)
    with np.errstate(over="ignore"):  # a bound beyond float32 is no bound
        parameters[: len(values)] = values
    if law != CONSTANT:
        parameters += np.float32(0.0)  # -0 becomes 0: which of two equal bounds is returned never shows
    if bits is not None:
        parameters.view(np.uint32)[4 : 4 + len(bits)] = bits
    parameters.flags.writeable = False
    return Law(law, parameters)


def _uniform(low: float, high: float) -> Law:
    with np.errstate(over="ignore", invalid="ignore"):
        first, last = np.float32(low), np.float32(high)
        span = np.float32(np.float64(last) - np.float64(first))
    _check(low <= high and bool(np.isfinite(span)), Uniform(low, high))
    if first == last:
        return _law(CONSTANT, float(first) + 0.0)
    largest = np.nextafter(last, np.float32(-np.inf))
    return _law(UNIFORM, float(first), float(span), float(first), float(largest))


def _inside(low: float, high: float) -> tuple[float, float]:
    """The smallest and the largest float32 in ``[low, high]``; where there is none, the one nearest to both."""
    with np.errstate(all="ignore"):
        first, last = np.float32(low), np.float32(high)
        if float(first) < low:
            first = np.nextafter(first, np.float32(np.inf))
        if float(last) > high:
            last = np.nextafter(last, np.float32(-np.inf))
    if first > last:
        first = last = np.float32(0.5 * (low + high))
    return float(first), float(last)


def _truncated(draw: TruncatedNormal) -> Law:
    low, high = draw.low, draw.high
    with np.errstate(over="ignore"):
        # As the kernel has them: 100 standard deviations out, the rounding of ``std`` would move the bounds.
        mean, std = float(np.float32(draw.mean)), float(np.float32(draw.std))
    _check(std >= 0.0 and low <= high and math.isfinite(mean) and math.isfinite(std), draw)
    _check(low < math.inf and high > -math.inf, draw)
    smallest, largest = _inside(low, high)
    if std == 0.0 or smallest == largest:
        return _law(CONSTANT, min(max(mean, smallest), largest) + 0.0)
    a, b = (low - mean) / std, (high - mean) / std
    if max(abs(a), abs(b), 1.0) * (b - a) < _FLAT:
        return _law(UNIFORM, smallest, largest - smallest, smallest, largest)
    p_a, p_b = gaussian.ndtr(a), gaussian.ndtr(b)
    # Above the mean a probability near 1 has lost its digits: measure the mass on the side where both are small.
    mass = p_b - p_a if a < 0.0 else gaussian.ndtr(-a) - gaussian.ndtr(-b)
    if mass < _LEAST_FAST_MASS:
        return _far(mean, std, a, b, smallest, largest)
    # Cell k is the probability (k + 1/2) / 2**32; only cells whose centre lies within the bounds are drawn.
    first = max(0, math.ceil(p_a * _CELLS - 0.5))
    last = min(2**32 - 1, math.floor(p_b * _CELLS - 0.5))
    cells = np.array([first, min(last - first + 1, 2**32 - 1)], np.uint32)
    return _law(TRUNCATED, mean, std, smallest, largest, bits=cells)


def _far(mean: float, std: float, a: float, b: float, smallest: float, largest: float) -> Law:
    """In the lower tail, where a small probability keeps all its digits; the upper tail is its mirror image."""
    if a + b > 0.0:
        a, b, std = -b, -a, -std
    log_near = gaussian.log_ndtr(b)
    ratio = portable.exp(gaussian.log_ndtr(a) - log_near)
    bits = np.array([log_near, ratio], np.float64).view(np.uint32)
    return _law(FAR, mean, std, smallest, largest, bits=bits)
