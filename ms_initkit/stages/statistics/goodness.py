"""Tests of values against the law that a plan gives them: each with a bound of its error that holds for every size.

None of them rests on a limit theorem, so that the rate of false alarms is known however small a tensor is. For values
that do follow the law each test fails with at most the probability ``alpha`` it is given:

- the distribution function, by Massart's bound (Massart 1990: 2 exp(-2 n d^2)), which holds for what is rounded or has
  atoms, too;
- mean and variance, of a normal by their own laws (normal, chi-squared), of what is bounded by Bernstein's inequality;
- the extremes, by the sum of the probabilities that an element lies so far out;
- equal values, by the binomial law, from the greatest probability that any one number has.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import special

from ms_initkit.basis.records import record
from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.dtypes import HALVES, TYPES
from ms_initkit.draws.moments import Moments
from ms_initkit.draws.text import apart, number
from ms_initkit.stages.statistics.distributions import ULP, Distribution
from ms_initkit.stages.statistics.tally import Tally, boundaries, stored_numbers

# So many probabilities of being wrong `misfits` takes, each of at most alpha.
TESTS: Final = 9


def rounding(dtype: str) -> float:
    """Returns how far storing moves a value at most, relative to it; what is drawn is of float32."""
    return 0.5 * max(TYPES[dtype].epsilon, TYPES["float32"].epsilon)


def _least(dtype: str) -> float:
    return 0.5 * max(TYPES[dtype].least, TYPES["float32"].least)


@record
class Misfit:
    """One thing in which values are not as their law says."""

    code: str
    message: str


def misfits(values: Tally, law: Distribution, moments: Moments, alpha: float, *, is_normal: bool) -> Iterator[Misfit]:
    """Yields what in ``values`` does not fit ``law``, which is a normal's or not.

    Of values that do, each of the tests finds something with at most the probability ``alpha``.
    """
    found = [
        *_extremes(values, law, alpha),
        *_repeats(values, law, alpha),
        *_moments(values, law, moments, alpha, is_normal=is_normal),
    ]
    yield from found or _function(values, law, alpha)


def _extremes(values: Tally, law: Distribution, alpha: float) -> Iterator[Misfit]:
    # Storing may have carried a value by half a unit.
    width = rounding(values.dtype)
    slack = 2.0 * width * max(abs(values.low), abs(values.high)) + _least(values.dtype)
    for word, value, bound, chance in (
        ("minimum", values.low, law.low, law.upto(np.array([values.low + slack]))[0]),
        ("maximum", values.high, law.high, 1.0 - law.below(np.array([values.high - slack]))[0]),
    ):
        if values.size * chance >= alpha:
            continue
        side = "below" if word == "minimum" else "above"
        if math.isfinite(bound):
            found, due = apart(value, bound)
            yield Misfit("out-of-bounds", f"{word} {found} is {side} {due}")
        else:
            yield Misfit(
                "out-of-bounds", f"{word} {number(value)} is further out than {values.size:,} values of this law reach"
            )


def _repeats(values: Tally, law: Distribution, alpha: float) -> Iterator[Misfit]:
    lump = _lump(law, values.dtype)
    near = np.array([_least(values.dtype)])
    zero = float(law.upto(near)[0] - law.below(-near)[0])
    if _at_least(values.zeros, values.size, zero) < alpha:
        yield Misfit("repeated-values", f"{values.zeros:,} of {values.size:,} values are exactly 0")
    elif _at_least(values.equal_pairs, values.pairs, lump) < alpha:
        yield Misfit("repeated-values", f"of {values.pairs:,} pairs of neighbours {values.equal_pairs:,} are equal")
    else:
        sample = values.sample()
        repeated = sample.size - np.unique(sample).size
        # Each value meets an earlier one with at most so many times the probability of any one number.
        rate = 0.5 * sample.size * (sample.size - 1) * law.lump
        if TYPES[values.dtype].size > 2 and _by_chance(repeated, rate) < alpha:
            yield Misfit("repeated-values", f"of {sample.size:,} values only {sample.size - repeated:,} are distinct")


def _at_least(count: int, size: int, chance: float) -> float:
    """Returns the probability of ``count`` or more successes in ``size`` trials."""
    if count == 0 or chance >= 1.0:
        return 1.0
    return 0.0 if chance <= 0.0 else float(special.betainc(count, size - count + 1, chance))


def _by_chance(count: int, rate: float) -> float:
    """Returns a bound of the probability of ``count`` successes of any trials whose probabilities sum to ``rate``."""
    if count == 0 or rate >= count:
        return 1.0
    return math.exp(count * math.log(rate) - math.lgamma(count + 1)) if rate > 0.0 else 0.0


def _moments(values: Tally, law: Distribution, moments: Moments, alpha: float, *, is_normal: bool) -> Iterator[Misfit]:
    mean, std, kurtosis = moments.mean, moments.std, moments.kurtosis
    if mean is None or not std or kurtosis is None:
        return
    step = 2.0 * rounding(values.dtype) * (abs(mean) + 4.0 * std) + _least(values.dtype)
    if step > 0.25 * std:
        return  # the type is too coarse for its rounding to be noise
    if moments.low is not None and moments.high is not None:
        bound = max(mean - moments.low, moments.high - mean)
        off = _bernstein(std * std, bound, values.size, alpha)
        spread = _bernstein((kurtosis - 1.0) * std**4, bound * bound, values.size, alpha)
        # What lies next to a bound is rounded to the inside, and not to nothing on average.
        beside = 2.0 * min(1.0, law.density * step) if values.dtype in HALVES and law.ends else 0.0
        off += beside * step
        spread += beside * step * (2.0 * bound + step)
        least, most = std * std - spread - off * off, std * std + spread
    elif is_normal:
        off = -float(special.ndtri(alpha / 2.0)) * std / math.sqrt(values.size)
        degrees = values.size - 1
        if degrees:
            unit = std * std / values.size
            least = 2.0 * float(special.gammaincinv(0.5 * degrees, alpha / 2.0)) * unit
            most = 2.0 * float(special.gammainccinv(0.5 * degrees, alpha / 2.0)) * unit
        else:
            least, most = 0.0, math.inf
    else:
        return
    off += 0.01 * step + 1e-5 * std
    if abs(values.mean - mean) > off:
        found, due = apart(values.mean, mean)
        yield Misfit("wrong-mean", f"mean {found} instead of {due} +- {off:.2g}")
    noise = step * step / 12.0 + 1e-5 * std * std
    if not least - noise <= values.std**2 <= most + noise:
        found, due = apart(values.std, std)
        yield Misfit("wrong-std", f"std {found} instead of {due}")


def _bernstein(variance: float, bound: float, size: int, alpha: float) -> float:
    """Returns how far the mean of independent values can be from its expectation (Bernstein's inequality)."""
    log = math.log(2.0 / alpha) / size
    third = bound * log / 3.0
    return third + math.sqrt(third * third + 2.0 * variance * log)


def _function(values: Tally, law: Distribution, alpha: float) -> Iterator[Misfit]:
    distance = distance_of(values, law)
    allowed = math.sqrt(0.5 * math.log(2.0 / alpha) / values.size)
    if distance > allowed:
        yield Misfit(
            "wrong-law",
            f"the distribution function is off by {distance:.3g}, and {allowed:.2g} is what chance explains "
            f"(mean {number(values.mean)}, std {number(values.std)})",
        )


def distance_of(values: Tally, law: Distribution) -> float:
    """Returns how far the values' distribution function is from the law's, at most, at the bounds of cells."""
    least, most = _at_bounds(law, values.dtype, values.center)
    share = values.cumulated() / values.size
    return max(float((share - most).max()), float((least - share).max()))


@lru_cache(maxsize=32)  # a megabyte each, and parameters of one law follow one another
def _at_bounds(law: Distribution, dtype: str, center: float) -> tuple[Floats, Floats]:
    """Returns the law's distribution function at the bounds of cells, what it is at least and at most."""
    moved = boundaries(dtype)
    # What was taken from the values has been rounded off, by half a unit of the difference.
    slack = ULP * np.abs(moved) if center else 0.0
    least, most = law.below(moved + center - slack), law.upto(moved + center + slack)
    if dtype not in HALVES:
        return least, most
    # Beside a bound of the law, a value may have been stored as either of the two numbers that it lies between.
    numbers = stored_numbers(dtype)
    for end in filter(math.isfinite, law.ends):
        around = np.searchsorted(numbers, [end - ULP * abs(end), end + ULP * abs(end)]).tolist()
        for cell in range(max(around[0] - 1, 0), min(around[1] + 1, len(moved))):
            least[cell] = min(least[cell], law.below(numbers[cell : cell + 1])[0])
            most[cell] = max(most[cell], law.upto(numbers[cell + 1 : cell + 2])[0])
    return least, most


@lru_cache(maxsize=256)
def _lump(law: Distribution, dtype: str) -> float:
    """Returns how probable it is, at most, that two independent values are stored as the same number."""
    if TYPES[dtype].size > 2:
        return law.lump
    least, most = _at_bounds(law, dtype, 0.0)
    # The two zeros are one number.
    least, most = (np.delete(bounds, bounds.size // 2) for bounds in (least, most))
    cells = np.concatenate([most, [1.0]]) - np.concatenate([[0.0], least])
    return min(1.0, 1.01 * float(np.square(np.maximum(cells, 0.0)).sum()))
